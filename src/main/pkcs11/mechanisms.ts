import type { KeyObject } from 'node:crypto';
import { createHash, constants as cryptoConstants, verify, X509Certificate } from 'node:crypto';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { SignRequest } from './api.ts';
import type { Mechanism } from './cryptoki.ts';

type Scheme = SignRequest['scheme'];
type Hash = SignRequest['hash'];

/** Mechanism numbers of PKCS#11 2.40, by hash. `raw` takes the digest, `hashing` the whole message. */
const numbers = {
  'rsa-pkcs1': { raw: 0x0001, hashing: { sha256: 0x0040, sha384: 0x0041, sha512: 0x0042 } },
  'rsa-pss': { raw: 0x000d, hashing: { sha256: 0x0043, sha384: 0x0044, sha512: 0x0045 } },
  ecdsa: { raw: 0x1041, hashing: { sha256: 0x1044, sha384: 0x1045, sha512: 0x1046 } },
} as const;
const pssHash = { sha256: 0x250, sha384: 0x260, sha512: 0x270 } as const;
const pssMgf = { sha256: 2, sha384: 3, sha512: 4 } as const;
const hashLength = { sha256: 32, sha384: 48, sha512: 64 } as const;

/** DigestInfo up to the digest (RFC 8017, section 9.2, note 1). */
const digestInfo = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
} as const;

export interface SigningWay {
  mechanism: Mechanism;
  data: Uint8Array;
}

/**
 * The ways in which a token with these mechanisms can make the signature, the preferred one first: over a digest made
 * here, else over the whole message. An empty list of mechanisms means that the driver does not tell: both.
 * Errors: token.mechanism-missing.
 */
export function signingWays(
  mechanisms: number[],
  scheme: Scheme,
  hash: Hash,
  message: Uint8Array,
): SigningWay[] {
  const { raw, hashing } = numbers[scheme];
  const has = (mechanism: number) => mechanisms.length === 0 || mechanisms.includes(mechanism);
  const pss = scheme === 'rsa-pss' && {
    hashAlg: pssHash[hash],
    mgf: pssMgf[hash],
    saltLen: hashLength[hash],
  };
  const mechanism = (number: number): Mechanism => ({ mechanism: number, ...(pss && { pss }) });
  const ways: SigningWay[] = [];
  if (has(raw)) {
    const digest = createHash(hash).update(message).digest();
    ways.push({
      mechanism: mechanism(raw),
      data: scheme === 'rsa-pkcs1' ? Buffer.concat([digestInfo[hash], digest]) : digest,
    });
  }
  if (has(hashing[hash])) ways.push({ mechanism: mechanism(hashing[hash]), data: message });
  if (ways.length === 0) throw new YinkeyError('token.mechanism-missing', { scheme, hash });
  return ways;
}

/** The public key of a DER certificate. Errors: certificate.unreadable. */
export function publicKeyOf(der: Uint8Array): KeyObject {
  try {
    return new X509Certificate(der).publicKey;
  } catch (cause) {
    throw new YinkeyError('certificate.unreadable', {}, { cause });
  }
}

/** The key's numbers; undefined for kinds that have no JWK form (keys for PSS alone, rare curves). */
function numbersOf(key: KeyObject) {
  try {
    return key.export({ format: 'jwk' });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code?.startsWith('ERR_CRYPTO_JWK_UNSUPPORTED')) return undefined;
    throw error;
  }
}

/** Whether a key object that holds this modulus or point (CKA_MODULUS, CKA_EC_POINT) belongs to the public key. */
export function holdsKey(
  key: KeyObject,
  modulus: Uint8Array | undefined,
  ecPoint: Uint8Array | undefined,
): boolean {
  const jwk = numbersOf(key);
  if (!jwk) return false;
  if (jwk.kty === 'RSA' && jwk.n && modulus) {
    let start = 0;
    while (start < modulus.length - 1 && modulus[start] === 0) start++;
    return Buffer.from(jwk.n, 'base64url').equals(modulus.subarray(start));
  }
  if (jwk.kty === 'EC' && jwk.x && jwk.y && ecPoint) {
    const point = Buffer.concat([
      Buffer.from([4]),
      Buffer.from(jwk.x, 'base64url'),
      Buffer.from(jwk.y, 'base64url'),
    ]);
    // The standard says OCTET STRING in DER; some drivers give the bare point.
    return ecPoint.length - point.length <= 3 && point.equals(ecPoint.subarray(-point.length));
  }
  return false;
}

/** Largest signature value that a key makes, in bytes, with room for drivers that answer in DER. */
export function maxSignatureLength(key: KeyObject): number {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  return bits ? Math.ceil(bits / 8) : 256;
}

/** DER INTEGER of a big-endian unsigned number. */
function derInteger(raw: Uint8Array): Buffer {
  let start = 0;
  while (start < raw.length - 1 && raw[start] === 0) start++;
  const body = raw.subarray(start);
  const sign = (body[0] ?? 0) & 0x80 ? [0] : [];
  return Buffer.concat([Buffer.from([2, body.length + sign.length, ...sign]), body]);
}

/** r‖s as PKCS#11 gives it (2.40 mechanisms, section 2.3.1) -> Ecdsa-Sig-Value in DER (RFC 3279, section 2.2.3). */
export function ecdsaDer(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const body = Buffer.concat([derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half))]);
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length];
  return Buffer.concat([Buffer.from([0x30, ...length]), body]);
}

/**
 * What the token gave, in the form that goes into a CMS, checked with the certificate's public key. Drivers answer
 * ECDSA as r‖s, a few in DER already: the one that verifies is taken. Errors: token.signature-wrong.
 */
export function checkedSignature(
  raw: Uint8Array,
  publicKey: KeyObject,
  scheme: Scheme,
  hash: Hash,
  message: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const key = publicKey;
  const options =
    scheme === 'rsa-pss'
      ? { key, padding: cryptoConstants.RSA_PKCS1_PSS_PADDING, saltLength: hashLength[hash] }
      : scheme === 'ecdsa'
        ? { key, dsaEncoding: 'der' as const }
        : { key, padding: cryptoConstants.RSA_PKCS1_PADDING };
  const forms =
    scheme === 'ecdsa' ? (raw.length % 2 === 0 && raw.length <= 132 ? [ecdsaDer(raw), raw] : [raw]) : [raw];
  for (const form of forms) {
    if (form.length > 0 && verify(hash, message, options, form)) return Uint8Array.from(form);
  }
  throw new YinkeyError('token.signature-wrong', { scheme, hash });
}
