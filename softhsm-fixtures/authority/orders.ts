import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { timeout } from 'hono/timeout';
import type { z } from 'zod';
import {
  type HttpRequest,
  HttpSignatureError,
  type HttpSignatureFault,
  type VerifiedRequest,
  verifyRequest,
} from '../../src/main/authority/http-signatures.ts';
import {
  type Catalogue,
  orderRequestSchema,
  type Problem,
  quoteRequestSchema,
} from '../../src/shared/domain/orders.ts';
import { OrderBook, OrderProblem, renewalDays } from './orders-book.ts';
import { type ApiRoute, apiRoutes, idempotencyPattern, openApi, problemStatus } from './orders-openapi.ts';
import { originsOf, pages } from './pages.ts';
import { applicationBytes, isSealApplication, sealHandlers } from './seals.ts';
import { SealBook, type SealsDeps } from './seals-book.ts';
import { LossBook } from './seals-losses.ts';
import { sealPages } from './seals-pages.ts';
import type { OrdersGate } from './types.ts';

const authorityName = '印钥练习发证机构';

const limits = {
  bodyBytes: 16 << 10,
  /** For a request's body to come in. */
  bodyMillis: 10_000,
  /** As long as the client waits: some MB come in, and three pictures are decoded. */
  applicationMillis: 120_000,
  /** Between a signature and its request. */
  signatureSeconds: 300,
  /** How far a signer's clock may be ahead. */
  skewSeconds: 60,
};

const faults: Record<HttpSignatureFault, Problem['code']> = {
  missing: 'signature-missing',
  malformed: 'signature-wrong',
  uncovered: 'signature-wrong',
  digest: 'signature-wrong',
  clock: 'clock',
  key: 'unknown-certificate',
  wrong: 'signature-wrong',
};

function refuse(c: Context, problem: Problem): Response {
  return c.json(problem, problemStatus[problem.code]);
}

/** The API as one small application of its own. */
function api(deps: SealsDeps, book: OrderBook, seals: SealBook, losses: LossBook): Hono {
  const { now, ca, url } = deps;
  const app = new Hono();
  const origins = originsOf(url);
  const description = openApi(url);

  const readBody = async <T>(c: Context, schema: z.ZodType<T>): Promise<T> => {
    const type = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
    if (type !== 'application/json')
      throw new OrderProblem('invalid', 'the content is to be application/json');
    const value: unknown = await c.req.json().catch(() => undefined);
    const read = schema.safeParse(value);
    if (read.success) return read.data;
    throw new OrderProblem(
      'invalid',
      `not readable: ${read.error.issues[0]?.path.join('.') ?? ''}`.slice(0, 200),
    );
  };

  /** Who signed the request, with a key that the authority certified. */
  const readHolder = async (c: Context): Promise<VerifiedRequest> => {
    const asked = new URL(c.req.url);
    // What was signed names this server, or it was not meant for it.
    const target = origins.includes(asked.origin) ? asked.href : url + asked.pathname + asked.search;
    const request: HttpRequest = {
      method: c.req.method,
      url: target,
      headers: c.req.header(),
      body: new Uint8Array(await c.req.arrayBuffer()),
    };
    const keyOf = (sha256: string) =>
      /^[0-9a-f]{64}$/.test(sha256) ? (book.held(sha256)?.facts ?? null) : null;
    const { signatureSeconds: maxAgeSeconds, skewSeconds } = limits;
    const verified = verifyRequest(request, keyOf, { now: now(), maxAgeSeconds, skewSeconds });
    const until = new Date(verified.created.getTime() + (maxAgeSeconds + skewSeconds) * 1000);
    if (!book.table.takeNonce(verified.keyId, verified.nonce, until, now()))
      throw new OrderProblem('signature-wrong', 'the nonce has been used');
    if (book.held(verified.keyId)?.stored.state === 'revoked')
      throw new OrderProblem('revoked', 'the certificate is revoked');
    return verified;
  };

  /** The id of an order of the certificate that signed. Who did not order learns nothing of an order. */
  const ownOrder = async (c: Context): Promise<string> => {
    const { keyId } = await readHolder(c);
    const row = book.read(c.req.param('id') ?? '');
    if (row.certificateSha256 !== keyId) throw new OrderProblem('unknown-order', 'no such order');
    return row.id;
  };

  const readIdempotencyKey = (c: Context): string => {
    const key = c.req.header('idempotency-key') ?? '';
    if (!new RegExp(idempotencyPattern).test(key))
      throw new OrderProblem('invalid', 'Idempotency-Key is missing or of another form');
    return key;
  };
  const readSigner = async (c: Context) => (await readHolder(c)).keyId;

  const handlers: Record<keyof typeof apiRoutes, (c: Context) => unknown> = {
    ...sealHandlers(seals, losses, { readBody, readSigner, readIdempotencyKey, authorityName }),
    catalogue: (): Catalogue => {
      const speaker = deps.database
        .certificates()
        .findLast(({ profile, state }) => profile === 'cmp' && state === 'good');
      const chain = [...(speaker ? [speaker.der] : []), ca.issuing.der, ca.root.der];
      return {
        name: authorityName,
        practice: true,
        cmp: `${url}/.well-known/cmp/p/orders`,
        tsa: `${url}/tsa`,
        certificates: chain.map((content) => Buffer.from(content).toString('base64')),
        renewalDays,
        seals: { statusList: deps.maker.statusUrl },
        time: now().toISOString(),
      };
    },
    quote: async (c) => book.quote((await readBody(c, quoteRequestSchema)).certificateSha256),
    create: async (c) => {
      const request = await readBody(c, orderRequestSchema);
      return book.show(book.create(request, readIdempotencyKey(c)));
    },
    find: async (c) => {
      const { keyId } = await readHolder(c);
      const asked = c.req.queries('certificate') ?? [];
      if (asked.length !== 1) throw new OrderProblem('invalid', 'certificate is to be given once');
      // Somebody else's orders are nobody's business.
      if (asked[0] !== keyId) throw new OrderProblem('signature-wrong', 'signed by another certificate');
      return book.table.ofCertificate(keyId).map((row) => book.show(row));
    },
    read: (c) => book.show(book.read(c.req.param('id') ?? '')),
    confirm: async (c) => book.show(book.confirm(await ownOrder(c))),
    cancel: async (c) => book.show(book.cancel(await ownOrder(c))),
    receipt: (c) => book.receipt(c.req.param('id') ?? '', authorityName),
    description: () => description,
  };

  const [soon, patient] = [timeout(limits.bodyMillis), timeout(limits.applicationMillis)];
  app.use((c, next) => (isSealApplication(c.req.method, c.req.path) ? patient : soon)(c, next));
  const atMost = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: (c) => refuse(c, { code: 'invalid', message: 'the content is too large' }),
    });
  const [small, large] = [atMost(limits.bodyBytes), atMost(applicationBytes)];
  app.use((c, next) => (isSealApplication(c.req.method, c.req.path) ? large : small)(c, next));
  for (const [name, route] of Object.entries<ApiRoute>(apiRoutes)) {
    const handler = handlers[name as keyof typeof apiRoutes];
    app.on(route.method.toUpperCase(), route.path.replace(/\{(\w+)\}/g, ':$1'), async (c) => {
      c.header('Cache-Control', 'no-store');
      return c.json((await handler(c)) as object);
    });
  }
  app.all('*', (c) => refuse(c, { code: 'not-found', message: 'no such service' }));
  app.onError((error, c) => {
    if (error instanceof OrderProblem) return refuse(c, error.problem);
    if (error instanceof HttpSignatureError) {
      const code = faults[error.fault];
      const at = code === 'clock' ? { at: now().toISOString() } : {};
      return refuse(c, { code, message: error.message, ...at });
    }
    console.error(error);
    return refuse(c, { code: 'unavailable', message: 'the authority has a fault' });
  });
  return app;
}

/** Orders, seals and losses: their APIs with one description, and the pages for paying and for the staff. */
export function mountOrders(app: Hono, deps: SealsDeps): { orders: OrdersGate; seals: SealBook } {
  const orders = new OrderBook(deps);
  const seals = new SealBook(deps, orders);
  app.route('/api', api(deps, orders, seals, new LossBook(deps, orders, seals)));
  app.route('/', pages(deps, orders));
  app.route('/', sealPages(deps, seals));
  return { orders, seals };
}
