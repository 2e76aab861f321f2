import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import {
  checkSignature,
  DerError,
  type DerNode,
  der,
  isWeak,
  oids,
  parseCertificate,
  readDigestAlgorithm,
  readSignatureAlgorithm,
  type SignatureCheck,
  writeDigestAlgorithm,
  writePss,
} from '../../certificates/index.ts';
import { Fields } from './fields.ts';
import { encodeMessage, type PkiMessage, type ReceivedMessage, writeProtectedPart } from './message.ts';
import { cmpOids } from './oids.ts';

// Message protection (RFC 9810 5.1.3): a signature, or a MAC whose key comes from a shared secret.

const { tags } = der;
const stretch = promisify(pbkdf2);

/** How a key signs; for ECDSA `sign` gives the DER value. */
export interface CmpKey {
  scheme: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa';
  hash: 'sha256' | 'sha384' | 'sha512';
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A key with the certificate that vouches for it, DER each; `chain` goes along in extraCerts. */
export interface CmpSigner extends CmpKey {
  certificate: Uint8Array;
  chain: readonly Uint8Array[];
}

export type CmpProtection =
  | { kind: 'signature'; signer: CmpSigner }
  | {
      kind: 'mac';
      /** Names the secret to the other side (senderKID). */
      reference: string;
      secret: Uint8Array;
      /** pbm: PasswordBasedMac of RFC 4210, which everybody has, is the default. pbmac1: RFC 9481 6.1.2. */
      algorithm?: 'pbm' | 'pbmac1';
    };

/** What a message that came in asks this client to compute: beyond this it is not a protection but an attack. */
const macLimits = {
  /** One digest after the other, on the main thread; OpenSSL has the same limit. */
  pbmIterations: 100_000,
  pbkdf2Iterations: 1_000_000,
  salt: 128,
  key: 64,
};

/** What this client sends. Some authorities refuse more than 10,000 for the older one. */
const macDefaults = { pbmIterations: 5000, pbkdf2Iterations: 100_000, salt: 16 };

type MacHash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

const macHashes: Record<string, MacHash> = {
  [cmpOids.hmacSha1]: 'sha1',
  [cmpOids.hmacSha1Ipsec]: 'sha1',
  [cmpOids.hmacSha256]: 'sha256',
  [cmpOids.hmacSha384]: 'sha384',
  [cmpOids.hmacSha512]: 'sha512',
};

/** HMAC AlgorithmIdentifier; parameters absent or NULL. null: another MAC. */
function readHmac(node: DerNode): MacHash | null {
  const fields = new Fields(node);
  const type = der.readOid(fields.next());
  fields.optional(tags.nul);
  fields.end();
  return macHashes[type] ?? null;
}

function readCount(node: DerNode, limit: number): number {
  const count = der.readSmallInteger(node);
  if (count < 1 || count > limit) throw new DerError('a number out of bounds in the protection');
  return count;
}

function readSalt(node: DerNode): Uint8Array {
  const salt = der.readOctets(node);
  if (salt.length > macLimits.salt) throw new DerError('a salt that is too long');
  return salt;
}

type Mac = (secret: Uint8Array, data: Uint8Array) => Promise<Uint8Array>;

/** PBMParameter (RFC 9810 5.1.3.1): the key is the secret and the salt, hashed over and over. */
function readPbm(parameters: DerNode): Mac | null {
  const fields = new Fields(parameters);
  const salt = readSalt(fields.next());
  const owf = readDigestAlgorithm(fields.next()).hash;
  const iterations = readCount(fields.next(), macLimits.pbmIterations);
  const hmac = readHmac(fields.next());
  fields.end();
  if (!owf || owf === 'md5' || owf === 'sha224' || !hmac) return null;
  return async (secret, data) => {
    let key: Uint8Array = Buffer.concat([secret, salt]);
    for (let round = 0; round < iterations; round++) key = createHash(owf).update(key).digest();
    return createHmac(hmac, key).update(data).digest();
  };
}

/** PBMAC1-params over PBKDF2 (RFC 8018 A.2 and A.5). */
function readPbmac1(parameters: DerNode): Mac | null {
  const fields = new Fields(parameters);
  const derivation = new Fields(fields.next());
  const hmac = readHmac(fields.next());
  fields.end();
  if (der.readOid(derivation.next()) !== cmpOids.pbkdf2) return null;
  const inner = new Fields(derivation.next());
  derivation.end();
  const salt = readSalt(inner.next());
  const iterations = readCount(inner.next(), macLimits.pbkdf2Iterations);
  const keyLength = inner.optional(tags.integer);
  const prf = inner.optional(tags.sequence);
  inner.end();
  const stretching = prf ? readHmac(prf) : 'sha1';
  if (!hmac || !stretching) return null;
  // Without a length the key is as long as the MAC's digest.
  const length = keyLength
    ? readCount(keyLength, macLimits.key)
    : createHash(hmac).update('').digest().length;
  return async (secret, data) =>
    createHmac(hmac, await stretch(secret, salt, iterations, length, stretching))
      .update(data)
      .digest();
}

/** The MAC that an AlgorithmIdentifier describes; null: one that is not known here. */
function readMac(algorithm: DerNode): Mac | null {
  const fields = new Fields(algorithm);
  const type = der.readOid(fields.next());
  if (type === cmpOids.passwordBasedMac) return readPbm(fields.next());
  if (type === cmpOids.pbmac1) return readPbmac1(fields.next());
  return null;
}

/**
 * How a message is protected, by what it says itself.
 * @throws DerError
 */
export function protectionKind(message: PkiMessage): 'none' | 'mac' | 'signature' {
  const { protectionAlg } = message.header;
  if (!protectionAlg || !message.protection) return 'none';
  const type = der.readOid(der.readDer(protectionAlg).as(tags.sequence).at(0));
  return type === cmpOids.passwordBasedMac || type === cmpOids.pbmac1 ? 'mac' : 'signature';
}

/**
 * Checks a MAC over the bytes that came in. The algorithm is the message's own: servers answer with another one than
 * they were asked with.
 * @throws DerError for parameters that are no parameters or go beyond all bounds
 */
export async function checkMac(message: ReceivedMessage, secret: Uint8Array): Promise<SignatureCheck> {
  const { protectionAlg } = message.header;
  if (!protectionAlg || !message.protection) return 'wrong';
  const mac = readMac(der.readDer(protectionAlg));
  if (!mac) return 'unsupported';
  const value = await mac(secret, message.protectedPart);
  const same = value.length === message.protection.length && timingSafeEqual(value, message.protection);
  return same ? 'right' : 'wrong';
}

/**
 * Checks a signature over the bytes that came in with the key in `spki` (DER). Whose key it is, is for the caller.
 * Digests that can be forged (MD5, SHA-1) are not taken.
 * @throws DerError
 */
export function checkSigned(message: ReceivedMessage, spki: Uint8Array): SignatureCheck {
  const { protectionAlg } = message.header;
  if (!protectionAlg || !message.protection) return 'wrong';
  const algorithm = readSignatureAlgorithm(der.readDer(protectionAlg));
  if (algorithm.hash && isWeak(algorithm.hash)) return 'unsupported';
  return checkSignature(algorithm, spki, message.protectedPart, message.protection);
}

const rsaOids = { sha256: oids.sha256WithRsa, sha384: oids.sha384WithRsa, sha512: oids.sha512WithRsa };
const ecdsaOids = {
  sha256: oids.ecdsaWithSha256,
  sha384: oids.ecdsaWithSha384,
  sha512: oids.ecdsaWithSha512,
};

/** DER AlgorithmIdentifier of what the key signs (RFC 4055 5: NULL for RSA; RFC 5758 3.2: nothing for ECDSA). */
export function writeSignatureAlgorithm({ scheme, hash }: Pick<CmpKey, 'scheme' | 'hash'>): Uint8Array {
  if (scheme === 'rsa-pss') return writePss(hash);
  if (scheme === 'ecdsa') return der.seq(der.oid(ecdsaOids[hash]));
  return der.seq(der.oid(rsaOids[hash]), der.nul());
}

function macAlgorithm(kind: 'pbm' | 'pbmac1'): Uint8Array {
  const salt = der.octets(randomBytes(macDefaults.salt));
  const hmac = der.seq(der.oid(cmpOids.hmacSha256));
  if (kind === 'pbm') {
    const count = der.int(macDefaults.pbmIterations);
    const parameters = der.seq(salt, writeDigestAlgorithm('sha256'), count, hmac);
    return der.seq(der.oid(cmpOids.passwordBasedMac), parameters);
  }
  // RFC 8018 B.1.2 gives these HMACs a NULL as PRF of PBKDF2.
  const hmacWithNull = der.seq(der.oid(cmpOids.hmacSha256), der.nul());
  const derivation = der.seq(
    der.oid(cmpOids.pbkdf2),
    der.seq(salt, der.int(macDefaults.pbkdf2Iterations), der.int(32), hmacWithNull),
  );
  return der.seq(der.oid(cmpOids.pbmac1), der.seq(derivation, hmacWithNull));
}

/**
 * Protects a message and gives its DER. protectionAlg is filled in; senderKID too unless the header has one: the
 * subject key identifier of the signer, or the reference of the secret. With a signature the signer's certificate
 * comes first in extraCerts, then its chain, then what the message has already.
 */
export async function protectMessage(
  message: Pick<PkiMessage, 'header' | 'body' | 'extraCerts'>,
  protection: CmpProtection,
): Promise<Uint8Array> {
  const { body } = message;
  if (protection.kind === 'mac') {
    const algorithm = macAlgorithm(protection.algorithm ?? 'pbm');
    const senderKid = message.header.senderKid ?? Buffer.from(protection.reference, 'utf8');
    const header = { ...message.header, protectionAlg: algorithm, senderKid };
    const mac = readMac(der.readDer(algorithm))!;
    const value = await mac(protection.secret, writeProtectedPart({ header, body }));
    return encodeMessage({ header, body, protection: value, extraCerts: message.extraCerts });
  }
  const { signer } = protection;
  const { subjectKeyId } = parseCertificate(signer.certificate);
  const senderKid = message.header.senderKid ?? (subjectKeyId ? Buffer.from(subjectKeyId, 'hex') : null);
  const header = { ...message.header, protectionAlg: writeSignatureAlgorithm(signer), senderKid };
  const value = await signer.sign(writeProtectedPart({ header, body }));
  const extraCerts = [signer.certificate, ...signer.chain, ...message.extraCerts];
  return encodeMessage({ header, body, protection: value, extraCerts });
}
