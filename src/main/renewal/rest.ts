import type { RenewalAction, RenewalCheck, RenewalState, RenewalView } from '../../shared/domain/index.ts';
import type { toWireError } from '../../shared/errors/index.ts';
import { type Entry, overView } from './entry.ts';
import { mayLeaveSeal } from './seal.ts';
import { orderIsOver, type Pause } from './session.ts';
import { isSealing, type Phase } from './work.ts';

/** Pauses between looks at an order, without the key (seconds). */
const LOOKS = { payment: 3, review: 15, failed: 30 };
const gone: ReadonlySet<string> = new Set(['token.removed', 'token.not-found', 'token.none']);

/** Nothing stands in the way of an order. */
export const canBegin = (checks: readonly RenewalCheck[]) =>
  checks.length > 0 && checks.every(({ state }) => state !== 'stop');

/** The seal that is carried over holds up no certificate: such a renewal is finished without it. */
const withoutKey: ReadonlySet<Phase> = new Set<Phase>([
  'started',
  'ordering',
  'confirmed',
  'sealing',
  'sealed',
  'binding-seal',
  'seal-bound',
  'seal-told',
  'done',
  'ended',
]);

/**
 * Whether a renewal may be ended without its key: the key is away, or was met and no longer holds the pair of the
 * certificate (it was made new). What ends or goes on without a key needs no such way out.
 */
export const canAbandon = (phase: Phase, { error }: Pick<RenewalView, 'error'>, present: boolean) =>
  !withoutKey.has(phase) && (!present || error?.code === 'renewal.key-other');

function endedBy(view: RenewalView): RenewalView['error'] {
  if (view.error?.code === 'renewal.abandoned') return view.error;
  if (view.order?.state === 'refused') {
    return { code: 'renewal.order-refused', details: { reason: view.order.reason } };
  }
  return null;
}

/** How a renewal is left when nobody works on it: what it waits for, what went wrong, what can be done. */
export function restOf(...about: Parameters<typeof plainRest>): ReturnType<typeof plainRest> {
  const [entry, { present }] = about;
  const rest = plainRest(...about);
  if (!canAbandon(entry.phase, { error: rest.error ?? null }, present)) return rest;
  return { ...rest, actions: [...(rest.actions ?? []), 'abandon'] };
}

function plainRest(
  entry: Entry,
  about: { now: Date; present: boolean },
  pause: Pause | null,
  error: ReturnType<typeof toWireError> | null,
  kind: 'act' | 'look',
): Partial<RenewalView> & { state: RenewalState } {
  const { phase, work, view } = entry;
  const rest = { progress: null, nextLookAt: null as string | null, error };
  const { order } = view;
  const inSeconds = (seconds: number) => new Date(about.now.getTime() + seconds * 1000).toISOString();
  if (phase === 'done') return { ...overView(work, view), error };
  if (phase === 'ended') return { ...overView(work, view), error: error ?? endedBy(view) };
  if (phase === 'started') {
    const actions: RenewalAction[] = canBegin(view.checks) ? ['confirm', 'check', 'end'] : ['check', 'end'];
    return { ...rest, state: error ? 'stopped' : 'ready', actions };
  }
  if (phase === 'ordering')
    return { ...rest, state: error ? 'stopped' : 'ready', actions: ['confirm', 'end'] };
  if (phase === 'ending') {
    const state = error && !(gone.has(error.code) && !about.present) ? 'stopped' : 'ready';
    return { ...rest, state: state === 'ready' && !about.present ? 'waiting-key' : state, actions: ['end'] };
  }
  if (isSealing(phase)) {
    const { present } = about;
    const actions: RenewalAction[] = mayLeaveSeal(phase, work.seal, present) ? ['go', 'end'] : ['go'];
    // An error that was told stays until somebody goes on; a look does not wipe it away.
    const told = error ?? (kind === 'look' && view.state === 'stopped' ? view.error : null);
    if (told && !gone.has(told.code)) return { ...rest, error: told, state: 'stopped', actions };
    if (error && present) return { ...rest, state: 'stopped', actions };
    return { ...rest, error: null, state: present ? 'ready' : 'waiting-key', actions };
  }
  const over = order && orderIsOver(order.state) && order.state !== 'done';
  const actions: RenewalAction[] = over
    ? ['end']
    : phase === 'confirming' || phase === 'confirmed'
      ? ['go']
      : ['go', 'end'];
  if (phase === 'ordered' && !work.adopt) {
    if (over) return { ...rest, state: 'stopped', actions };
    const again = inSeconds(error ? LOOKS.failed : LOOKS.payment);
    return { ...rest, nextLookAt: again, state: 'waiting-payment', actions: ['pay', 'end'] };
  }
  const { present } = about;
  if (error && kind === 'look' && phase === 'waiting' && !over) {
    // The network was away for a moment: it is looked at again.
    const again = inSeconds(LOOKS.failed);
    return { ...rest, nextLookAt: again, state: 'waiting-review', actions: ['end'] };
  }
  if (error) {
    const pulled = gone.has(error.code) && !present;
    return { ...rest, state: pulled ? 'waiting-key' : 'stopped', actions };
  }
  if (pause?.state === 'waiting-review' || (phase === 'waiting' && inReview(entry))) {
    const seconds = Math.max(pause?.nextLookSeconds ?? LOOKS.review, LOOKS.review);
    const free: RenewalAction[] = order ? ['end'] : actions;
    return { ...rest, nextLookAt: inSeconds(seconds), state: 'waiting-review', actions: free };
  }
  // An error that was told stays until somebody goes on; a look does not wipe it away.
  const told = kind === 'look' && view.state === 'stopped' ? view.error : null;
  const kept = told && !gone.has(told.code) ? told : null;
  if (kept) return { ...rest, error: kept, state: 'stopped', actions };
  return { ...rest, state: present ? 'ready' : 'waiting-key', actions };
}

/** Whether staff look at it. Without an order only the key's own request can tell. */
function inReview(entry: Entry): boolean {
  const state = entry.view.order?.state;
  return state === undefined || state === 'review' || state === 'paid';
}
