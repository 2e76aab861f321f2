import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import { z } from 'zod';
import { YinkeyError } from '../../shared/errors/index.ts';

/** Named values, JSON in the table, checked on the way in and out. */
export class SettingsRepository {
  #read;
  #write;

  constructor(database: Database) {
    this.#read = database.prepare('SELECT value FROM settings WHERE name = ?');
    this.#write = database.prepare(
      'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    );
  }

  /** The value, or `undefined` where there is none or an older client wrote one that no longer fits. */
  get<T>(name: string, schema: z.ZodType<T>): T | undefined {
    const row = this.#read.get(name) as { value: string } | undefined;
    if (!row) return undefined;
    const parsed = schema.safeParse(JSON.parse(row.value));
    return parsed.success ? parsed.data : undefined;
  }

  set<T>(name: string, schema: z.ZodType<T>, value: T): void {
    this.#write.run(name, JSON.stringify(schema.parse(value)));
  }
}

const recentRow = z.object({
  id: z.string(),
  path: z.string(),
  name: z.string(),
  openedAt: z.string(),
  stamped: z.number().transform((value) => value === 1),
});
/** A document that was open once: the path stays in main, windows know it by `id`. */
export type RecentDocument = z.output<typeof recentRow>;

const RECENT_KEPT = 50;

export class RecentDocumentsRepository {
  #list;
  #byId;
  #put;
  #trim;
  #forget;

  constructor(database: Database) {
    const columns = 'id, path, name, opened_at AS openedAt, stamped';
    this.#list = database.prepare(
      `SELECT ${columns} FROM recent_documents ORDER BY opened_at DESC, rowid DESC LIMIT ${RECENT_KEPT}`,
    );
    this.#byId = database.prepare(`SELECT ${columns} FROM recent_documents WHERE id = ?`);
    this.#put = database.prepare(
      `INSERT INTO recent_documents (id, path, name, opened_at, stamped) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (path) DO UPDATE SET
         name = excluded.name, opened_at = excluded.opened_at, stamped = max(stamped, excluded.stamped)
       RETURNING ${columns}`,
    );
    this.#trim = database.prepare(
      `DELETE FROM recent_documents WHERE id NOT IN
         (SELECT id FROM recent_documents ORDER BY opened_at DESC, rowid DESC LIMIT ${RECENT_KEPT})`,
    );
    this.#forget = database.prepare('DELETE FROM recent_documents WHERE id = ?');
  }

  /** Newest first, at most 50. */
  list(): RecentDocument[] {
    return this.#list.all().map((row) => recentRow.parse(row));
  }

  get(id: string): RecentDocument | undefined {
    const row = this.#byId.get(id);
    return row === undefined ? undefined : recentRow.parse(row);
  }

  /** Puts a document on top; `stamped` once true stays true. Its id stays the same for a path. */
  put(document: { path: string; name: string; openedAt: Date; stamped: boolean }): RecentDocument {
    const row = recentRow.parse(
      this.#put.get(
        randomUUID(),
        document.path,
        document.name,
        document.openedAt.toISOString(),
        document.stamped ? 1 : 0,
      ),
    );
    this.#trim.run();
    return row;
  }

  forget(id: string): void {
    this.#forget.run(id);
  }
}

const sealRow = z.object({
  id: z.string(),
  name: z.string(),
  sha256: z.string(),
  widthPx: z.number(),
  heightPx: z.number(),
  widthMm: z.number(),
  heightMm: z.number(),
});
export type StoredSeal = z.output<typeof sealRow>;

/** Bytes of a seal's picture, at most (20 MB). */
export const SEAL_BYTES_LIMIT = 20_000_000;

export class PicturesRepository {
  #list;
  #bytes;
  #insert;
  #bySha;
  #forget;

  constructor(database: Database) {
    const columns =
      'id, name, sha256, width_px AS widthPx, height_px AS heightPx, width_mm AS widthMm, height_mm AS heightMm';
    this.#list = database.prepare(`SELECT ${columns} FROM seal_pictures ORDER BY added_at, rowid`);
    this.#bytes = database.prepare('SELECT png FROM seal_pictures WHERE id = ?');
    this.#bySha = database.prepare(`SELECT ${columns} FROM seal_pictures WHERE sha256 = ?`);
    this.#insert = database.prepare(
      `INSERT INTO seal_pictures (id, name, sha256, width_px, height_px, width_mm, height_mm, added_at, png)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING`,
    );
    this.#forget = database.prepare('DELETE FROM seal_pictures WHERE id = ?');
  }

  list(): StoredSeal[] {
    return this.#list.all().map((row) => sealRow.parse(row));
  }

  /** @throws YinkeyError seal.not-found */
  bytes(id: string): Uint8Array<ArrayBuffer> {
    const row = this.#bytes.get(id) as { png: Uint8Array<ArrayBuffer> } | undefined;
    if (!row) throw new YinkeyError('seal.not-found', { id });
    return row.png;
  }

  /**
   * Keeps a picture; one with the same bytes is kept once, under its first name.
   * @throws YinkeyError seal.too-large
   */
  add(seal: Omit<StoredSeal, 'id'>, png: Uint8Array, now: Date): StoredSeal {
    if (png.byteLength > SEAL_BYTES_LIMIT) {
      throw new YinkeyError('seal.too-large', { bytes: png.byteLength, limit: SEAL_BYTES_LIMIT });
    }
    this.#insert.run(
      randomUUID(),
      seal.name,
      seal.sha256,
      seal.widthPx,
      seal.heightPx,
      seal.widthMm,
      seal.heightMm,
      now.toISOString(),
      png,
    );
    return sealRow.parse(this.#bySha.get(seal.sha256));
  }

  forget(id: string): void {
    this.#forget.run(id);
  }
}

const moduleRow = z.object({ path: z.string(), sha256: z.string(), agreedAt: z.string() });
export type AgreedModule = z.output<typeof moduleRow>;

/** The drivers that the user agreed to, each pinned by the hash of the file that was shown. */
export class AgreedModulesRepository {
  #list;
  #agree;
  #forget;

  constructor(database: Database) {
    this.#list = database.prepare(
      'SELECT path, sha256, agreed_at AS agreedAt FROM agreed_modules ORDER BY agreed_at, rowid',
    );
    this.#agree = database.prepare(
      `INSERT INTO agreed_modules (path, sha256, agreed_at) VALUES (?, ?, ?)
       ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256, agreed_at = excluded.agreed_at`,
    );
    this.#forget = database.prepare('DELETE FROM agreed_modules WHERE path = ?');
  }

  list(): AgreedModule[] {
    return this.#list.all().map((row) => moduleRow.parse(row));
  }

  agree(path: string, sha256: string, now: Date): void {
    this.#agree.run(path, sha256, now.toISOString());
  }

  forget(path: string): void {
    this.#forget.run(path);
  }
}

/** The audit log's rows; what they mean and how they are chained is the business of src/main/audit. */
export interface AuditRow {
  seq: number;
  entry: string;
  hash: string;
}

export class AuditRowsRepository {
  #database;
  #head;
  #insert;
  #setHead;
  #from;
  #latest;

  constructor(database: Database) {
    this.#database = database;
    this.#head = database.prepare('SELECT seq, hash FROM audit_head WHERE one = 1');
    this.#insert = database.prepare('INSERT INTO audit (seq, entry, hash) VALUES (?, ?, ?)');
    this.#setHead = database.prepare(
      `INSERT INTO audit_head (one, seq, hash) VALUES (1, ?, ?)
       ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`,
    );
    this.#from = database.prepare('SELECT seq, entry, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT 1000');
    this.#latest = database.prepare('SELECT seq, entry, hash FROM audit ORDER BY seq DESC LIMIT ?');
  }

  /** Where the log ends; undefined before the first entry. */
  head(): { seq: number; hash: string } | undefined {
    return this.#head.get() as { seq: number; hash: string } | undefined;
  }

  /** Adds what `make` makes of the head, with the database locked against other writers. */
  append(make: (head: { seq: number; hash: string } | undefined) => AuditRow): AuditRow {
    return this.#database
      .transaction(() => {
        const row = make(this.head());
        this.#insert.run(row.seq, row.entry, row.hash);
        this.#setHead.run(row.seq, row.hash);
        return row;
      })
      .immediate();
  }

  /** All rows in order, or those after one of them; read in portions. */
  *all(after: number = Number.MIN_SAFE_INTEGER): IterableIterator<AuditRow> {
    let last = after;
    for (;;) {
      const portion = this.#from.all(last) as AuditRow[];
      yield* portion;
      const end = portion.at(-1);
      if (!end) return;
      last = end.seq;
    }
  }

  /** The newest rows, newest first. */
  latest(count: number): AuditRow[] {
    return this.#latest.all(count) as AuditRow[];
  }
}
