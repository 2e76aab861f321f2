import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthorityHttp } from '../../src/main/authority/http.ts';
import { type OrderSigner, OrdersClient } from '../../src/main/authority/orders.ts';
import { type CertificateFacts, parseCertificate } from '../../src/main/certificates/index.ts';
import {
  catalogueSchema,
  orderSchema,
  problemSchema,
  quoteSchema,
  receiptSchema,
} from '../../src/shared/domain/orders.ts';
import { YinkeyError } from '../../src/shared/errors/index.ts';
import { withUsccCheck } from '../uscc.ts';
import { CertificationAuthority } from './ca.ts';
import { type AuthorityDatabase, openAuthorityDatabase, type StoredCertificate } from './database.ts';
import { calmKnobs, type Knobs } from './knobs.ts';
import { mountOrders } from './orders.ts';
import { Enrolments, enrolmentSubject } from './orders-enrolment.ts';
import { apiRoutes } from './orders-openapi.ts';
import { openSealMaker } from './practice-seals.ts';
import { ensureAuthority } from './root.ts';
import type { SealMaker } from './seal-maker.ts';
import { sealRoutes } from './seals-openapi.ts';
import type { OrdersGate } from './types.ts';

const url = 'http://127.0.0.1:8321';
const day = 86_400_000;
const start = Date.parse('2026-11-22T08:00:00Z');
const creditCode = withUsccCheck('12530199MB1A27343');
const subject = enrolmentSubject({ unit: '某某单位', creditCode, seal: '公章' });

const dir = mkdtempSync(join(tmpdir(), 'orders-'));
let database: AuthorityDatabase;
let ca: CertificationAuthority;
let app: Hono;
let gate: OrdersGate;
let maker: SealMaker;
let knobs: Knobs;
/** Milliseconds of the clock on both sides. */
let clock = start;
const now = () => new Date(clock);

beforeAll(async () => {
  const authority = await ensureAuthority(dir);
  database = await openAuthorityDatabase(join(dir, 'orders.db'));
  ca = new CertificationAuthority({ authority, database, now, url });
  maker = await openSealMaker(authority, { now, url });
});
afterAll(() => {
  database.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  clock = start;
  knobs = { ...calmKnobs };
  app = new Hono();
  gate = mountOrders(app, { database, ca, knobs, now, url, maker }).orders;
});

/** A holder with a certificate that ends in so many days. */
function holder(days: number, pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })) {
  const certificate = ca.issue({
    profile: 'unit',
    subject,
    spki: pair.publicKey.export({ type: 'spki', format: 'der' }),
    notBefore: new Date(start - 365 * day),
    notAfter: new Date(start + days * day),
    state: 'good',
  });
  return {
    certificate,
    sha256: certificate.sha256,
    facts: parseCertificate(certificate.der),
    signer: signerOf(certificate, pair.privateKey),
  };
}

function signerOf(certificate: StoredCertificate, key: KeyObject): OrderSigner {
  return {
    certificate: certificate.der,
    hash: 'sha256',
    sign: async (message) => sign('sha256', message, key),
  };
}

/** The way to the authority without a socket. `change` is somebody in between. */
function wire(
  change: (request: {
    url: string;
    method: string;
    headers: Record<string, string>;
    body: Buffer | undefined;
  }) => void = () => {},
): AuthorityHttp {
  return {
    async request({ method, url, headers, body }) {
      const request = { url, method, headers: { ...headers }, body: body && Buffer.from(body) };
      change(request);
      const answer = await app.request(request.url, {
        method: request.method,
        headers: request.headers,
        ...(request.body ? { body: new Uint8Array(request.body) } : {}),
      });
      const names: Record<string, string> = {};
      answer.headers.forEach((value, name) => {
        names[name] = value;
      });
      return { status: answer.status, headers: names, body: new Uint8Array(await answer.arrayBuffer()) };
    },
  };
}

const client = (http = wire(), at = now) => new OrdersClient({ url, http, now: at });
let count = 0;
const newKey = () => `key-${String(++count).padStart(16, '0')}`;

async function code(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof YinkeyError)) throw error;
  return error.code;
}

async function ordered(days = 30, years = 2) {
  const who = holder(days);
  const order = await client().create({ certificateSha256: who.sha256, years }, newKey());
  return { ...who, order };
}

const later = (facts: CertificateFacts, years: number) => {
  const date = new Date(facts.notAfter);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date.toISOString();
};

describe('an order from quote to receipt', () => {
  it('is quoted, ordered, paid, confirmed, issued and done', async () => {
    const orders = client();
    const catalogue = await orders.catalogue();
    expect(catalogue).toMatchObject({
      practice: true,
      renewalDays: 90,
      cmp: `${url}/.well-known/cmp/p/orders`,
    });
    const { sha256, facts, signer, certificate } = holder(30);

    const quote = await orders.quote(sha256);
    expect(quote).toMatchObject({
      holder: { name: '某某单位 公章', unit: '某某单位', creditCode },
      seal: '公章',
      closesAt: facts.notAfter.toISOString(),
      opensAt: new Date(facts.notAfter.getTime() - 90 * day).toISOString(),
    });
    // business.md: 200 yuan a year for the certificate and 200 for the seal
    expect(quote.offers.map(({ fees }) => fees.total)).toEqual([40_000, 80_000, 120_000, 160_000, 200_000]);
    expect(quote.offers.map(({ notAfter }) => notAfter)).toEqual(
      [1, 2, 3, 4, 5].map((years) => later(facts, years)),
    );

    const key = newKey();
    const order = await orders.create({ certificateSha256: sha256, years: 2 }, key);
    expect(order).toMatchObject({ state: 'open', notAfter: later(facts, 2), paidAt: null, confirmed: false });
    expect(order.payUrl).toBe(`${url}/pay/${order.id}`);
    expect(gate.gate(order.id, facts)).toMatchObject({ kind: 'refuse' });
    expect(await code(orders.confirm(order.id, signer))).toBe('authority.order-unpaid');
    expect(await code(orders.receipt(order.id))).toBe('authority.order-unpaid');

    gate.pay(order.id);
    expect(await orders.read(order.id)).toMatchObject({ state: 'paid', paidAt: now().toISOString() });
    expect(gate.gate(order.id, facts)).toMatchObject({ kind: 'refuse', failInfo: 'notAuthorized' });
    expect(await orders.receipt(order.id)).toMatchObject({ serialNumber: '', issuedAt: null });

    const confirmed = await orders.confirm(order.id, signer);
    expect(confirmed).toMatchObject({ state: 'approved', confirmed: true });
    expect(await orders.confirm(order.id, signer)).toEqual(confirmed);
    expect(gate.gate(order.id, facts)).toEqual({ kind: 'issue', notAfter: new Date(order.notAfter) });
    expect(gate.gate(order.id, holder(30).facts)).toMatchObject({ kind: 'refuse' });
    expect(gate.gate('x'.repeat(24), facts)).toMatchObject({ kind: 'refuse' });

    gate.issued(order.id, certificate);
    expect(gate.gate(order.id, facts)).toMatchObject({ kind: 'issue' });
    expect(await code(orders.cancel(order.id, signer))).toBe('authority.order-state');
    gate.unissued(order.id);
    gate.issued(order.id, certificate);
    gate.confirmed(order.id);
    gate.confirmed(order.id);
    expect(gate.gate(order.id, facts)).toMatchObject({ kind: 'refuse' });
    const receipt = await orders.receipt(order.id);
    expect(receipt).toMatchObject({ serialNumber: certificate.serialNumber, issuedAt: now().toISOString() });
    expect(receipt.order.history.map(({ what }) => what)).toEqual([
      'open',
      'paid',
      'approved',
      'issued',
      'approved',
      'issued',
      'done',
    ]);
    // Asked for again it is the same order; ordered anew it is refused.
    expect((await orders.create({ certificateSha256: sha256, years: 2 }, key)).id).toBe(order.id);
    expect(await code(orders.create({ certificateSha256: sha256, years: 2 }, newKey()))).toBe(
      'authority.order-exists',
    );
  });

  it('is one for a certificate and one for a key, and paid once', async () => {
    const { order, sha256, signer } = await ordered();
    const orders = client();
    expect(await code(orders.create({ certificateSha256: sha256, years: 2 }, newKey()))).toBe(
      'authority.order-exists',
    );
    const key = newKey();
    const other = holder(30);
    const first = await orders.create({ certificateSha256: other.sha256, years: 1 }, key);
    expect(await orders.create({ certificateSha256: other.sha256, years: 1 }, key)).toEqual(first);
    expect(await code(orders.create({ certificateSha256: other.sha256, years: 3 }, key))).toBe(
      'authority.order-invalid',
    );
    expect(await code(orders.create({ certificateSha256: sha256, years: 1 }, key))).toBe(
      'authority.order-invalid',
    );
    gate.pay(order.id);
    clock += 5000;
    gate.pay(order.id);
    const paid = await orders.read(order.id);
    expect(paid.paidAt).toBe(new Date(start).toISOString());
    expect(paid.history.map(({ what }) => what)).toEqual(['open', 'paid']);
    expect((await orders.cancel(order.id, signer)).state).toBe('cancelled');
    expect((await orders.cancel(order.id, signer)).state).toBe('cancelled');
    expect(() => gate.pay(order.id)).toThrow('cancelled');
    expect(await code(orders.confirm(order.id, signer))).toBe('authority.order-state');
    // The way is free for another one, and the holder finds both.
    const next = await orders.create({ certificateSha256: sha256, years: 5 }, newKey());
    expect((await orders.find(sha256, signer)).map(({ id }) => id)).toEqual([order.id, next.id]);
  });

  it('an order that nobody pays for is given up after a day', async () => {
    const { order, sha256 } = await ordered();
    clock += day + 1000;
    expect((await client().read(order.id)).state).toBe('cancelled');
    await client().create({ certificateSha256: sha256, years: 1 }, newKey());
  });

  it.each([
    [91, 'authority.window-not-open'],
    [90, 'ordered'],
    [1, 'ordered'],
    [-1, 'authority.certificate-expired'],
  ])('%i days before the end: %s', async (days, expected) => {
    const { sha256 } = holder(days);
    const orders = client();
    const work = orders.create({ certificateSha256: sha256, years: 1 }, newKey());
    if (expected === 'ordered') expect((await work).state).toBe('open');
    else {
      expect(await code(work)).toBe(expected);
      expect(await code(orders.quote(sha256))).toBe(expected);
    }
  });

  it('tells from when on', async () => {
    const { sha256 } = holder(100);
    await expect(client().quote(sha256)).rejects.toMatchObject({ details: { from: '2026-12-02' } });
  });

  it('revoked, unknown, not confirmed yet, or a service’s: no order', async () => {
    const gone = holder(30);
    ca.revoke(gone.certificate.serialNumber, 'keyCompromise');
    expect(await code(client().quote(gone.sha256))).toBe('authority.certificate-revoked');
    expect(await code(client().find(gone.sha256, gone.signer))).toBe('authority.certificate-revoked');
    expect(await code(client().quote('0'.repeat(64)))).toBe('authority.certificate-unknown');
    const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    for (const [profile, state] of [
      ['unit', 'issued'],
      ['ocsp', 'good'],
    ] as const) {
      const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
      const notAfter = new Date(start + 30 * day);
      const made = ca.issue({ profile, state, subject, spki, notBefore: new Date(start), notAfter });
      expect(await code(client().quote(made.sha256))).toBe('authority.certificate-unknown');
    }
  });

  it('revoked between payment and confirmation', async () => {
    const { order, certificate, signer } = await ordered();
    gate.pay(order.id);
    ca.revoke(certificate.serialNumber, 'keyCompromise');
    expect(await code(client().confirm(order.id, signer))).toBe('authority.certificate-revoked');
  });
});

describe('the staff', () => {
  async function inReview() {
    knobs.reviewOrders = true;
    const made = await ordered();
    gate.pay(made.order.id);
    expect((await client().confirm(made.order.id, made.signer)).state).toBe('review');
    return made;
  }
  const post = (path: string, form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    app.request(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: url, ...headers },
      body: new URLSearchParams(form).toString(),
    });
  const show = async (path: string) => {
    const answer = await app.request(url + path);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };

  it('approve on the page', async () => {
    const { order, facts } = await inReview();
    knobs.checkAfter = 7;
    expect(gate.gate(order.id, facts)).toEqual({ kind: 'wait', checkAfterSeconds: 7 });
    expect((await show('/review')).text).toContain(order.number);
    expect((await post(`/review/${order.id}/delay`, { minutes: '30' })).status).toBe(303);
    expect(gate.gate(order.id, facts)).toEqual({ kind: 'wait', checkAfterSeconds: 1800 });
    expect((await post(`/review/${order.id}/approve`)).headers.get('location')).toBe('/review');
    expect(gate.gate(order.id, facts)).toMatchObject({ kind: 'issue' });
    expect((await post(`/review/${order.id}/approve`)).status).toBe(409);
  });

  it('refuse with a reason, which is shown and harmless', async () => {
    const { order, facts } = await inReview();
    const reason = '材料不清楚 <script>alert(1)</script>';
    expect((await post(`/review/${order.id}/refuse`, { reason: ' ' })).status).toBe(400);
    expect((await post(`/review/${order.id}/delay`, { minutes: '-1' })).status).toBe(400);
    expect((await post(`/review/${order.id}/bless`)).status).toBe(404);
    await post(`/review/${order.id}/refuse`, { reason });
    expect(await client().read(order.id)).toMatchObject({ state: 'refused', reason });
    expect(gate.gate(order.id, facts)).toMatchObject({
      kind: 'refuse',
      text: expect.stringContaining('材料'),
    });
    const { text } = await show('/review');
    expect(text).toContain('材料不清楚 &lt;script&gt;');
    expect(text).not.toContain('<script');
  });

  it('the pay page pays by a click', async () => {
    const { order } = await ordered();
    const open = await show(`/pay/${order.id}`);
    expect(open.text).toContain('¥ 800.00');
    expect(open.text).toContain('扫码支付（练习）');
    expect((await post(`/pay/${order.id}`)).headers.get('location')).toBe(`/pay/${order.id}`);
    expect((await client().read(order.id)).state).toBe('paid');
    expect((await show(`/pay/${order.id}`)).text).not.toContain('扫码支付');
    expect((await show(`/pay/${'x'.repeat(24)}`)).status).toBe(404);
  });

  it('nobody pays or approves from another site’s page', async () => {
    const { order } = await ordered();
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: '' }])
      expect((await post(`/pay/${order.id}`, {}, headers)).status).toBe(403);
    // Without any type, as a page can send it without being asked first.
    expect((await app.request(`${url}/pay/${order.id}`, { method: 'POST' })).status).toBe(403);
    expect((await client().read(order.id)).state).toBe('open');
  });

  it('every page says that it is for practice, in both languages, and loads nothing', async () => {
    const { order } = await ordered();
    for (const path of ['/', `/pay/${order.id}`, '/review', '/enrol', `/pay/${'x'.repeat(24)}`]) {
      const { text, headers } = await show(path);
      expect(text, path).toContain('练习 / practice');
      expect(text, path).toContain('lang="zh-CN"');
      expect(text, path).toContain('lang="en"');
      expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
      expect(text.match(/(src|href)="(?!\/)/g), path).toBeNull();
      expect(text, path).not.toMatch(/<script|style=|https?:/);
    }
    expect((await show('/practice.css')).headers.get('content-type')).toContain('text/css');
  });

  it('hands out a reference number and a secret code for a blank key, once', async () => {
    const form = { unit: '某某单位', creditCode: creditCode.toLowerCase(), seal: '公章', years: '3' };
    const answer = await post('/enrol', form);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const text = await answer.text();
    const reference = /id="reference">(\d{8})</.exec(text)?.[1] ?? '';
    const secret = /id="secret">([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</.exec(text)?.[1];
    const enrolments = new Enrolments({ database, now });
    const made = enrolments.find(reference);
    expect(made).toMatchObject({
      secret,
      unit: '某某单位',
      creditCode,
      seal: '公章',
      years: 3,
      usedBy: null,
    });
    expect(Buffer.from(enrolmentSubject(made!))).toEqual(Buffer.from(subject));
    expect(enrolments.secretFor(reference, 'aa')?.secret).toBe(secret);
    enrolments.use(reference, 'aa');
    expect(enrolments.secretFor(reference, 'aa')?.secret).toBe(secret);
    expect(enrolments.secretFor(reference, 'bb')).toBeNull();
    enrolments.release(reference);
    clock += 15 * day;
    expect(enrolments.secretFor(reference, 'bb')).toBeNull();
    expect(enrolments.secretFor('00000000', 'bb')).toBeNull();

    for (const [name, value] of [
      ['creditCode', '12530199MB1A273431'],
      ['unit', ''],
      ['seal', 'x'.repeat(19)],
      ['years', '6'],
    ] as const) {
      const refused = await post('/enrol', { ...form, [name]: value });
      expect(refused.status, name).toBe(400);
      expect(await refused.text()).toContain('role="alert"');
    }
  });
});

describe('signed requests', () => {
  it('only the order’s own certificate binds its holder', async () => {
    const { order, sha256 } = await ordered();
    gate.pay(order.id);
    const stranger = holder(30);
    expect(await code(client().confirm(order.id, stranger.signer))).toBe('authority.order-unknown');
    expect(await code(client().cancel(order.id, stranger.signer))).toBe('authority.order-unknown');
    expect(await code(client().find(sha256, stranger.signer))).toBe('authority.signature-refused');
    const forged = { ...stranger.signer, certificate: ca.find({ sha256 })!.der };
    expect(await code(client().confirm(order.id, forged))).toBe('authority.signature-refused');
    expect((await client().read(order.id)).state).toBe('paid');
  });

  it('an RSA key', async () => {
    const who = holder(30, generateKeyPairSync('rsa', { modulusLength: 2048 }));
    const order = await client().create({ certificateSha256: who.sha256, years: 1 }, newKey());
    gate.pay(order.id);
    expect((await client().confirm(order.id, who.signer)).confirmed).toBe(true);
  });

  it.each<[string, Parameters<typeof wire>[0], string]>([
    ['no signature', ({ headers }) => delete headers.signature, 'authority.signature-refused'],
    [
      'another content',
      (request) => {
        request.body = Buffer.from('{"x":1}');
      },
      'authority.signature-refused',
    ],
    [
      'another type',
      ({ headers }) => {
        headers['content-type'] = 'text/plain';
      },
      'authority.signature-refused',
    ],
    [
      'another act',
      (request) => {
        request.url = request.url.replace('confirm', 'cancel');
      },
      'authority.signature-refused',
    ],
    [
      'another server',
      (request) => {
        request.url = request.url.replace('127.0.0.1', 'ca.example');
      },
      'accepted',
    ],
    [
      'more in the address',
      (request) => {
        request.url += '?x';
      },
      'authority.signature-refused',
    ],
    [
      'an idempotency key',
      ({ headers }) => {
        headers['idempotency-key'] = 'k'.repeat(16);
      },
      'authority.signature-refused',
    ],
  ])('changed on the way: %s', async (_, change, expected) => {
    const { order, signer } = await ordered();
    gate.pay(order.id);
    const work = client(wire(change)).confirm(order.id, signer);
    // Behind another name it is still this server, which the signature names.
    if (expected === 'accepted') expect((await work).confirmed).toBe(true);
    else {
      expect(await code(work)).toBe(expected);
      expect((await client().read(order.id)).state).toBe('paid');
    }
  });

  it('meant for another server', async () => {
    const { order, signer } = await ordered();
    gate.pay(order.id);
    const http = wire((request) => {
      request.url = request.url.replace('https://ca.example', url);
    });
    const other = new OrdersClient({ url: 'https://ca.example', http, now });
    expect(await code(other.confirm(order.id, signer))).toBe('authority.signature-refused');
  });

  it('heard and sent again', async () => {
    const { order, signer } = await ordered();
    gate.pay(order.id);
    let heard: Parameters<typeof app.request> | undefined;
    const http = wire(({ url, method, headers, body }) => {
      heard = [url, { method, headers, body: new Uint8Array(body!) }];
    });
    await client(http).confirm(order.id, signer);
    const again = await app.request(...heard!);
    expect(again.status).toBe(403);
    expect(problemSchema.parse(await again.json())).toEqual({
      code: 'signature-wrong',
      message: 'the nonce has been used',
    });
    clock += 400_000;
    expect(problemSchema.parse(await (await app.request(...heard!)).json()).code).toBe('clock');
  });

  it('a clock that is wrong', async () => {
    const { order, signer } = await ordered();
    gate.pay(order.id);
    const yesterday = () => new Date(clock - day);
    const orders = client(wire(), yesterday);
    for (const work of [orders.catalogue(), orders.confirm(order.id, signer)])
      await expect(work).rejects.toMatchObject({ code: 'authority.clock-off', details: { minutes: 1440 } });
  });
});

describe('the API’s description', () => {
  interface Operation {
    operationId: string;
    parameters: { name: string; in: string; required: boolean; schema: object }[];
    requestBody?: { content: Record<string, { schema: { $ref?: string } }> };
    responses: Record<
      string,
      { description: string; content: Record<string, { schema: { $ref?: string } }> }
    >;
  }
  interface Description {
    openapi: string;
    info: { title: string; version: string };
    servers: { url: string }[];
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, object> };
  }
  const read = async () => (await (await app.request(`${url}/api/openapi.json`)).json()) as Description;

  it('has the structure of OpenAPI 3.1, and every reference leads somewhere', async () => {
    const document = await read();
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info.title && document.info.version).toBeTruthy();
    expect(document.servers).toEqual([{ url: `${url}/api` }]);
    const ids = new Set<string>();
    for (const [path, methods] of Object.entries(document.paths)) {
      expect(path).toMatch(/^\//);
      for (const [method, operation] of Object.entries(methods)) {
        expect(['get', 'post']).toContain(method);
        expect(ids.has(operation.operationId)).toBe(false);
        ids.add(operation.operationId);
        const inPath = operation.parameters
          .filter((parameter) => parameter.in === 'path')
          .map(({ name }) => name);
        expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
        for (const parameter of operation.parameters) {
          expect(['path', 'query', 'header']).toContain(parameter.in);
          // A loss can be reported by the account's data instead.
          expect(parameter.required).toBe(operation.operationId !== 'reportLoss');
          expect(parameter.schema).toMatchObject({ type: 'string' });
        }
        expect(Object.keys(operation.responses)).toContain('200');
        for (const [status, answer] of Object.entries(operation.responses)) {
          expect(status).toMatch(/^[2-5]\d\d$/);
          expect(answer.description).not.toBe('');
          expect(answer.content['application/json']?.schema).toBeTypeOf('object');
        }
      }
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to!);
    expect(references.length).toBeGreaterThan(20);
    for (const to of references) {
      const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(to) ?? [];
      expect(document.components.schemas, to).toHaveProperty(name ?? '?');
    }
    expect(document.components.schemas.Order).toMatchObject({
      type: 'object',
      properties: { state: { enum: expect.arrayContaining(['open', 'done']) } },
    });
  });

  it('names every route of the server, and nothing else', async () => {
    const described = Object.entries((await read()).paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} /api${path.replace(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    const served = app.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'))
      .map(({ method, path }) => `${method} ${path}`);
    expect(new Set(described)).toEqual(new Set(served));
    expect(described.length).toBe(Object.keys(apiRoutes).length);
  });

  it('every route answers what it says', async () => {
    const { order, sha256, signer } = await ordered();
    gate.pay(order.id);
    const seen: { path: string; method: string; status: number; body: unknown; type: string | null }[] = [];
    const inner = wire();
    const http: AuthorityHttp = {
      async request(question) {
        const answer = await inner.request(question);
        seen.push({
          path: new URL(question.url).pathname.replace(order.id, '{id}'),
          method: question.method.toLowerCase(),
          status: answer.status,
          body: JSON.parse(Buffer.from(answer.body).toString()) as unknown,
          type: answer.headers['content-type'] ?? null,
        });
        return answer;
      },
    };
    const orders = client(http);
    await orders.catalogue();
    await orders.quote(holder(30).sha256);
    await orders.create({ certificateSha256: holder(30).sha256, years: 1 }, newKey());
    await orders.find(sha256, signer);
    await orders.read(order.id);
    await orders.confirm(order.id, signer);
    await orders.receipt(order.id);
    await orders.cancel(order.id, signer);
    await http.request({ method: 'GET', url: `${url}/api/openapi.json` });
    const { paths } = await read();
    const schemas = {
      Catalogue: catalogueSchema,
      Quote: quoteSchema,
      Order: orderSchema,
      Orders: orderSchema.array(),
      Receipt: receiptSchema,
    };
    expect(seen.length).toBe(Object.keys(apiRoutes).length - Object.keys(sealRoutes).length);
    for (const { path, method, status, body, type } of seen) {
      const operation = paths[path.replace('/api', '')]?.[method];
      const content = operation?.responses[String(status)]?.content['application/json'];
      expect(content, path).toBeDefined();
      expect(type).toContain('application/json');
      const name = content?.schema.$ref?.split('/').pop();
      if (!name) continue;
      expect(schemas[name as keyof typeof schemas].safeParse(body).error, path).toBeUndefined();
    }
  });
});

describe('requests that are none', () => {
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await app.request(`${url}/api${path}`, init);
    return { status: answer.status, problem: problemSchema.parse(await answer.json()) };
  };
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ certificateSha256: 'ab'.repeat(32), years: 1 });

  it.each<[string, string, RequestInit, number, string]>([
    ['no such path', '/nothing', {}, 404, 'not-found'],
    ['another method', '/catalogue', { method: 'DELETE' }, 404, 'not-found'],
    ['no JSON', '/quotes', { method: 'POST', headers: json, body: '{' }, 400, 'invalid'],
    ['no type', '/quotes', { method: 'POST', body: '{}' }, 400, 'invalid'],
    [
      'another shape',
      '/quotes',
      { method: 'POST', headers: json, body: '{"certificateSha256":7}' },
      400,
      'invalid',
    ],
    ['no idempotency key', '/orders', { method: 'POST', headers: json, body }, 400, 'invalid'],
    [
      'a short one',
      '/orders',
      { method: 'POST', headers: { ...json, 'idempotency-key': 'short' }, body },
      400,
      'invalid',
    ],
    ['too much', '/quotes', { method: 'POST', headers: json, body: 'x'.repeat(20_000) }, 400, 'invalid'],
    ['unsigned', '/orders?certificate=x', {}, 401, 'signature-missing'],
    ['no order', `/orders/${'x'.repeat(24)}`, {}, 404, 'unknown-order'],
    ['an id of another form', '/orders/%27%20or%201=1', {}, 404, 'unknown-order'],
  ])('%s', async (_, path, init, status, expected) => {
    const answer = await ask(path, init);
    expect(answer.status).toBe(status);
    expect(answer.problem.code).toBe(expected);
  });
});
