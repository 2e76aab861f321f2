import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/index.ts';
import { AuditLog, type AuditRecord, canonicalJson, chainHash, GENESIS } from './index.ts';

let folder: string;
let file: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'yinkey-audit-'));
  file = path.join(folder, 'store.db');
  ({ store } = await openStore({ file }));
});
afterEach(async () => {
  store.close();
  await rm(folder, { recursive: true });
});

const record = (n = 1): AuditRecord => ({
  act: 'stamp',
  subject: `合同 ${n}.pdf`,
  token: { serial: `S${n}`, label: '公章' },
  certificateSha256: 'c'.repeat(64),
  documentIn: createHash('sha256').update(String(n)).digest('hex'),
  documentOut: null,
  result: 'ok',
});
const fill = (count: number) => {
  const log = new AuditLog(store.audit, { actor: 'someone' });
  for (let n = 1; n <= count; n += 1) log.append(record(n));
  return log;
};

/** What someone does who can write the file: the triggers go first. */
function tamper(sql: string, ...values: unknown[]): void {
  const raw = new Sqlite(file);
  raw.exec('DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_in_order;');
  raw.prepare(sql).run(...values);
  raw.close();
}

describe('the audit log', () => {
  it('begins from a documented constant', () => {
    expect(GENESIS).toBe(createHash('sha256').update('yinkey audit 1').digest('hex'));
    const log = fill(1);
    const [row] = [...store.audit.all()];
    expect(row?.hash).toBe(chainHash(GENESIS, row?.entry ?? ''));
    expect(log.verify()).toEqual({ ok: true, entries: 1 });
  });

  it('is whole when empty, and after entries of several programs', async () => {
    const log = new AuditLog(store.audit);
    expect(log.verify()).toEqual({ ok: true, entries: 0 });
    const { store: other } = await openStore({ file });
    new AuditLog(other.audit).append(record(1));
    log.append(record(2));
    new AuditLog(other.audit).append(record(3));
    other.close();
    expect(log.verify()).toEqual({ ok: true, entries: 3 });
    expect(log.list().map((entry) => entry.subject)).toEqual(['合同 3.pdf', '合同 2.pdf', '合同 1.pdf']);
    expect(log.list(1)).toHaveLength(1);
  });

  it('lets nobody change or remove an entry, or add one out of order, through the database', () => {
    fill(2);
    const raw = new Sqlite(file);
    expect(() => raw.exec("UPDATE audit SET entry = '{}' WHERE seq = 1")).toThrow(/append-only/);
    expect(() => raw.exec('DELETE FROM audit')).toThrow(/append-only/);
    expect(() => raw.prepare('INSERT INTO audit VALUES (9, ?, ?)').run('{}', 'd'.repeat(64))).toThrow(
      /append-only/,
    );
    raw.close();
  });

  it('takes no field that it does not know, and no result that is not a word', () => {
    const log = new AuditLog(store.audit);
    log.append({ ...record(), pin: '12345678' } as AuditRecord);
    expect([...store.audit.all()][0]?.entry).not.toContain('12345678');
    expect(() => log.append({ ...record(), documentIn: 'not a hash' })).toThrow();
    expect(log.verify()).toEqual({ ok: true, entries: 1 });
  });

  it('names the first entry that was changed', () => {
    const log = fill(5);
    const entry = [...store.audit.all()][2]?.entry ?? '';
    tamper('UPDATE audit SET entry = ? WHERE seq = 3', entry.replace('"someone"', '"someona"'));
    expect(log.verify()).toEqual({ ok: false, firstBroken: 3, reason: 'changed' });
    expect(() => log.assertIntact()).toThrow(expect.objectContaining({ code: 'audit.broken' }));
  });

  it('notices any byte of any entry or hash that changes', () => {
    const log = fill(4);
    tamper('UPDATE audit SET seq = seq');
    const rows = [...store.audit.all()];
    const raw = new Sqlite(file);
    const write = raw.prepare('UPDATE audit SET entry = ?, hash = ? WHERE seq = ?');
    fc.assert(
      fc.property(
        fc.nat(3),
        fc.boolean(),
        fc.nat(),
        fc.integer({ min: 1, max: 94 }),
        (n, inEntry, at, shift) => {
          const row = rows[n]!;
          const text = inEntry ? row.entry : row.hash;
          const place = at % text.length;
          const other = String.fromCharCode(32 + ((text.charCodeAt(place) - 32 + shift) % 95));
          fc.pre(other !== text[place]);
          const changed = text.slice(0, place) + other + text.slice(place + 1);
          write.run(inEntry ? changed : row.entry, inEntry ? row.hash : changed, row.seq);
          const verdict = log.verify();
          write.run(row.entry, row.hash, row.seq);
          expect(verdict).toMatchObject({ ok: false, firstBroken: n + 1 });
          expect(log.verify().ok).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
    raw.close();
  });

  it('notices entries that are missing: the first, one in the middle, the last', () => {
    for (const [seq, verdict] of [
      [1, { ok: false, firstBroken: 1, reason: 'missing' }],
      [3, { ok: false, firstBroken: 3, reason: 'missing' }],
      [5, { ok: false, firstBroken: 5, reason: 'end-missing' }],
    ] as const) {
      const log = store.audit.head() ? new AuditLog(store.audit) : fill(5);
      const raw = new Sqlite(file);
      raw.exec('DROP TRIGGER IF EXISTS audit_no_delete; DROP TRIGGER IF EXISTS audit_in_order;');
      const row = [...store.audit.all()].find((each) => each.seq === seq)!;
      raw.prepare('DELETE FROM audit WHERE seq = ?').run(seq);
      expect(log.verify()).toEqual(verdict);
      raw.prepare('INSERT INTO audit VALUES (?, ?, ?)').run(row.seq, row.entry, row.hash);
      expect(log.verify().ok).toBe(true);
      raw.close();
    }
  });

  it('notices entries that changed places', () => {
    const log = fill(4);
    const [, second, third] = [...store.audit.all()];
    tamper('DELETE FROM audit WHERE seq IN (2, 3)');
    const raw = new Sqlite(file);
    const insert = raw.prepare('INSERT INTO audit VALUES (?, ?, ?)');
    insert.run(2, third?.entry, third?.hash);
    insert.run(3, second?.entry, second?.hash);
    raw.close();
    expect(log.verify()).toMatchObject({ ok: false, firstBroken: 2 });
  });

  it('is walked gently with the same verdict, also while entries are added', async () => {
    const log = fill(250);
    const walking = log.verifyGently();
    log.append(record(251));
    expect(await walking).toEqual({ ok: true, entries: 251 });
    const entry = [...store.audit.all()][219]?.entry ?? '';
    tamper('UPDATE audit SET entry = ? WHERE seq = 220', entry.replace('"ok"', '"no"'));
    expect(await log.verifyGently()).toEqual({ ok: false, firstBroken: 220, reason: 'changed' });
  });

  it('notices that all of it is gone', () => {
    const log = fill(3);
    tamper('DELETE FROM audit');
    expect(log.verify()).toEqual({ ok: false, firstBroken: 1, reason: 'end-missing' });
  });
});

describe('canonical JSON', () => {
  it('does not depend on the order of members', () => {
    expect(canonicalJson({ b: [1, { d: null, c: '√' }], a: true })).toBe(
      '{"a":true,"b":[1,{"c":"√","d":null}]}',
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
