import {
  checkSignature,
  DerError,
  der,
  readName,
  readSignatureAlgorithm,
  type SignatureCheck,
} from '../../certificates/index.ts';
import { bytesOf, Fields } from './fields.ts';
import { cmpOids } from './oids.ts';
import { type CmpKey, writeSignatureAlgorithm } from './protection.ts';

/** What a certification request (PKCS #10, RFC 2986) says. */
export interface CertificationRequest {
  /** DER Name. */
  subject: Uint8Array;
  /** DER SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** DER Extensions that are asked for; null: none. */
  extensions: Uint8Array | null;
  /** Whether its own key has signed it: the proof of possession. */
  proof: SignatureCheck;
}

/** Makes and signs a certification request for the key, without attributes. */
export async function writeCsr(subject: Uint8Array, key: CmpKey & { spki: Uint8Array }): Promise<Uint8Array> {
  const info = der.seq(der.int(0), subject, key.spki, der.element(0xa0));
  const signature = await key.sign(info);
  return der.seq(info, writeSignatureAlgorithm(key), der.bits(signature));
}

/**
 * Reads a certification request and checks its signature.
 * @throws DerError
 */
export function readCsr(bytes: Uint8Array): CertificationRequest {
  const fields = new Fields(der.readDer(bytes));
  const info = fields.next();
  const algorithm = readSignatureAlgorithm(fields.next());
  const signature = der.readBitBytes(fields.next());
  fields.end();
  const inner = new Fields(info);
  if (der.readSmallInteger(inner.next()) !== 0) throw new DerError('no version of a certification request');
  const subject = inner.next();
  readName(subject);
  const spki = inner.next().as(der.tags.sequence);
  const attributes = inner.optional(0xa0)?.children ?? [];
  inner.end();
  let extensions: Uint8Array | null = null;
  for (const attribute of attributes) {
    const parts = new Fields(attribute);
    const type = der.readOid(parts.next());
    const values = parts.next().as(der.tags.set);
    parts.end();
    if (type !== cmpOids.extensionRequest) continue;
    if (extensions) throw new DerError('an attribute that stands twice');
    extensions = bytesOf(values.inner.as(der.tags.sequence));
  }
  return {
    subject: bytesOf(subject),
    spki: bytesOf(spki),
    extensions,
    proof: checkSignature(algorithm, spki.raw, info.raw, signature),
  };
}
