import { createHash } from 'node:crypto';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { CertificateFacts } from '../../certificates/index.ts';
import { creditCodeOf } from '../../certificates/index.ts';
import { readSealExtensions } from './extensions.ts';
import { lookUpSeal, type SealStatus, verifyStatusList } from './status-list.ts';
import { readSeal, type Seal, sesLimits } from './structure.ts';
import { type SealQuestion, sealRefusal, verifySeal } from './verify.ts';

/** What a key holds of seals, as it was read from the key itself. */
export interface SealsOnKey {
  /** SESeal objects, whole. */
  seals: readonly Uint8Array[];
  /** SHA-256 (hex) of seals that lie in the client's store because the key has no room. */
  digests: readonly string[];
}

/** One stamp with a seal, before the key signs. The same question is put in main and in the token host. */
export interface SealUse {
  /** The SESeal that travels in the document. */
  seal: Uint8Array;
  onKey: SealsOnKey;
  /** The certificate whose key signs. */
  certificate: CertificateFacts;
  /** Whether that certificate's private key is on this key; null: it shows none before the login. */
  hasPrivateKey: boolean | null;
  /** SHA-256 (hex) of the picture that was drawn into the document. */
  drawnSha256: string;
  /** SHA-256 (hex) of the SESeal that was put into the document. */
  embeddedSha256: string;
  /** The maker's newest status list that is known; null: none. */
  statusList: Uint8Array | null;
  roots: readonly CertificateFacts[];
  pool?: readonly CertificateFacts[];
  revocation?: SealQuestion['revocation'];
  at: Date;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const pngStart = Buffer.from('89504e470d0a1a0a', 'hex');

/** Pixels of a PNG by its first chunk; where foreign pictures may not be decoded, this much can be said. */
function pngSize(data: Uint8Array): { widthPx: number; heightPx: number } | null {
  if (data.length < 33 || Buffer.compare(data.subarray(0, 8), pngStart) !== 0) return null;
  const view = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { widthPx: view.readUInt32BE(16), heightPx: view.readUInt32BE(20) };
}

/**
 * Whether this seal may be used for this stamp: valid now, for this certificate, bound to this key, neither suspended nor
 * cancelled, and the picture that is drawn is the seal's own. The answer tells what could not be known (`status`).
 * @throws YinkeyError seal.unreadable, signature-wrong, maker-unknown, maker-revoked, expired, not-yet-valid, not-listed,
 *   picture-unreadable, oversize, credit-code, unproven (what its verification says); seal.other-key (the certificate's
 *   private key is on another key), seal.swapped (the key or the document holds another object of the same number),
 *   seal.not-on-key, seal.picture-differs, seal.suspended, seal.cancelled, seal.not-issued, seal.status-unreadable,
 *   seal.status-unproven
 */
export async function judgeSealUse(use: SealUse): Promise<{ seal: Seal; status: SealStatus }> {
  const { certificate, roots, pool, revocation, at } = use;
  if (use.seal.length > sesLimits.bytes) throw new YinkeyError('seal.unreadable', { reason: 'too large' });
  const { verification, seal } = await verifySeal(use.seal, {
    roots,
    at,
    certificate,
    ...(pool && { pool }),
    ...(revocation && { revocation }),
    picture: async (data) => pngSize(data),
  });
  const refusal = sealRefusal(verification);
  if (refusal || !seal) throw refusal ?? new YinkeyError('seal.unreadable');
  const details = { id: seal.id, name: seal.name };

  const { creditCode } = readSealExtensions(seal.extensions);
  const theirs = creditCodeOf(certificate.subject)?.value ?? null;
  if (creditCode !== null && creditCode !== theirs)
    throw new YinkeyError('seal.credit-code', { ...details, creditCode: theirs });

  if (use.hasPrivateKey === false) throw new YinkeyError('seal.other-key', details);
  assertBound(use, seal, details);
  if (sha256(seal.picture.data) !== use.drawnSha256) throw new YinkeyError('seal.picture-differs', details);

  const list = use.statusList
    ? await verifyStatusList(use.statusList, {
        ...{ sealMaker: seal.maker, roots },
        ...(pool && { pool }),
        ...(revocation && { revocation }),
      })
    : null;
  // A clock that was set back: the maker wrote this list when the seal's time was over.
  if (list && list.thisUpdate > seal.validUntil)
    throw new YinkeyError('seal.expired', { ...details, until: seal.validUntil.toISOString() });
  const status = lookUpSeal(list, seal, at);
  const told = { ...details, since: status.since?.toISOString() ?? null };
  if (status.state === 'suspended') throw new YinkeyError('seal.suspended', told);
  if (status.state === 'cancelled') throw new YinkeyError('seal.cancelled', told);
  if (status.state === 'not-issued') throw new YinkeyError('seal.not-issued', details);
  return { seal, status };
}

/** The key holds this very seal, and so does the document. */
function assertBound(use: SealUse, seal: Seal, details: { id: string; name: string }): void {
  const digest = sha256(use.seal);
  if (digest !== use.embeddedSha256) throw new YinkeyError('seal.swapped', details);
  if (use.onKey.digests.includes(digest)) return;
  if (use.onKey.seals.some((held) => Buffer.compare(held, use.seal) === 0)) return;
  const sameNumber = use.onKey.seals.some((held) => numberOf(held) === seal.id);
  throw new YinkeyError(sameNumber ? 'seal.swapped' : 'seal.not-on-key', details);
}

function numberOf(held: Uint8Array): string | null {
  try {
    return readSeal(held).id;
  } catch (error) {
    if (error instanceof YinkeyError) return null;
    throw error;
  }
}
