import type { CertificateCard, CertificateStatus } from '../../shared/domain/certificates.ts';
import type { CertificateInfo } from '../../shared/domain/keys.ts';

const status: CertificateStatus = {
  revocation: 'good',
  source: 'ocsp',
  producedAt: '2026-11-22T02:00:00Z',
  validUntil: '2026-11-23T02:00:00Z',
  askedAt: '2026-11-22T02:00:01Z',
  revokedAt: null,
  reason: null,
  chain: 'trusted',
  error: null,
};

/** A card for tests: `id` stands for the certificate; dates beside `daysLeft` are of no weight. */
export function card(
  id: string,
  facts: Partial<CertificateInfo>,
  more: Partial<Omit<CertificateCard, 'status'>> & { status?: Partial<CertificateStatus> } = {},
): CertificateCard {
  const daysLeft = facts.daysLeft ?? 400;
  return {
    token: { module: 'm', serial: '0B217C9055E14F7A', label: 'Key 01' },
    tokenManufacturer: 'Maker',
    plugged: true,
    pinState: 'ok',
    seenAt: '2026-11-22T02:00:00Z',
    seal: '',
    renewalFrom: '2026-10-26T00:00:00Z',
    renewalUntil: '2030-01-24T00:00:00Z',
    superseded: false,
    renewal: null,
    ...more,
    certificate: {
      id,
      ckaId: '01',
      label: '',
      subject: `CN=${id}`,
      issuer: 'CN=Authority',
      holder: id,
      unit: 'Unit X',
      issuerName: 'Authority',
      serialNumber: '0a1b',
      notBefore: '2024-01-24T00:00:00Z',
      notAfter: '2027-01-24T00:00:00Z',
      daysLeft,
      validity: daysLeft < 0 ? 'expired' : daysLeft <= 90 ? 'soon' : 'valid',
      keyType: 'EC-P256',
      hasPrivateKey: true,
      isCa: false,
      canSign: true,
      sha256: id,
      ...facts,
    },
    status: { ...status, ...more.status },
  };
}
