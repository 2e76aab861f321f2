import { createHash } from 'node:crypto';
import type { SealApplicationView, SealForm } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { BoundTo } from './bind.ts';
import type { AskedSeal } from './issued.ts';
import { type SealQuestion, type SealsOnKey, verifySeal } from './ses/index.ts';

type Bound = SealApplicationView['bound'];

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Forms that a key had no room for when it holds this one. */
const smallerThan = (form: SealForm): SealForm[] =>
  form === 'full' ? [] : form === 'digests' ? ['full'] : ['full', 'digests'];

/** How a seal was bound, as it is shown. */
export const boundView = ({ form, where, bytes, tooSmallFor }: BoundTo): Bound => ({
  form,
  where,
  bytes,
  tooSmallFor,
});

/** How a key holds a seal whose forms (by SHA-256) were fetched for it before; null: it doesn't. */
export function boundOn(forms: Readonly<Record<string, string>>, { seals, digests }: SealsOnKey): Bound {
  for (const [form, digest] of Object.entries(forms) as [SealForm, string][]) {
    const whole = seals.find((bytes) => sha256(bytes) === digest);
    if (whole) return { form, where: 'key', bytes: whole.length, tooSmallFor: smallerThan(form) };
    if (digests.includes(digest)) {
      return { form, where: 'store', bytes: 0, tooSmallFor: ['full', 'digests', 'small'] };
    }
  }
  return null;
}

/**
 * What lies on the key now is the seal, whole or by its digest (then `fetched` is what was kept); and it holds.
 * @throws YinkeyError seal.swapped
 */
export async function readBack(
  { seals, digests }: SealsOnKey,
  bound: BoundTo,
  fetched: Uint8Array | undefined,
  question: Omit<SealQuestion, 'certificate'>,
  { certificate, sealId, name }: AskedSeal,
): Promise<void> {
  const kept = digests.includes(bound.sha256) ? fetched : undefined;
  const there = bound.where === 'key' ? seals.find((bytes) => sha256(bytes) === bound.sha256) : kept;
  if (!there) throw new YinkeyError('seal.swapped', { id: sealId, name });
  const { verification } = await verifySeal(there, { ...question, certificate });
  // Of this very second it may begin a little ahead of this computer's clock; that was judged before it was written.
  const failed = verification.steps.find(({ step, state }) => state === 'failed' && step !== 'dates');
  if (failed) throw new YinkeyError('seal.swapped', { id: sealId, name, reason: failed.reason });
}
