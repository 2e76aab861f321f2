import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Database from 'better-sqlite3';
import type { RevocationReason } from '../../src/shared/domain/certificates.ts';

/**
 * - issued    handed out over CMP, its holder has not confirmed it yet
 * - good      confirmed, or issued by the practice set-up itself
 * - revoked
 */
export type CertificateState = 'issued' | 'good' | 'revoked';

/** What a certificate is for: RFC 5280 profiles of the practice authority. */
export type ProfileName = 'unit' | 'seal-maker' | 'ocsp' | 'tsa' | 'cmp';

export interface StoredCertificate {
  /** Lower-case hex, as CertificateFacts has it. */
  serialNumber: string;
  /** Of the DER, lower-case hex. */
  sha256: string;
  der: Uint8Array;
  profile: ProfileName;
  state: CertificateState;
  /** ISO 8601. */
  issuedAt: string;
  notAfter: string;
  revokedAt: string | null;
  reason: RevocationReason | null;
  /** Hex; null where no CMP transaction made it. */
  transactionId: string | null;
  orderId: string | null;
}

const schema = `
create table if not exists certificates (
  serial_number text primary key,
  sha256 text not null unique,
  der blob not null,
  profile text not null,
  state text not null check (state in ('issued', 'good', 'revoked')),
  issued_at text not null,
  not_after text not null,
  revoked_at text,
  reason text,
  transaction_id text,
  order_id text
) strict;
create index if not exists certificates_by_order on certificates (order_id) where order_id is not null;
create table if not exists settings (name text primary key, value blob not null) strict;
`;

interface Row {
  serial_number: string;
  sha256: string;
  der: Uint8Array;
  profile: ProfileName;
  state: CertificateState;
  issued_at: string;
  not_after: string;
  revoked_at: string | null;
  reason: RevocationReason | null;
  transaction_id: string | null;
  order_id: string | null;
}

function fromRow(row: Row): StoredCertificate {
  return {
    serialNumber: row.serial_number,
    sha256: row.sha256,
    der: new Uint8Array(row.der),
    profile: row.profile,
    state: row.state,
    issuedAt: row.issued_at,
    notAfter: row.not_after,
    revokedAt: row.revoked_at,
    reason: row.reason,
    transactionId: row.transaction_id,
    orderId: row.order_id,
  };
}

/** Everything that the practice authority remembers. Parts of it keep tables of their own in `sql`. */
export class AuthorityDatabase {
  /** For tables of other parts: `create table if not exists` at their start. */
  readonly sql: Database;

  constructor(sql: Database) {
    this.sql = sql;
    sql.pragma('foreign_keys = ON');
    sql.pragma('trusted_schema = OFF');
    sql.pragma('journal_mode = WAL');
    // Survives the end of the process, which is what practice and tests bring about; not a power cut.
    sql.pragma('synchronous = NORMAL');
    sql.exec(schema);
  }

  /** Runs `work` in one transaction, which a second process waits for. */
  atomically<T>(work: () => T): T {
    return this.sql.transaction(work).immediate();
  }

  /** Takes a certificate in; one that is there already is left as it is. */
  addCertificate(certificate: StoredCertificate): void {
    this.sql
      .prepare('insert or ignore into certificates values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        certificate.serialNumber,
        certificate.sha256,
        Buffer.from(certificate.der),
        certificate.profile,
        certificate.state,
        certificate.issuedAt,
        certificate.notAfter,
        certificate.revokedAt,
        certificate.reason,
        certificate.transactionId,
        certificate.orderId,
      );
  }

  #one(where: string, value: string): StoredCertificate | null {
    const row = this.sql.prepare(`select * from certificates where ${where} = ?`).get(value);
    return row === undefined ? null : fromRow(row as Row);
  }

  certificateBySha256(sha256: string): StoredCertificate | null {
    return this.#one('sha256', sha256);
  }

  certificateBySerial(serialNumber: string): StoredCertificate | null {
    return this.#one('serial_number', serialNumber);
  }

  /** All in the order in which the authority came to know them, or those that fit. */
  certificates(filter: { state?: CertificateState; orderId?: string } = {}): StoredCertificate[] {
    return this.sql
      .prepare(
        `select * from certificates where (@state is null or state = @state) and (@orderId is null or order_id = @orderId)
         order by rowid`,
      )
      .all({ state: filter.state ?? null, orderId: filter.orderId ?? null })
      .map((row) => fromRow(row as Row));
  }

  /** The holder has it: 'issued' becomes 'good'. */
  confirmCertificate(serialNumber: string): void {
    this.sql
      .prepare("update certificates set state = 'good' where serial_number = ? and state = 'issued'")
      .run(serialNumber);
  }

  /** False when it is unknown or was revoked before. */
  revokeCertificate(serialNumber: string, reason: RevocationReason, at: Date): boolean {
    const { changes } = this.sql
      .prepare(
        `update certificates set state = 'revoked', revoked_at = ?, reason = ?
         where serial_number = ? and state <> 'revoked'`,
      )
      .run(at.toISOString(), reason, serialNumber);
    return changes > 0;
  }

  /** A small thing kept under a name: the last CRL, the next CRL number. */
  setting(name: string): Uint8Array | null {
    const row = this.sql.prepare('select value from settings where name = ?').get(name);
    return row === undefined ? null : new Uint8Array((row as { value: Uint8Array }).value);
  }

  setSetting(name: string, value: Uint8Array): void {
    this.sql
      .prepare('insert into settings values (?, ?) on conflict (name) do update set value = excluded.value')
      .run(name, Buffer.from(value));
  }

  close(): void {
    this.sql.close();
  }
}

/** Where the set-up puts the addon that an older Node-API needs (scripts/setup/sqlite.mjs). */
function addonOfThisRuntime(): string | undefined {
  if (Number(process.versions.napi) >= 10) return undefined;
  const path = fileURLToPath(new URL('../../.cache/native/better_sqlite3-napi9.node', import.meta.url));
  return statSync(path, { throwIfNoEntry: false }) ? path : undefined;
}

/** Opens the authority's database, made when it is not there. */
export async function openAuthorityDatabase(file: string): Promise<AuthorityDatabase> {
  const { default: Sqlite } = await import('better-sqlite3');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const nativeBinding = addonOfThisRuntime();
  return new AuthorityDatabase(
    new Sqlite(file, { timeout: 5000, ...(nativeBinding === undefined ? {} : { nativeBinding }) }),
  );
}
