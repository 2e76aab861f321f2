import { type CertificateFacts, holderName, parseCertificate } from '../../src/main/certificates/index.ts';
import type { Fees, Order, OrderReceipt, Problem, Quote } from '../../src/shared/domain/orders.ts';
import type { StoredCertificate } from './database.ts';
import { type OrderRow, OrdersTable } from './orders-table.ts';
import type { GateAnswer, OrdersDeps, OrdersGate } from './types.ts';

/** A refusal, in the words of the API. */
export class OrderProblem extends Error {
  readonly problem: Problem;

  constructor(code: Problem['code'], message: string, at?: Date) {
    super(message);
    this.name = 'OrderProblem';
    this.problem = { code, message, ...(at ? { at: at.toISOString() } : {}) };
  }
}

const day = 86_400_000;

/** Days before its end from which a certificate can be renewed. */
export const renewalDays = 90;

/** In fen, for a year: the certificate, and the seal that hangs on it. */
const fee = { certificate: 20_000, seal: 20_000 };

/** An order that nobody pays for is given up after this: it would keep its certificate from being ordered for. */
const unpaidMillis = day;

/** The same moment `years` later; the last day of February where there is no 29th. */
function yearsLater(date: Date, years: number): Date {
  const later = new Date(date);
  later.setUTCFullYear(date.getUTCFullYear() + years);
  if (later.getUTCMonth() !== date.getUTCMonth()) later.setUTCDate(0);
  return later;
}

/** The code in organizationIdentifier (ETSI EN 319 412-1 5.1.4): 'NTRCN-' and the unified social credit code. */
function creditCodeOf(facts: CertificateFacts): string {
  return /^NTRCN-([0-9A-Z]{18})$/.exec(facts.subject.organizationIdentifier ?? '')?.[1] ?? '';
}

export interface Held {
  stored: StoredCertificate;
  facts: CertificateFacts;
  /** Name of the seal that hangs on it: units have one certificate for each, named in the subject. */
  seal: string;
}

/** The rules of renewal orders: who may order what, when, for how much, and what may happen to an order next. */
export class OrderBook implements OrdersGate {
  readonly #deps: OrdersDeps;
  readonly table: OrdersTable;

  constructor(deps: OrdersDeps) {
    this.#deps = deps;
    this.table = new OrdersTable(deps.database.sql);
  }

  /** Runs `work` whole or not at all, with unpaid orders that are too old out of the way. */
  #atomically<T>(work: () => T): T {
    return this.#deps.database.atomically(() => {
      const now = this.#deps.now();
      for (const row of this.table.inState('open')) {
        if (now.getTime() - Date.parse(row.createdAt) > unpaidMillis)
          this.table.move(row.id, 'cancelled', now);
      }
      return work();
    });
  }

  /** The certificate of a holder; null: not one of ours. */
  held(sha256: string): Held | null {
    const stored = this.#deps.ca.find({ sha256 });
    if (stored?.profile !== 'unit' || stored.state === 'issued') return null;
    const facts = parseCertificate(stored.der);
    return { stored, facts, seal: facts.subject.organizationalUnit ?? '' };
  }

  #held(sha256: string): Held {
    const held = this.held(sha256);
    if (!held) throw new OrderProblem('unknown-certificate', 'no certificate of this authority');
    return held;
  }

  /** @throws OrderProblem revoked, expired */
  #checkAlive({ stored, facts }: Held): void {
    if (stored.state === 'revoked') throw new OrderProblem('revoked', 'the certificate is revoked');
    if (facts.notAfter < this.#deps.now())
      throw new OrderProblem('expired', 'an expired certificate is renewed at the counter or by mail');
  }

  /** @throws OrderProblem unknown-certificate, revoked, expired, window-not-open, order-exists */
  #renewable(sha256: string): Held {
    const held = this.#held(sha256);
    this.#checkAlive(held);
    const opensAt = new Date(held.facts.notAfter.getTime() - renewalDays * day);
    if (this.#deps.now() < opensAt)
      throw new OrderProblem('window-not-open', 'it is too early for a renewal', opensAt);
    if (
      this.table.ofCertificate(sha256).some((row) => row.certificateSha256 === sha256 && row.state === 'done')
    )
      throw new OrderProblem('order-exists', 'the certificate has been renewed');
    return held;
  }

  /** What can be ordered: nothing that would outlive the issuing authority, which could not be issued in full. */
  #offers(held: Held): { years: number; fees: Fees; notAfter: string }[] {
    const { notAfter: end } = this.#deps.ca.issuing;
    const offers = [1, 2, 3, 4, 5].map((years) => this.#offer(held, years));
    return offers.filter((offer) => Date.parse(offer.notAfter) <= end.getTime());
  }

  #offer(held: Held, years: number): { years: number; fees: Fees; notAfter: string } {
    const certificate = fee.certificate * years;
    const seal = held.seal === '' ? 0 : fee.seal * years;
    const notAfter = yearsLater(held.facts.notAfter, years).toISOString();
    return { years, fees: { certificate, seal, total: certificate + seal }, notAfter };
  }

  quote(sha256: string): Quote {
    const held = this.#renewable(sha256);
    const { facts, seal } = held;
    const offers = this.#offers(held);
    if (offers.length === 0) throw new OrderProblem('unavailable', 'the issuing authority ends too soon');
    return {
      certificateSha256: sha256,
      holder: {
        name: holderName(facts.subject),
        unit: facts.subject.organization ?? '',
        creditCode: creditCodeOf(facts),
      },
      opensAt: new Date(facts.notAfter.getTime() - renewalDays * day).toISOString(),
      closesAt: facts.notAfter.toISOString(),
      seal,
      offers,
    };
  }

  /** The same key and the same request: the same order. */
  create(request: { certificateSha256: string; years: number }, idempotencyKey: string): OrderRow {
    return this.#atomically(() => {
      const before = this.table.byIdempotencyKey(idempotencyKey);
      if (before) {
        const same = before.certificateSha256 === request.certificateSha256 && before.years === request.years;
        if (same) return before;
        throw new OrderProblem('invalid', 'this idempotency key belongs to another request');
      }
      const held = this.#renewable(request.certificateSha256);
      if (this.table.unfinishedOf(request.certificateSha256))
        throw new OrderProblem('order-exists', 'the certificate has an unfinished order');
      const offer = this.#offers(held).find(({ years }) => years === request.years);
      if (!offer) throw new OrderProblem('invalid', 'so many years are not offered');
      const { fees, notAfter } = offer;
      return this.table.add({ ...request, fees, notAfter, idempotencyKey }, this.#deps.now());
    });
  }

  /** @throws OrderProblem unknown-order */
  read(id: string): OrderRow {
    return this.#atomically(() => this.#row(id));
  }

  #row(id: string): OrderRow {
    const row = this.table.byId(id);
    if (!row) throw new OrderProblem('unknown-order', 'no such order');
    return row;
  }

  /** Changes an order, or leaves it as it is. */
  #change(id: string, work: (row: OrderRow, now: Date) => void): OrderRow {
    return this.#atomically(() => {
      work(this.#row(id), this.#deps.now());
      return this.#row(id);
    });
  }

  /** Paid twice is paid once. */
  pay(id: string): OrderRow {
    return this.#change(id, (row, now) => {
      if (row.paidAt !== null && row.state !== 'cancelled') return;
      if (row.state !== 'open') throw new OrderProblem('not-in-this-state', 'the order is cancelled');
      this.table.setPaid(id, now);
      this.table.move(id, 'paid', now);
    });
  }

  /** The holder's own word, proven by the certificate's key before this. */
  confirm(id: string): OrderRow {
    return this.#change(id, (row, now) => {
      if (row.state === 'open') throw new OrderProblem('not-paid', 'the order is not paid');
      if (row.state === 'refused' || row.state === 'cancelled')
        throw new OrderProblem('not-in-this-state', `the order is ${row.state}`);
      if (row.confirmed) return;
      this.#checkAlive(this.#held(row.certificateSha256));
      this.table.setConfirmed(id);
      this.table.move(id, this.#deps.knobs.reviewOrders ? 'review' : 'approved', now);
    });
  }

  /** Taken back by the holder, as long as nothing was issued for it. */
  cancel(id: string): OrderRow {
    return this.#change(id, (row, now) => {
      if (row.state === 'cancelled') return;
      if (!['open', 'paid', 'review', 'approved'].includes(row.state))
        throw new OrderProblem('not-in-this-state', `the order is ${row.state}`);
      this.table.move(id, 'cancelled', now);
    });
  }

  #reviewed(row: OrderRow): void {
    if (row.state !== 'review') throw new OrderProblem('not-in-this-state', `the order is ${row.state}`);
  }

  approve(id: string): OrderRow {
    return this.#change(id, (row, now) => {
      this.#reviewed(row);
      this.table.move(id, 'approved', now);
    });
  }

  /** What was paid is paid back. */
  refuse(id: string, reason: string): OrderRow {
    return this.#change(id, (row, now) => {
      this.#reviewed(row);
      this.table.setReason(id, reason.slice(0, 500));
      this.table.move(id, 'refused', now);
    });
  }

  /** The staff want to look at it again later. */
  delay(id: string, minutes: number): OrderRow {
    return this.#change(id, (row, now) => {
      this.#reviewed(row);
      this.table.setDelay(id, new Date(now.getTime() + minutes * 60_000));
    });
  }

  gate(id: string, old: CertificateFacts): GateAnswer {
    const refuse = (text: string): GateAnswer => ({ kind: 'refuse', failInfo: 'notAuthorized', text });
    return this.#atomically(() => {
      const row = this.table.byId(id);
      if (!row) return { kind: 'refuse', failInfo: 'badRequest', text: 'no such order' };
      if (row.certificateSha256 !== old.sha256) return refuse('the order is for another certificate');
      if (row.state === 'open') return refuse('the order is not paid');
      if (row.state === 'refused') return refuse(`the order was refused: ${row.reason}`);
      if (row.state === 'cancelled' || row.state === 'done') return refuse(`the order is ${row.state}`);
      if (!row.confirmed) return refuse('the holder has not confirmed the order');
      if (row.state !== 'review') return { kind: 'issue', notAfter: new Date(row.notAfter) };
      const delayed = row.delayedUntil ? Date.parse(row.delayedUntil) - this.#deps.now().getTime() : 0;
      const checkAfterSeconds = Math.max(this.#deps.knobs.checkAfter, Math.ceil(delayed / 1000));
      return { kind: 'wait', checkAfterSeconds };
    });
  }

  issued(id: string, certificate: StoredCertificate): void {
    this.#change(id, (row, now) => {
      if (row.state !== 'approved' && row.state !== 'issued')
        throw new OrderProblem('not-in-this-state', `the order is ${row.state}`);
      const { serialNumber, sha256 } = certificate;
      this.table.setIssued(id, { serialNumber, sha256, at: now.toISOString() });
      if (row.state === 'approved') this.table.move(id, 'issued', now);
    });
  }

  confirmed(id: string): void {
    this.#change(id, (row, now) => {
      if (row.state === 'done') return;
      if (row.state !== 'issued') throw new OrderProblem('not-in-this-state', `the order is ${row.state}`);
      this.table.move(id, 'done', now);
    });
  }

  unissued(id: string): void {
    this.#change(id, (row, now) => {
      if (row.state !== 'issued') return;
      this.table.setIssued(id, null);
      this.table.move(id, 'approved', now);
    });
  }

  /** What everybody who knows its id may see of an order. */
  show(row: OrderRow): Order {
    const { id, number, certificateSha256, years, fees, notAfter, state, paidAt, reason, confirmed } = row;
    const payUrl = `${this.#deps.url}/pay/${id}`;
    const history = this.table.history(id);
    return {
      id,
      number,
      certificateSha256,
      years,
      fees,
      notAfter,
      state,
      payUrl,
      paidAt,
      reason,
      confirmed,
      history,
    };
  }

  /** @throws OrderProblem unknown-order, not-paid */
  receipt(id: string, authority: string): OrderReceipt {
    const row = this.read(id);
    if (row.paidAt === null) throw new OrderProblem('not-paid', 'the order is not paid');
    return {
      order: this.show(row),
      authority,
      serialNumber: row.issued?.serialNumber ?? '',
      issuedAt: row.issued?.at ?? null,
    };
  }
}
