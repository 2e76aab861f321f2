import { randomInt } from 'node:crypto';
import { der } from '../../src/main/certificates/index.ts';
import { withUsccCheck } from '../uscc.ts';
import type { AuthorityDatabase } from './database.ts';

const schema = `
create table if not exists enrolments (
  reference text primary key,
  secret text not null,
  unit text not null,
  credit_code text not null,
  seal text not null,
  years integer not null,
  created_at text not null,
  until text not null,
  used_by text
) strict;
`;

/** What the counter writes down before it hands out a blank key. */
export interface EnrolmentForm {
  unit: string;
  creditCode: string;
  /** Full name of the seal that will hang on the certificate. */
  seal: string;
  years: number;
}

/** What is handed out with a blank key: whoever knows the secret may have one certificate for this unit. */
export interface Enrolment extends EnrolmentForm {
  /** Goes into the request's header as it is (senderKID). */
  reference: string;
  secret: string;
  createdAt: string;
  /** After this the secret is good for nothing. */
  until: string;
  /** Transaction (hex) that was given a certificate for it; null: not used yet. */
  usedBy: string | null;
}

interface SqlRow {
  reference: string;
  secret: string;
  unit: string;
  credit_code: string;
  seal: string;
  years: number;
  created_at: string;
  until: string;
  used_by: string | null;
}

const day = 86_400_000;
const goodForDays = 14;

/** Without letters and digits that people take for others. */
const secretAlphabet = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';

/** 16 characters in groups of four: some 79 bits. */
function newSecret(): string {
  const character = () => secretAlphabet[randomInt(secretAlphabet.length)]!;
  const group = () => character() + character() + character() + character();
  return [group(), group(), group(), group()].join('-');
}

/** Whether it is a unified social credit code, with a check character that fits (GB 32100-2015). */
function isCreditCode(code: string): boolean {
  return /^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code) && withUsccCheck(code.slice(0, 17)) === code;
}

/** Fields of the form that do not fit, by their names. */
export function enrolmentFaults(form: EnrolmentForm): (keyof EnrolmentForm)[] {
  const { unit, creditCode, seal, years } = form;
  const faults: (keyof EnrolmentForm)[] = [];
  // X.520 gives names 64 characters, and the common name has both of them.
  if (unit === '' || unit.length > 45) faults.push('unit');
  if (!isCreditCode(creditCode)) faults.push('creditCode');
  if (seal === '' || seal.length > 18) faults.push('seal');
  if (!Number.isInteger(years) || years < 1 || years > 5) faults.push('years');
  return faults;
}

/** The subject of the unit's certificate: DER of a Name, in the order of the authority's other certificates. */
export function enrolmentSubject(form: Pick<EnrolmentForm, 'unit' | 'creditCode' | 'seal'>): Uint8Array {
  const { unit, creditCode, seal } = form;
  const part = (type: string, value: Uint8Array) => der.setOf(der.seq(der.oid(type), value));
  return der.seq(
    part('2.5.4.6', der.element(der.tags.printableString, Buffer.from('CN'))),
    part('2.5.4.10', der.utf8(unit)),
    // ETSI EN 319 412-1 5.1.4: a national registration number
    part('2.5.4.97', der.utf8(`NTRCN-${creditCode}`)),
    part('2.5.4.11', der.utf8(seal)),
    part('2.5.4.3', der.utf8(`${unit} ${seal}`)),
  );
}

/** Reference numbers and secret codes for first certificates. */
export class Enrolments {
  readonly #database: AuthorityDatabase;
  readonly #now: () => Date;

  constructor(parts: { database: AuthorityDatabase; now: () => Date }) {
    this.#database = parts.database;
    this.#now = parts.now;
    this.#database.sql.exec(schema);
  }

  /** @throws RangeError when the form has faults */
  make(form: EnrolmentForm): Enrolment {
    const faults = enrolmentFaults(form);
    if (faults.length > 0) throw new RangeError(`the form does not fit: ${faults.join(', ')}`);
    const { unit, creditCode, seal, years } = form;
    const now = this.#now();
    const until = new Date(now.getTime() + goodForDays * day);
    return this.#database.atomically(() => {
      let reference = '';
      do reference = String(randomInt(10_000_000, 100_000_000));
      while (this.find(reference));
      this.#database.sql
        .prepare('insert into enrolments values (?, ?, ?, ?, ?, ?, ?, ?, null)')
        .run(reference, newSecret(), unit, creditCode, seal, years, now.toISOString(), until.toISOString());
      return this.find(reference)!;
    });
  }

  find(reference: string): Enrolment | null {
    const found = this.#database.sql.prepare('select * from enrolments where reference = ?').get(reference);
    if (found === undefined) return null;
    const { credit_code: creditCode, created_at: createdAt, used_by: usedBy, ...row } = found as SqlRow;
    return { ...row, creditCode, createdAt, usedBy };
  }

  /** The enrolment for a request of this transaction; null: unknown, too old, or used by another one. */
  secretFor(reference: string, transactionId: string): Enrolment | null {
    const enrolment = this.find(reference);
    if (!enrolment || Date.parse(enrolment.until) < this.#now().getTime()) return null;
    return enrolment.usedBy === null || enrolment.usedBy === transactionId ? enrolment : null;
  }

  /** A certificate was issued for it: no other transaction gets one. */
  use(reference: string, transactionId: string): void {
    this.#database.sql
      .prepare('update enrolments set used_by = ? where reference = ? and used_by is null')
      .run(transactionId, reference);
  }

  /** The certificate was refused by its holder, or never confirmed: it can be asked for again. */
  release(reference: string): void {
    this.#database.sql.prepare('update enrolments set used_by = null where reference = ?').run(reference);
  }
}
