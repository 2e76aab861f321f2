import { createHash, randomUUID } from 'node:crypto';
import type {
  KeysSnapshot,
  OrphanPair,
  RenewalAction,
  RenewalView,
  TokenId,
} from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import { CmpClient, OrdersClient } from '../authority/index.ts';
import { holderName, parseCertificate } from '../certificates/index.ts';
import type { RenewalRow } from '../store/index.ts';
import { runChecks } from './checking.ts';
import { keyOf } from './checks.ts';
import { Ending } from './ending.ts';
import { Entry, type EntryTools, orderView } from './entry.ts';
import { Journey } from './journey.ts';
import { Orphans } from './orphans.ts';
import type { PairType } from './peers.ts';
import { newView, newWork, readWork } from './records.ts';
import { canAbandon, canBegin, restOf } from './rest.ts';
import { mayLeaveSeal } from './seal.ts';
import { type JourneyOptions, Pause, type Tools } from './session.ts';
import type { RenewalTools } from './tools.ts';
import { isSealing, type Phase, pairIdOf, pairLabelOf, toBase64, type Work, workSchema } from './work.ts';

/** A renewal of which nothing came but checks is forgotten after so long (ms). */
const FORGOTTEN = 86_400_000;

/** From here on there is no way back: the authority may count the new certificate as accepted. */
const beyond: ReadonlySet<Phase> = new Set<Phase>(['confirming', 'confirmed', 'done']);
/** Nothing to go on with: not begun, given up, or over. */
const noGo: ReadonlySet<Phase> = new Set<Phase>(['started', 'ordering', 'ending', 'done', 'ended']);
export interface GoOptions extends JourneyOptions {
  onChange?: (view: RenewalView) => void;
}

interface Running {
  kind: 'act' | 'look';
  abort: AbortController;
  ended: Promise<unknown>;
}

const sleep = (millis: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, millis);
    signal.addEventListener('abort', done);
  });

/**
 * All renewals of this client. What a renewal comes to is in its view (`state`, `error`, `actions`); calls throw only
 * where they can't be taken up at all: renewal.already-running, renewal.finished, renewal.not-possible, request.refused
 * (no such renewal), store.*.
 */
export class Renewals {
  #tools: Tools;
  #now: () => Date;
  #listeners = new Set<(view: RenewalView) => void>();
  #running = new Map<string, Running>();
  #timers = new Map<string, NodeJS.Timeout>();
  readonly #orphans: Orphans;
  #closed = false;

  constructor(tools: RenewalTools) {
    this.#now = tools.now ?? (() => new Date());
    const { http } = tools;
    this.#tools = {
      ...tools,
      orders: tools.orders ?? ((url) => new OrdersClient({ url, http })),
      cmp: tools.cmp ?? ((endpoint) => new CmpClient(endpoint)),
      wait: tools.wait ?? sleep,
      lookAround: (token, act) => this.#orphans.look(token, act),
    };
    this.#orphans = new Orphans(
      tools,
      () => new Set(this.#rows().flatMap(({ row, work }) => (row.open ? [work.pair.ckaId] : []))),
    );
  }

  /** Tells every change from now on. Returns what ends the telling. */
  onChange(listener: (view: RenewalView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Those that have not ended, and those that ended in the last 90 days; newest first. */
  list(): RenewalView[] {
    return this.#rows()
      .filter(({ work }) => work.kind === 'renew')
      .map(({ row }) => row.view);
  }

  /** First certificates that are being issued, in the same form. */
  enrolments(): RenewalView[] {
    return this.#rows()
      .filter(({ work }) => work.kind === 'enrol')
      .map(({ row }) => row.view);
  }

  /** @throws YinkeyError request.refused when there is no such renewal */
  get(id: string): RenewalView {
    return this.#tools.journal.get(id).view;
  }

  /** The order's id at its authority; null without an order. For receipts. */
  orderOf(id: string): { api: string; id: string } | null {
    const { api, orderId } = readWork(this.#tools.journal.get(id));
    return orderId === null ? null : { api, id: orderId };
  }

  #rows(): { row: RenewalRow; work: Work }[] {
    return this.#tools.journal.list(this.#now()).flatMap((row) => {
      const work = workSchema.safeParse(row.work).data;
      return work ? [{ row, work }] : [];
    });
  }

  /**
   * Begins the renewal of a certificate, or gives the one that it already has; then runs the checks.
   * Errors: token.not-found, certificate.not-found, certificate.unreadable.
   */
  async start(token: TokenId, sha256: string, options: { authority: string }): Promise<RenewalView> {
    const { journal, tokens } = this.#tools;
    const there = journal.openFor(sha256);
    if (there) return readWork(there).phase === 'started' ? this.check(there.id) : there.view;
    const chain = tokens.chain(token, sha256.slice(0, 16));
    const facts = parseCertificate(chain[0]!);
    const info = keyOf(tokens.snapshot(), token)?.certificates.find((one) => one.sha256 === facts.sha256);
    if (!info || facts.sha256 !== sha256)
      throw new YinkeyError('certificate.not-found', { id: sha256.slice(0, 16) });
    const id = randomUUID();
    const now = this.#now();
    const view = newView(id, token, options.authority, now, {
      sha256,
      id: facts.id,
      serialNumber: facts.serialNumber,
      holder: holderName(facts.subject),
      unit: facts.subject.organization ?? '',
      keyType: facts.keyType,
      notAfter: facts.notAfter.toISOString(),
    });
    const work: Work = {
      ...newWork(id, 'renew'),
      old: {
        certificate: toBase64(facts.der),
        ckaId: info.ckaId,
        chain: chain.slice(1, 10).map(toBase64),
      },
      subject: toBase64(facts.subject.raw),
      pair: { ckaId: pairIdOf(id), label: pairLabelOf('', id), keyType: facts.keyType },
      label: info.label,
    };
    // Another process was quicker: then that one is taken.
    if (!journal.begin({ id, certificate: sha256, view, work }, now)) {
      const other = journal.openFor(sha256);
      if (!other) throw new YinkeyError('renewal.already-running');
      return other.view;
    }
    return this.check(id);
  }

  /** Looks whether it can be renewed now: key, room, certificate, authority, clock. Before it is ordered only. */
  check(id: string): Promise<RenewalView> {
    return this.#work(id, 'act', async (entry) => {
      this.#allow(entry, 'check', entry.phase === 'started');
      entry.show('checking');
      await runChecks(entry, this.#tools, this.#now());
    });
  }

  /** Orders; `years`: one of the offers, null with an authority that takes no orders. */
  confirm(id: string, years: number | null): Promise<RenewalView> {
    return this.#work(id, 'act', async (entry) => {
      const { work, view } = entry;
      const started = entry.phase === 'started' && canBegin(view.checks);
      this.#allow(entry, 'confirm', started || entry.phase === 'ordering');
      if (work.api === '') {
        await entry.note('cleared');
        return;
      }
      if (work.adopt) {
        await entry.note('ordered', { events: ['resumed'] });
        return;
      }
      const wanted = entry.phase === 'ordering' ? work.years : years;
      const offer = view.quote?.offers.find((one) => one.years === wanted);
      if (!offer) throw new Refused(new YinkeyError('renewal.years', { years: wanted ?? 0 }));
      entry.show('ordering');
      await entry.note('ordering', { work: { years: wanted } });
      await this.#order(entry);
    });
  }

  /** The order is made once, however often it is asked for: by its idempotency key. */
  async #order(entry: Entry): Promise<void> {
    const { api, years, idempotencyKey, pair } = entry.work;
    const request = { certificateSha256: entry.view.old.sha256, years: years! };
    try {
      const order = await this.#tools.orders(api).create(request, idempotencyKey);
      await entry.note('ordered', {
        work: {
          orderId: order.id,
          years: order.years,
          pair: { ...pair, label: pairLabelOf(order.number, entry.id) },
        },
        view: { order: orderView(order) },
        events: ['ordered'],
      });
    } catch (error) {
      if (toWireError(error).code !== 'authority.order-exists') throw error;
      await entry.note('ordered', { work: { adopt: true } });
    }
  }

  /**
   * Goes on from where it stands; asks for the PIN, once, where the key is needed. Returns when it is done, has to wait,
   * or can't go on; `stop` makes it return at the next safe point.
   */
  go(id: string, options: GoOptions): Promise<RenewalView> {
    const act = this.#work(id, 'act', async (entry, signal) => {
      this.#allow(entry, 'go', !noGo.has(entry.phase));
      const journey = new Journey(entry, this.#tools, options, signal);
      try {
        await journey.run();
      } finally {
        await journey.close();
      }
    });
    return this.#telling(options, id, act);
  }

  async #telling(options: GoOptions, id: string, act: Promise<RenewalView>): Promise<RenewalView> {
    const { onChange } = options;
    const off = onChange && this.onChange((view) => view.id === id && onChange(view));
    try {
      return await act;
    } finally {
      off?.();
    }
  }

  /** Makes a running `go` return at the next safe point. */
  async stop(id: string): Promise<RenewalView> {
    const running = this.#running.get(id);
    running?.abort.abort();
    await running?.ended.catch(() => undefined);
    return this.get(id);
  }

  /**
   * Gives it up cleanly. The PIN is asked for where something is on the key or at the authority to be taken back. Where the
   * certificate is renewed and only its seal isn't, it is finished without the seal.
   */
  end(id: string, options: GoOptions): Promise<RenewalView> {
    const act = this.#work(id, 'act', async (entry) => {
      if (entry.phase === 'ended') return;
      if (isSealing(entry.phase)) {
        await this.#leaveSeal(entry);
        return;
      }
      this.#allow(entry, 'end', !beyond.has(entry.phase));
      await new Ending(entry, this.#tools, options).end();
    });
    return this.#telling(options, id, act);
  }

  async #leaveSeal(entry: Entry): Promise<void> {
    const { seal } = entry.work;
    const present = keyOf(this.#tools.tokens.snapshot(), entry.token) !== undefined;
    this.#allow(entry, 'end', mayLeaveSeal(entry.phase, seal, present));
    // The maker knows of it by then; only the old object is still on the key, and stamps nothing.
    const state = entry.phase === 'seal-told' ? 'carried' : 'failed';
    const code = state === 'failed' ? (entry.view.error?.code ?? null) : null;
    await entry.note('done', {
      view: { seal: { ...entry.view.seal, state, code } },
      events: [...(state === 'failed' ? (['seal-left'] as const) : []), 'done'],
    });
  }

  /**
   * Ends a renewal whose key is lost, here and only here: nothing is asked of the key or the authority, which settles an
   * order that was paid. What was made on the key stays there; found again, it is an orphan. Refused while the key is
   * plugged in (renewal.not-possible), unless it is known to hold the certificate's pair no more.
   */
  abandon(id: string): Promise<RenewalView> {
    return this.#work(id, 'act', async (entry) => {
      if (entry.phase === 'ended') return;
      const present = keyOf(this.#tools.tokens.snapshot(), entry.token) !== undefined;
      this.#allow(entry, 'abandon', canAbandon(entry.phase, entry.view, present));
      const { order, old } = entry.view;
      const { endingFrom, phase } = entry.work;
      this.#tools.audit.append({
        act: 'order.abandon',
        subject: order?.number ?? entry.work.reference,
        token: { serial: entry.token.serial, label: entry.token.label },
        certificateSha256: old.sha256 || null,
        documentIn: null,
        documentOut: null,
        result: 'ok',
      });
      await entry.note('ended', {
        work: { endingFrom: endingFrom ?? phase },
        view: {
          state: 'ended',
          error: { code: 'renewal.abandoned', details: { order: order?.number ?? '' } },
        },
        events: ['abandoned', 'ended'],
      });
    });
  }

  /** After it is done: removes the old pair and its certificate. `serialTyped`: its serial number, as a person typed it. */
  removeOld(id: string, serialTyped: string, options: GoOptions): Promise<RenewalView> {
    const act = this.#work(id, 'act', async (entry) => {
      const { kind, oldPair } = entry.work;
      this.#allow(entry, 'remove-old', entry.phase === 'done' && kind === 'renew' && oldPair !== 'removed');
      if (plainSerial(serialTyped) !== plainSerial(entry.view.old.serialNumber)) {
        throw new Refused(new YinkeyError('certificate.serial-mismatch'));
      }
      await new Ending(entry, this.#tools, options).removeOld();
    });
    return this.#telling(options, id, act);
  }

  /**
   * At start and whenever keys come and go: finds what was cut off and brings it to its true state, as far as that goes
   * without a PIN. Resolves when that is done.
   */
  async resumeAll(snapshot: KeysSnapshot = this.#tools.tokens.snapshot()): Promise<void> {
    if (snapshot.loading) return;
    const rows = this.#rows().filter(({ row }) => row.open);
    await Promise.all(
      rows.map(({ row, work }) => {
        const idle = work.phase === 'started' && row.view.state !== 'working';
        return idle ? this.#forget(row) : this.#resume(row);
      }),
    );
  }

  /** Checks that led to nothing are nothing to go on with. */
  #forget(row: RenewalRow): void {
    if (this.#now().getTime() - Date.parse(row.changedAt) <= FORGOTTEN || this.#running.has(row.id)) return;
    const lease = this.#tools.journal.take(row.id, this.#now());
    if (lease) this.#tools.journal.forget(lease);
  }

  async #resume(row: RenewalRow): Promise<void> {
    if (this.#closed || this.#running.has(row.id)) return;
    await this.#look(row.id).catch((error: unknown) => {
      // Somebody else is at it; or the disk refuses: the next look will tell.
      const { code } = toWireError(error);
      if (code !== 'renewal.already-running' && code !== 'store.failed') throw error;
    });
  }

  #look(id: string): Promise<RenewalView> {
    return this.#work(id, 'look', async (entry) => {
      if (entry.view.state === 'working') entry.put({ progress: null }, ['resumed']);
      if (entry.phase === 'ordering') await this.#order(entry);
      if (entry.phase === 'confirmed' || entry.phase === 'ordered' || entry.phase === 'waiting') {
        await this.#withoutKey(entry);
      }
    });
  }

  /** What goes on by itself: the last step, and looks at the order. */
  async #withoutKey(entry: Entry): Promise<void> {
    const noPin = () => {
      throw new YinkeyError('renewal.not-possible', { what: 'pin' });
    };
    const journey = new Journey(entry, this.#tools, { pinPort: noPin }, new AbortController().signal);
    if (entry.phase === 'confirmed') {
      await journey.run({ keyless: true });
      return;
    }
    if (entry.work.orderId === null) return;
    const order = await journey.readOrder();
    if (!order) return;
    if (order.state === 'refused') throw new YinkeyError('renewal.order-refused', { reason: order.reason });
    if (order.state === 'cancelled') throw new YinkeyError('renewal.order-cancelled');
    if (entry.phase === 'ordered' && order.state !== 'open') {
      await entry.note('cleared', { view: { order: orderView(order) }, events: ['paid'] });
    }
  }

  /** Looks no more by itself; what runs is asked to stop. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.allSettled(running.map(({ ended }) => ended));
    this.#listeners.clear();
  }

  /** One piece of work on one renewal: alone, written down, and left in a state that says what comes next. */
  async #work(
    id: string,
    kind: Running['kind'],
    act: (entry: Entry, signal: AbortSignal) => Promise<void>,
  ): Promise<RenewalView> {
    const before = this.#running.get(id);
    if (before?.kind === 'look' && kind === 'act') {
      before.abort.abort();
      await before.ended.catch(() => undefined);
    }
    if (this.#running.has(id)) throw new YinkeyError('renewal.already-running');
    const abort = new AbortController();
    const ended = this.#alone(id, kind, act, abort.signal);
    this.#running.set(id, { kind, abort, ended });
    try {
      return await ended;
    } finally {
      this.#running.delete(id);
      this.#schedule(id);
    }
  }

  async #alone(
    id: string,
    kind: Running['kind'],
    act: (entry: Entry, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<RenewalView> {
    const { journal } = this.#tools;
    const row = journal.get(id);
    const lease = journal.take(id, this.#now());
    if (!lease) throw new YinkeyError('renewal.already-running');
    const beat = setInterval(() => journal.keep(lease, this.#now()), 20_000);
    beat.unref();
    let entry: Entry | undefined;
    try {
      // Read again: it may have gone on between the two.
      entry = new Entry(this.#entryTools(), lease, journal.get(row.id));
      let trouble: unknown = null;
      try {
        await act(entry, signal);
      } catch (error) {
        if (error instanceof Refused) throw error.error;
        trouble = error;
      }
      this.#settle(entry, trouble, kind);
      return { ...entry.view };
    } finally {
      clearInterval(beat);
      this.#giveBack(lease);
    }
  }

  #giveBack(lease: { id: string; owner: string }): void {
    try {
      this.#tools.journal.release(lease);
    } catch (error) {
      // The disk is full: it runs out by itself, or with this process.
      if (toWireError(error).code !== 'store.failed') throw error;
    }
  }

  #entryTools(): EntryTools {
    return {
      journal: this.#tools.journal,
      now: this.#now,
      atStep: this.#tools.atStep,
      tell: (view) => {
        for (const listener of [...this.#listeners]) listener(view);
      },
    };
  }

  /** Which request can't be taken up in this state. */
  #allow(entry: Entry, action: RenewalAction, fits: boolean): void {
    if (fits) return;
    const over = entry.phase === 'done' || entry.phase === 'ended';
    const code = over ? 'renewal.finished' : 'renewal.not-possible';
    throw new Refused(new YinkeyError(code, { what: action }));
  }

  /** Writes how it was left: what it waits for, what went wrong, what can be done. */
  #settle(entry: Entry, trouble: unknown, kind: Running['kind']): void {
    const pause = trouble instanceof Pause ? trouble : null;
    const error = pause ? pause.error : trouble;
    const wire = error ? toWireError(error) : null;
    // The person closed the PIN window: nothing went wrong.
    const cancelled = wire?.code === 'token.pin-cancelled';
    const present = keyOf(this.#tools.tokens.snapshot(), entry.token) !== undefined;
    const about = { now: this.#now(), present };
    const view = restOf(entry, about, pause, cancelled ? null : wire, kind);
    const events = view.state === 'stopped' && kind === 'act' ? (['stopped'] as const) : [];
    const same =
      JSON.stringify({ ...entry.view, ...view }) === JSON.stringify(this.#tools.journal.get(entry.id).view);
    if (same) {
      if (entry.view.state === 'working') entry.showOnly(view);
      return;
    }
    try {
      entry.put(view, [...events]);
    } catch (failure) {
      // It can't be written down, so the journal says what it said before; the people at the screen know better.
      entry.showOnly({ ...view, state: 'stopped', error: toWireError(error || failure) });
    }
  }

  /** Looks again when it is time, as long as this process lives. */
  #schedule(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (this.#closed) return;
    let view: RenewalView;
    try {
      view = this.get(id);
    } catch {
      // Forgotten, or unreadable now: there is nothing to look at.
      return;
    }
    if (view.nextLookAt === null || !view.order) return;
    const millis = Math.max(Date.parse(view.nextLookAt) - this.#now().getTime(), 500);
    const timer = setTimeout(() => {
      this.#timers.delete(id);
      if (!this.#running.has(id)) void this.#look(id).catch(() => this.#schedule(id));
    }, millis);
    timer.unref();
    this.#timers.set(id, timer);
  }

  /**
   * Issues the first certificate of a key: a pair on the token, ir or p10cr under the reference number and secret code
   * that were handed out (RFC 9483 section 4.1.5), then written, proven and confirmed like a renewal. Called again with
   * the same reference after it was cut off, it goes on.
   */
  async enrol(
    request: {
      token: TokenId;
      /** CMP endpoint. */
      authority: string;
      reference: string;
      /** Name (DER) that is asked for. */
      subject: Uint8Array;
      keyType: PairType;
      /** Label of pair and certificate on the key. */
      label: string;
      pkcs10: boolean;
    },
    options: GoOptions & { secret: Uint8Array },
  ): Promise<RenewalView> {
    const { journal } = this.#tools;
    const { token, reference } = request;
    const certificate = createHash('sha256')
      .update(JSON.stringify(['enrol', request.authority, token.serial, token.label, reference]))
      .digest('hex');
    let row = journal.openFor(certificate);
    if (!row) {
      const id = randomUUID();
      const now = this.#now();
      const view = newView(id, token, request.authority, now, {
        sha256: '',
        id: '',
        serialNumber: '',
        holder: request.label,
        unit: '',
        keyType: request.keyType,
        notAfter: '',
      });
      const work: Work = {
        ...newWork(id, 'enrol'),
        phase: 'cleared',
        cmp: request.authority,
        subject: toBase64(request.subject),
        pair: { ckaId: pairIdOf(id), label: pairLabelOf(reference, id), keyType: request.keyType },
        label: request.label,
        reference,
        pkcs10: request.pkcs10,
      };
      journal.begin({ id, certificate, view, work }, now);
      row = journal.openFor(certificate);
      if (!row) throw new YinkeyError('renewal.already-running');
    }
    return this.go(row.id, options);
  }

  /** Pairs without a certificate that were seen at the last look and belong to nothing that is under way. */
  orphans(): OrphanPair[] {
    return this.#orphans.known();
  }

  /** Looks for them on a key, with the PIN. Errors: token.*, driver.*. */
  findOrphans(token: TokenId, options: { pinPort: () => Port }): Promise<OrphanPair[]> {
    return this.#orphans.find(token, options);
  }

  /** Removes one of them. Errors: renewal.not-possible, token.*, driver.*. */
  removeOrphan(token: TokenId, ckaId: string, options: { pinPort: () => Port }): Promise<void> {
    return this.#orphans.remove(token, ckaId, options);
  }
}

/** A request that can't be taken up: thrown to whoever made it, not written into the renewal. */
class Refused extends Error {
  readonly error: YinkeyError;

  constructor(error: YinkeyError) {
    super(error.code);
    this.error = error;
  }
}

const plainSerial = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[\s:.-]/g, '')
    .replace(/^0+(?=.)/, '');
