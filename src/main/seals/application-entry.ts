import type { SealApplicationView } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Lease, SealApplicationRepository } from '../store/index.ts';
import { type ApplicationWork, isOver, readWork } from './application-work.ts';

type Phase = SealApplicationView['phase'];

export interface EntryTools {
  journal: SealApplicationRepository;
  /** For tests: a client that ends at a certain step. */
  atStep?: ((phase: Phase, id: string) => void | Promise<void>) | undefined;
}

/** One application while somebody works on it. */
export class Entry {
  readonly #lease: Lease;
  readonly #tools: EntryTools;
  readonly #now: () => Date;
  readonly #tell: (view: SealApplicationView) => void;
  view: SealApplicationView;
  work: ApplicationWork;

  constructor(lease: Lease, tools: EntryTools, now: () => Date, tell: (view: SealApplicationView) => void) {
    this.#lease = lease;
    this.#tools = tools;
    this.#now = now;
    this.#tell = tell;
    const row = tools.journal.get(lease.id);
    this.view = row.view;
    this.work = readWork(row);
  }

  get id(): string {
    return this.view.id;
  }

  get phase(): Phase {
    return this.view.phase;
  }

  /** Which request can't be taken up in this state. */
  allow(...phases: readonly Phase[]): void {
    if (phases.includes(this.phase)) return;
    throw new Refused(new YinkeyError('seal.application-state', { state: this.phase }));
  }

  /** Shows what is going on; the journal need not know. */
  show(progress: SealApplicationView['progress']): void {
    this.view = { ...this.view, progress, error: null };
    this.#tell(this.view);
  }

  put(change: Partial<SealApplicationView>): void {
    this.view = { ...this.view, ...change, updatedAt: this.#now().toISOString() };
    this.#save();
  }

  /** Writes down what was reached or is about to happen. */
  async note(
    phase: Phase,
    change: {
      view?: Partial<SealApplicationView>;
      work?: Partial<ApplicationWork>;
      progress?: SealApplicationView['progress'];
    } = {},
  ): Promise<void> {
    this.work = { ...this.work, ...change.work };
    const progress = change.progress === undefined ? this.view.progress : change.progress;
    this.put({ ...change.view, phase, progress: isOver(phase) ? null : progress });
    await this.#tools.atStep?.(phase, this.id);
  }

  /** How it was left. The person closing the PIN window is no failure. */
  fail(error: unknown): void {
    const wire = toWireError(error);
    const cancelled = wire.code === 'token.pin-cancelled';
    const change = { progress: null, error: cancelled ? null : wire };
    try {
      this.put(change);
    } catch (failure) {
      if (toWireError(failure).code !== 'store.failed') throw failure;
      // It can't be written down, so the journal says what it said before; the people at the screen know better.
      this.view = { ...this.view, progress: null, error: wire };
      this.#tell(this.view);
    }
  }

  #save(): void {
    const open = !isOver(this.phase);
    this.#tools.journal.save(this.#lease, { view: this.view, work: this.work, open }, this.#now());
    this.#tell(this.view);
  }
}

/** A request that can't be taken up: thrown to whoever made it, not written into the application. */
export class Refused extends Error {
  readonly error: YinkeyError;

  constructor(error: YinkeyError) {
    super(error.code);
    this.error = error;
  }
}
