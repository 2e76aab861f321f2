import { z } from 'zod';
import {
  type Catalogue,
  catalogueSchema,
  type Order,
  type OrderReceipt,
  orderRequestSchema,
  orderSchema,
  type Problem,
  type Quote,
  quoteSchema,
  receiptSchema,
} from '../../shared/domain/orders.ts';
import { type ErrorCode, YinkeyError } from '../../shared/errors/index.ts';
import type { HttpAnswer } from './http.ts';
import { isWebAddress, JsonApi, type JsonApiOptions, type RequestSigner, unreadable } from './json-api.ts';

/** The key that confirms an order. */
export type OrderSigner = RequestSigner;

type OrderRequest = z.infer<typeof orderRequestSchema>;

/** How far the two clocks may be apart: signatures and CMP messages that are older are refused. */
const clockMinutes = 10;

/** Answers by which a server says that it knows no such page, whatever it is that it knows. */
const noSuchPage: readonly number[] = [400, 404, 405, 501];

/** Codes for what the orders API refuses; what every API refuses is told by `JsonApi`. */
const codes: Partial<Record<Problem['code'], ErrorCode>> = {
  'unknown-certificate': 'authority.certificate-unknown',
  'unknown-order': 'authority.order-unknown',
  'window-not-open': 'authority.window-not-open',
  expired: 'authority.certificate-expired',
  revoked: 'authority.certificate-revoked',
  'order-exists': 'authority.order-exists',
  'not-paid': 'authority.order-unpaid',
  'not-in-this-state': 'authority.order-state',
};

function refused({ code, message, at }: Problem): YinkeyError {
  const cause = { cause: new Error(message) };
  const known = codes[code];
  if (!known) return new YinkeyError('authority.order-invalid', { message }, cause);
  return new YinkeyError(known, code === 'window-not-open' ? { from: dayOf(at) } : {}, cause);
}

/** Whole minutes, at least one, by which this computer's clock is wrong; null: not worth a word. */
function minutesOff(theirs: Date, ours: Date): number | null {
  const minutes = Math.abs(theirs.getTime() - ours.getTime()) / 60_000;
  return minutes > clockMinutes ? Math.round(minutes) : null;
}

/** The day as it is written in lists, by this computer's calendar. */
function dayOf(time: string | undefined): string {
  if (time === undefined) return '?';
  const date = new Date(time);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * Talks to an authority's orders API. What it answers is checked against the schemas, and against what was asked.
 * Every method throws, besides what it names, YinkeyError of `AuthorityHttp.request` and `authority.not-an-authority`
 * {type, status}, `authority.answer-unreadable` {reason}, `authority.unreachable` {host, reason: 'busy'},
 * `authority.order-invalid` {message}, `authority.clock-off` {minutes}.
 */
export class OrdersClient {
  readonly #api: JsonApi;

  /**
   * @param options `url`: the API's address; of an address without a path, `/api` is meant
   * @throws YinkeyError `authority.url`
   */
  constructor(options: JsonApiOptions) {
    this.#api = new JsonApi(options, refused);
  }

  /**
   * What the authority says of itself, its CMP address made absolute; null: there is no orders API, as with an authority
   * that speaks CMP alone.
   * @throws YinkeyError `authority.clock-off` {minutes}
   */
  async catalogue(): Promise<Catalogue | null> {
    const answer = await this.#api.ask('GET', 'catalogue');
    if (noSuchPage.includes(answer.status) && !this.#api.problemOf(answer)) return null;
    const catalogue = this.#api.read(answer, catalogueSchema);
    const cmp = this.#api.absolute(catalogue.cmp);
    const tsa = catalogue.tsa === null ? null : this.#api.absolute(catalogue.tsa);
    const seals = catalogue.seals ? { statusList: this.#api.absolute(catalogue.seals.statusList) } : null;
    const minutes = minutesOff(new Date(catalogue.time), this.#api.now());
    if (minutes !== null) throw new YinkeyError('authority.clock-off', { minutes });
    return { ...catalogue, cmp, tsa, seals };
  }

  /**
   * What a renewal of this certificate would cost.
   * @throws YinkeyError `authority.certificate-unknown`, `certificate-expired`, `certificate-revoked`,
   *   `authority.window-not-open` {from: 2026-11-22, in local time}
   */
  async quote(certificateSha256: string): Promise<Quote> {
    const answer = await this.#api.ask('POST', 'quotes', { body: { certificateSha256 } });
    const quote = this.#api.read(answer, quoteSchema);
    if (quote.certificateSha256 !== certificateSha256) throw unreadable('quote of another certificate');
    for (const { fees } of quote.offers) {
      if (fees.certificate + fees.seal !== fees.total) throw unreadable('fees that do not add up');
    }
    return quote;
  }

  /**
   * Orders. Asked again with the same key it answers the same order, whatever became of the first answer.
   * @param idempotencyKey 16-64 letters, digits, `_` or `-`; new for each order
   * @throws YinkeyError as `quote`, and `authority.order-exists`
   */
  async create(request: OrderRequest, idempotencyKey: string): Promise<Order> {
    const body = orderRequestSchema.parse(request);
    const headers = { 'idempotency-key': idempotencyKey };
    const order = this.#order(await this.#api.ask('POST', 'orders', { body, headers }));
    if (order.certificateSha256 !== body.certificateSha256 || order.years !== body.years)
      throw unreadable('another order than was asked for');
    return order;
  }

  /** @throws YinkeyError `authority.order-unknown` */
  async read(id: string): Promise<Order> {
    return this.#order(await this.#api.ask('GET', this.#path(id)), id);
  }

  /**
   * The holder confirms a paid order with the certificate's key (RFC 9421); asked again it changes nothing.
   * @throws YinkeyError `authority.order-unknown`, `order-unpaid`, `order-state`, `signature-refused`,
   *   `certificate-expired`, `certificate-revoked`
   */
  async confirm(id: string, signer: RequestSigner): Promise<Order> {
    return this.#order(await this.#api.ask('POST', this.#path(id, 'confirm'), { body: {}, signer }), id);
  }

  /**
   * The holder takes the order back, as long as nothing was issued.
   * @throws YinkeyError `authority.order-unknown`, `order-state`, `signature-refused`
   */
  async cancel(id: string, signer: RequestSigner): Promise<Order> {
    return this.#order(await this.#api.ask('POST', this.#path(id, 'cancel'), { body: {}, signer }), id);
  }

  /**
   * All orders for this certificate, oldest first.
   * @throws YinkeyError `authority.certificate-unknown`, `signature-refused`
   */
  async find(certificateSha256: string, signer: RequestSigner): Promise<Order[]> {
    const path = `orders?certificate=${encodeURIComponent(certificateSha256)}`;
    const orders = this.#api.read(
      await this.#api.ask('GET', path, { signer }),
      z.array(orderSchema).max(1000),
    );
    for (const order of orders) this.#check(order);
    return orders;
  }

  /** @throws YinkeyError `authority.order-unknown`, `order-unpaid` */
  async receipt(id: string): Promise<OrderReceipt> {
    const receipt = this.#api.read(await this.#api.ask('GET', this.#path(id, 'receipt')), receiptSchema);
    this.#check(receipt.order, id);
    return receipt;
  }

  #path(id: string, act?: string): string {
    const path = `orders/${encodeURIComponent(id)}`;
    return act ? `${path}/${act}` : path;
  }

  #order(answer: HttpAnswer, id?: string): Order {
    return this.#check(this.#api.read(answer, orderSchema), id);
  }

  /** The pay page is opened in the user's browser: nothing but a web page may be. */
  #check(order: Order, id?: string): Order {
    if (id !== undefined && order.id !== id) throw unreadable('another order than was asked for');
    if (!isWebAddress(order.payUrl)) throw unreadable('payUrl');
    return order;
  }
}
