import { createHash } from 'node:crypto';
import {
  type CertificateFacts,
  checkSignature,
  der,
  type Hash,
  isWeak,
  oids,
  readSignatureAlgorithm,
  type SignatureAlgorithm,
  type SignatureCheck,
} from '../../certificates/index.ts';
import { loadSm, type Sm } from './sm2.ts';

/** SM3 by itself (GM/T 0006). */
const sm3Oid = '1.2.156.10197.1.401';

/** What checking a signature of a seal brought; `weak`: right, made with a digest that collisions can be made for. */
export type SesCheck = SignatureCheck | 'weak';

/** The algorithm of a bare object identifier, as seals have it in place of an AlgorithmIdentifier. */
function algorithmOf(oid: string): SignatureAlgorithm {
  return readSignatureAlgorithm(der.readDer(der.seq(der.oid(oid))));
}

/** Bytes of one half of an ECDSA signature, by curve. */
const halves: Record<string, number> = { 'EC-P256': 32, 'EC-P384': 48, 'EC-P521': 66 };

/** ECDSA r and s side by side as some makers write them, in DER; anything else as it is. */
function asDer(keyType: string, signature: Uint8Array): Uint8Array {
  const half = halves[keyType];
  if (half === undefined || signature.length !== 2 * half) return signature;
  return der.seq(der.uint(signature.subarray(0, half)), der.uint(signature.subarray(half)));
}

/** Checks signatures and digests of seals: SM2 and SM3 by `sm` where it is loaded, everything else by the runtime. */
export class SesCrypto {
  readonly #sm: Sm | null;

  constructor(sm: Sm | null) {
    this.#sm = sm;
  }

  /** Of a certificate, for `validateChain`. */
  readonly certificate = (
    algorithm: SignatureAlgorithm,
    spki: Uint8Array,
    data: Uint8Array,
    signature: Uint8Array,
  ): SignatureCheck => {
    if (algorithm.oid !== oids.sm2WithSm3) return checkSignature(algorithm, spki, data, signature);
    if (!this.#sm) return 'unsupported';
    return this.#sm.verify(spki, data, signature) ? 'right' : 'wrong';
  };

  /** Of a seal or a document, with the key of the certificate that came along. */
  check(oid: string, signer: CertificateFacts, data: Uint8Array, signature: Uint8Array): SesCheck {
    const algorithm = algorithmOf(oid);
    // An SM2 key signs in one way only, and no other key signs in that way.
    if ((signer.keyType === 'SM2') !== (oid === oids.sm2WithSm3)) return 'wrong';
    const check = this.certificate(algorithm, signer.spki, data, asDer(signer.keyType, signature));
    return check === 'right' && algorithm.hash !== null && isWeak(algorithm.hash) ? 'weak' : check;
  }

  /** The digest by the word or object identifier that a seal names it with; null for one that is not known or weak. */
  digest(name: string, data: Uint8Array): Buffer | null {
    if (/^sm3$/i.test(name) || name === sm3Oid) return this.#sm?.digest(data) ?? null;
    const hash = digestNames[name.toUpperCase().replace('-', '')];
    return hash ? createHash(hash).update(data).digest() : null;
  }

  /** The digest that goes with a signature's algorithm (GM/T 0031: SM3 with SM2); null for one that is not known. */
  digestFor(oid: string, data: Uint8Array): Buffer | null {
    if (oid === oids.sm2WithSm3) return this.digest('SM3', data);
    const { hash } = algorithmOf(oid);
    return hash && !isWeak(hash) ? createHash(hash).update(data).digest() : null;
  }
}

const digestNames: Record<string, Hash> = {
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

/** The crypto that these certificates, algorithms and digests need: SM2's library only if one of them is of its kind. */
export async function sesCrypto(
  certificates: readonly CertificateFacts[],
  names: readonly string[],
): Promise<SesCrypto> {
  const needed =
    certificates.some(
      (facts) => facts.keyType === 'SM2' || facts.signatureAlgorithm.oid === oids.sm2WithSm3,
    ) || names.some((name) => name === oids.sm2WithSm3 || name === sm3Oid || /^sm3$/i.test(name));
  return new SesCrypto(needed ? await loadSm() : null);
}
