import type { CertificateInfo, KeyInfo } from '../../shared/domain/keys.ts';

/** A certificate and the key that holds it. */
export interface Held {
  key: KeyInfo;
  certificate: CertificateInfo;
}

/** All holders' certificates (not those of authorities), the first to expire on top, expired ones at the end. */
export function sorted(keys: readonly KeyInfo[]): Held[] {
  const held = keys.flatMap((key) =>
    key.certificates.filter(({ isCa }) => !isCa).map((certificate) => ({ key, certificate })),
  );
  const over = ({ certificate }: Held) => certificate.validity === 'expired' || certificate.daysLeft < 0;
  return held.sort(
    (one, other) =>
      Number(over(one)) - Number(over(other)) ||
      (over(one)
        ? other.certificate.daysLeft - one.certificate.daysLeft
        : one.certificate.daysLeft - other.certificate.daysLeft),
  );
}

/** How many expire within 90 days, have expired, or cannot stamp for another reason. */
export function tally(held: readonly Held[]): { soon: number; over: number; unable: number } {
  let soon = 0;
  let over = 0;
  let unable = 0;
  for (const { certificate } of held) {
    if (certificate.validity === 'expired') over++;
    else if (certificate.daysLeft <= 90) soon++;
    if (certificate.hasPrivateKey === false || !certificate.canSign) unable++;
  }
  return { soon, over, unable };
}
