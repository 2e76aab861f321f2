import { randomBytes } from 'node:crypto';
import type { Order } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { CmpOutcome } from '../authority/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import { Carrying } from './carry.ts';
import { type Entry, orderView } from './entry.ts';
import { mismatchOf } from './issued.ts';
import { type JourneyOptions, orderIsOver, Pause, refuseOver, type Tools } from './session.ts';
import { isPairType, newKeyOf, prove } from './signing.ts';
import { fromBase64, isSealing, type Phase, toBase64 } from './work.ts';

/** While the key is logged in, the authority is asked again for so long (s), and with pauses no longer than that (s). */
const POLLING = { total: 120, longest: 30 };

/** Seconds that keys usually take to make a pair. */
const usual: Record<string, [number, number]> = {
  'RSA-2048': [5, 60],
  'RSA-3072': [15, 120],
  'RSA-4096': [30, 180],
  'EC-P256': [1, 5],
  'EC-P384': [1, 5],
};

/**
 * Goes through the steps of one renewal from wherever the journal says it stands, with one login to the key. Each step
 * leaves the journal in another phase or throws; a step that begins after a crash first finds out what is true.
 */
export class Journey extends Carrying {
  #signal: AbortSignal;
  /** The request was made in this run: it can't have reached the authority before. */
  #fresh = false;
  #polledSeconds = 0;

  constructor(entry: Entry, tools: Tools, options: JourneyOptions, signal: AbortSignal) {
    super(entry, tools, options);
    this.#signal = signal;
  }

  /**
   * To the end, to a pause, or to an error; the key is logged out in any case. `keyless`: only what needs no key.
   * Errors: renewal.*, authority.*, seal.*, token.*, driver.*, store.failed.
   */
  async run({ keyless = false }: { keyless?: boolean } = {}): Promise<void> {
    const steps: Partial<Record<Phase, () => Promise<void>>> = {
      ordered: () => this.#lookAtOrder(),
      cleared: () => this.entry.note('generating'),
      generating: () => this.#generate(),
      generated: () => this.#afterGenerated(),
      'confirming-order': () => this.#confirmOrder(),
      requestable: () => this.#makeRequest(),
      requesting: () => this.#send(),
      waiting: () => this.#poll(),
      issued: () => this.#judge(),
      rejecting: () => this.#reject(),
      writing: () => this.#write(),
      written: () => this.#prove(),
      proven: () => this.entry.note(this.entry.work.implicit ? 'confirmed' : 'confirming'),
      confirming: () => this.#confirm(),
      confirmed: () => this.#retire(),
      ...this.sealSteps,
    };
    try {
      for (;;) {
        const step = steps[this.entry.phase];
        if (!step || (keyless && isSealing(this.entry.phase))) return;
        if (this.#signal.aborted) throw new Pause('ready');
        await step();
      }
    } finally {
      await this.close();
      if (this.sealsChanged) this.tools.seals?.changed();
    }
  }

  async #lookAtOrder(): Promise<void> {
    this.entry.show('ordering');
    const { work } = this.entry;
    if (work.adopt) await this.#adopt();
    const order = (await this.readOrder())!;
    if (order.state === 'open') {
      throw new Pause('waiting-payment', { error: new YinkeyError('authority.order-unpaid') });
    }
    refuseOver(order);
    await this.entry.note('cleared', { view: { order: orderView(order) }, events: ['paid'] });
  }

  /** An order for this certificate that this journal doesn't know: of another computer, or of a journal that was lost. */
  async #adopt(): Promise<void> {
    const { certificateSha256, found } = await this.#findOrders();
    const order = found.find(({ state }) => state !== 'done' && !orderIsOver(state));
    if (!order || order.certificateSha256 !== certificateSha256)
      throw new YinkeyError('authority.order-unknown');
    await this.entry.note('ordered', {
      work: { orderId: order.id, adopt: false, years: order.years },
      view: { order: orderView(order) },
      events: ['ordered'],
    });
  }

  async #findOrders(): Promise<{ certificateSha256: string; found: Order[] }> {
    const certificateSha256 = this.entry.view.old.sha256;
    return { certificateSha256, found: await this.orders.find(certificateSha256, await this.signer()) };
  }

  async #generate(): Promise<void> {
    const act = await this.act();
    const { pair } = this.entry.work;
    if (!isPairType(pair.keyType)) throw new YinkeyError('renewal.key-type', { keyType: pair.keyType });
    const { keyType } = pair;
    const mine = (await act.pairs()).find(({ ckaId }) => ckaId === pair.ckaId);
    let spki = mine?.hasPrivate ? mine.spki : undefined;
    // Half a pair: the key was pulled while it made it.
    if (mine && !spki) await act.removePair(mine.ckaId, mine.spki);
    if (!spki) {
      const range = usual[keyType];
      this.entry.show('generating', range ? { usualSeconds: range } : {});
      this.entry.put({}, ['generating']);
      const { ckaId, label } = pair;
      const made = await this.audited('key.generate', null, () => act.generate({ keyType, ckaId, label }));
      spki = made.spki;
    }
    await this.entry.note('generated', { work: { spki: toBase64(spki) }, events: ['generated'] });
  }

  async #afterGenerated(): Promise<void> {
    await this.entry.note(this.entry.work.orderId === null ? 'requestable' : 'confirming-order');
  }

  /** What binds the holder to the order is signed with the certificate's key. */
  async #confirmOrder(): Promise<void> {
    const signer = await this.signer();
    this.entry.show('requesting');
    let order = (await this.readOrder())!;
    refuseOver(order);
    if (!order.confirmed) {
      const { sha256 } = this.entry.view.old;
      order = await this.audited('order.confirm', sha256, () => this.orders.confirm(order.id, signer));
    }
    await this.entry.note('requestable', {
      view: { order: orderView(order) },
      events: ['confirmed-order'],
    });
  }

  async #makeRequest(): Promise<void> {
    const act = await this.act();
    const { work } = this.entry;
    const cmp = await this.cmp();
    this.entry.show('requesting');
    const { ckaId, keyType } = work.pair;
    const key = newKeyOf(act, { ckaId, keyType, spki: fromBase64(work.spki!) });
    const subject = fromBase64(work.subject);
    const transaction = await cmp.make({
      kind: work.kind === 'renew' ? 'kur' : work.pkcs10 ? 'p10cr' : 'ir',
      key,
      subject,
      ...(work.old && { oldCertificate: fromBase64(work.old.certificate) }),
      ...(work.years !== null && { years: work.years }),
      ...(work.orderId !== null && { order: work.orderId }),
    });
    this.#fresh = true;
    await this.entry.note('requesting', {
      work: { transaction, certificate: null, implicit: false, withMods: false, mismatch: '' },
      events: ['requested'],
    });
  }

  /** Sends the request, byte for byte the same after an answer that was lost: the authority knows it by its transactionID. */
  async #send(): Promise<void> {
    const cmp = await this.cmp();
    const fresh = this.#fresh;
    this.#fresh = false;
    this.entry.show('requesting');
    const { transaction } = this.entry.work;
    const ask = () => this.audited('certificate.request', null, () => cmp.send(transaction!));
    let outcome: CmpOutcome;
    try {
      outcome = await ask();
    } catch (error) {
      await this.#refused(error, fresh);
      return;
    }
    await this.#outcome(outcome);
  }

  async #poll(): Promise<void> {
    const cmp = await this.cmp();
    this.entry.show('polling');
    let outcome: CmpOutcome;
    try {
      outcome = await cmp.poll(this.entry.work.transaction!);
    } catch (error) {
      await this.#refused(error, true);
      return;
    }
    await this.#outcome(outcome);
  }

  async #outcome(outcome: CmpOutcome): Promise<void> {
    const { transaction } = outcome;
    if (outcome.kind === 'waiting') {
      const first = this.entry.phase !== 'waiting';
      await this.entry.note('waiting', { work: { transaction }, ...(first && { events: ['review'] }) });
      // People decide, and take their time: nobody has to hold the key for them.
      const seconds = outcome.checkAfterSeconds;
      if ((await this.readOrder())?.state === 'review') throw reviewed(seconds);
      await this.#waitFor(seconds);
      return;
    }
    const { certificate, implicit, withMods, extraCerts, caPubs } = outcome;
    const pool = [...new Set([...this.entry.work.pool, ...[...extraCerts, ...caPubs].map(toBase64)])];
    await this.entry.note('issued', {
      work: {
        transaction,
        certificate: toBase64(certificate),
        implicit,
        withMods,
        pool: pool.slice(0, 30),
        confirmationSent: false,
      },
      events: ['issued'],
    });
  }

  /** Waits with the key logged in where that is short; otherwise the key is free until the authority has decided. */
  async #waitFor(seconds: number): Promise<void> {
    // An authority that names no time is asked at once what it means, and then not more often than each second.
    const pause = this.#polledSeconds === 0 && seconds === 0 ? 0 : Math.max(seconds, 1);
    this.#polledSeconds += Math.max(pause, 1);
    if (seconds > POLLING.longest || this.#polledSeconds > POLLING.total) {
      throw reviewed(seconds);
    }
    this.entry.show('polling');
    await this.tools.wait(pause * 1000, this.#signal);
    if (this.#signal.aborted) throw new Pause('waiting-review', { nextLookSeconds: 15 });
  }

  /** The authority said no. A request that it may have seen before gets another chance under a new transactionID. */
  async #refused(error: unknown, fresh: boolean): Promise<void> {
    const { code } = toWireError(error);
    // The same unbelievable answer to the same request: the authority keeps it, so only another request helps.
    const kept = code === 'authority.answer-untrusted' || code === 'authority.answer-unreadable';
    if (kept && !fresh) await this.entry.note('requestable', { work: { transaction: null } });
    if (code !== 'authority.refused' && code !== 'authority.secret-wrong') throw error;
    const order = await this.readOrder();
    if (order) refuseOver(order);
    await this.entry.note('requestable', { work: { transaction: null } });
    // Too old by now, or taken for a copy: it is made anew with the same pair. Anything else is the authority's word.
    const { failInfo } = toWireError(error).details;
    if (!fresh && /badTime|transactionIdInUse|badSenderNonce/.test(String(failInfo))) return;
    throw error;
  }

  async #judge(): Promise<void> {
    const { work, view } = this.entry;
    const certificate = fromBase64(work.certificate!);
    const free = work.kind === 'enrol' && work.withMods;
    const mismatch = mismatchOf(certificate, {
      subject: free ? null : fromBase64(work.subject),
      spki: fromBase64(work.spki!),
      notAfter: view.order ? new Date(view.order.notAfter) : null,
      roots: await this.tools.roots(),
      pool: this.pool(),
      now: this.now(),
    });
    if (mismatch) {
      await this.entry.note('rejecting', { work: { mismatch } });
      return;
    }
    const facts = parseCertificate(certificate);
    await this.entry.note('writing', {
      view: {
        fresh: {
          sha256: facts.sha256,
          id: facts.id,
          serialNumber: facts.serialNumber,
          notAfter: facts.notAfter.toISOString(),
        },
      },
    });
  }

  /** Another certificate than was ordered: the authority is told, and nothing of it goes to the key. */
  async #reject(): Promise<void> {
    const { mismatch } = this.entry.work;
    await this.rejectIssued(mismatch);
    const order = await this.readOrder();
    await this.entry.note('requestable', { work: { transaction: null, certificate: null } });
    if (order) refuseOver(order);
    throw new YinkeyError('renewal.certificate-mismatch', { reason: mismatch });
  }

  async #write(): Promise<void> {
    const act = await this.act();
    const { certificate, pair, label } = this.entry.work;
    const der = fromBase64(certificate!);
    this.entry.show('writing');
    const { sha256 } = parseCertificate(der);
    await this.audited('certificate.write', sha256, () =>
      act.writeCertificate({ ckaId: pair.ckaId, label, der }),
    );
    await this.entry.note('written', { events: ['written'] });
  }

  async #prove(): Promise<void> {
    const act = await this.act();
    const { certificate, pair } = this.entry.work;
    this.entry.show('testing');
    const facts = parseCertificate(fromBase64(certificate!));
    const there = (await act.certificates()).some(({ der }) => Buffer.compare(der, facts.der) === 0);
    // Gone since it was written: written again.
    if (!there) {
      await this.entry.note('writing');
      return;
    }
    await prove(
      act,
      pair,
      facts.spki,
      Buffer.concat([Buffer.from('YinKey test signature '), randomBytes(32)]),
    );
    await this.entry.note('proven', { ...(await this.lookForSeal()), events: ['proven'] });
  }

  async #confirm(): Promise<void> {
    const cmp = await this.cmp();
    const { transaction, certificate, confirmationSent } = this.entry.work;
    this.entry.show('confirming');
    const facts = parseCertificate(fromBase64(certificate!));
    if (!confirmationSent) await this.entry.note('confirming', { work: { confirmationSent: true } });
    try {
      await this.audited('certificate.confirm', facts.sha256, () =>
        cmp.confirm(transaction!, facts.der, { ok: true }),
      );
    } catch (error) {
      if (!(await this.#isConfirmed(error))) throw error;
    }
    await this.entry.note('confirmed', { events: ['confirmed'] });
  }

  /** The confirmation had come before: its answer was lost, and the transaction is over for the authority. */
  async #isConfirmed(error: unknown): Promise<boolean> {
    if (!(error instanceof YinkeyError) || error.code !== 'authority.refused') return false;
    if (/certConfirmed/.test(String(error.details.failInfo))) return true;
    const order = await this.readOrder();
    if (order) {
      if (order.state === 'done') return true;
      refuseOver(order);
      return false;
    }
    const { certificate, pool } = this.entry.work;
    const facts = parseCertificate(fromBase64(certificate!));
    const status = await this.tools.status?.(
      facts,
      pool.map((one) => parseCertificate(fromBase64(one))),
    );
    if (status === 'good') return true;
    throw new YinkeyError('renewal.confirmation-unknown', {}, { cause: error });
  }

  /** The old pair and certificate stay on the key; they are no longer offered for stamps. Then it is the seal's turn. */
  async #retire(): Promise<void> {
    const { view, work } = this.entry;
    if (work.kind === 'renew') {
      await this.audited('certificate.retire', view.old.sha256, async () =>
        this.tools.journal.supersede(view.old.sha256, view.fresh!.sha256, this.entry.id, this.now()),
      );
    }
    // The order says "done" by now; where it can't be asked, the receipt will.
    await this.readOrder().catch(() => null);
    if (this.hasSeal) {
      await this.entry.note('sealing', { events: ['retired'] });
      return;
    }
    const events = work.kind === 'renew' ? (['retired', 'done'] as const) : (['done'] as const);
    await this.entry.note('done', { events: [...events] });
  }
}

/** The authority asks for time: it is looked at again after that, within sensible bounds. */
function reviewed(seconds: number): Pause {
  return new Pause('waiting-review', { nextLookSeconds: Math.min(Math.max(seconds, 15), 3600) });
}
