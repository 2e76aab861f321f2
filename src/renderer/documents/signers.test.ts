import { expect, test } from 'vitest';
import type { CertificateInfo, KeyInfo, KeysSnapshot } from '../../shared/domain/index.ts';
import { proposedSigner, signersOf, whyNoSigner } from './signers.ts';

const certificate = (change: Partial<CertificateInfo>): CertificateInfo => ({
  id: '0011223344556677',
  ckaId: '01',
  label: '',
  subject: 'CN=Seal',
  issuer: 'CN=CA',
  holder: 'Seal',
  unit: 'Unit',
  issuerName: 'CA',
  serialNumber: '01',
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2027-01-01T00:00:00Z',
  daysLeft: 40,
  validity: 'soon',
  keyType: 'RSA-2048',
  hasPrivateKey: true,
  isCa: false,
  canSign: true,
  sha256: '',
  ...change,
});
const key = (certificates: CertificateInfo[]): KeyInfo => ({
  key: 'k',
  module: '/m.so',
  moduleName: 'M',
  slot: 0,
  label: 'L',
  serial: 'S',
  manufacturer: '',
  model: '',
  firmware: '',
  pin: { state: 'ok', soState: 'ok', minLength: 4, maxLength: 16, protectedPath: false },
  certificates,
  error: null,
});
const snapshot = (keys: KeyInfo[], loading = false): KeysSnapshot => ({
  revision: 1,
  loading,
  keys,
  blanks: [],
  modules: [],
});

test('only certificates that may sign with a key that may be there; the ones in order first', () => {
  const all = snapshot([
    key([
      certificate({ id: 'ca', isCa: true }),
      certificate({ id: 'nokey', hasPrivateKey: false }),
      certificate({ id: 'nouse', canSign: false }),
      certificate({ id: 'over', validity: 'expired', daysLeft: -3 }),
      certificate({ id: 'soon', daysLeft: 20 }),
      certificate({ id: 'unseen', hasPrivateKey: null, validity: 'valid', daysLeft: 300 }),
    ]),
  ]);
  expect(signersOf(all, []).map((signer) => signer.certificate.id)).toEqual(['unseen', 'soon', 'over']);
  expect(signersOf(all, [])[0]?.token).toEqual({ module: '/m.so', serial: 'S', label: 'L' });
});

test('the certificate that is named like the seal is proposed, if it can be used', () => {
  const unit = 'U';
  const named = (id: string, name: string, more: Partial<CertificateInfo> = {}) =>
    certificate({ id, unit, holder: `${unit} ${name}`, ...more });
  const signers = signersOf(
    snapshot([
      key([
        named('finance', '财务专用章', { validity: 'valid', daysLeft: 900 }),
        named('public', '公章', { validity: 'valid', daysLeft: 300 }),
        named('contract', '合同专用章', { validity: 'expired', daysLeft: -1 }),
      ]),
    ]),
    [],
  );
  const proposed = (name: string) => proposedSigner(signers, { name })?.certificate.id;
  expect(proposed('公章')).toBe('public');
  expect(proposed('财务专用章')).toBe('finance');
  expect(proposed('合同专用章')).toBe('finance');
  expect(proposedSigner(signers, null)?.certificate.id).toBe('finance');
  expect(proposedSigner([], { name: '公章' })).toBeNull();
});

test('one that was revoked comes last, says so, and is never proposed', () => {
  const held = [
    certificate({ id: 'gone', sha256: 'g', holder: 'Unit 公章', validity: 'valid', daysLeft: 900 }),
    certificate({ id: 'good', sha256: 'o', holder: 'Unit 财务专用章', daysLeft: 20 }),
  ];
  const cards = held.map((one) => ({
    certificate: one,
    status: { revocation: one.id === 'gone' ? ('revoked' as const) : ('unknown' as const) },
  }));
  const signers = signersOf(snapshot([key(held)]), cards);
  expect(signers.map((one) => [one.certificate.id, one.revoked])).toEqual([
    ['good', false],
    ['gone', true],
  ]);
  expect(proposedSigner(signers, { name: '公章' })?.certificate.id).toBe('good');
});

test('says why there is none', () => {
  expect(whyNoSigner(null)).toBe('looking');
  expect(whyNoSigner(snapshot([], true))).toBe('looking');
  expect(whyNoSigner(snapshot([]))).toBe('no-key');
  expect(whyNoSigner(snapshot([key([certificate({ isCa: true })])]))).toBe('no-certificate');
  expect(whyNoSigner(snapshot([key([certificate({ canSign: false })])]))).toBe('no-usable');
});
