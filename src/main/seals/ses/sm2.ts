import { DerError, der } from '../../certificates/index.ts';

/** SM2 signatures and SM3 digests (GB/T 32918, GB/T 32905). Electron's crypto has neither. */
export interface Sm {
  /** SM3, 32 bytes. */
  digest: (data: Uint8Array) => Buffer;
  /**
   * Whether `signature` (DER or 64 bytes r and s) over `data` is one of the key in `spki`, with SM3, the usual user id
   * 1234567812345678 in Z. False for whatever is no signature or no key of the curve.
   */
  verify: (spki: Uint8Array, data: Uint8Array, signature: Uint8Array) => boolean;
}

/** Order of the curve's base point. */
const order = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const half = 32;

/** r and s, 32 bytes each. A length of 64 bytes is the two side by side; anything else has to be DER. */
function halves(signature: Uint8Array): Buffer | null {
  if (signature.length === 2 * half) return Buffer.from(signature);
  try {
    const node = der.readDer(signature).as(der.tags.sequence);
    if (node.children.length !== 2) return null;
    const parts = node.children.map((child) => der.readInteger(child));
    if (parts.some((part) => part < 1n || part >= order)) return null;
    return Buffer.from(parts.map((part) => part.toString(16).padStart(2 * half, '0')).join(''), 'hex');
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return null;
  }
}

function inRange(number: Uint8Array): boolean {
  const value = BigInt(`0x${Buffer.from(number).toString('hex')}`);
  return value >= 1n && value < order;
}

/** The uncompressed point of a SubjectPublicKeyInfo, in hex; null where there is none. */
function pointOf(spki: Uint8Array): string | null {
  let point: Uint8Array;
  try {
    point = der.readBitBytes(der.readDer(spki).at(1));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return null;
  }
  return point.length === 1 + 2 * half && point[0] === 4 ? Buffer.from(point).toString('hex') : null;
}

/** Keys whose multiples are kept: makers' keys come again with every seal of theirs. */
const keptKeys = 8;

async function load(): Promise<Sm> {
  const { sm2, sm3 } = await import('sm-crypto-v2');
  const known = new Map<string, ReturnType<typeof sm2.precomputePublicKey> | null>();

  /** The point, ready to be multiplied quickly from the second time on; null when it is not on the curve. */
  const keyFor = (point: string): string | ReturnType<typeof sm2.precomputePublicKey> | null => {
    const kept = known.get(point);
    if (kept) return kept;
    try {
      if (!sm2.verifyPublicKey(point)) return null;
    } catch {
      // The library throws for coordinates that are no numbers of the field.
      return null;
    }
    const again = known.has(point);
    if (known.size >= keptKeys && !again) known.delete(known.keys().next().value as string);
    known.set(point, again ? sm2.precomputePublicKey(point) : null);
    return known.get(point) ?? point;
  };

  return {
    digest: (data) => Buffer.from(sm3(data), 'hex'),
    verify: (spki, data, signature) => {
      const pair = halves(signature);
      const point = pointOf(spki);
      if (!pair || !point) return false;
      // The library leaves the ranges of r and s to its caller (GB/T 32918.2 clause 7.1, steps B1 and B2).
      if (!inRange(pair.subarray(0, half)) || !inRange(pair.subarray(half))) return false;
      const key = keyFor(point);
      return key !== null && sm2.doVerifySignature(data, pair.toString('hex'), key, { hash: true });
    },
  };
}

let loaded: Promise<Sm> | undefined;

/** Loads SM2 and SM3 when they are first needed: most keys have RSA or ECDSA, and never do. */
export function loadSm(): Promise<Sm> {
  loaded ??= load();
  return loaded;
}
