import { createHash, randomBytes } from 'node:crypto';
import type { AuthorityDatabase } from './database.ts';

/**
 * - waiting    the client was told to poll
 * - issued     the certificate was sent, its confirmation is missing
 * - done       confirmed, or refused by one side
 */
export type TransactionState = 'waiting' | 'issued' | 'done';

/** What the server has to remember of an exchange between its messages. */
export interface Transaction {
  /** Hex. */
  id: string;
  /** Body that answers the request. */
  answer: 'ip' | 'cp' | 'kup';
  certReqId: number;
  state: TransactionState;
  /** 'cert SHA256' or 'ref REFERENCE': follow-up messages have to come from the same. */
  holder: string;
  /** DER, of the certificate to be made. */
  subject: Uint8Array;
  spki: Uint8Array;
  /** ISO 8601; null: the order's. */
  notAfter: string | null;
  /** The request wanted what it does not get: status grantedWithMods. */
  withMods: boolean;
  implicit: boolean;
  orderId: string | null;
  /** SHA-256 of the certificate that is renewed. */
  oldSha256: string | null;
  /** Polls until the certificate comes. */
  pollsLeft: number;
  /** Of the certificate that was sent. */
  serialNumber: string | null;
  /** Nonces that were sent, hex: one of them has to come back. */
  nonces: string[];
}

const schema = `
create table if not exists cmp_transactions (id text primary key, state text not null, content text not null) strict;
create table if not exists cmp_answers (request text primary key, answer blob not null, at text not null) strict;
`;

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** What the CMP server remembers, in the authority's database. */
export class CmpState {
  readonly #database: AuthorityDatabase;

  constructor(database: AuthorityDatabase) {
    this.#database = database;
    database.sql.exec(schema);
  }

  transaction(id: string): Transaction | null {
    const row = this.#database.sql.prepare('select content from cmp_transactions where id = ?').get(id) as
      | { content: string }
      | undefined;
    if (!row) return null;
    const content = JSON.parse(row.content) as Omit<Transaction, 'subject' | 'spki'> & {
      subject: string;
      spki: string;
    };
    return { ...content, subject: bytes(content.subject), spki: bytes(content.spki) };
  }

  putTransaction(transaction: Transaction): void {
    const content = {
      ...transaction,
      subject: base64(transaction.subject),
      spki: base64(transaction.spki),
    };
    this.#database.sql
      .prepare('insert or replace into cmp_transactions values (?, ?, ?)')
      .run(transaction.id, transaction.state, JSON.stringify(content));
  }

  /** The answer that these very bytes got before: whoever sends them again has lost it. */
  answerTo(request: Uint8Array): Uint8Array | null {
    const row = this.#database.sql
      .prepare('select answer from cmp_answers where request = ?')
      .get(hashOf(request)) as { answer: Uint8Array } | undefined;
    return row ? new Uint8Array(row.answer) : null;
  }

  keepAnswer(request: Uint8Array, answer: Uint8Array, at: Date): void {
    this.#database.sql
      .prepare('insert or replace into cmp_answers values (?, ?, ?)')
      .run(hashOf(request), Buffer.from(answer), at.toISOString());
  }
}

const hashOf = (request: Uint8Array) => createHash('sha256').update(request).digest('hex');

export const newNonce = () => new Uint8Array(randomBytes(16));
