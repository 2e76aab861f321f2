import { createHash } from 'node:crypto';
import type { CertificateDetail } from '../../shared/domain/index.ts';
import {
  authorityAddresses,
  type CertificateFacts,
  creditCodeOf,
  dumpDer,
  holderName,
  listPlaces,
  signatureAlgorithmName,
} from '../certificates/index.ts';

/** Everything about one certificate that its card does not say. `chain`: itself first; `roots`: what is trusted. */
export function certificateDetail(
  facts: CertificateFacts,
  chain: readonly CertificateFacts[],
  roots: readonly CertificateFacts[],
): CertificateDetail {
  const trusted = new Set(roots.map(({ sha256 }) => sha256));
  return {
    sha256: facts.sha256,
    sha1: createHash('sha1').update(facts.der).digest('hex'),
    creditCode: creditCodeOf(facts.subject),
    keyUsage: facts.keyUsage && [...facts.keyUsage],
    extendedKeyUsage: facts.extendedKeyUsage && [...facts.extendedKeyUsage],
    subjectKeyId: facts.subjectKeyId,
    signatureAlgorithm: signatureAlgorithmName(facts.signatureAlgorithm),
    ocsp: authorityAddresses(facts).ocsp,
    crl: listPlaces(facts).flatMap(({ urls }) => urls),
    chain: chain.map((each) => ({
      name: holderName(each.subject),
      subject: each.subject.text,
      notAfter: each.notAfter.toISOString(),
      sha256: each.sha256,
      trusted: trusted.has(each.sha256),
    })),
    raw: dumpDer(facts.der),
  };
}

/** A certificate, or several one after the other, as PEM (RFC 7468). */
export function pemOf(certificates: readonly Pick<CertificateFacts, 'der'>[]): string {
  return certificates
    .map(({ der }) => {
      const lines =
        Buffer.from(der)
          .toString('base64')
          .match(/.{1,64}/g) ?? [];
      return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
    })
    .join('');
}
