import { randomBytes } from 'node:crypto';
import type { Order, OrderState, RenewalState } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import type { AuditRecord } from '../audit/index.ts';
import type { CmpOutcome, CmpProtection, CmpSigner } from '../authority/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import type { TokenAct } from '../pkcs11/index.ts';
import { type Entry, orderView } from './entry.ts';
import { mismatchOf } from './issued.ts';
import type { CmpPeer, OrdersPeer } from './peers.ts';
import { isPairType, newKeyOf, prove, signerOf } from './signing.ts';
import type { RenewalTools } from './tools.ts';
import { fromBase64, isBefore, type Phase, toBase64 } from './work.ts';

export interface JourneyOptions {
  /** The host's end of the channel to whoever types the PIN; asked for once, when the key is needed. */
  pinPort: () => Port;
  /** enrol: the secret code of the counter, for as long as this runs. */
  secret?: Uint8Array;
}

/** The journey goes no further by itself: not a failure. */
export class Pause {
  readonly state: RenewalState;
  readonly nextLookSeconds: number | null;
  readonly error: YinkeyError | null;

  constructor(state: RenewalState, more: { nextLookSeconds?: number; error?: YinkeyError } = {}) {
    this.state = state;
    this.nextLookSeconds = more.nextLookSeconds ?? null;
    this.error = more.error ?? null;
  }
}

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

/** The holder has nothing to do or to gain any more at the authority. */
export const orderIsOver = (state: OrderState) =>
  state === 'refused' || state === 'cancelled' || state === 'done';

/**
 * Goes through the steps of one renewal from wherever the journal says it stands, with one login to the key. Each step
 * leaves the journal in another phase or throws; a step that begins after a crash first finds out what is true.
 */
export class Journey {
  #entry: Entry;
  #tools: RenewalTools;
  #options: JourneyOptions;
  #signal: AbortSignal;
  #now: () => Date;
  #act: TokenAct | undefined;
  /** The request was made in this run: it can't have reached the authority before. */
  #fresh = false;
  #polledSeconds = 0;

  constructor(entry: Entry, tools: RenewalTools, options: JourneyOptions, signal: AbortSignal) {
    this.#entry = entry;
    this.#tools = tools;
    this.#options = options;
    this.#signal = signal;
    this.#now = tools.now ?? (() => new Date());
  }

  /**
   * To the end, to a pause, or to an error; the key is logged out in any case.
   * Errors: renewal.*, authority.*, token.*, driver.*, store.failed.
   */
  async run(): Promise<void> {
    const steps: Partial<Record<Phase, () => Promise<void>>> = {
      ordered: () => this.#lookAtOrder(),
      cleared: () => this.#entry.note('generating'),
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
      proven: () => this.#entry.note(this.#entry.work.implicit ? 'confirmed' : 'confirming'),
      confirming: () => this.#confirm(),
      confirmed: () => this.#retire(),
    };
    try {
      for (;;) {
        const step = steps[this.#entry.phase];
        if (!step) return;
        if (this.#signal.aborted) throw new Pause('ready');
        await step();
      }
    } finally {
      await this.close();
    }
  }

  /** Logs the key out. */
  async close(): Promise<void> {
    const act = this.#act;
    this.#act = undefined;
    await act?.end();
  }

  get orders(): OrdersPeer {
    const { api } = this.#entry.work;
    return this.#tools.orders!(api);
  }

  /** The order as the authority has it now, written into the view. */
  async readOrder(): Promise<Order | null> {
    const { orderId } = this.#entry.work;
    if (orderId === null) return null;
    const order = await this.orders.read(orderId);
    this.#entry.showOnly({ order: orderView(order) });
    return order;
  }

  /** The login of this run: made at the first call, with the PIN; both pairs are looked at. */
  async act(): Promise<TokenAct> {
    if (this.#act) return this.#act;
    this.#entry.show('pin');
    const act = await this.#tools.tokens.act(this.#entry.token, {
      pinPort: this.#options.pinPort(),
      pinPortAgain: this.#options.pinPort,
    });
    this.#act = act;
    await this.#meet(act);
    return act;
  }

  /** The key that was opened is the one that this renewal is about. */
  async #meet(act: TokenAct): Promise<void> {
    const { old, spki, pair } = this.#entry.work;
    const pairs = await act.pairs();
    const has = (ckaId: string, key: Uint8Array) =>
      pairs.some((one) => one.ckaId === ckaId && one.hasPrivate && Buffer.compare(one.spki, key) === 0);
    if (old) {
      const { serial, label } = this.#entry.token;
      if (!has(old.ckaId, this.#oldFacts().spki))
        throw new YinkeyError('renewal.key-other', { serial, label });
    }
    const ending = this.#entry.phase === 'ending';
    if (!ending && spki && !has(pair.ckaId, fromBase64(spki))) throw new YinkeyError('renewal.pair-missing');
  }

  #oldFacts() {
    return parseCertificate(fromBase64(this.#entry.work.old!.certificate));
  }

  async signer(): Promise<CmpSigner> {
    const act = await this.act();
    const old = this.#entry.work.old!;
    const facts = this.#oldFacts();
    return signerOf(act, {
      certificate: facts.der,
      chain: old.chain.map(fromBase64),
      ckaId: old.ckaId,
      spki: facts.spki,
      keyType: facts.keyType,
    });
  }

  async cmp(): Promise<CmpPeer> {
    const { work } = this.#entry;
    let protection: CmpProtection;
    if (work.kind === 'renew') protection = { kind: 'signature', signer: await this.signer() };
    else {
      const { secret } = this.#options;
      if (!secret) throw new YinkeyError('renewal.not-possible', { what: 'secret' });
      protection = { kind: 'mac', reference: work.reference, secret };
    }
    return this.#tools.cmp!({
      url: work.cmp,
      http: this.#tools.http,
      protection,
      roots: await this.#tools.roots(),
      pool: this.#pool(),
      ...(work.old && { recipient: this.#oldFacts().issuer.raw }),
      now: this.#now,
    });
  }

  #pool(): Uint8Array[] {
    const { pool, old } = this.#entry.work;
    return [...pool, ...(old?.chain ?? [])].map(fromBase64);
  }

  /** One privileged act, done or not, in the audit log. */
  async audited<T>(
    act: AuditRecord['act'],
    certificateSha256: string | null,
    work: () => Promise<T>,
  ): Promise<T> {
    const record = (result: string) => {
      const { serial, label } = this.#entry.token;
      const { order } = this.#entry.view;
      this.#tools.audit.append({
        act,
        subject: order?.number ?? this.#entry.work.reference,
        token: { serial, label },
        certificateSha256,
        documentIn: null,
        documentOut: null,
        result,
      });
    };
    let value: T;
    try {
      value = await work();
    } catch (error) {
      record(toWireError(error).code);
      throw error;
    }
    record('ok');
    return value;
  }

  async #lookAtOrder(): Promise<void> {
    this.#entry.show('ordering');
    const { work } = this.#entry;
    if (work.adopt) await this.#adopt();
    const order = (await this.readOrder())!;
    if (order.state === 'open') {
      throw new Pause('waiting-payment', { error: new YinkeyError('authority.order-unpaid') });
    }
    refuseOver(order);
    await this.#entry.note('cleared', { view: { order: orderView(order) }, events: ['paid'] });
  }

  /** An order for this certificate that this journal doesn't know: of another computer, or of a journal that was lost. */
  async #adopt(): Promise<void> {
    const { certificateSha256, found } = await this.#findOrders();
    const order = found.find(({ state }) => state !== 'done' && !orderIsOver(state));
    if (!order || order.certificateSha256 !== certificateSha256)
      throw new YinkeyError('authority.order-unknown');
    await this.#entry.note('ordered', {
      work: { orderId: order.id, adopt: false, years: order.years },
      view: { order: orderView(order) },
      events: ['ordered'],
    });
  }

  async #findOrders(): Promise<{ certificateSha256: string; found: Order[] }> {
    const certificateSha256 = this.#entry.view.old.sha256;
    return { certificateSha256, found: await this.orders.find(certificateSha256, await this.signer()) };
  }

  async #generate(): Promise<void> {
    const act = await this.act();
    const { pair } = this.#entry.work;
    if (!isPairType(pair.keyType)) throw new YinkeyError('renewal.key-type', { keyType: pair.keyType });
    const { keyType } = pair;
    const mine = (await act.pairs()).find(({ ckaId }) => ckaId === pair.ckaId);
    let spki = mine?.hasPrivate ? mine.spki : undefined;
    // Half a pair: the key was pulled while it made it.
    if (mine && !spki) await act.removePair(mine.ckaId, mine.spki);
    if (!spki) {
      const range = usual[keyType];
      this.#entry.show('generating', range ? { usualSeconds: range } : {});
      this.#entry.put({}, ['generating']);
      const { ckaId, label } = pair;
      const made = await this.audited('key.generate', null, () => act.generate({ keyType, ckaId, label }));
      spki = made.spki;
    }
    await this.#entry.note('generated', { work: { spki: toBase64(spki) }, events: ['generated'] });
  }

  async #afterGenerated(): Promise<void> {
    await this.#entry.note(this.#entry.work.orderId === null ? 'requestable' : 'confirming-order');
  }

  /** What binds the holder to the order is signed with the certificate's key. */
  async #confirmOrder(): Promise<void> {
    const signer = await this.signer();
    this.#entry.show('requesting');
    let order = (await this.readOrder())!;
    refuseOver(order);
    if (!order.confirmed) {
      const { sha256 } = this.#entry.view.old;
      order = await this.audited('order.confirm', sha256, () => this.orders.confirm(order.id, signer));
    }
    await this.#entry.note('requestable', {
      view: { order: orderView(order) },
      events: ['confirmed-order'],
    });
  }

  async #makeRequest(): Promise<void> {
    const act = await this.act();
    const { work } = this.#entry;
    const cmp = await this.cmp();
    this.#entry.show('requesting');
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
    await this.#entry.note('requesting', {
      work: { transaction, certificate: null, implicit: false, withMods: false, mismatch: '' },
      events: ['requested'],
    });
  }

  /** Sends the request, byte for byte the same after an answer that was lost: the authority knows it by its transactionID. */
  async #send(): Promise<void> {
    const cmp = await this.cmp();
    const fresh = this.#fresh;
    this.#fresh = false;
    this.#entry.show('requesting');
    const { transaction } = this.#entry.work;
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
    this.#entry.show('polling');
    let outcome: CmpOutcome;
    try {
      outcome = await cmp.poll(this.#entry.work.transaction!);
    } catch (error) {
      await this.#refused(error, true);
      return;
    }
    await this.#outcome(outcome);
  }

  async #outcome(outcome: CmpOutcome): Promise<void> {
    const { transaction } = outcome;
    if (outcome.kind === 'waiting') {
      const first = this.#entry.phase !== 'waiting';
      await this.#entry.note('waiting', { work: { transaction }, ...(first && { events: ['review'] }) });
      // People decide, and take their time: nobody has to hold the key for them.
      const seconds = outcome.checkAfterSeconds;
      if ((await this.readOrder())?.state === 'review') throw reviewed(seconds);
      await this.#waitFor(seconds);
      return;
    }
    const { certificate, implicit, withMods, extraCerts, caPubs } = outcome;
    const pool = [...new Set([...this.#entry.work.pool, ...[...extraCerts, ...caPubs].map(toBase64)])];
    await this.#entry.note('issued', {
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
    this.#entry.show('polling');
    await this.#tools.wait!(pause * 1000, this.#signal);
    if (this.#signal.aborted) throw new Pause('waiting-review', { nextLookSeconds: 15 });
  }

  /** The authority said no. A request that it may have seen before gets another chance under a new transactionID. */
  async #refused(error: unknown, fresh: boolean): Promise<void> {
    const { code } = toWireError(error);
    // The same unbelievable answer to the same request: the authority keeps it, so only another request helps.
    const kept = code === 'authority.answer-untrusted' || code === 'authority.answer-unreadable';
    if (kept && !fresh) await this.#entry.note('requestable', { work: { transaction: null } });
    if (code !== 'authority.refused' && code !== 'authority.secret-wrong') throw error;
    const order = await this.readOrder();
    if (order) refuseOver(order);
    await this.#entry.note('requestable', { work: { transaction: null } });
    // Too old by now, or taken for a copy: it is made anew with the same pair. Anything else is the authority's word.
    const { failInfo } = toWireError(error).details;
    if (!fresh && /badTime|transactionIdInUse|badSenderNonce/.test(String(failInfo))) return;
    throw error;
  }

  async #judge(): Promise<void> {
    const { work, view } = this.#entry;
    const certificate = fromBase64(work.certificate!);
    const free = work.kind === 'enrol' && work.withMods;
    const mismatch = mismatchOf(certificate, {
      subject: free ? null : fromBase64(work.subject),
      spki: fromBase64(work.spki!),
      notAfter: view.order ? new Date(view.order.notAfter) : null,
      roots: await this.#tools.roots(),
      pool: this.#pool(),
      now: this.#now(),
    });
    if (mismatch) {
      await this.#entry.note('rejecting', { work: { mismatch } });
      return;
    }
    const facts = parseCertificate(certificate);
    await this.#entry.note('writing', {
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
    const { mismatch } = this.#entry.work;
    await this.rejectIssued(mismatch);
    const order = await this.readOrder();
    await this.#entry.note('requestable', { work: { transaction: null, certificate: null } });
    if (order) refuseOver(order);
    throw new YinkeyError('renewal.certificate-mismatch', { reason: mismatch });
  }

  /** certConf with a rejection (RFC 9810 section 5.3.18). That the authority refuses to hear it changes nothing. */
  async rejectIssued(reason: string): Promise<void> {
    const { transaction, certificate, implicit } = this.#entry.work;
    if (implicit || !transaction || !certificate) return;
    const cmp = await this.cmp();
    this.#entry.show('confirming');
    const bytes = fromBase64(certificate);
    await this.audited('certificate.reject', null, () =>
      cmp.confirm(transaction, bytes, { ok: false, reason }).catch((error: unknown) => {
        if (!(error instanceof YinkeyError) || error.code !== 'authority.refused') throw error;
      }),
    );
  }

  async #write(): Promise<void> {
    const act = await this.act();
    const { certificate, pair, label } = this.#entry.work;
    const der = fromBase64(certificate!);
    this.#entry.show('writing');
    const { sha256 } = parseCertificate(der);
    await this.audited('certificate.write', sha256, () =>
      act.writeCertificate({ ckaId: pair.ckaId, label, der }),
    );
    await this.#entry.note('written', { events: ['written'] });
  }

  async #prove(): Promise<void> {
    const act = await this.act();
    const { certificate, pair } = this.#entry.work;
    this.#entry.show('testing');
    const facts = parseCertificate(fromBase64(certificate!));
    const there = (await act.certificates()).some(({ der }) => Buffer.compare(der, facts.der) === 0);
    // Gone since it was written: written again.
    if (!there) {
      await this.#entry.note('writing');
      return;
    }
    await prove(
      act,
      pair,
      facts.spki,
      Buffer.concat([Buffer.from('YinKey test signature '), randomBytes(32)]),
    );
    await this.#entry.note('proven', { events: ['proven'] });
  }

  async #confirm(): Promise<void> {
    const cmp = await this.cmp();
    const { transaction, certificate, confirmationSent } = this.#entry.work;
    this.#entry.show('confirming');
    const facts = parseCertificate(fromBase64(certificate!));
    if (!confirmationSent) await this.#entry.note('confirming', { work: { confirmationSent: true } });
    try {
      await this.audited('certificate.confirm', facts.sha256, () =>
        cmp.confirm(transaction!, facts.der, { ok: true }),
      );
    } catch (error) {
      if (!(await this.#isConfirmed(error))) throw error;
    }
    await this.#entry.note('confirmed', { events: ['confirmed'] });
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
    const { certificate, pool } = this.#entry.work;
    const facts = parseCertificate(fromBase64(certificate!));
    const status = await this.#tools.status?.(
      facts,
      pool.map((one) => parseCertificate(fromBase64(one))),
    );
    if (status === 'good') return true;
    throw new YinkeyError('renewal.confirmation-unknown', {}, { cause: error });
  }

  /** The old pair and certificate stay on the key; they are no longer offered for stamps. */
  async #retire(): Promise<void> {
    const { view, work } = this.#entry;
    if (work.kind === 'renew') {
      await this.audited('certificate.retire', view.old.sha256, async () =>
        this.#tools.journal.supersede(view.old.sha256, view.fresh!.sha256, this.#entry.id, this.#now()),
      );
    }
    // The order says "done" by now; where it can't be asked, the receipt will.
    await this.readOrder().catch(() => null);
    const events = work.kind === 'renew' ? (['retired', 'done'] as const) : (['done'] as const);
    await this.#entry.note('done', { events: [...events] });
  }

  /**
   * Gives the renewal up: what was issued and not confirmed is rejected, the order cancelled, the new pair and its
   * certificate removed. The old ones are not touched.
   */
  async end(): Promise<void> {
    try {
      const { work } = this.#entry;
      const from = work.endingFrom ?? work.phase;
      if (this.#entry.phase !== 'ending') await this.#entry.note('ending', { work: { endingFrom: from } });
      await this.#takeBack(from);
      const cancelled = await this.#cancelOrder();
      await this.#removeNew(from);
      await this.#entry.note('ended', { events: [...(cancelled ? (['cancelled'] as const) : []), 'ended'] });
    } finally {
      await this.close();
    }
  }

  async #takeBack(from: Phase): Promise<void> {
    const { transaction, certificate } = this.#entry.work;
    if (!transaction || isBefore(from, 'requesting')) return;
    if (!certificate) {
      // Perhaps it was issued and the answer was lost: only then there is something to reject.
      const cmp = await this.cmp();
      const ask = from === 'waiting' ? cmp.poll(transaction) : cmp.send(transaction);
      const outcome = await ask.catch((error: unknown) => {
        if (!(error instanceof YinkeyError) || error.code !== 'authority.refused') throw error;
        return null;
      });
      if (outcome?.kind !== 'issued') return;
      const { implicit } = outcome;
      const issued = toBase64(outcome.certificate);
      await this.#entry.note('ending', {
        work: { transaction: outcome.transaction, certificate: issued, implicit },
      });
    }
    await this.rejectIssued('given up by the holder');
    await this.#entry.note('ending', { work: { transaction: null } });
  }

  /** Whether there was an order to cancel. An unpaid one lapses by itself where the key isn't there to sign. */
  async #cancelOrder(): Promise<boolean> {
    const order = await this.readOrder();
    if (!order || orderIsOver(order.state)) return false;
    const signer = await this.signer();
    const { sha256 } = this.#entry.view.old;
    try {
      const after = await this.audited('order.cancel', sha256, () => this.orders.cancel(order.id, signer));
      this.#entry.showOnly({ order: orderView(after) });
    } catch (error) {
      const now = await this.readOrder();
      if (!now || !orderIsOver(now.state)) throw error;
    }
    return true;
  }

  async #removeNew(from: Phase): Promise<void> {
    if (isBefore(from, 'generating')) return;
    const act = await this.act();
    const { pair } = this.#entry.work;
    this.#entry.show('removing');
    for (const { ckaId, der } of await act.certificates()) {
      if (ckaId !== pair.ckaId) continue;
      const { sha256 } = parseCertificate(der);
      await this.audited('certificate.remove', sha256, () => act.removeCertificate(der));
    }
    const mine = (await act.pairs()).filter(({ ckaId }) => ckaId === pair.ckaId);
    for (const { ckaId, spki } of mine) {
      await this.audited('key.remove', null, () => act.removePair(ckaId, spki));
    }
    if (mine.length > 0) this.#entry.put({}, ['removed-new']);
  }

  /** After it is done: the old pair, then its certificate. */
  async removeOld(): Promise<void> {
    try {
      const act = await this.act();
      this.#entry.show('removing');
      const { old, certificate, pair } = this.#entry.work;
      const facts = this.#oldFacts();
      const fresh = parseCertificate(fromBase64(certificate!));
      const has = (await act.certificates()).some(({ der }) => Buffer.compare(der, fresh.der) === 0);
      if (!has) throw new YinkeyError('certificate.not-found', { id: fresh.id });
      await prove(act, pair, fresh.spki, randomBytes(32));
      await this.#entry.note('done', { work: { oldPair: 'removing' } });
      await this.audited('key.remove', facts.sha256, async () => {
        const pairs = await act.pairs();
        const there = pairs.some(
          (one) => one.ckaId === old!.ckaId && Buffer.compare(one.spki, facts.spki) === 0,
        );
        if (there) await act.removePair(old!.ckaId, facts.spki);
      });
      await this.audited('certificate.remove', facts.sha256, async () => {
        const certificates = await act.certificates();
        if (certificates.some(({ der }) => Buffer.compare(der, facts.der) === 0)) {
          await act.removeCertificate(facts.der);
        }
      });
      await this.#entry.note('done', { work: { oldPair: 'removed' }, events: ['removed-old'] });
    } finally {
      await this.close();
    }
  }
}

/** An order that was refused or cancelled leads nowhere. */
function refuseOver(order: Order): void {
  if (order.state === 'refused') throw new YinkeyError('renewal.order-refused', { reason: order.reason });
  if (order.state === 'cancelled') throw new YinkeyError('renewal.order-cancelled');
}

/** The authority asks for time: it is looked at again after that, within sensible bounds. */
function reviewed(seconds: number): Pause {
  return new Pause('waiting-review', { nextLookSeconds: Math.min(Math.max(seconds, 15), 3600) });
}
