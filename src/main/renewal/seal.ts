import { createHash } from 'node:crypto';
import type { RenewalSeal, SealForm } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { CertificateFacts } from '../certificates/index.ts';
import type { TokenData } from '../pkcs11/index.ts';
import { sealsOnKey } from '../seals/index.ts';
import {
  judgeSealUse,
  readSeal,
  type Seal,
  type SealsOnKey,
  type SealUse,
  sealLists,
} from '../seals/ses/index.ts';
import { type CarriedSeal, fromBase64, type Phase, toBase64, type Work } from './work.ts';

/** What two clocks may differ by (ms). */
const CLOCKS = 10 * 60_000;
/** A SESeal that a journal carries, at most (bytes): keys hold 64 KB in all. */
const SEAL_BYTES = 256 << 10;

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export const noSeal: RenewalSeal = {
  state: 'none',
  oldId: null,
  newId: null,
  name: '',
  where: null,
  code: null,
};

/** What people see of it while the renewal is under way. */
export function sealView(work: Pick<Work, 'seal' | 'makesSeals'>): RenewalSeal {
  const { seal, makesSeals } = work;
  if (!seal) return noSeal;
  const { id, newId, name, bound } = seal;
  const about = { oldId: id, newId, name, where: bound?.where ?? null };
  return makesSeals
    ? { ...about, state: 'pending', code: null }
    : { ...about, state: 'none', code: 'seal.maker-missing' };
}

/**
 * The seal of a certificate among those on its key; null: it has none. There is one for one certificate; of several that a
 * foreign maker made, the youngest. `stored`: a seal of this computer's store by its SHA-256.
 */
export async function sealOf(
  data: readonly TokenData[],
  certificate: CertificateFacts,
  stored: (sha256: string) => Uint8Array | null,
): Promise<CarriedSeal | null> {
  const { seals, digests } = sealsOnKey(data);
  const held = [
    ...seals.map((bytes) => ({ bytes, where: 'key' as const })),
    ...digests.flatMap((digest) => {
      const bytes = stored(digest);
      return bytes ? [{ bytes, where: 'store' as const }] : [];
    }),
  ];
  let found: { seal: Seal; where: 'key' | 'store' } | null = null;
  for (const { bytes, where } of held) {
    const seal = bytes.length <= SEAL_BYTES ? await listing(bytes, certificate) : null;
    if (seal && (!found || seal.createdAt > found.seal.createdAt)) found = { seal, where };
  }
  if (!found) return null;
  const { seal, where } = found;
  return {
    id: seal.id,
    name: seal.name,
    sha256: sha256Of(seal.raw),
    bytes: toBase64(seal.raw),
    where,
    application: null,
    newId: null,
    forms: {},
    freed: false,
    bound: null,
  };
}

/** The seal, when this certificate may use it. Nothing else of it is judged: it may have run out meanwhile. */
async function listing(bytes: Uint8Array, certificate: CertificateFacts): Promise<Seal | null> {
  try {
    const seal = readSeal(bytes);
    return (await sealLists(seal, certificate.der)) ? seal : null;
  } catch (error) {
    // Somebody else's object, or one that was never finished.
    if (toWireError(error).code === 'seal.unreadable') return null;
    throw error;
  }
}

export interface CarriedQuestion {
  seal: CarriedSeal;
  /** The new seal (DER) in one of its forms. */
  bytes: Uint8Array;
  form: SealForm;
  /** The new certificate. */
  certificate: CertificateFacts;
  roots: readonly CertificateFacts[];
  pool: readonly CertificateFacts[];
  /** Whether a certificate is known to be revoked. */
  revocation: NonNullable<SealUse['revocation']>;
  now: Date;
  /** As read from the key; null before it lies there. */
  onKey: SealsOnKey | null;
}

/**
 * Whether what the maker made is the old seal for the new certificate: usable with it by the rule of every stamp, the same
 * name, the same size, and the picture of the old one (in the small form, that of a form with that picture).
 * @throws YinkeyError seal.* as `judgeSealUse`; renewal.seal-mismatch with what differs
 */
export async function judgeCarried(question: CarriedQuestion): Promise<Seal> {
  const { bytes, certificate, now } = question;
  if (bytes.length > SEAL_BYTES) throw new YinkeyError('seal.unreadable', { reason: 'too large' });
  const seal = readSeal(bytes);
  // One of this very second may begin a little ahead of this computer's clock.
  const ahead = seal.validFrom.getTime() - now.getTime();
  const digest = sha256Of(bytes);
  await judgeSealUse({
    seal: bytes,
    onKey: question.onKey ?? { seals: [bytes], digests: [] },
    certificate,
    hasPrivateKey: true,
    drawnSha256: sha256Of(seal.picture.data),
    embeddedSha256: digest,
    statusList: null,
    roots: question.roots,
    pool: question.pool,
    revocation: question.revocation,
    at: ahead > 0 && ahead <= CLOCKS ? seal.validFrom : now,
  });
  const old = readSeal(fromBase64(question.seal.bytes));
  const differs = differenceOf(seal, old);
  if (differs) throw new YinkeyError('renewal.seal-mismatch', { reason: differs, name: question.seal.name });
  return seal;
}

function differenceOf(seal: Seal, old: Seal): 'number' | 'name' | 'size' | null {
  if (seal.id === old.id) return 'number';
  if (seal.name !== old.name) return 'name';
  const { width, height } = seal.picture;
  return width === old.picture.width && height === old.picture.height ? null : 'size';
}

/** One of the forms shows exactly what the old seal showed. */
export function showsTheSame(seal: CarriedSeal): boolean {
  const { picture } = readSeal(fromBase64(seal.bytes));
  return Object.values(seal.forms).some(
    (bytes) => Buffer.compare(readSeal(fromBase64(bytes)).picture.data, picture.data) === 0,
  );
}

/** Whether a renewal in this phase may be finished without its seal. Not while the old one is off the key and no new one on. */
export function mayLeaveSeal(phase: Phase, seal: CarriedSeal | null, present: boolean): boolean {
  return !present || !seal?.freed || phase === 'seal-bound' || phase === 'seal-told';
}
