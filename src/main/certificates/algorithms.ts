import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import {
  DerError,
  type DerNode,
  element,
  explicit,
  int,
  nul,
  oid,
  readDer,
  readOid,
  readSmallInteger,
  seq,
  tags,
} from './der.ts';
import { oids } from './oids.ts';

/** Digest names as node:crypto knows them. */
export type Hash = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** Digests that are no longer evidence: collisions can be made (MD5, SHA-1). */
export function isWeak(hash: Hash): boolean {
  return hash === 'md5' || hash === 'sha1';
}

const hashOids: Record<string, Hash> = {
  [oids.md5]: 'md5',
  [oids.sha1]: 'sha1',
  [oids.sha224]: 'sha224',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

const signatureOids: Record<string, { scheme: 'rsa-pkcs1' | 'ecdsa'; hash: Hash }> = {
  [oids.md5WithRsa]: { scheme: 'rsa-pkcs1', hash: 'md5' },
  [oids.sha1WithRsa]: { scheme: 'rsa-pkcs1', hash: 'sha1' },
  [oids.sha224WithRsa]: { scheme: 'rsa-pkcs1', hash: 'sha224' },
  [oids.sha256WithRsa]: { scheme: 'rsa-pkcs1', hash: 'sha256' },
  [oids.sha384WithRsa]: { scheme: 'rsa-pkcs1', hash: 'sha384' },
  [oids.sha512WithRsa]: { scheme: 'rsa-pkcs1', hash: 'sha512' },
  [oids.ecdsaWithSha1]: { scheme: 'ecdsa', hash: 'sha1' },
  [oids.ecdsaWithSha224]: { scheme: 'ecdsa', hash: 'sha224' },
  [oids.ecdsaWithSha256]: { scheme: 'ecdsa', hash: 'sha256' },
  [oids.ecdsaWithSha384]: { scheme: 'ecdsa', hash: 'sha384' },
  [oids.ecdsaWithSha512]: { scheme: 'ecdsa', hash: 'sha512' },
};

/** How a signature was made. `hash` is null where the scheme has its own (Ed25519) or is not known. */
export interface SignatureAlgorithm {
  oid: string;
  scheme: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'ed25519' | 'unsupported';
  hash: Hash | null;
  /** PSS only, in bytes. */
  saltLength: number | null;
}

/** 'sha256WithRsa', 'ecdsaWithSha256' ..., or the object identifier of one that has no name here. */
export function signatureAlgorithmName({ oid: type }: Pick<SignatureAlgorithm, 'oid'>): string {
  return Object.entries(oids).find(([, value]) => value === type)?.[0] ?? type;
}

/** Digest of an AlgorithmIdentifier, or null when it is none that is known. Parameters: absent or NULL. */
export function readDigestAlgorithm(node: DerNode): { oid: string; hash: Hash | null } {
  const type = readOid(node.as(tags.sequence).at(0));
  if (node.children.length > 2) throw new DerError('no digest algorithm');
  if (node.children.length === 2 && (node.at(1).tag !== tags.nul || node.at(1).value.length > 0)) {
    throw new DerError('a digest algorithm with parameters');
  }
  return { oid: type, hash: hashOids[type] ?? null };
}

/** AlgorithmIdentifier of a digest. RFC 5754 2: SHA-2 is written without parameters. */
export function writeDigestAlgorithm(hash: 'sha256' | 'sha384' | 'sha512'): Buffer {
  return seq(oid(oids[hash]));
}

/** RSASSA-PSS-params (RFC 4055 3.1): every field has a default, and an absent one means that. */
function readPss(node: DerNode): { hash: Hash | null; saltLength: number } {
  let hash: Hash | null = 'sha1';
  let maskHash: Hash | null = 'sha1';
  let saltLength = 20;
  for (const field of node.as(tags.sequence).children) {
    switch (field.tag) {
      case 0xa0:
        hash = readDigestAlgorithm(field.inner).hash;
        break;
      case 0xa1:
        if (readOid(field.inner.as(tags.sequence).at(0)) !== oids.mgf1)
          throw new DerError('an unknown mask function');
        maskHash = readDigestAlgorithm(field.inner.at(1)).hash;
        break;
      case 0xa2:
        saltLength = readSmallInteger(field.inner);
        break;
      case 0xa3:
        if (readSmallInteger(field.inner) !== 1) throw new DerError('an unknown trailer');
        break;
      default:
        throw new DerError('an unknown PSS parameter');
    }
  }
  if (saltLength < 0 || saltLength > 1024) throw new DerError('a salt of no possible length');
  // node:crypto takes one digest for both. Two different ones are legal and in use nowhere.
  return { hash: hash === maskHash ? hash : null, saltLength };
}

/** RSASSA-PSS-params with everything explicit: salt as long as the digest, MGF1 over the same digest. */
export function writePss(hash: 'sha256' | 'sha384' | 'sha512'): Buffer {
  // The digests carry an explicit NULL here, as RFC 4055 2.1 wants them in PSS parameters.
  const digest = seq(oid(oids[hash]), nul());
  const saltLength = Number(hash.slice(3)) / 8;
  const parameters = [
    explicit(0, digest),
    explicit(1, seq(oid(oids.mgf1), digest)),
    explicit(2, int(saltLength)),
  ];
  return seq(oid(oids.rsassaPss), element(tags.sequence, ...parameters));
}

/**
 * Reads the AlgorithmIdentifier of a signature. In CMS the digest stands apart for `rsaEncryption` and
 * `id-ecPublicKey`; it is given as `digest`.
 * @throws DerError
 */
export function readSignatureAlgorithm(node: DerNode, digest: Hash | null = null): SignatureAlgorithm {
  const type = readOid(node.as(tags.sequence).at(0));
  if (node.children.length > 2) throw new DerError('no algorithm');
  const known = signatureOids[type];
  if (known) return { oid: type, ...known, saltLength: null };
  if (type === oids.rsassaPss) {
    const { hash, saltLength } =
      node.children.length === 2 ? readPss(node.at(1)) : { hash: 'sha1' as Hash, saltLength: 20 };
    return { oid: type, scheme: hash ? 'rsa-pss' : 'unsupported', hash, saltLength };
  }
  if (type === oids.ed25519) return { oid: type, scheme: 'ed25519', hash: null, saltLength: null };
  if (digest && type === oids.rsaEncryption)
    return { oid: type, scheme: 'rsa-pkcs1', hash: digest, saltLength: null };
  if (digest && type === oids.ecPublicKey)
    return { oid: type, scheme: 'ecdsa', hash: digest, saltLength: null };
  return { oid: type, scheme: 'unsupported', hash: null, saltLength: null };
}

/** What checking one signature brought. `unsupported`: this runtime can't do the algorithm or read the key. */
export type SignatureCheck = 'right' | 'wrong' | 'unsupported';

function isPssKey(spki: Uint8Array): boolean {
  return readOid(readDer(spki).at(0).at(0)) === oids.rsassaPss;
}

function tryKey(spki: Uint8Array): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    // A curve or key type that the runtime's crypto lacks (SM2 in Electron) is told as unsupported, not as wrong.
    return null;
  }
}

function readKey(spki: Uint8Array): KeyObject | null {
  const key = tryKey(spki);
  if (key) return key;
  if (!isPssKey(spki)) return null;
  // BoringSSL does not know the identifier of keys that are for PSS alone; the key inside is an ordinary RSA key.
  return tryKey(seq(seq(oid(oids.rsaEncryption), nul()), readDer(spki).at(1).raw));
}

/**
 * Checks `signature` over `data` with the key in `spki` (DER SubjectPublicKeyInfo). The key has to be of the kind
 * the scheme wants.
 */
export function checkSignature(
  algorithm: SignatureAlgorithm,
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): SignatureCheck {
  const { scheme, hash } = algorithm;
  if (scheme === 'unsupported') return 'unsupported';
  const key = readKey(spki);
  if (!key) return 'unsupported';
  const kind = key.asymmetricKeyType;
  try {
    switch (scheme) {
      case 'rsa-pkcs1':
        // A key for PSS alone must not have signed in another way (RFC 4055 1.2).
        if (kind !== 'rsa' || isPssKey(spki)) return 'wrong';
        return verify(hash, data, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
          ? 'right'
          : 'wrong';
      case 'rsa-pss': {
        if (kind !== 'rsa' && kind !== 'rsa-pss') return 'wrong';
        const saltLength = algorithm.saltLength ?? 20;
        const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
        return verify(hash, data, options, signature) ? 'right' : 'wrong';
      }
      case 'ecdsa':
        if (kind !== 'ec') return 'wrong';
        return verify(hash, data, { key, dsaEncoding: 'der' }, signature) ? 'right' : 'wrong';
      case 'ed25519':
        if (kind !== 'ed25519') return 'wrong';
        return verify(null, data, key, signature) ? 'right' : 'wrong';
    }
  } catch {
    // Old digests are switched off in some builds, and such a build throws where others answer.
    return 'unsupported';
  }
}
