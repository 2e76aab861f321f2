import type Database from 'better-sqlite3';
import { z } from 'zod';
import { pinStateSchema } from '../../shared/domain/index.ts';

const row = z.object({
  sha256: z.string(),
  der: z.instanceof(Uint8Array),
  ckaId: z.string(),
  label: z.string(),
  module: z.string(),
  serial: z.string(),
  tokenLabel: z.string(),
  manufacturer: z.string(),
  pinState: pinStateSchema,
  seenAt: z.string(),
  seal: z.string(),
});
/** A certificate as it was last seen on a key. */
export type SeenCertificate = z.infer<typeof row>;

/** More than anyone has; the oldest go first. */
const KEPT = 500;

/** Certificates that were on keys which were plugged in here. */
export class SeenCertificatesRepository {
  #put;
  #trim;
  #list;
  #forget;
  #seal;

  constructor(database: Database) {
    this.#put = database.prepare(
      `INSERT INTO seen_certificates (sha256, der, cka_id, label, module, serial, token_label, manufacturer, pin_state, seen_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (sha256) DO UPDATE SET cka_id = excluded.cka_id, label = excluded.label, module = excluded.module,
         serial = excluded.serial, token_label = excluded.token_label, manufacturer = excluded.manufacturer,
         pin_state = excluded.pin_state, seen_at = excluded.seen_at`,
    );
    this.#trim = database.prepare(
      `DELETE FROM seen_certificates WHERE sha256 NOT IN
         (SELECT sha256 FROM seen_certificates ORDER BY seen_at DESC LIMIT ${KEPT})`,
    );
    this.#list = database.prepare(
      `SELECT sha256, der, cka_id AS ckaId, label, module, serial, token_label AS tokenLabel, manufacturer,
         pin_state AS pinState, seen_at AS seenAt, seal FROM seen_certificates`,
    );
    this.#forget = database.prepare('DELETE FROM seen_certificates WHERE sha256 = ?');
    this.#seal = database.prepare('UPDATE seen_certificates SET seal = ? WHERE sha256 = ?');
  }

  /** Writes what is on a key now; what is known of its seal stays. */
  put(seen: Omit<SeenCertificate, 'seal' | 'der'> & { der: Uint8Array }): void {
    const { sha256, der, ckaId, label, module, serial, tokenLabel, manufacturer, pinState, seenAt } = seen;
    this.#put.run(sha256, der, ckaId, label, module, serial, tokenLabel, manufacturer, pinState, seenAt);
    this.#trim.run();
  }

  list(): SeenCertificate[] {
    return this.#list.all().map((each) => row.parse(each));
  }

  forget(sha256: string): void {
    this.#forget.run(sha256);
  }

  /** The seal (by name) that was used with the certificate. */
  noteSeal(sha256: string, seal: string): void {
    this.#seal.run(seal, sha256);
  }
}
