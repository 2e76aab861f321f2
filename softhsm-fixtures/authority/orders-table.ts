import { randomBytes } from 'node:crypto';
import type Database from 'better-sqlite3';
import type { Order, OrderState } from '../../src/shared/domain/orders.ts';

const schema = `
create table if not exists orders (
  id text primary key,
  number text not null unique,
  certificate_sha256 text not null,
  years integer not null,
  certificate_fee integer not null,
  seal_fee integer not null,
  not_after text not null,
  state text not null,
  created_at text not null,
  paid_at text,
  confirmed integer not null default 0,
  reason text not null default '',
  delayed_until text,
  idempotency_key text not null unique,
  issued_serial text,
  issued_sha256 text,
  issued_at text
) strict;
create unique index if not exists one_unfinished_order on orders (certificate_sha256)
  where state in ('open', 'paid', 'review', 'approved', 'issued');
create index if not exists orders_by_state on orders (state);
create table if not exists order_history (
  order_id text not null references orders (id),
  at text not null,
  what text not null
) strict;
create index if not exists history_by_order on order_history (order_id);
create table if not exists order_nonces (
  key_id text not null,
  nonce text not null,
  until text not null,
  primary key (key_id, nonce)
) strict, without rowid;
`;

/** What the authority keeps of an order besides what everybody may see of it. */
export interface OrderRow extends Omit<Order, 'payUrl' | 'history'> {
  createdAt: string;
  /** The staff want to look at it again after this. */
  delayedUntil: string | null;
  idempotencyKey: string;
  issued: { serialNumber: string; sha256: string; at: string } | null;
}

interface SqlRow {
  id: string;
  number: string;
  certificate_sha256: string;
  years: number;
  certificate_fee: number;
  seal_fee: number;
  not_after: string;
  state: OrderState;
  created_at: string;
  paid_at: string | null;
  confirmed: number;
  reason: string;
  delayed_until: string | null;
  idempotency_key: string;
  issued_serial: string | null;
  issued_sha256: string | null;
  issued_at: string | null;
}

function fromSql(row: SqlRow): OrderRow {
  const { certificate_fee: certificate, seal_fee: seal, issued_serial, issued_sha256, issued_at } = row;
  return {
    id: row.id,
    number: row.number,
    certificateSha256: row.certificate_sha256,
    years: row.years,
    fees: { certificate, seal, total: certificate + seal },
    notAfter: row.not_after,
    state: row.state,
    createdAt: row.created_at,
    paidAt: row.paid_at,
    confirmed: row.confirmed === 1,
    reason: row.reason,
    delayedUntil: row.delayed_until,
    idempotencyKey: row.idempotency_key,
    issued:
      issued_serial !== null && issued_sha256 !== null && issued_at !== null
        ? { serialNumber: issued_serial, sha256: issued_sha256, at: issued_at }
        : null,
  };
}

/** States of an order that has not come to its end. */
const unfinished: readonly OrderState[] = ['open', 'paid', 'review', 'approved', 'issued'];

/** Orders, their history and the nonces of signed requests, in the authority's database. */
export class OrdersTable {
  readonly #sql: Database;

  constructor(sql: Database) {
    this.#sql = sql;
    sql.exec(schema);
  }

  #rows(where: string, ...values: unknown[]): OrderRow[] {
    const rows = this.#sql.prepare(`select * from orders where ${where} order by created_at, rowid`);
    return rows.all(...values).map((row) => fromSql(row as SqlRow));
  }

  byId(id: string): OrderRow | null {
    return this.#rows('id = ?', id)[0] ?? null;
  }

  byNumber(number: string): OrderRow | null {
    return this.#rows('number = ?', number)[0] ?? null;
  }

  byIdempotencyKey(key: string): OrderRow | null {
    return this.#rows('idempotency_key = ?', key)[0] ?? null;
  }

  /** Orders to renew this certificate, and the one that it came from. */
  ofCertificate(sha256: string): OrderRow[] {
    return this.#rows('certificate_sha256 = ? or issued_sha256 = ?', sha256, sha256);
  }

  unfinishedOf(sha256: string): OrderRow | null {
    return this.#rows('certificate_sha256 = ?', sha256).find((row) => unfinished.includes(row.state)) ?? null;
  }

  inState(state: OrderState): OrderRow[] {
    return this.#rows('state = ?', state);
  }

  latest(count: number): OrderRow[] {
    const rows = this.#sql.prepare('select * from orders order by created_at desc, rowid desc limit ?');
    return rows.all(count).map((row) => fromSql(row as SqlRow));
  }

  /** Takes a new order in, in state 'open'. */
  add(
    order: Pick<OrderRow, 'certificateSha256' | 'years' | 'fees' | 'notAfter' | 'idempotencyKey'>,
    at: Date,
  ): OrderRow {
    const id = randomBytes(18).toString('base64url');
    const day = at.toISOString().slice(0, 10).replaceAll('-', '');
    const counted = this.#sql
      .prepare("select count(*) as n from orders where number like ? || '-%'")
      .get(`R${day}`);
    const number = `R${day}-${String((counted as { n: number }).n + 1).padStart(4, '0')}`;
    this.#sql
      .prepare(
        `insert into orders (id, number, certificate_sha256, years, certificate_fee, seal_fee, not_after, state,
           created_at, idempotency_key) values (?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)`,
      )
      .run(
        id,
        number,
        order.certificateSha256,
        order.years,
        order.fees.certificate,
        order.fees.seal,
        order.notAfter,
        at.toISOString(),
        order.idempotencyKey,
      );
    this.#note(id, 'open', at);
    return this.byId(id)!;
  }

  #note(id: string, what: OrderState, at: Date): void {
    this.#sql.prepare('insert into order_history values (?, ?, ?)').run(id, at.toISOString(), what);
  }

  move(id: string, state: OrderState, at: Date): void {
    this.#sql.prepare('update orders set state = ?, delayed_until = null where id = ?').run(state, id);
    this.#note(id, state, at);
  }

  setPaid(id: string, at: Date): void {
    this.#sql.prepare('update orders set paid_at = ? where id = ?').run(at.toISOString(), id);
  }

  setConfirmed(id: string): void {
    this.#sql.prepare('update orders set confirmed = 1 where id = ?').run(id);
  }

  setReason(id: string, reason: string): void {
    this.#sql.prepare('update orders set reason = ? where id = ?').run(reason, id);
  }

  setDelay(id: string, until: Date): void {
    this.#sql.prepare('update orders set delayed_until = ? where id = ?').run(until.toISOString(), id);
  }

  setIssued(id: string, issued: OrderRow['issued']): void {
    this.#sql
      .prepare('update orders set issued_serial = ?, issued_sha256 = ?, issued_at = ? where id = ?')
      .run(issued?.serialNumber ?? null, issued?.sha256 ?? null, issued?.at ?? null, id);
  }

  /** The last 100 steps, oldest first. */
  history(id: string): Order['history'] {
    const rows = this.#sql.prepare(
      'select at, what from order_history where order_id = ? order by rowid desc limit 100',
    );
    return (rows.all(id) as Order['history']).reverse();
  }

  /** False when this key has used the nonce before. Those whose time is over are forgotten. */
  takeNonce(keyId: string, nonce: string, until: Date, now: Date): boolean {
    this.#sql.prepare('delete from order_nonces where until < ?').run(now.toISOString());
    const taken = this.#sql
      .prepare('insert or ignore into order_nonces values (?, ?, ?)')
      .run(keyId, nonce, until.toISOString());
    return taken.changes > 0;
  }
}
