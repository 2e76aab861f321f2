import type Database from 'better-sqlite3';
import { z } from 'zod';
import { type SealApplicationView, sealApplicationViewSchema } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { LEASE_MILLIS, type Lease, Leases, type ThisProcess, thisProcess, written } from './leases.ts';

/** Applications that have ended are listed for so long (ms). */
const LISTED_MILLIS = 90 * 86_400_000;

const rowSchema = z.object({
  id: z.string(),
  certificate: z.string(),
  open: z.number().transform((value) => value === 1),
  changedAt: z.string(),
  view: z.string().transform((text) => sealApplicationViewSchema.parse(JSON.parse(text))),
  /** Its shape is the use case's business. */
  work: z.string().transform((text): unknown => JSON.parse(text)),
});
/** One application as it was last written down. */
export type SealApplicationRow = z.output<typeof rowSchema>;

/** What is sent with an application: PNG, PNG and JPEG; no scan: the authority has it. */
export interface SealMaterial {
  picture: Uint8Array;
  smallPicture: Uint8Array;
  scan: Uint8Array | null;
}
const materialSchema: z.ZodType<SealMaterial> = z.object({
  picture: z.instanceof(Uint8Array),
  smallPicture: z.instanceof(Uint8Array),
  scan: z.instanceof(Uint8Array).nullable(),
});

/** Applications for seals: each step is written before and after it happens, and survives a power cut. */
export class SealApplicationRepository {
  readonly #leases: Leases;
  #insert;
  #byId;
  #openFor;
  #list;
  #material;
  #save;
  #dropScan;
  #forget;

  constructor(database: Database, process_: ThisProcess = thisProcess) {
    this.#leases = new Leases(database, 'seal_applications', process_);
    const columns = 'id, certificate, open, changed_at AS changedAt, view, work';
    this.#insert = database.prepare(
      `INSERT INTO seal_applications (id, certificate, open, started_at, changed_at, view, work, picture, small_picture, scan)
       VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#byId = database.prepare(`SELECT ${columns} FROM seal_applications WHERE id = ?`);
    this.#openFor = database.prepare(
      `SELECT ${columns} FROM seal_applications WHERE certificate = ? AND open = 1`,
    );
    this.#list = database.prepare(
      `SELECT ${columns} FROM seal_applications WHERE open = 1 OR changed_at >= ? ORDER BY started_at DESC, rowid DESC`,
    );
    this.#material = database.prepare(
      'SELECT picture, small_picture AS smallPicture, scan FROM seal_applications WHERE id = ?',
    );
    this.#save = database.prepare(
      `UPDATE seal_applications SET view = ?, work = ?, open = ?, scan = iif(?, scan, NULL), changed_at = ?,
         lease_until = ? WHERE id = ? AND lease_owner = ?`,
    );
    this.#dropScan = database.prepare(
      'UPDATE seal_applications SET scan = NULL WHERE id = ? AND scan IS NOT NULL',
    );
    this.#forget = database.prepare('DELETE FROM seal_applications WHERE id = ? AND lease_owner = ?');
  }

  /**
   * Begins an application; false when its certificate already has one that is open.
   * @throws YinkeyError store.failed
   */
  begin(
    row: { id: string; certificate: string; view: SealApplicationView; work: unknown } & SealMaterial,
    now: Date,
  ): boolean {
    const at = now.toISOString();
    const { id, certificate, picture, smallPicture, scan } = row;
    const { changes } = written(() =>
      this.#insert.run(id, certificate, at, at, ...texts(row), picture, smallPicture, scan),
    ) as { changes: number };
    return changes === 1;
  }

  /** @throws YinkeyError request.refused when there is no such application, store.damaged when it can't be read */
  get(id: string): SealApplicationRow {
    const row = this.#byId.get(id);
    if (!row) throw new YinkeyError('request.refused', { method: 'no such application' });
    const read = rowOf(row);
    if (!read) throw new YinkeyError('store.damaged', { kept: id });
    return read;
  }

  /** The open application for a certificate. */
  openFor(certificate: string): SealApplicationRow | undefined {
    return rowOf(this.#openFor.get(certificate));
  }

  /** Newest first: all that are open, and those that ended in the last 90 days; ones that can't be read are left out. */
  list(now: Date): SealApplicationRow[] {
    const since = new Date(now.getTime() - LISTED_MILLIS).toISOString();
    return this.#list
      .all(since)
      .map(rowOf)
      .filter((row) => row !== undefined);
  }

  /** @throws YinkeyError request.refused when there is no such application */
  material(id: string): SealMaterial {
    const row = this.#material.get(id);
    if (!row) throw new YinkeyError('request.refused', { method: 'no such application' });
    return materialSchema.parse(row);
  }

  /** The authority has the scan: it need not lie here any longer. */
  dropScan(id: string): void {
    written(() => this.#dropScan.run(id));
  }

  take(id: string, now: Date): Lease | undefined {
    return this.#leases.take(id, now);
  }

  keep(lease: Lease, now: Date): boolean {
    return this.#leases.keep(lease, now);
  }

  release(lease: Lease): void {
    this.#leases.release(lease);
  }

  /**
   * Writes where an application stands; on disk when this returns. One that is over needs its scan no longer.
   * @throws YinkeyError seal.application-state when another process has taken it over, store.failed
   */
  save(
    { id, owner }: Lease,
    row: { view: SealApplicationView; work: unknown; open: boolean },
    now: Date,
  ): void {
    const [view, work] = texts(row);
    const open = row.open ? 1 : 0;
    const { changes } = written(() =>
      this.#save.run(view, work, open, open, now.toISOString(), now.getTime() + LEASE_MILLIS, id, owner),
    ) as { changes: number };
    if (changes !== 1) throw new YinkeyError('seal.application-state', { state: row.view.phase });
  }

  /** Removes a draft that was never sent. */
  forget({ id, owner }: Lease): void {
    written(() => this.#forget.run(id, owner));
  }
}

const texts = (row: { view: SealApplicationView; work: unknown }): [view: string, work: string] => [
  JSON.stringify(sealApplicationViewSchema.parse(row.view)),
  JSON.stringify(row.work),
];

function rowOf(row: unknown): SealApplicationRow | undefined {
  if (row === undefined) return undefined;
  try {
    return rowSchema.parse(row);
  } catch (error) {
    // Written by another version, or damaged: the others are still shown.
    if (error instanceof z.ZodError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
