import type { CertificateInfo, KeyInfo } from '../../shared/domain/keys.ts';

/** The key that the panel is about: the chosen one while it is plugged, else the first that can stamp, else the first. */
export function chosenKey(keys: readonly KeyInfo[], chosen: string | null): KeyInfo | null {
  return (
    keys.find((key) => key.key === chosen) ??
    keys.find((key) => key.pin.state === 'ok' && signers(key).length > 0) ??
    keys[0] ??
    null
  );
}

/** What came and what went between two looks. */
export function changes(
  before: readonly KeyInfo[],
  now: readonly KeyInfo[],
): { plugged: KeyInfo[]; pulled: KeyInfo[] } {
  const had = new Set(before.map((key) => key.key));
  const has = new Set(now.map((key) => key.key));
  return {
    plugged: now.filter((key) => !had.has(key.key)),
    pulled: before.filter((key) => !has.has(key.key)),
  };
}

/** The holder's own certificates; those of authorities are folded away. */
export function own(key: KeyInfo): CertificateInfo[] {
  return key.certificates.filter((certificate) => !certificate.isCa);
}

/** Certificates that could stamp today, as far as can be told without the PIN. */
export function signers(key: KeyInfo): CertificateInfo[] {
  return own(key).filter(
    (certificate) =>
      certificate.canSign &&
      certificate.hasPrivateKey !== false &&
      (certificate.validity === 'valid' || certificate.validity === 'soon'),
  );
}

export type NextStep =
  | { type: 'trouble' }
  | { type: 'pin' }
  | { type: 'ready' }
  | { type: 'soon' | 'expired' | 'notYet'; certificate: CertificateInfo }
  | { type: 'noSigner' };

/** The one sentence above the panel's buttons: what matters most about this key today. */
export function nextStep(key: KeyInfo): NextStep {
  if (key.error) return { type: 'trouble' };
  if (['locked', 'not-set', 'to-be-changed', 'final-try'].includes(key.pin.state)) return { type: 'pin' };
  const able = signers(key);
  if (able.length > 0) {
    const soonest = able
      .filter(({ daysLeft }) => daysLeft <= 90)
      .sort((one, other) => one.daysLeft - other.daysLeft)[0];
    return soonest ? { type: 'soon', certificate: soonest } : { type: 'ready' };
  }
  const expired = own(key).find(({ validity }) => validity === 'expired');
  if (expired) return { type: 'expired', certificate: expired };
  const later = own(key).find(({ validity }) => validity === 'not-yet-valid');
  if (later) return { type: 'notYet', certificate: later };
  return { type: 'noSigner' };
}
