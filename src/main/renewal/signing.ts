import { YinkeyError } from '../../shared/errors/index.ts';
import type { CmpSigner, NewKey } from '../authority/index.ts';
import { checkSignature } from '../certificates/index.ts';
import type { TokenAct } from '../pkcs11/index.ts';
import type { PairType } from './peers.ts';

interface Way {
  scheme: 'rsa-pkcs1' | 'ecdsa';
  hash: 'sha256' | 'sha384';
  oid: string;
}
const ways: Record<PairType, Way> = {
  'RSA-2048': { scheme: 'rsa-pkcs1', hash: 'sha256', oid: '1.2.840.113549.1.1.11' },
  'RSA-3072': { scheme: 'rsa-pkcs1', hash: 'sha256', oid: '1.2.840.113549.1.1.11' },
  'RSA-4096': { scheme: 'rsa-pkcs1', hash: 'sha256', oid: '1.2.840.113549.1.1.11' },
  'EC-P256': { scheme: 'ecdsa', hash: 'sha256', oid: '1.2.840.10045.4.3.2' },
  'EC-P384': { scheme: 'ecdsa', hash: 'sha384', oid: '1.2.840.10045.4.3.3' },
};

/** Whether this client makes and uses key pairs of that type. */
export const isPairType = (keyType: string): keyType is PairType => Object.hasOwn(ways, keyType);

/**
 * How keys of a type sign.
 * @throws YinkeyError certificate.key-unsupported
 */
function wayOf(keyType: string): Way {
  if (!isPairType(keyType)) throw new YinkeyError('certificate.key-unsupported', { keyType, scheme: '' });
  return ways[keyType];
}

/** The old key as the signer of CMP messages and of requests to the orders API. */
export function signerOf(
  act: TokenAct,
  old: { certificate: Uint8Array; chain: Uint8Array[]; ckaId: string; spki: Uint8Array; keyType: string },
): CmpSigner {
  const { scheme, hash } = wayOf(old.keyType);
  return {
    certificate: old.certificate,
    chain: old.chain,
    scheme,
    hash,
    sign: (message) => act.sign({ ckaId: old.ckaId, spki: old.spki }, scheme, hash, message),
  };
}

/** The new key, for its proof of possession (RFC 4211 section 4.1). */
export function newKeyOf(act: TokenAct, pair: { ckaId: string; spki: Uint8Array; keyType: string }): NewKey {
  const { scheme, hash } = wayOf(pair.keyType);
  return {
    spki: pair.spki,
    scheme,
    hash,
    sign: (message) => act.sign({ ckaId: pair.ckaId, spki: pair.spki }, scheme, hash, message),
  };
}

/**
 * A test signature with the pair on the key, checked with the public key of its certificate.
 * @throws YinkeyError token.signature-wrong, token.*, driver.*
 */
export async function prove(
  act: TokenAct,
  pair: { ckaId: string; keyType: string },
  certificateSpki: Uint8Array,
  message: Uint8Array,
): Promise<void> {
  const { scheme, hash, oid } = wayOf(pair.keyType);
  const signature = await act.sign({ ckaId: pair.ckaId, spki: certificateSpki }, scheme, hash, message);
  const algorithm = { oid, scheme, hash, saltLength: null };
  if (checkSignature(algorithm, certificateSpki, message, signature) !== 'right') {
    throw new YinkeyError('token.signature-wrong', { label: '' });
  }
}
