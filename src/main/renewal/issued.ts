import { YinkeyError } from '../../shared/errors/index.ts';
import {
  type CertificateFacts,
  canSign,
  der,
  parseCertificate,
  readName,
  sameName,
  validateChain,
} from '../certificates/index.ts';

/** What the new certificate's end may differ from what was ordered (ms): authorities round to days, in their own zone. */
const TOLERANCE = 36 * 3_600_000;
/** What two clocks may differ by (ms). */
const CLOCKS = 10 * 60_000;

/** Why an issued certificate is not the one that was ordered; stable words, in `renewal.certificate-mismatch`. */
export type Mismatch = 'unreadable' | 'subject' | 'key' | 'validity' | 'usage' | 'authority' | 'chain';

export interface Expected {
  /** Name (DER); null: the authority decides about it. */
  subject: Uint8Array | null;
  /** SubjectPublicKeyInfo (DER) of the new pair. */
  spki: Uint8Array;
  /** What was ordered; null: any end that lies ahead. */
  notAfter: Date | null;
  roots: readonly CertificateFacts[];
  /** Certificates (DER) that may stand between it and a root. */
  pool: readonly Uint8Array[];
  now: Date;
}

/**
 * Whether an issued certificate is what was ordered: the same holder, the key that was made, the ordered end, a signing
 * certificate that is no authority's, and a chain to the trust list. Null: it is.
 */
export function mismatchOf(certificate: Uint8Array, expected: Expected): Mismatch | null {
  const facts = readable(certificate);
  if (!facts) return 'unreadable';
  const { now, notAfter } = expected;
  if (expected.subject && !sameName(facts.subject, readName(der.readDer(expected.subject)))) return 'subject';
  if (Buffer.compare(facts.spki, expected.spki) !== 0) return 'key';
  if (facts.isCa || facts.keyUsage?.has('keyCertSign')) return 'authority';
  if (!facts.keyUsage || !canSign(facts)) return 'usage';
  const end = facts.notAfter.getTime();
  if (end <= now.getTime() || facts.notBefore.getTime() > now.getTime() + CLOCKS) return 'validity';
  if (notAfter && Math.abs(end - notAfter.getTime()) > TOLERANCE) return 'validity';
  // A certificate of this very second may begin a little ahead of this computer's clock.
  const at = new Date(Math.max(now.getTime(), facts.notBefore.getTime()));
  const pool = expected.pool.map(readable).filter((each) => each !== null);
  const { status } = validateChain({ certificate: facts, pool, roots: expected.roots, at });
  return status === 'trusted' ? null : 'chain';
}

function readable(bytes: Uint8Array): CertificateFacts | null {
  try {
    return parseCertificate(bytes);
  } catch (error) {
    if (error instanceof YinkeyError && error.code === 'certificate.unreadable') return null;
    throw error;
  }
}
