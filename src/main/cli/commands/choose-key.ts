import type { CertificateInfo, KeyInfo, KeysSnapshot } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';

/** Whether a certificate is the one that `--cert` names: by its id, a beginning of its fingerprint, or its CKA_ID. */
const isNamed = ({ sha256, ckaId }: CertificateInfo, wanted: string) =>
  wanted !== '' && (sha256.startsWith(wanted) || ckaId.toLowerCase() === wanted);

/**
 * The token by its serial number; without one, the only token there is, or the only one of several that holds the
 * certificate that was named.
 */
export function chooseKey(
  snapshot: KeysSnapshot,
  serial: string | undefined,
  certificate?: string | undefined,
): KeyInfo {
  const trouble = snapshot.modules.find((module) => module.error !== null)?.error;
  let fitting = snapshot.keys.filter((key) => serial === undefined || key.serial === serial);
  if (fitting.length > 1 && certificate !== undefined) {
    const wanted = certificate.toLowerCase();
    const holding = fitting.filter((key) => key.certificates.some((one) => isNamed(one, wanted)));
    if (holding.length > 0) fitting = holding;
  }
  const [key, ...others] = fitting;
  if (key && others.length === 0) return key;
  if (key) throw new YinkeyError('usage', { what: '--token' });
  if (trouble) throw new YinkeyError(trouble.code as never, trouble.details);
  if (serial !== undefined) throw new YinkeyError('token.not-found', { serial });
  throw new YinkeyError('token.none');
}
