import { YinkeyError } from '../../../shared/errors/index.ts';

/** How a key signs. */
export type SignatureScheme = 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa';

/** Digests this client writes. */
export type SigningHash = 'sha256' | 'sha384' | 'sha512';

export interface SigningScheme {
  scheme: SignatureScheme;
  hash: SigningHash;
}

const curves: Record<string, SigningHash> = { 'EC-P256': 'sha256', 'EC-P384': 'sha384', 'EC-P521': 'sha512' };

/**
 * The scheme and digest that fit a key: the digest is about as strong as the key (NIST SP 800-57 part 1, table 2).
 * RSA below 4096 bits and P-256 take SHA-256, P-384 takes SHA-384, RSA from 4096 bits and P-521 take SHA-512.
 * @param keyType as in `CertificateFacts.keyType`
 * @param preferPss PSS in place of PKCS#1 v1.5 for RSA keys, where the token has it
 * @throws YinkeyError `certificate.key-unsupported` for other keys and for RSA below 2048 bits
 */
export function schemeFor(keyType: string, preferPss = false): SigningScheme {
  const curve = curves[keyType];
  if (curve) return { scheme: 'ecdsa', hash: curve };
  const match = /^RSA(-PSS)?-(\d+)$/.exec(keyType);
  const bits = Number(match?.[2] ?? 0);
  if (!match || bits < 2048) throw new YinkeyError('certificate.key-unsupported', { keyType });
  // A key that is marked for PSS alone must not be used with the older padding (RFC 4055 1.2).
  const scheme = match[1] || preferPss ? 'rsa-pss' : 'rsa-pkcs1';
  return { scheme, hash: bits >= 4096 ? 'sha512' : 'sha256' };
}

/** The longest signature value that a key gives, in bytes; for ECDSA in its DER form. */
export function longestSignature(keyType: string): number {
  const bits = Number(/(\d+)$/.exec(keyType)?.[1] ?? 0);
  if (!keyType.startsWith('EC-')) return Math.ceil(bits / 8);
  // SEQUENCE of two INTEGERs, each with a sign byte; above 127 bytes the SEQUENCE's length takes two.
  const members = 2 * (2 + Math.ceil(bits / 8) + 1);
  return members + (members < 128 ? 2 : 3);
}
