import type { Order, RenewalEvent, RenewalView, TokenId } from '../../shared/domain/index.ts';
import type { RenewalLease, RenewalRepository, RenewalRow } from '../store/index.ts';
import { type Phase, stepOf, type Work, workSchema } from './work.ts';

/** Entries of the history that are kept; a renewal that goes well has about fifteen. */
const HISTORY = 200;

export interface EntryTools {
  journal: RenewalRepository;
  now: () => Date;
  /** Whoever wants to know how it stands. */
  tell: (view: RenewalView) => void;
  /** For tests that break things at a certain step: before and after a step is written down. */
  atStep?: ((phase: Phase, when: 'before' | 'after', id: string) => void | Promise<void>) | undefined;
}

/** One renewal in the hands of this process: what the journal says of it, and the right to write it. */
export class Entry {
  readonly id: string;
  #tools: EntryTools;
  #lease: RenewalLease;
  #work: Work;
  #view: RenewalView;

  constructor(tools: EntryTools, lease: RenewalLease, row: RenewalRow) {
    this.#tools = tools;
    this.#lease = lease;
    this.id = row.id;
    this.#work = workSchema.parse(row.work);
    this.#view = row.view;
  }

  get work(): Readonly<Work> {
    return this.#work;
  }

  get view(): Readonly<RenewalView> {
    return this.#view;
  }

  get phase(): Phase {
    return this.#work.phase;
  }

  get token(): TokenId {
    return this.#view.token;
  }

  /**
   * Writes where the renewal stands, before or after something happens; on disk when this resolves.
   * @throws YinkeyError store.failed, renewal.already-running: then nothing has changed, here neither
   */
  async note(
    phase: Phase,
    change: { work?: Partial<Work>; view?: Partial<RenewalView>; events?: RenewalEvent[] } = {},
  ): Promise<void> {
    const { atStep } = this.#tools;
    await atStep?.(phase, 'before', this.id);
    const work = { ...this.#work, ...change.work, phase };
    this.#write(work, { ...this.#view, ...change.view }, change.events ?? []);
    await atStep?.(phase, 'after', this.id);
  }

  /** Writes what people see, the phase staying as it is. */
  put(view: Partial<RenewalView>, events: RenewalEvent[] = []): void {
    this.#write(this.#work, { ...this.#view, ...view }, events);
  }

  #write(work: Work, view: RenewalView, events: readonly RenewalEvent[]): void {
    const now = this.#tools.now();
    const at = now.toISOString();
    const history = [...view.history, ...events.map((what) => ({ at, what }))].slice(-HISTORY);
    const open = work.phase !== 'done' && work.phase !== 'ended';
    // What is over is written as over at once: nobody looks at it again after a crash.
    const rest = open ? {} : { ...overView(work, view), error: view.state === 'working' ? null : view.error };
    const next: RenewalView = { ...view, ...rest, step: stepOf(work), history };
    this.#tools.journal.save(this.#lease, { view: next, work, open }, now);
    this.#work = work;
    this.#view = next;
    this.#tools.tell(next);
  }

  /** What is going on, told and not written down: after a crash it is no longer so. */
  show(
    what: NonNullable<RenewalView['progress']>['what'],
    more: { usualSeconds?: [number, number] } = {},
  ): void {
    const holdKey = what !== 'checking' && what !== 'ordering' && what !== 'pin';
    this.#view = {
      ...this.#view,
      state: 'working',
      error: null,
      actions: [],
      nextLookAt: null,
      progress: {
        what,
        startedAt: this.#tools.now().toISOString(),
        usualSeconds: more.usualSeconds ?? null,
        holdKey,
      },
    };
    this.#tools.tell(this.#view);
  }

  /** The same where it can't be written down: the disk is full, or another process has taken over. */
  showOnly(view: Partial<RenewalView>): void {
    this.#view = { ...this.#view, ...view };
    this.#tools.tell(this.#view);
  }
}

/** How a renewal that is over looks, but for an error of the last act. */
export function overView(
  work: Work,
  view: RenewalView,
): Pick<RenewalView, 'state' | 'actions' | 'progress' | 'nextLookAt'> {
  const rest = { progress: null, nextLookAt: null };
  if (work.phase === 'ended') return { ...rest, state: 'ended', actions: [] };
  const actions: RenewalView['actions'] = view.order ? ['receipt'] : [];
  if (work.kind === 'renew' && work.oldPair !== 'removed') actions.push('remove-old');
  return { ...rest, state: 'done', actions };
}

/** An order as the view shows it. */
export const orderView = (order: Order): NonNullable<RenewalView['order']> => ({
  number: order.number,
  state: order.state,
  years: order.years,
  fees: order.fees,
  notAfter: order.notAfter,
  payUrl: order.payUrl,
  paidAt: order.paidAt,
  reason: order.reason,
});
