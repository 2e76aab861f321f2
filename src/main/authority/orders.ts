import { z } from 'zod';
import {
  type Catalogue,
  catalogueSchema,
  type Order,
  type OrderReceipt,
  orderRequestSchema,
  orderSchema,
  type Problem,
  problemSchema,
  type Quote,
  quoteSchema,
  receiptSchema,
} from '../../shared/domain/orders.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import { type AuthorityHttp, expectType, type HttpAnswer } from './http.ts';
import { type HttpSigner, httpSignatureAlgorithm, signRequest } from './http-signatures.ts';

type OrderRequest = z.infer<typeof orderRequestSchema>;

/** The certificate's key, as a CMP request is signed with it: ECDSA values in DER. */
export interface OrderSigner {
  certificate: Uint8Array;
  hash: 'sha256' | 'sha384' | 'sha512';
  sign(message: Uint8Array): Promise<Uint8Array>;
}

const json = 'application/json';
const limits = { bytes: 1 << 20, deadlineMillis: 20_000 };

/** How far the two clocks may be apart: signatures and CMP messages that are older are refused. */
const clockMinutes = 10;

/** Answers by which a server says that it knows no such page, whatever it is that it knows. */
const noSuchPage: readonly number[] = [400, 404, 405, 501];

/** Codes for what the orders API refuses. */
const codes = {
  'unknown-certificate': 'authority.certificate-unknown',
  'unknown-order': 'authority.order-unknown',
  'window-not-open': 'authority.window-not-open',
  expired: 'authority.certificate-expired',
  revoked: 'authority.certificate-revoked',
  'order-exists': 'authority.order-exists',
  'not-paid': 'authority.order-unpaid',
  'not-in-this-state': 'authority.order-state',
  'signature-missing': 'authority.signature-refused',
  'signature-wrong': 'authority.signature-refused',
  clock: 'authority.clock-off',
  invalid: 'authority.order-invalid',
  'not-found': 'authority.not-an-authority',
  unavailable: 'authority.unreachable',
} as const satisfies Record<Problem['code'], string>;

function unreadable(reason: string, cause?: unknown): YinkeyError {
  return new YinkeyError('authority.answer-unreadable', { reason }, { cause });
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

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/**
 * Talks to an authority's orders API. What it answers is checked against the schemas, and against what was asked.
 * Every method throws, besides what it names, YinkeyError of `AuthorityHttp.request` and `authority.not-an-authority`
 * {type, status}, `authority.answer-unreadable` {reason}, `authority.unreachable` {host, reason: 'busy'},
 * `authority.order-invalid` {message}, `authority.clock-off` {minutes}.
 */
export class OrdersClient {
  readonly #base: URL;
  readonly #http: AuthorityHttp;
  readonly #now: () => Date;

  /**
   * @param options `url`: the API's address; of an address without a path, `/api` is meant
   * @throws YinkeyError `authority.url`
   */
  constructor(options: { url: string; http: AuthorityHttp; now?: () => Date }) {
    if (!isWebAddress(options.url))
      throw new YinkeyError('authority.url', { url: options.url.slice(0, 200) });
    this.#base = new URL(options.url);
    this.#base.search = '';
    this.#base.hash = '';
    const path = this.#base.pathname.replace(/\/+$/, '');
    this.#base.pathname = `${path === '' ? '/api' : path}/`;
    this.#http = options.http;
    this.#now = options.now ?? (() => new Date());
  }

  /**
   * What the authority says of itself, its CMP address made absolute; null: there is no orders API, as with an authority
   * that speaks CMP alone.
   * @throws YinkeyError `authority.clock-off` {minutes}
   */
  async catalogue(): Promise<Catalogue | null> {
    const answer = await this.#ask('GET', 'catalogue');
    if (noSuchPage.includes(answer.status) && !this.#problemOf(answer)) return null;
    const catalogue = this.#read(answer, catalogueSchema);
    const cmp = this.#absolute(catalogue.cmp);
    const tsa = catalogue.tsa === null ? null : this.#absolute(catalogue.tsa);
    const minutes = minutesOff(new Date(catalogue.time), this.#now());
    if (minutes !== null) throw new YinkeyError('authority.clock-off', { minutes });
    return { ...catalogue, cmp, tsa };
  }

  /**
   * What a renewal of this certificate would cost.
   * @throws YinkeyError `authority.certificate-unknown`, `certificate-expired`, `certificate-revoked`,
   *   `authority.window-not-open` {from: 2026-11-22, in local time}
   */
  async quote(certificateSha256: string): Promise<Quote> {
    const answer = await this.#ask('POST', 'quotes', { body: { certificateSha256 } });
    const quote = this.#read(answer, quoteSchema);
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
    const order = this.#order(await this.#ask('POST', 'orders', { body, headers }));
    if (order.certificateSha256 !== body.certificateSha256 || order.years !== body.years)
      throw unreadable('another order than was asked for');
    return order;
  }

  /** @throws YinkeyError `authority.order-unknown` */
  async read(id: string): Promise<Order> {
    return this.#order(await this.#ask('GET', this.#path(id)), id);
  }

  /**
   * The holder confirms a paid order with the certificate's key (RFC 9421); asked again it changes nothing.
   * @throws YinkeyError `authority.order-unknown`, `order-unpaid`, `order-state`, `signature-refused`,
   *   `certificate-expired`, `certificate-revoked`
   */
  async confirm(id: string, signer: OrderSigner): Promise<Order> {
    return this.#order(await this.#ask('POST', this.#path(id, 'confirm'), { body: {}, signer }), id);
  }

  /**
   * The holder takes the order back, as long as nothing was issued.
   * @throws YinkeyError `authority.order-unknown`, `order-state`, `signature-refused`
   */
  async cancel(id: string, signer: OrderSigner): Promise<Order> {
    return this.#order(await this.#ask('POST', this.#path(id, 'cancel'), { body: {}, signer }), id);
  }

  /**
   * All orders for this certificate, oldest first.
   * @throws YinkeyError `authority.certificate-unknown`, `signature-refused`
   */
  async find(certificateSha256: string, signer: OrderSigner): Promise<Order[]> {
    const path = `orders?certificate=${encodeURIComponent(certificateSha256)}`;
    const orders = this.#read(await this.#ask('GET', path, { signer }), z.array(orderSchema).max(1000));
    for (const order of orders) this.#check(order);
    return orders;
  }

  /** @throws YinkeyError `authority.order-unknown`, `order-unpaid` */
  async receipt(id: string): Promise<OrderReceipt> {
    const receipt = this.#read(await this.#ask('GET', this.#path(id, 'receipt')), receiptSchema);
    this.#check(receipt.order, id);
    return receipt;
  }

  #absolute(address: string): string {
    const url = URL.canParse(address, this.#base) ? new URL(address, this.#base).href : '';
    if (!isWebAddress(url)) throw unreadable('an address that is none');
    return url;
  }

  #path(id: string, act?: string): string {
    const path = `orders/${encodeURIComponent(id)}`;
    return act ? `${path}/${act}` : path;
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    how: { body?: unknown; headers?: Record<string, string>; signer?: OrderSigner } = {},
  ): Promise<HttpAnswer> {
    const url = new URL(path, this.#base).href;
    const body = how.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(how.body));
    let headers: Record<string, string> = { accept: json, ...how.headers };
    if (how.body !== undefined) headers['content-type'] = json;
    if (how.signer) {
      const signer = toHttpSigner(how.signer);
      const request = { method, url, headers, body };
      headers = { ...headers, ...(await signRequest(request, signer, { now: this.#now() })) };
    }
    const { deadlineMillis, bytes: maxBytes } = limits;
    const question = { method, url, headers, deadlineMillis, maxBytes };
    return this.#http.request(method === 'POST' ? { ...question, body } : question);
  }

  /** The refusal in an answer; null where it holds none. */
  #problemOf(answer: HttpAnswer): Problem | null {
    if (!(answer.headers['content-type'] ?? '').toLowerCase().startsWith(json)) return null;
    return problemSchema.safeParse(parseJson(answer)).data ?? null;
  }

  #read<T>(answer: HttpAnswer, schema: z.ZodType<T>): T {
    const { status } = answer;
    if (status < 200 || status > 299) throw this.#refusal(answer);
    expectType(answer, json);
    const value = parseJson(answer);
    if (value === undefined) throw new YinkeyError('authority.not-an-authority', { type: json, status });
    const read = schema.safeParse(value);
    if (!read.success) {
      const place = read.error.issues[0]?.path.join('.') ?? '';
      throw unreadable(place.slice(0, 100), read.error);
    }
    return read.data;
  }

  #refusal(answer: HttpAnswer): YinkeyError {
    const problem = this.#problemOf(answer);
    const { host } = this.#base;
    const type = (answer.headers['content-type'] ?? '').slice(0, 80);
    if (!problem) {
      if (answer.status >= 500) return new YinkeyError('authority.unreachable', { host, reason: 'busy' });
      return new YinkeyError('authority.not-an-authority', { type, status: answer.status });
    }
    const code = codes[problem.code];
    const cause = { cause: new Error(problem.message) };
    switch (problem.code) {
      case 'window-not-open':
        return new YinkeyError(code, { from: dayOf(problem.at) }, cause);
      case 'clock': {
        const ours = this.#now();
        const theirs = new Date(problem.at ?? answer.headers.date ?? ours);
        const apart = Math.abs(theirs.getTime() - ours.getTime()) / 60_000;
        return new YinkeyError(code, { minutes: Math.max(1, Math.round(apart || 0)) }, cause);
      }
      case 'invalid':
        return new YinkeyError(code, { message: problem.message }, cause);
      case 'not-found':
        return new YinkeyError(code, { type, status: answer.status }, cause);
      case 'unavailable':
        return new YinkeyError(code, { host, reason: 'busy' }, cause);
      default:
        return new YinkeyError(code, {}, cause);
    }
  }

  #order(answer: HttpAnswer, id?: string): Order {
    return this.#check(this.#read(answer, orderSchema), id);
  }

  /** The pay page is opened in the user's browser: nothing but a web page may be. */
  #check(order: Order, id?: string): Order {
    if (id !== undefined && order.id !== id) throw unreadable('another order than was asked for');
    if (!isWebAddress(order.payUrl)) throw unreadable('payUrl');
    return order;
  }
}

function parseJson(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body));
  } catch {
    // No JSON at all: told by who asked.
    return undefined;
  }
}

/** @throws YinkeyError `certificate.key-unsupported` {keyType}: RFC 9421 has no algorithm for this key with this digest */
function toHttpSigner(signer: OrderSigner): HttpSigner {
  const { keyType, sha256 } = parseCertificate(signer.certificate);
  const algorithm = httpSignatureAlgorithm(keyType);
  if (!algorithm?.endsWith(signer.hash)) throw new YinkeyError('certificate.key-unsupported', { keyType });
  return { keyId: sha256, algorithm, sign: (message) => signer.sign(message) };
}
