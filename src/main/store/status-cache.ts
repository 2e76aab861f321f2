import type Database from 'better-sqlite3';
import { z } from 'zod';
import { revocationReasonSchema, wireErrorSchema } from '../../shared/domain/index.ts';

/** What is kept of an answer about a certificate. Times are ISO 8601. */
export interface KeptAnswer {
  revocation: 'good' | 'revoked' | 'unknown';
  source: 'ocsp' | 'crl';
  producedAt: string;
  /** Until when it may be used. */
  validUntil: string;
  revokedAt: string | null;
  reason: z.infer<typeof revocationReasonSchema> | null;
  /** The OCSP answer as it came; null when a list said so. */
  ocsp: Uint8Array | null;
  /** Where the list came from. */
  crl: string | null;
}

const row = z.object({
  askedAt: z.string(),
  error: z
    .string()
    .transform((text) => wireErrorSchema.parse(JSON.parse(text)))
    .nullable(),
  revocation: z.enum(['good', 'revoked', 'unknown']).nullable(),
  source: z.enum(['ocsp', 'crl']).nullable(),
  producedAt: z.string().nullable(),
  validUntil: z.string().nullable(),
  revokedAt: z.string().nullable(),
  reason: revocationReasonSchema.nullable(),
  ocsp: z.instanceof(Uint8Array).nullable(),
  crl: z.string().nullable(),
});

/** The last question about a certificate, and the newest answer there ever was. */
export interface KeptStatus {
  askedAt: string;
  error: z.infer<typeof wireErrorSchema> | null;
  answer: KeptAnswer | null;
}

/** Bytes of a revocation list that is kept, at most (16 MB): a larger one is fetched again when it is needed. */
const LIST_BYTES_LIMIT = 16 << 20;

/** Lists that are kept, at most: the ones that nobody has used for longest go first. */
const LISTS_KEPT = 20;

/** Certificates that are told to be revoked, at most. */
const REVOKED_TOLD = 10_000;

const listRow = z.object({ der: z.instanceof(Uint8Array), nextUpdate: z.string() });

/** Answers of authorities, by certificate and issuer (SHA-256, hex), and the revocation lists they came from. */
export class StatusCacheRepository {
  #read;
  #readAny;
  #revoked;
  #answer;
  #failure;
  #list;
  #touch;
  #putList;
  #trimLists;
  readonly #together: (writes: () => void) => void;

  constructor(database: Database) {
    this.#together = database.transaction((writes: () => void) => writes());
    const columns =
      'asked_at AS askedAt, error, revocation, source, produced_at AS producedAt, valid_until AS validUntil, revoked_at AS revokedAt, reason, ocsp, crl';
    this.#read = database.prepare(
      `SELECT ${columns} FROM certificate_status WHERE certificate = ? AND issuer = ?`,
    );
    this.#readAny = database.prepare(
      'SELECT issuer FROM certificate_status WHERE certificate = ? ORDER BY asked_at DESC LIMIT 1',
    );
    this.#revoked = database.prepare(
      `SELECT DISTINCT certificate FROM certificate_status WHERE revocation = 'revoked' ORDER BY asked_at DESC
       LIMIT ${REVOKED_TOLD}`,
    );
    this.#answer = database.prepare(
      `INSERT INTO certificate_status (certificate, issuer, asked_at, error, revocation, source, produced_at, valid_until,
         revoked_at, reason, ocsp, crl) VALUES (?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (certificate, issuer) DO UPDATE SET asked_at = excluded.asked_at, error = NULL,
         revocation = excluded.revocation, source = excluded.source, produced_at = excluded.produced_at,
         valid_until = excluded.valid_until, revoked_at = excluded.revoked_at, reason = excluded.reason,
         ocsp = excluded.ocsp, crl = excluded.crl`,
    );
    this.#failure = database.prepare(
      `INSERT INTO certificate_status (certificate, issuer, asked_at, error) VALUES (?, ?, ?, ?)
       ON CONFLICT (certificate, issuer) DO UPDATE SET asked_at = excluded.asked_at, error = excluded.error`,
    );
    this.#list = database.prepare(
      'SELECT der, next_update AS nextUpdate FROM revocation_lists WHERE url = ? AND issuer = ?',
    );
    this.#touch = database.prepare('UPDATE revocation_lists SET used_at = ? WHERE url = ? AND issuer = ?');
    this.#putList = database.prepare(
      `INSERT INTO revocation_lists (url, issuer, this_update, next_update, used_at, der) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (url, issuer) DO UPDATE SET this_update = excluded.this_update, next_update = excluded.next_update,
         used_at = excluded.used_at, der = excluded.der`,
    );
    this.#trimLists = database.prepare(
      `DELETE FROM revocation_lists WHERE rowid NOT IN
         (SELECT rowid FROM revocation_lists ORDER BY used_at DESC LIMIT ${LISTS_KEPT})`,
    );
  }

  /** What is known; undefined when nobody ever asked. A row that no longer fits counts as none. */
  get(certificate: string, issuer: string): KeptStatus | undefined {
    const found = this.#read.get(certificate, issuer);
    if (found === undefined) return undefined;
    const parsed = row.safeParse(found);
    if (!parsed.success) return undefined;
    const { askedAt, error, revocation, source, producedAt, validUntil, ...rest } = parsed.data;
    const whole = revocation && source && producedAt && validUntil;
    return {
      askedAt,
      error,
      answer: whole ? { revocation, source, producedAt, validUntil, ...rest } : null,
    };
  }

  /** The same without knowing the issuer: the one asked about last. */
  find(certificate: string): (KeptStatus & { issuer: string }) | undefined {
    const found = this.#readAny.get(certificate) as { issuer: string } | undefined;
    const kept = found && this.get(certificate, found.issuer);
    return kept && { ...kept, issuer: found.issuer };
  }

  /** When and why a certificate was revoked, as far as this client has ever heard. */
  revocation(certificate: string): { at: Date; reason: KeptAnswer['reason'] } | undefined {
    const answer = this.find(certificate)?.answer;
    if (answer?.revocation !== 'revoked') return undefined;
    return { at: new Date(answer.revokedAt ?? answer.producedAt), reason: answer.reason };
  }

  /** All certificates of which this client has heard that they are revoked, by SHA-256 (hex); since when, ISO 8601. */
  revoked(): { sha256: string; since: string }[] {
    return (this.#revoked.all() as { certificate: string }[]).flatMap(({ certificate }) => {
      const revocation = this.revocation(certificate);
      return revocation ? [{ sha256: certificate, since: revocation.at.toISOString() }] : [];
    });
  }

  /** Keeps an answer in the place of the one before. */
  keep(certificate: string, issuer: string, askedAt: Date, answer: KeptAnswer): void {
    const { revocation, source, producedAt, validUntil, revokedAt, reason, ocsp, crl } = answer;
    this.#answer.run(
      certificate,
      issuer,
      askedAt.toISOString(),
      revocation,
      source,
      producedAt,
      validUntil,
      revokedAt,
      reason,
      ocsp,
      crl,
    );
  }

  /** Several writes as one, with one wait for the disk. */
  together(writes: () => void): void {
    this.#together(writes);
  }

  /** Notes that a question brought nothing; an answer from before stays. */
  failed(certificate: string, issuer: string, askedAt: Date, error: z.infer<typeof wireErrorSchema>): void {
    this.#failure.run(certificate, issuer, askedAt.toISOString(), JSON.stringify(error));
  }

  /** The list that was last fetched from there, whatever its dates. */
  list(url: string, issuer: string, now: Date): { der: Uint8Array; nextUpdate: Date } | undefined {
    const found = this.#list.get(url, issuer);
    if (found === undefined) return undefined;
    this.#touch.run(now.toISOString(), url, issuer);
    const { der, nextUpdate } = listRow.parse(found);
    return { der, nextUpdate: new Date(nextUpdate) };
  }

  /** Keeps a list; one above the limit is not kept, and that is no failure. */
  keepList(
    url: string,
    issuer: string,
    list: { der: Uint8Array; thisUpdate: Date; nextUpdate: Date },
    now: Date,
  ): void {
    if (list.der.length > LIST_BYTES_LIMIT) return;
    const { thisUpdate, nextUpdate, der } = list;
    this.#putList.run(
      url,
      issuer,
      thisUpdate.toISOString(),
      nextUpdate.toISOString(),
      now.toISOString(),
      der,
    );
    this.#trimLists.run();
  }
}
