import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { revocationReasonSchema } from '../../src/shared/domain/certificates.ts';
import type { CertificationAuthority } from './ca.ts';
import type { CmpServer } from './cmp.ts';
import type { CmpEndpointName } from './cmp-request.ts';
import { calmKnobs, type Knobs, knobsSchema } from './knobs.ts';
import { answerOcsp, ocspFailure } from './ocsp.ts';
import { isSealApplication, isSealMaking } from './seals.ts';
import type { ServiceKeys } from './service-keys.ts';
import { answerTimeStamp } from './tsa.ts';

/** What Hono's Node adapter gives along. */
type Env = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } };

export interface ServerParts {
  ca: CertificationAuthority;
  cmp: CmpServer;
  keys: ServiceKeys;
  knobs: Knobs;
  now: () => Date;
  /** The world's folder: tells one practice authority from another. */
  dir: string;
}

/** Bytes of a request. The largest are CMP messages with a chain in them. */
const requestLimit = 256 << 10;

const types = {
  cmp: 'application/pkixcmp',
  ocsp: 'application/ocsp-response',
  tsa: 'application/timestamp-reply',
  crl: 'application/pkix-crl',
  certificate: 'application/pkix-cert',
};

function binary(c: Context, type: string, content: Uint8Array): Response {
  // With its length: old clients don't understand chunks.
  return c.body(new Uint8Array(content), 200, {
    'Content-Type': type,
    'Content-Length': String(content.length),
    'Cache-Control': 'no-store',
  });
}

async function readBody(c: Context): Promise<Uint8Array> {
  return new Uint8Array(await c.req.arrayBuffer());
}

/** Ends the connection in the middle of things, as a network does. */
function cut(c: Context<Env>): Response {
  c.env.incoming.socket.destroy();
  // Nobody reads this any more.
  return c.body(null, 503);
}

const revokeSchema = z.object({ serialNumber: z.string(), reason: revocationReasonSchema });

/** The services of the authority that any client knows: CMP, OCSP, CRL, CA certificates, timestamps; and the knobs. */
export function authorityApp(parts: ServerParts): Hono {
  const { ca, cmp, keys, knobs, now, dir } = parts;
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    c.header('X-Practice', 'practice authority - worth nothing outside practice');
    if (c.req.path.startsWith('/practice/')) return next();
    await pass(knobs);
    if (knobs.down) return cut(c);
    await next();
    if (!isSealMaking(c.req.path) || knobs.loseSealAnswer === 0) return;
    knobs.loseSealAnswer -= 1;
    if (knobs.loseSealAnswer === 0) c.res = cut(c);
  });
  const limited = bodyLimit({ maxSize: requestLimit, onError: (c) => c.text('too large', 413) });
  // Applications for seals are larger, and have a limit of their own.
  app.use((c, next) => (isSealApplication(c.req.method, c.req.path) ? next() : limited(c, next)));

  const speak = (endpoint: CmpEndpointName) => async (c: Context<Env>) => {
    const answer = await cmp.answer(await readBody(c), endpoint);
    if (knobs.loseResponse > 0) {
      knobs.loseResponse -= 1;
      if (knobs.loseResponse === 0) return cut(c);
    }
    return binary(c, types.cmp, knobs.answerTwice ? Buffer.concat([answer, answer]) : answer);
  };
  for (const path of ['/.well-known/cmp', '/.well-known/cmp/', '/pkix', '/pkix/']) {
    app.post(path, speak('plain'));
  }
  for (const path of ['/.well-known/cmp/p/orders', '/.well-known/cmp/p/orders/']) {
    app.post(path, speak('orders'));
  }

  const status = (c: Context, request: Uint8Array) => {
    cmp.sweep();
    const key = knobs.wrongSigner ? keys.stranger : keys.ocsp;
    return binary(c, types.ocsp, answerOcsp(request, { ca, key, now: now() }));
  };
  app.post('/ocsp', async (c) => status(c, await readBody(c)));
  // RFC 6960 appendix A.1: the request in base64, percent-encoded, as the rest of the path.
  app.get('/ocsp/*', (c) => {
    const text = decodeURIComponent(new URL(c.req.url).pathname.slice('/ocsp/'.length));
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return binary(c, types.ocsp, ocspFailure(1));
    return status(c, new Uint8Array(Buffer.from(text, 'base64')));
  });

  app.post('/tsa', async (c) => {
    const key = knobs.wrongSigner ? keys.stranger : keys.tsa;
    return binary(c, types.tsa, answerTimeStamp(await readBody(c), { key, now: now() }));
  });

  for (const name of ['issuing', 'root'] as const) {
    app.get(`/crl/${name}.crl`, (c) => {
      cmp.sweep();
      return binary(c, types.crl, ca.crl(name));
    });
    app.get(`/ca/${name}.cer`, (c) => binary(c, types.certificate, ca[name].der));
  }

  // What no real authority has: for tests and for people who want to see trouble. A browser's page can't use them.
  app.use('/practice/*', async (c, next) => {
    if (c.req.header('origin') !== undefined) return c.text('not from a page', 403);
    return next();
  });
  app.get('/practice/status', (c) =>
    c.json({ practice: true, dir, pid: process.pid, time: now().toISOString() }),
  );
  app.get('/practice/knobs', (c) => c.json(knobs));
  const turn = async (c: Context) => {
    const wanted = knobsSchema
      .partial()
      .strict()
      .safeParse(await c.req.json().catch(() => null));
    if (!wanted.success) return c.json({ error: z.prettifyError(wanted.error) }, 400);
    Object.assign(knobs, wanted.data);
    return c.json(knobs);
  };
  app.post('/practice/knobs', turn);
  app.delete('/practice/knobs', (c) => c.json(Object.assign(knobs, calmKnobs)));
  app.post('/practice/revoke', async (c) => {
    const wanted = revokeSchema.safeParse(await c.req.json().catch(() => null));
    if (!wanted.success) return c.json({ error: z.prettifyError(wanted.error) }, 400);
    return c.json({ revoked: ca.revoke(wanted.data.serialNumber, wanted.data.reason) });
  });
  return app as unknown as Hono;
}

/** Waits as long as `slow` says; turned down meanwhile, it lets go at once. */
async function pass(knobs: Knobs): Promise<void> {
  const began = performance.now();
  while (performance.now() - began < knobs.slow) {
    const rest = knobs.slow - (performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, Math.min(rest, 50)));
  }
}
