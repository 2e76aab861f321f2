import { createHash, randomBytes } from 'node:crypto';
import type Database from 'better-sqlite3';
import type {
  LossReceipt,
  SealApplicationAnswer,
  SealForm,
  SealRequest,
} from '../../src/shared/domain/seal-making.ts';
import type { SealRecord, SealStanding } from './seal-maker.ts';

/** What the staff and the holder read where an application ended by itself. */
const endedBy = {
  revocation: '证书已吊销。/ The certificate was revoked.',
  cancellation: '印章已注销。/ The seal was cancelled.',
};

/*
 * That a revoked certificate has no seal is kept by the database itself: whoever revokes (CMP, a loss report, the staff, the
 * set-up), certificate, seal and application change in one statement, and the status list is due for the next number.
 */
const schema = `
create table if not exists seals (
  id text primary key,
  certificate_sha256 text not null,
  certificate blob not null,
  name text not null,
  kind text not null,
  unit text not null,
  credit_code text not null,
  administrator text not null,
  width_mm real not null,
  height_mm real not null,
  picture blob not null,
  small_picture blob not null,
  created_at text not null,
  state text not null check (state in ('normal', 'suspended', 'cancelled')),
  since text not null
) strict;
create index if not exists seals_by_certificate on seals (certificate_sha256);
create index if not exists seals_by_unit on seals (credit_code);
create table if not exists seal_applications (
  id text primary key,
  number text not null unique,
  certificate_sha256 text not null,
  state text not null,
  reason text not null default '',
  name text not null,
  kind text not null,
  unit text not null,
  credit_code text not null,
  administrator text not null,
  handler text not null,
  contact text not null,
  width_mm real not null,
  height_mm real not null,
  measured text,
  replaces text references seals (id),
  old_certificate_sha256 text,
  seal_id text references seals (id),
  bound_form text,
  created_at text not null,
  idempotency_key text unique,
  request_sha256 text
) strict;
create index if not exists applications_by_certificate on seal_applications (certificate_sha256);
create index if not exists applications_by_unit on seal_applications (credit_code);
create index if not exists applications_by_state on seal_applications (state);
create table if not exists seal_application_files (
  application_id text not null references seal_applications (id),
  what text not null check (what in ('picture', 'smallPicture', 'scan')),
  content blob not null,
  primary key (application_id, what)
) strict, without rowid;
create table if not exists seal_application_history (
  application_id text not null references seal_applications (id),
  at text not null,
  what text not null
) strict;
create index if not exists application_history on seal_application_history (application_id);
create table if not exists losses (
  number text primary key,
  certificate_sha256 text not null unique,
  receipt text not null
) strict;
create table if not exists loss_tries (certificate_sha256 text not null, at text not null) strict;
create index if not exists loss_tries_by_certificate on loss_tries (certificate_sha256);

create trigger if not exists revoked_certificate_has_no_seal after update of state on certificates
when new.state = 'revoked' and old.state <> 'revoked'
begin
  insert into seal_application_history select id, new.revoked_at, 'refused' from seal_applications
    where certificate_sha256 = new.sha256 and state in ('review', 'approved');
  update seal_applications set state = 'refused', reason = '${endedBy.revocation}'
    where certificate_sha256 = new.sha256 and state in ('review', 'approved');
  update seals set state = 'cancelled', since = new.revoked_at
    where certificate_sha256 = new.sha256 and state <> 'cancelled';
end;
create trigger if not exists cancelled_seal_is_not_bound after update of state on seals
when new.state = 'cancelled' and old.state <> 'cancelled'
begin
  insert into seal_application_history select id, new.since, 'refused' from seal_applications
    where seal_id = new.id and state = 'approved';
  update seal_applications set state = 'refused', reason = '${endedBy.cancellation}'
    where seal_id = new.id and state = 'approved';
end;
create trigger if not exists cancelled_is_for_ever before update of state on seals
when old.state = 'cancelled' and new.state <> 'cancelled'
begin
  select raise(abort, 'a cancelled seal stays cancelled');
end;
create trigger if not exists list_of_new_seal after insert on seals
begin
  delete from settings where name = 'seals.list';
end;
create trigger if not exists list_of_changed_seal after update of state on seals
begin
  delete from settings where name = 'seals.list';
end;
`;

type Kind = SealRequest['kind'];
export type SealApplicationState = SealApplicationAnswer['state'];
/** What came with an application as a file. */
export type SealFile = 'picture' | 'smallPicture' | 'scan';

/** What the authority keeps of an application; its pictures are read on their own. */
export interface SealApplicationRow {
  id: string;
  number: string;
  certificateSha256: string;
  state: SealApplicationState;
  reason: string;
  name: string;
  kind: Kind;
  unit: string;
  creditCode: string;
  administrator: string;
  handler: string;
  contact: string;
  widthMm: number;
  heightMm: number;
  /** null for a reissue: the impression was judged when the seal was first made. */
  measured: SealRequest['measured'] | null;
  /** The seal that ends when this one is bound. */
  replaces: string | null;
  /** Of a reissue: the certificate that the new one took the place of. */
  oldCertificateSha256: string | null;
  /** The seal that was made for it. */
  sealId: string | null;
  boundForm: SealForm | null;
  createdAt: string;
  /** null for a reissue: the pair of certificates tells it. */
  idempotencyKey: string | null;
  requestSha256: string | null;
}

/** A seal that was made; its pictures and certificate are read on their own. */
export interface SealRow {
  id: string;
  certificateSha256: string;
  name: string;
  kind: Kind;
  unit: string;
  creditCode: string;
  administrator: string;
  widthMm: number;
  heightMm: number;
  createdAt: string;
  state: SealStanding['state'];
  since: string;
}

interface SqlApplication {
  id: string;
  number: string;
  certificate_sha256: string;
  state: SealApplicationState;
  reason: string;
  name: string;
  kind: Kind;
  unit: string;
  credit_code: string;
  administrator: string;
  handler: string;
  contact: string;
  width_mm: number;
  height_mm: number;
  measured: string | null;
  replaces: string | null;
  old_certificate_sha256: string | null;
  seal_id: string | null;
  bound_form: SealForm | null;
  created_at: string;
  idempotency_key: string | null;
  request_sha256: string | null;
}

interface SqlSeal {
  id: string;
  certificate_sha256: string;
  certificate: Uint8Array;
  name: string;
  kind: Kind;
  unit: string;
  credit_code: string;
  administrator: string;
  width_mm: number;
  height_mm: number;
  picture: Uint8Array;
  small_picture: Uint8Array;
  created_at: string;
  state: SealStanding['state'];
  since: string;
}

function applicationOf(row: SqlApplication): SealApplicationRow {
  return {
    id: row.id,
    number: row.number,
    certificateSha256: row.certificate_sha256,
    state: row.state,
    reason: row.reason,
    name: row.name,
    kind: row.kind,
    unit: row.unit,
    creditCode: row.credit_code,
    administrator: row.administrator,
    handler: row.handler,
    contact: row.contact,
    widthMm: row.width_mm,
    heightMm: row.height_mm,
    measured: row.measured === null ? null : (JSON.parse(row.measured) as SealRequest['measured']),
    replaces: row.replaces,
    oldCertificateSha256: row.old_certificate_sha256,
    sealId: row.seal_id,
    boundForm: row.bound_form,
    createdAt: row.created_at,
    idempotencyKey: row.idempotency_key,
    requestSha256: row.request_sha256,
  };
}

const sealColumns = `id, certificate_sha256, name, kind, unit, credit_code, administrator, width_mm, height_mm,
  created_at, state, since`;

function sealOf(row: Omit<SqlSeal, 'certificate' | 'picture' | 'small_picture'>): SealRow {
  return {
    id: row.id,
    certificateSha256: row.certificate_sha256,
    name: row.name,
    kind: row.kind,
    unit: row.unit,
    creditCode: row.credit_code,
    administrator: row.administrator,
    widthMm: row.width_mm,
    heightMm: row.height_mm,
    createdAt: row.created_at,
    state: row.state,
    since: row.since,
  };
}

export type NewApplication = Omit<
  SealApplicationRow,
  'id' | 'number' | 'state' | 'reason' | 'sealId' | 'boundForm' | 'createdAt'
> & { files: Partial<Record<SealFile, Uint8Array>> };

/** Applications, seals, losses and what of them is in the status list, in the authority's database. */
export class SealsTable {
  readonly #sql: Database;

  constructor(sql: Database) {
    this.#sql = sql;
    sql.exec(schema);
  }

  #applications(where: string, ...values: unknown[]): SealApplicationRow[] {
    const rows = this.#sql.prepare(
      `select * from seal_applications where ${where} order by created_at, rowid`,
    );
    return rows.all(...values).map((row) => applicationOf(row as SqlApplication));
  }

  application(id: string): SealApplicationRow | null {
    return this.#applications('id = ?', id)[0] ?? null;
  }

  byIdempotencyKey(key: string): SealApplicationRow | null {
    return this.#applications('idempotency_key = ?', key)[0] ?? null;
  }

  /** An application whose seal is not decided or not bound yet. */
  openOf(certificateSha256: string): SealApplicationRow | null {
    return (
      this.#applications(
        "certificate_sha256 = ? and state in ('review', 'approved')",
        certificateSha256,
      )[0] ?? null
    );
  }

  /** The reissue for this pair of certificates that was not withdrawn or refused. */
  reissueOf(oldSha256: string, newSha256: string): SealApplicationRow | null {
    const where = `old_certificate_sha256 = ? and certificate_sha256 = ? and state in ('approved', 'bound')`;
    return this.#applications(where, oldSha256, newSha256)[0] ?? null;
  }

  ofSeal(sealId: string): SealApplicationRow | null {
    return this.#applications('seal_id = ?', sealId)[0] ?? null;
  }

  ofUnit(creditCode: string): SealApplicationRow[] {
    return this.#applications('credit_code = ?', creditCode);
  }

  inState(state: SealApplicationState): SealApplicationRow[] {
    return this.#applications('state = ?', state);
  }

  latest(count: number): SealApplicationRow[] {
    const rows = this.#sql.prepare(
      'select * from seal_applications order by created_at desc, rowid desc limit ?',
    );
    return rows.all(count).map((row) => applicationOf(row as SqlApplication));
  }

  /** 'S20261122-0001': counted for each day. */
  #number(letter: 'S' | 'L', table: 'seal_applications' | 'losses', at: Date): string {
    const start = `${letter}${at.toISOString().slice(0, 10).replaceAll('-', '')}-`;
    const counted = this.#sql.prepare(`select count(*) as n from ${table} where number like ? || '%'`);
    const { n } = counted.get(start) as { n: number };
    return start + String(n + 1).padStart(4, '0');
  }

  /** Takes an application in, in state 'review'. */
  addApplication(application: NewApplication, at: Date): SealApplicationRow {
    const id = randomBytes(18).toString('base64url');
    const { files, measured, ...row } = application;
    this.#sql
      .prepare(
        `insert into seal_applications (id, number, certificate_sha256, state, name, kind, unit, credit_code, administrator,
           handler, contact, width_mm, height_mm, measured, replaces, old_certificate_sha256, created_at, idempotency_key,
           request_sha256)
         values (@id, @number, @certificateSha256, 'review', @name, @kind, @unit, @creditCode, @administrator, @handler,
           @contact, @widthMm, @heightMm, @measured, @replaces, @oldCertificateSha256, @createdAt, @idempotencyKey,
           @requestSha256)`,
      )
      .run({
        ...row,
        id,
        number: this.#number('S', 'seal_applications', at),
        measured: measured === null ? null : JSON.stringify(measured),
        createdAt: at.toISOString(),
      });
    const put = this.#sql.prepare('insert into seal_application_files values (?, ?, ?)');
    for (const [what, content] of Object.entries(files)) put.run(id, what, Buffer.from(content));
    this.#note(id, 'review', at);
    return this.application(id)!;
  }

  file(applicationId: string, what: SealFile): Uint8Array | null {
    const row = this.#sql
      .prepare('select content from seal_application_files where application_id = ? and what = ?')
      .get(applicationId, what) as { content: Uint8Array } | undefined;
    return row ? new Uint8Array(row.content) : null;
  }

  #note(id: string, what: SealApplicationState, at: Date): void {
    this.#sql
      .prepare('insert into seal_application_history values (?, ?, ?)')
      .run(id, at.toISOString(), what);
  }

  /** Moves an application on. `reason`: of a refusal. */
  move(id: string, state: SealApplicationState, at: Date, reason = ''): void {
    this.#sql
      .prepare('update seal_applications set state = ?, reason = ? where id = ?')
      .run(state, reason, id);
    this.#note(id, state, at);
  }

  setSeal(id: string, sealId: string): void {
    this.#sql.prepare('update seal_applications set seal_id = ? where id = ?').run(sealId, id);
  }

  setBound(id: string, form: SealForm): void {
    this.#sql.prepare('update seal_applications set bound_form = ? where id = ?').run(form, id);
  }

  /** The last 100 steps, oldest first. */
  history(id: string): SealApplicationAnswer['history'] {
    const rows = this.#sql.prepare(
      'select at, what from seal_application_history where application_id = ? order by rowid desc limit 100',
    );
    return (rows.all(id) as SealApplicationAnswer['history']).reverse();
  }

  addSeal(record: SealRecord & Pick<SealStanding, 'state' | 'since'>): void {
    this.#sql
      .prepare(
        `insert into seals values (@id, @certificateSha256, @certificate, @name, @kind, @unit, @creditCode, @administrator,
           @widthMm, @heightMm, @picture, @smallPicture, @createdAt, @state, @since)`,
      )
      .run({
        id: record.id,
        certificateSha256: createHash('sha256').update(record.certificate).digest('hex'),
        certificate: Buffer.from(record.certificate),
        name: record.name,
        kind: record.kind,
        unit: record.unit,
        creditCode: record.creditCode,
        administrator: record.administrator,
        widthMm: record.widthMm,
        heightMm: record.heightMm,
        picture: Buffer.from(record.picture),
        smallPicture: Buffer.from(record.smallPicture),
        createdAt: record.createdAt.toISOString(),
        state: record.state,
        since: record.since.toISOString(),
      });
  }

  #seals(where: string, ...values: unknown[]): SealRow[] {
    const rows = this.#sql.prepare(
      `select ${sealColumns} from seals where ${where} order by created_at, rowid`,
    );
    return rows.all(...values).map((row) => sealOf(row as SqlSeal));
  }

  seals(): SealRow[] {
    return this.#seals('true');
  }

  seal(id: string): SealRow | null {
    return this.#seals('id = ?', id)[0] ?? null;
  }

  sealsOf(certificateSha256: string): SealRow[] {
    return this.#seals('certificate_sha256 = ?', certificateSha256);
  }

  sealsOfUnit(creditCode: string): SealRow[] {
    return this.#seals('credit_code = ?', creditCode);
  }

  /** What the seal's forms are written from; null: no such seal. */
  record(id: string): SealRecord | null {
    const row = this.#sql.prepare('select * from seals where id = ?').get(id) as SqlSeal | undefined;
    if (!row) return null;
    const { certificateSha256: _, state: __, since: ___, createdAt, ...rest } = sealOf(row);
    return {
      ...rest,
      certificate: new Uint8Array(row.certificate),
      picture: new Uint8Array(row.picture),
      smallPicture: new Uint8Array(row.small_picture),
      createdAt: new Date(createdAt),
    };
  }

  /** A seal that is cancelled stays so: the database refuses anything else. */
  setState(id: string, state: SealStanding['state'], at: Date): void {
    this.#sql
      .prepare('update seals set state = ?, since = ? where id = ? and state <> ?')
      .run(state, at.toISOString(), id, state);
  }

  /** Seals that another one was made for and whose certificate has ended: nobody may use them, whatever was told. */
  outlived(now: Date): { id: string; endedAt: Date }[] {
    const rows = this.#sql.prepare(
      `select seals.id, not_after from seals join certificates on sha256 = certificate_sha256
       where seals.state <> 'cancelled' and not_after < ? and seals.id in
         (select replaces from seal_applications where state in ('approved', 'bound'))`,
    );
    const ended = rows.all(now.toISOString()) as { id: string; not_after: string }[];
    return ended.map(({ id, not_after }) => ({ id, endedAt: new Date(not_after) }));
  }

  /** How many seals there are with numbers from this one on (the last eight digits of an esID). */
  countFrom(number: number): number {
    const counted = this.#sql.prepare(
      'select count(*) as n from seals where cast(substr(id, 7) as integer) >= ?',
    );
    return (counted.get(number) as { n: number }).n;
  }

  loss(certificateSha256: string): LossReceipt | null {
    const row = this.#sql
      .prepare('select receipt from losses where certificate_sha256 = ?')
      .get(certificateSha256) as { receipt: string } | undefined;
    return row ? (JSON.parse(row.receipt) as LossReceipt) : null;
  }

  addLoss(receipt: Omit<LossReceipt, 'number'>, at: Date): LossReceipt {
    const whole: LossReceipt = { number: this.#number('L', 'losses', at), ...receipt };
    this.#sql
      .prepare('insert into losses values (?, ?, ?)')
      .run(whole.number, whole.certificate.sha256, JSON.stringify(whole));
    return whole;
  }

  /** Notes that somebody could not show to be the holder. */
  noteTry(certificateSha256: string, at: Date): void {
    this.#sql.prepare('insert into loss_tries values (?, ?)').run(certificateSha256, at.toISOString());
  }

  tries(certificateSha256: string, since: Date): number {
    this.#sql.prepare('delete from loss_tries where at < ?').run(since.toISOString());
    const counted = this.#sql.prepare('select count(*) as n from loss_tries where certificate_sha256 = ?');
    return (counted.get(certificateSha256) as { n: number }).n;
  }
}
