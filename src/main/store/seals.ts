import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { z } from 'zod';
import { type SealCard, sealCardSchema } from '../../shared/domain/index.ts';
import { written } from './leases.ts';

const boundRow = z.object({
  id: z.string(),
  module: z.string(),
  serial: z.string(),
  tokenLabel: z.string(),
  sha256: z.string(),
  place: z.enum(['key', 'store']),
  /** null: written by another version; made anew when the key is read again. */
  view: z.string().transform((text): SealCard | null => {
    return sealCardSchema.safeParse(JSON.parse(text)).data ?? null;
  }),
  seenAt: z.string(),
});
/** A seal that was seen on a key. */
export type BoundSealRow = z.output<typeof boundRow>;

/** Seals that are listed, at most: those that were seen last. */
const KEPT = 500;

/** Seals that were read from keys, and their bytes. */
export class BoundSealsRepository {
  #database;
  #list;
  #put;
  #remove;
  #trim;
  #object;
  #putObject;
  #sweep;

  constructor(database: Database) {
    this.#database = database;
    this.#list = database.prepare(
      `SELECT id, module, serial, token_label AS tokenLabel, sha256, place, view, seen_at AS seenAt FROM bound_seals
       ORDER BY seen_at DESC, id LIMIT ${KEPT}`,
    );
    this.#put = database.prepare(
      `INSERT INTO bound_seals (id, serial, token_label, module, sha256, place, view, seen_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id, serial, token_label) DO UPDATE SET module = excluded.module, sha256 = excluded.sha256,
         place = excluded.place, view = excluded.view, seen_at = excluded.seen_at`,
    );
    this.#remove = database.prepare(
      'DELETE FROM bound_seals WHERE id = ? AND serial = ? AND token_label = ?',
    );
    this.#trim = database.prepare(
      `DELETE FROM bound_seals WHERE rowid NOT IN (SELECT rowid FROM bound_seals ORDER BY seen_at DESC LIMIT ${KEPT})`,
    );
    this.#object = database.prepare('SELECT der FROM seal_objects WHERE sha256 = ?');
    this.#putObject = database.prepare(
      `INSERT INTO seal_objects (sha256, der, kept, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (sha256) DO UPDATE SET kept = max(kept, excluded.kept)`,
    );
    this.#sweep = database.prepare(
      'DELETE FROM seal_objects WHERE kept = 0 AND sha256 NOT IN (SELECT sha256 FROM bound_seals)',
    );
  }

  /** All that were seen, last seen first. */
  list(): BoundSealRow[] {
    return this.#list.all().map((row) => boundRow.parse(row));
  }

  /** The bytes of a SESeal by their SHA-256; undefined: never seen here. */
  bytes(sha256: string): Uint8Array | undefined {
    return (this.#object.get(sha256) as { der: Uint8Array } | undefined)?.der;
  }

  /**
   * Keeps a seal for a key that has no room for it; on disk when this returns.
   * @throws YinkeyError store.failed
   */
  keep(seal: Uint8Array, now: Date): string {
    const sha256 = createHash('sha256').update(seal).digest('hex');
    written(() => this.#putObject.run(sha256, seal, 1, now.toISOString()));
    return sha256;
  }

  /** Writes down what a key holds now: these, and no others. @throws YinkeyError store.failed */
  putKey(
    token: { module: string; serial: string; label: string },
    seals: readonly { view: SealCard; bytes: Uint8Array }[],
    now: Date,
  ): void {
    const { module, serial, label } = token;
    const at = now.toISOString();
    written(() =>
      this.#database
        .transaction(() => {
          const gone = this.list().filter((row) => row.serial === serial && row.tokenLabel === label);
          for (const { id } of gone) {
            if (!seals.some(({ view }) => view.id === id)) this.#remove.run(id, serial, label);
          }
          for (const { view, bytes } of seals) {
            this.#putObject.run(view.sha256, bytes, 0, at);
            this.#put.run(
              view.id,
              serial,
              label,
              module,
              view.sha256,
              view.where,
              JSON.stringify(sealCardSchema.parse(view)),
              at,
            );
          }
          this.#trim.run();
          this.#sweep.run();
        })
        .immediate(),
    );
  }

  /** Writes down how a seal is judged now; when it was seen stays. */
  putView(view: SealCard): void {
    const { id, token } = view;
    const row = this.list().find(
      (one) => one.id === id && one.serial === token.serial && one.tokenLabel === token.label,
    );
    if (!row || row.sha256 !== view.sha256) return;
    const text = JSON.stringify(sealCardSchema.parse(view));
    written(() =>
      this.#put.run(id, row.serial, row.tokenLabel, token.module, row.sha256, view.where, text, row.seenAt),
    );
  }

  /** Takes a seal off the list. */
  forget(id: string, token: { serial: string; label: string }): void {
    written(() => {
      this.#remove.run(id, token.serial, token.label);
      this.#sweep.run();
    });
  }
}

const listRow = z.object({
  number: z.number(),
  thisUpdate: z.string(),
  nextUpdate: z.string(),
  askedAt: z.string(),
  der: z.instanceof(Uint8Array),
});
/** The newest status list of a maker. Times are ISO 8601. */
export type KeptStatusList = z.output<typeof listRow>;

/** The newest status list of each seal maker; an older one never takes the place of a newer one. */
export class SealStatusListsRepository {
  #get;
  #all;
  #put;
  #asked;

  constructor(database: Database) {
    this.#get = database.prepare(
      `SELECT number, this_update AS thisUpdate, next_update AS nextUpdate, asked_at AS askedAt, der
       FROM seal_status_lists WHERE maker = ?`,
    );
    this.#all = database.prepare('SELECT der FROM seal_status_lists ORDER BY asked_at DESC LIMIT 20');
    this.#put = database.prepare(
      `INSERT INTO seal_status_lists (maker, number, this_update, next_update, asked_at, der) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (maker) DO UPDATE SET number = excluded.number, this_update = excluded.this_update,
         next_update = excluded.next_update, asked_at = excluded.asked_at, der = excluded.der
         WHERE excluded.number >= number`,
    );
    this.#asked = database.prepare('UPDATE seal_status_lists SET asked_at = ? WHERE maker = ?');
  }

  get(maker: string): KeptStatusList | undefined {
    const row = this.#get.get(maker);
    return row === undefined ? undefined : listRow.parse(row);
  }

  /** The lists of all makers, DER: those that were asked for last go first. */
  all(): Uint8Array[] {
    return (this.#all.all() as { der: Uint8Array }[]).map(({ der }) => der);
  }

  /** Keeps a list; false where a list of a higher number is there, which stays. */
  put(
    maker: string,
    list: { number: number; thisUpdate: Date; nextUpdate: Date; der: Uint8Array },
    now: Date,
  ): boolean {
    const { number, thisUpdate, nextUpdate, der } = list;
    const at = now.toISOString();
    const { changes } = written(() =>
      this.#put.run(maker, number, thisUpdate.toISOString(), nextUpdate.toISOString(), at, der),
    ) as { changes: number };
    if (changes === 0) this.#asked.run(at, maker);
    return changes === 1;
  }
}
