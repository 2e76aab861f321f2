import { existsSync, mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { serve } from '@hono/node-server';
import type { SealState } from '../../src/main/seals/ses/index.ts';
import type { RevocationReason } from '../../src/shared/domain/certificates.ts';
import type { SealApplicationAnswer } from '../../src/shared/domain/seal-making.ts';
import { YinkeyError } from '../../src/shared/errors/index.ts';
import { withLock } from '../lock.ts';
import { CertificationAuthority } from './ca.ts';
import { CmpServer } from './cmp.ts';
import { openAuthorityDatabase } from './database.ts';
import { calmKnobs, type Knobs } from './knobs.ts';
import { mountOrders } from './orders.ts';
import { type Enrolment, type EnrolmentForm, Enrolments } from './orders-enrolment.ts';
import { openSealMaker, statusListPath } from './practice-seals.ts';
import { ensureAuthority } from './root.ts';
import { authorityApp } from './server.ts';
import { openServiceKeys } from './service-keys.ts';
import type { OrdersGate } from './types.ts';

export type { Knobs } from './knobs.ts';
export type { Enrolment, EnrolmentForm } from './orders-enrolment.ts';

export interface AuthorityOptions {
  /** The practice world; root, keys and everything that the authority remembers lie in its folder `authority`. */
  dir: string;
  /** Another port than the one that the world's certificates name; 0: any. */
  port?: number;
  /** The authority's clock, before `knobs.clockOffset`. */
  now?: () => Date;
  knobs?: Partial<Knobs>;
}

export interface RunningAuthority {
  /** 'http://127.0.0.1:PORT' */
  url: string;
  /** Plain CMP: no order needed. */
  cmp: string;
  /** CMP for orders. */
  ordersCmp: string;
  /** Base of the orders API. */
  api: string;
  ocsp: string;
  crl: string;
  tsa: string;
  /** The seals' status list. */
  sealStatus: string;
  /** PEM of the root. */
  root: string;
  /** Turned by assignment; every request looks. */
  knobs: Knobs;
  /** As if somebody had paid on the pay page. */
  pay(orderId: string): void;
  /** As if the staff had decided on the review page. */
  approve(orderId: string): void;
  refuse(orderId: string, reason: string): void;
  /** Reference number and secret code for a first certificate. */
  enrol(form: EnrolmentForm): Enrolment;
  /** False when it is unknown or was revoked before. */
  revoke(serialNumber: string, reason?: RevocationReason): boolean;
  /** Serial numbers of what came of an order or of everything, with their states. */
  certificates(orderId?: string): { serialNumber: string; sha256: string; state: string }[];
  /** As if the staff had decided on the page of seals. */
  approveSeal(applicationId: string): void;
  refuseSeal(applicationId: string, reason: string): void;
  /** By esID: for a while, back, and for ever. */
  suspendSeal(sealId: string): void;
  resumeSeal(sealId: string): void;
  cancelSeal(sealId: string): void;
  /** Every seal that was made, those of the practice set-up among them. */
  seals(): { id: string; name: string; state: SealState; certificateSha256: string }[];
  /** Applications for seals, the newest first. */
  sealApplications(): SealApplicationAnswer[];
  /** Resolves when it has ended, by `close` or because its folder is gone. */
  closed: Promise<void>;
  close(): Promise<void>;
}

/** How often the authority looks whether its world is still there, and for what nobody confirmed. */
const lookEvery = 1000; // milliseconds

/** Starts the practice authority in this process, on loopback only. */
export async function startAuthority(options: AuthorityOptions): Promise<RunningAuthority> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const authority = await withLock(dir, () => ensureAuthority(dir));
  const knobs: Knobs = { ...calmKnobs, ...options.knobs };
  const clock = options.now ?? (() => new Date());
  const now = () => new Date(clock().getTime() + knobs.clockOffset);
  let isClosed = () => {};
  const closed = new Promise<void>((done) => {
    isClosed = done;
  });

  // Listening first: only who has the port touches the database.
  let handle: (request: Request, env: object) => Response | Promise<Response> = () =>
    new Response(null, { status: 503 });
  const { server, port } = await listen(options.port ?? authority.port, (request, env) =>
    handle(request, env),
  );
  const url = `http://127.0.0.1:${port}`;
  try {
    const database = await openAuthorityDatabase(join(authority.folder, 'authority.db'));
    const ca = new CertificationAuthority({ authority, database, now, url });
    const keys = openServiceKeys(ca, database, clock());
    const enrolments = new Enrolments({ database, now });
    const maker = await withLock(dir, () => openSealMaker(authority, { now, url }));
    let orders: OrdersGate | null = null;
    const cmp = new CmpServer({
      ca,
      database,
      keys,
      knobs,
      now,
      enrolments,
      orders: {
        gate: (...args) => orders!.gate(...args),
        issued: (...args) => orders!.issued(...args),
        confirmed: (...args) => orders!.confirmed(...args),
        unissued: (...args) => orders!.unissued(...args),
      },
    });
    const app = authorityApp({ ca, cmp, keys, knobs, now, dir });
    const { orders: book, seals } = mountOrders(app, { database, ca, knobs, now, url, maker });
    orders = book;
    handle = (request, env) => app.fetch(request, env);

    const look = setInterval(() => {
      if (existsSync(authority.rootPath)) cmp.sweep();
      else void close();
    }, lookEvery);
    look.unref();
    let closing = false;
    const close = async () => {
      if (closing) return closed;
      closing = true;
      clearInterval(look);
      await shut(server);
      database.close();
      isClosed();
      return closed;
    };
    return {
      url,
      cmp: `${url}/.well-known/cmp`,
      ordersCmp: `${url}/.well-known/cmp/p/orders`,
      api: `${url}/api`,
      ocsp: `${url}/ocsp`,
      crl: `${url}/crl/issuing.crl`,
      tsa: `${url}/tsa`,
      sealStatus: `${url}${statusListPath}`,
      root: authority.rootPath,
      knobs,
      pay: (orderId) => void book.pay(orderId),
      approve: (orderId) => void book.approve(orderId),
      refuse: (orderId, reason) => void book.refuse(orderId, reason),
      enrol: (form) => enrolments.make(form),
      revoke: (serialNumber, reason = 'unspecified') => ca.revoke(serialNumber, reason),
      certificates: (orderId) => {
        ca.takeIn();
        return database
          .certificates(orderId === undefined ? {} : { orderId })
          .filter(({ profile }) => profile === 'unit')
          .map(({ serialNumber, sha256, state }) => ({ serialNumber, sha256, state }));
      },
      approveSeal: (id) => void seals.approve(id),
      refuseSeal: (id, reason) => void seals.refuse(id, reason),
      suspendSeal: (id) => void seals.suspend(id),
      resumeSeal: (id) => void seals.resume(id),
      cancelSeal: (id) => void seals.cancel(id),
      seals: () =>
        seals
          .seals()
          .map(({ id, name, state, certificateSha256 }) => ({ id, name, state, certificateSha256 })),
      sealApplications: () => seals.applications(),
      closed,
      close,
    };
  } catch (error) {
    await shut(server);
    throw error;
  }
}

function listen(
  port: number,
  fetch: (request: Request, env: object) => Response | Promise<Response>,
): Promise<{ server: Server; port: number }> {
  return new Promise((resolveListening, reject) => {
    const server = serve({ fetch, port, hostname: '127.0.0.1' }, (info) =>
      resolveListening({ server, port: info.port }),
    ) as Server;
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? `port ${port} is in use` : error.message;
      reject(new YinkeyError('practice.failed', { reason }, { cause: error }));
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
