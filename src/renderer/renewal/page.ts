import type { RenewalStep, RenewalView } from '../../shared/domain/renewal.ts';

/** What the journey's page shows: one for each state that people tell apart. */
export type RenewalPage =
  | 'checking'
  | 'checks'
  | 'confirm'
  | 'ordering'
  | 'pay'
  | 'ready'
  | 'pin'
  | 'generating'
  | 'issuing'
  | 'writing'
  | 'sealing'
  | 'review'
  | 'key'
  | 'stopped'
  | 'removing'
  | 'refused'
  | 'cancelled'
  | 'ended'
  | 'done';

const pageOfWork = {
  checking: 'checking',
  ordering: 'ordering',
  pin: 'pin',
  generating: 'generating',
  requesting: 'issuing',
  polling: 'issuing',
  writing: 'writing',
  testing: 'writing',
  confirming: 'writing',
  sealing: 'sealing',
  'binding-seal': 'sealing',
  removing: 'removing',
} as const;

/** It was ended because its key is lost. */
export const isAbandoned = ({ error }: RenewalView): boolean => error?.code === 'renewal.abandoned';

/** The certificate is renewed; its seal has yet to come along. */
export const isSealPending = (view: RenewalView): boolean =>
  view.seal.state === 'pending' &&
  view.state !== 'done' &&
  view.history.some(({ what }) => what === 'retired');

/** The step that is marked: once all is checked, the choice of years is the second one. */
export const stepShown = (view: RenewalView): RenewalStep =>
  view.step === 'check' && pageOf(view) === 'confirm' ? 'confirm' : view.step;

/** The page for a renewal as it stands. */
export function pageOf(view: RenewalView): RenewalPage {
  switch (view.state) {
    case 'working':
      return view.progress ? pageOfWork[view.progress.what] : 'checking';
    case 'waiting-payment':
      return 'pay';
    case 'waiting-review':
      return 'review';
    case 'waiting-key':
      return 'key';
    case 'stopped':
      return 'stopped';
    case 'done':
      return 'done';
    case 'ended':
      if (isAbandoned(view)) return 'ended';
      if (view.order?.state === 'refused') return 'refused';
      return view.error === null ? 'cancelled' : 'ended';
    case 'ready':
      if (view.actions.includes('confirm')) return 'confirm';
      if (view.actions.includes('go')) return 'ready';
      // Giving it up was cut off: it is ended, or waits for that.
      return view.actions.includes('check') ? 'checks' : 'stopped';
  }
}

/** Work that can be stopped without harm; the others are over in a moment, or must be let come to their end. */
const stoppable: readonly RenewalPage[] = ['pin', 'generating', 'issuing', 'writing', 'sealing'];
export function canStop(view: RenewalView): boolean {
  return stoppable.includes(pageOf(view)) && view.progress?.what !== 'confirming';
}

export type MayDo = 'view' | 'other' | 'old' | 'new' | 'pull' | 'close';
export type DoNot = 'pull' | 'off' | 'twice' | 'initialise';

/** What the user may do meanwhile, and what not. `now`: an old certificate that has expired can't stamp. */
export function meanwhile(view: RenewalView, now: Date): { may: MayDo[]; not: DoNot[] } {
  if (view.progress?.holdKey) return { may: ['view', 'other'], not: ['pull', 'off'] };
  const old: MayDo[] = now.getTime() < Date.parse(view.old.notAfter) ? ['old'] : [];
  switch (pageOf(view)) {
    case 'checking':
    case 'ordering':
    case 'pin':
    case 'generating':
    case 'issuing':
    case 'writing':
    case 'sealing':
    case 'removing':
      return { may: ['view', 'other'], not: ['off'] };
    case 'pay':
      return { may: [...old, 'pull', 'close'], not: ['twice'] };
    case 'review':
      return { may: [...old, 'pull', 'close'], not: ['initialise'] };
    case 'key':
      return { may: ['view', 'close'], not: ['initialise'] };
    case 'stopped':
    case 'ready':
      if (isSealPending(view)) return { may: ['new', 'close'], not: ['initialise'] };
      return { may: [...old, 'close'], not: ['initialise'] };
    case 'done':
      return { may: ['new', 'pull'], not: [] };
    case 'refused':
    case 'cancelled':
    case 'ended':
      // There is nothing left to go on with; what lies on a lost key stamps nothing.
      return { may: isAbandoned(view) ? [] : [...old, 'pull'], not: [] };
    default:
      return { may: [...old, 'close'], not: [] };
  }
}

/** Elapsed time on the scale of what is usual, in seconds; the share 0..1 is that of the bar. */
export interface Scale {
  elapsed: number;
  share: number;
  /** Where 'usual' begins on the scale, 0..1, and where it ends. */
  from: number;
  to: number;
  /** Numbers below the scale, each at its share. */
  ticks: { at: number; seconds: number }[];
  /** It takes longer than it usually does. */
  late: boolean;
}

/** Null where nothing is known of what is usual: then the elapsed time is told alone. */
export function scaleOf(elapsed: number, usual: readonly [number, number] | null): Scale | null {
  if (!usual || usual[1] <= 0 || usual[0] > usual[1]) return null;
  const [from, to] = usual;
  const late = elapsed > to;
  // What takes longer still moves: the scale grows, the bar stays short of its end.
  const end = late ? elapsed * 1.1 : to;
  const middle = Math.round((from + to) / 2);
  const seconds = late ? [from, to] : middle > from && middle < to ? [from, middle, to] : [from, to];
  return {
    elapsed,
    share: Math.max(0, elapsed / end),
    from: from / end,
    to: to / end,
    ticks: seconds.map((each) => ({ at: each / end, seconds: each })),
    late,
  };
}

/** Whole seconds since an ISO time; never negative, whatever the clock does. */
export function secondsSince(iso: string, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(iso)) / 1000));
}
