import { createHash } from 'node:crypto';
import { userInfo } from 'node:os';
import { z } from 'zod';
import { careCaseSchema } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { AuditRow, AuditRowsRepository } from '../store/index.ts';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** What an act was. Stable words; a new act is a new word. */
const auditActSchema = z.enum([
  'stamp',
  'module.agree',
  'module.forget',
  'practice.up',
  'store.begun',
  'pin.change',
  'token.unlock',
  'token.trial',
  'token.initialise',
  'so-pin.change',
  'so-pin.settle',
  'trust.add',
  'trust.remove',
  'certificate.import',
  'key.generate',
  'key.remove',
  'order.confirm',
  'order.cancel',
  'order.abandon',
  'certificate.request',
  'certificate.write',
  'certificate.reject',
  'certificate.confirm',
  'certificate.retire',
  'certificate.remove',
  'seal.request',
  'seal.withdraw',
  'seal.bind',
  'seal.reissue',
  'seal.remove',
  'seal.export',
  'loss.report',
]);

/** What is recorded of one privileged act. Never a PIN, never a document's content: a file's name and its hashes. */
export const auditRecordSchema = z.object({
  act: auditActSchema,
  /** What it was done to: a document's or a driver's file name. */
  subject: z.string().max(1024),
  token: z.object({ serial: z.string(), label: z.string() }).nullable(),
  certificateSha256: sha256Hex.nullable(),
  documentIn: sha256Hex.nullable(),
  documentOut: sha256Hex.nullable(),
  /** Of a stamp, request or binding: the electronic seal, by its esID and the SHA-256 of the SESeal. */
  seal: z.object({ id: z.string().max(64), sha256: sha256Hex.nullable() }).optional(),
  /** 'ok', or the error code it ended with. */
  result: z.string().max(64),
  /** Of an act at the counter: why, on what paper, by whom, and how many tries each PIN was given. */
  case: careCaseSchema.optional(),
  tries: z.object({ user: z.number().int(), so: z.number().int() }).optional(),
});
export type AuditRecord = z.infer<typeof auditRecordSchema>;

export const auditEntrySchema = auditRecordSchema.extend({
  /** Counts from 1, without a gap. */
  seq: z.number().int().positive(),
  /** ISO 8601, UTC, the computer's clock. */
  at: z.iso.datetime(),
  /** The operating system's user. */
  actor: z.string().max(256),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** What stands in the place of "the entry before" for the first one: SHA-256 of the ASCII text "yinkey audit 1". */
export const GENESIS = '72232f8581af1d67ccd805c286ef818f06b51a70127e493c9535ca5a2c78e611';

/** JSON with the members of every object sorted by name (code units) and no spaces: one text for one value. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** An entry's hash: SHA-256 over the hash of the one before (64 hex digits), a line feed, and the entry's canonical JSON. */
export function chainHash(previous: string, entry: string): string {
  return createHash('sha256').update(`${previous}\n${entry}`, 'utf8').digest('hex');
}

/** How many entries are walked before others get their turn (a few milliseconds). */
const ENTRIES_AT_A_TIME = 100;

export type AuditVerdict =
  | { ok: true; entries: number }
  | { ok: false; firstBroken: number; reason: 'missing' | 'changed' | 'unreadable' | 'end-missing' };

/**
 * The append-only log of privileged acts. Each entry's hash covers the one before it, from a known beginning, so a
 * change to any of them breaks all that follow. Whoever can write the file and knows this code could still forge a
 * whole new chain: that needs a witness outside (an exported head), not a better hash.
 */
export class AuditLog {
  #rows: AuditRowsRepository;
  #actor: string;
  #now: () => Date;

  constructor(rows: AuditRowsRepository, options: { actor?: string; now?: () => Date } = {}) {
    this.#rows = rows;
    this.#actor = options.actor ?? systemUser();
    this.#now = options.now ?? (() => new Date());
  }

  /** Adds one entry; on disk when this returns. */
  append(record: AuditRecord): AuditEntry {
    const checked = auditRecordSchema.parse(record);
    let entry: AuditEntry | undefined;
    this.#rows.append((head) => {
      const seq = (head?.seq ?? 0) + 1;
      entry = { ...checked, seq, at: this.#now().toISOString(), actor: this.#actor };
      const text = canonicalJson(entry);
      return { seq, entry: text, hash: chainHash(head?.hash ?? GENESIS, text) };
    });
    return entry as unknown as AuditEntry;
  }

  /** Walks the whole chain. The first entry that is missing, changed or out of its place is named. */
  verify(): AuditVerdict {
    const walk = this.#walk();
    for (;;) {
      const { done, value } = walk.next();
      if (done) return value;
    }
  }

  /** The same, with pauses: for a process that has a window to serve. */
  async verifyGently(): Promise<AuditVerdict> {
    const walk = this.#walk();
    for (let n = 1; ; n += 1) {
      const { done, value } = walk.next();
      if (done) return value;
      if (n % ENTRIES_AT_A_TIME === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  *#walk(): Generator<undefined, AuditVerdict> {
    let previous = GENESIS;
    let seq = 0;
    for (const row of this.#rows.all()) {
      seq += 1;
      if (row.seq !== seq) return { ok: false, firstBroken: seq, reason: 'missing' };
      const entry = readEntry(row);
      if (!entry || entry.seq !== seq) return { ok: false, firstBroken: seq, reason: 'unreadable' };
      if (chainHash(previous, row.entry) !== row.hash)
        return { ok: false, firstBroken: seq, reason: 'changed' };
      previous = row.hash;
      yield;
    }
    const head = this.#rows.head();
    const complete = head === undefined ? seq === 0 : head.seq === seq && head.hash === previous;
    return complete ? { ok: true, entries: seq } : { ok: false, firstBroken: seq + 1, reason: 'end-missing' };
  }

  /** @throws YinkeyError audit.broken with the first broken entry's number */
  assertIntact(): void {
    const verdict = this.verify();
    if (!verdict.ok)
      throw new YinkeyError('audit.broken', { entry: verdict.firstBroken, reason: verdict.reason });
  }

  /** Every entry in order with its hash, as it was written: what an export and a witness need. */
  *export(): IterableIterator<{ seq: number; entry: string; hash: string }> {
    for (const { seq, entry, hash } of this.#rows.all()) yield { seq, entry, hash };
  }

  /** Entries after one of them in order, each with its number. Entries that can't be read are left out here too. */
  *after(seq: number): IterableIterator<AuditEntry> {
    for (const row of this.#rows.all(seq)) {
      const entry = readEntry(row);
      if (entry) yield entry;
    }
  }

  /** The newest entries, newest first. Entries that can't be read are left out here; `verify` tells them. */
  list(count = 100): AuditEntry[] {
    return this.#rows
      .latest(count)
      .map(readEntry)
      .filter((entry) => entry !== undefined);
  }
}

function readEntry(row: AuditRow): AuditEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(row.entry);
  } catch {
    return undefined;
  }
  const parsed = auditEntrySchema.safeParse(value);
  return parsed.success && canonicalJson(value) === row.entry ? parsed.data : undefined;
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry for this user id, as in some containers.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
