import type Database from 'better-sqlite3';
import { z } from 'zod';
import { type RenewalView, renewalViewSchema } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { LEASE_MILLIS, type Lease, Leases, type ThisProcess, thisProcess, written } from './leases.ts';

/** Ended renewals are listed for so long (ms). */
const LISTED_MILLIS = 90 * 86_400_000;
/** What the journey keeps of one renewal: requests, certificates and names, some 50 KB with long chains. */
const WORK_LIMIT = 2_000_000;

const rowSchema = z.object({
  id: z.string(),
  certificate: z.string(),
  open: z.number().transform((value) => value === 1),
  changedAt: z.string(),
  view: z.string().transform((text) => renewalViewSchema.parse(JSON.parse(text))),
  /** Its shape is the journey's business. */
  work: z.string().transform((text): unknown => JSON.parse(text)),
});
/** One renewal as it was last written down. */
export type RenewalRow = z.output<typeof rowSchema>;

/** The right to work on one renewal; held by one process at a time. */
export type RenewalLease = Lease;

/** Renewals, each step written before and after it happens: what is here survives a power cut. */
export class RenewalRepository {
  readonly #leases: Leases;
  #insert;
  #byId;
  #openFor;
  #list;
  #save;
  #forget;
  #supersede;
  #superseded;

  constructor(database: Database, process_: ThisProcess = thisProcess) {
    this.#leases = new Leases(database, 'renewals', process_);
    const columns = 'id, certificate, open, changed_at AS changedAt, view, work';
    this.#insert = database.prepare(
      `INSERT INTO renewals (id, certificate, open, started_at, changed_at, view, work) VALUES (?, ?, 1, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    );
    this.#byId = database.prepare(`SELECT ${columns} FROM renewals WHERE id = ?`);
    this.#openFor = database.prepare(`SELECT ${columns} FROM renewals WHERE certificate = ? AND open = 1`);
    this.#list = database.prepare(
      `SELECT ${columns} FROM renewals WHERE open = 1 OR changed_at >= ? ORDER BY started_at DESC, rowid DESC`,
    );
    this.#save = database.prepare(
      'UPDATE renewals SET view = ?, work = ?, open = ?, changed_at = ?, lease_until = ? WHERE id = ? AND lease_owner = ?',
    );
    this.#forget = database.prepare('DELETE FROM renewals WHERE id = ? AND lease_owner = ?');
    this.#supersede = database.prepare(
      `INSERT INTO superseded_certificates (sha256, by_sha256, renewal, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (sha256) DO NOTHING`,
    );
    this.#superseded = database.prepare('SELECT sha256 FROM superseded_certificates');
  }

  /**
   * Begins a renewal; false when its certificate already has one that is open.
   * @throws YinkeyError store.failed
   */
  begin(row: { id: string; certificate: string; view: RenewalView; work: unknown }, now: Date): boolean {
    const at = now.toISOString();
    return written(() => {
      const { changes } = this.#insert.run(row.id, row.certificate, at, at, ...texts(row)) as {
        changes: number;
      };
      return changes === 1;
    });
  }

  /** @throws YinkeyError request.refused when there is no such renewal, store.damaged when it can't be read */
  get(id: string): RenewalRow {
    const row = this.#byId.get(id);
    if (!row) throw new YinkeyError('request.refused', { method: 'no such renewal' });
    const read = rowOf(row);
    if (!read) throw new YinkeyError('store.damaged', { kept: id });
    return read;
  }

  /** The open renewal of a certificate. */
  openFor(certificate: string): RenewalRow | undefined {
    return rowOf(this.#openFor.get(certificate));
  }

  /** Newest first: all that are open, and those that ended in the last 90 days; ones that can't be read are left out. */
  list(now: Date): RenewalRow[] {
    const since = new Date(now.getTime() - LISTED_MILLIS).toISOString();
    return this.#list
      .all(since)
      .map(rowOf)
      .filter((row) => row !== undefined);
  }

  /**
   * Takes the right to work on a renewal; undefined while another process (or another part of this one) has it. Who
   * has died or was not heard of for a minute has it no longer.
   */
  take(id: string, now: Date): RenewalLease | undefined {
    return this.#leases.take(id, now);
  }

  /** Whether somebody works on it now. */
  held(id: string, now: Date): boolean {
    return this.#leases.held(id, now);
  }

  /** Says that the holder is still at it; false when it no longer holds it. */
  keep(lease: RenewalLease, now: Date): boolean {
    return this.#leases.keep(lease, now);
  }

  release(lease: RenewalLease): void {
    this.#leases.release(lease);
  }

  /**
   * Writes where a renewal stands; on disk when this returns.
   * @throws YinkeyError renewal.already-running when another process has taken it over, store.failed
   */
  save(
    { id, owner }: RenewalLease,
    row: { view: RenewalView; work: unknown; open: boolean },
    now: Date,
  ): void {
    const [view, work] = texts(row);
    const { changes } = written(() =>
      this.#save.run(
        view,
        work,
        row.open ? 1 : 0,
        now.toISOString(),
        now.getTime() + LEASE_MILLIS,
        id,
        owner,
      ),
    ) as { changes: number };
    if (changes !== 1) throw new YinkeyError('renewal.already-running');
  }

  /** Removes a renewal of which nothing came: no order, nothing on the key. */
  forget({ id, owner }: RenewalLease): void {
    written(() => this.#forget.run(id, owner));
  }

  /** The old certificate is kept, and not offered for new stamps from now on. */
  supersede(old: string, by: string, renewal: string, now: Date): void {
    written(() => this.#supersede.run(old, by, renewal, now.toISOString()));
  }

  /** SHA-256 of every certificate that another one has taken the place of. */
  superseded(): ReadonlySet<string> {
    return new Set(this.#superseded.all().map((row) => (row as { sha256: string }).sha256));
  }
}

function texts(row: { view: RenewalView; work: unknown }): [view: string, work: string] {
  const work = JSON.stringify(row.work);
  if (work.length > WORK_LIMIT) throw new YinkeyError('store.failed', { reason: 'too large' });
  return [JSON.stringify(renewalViewSchema.parse(row.view)), work];
}

function rowOf(row: unknown): RenewalRow | undefined {
  if (row === undefined) return undefined;
  try {
    return rowSchema.parse(row);
  } catch (error) {
    // Written by another version, or damaged: the others are still shown.
    if (error instanceof z.ZodError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
