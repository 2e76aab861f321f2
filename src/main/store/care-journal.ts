import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import {
  type CareAct,
  type CareCase,
  type CareEntry,
  careEntrySchema,
  type TokenId,
} from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';

/** Settled entries that are listed, at most. */
const SETTLED_LISTED = 100;

/** Acts at the counter, each written down before the key is touched, so that one cut off in the middle is known. */
export class CareJournalRepository {
  #insert;
  #settle;
  #supersede;
  #refuse;
  #byId;
  #list;

  constructor(database: Database) {
    const columns =
      'id, act, module, serial, label, reason, reference, staff, started_at AS startedAt, state, settled_at AS settledAt, result, refused';
    this.#insert = database.prepare(
      `INSERT INTO care_journal (id, act, module, serial, label, reason, reference, staff, started_at, state, result, refused)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'started', '', '[]')`,
    );
    this.#settle = database.prepare(
      'UPDATE care_journal SET state = ?, result = ?, settled_at = ?, serial = ?, label = ? WHERE id = ?',
    );
    this.#supersede = database.prepare(
      `UPDATE care_journal SET state = 'done', result = 'superseded', settled_at = ?
       WHERE act = ? AND serial = ? AND state IN ('started', 'unknown')`,
    );
    this.#refuse = database.prepare('UPDATE care_journal SET refused = ? WHERE id = ?');
    this.#byId = database.prepare(`SELECT ${columns} FROM care_journal WHERE id = ?`);
    this.#list = database.prepare(
      `SELECT ${columns} FROM care_journal WHERE state IN ('started', 'unknown') OR rowid IN
         (SELECT rowid FROM care_journal WHERE state IN ('done', 'unchanged') ORDER BY rowid DESC LIMIT ${SETTLED_LISTED})
       ORDER BY rowid DESC`,
    );
  }

  /** Writes that an act begins; on disk when this returns. Returns the entry's id. */
  begin(act: CareAct, token: TokenId, facts: CareCase, now: Date): string {
    const id = randomUUID();
    const { module, serial, label } = token;
    const { reason, reference, staff } = facts;
    this.#insert.run(id, act, module, serial, label, reason, reference, staff, now.toISOString());
    return id;
  }

  /** How it ended; `token`: as it is now (a new key has another serial number and label). */
  settle(
    id: string,
    state: 'done' | 'unchanged' | 'unknown',
    result: string,
    token: Pick<TokenId, 'serial' | 'label'>,
    now: Date,
  ): void {
    this.#settle.run(state, result, now.toISOString(), token.serial, token.label, id);
  }

  /** A later act on the same key has made these entries moot. */
  supersede(act: CareAct, token: Pick<TokenId, 'serial'>, now: Date): void {
    this.#supersede.run(now.toISOString(), act, token.serial);
  }

  /** A candidate of an interrupted change was tried and does not fit. */
  refused(id: string, candidate: 'old' | 'new'): void {
    const { refused } = this.get(id);
    if (!refused.includes(candidate)) this.#refuse.run(JSON.stringify([...refused, candidate]), id);
  }

  /** @throws YinkeyError request.refused when there is no such entry */
  get(id: string): CareEntry {
    const row = this.#byId.get(id);
    if (!row) throw new YinkeyError('request.refused', { method: 'no such entry in the journal' });
    return entryOf(row);
  }

  /** Newest first: all that are not settled, and the last 100 that are. */
  list(): CareEntry[] {
    return this.#list.all().map(entryOf);
  }
}

function entryOf(row: unknown): CareEntry {
  const { module, serial, label, reason, reference, staff, refused, ...rest } = row as Record<string, string>;
  return careEntrySchema.parse({
    ...rest,
    token: { module, serial, label },
    case: { reason, reference, staff },
    refused: JSON.parse(refused as string),
  });
}
