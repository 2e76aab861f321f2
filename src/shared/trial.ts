import type { CertificateInfo } from './domain/index.ts';

/** The certificate that a trial signs with: one in use, else any that can; undefined where no key is there to try. */
export function trialCertificate(certificates: readonly CertificateInfo[]): CertificateInfo | undefined {
  const able = certificates.filter(
    ({ isCa, canSign, hasPrivateKey, keyType }) =>
      !isCa && canSign && hasPrivateKey !== false && /^(RSA|EC-P)/.test(keyType),
  );
  const used = ({ validity, superseded }: CertificateInfo) =>
    !superseded && (validity === 'valid' || validity === 'soon');
  return able.find(used) ?? able[0];
}
