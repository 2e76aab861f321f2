import { createHash, sign } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { OpenSsl } from '../../../softhsm-fixtures/openssl.ts';
import type { Order } from '../../shared/domain/orders.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { AuthorityHttp, HttpAnswer, HttpQuestion } from './http.ts';
import { verifyRequest } from './http-signatures.ts';
import { type OrderSigner, OrdersClient } from './orders.ts';

const now = () => new Date('2026-11-22T08:00:00Z');
const base = 'https://ca.example/api';
const certificateSha256 = 'ab'.repeat(32);

const order: Order = {
  id: 'o'.repeat(24),
  number: 'R20261122-0001',
  certificateSha256,
  years: 2,
  fees: { certificate: 40_000, seal: 40_000, total: 80_000 },
  notAfter: '2028-12-01T00:00:00.000Z',
  state: 'open',
  payUrl: 'https://ca.example/pay/x',
  paidAt: null,
  reason: '',
  confirmed: false,
  history: [{ at: '2026-11-22T08:00:00.000Z', what: 'open' }],
};
const quote = {
  certificateSha256,
  holder: { name: '某某 公章', unit: '某某', creditCode: '' },
  opensAt: '2026-09-02T00:00:00.000Z',
  closesAt: '2026-12-01T00:00:00.000Z',
  seal: '公章',
  offers: [{ years: 1, fees: { certificate: 1, seal: 2, total: 3 }, notAfter: order.notAfter }],
};
const catalogue = {
  name: '练习',
  practice: true,
  cmp: '/.well-known/cmp/p/orders',
  tsa: null,
  certificates: [],
  renewalDays: 90,
  time: '2026-11-22T08:09:00.000Z',
};

interface Given {
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  body: unknown;
}

/** A client whose authority answers this, and what it was asked. */
function client(given: Given, url = base) {
  const asked: HttpQuestion[] = [];
  const http: AuthorityHttp = {
    async request(question): Promise<HttpAnswer> {
      asked.push(question);
      const { body, status = 200, type = 'application/json; charset=utf-8' } = given;
      const bytes = typeof body === 'string' ? body : JSON.stringify(body);
      return { status, headers: { 'content-type': type, ...given.headers }, body: Buffer.from(bytes) };
    },
  };
  return { asked, orders: new OrdersClient({ url, http, now }) };
}

async function failure(work: Promise<unknown>): Promise<{ code: string; details: object }> {
  const error = await work.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof YinkeyError)) throw error;
  return { code: error.code, details: error.details };
}

describe('asking', () => {
  it.each([
    ['https://ca.example', 'https://ca.example/api/catalogue'],
    ['https://ca.example/', 'https://ca.example/api/catalogue'],
    ['https://ca.example/api/', 'https://ca.example/api/catalogue'],
    ['https://ca.example/some/where?x#y', 'https://ca.example/some/where/catalogue'],
  ])('%s', async (url, expected) => {
    const { asked, orders } = client({ body: catalogue }, url);
    const read = await orders.catalogue();
    expect(asked[0]).toMatchObject({ method: 'GET', url: expected });
    expect(read?.cmp).toBe('https://ca.example/.well-known/cmp/p/orders');
  });

  it('addresses that are none', () => {
    for (const url of ['', 'ca.example', 'ftp://ca.example', 'file:///etc'])
      expect(() => client({ body: '' }, url)).toThrow('authority.url');
  });

  it('an order, with its idempotency key', async () => {
    const { asked, orders } = client({ body: order });
    const request = { certificateSha256, years: 2 };
    expect(await orders.create(request, 'k'.repeat(16))).toEqual(order);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      url: `${base}/orders`,
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k'.repeat(16) },
    });
    expect(JSON.parse(String(Buffer.from(asked[0]!.body!)))).toEqual(request);
    await orders.read(order.id);
    expect(asked[1]).toMatchObject({ method: 'GET', url: `${base}/orders/${order.id}` });
    expect(asked[1]!.body).toBeUndefined();
  });

  it('an id never leads to another page', async () => {
    const { asked, orders } = client({ body: { ...order, id: '../../x?y#'.padEnd(20, 'z') } });
    await failure(orders.read('../../x?y#'));
    expect(asked[0]!.url).toBe(`${base}/orders/..%2F..%2Fx%3Fy%23`);
  });
});

describe('the certificate’s key', () => {
  const openssl = new OpenSsl();
  afterAll(() => openssl.close());
  const made = openssl.issue({ subject: '/CN=holder', key: 'P-256' });
  const signer: OrderSigner = {
    certificate: made.der,
    hash: 'sha256',
    sign: async (message) => sign('sha256', message, made.privateKey),
  };

  it('signs what binds the holder', async () => {
    const { asked, orders } = client({ body: order });
    await orders.confirm(order.id, signer);
    await orders.cancel(order.id, signer);
    const list = client({ body: [order] });
    await list.orders.find(certificateSha256, signer);
    const urls = [`${base}/orders/${order.id}/confirm`, `${base}/orders/${order.id}/cancel`];
    const nonces = [...asked, ...list.asked].map((question, index) => {
      expect(question.url).toBe(urls[index] ?? `${base}/orders?certificate=${certificateSha256}`);
      const { method, url, headers = {}, body = Buffer.alloc(0) } = question;
      const publicKey = openssl.run(['x509', '-in', made.path, '-pubkey', '-noout']);
      const spki = openssl.run(['pkey', '-pubin', '-outform', 'DER'], publicKey);
      const verified = verifyRequest({ method, url, headers, body }, () => ({ spki, keyType: 'EC-P256' }), {
        now: now(),
        maxAgeSeconds: 300,
      });
      expect(verified.keyId).toBe(createHash('sha256').update(made.der).digest('hex'));
      return verified.nonce;
    });
    expect(new Set(nonces).size).toBe(3);
  });

  it('an unfit digest is told before anything is sent', async () => {
    const { asked, orders } = client({ body: order });
    const told = await failure(orders.confirm(order.id, { ...signer, hash: 'sha512' }));
    expect(told.code).toBe('certificate.key-unsupported');
    expect(asked).toEqual([]);
  });
});

describe('answers that are none', () => {
  const sha256 = certificateSha256;
  it.each<[string, Given, string]>([
    ['a page', { body: '<html>', type: 'text/html' }, 'authority.not-an-authority'],
    ['a page that says JSON', { body: '<html>' }, 'authority.not-an-authority'],
    ['no UTF-8', { body: '"\ud800"', type: 'application/octet-stream' }, 'authority.not-an-authority'],
    ['a portal', { body: '', status: 302, headers: { location: '/x' } }, 'authority.not-an-authority'],
    ['a proxy', { body: '<html>', type: 'text/html', status: 407 }, 'authority.not-an-authority'],
    ['a gateway', { body: '<html>', type: 'text/html', status: 502 }, 'authority.unreachable'],
    ['another shape', { body: { ...quote, offers: [] } }, 'authority.answer-unreadable'],
    ['null', { body: null }, 'authority.answer-unreadable'],
    [
      'another certificate',
      { body: { ...quote, certificateSha256: 'cd'.repeat(32) } },
      'authority.answer-unreadable',
    ],
    [
      'a wrong sum',
      { body: { ...quote, offers: [{ ...quote.offers[0], fees: { certificate: 1, seal: 1, total: 3 } }] } },
      'authority.answer-unreadable',
    ],
  ])('%s', async (_, given, code) => {
    expect((await failure(client(given).orders.quote(sha256))).code).toBe(code);
  });

  it.each<[string, Partial<Order>]>([
    ['another order', { id: 'p'.repeat(24) }],
    ['a pay page that is none', { payUrl: 'javascript:alert(1)' }],
    ['a pay page in the file system', { payUrl: 'file:///etc/passwd' }],
    ['a state that is none', { state: 'free' as never }],
  ])('%s', async (_, change) => {
    const { orders } = client({ body: { ...order, ...change } });
    expect((await failure(orders.read(order.id))).code).toBe('authority.answer-unreadable');
  });

  it('an order for other years or another certificate than was asked for', async () => {
    for (const change of [{ years: 5 }, { certificateSha256: 'cd'.repeat(32) }]) {
      const { orders } = client({ body: { ...order, ...change } });
      const told = await failure(orders.create({ certificateSha256, years: 2 }, 'k'.repeat(16)));
      expect(told.code).toBe('authority.answer-unreadable');
    }
  });

  it.each([400, 404, 405, 501])('a server without such a page (%i) may speak CMP alone', async (status) => {
    const { orders } = client({ body: '<html>', type: 'text/html', status });
    expect(await orders.catalogue()).toBeNull();
  });

  it('but what answers a page is no authority', async () => {
    for (const status of [200, 302, 401, 407]) {
      const { orders } = client({ body: '<html>', type: 'text/html', status });
      expect((await failure(orders.catalogue())).code).toBe('authority.not-an-authority');
    }
  });

  it('addresses in the catalogue that no client may follow', async () => {
    for (const change of [
      { cmp: 'file:///x' },
      { cmp: 'http://' },
      { tsa: 'javascript:1' },
      { tsa: 'http://' },
    ]) {
      const { orders } = client({ body: { ...catalogue, ...change } });
      expect((await failure(orders.catalogue())).code).toBe('authority.answer-unreadable');
    }
  });

  it('clocks that are more than ten minutes apart', async () => {
    for (const [time, minutes] of [
      ['2026-11-22T08:10:31.000Z', 11],
      ['2026-11-21T08:00:00.000Z', 1440],
    ] as const) {
      const { orders } = client({ body: { ...catalogue, time } });
      expect(await failure(orders.catalogue())).toEqual({
        code: 'authority.clock-off',
        details: { minutes },
      });
    }
  });
});

describe('refusals', () => {
  it.each<[string, string, object?, object?]>([
    ['unknown-certificate', 'authority.certificate-unknown'],
    ['unknown-order', 'authority.order-unknown'],
    ['window-not-open', 'authority.window-not-open', { from: '2027-02-03' }, { at: '2027-02-03T12:00:00Z' }],
    ['expired', 'authority.certificate-expired'],
    ['revoked', 'authority.certificate-revoked'],
    ['order-exists', 'authority.order-exists'],
    ['not-paid', 'authority.order-unpaid'],
    ['not-in-this-state', 'authority.order-state'],
    ['signature-missing', 'authority.signature-refused'],
    ['signature-wrong', 'authority.signature-refused'],
    ['clock', 'authority.clock-off', { minutes: 90 }, { at: '2026-11-22T09:30:00Z' }],
    ['invalid', 'authority.order-invalid', { message: 'words' }],
    ['not-found', 'authority.not-an-authority', { status: 409 }],
    ['unavailable', 'authority.unreachable', { host: 'ca.example', reason: 'busy' }],
  ])('%s', async (code, expected, details = {}, more = {}) => {
    const { orders } = client({ status: 409, body: { code, message: 'words', ...more } });
    const told = await failure(orders.quote(certificateSha256));
    expect(told.code).toBe(expected);
    expect(told.details).toMatchObject(details);
  });

  it('the authority’s clock by the Date of its answer', async () => {
    const { orders } = client({
      status: 401,
      headers: { date: 'Sun, 22 Nov 2026 06:00:00 GMT' },
      body: { code: 'clock', message: '' },
    });
    expect((await failure(orders.read(order.id))).details).toEqual({ minutes: 120 });
  });

  it('a refusal of the catalogue is no sign of a plain CMP server', async () => {
    const { orders } = client({ status: 404, body: { code: 'unavailable', message: '' } });
    expect((await failure(orders.catalogue())).code).toBe('authority.unreachable');
  });
});
