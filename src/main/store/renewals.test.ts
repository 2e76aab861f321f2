import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RenewalView } from '../../shared/domain/index.ts';
import { migrations } from './migrations/index.ts';
import { RenewalRepository } from './renewals.ts';

const now = new Date('2026-11-22T08:00:00.000Z');
const later = (millis: number) => new Date(now.getTime() + millis);
const day = 86_400_000;
const hash = (digit: string) => digit.repeat(64);

const view = (id: string): RenewalView => ({
  id,
  token: { module: '/lib/p11.so', serial: '0011', label: '密钥盘' },
  old: {
    sha256: hash('a'),
    id: 'a'.repeat(16),
    serialNumber: '01',
    holder: '公章',
    unit: '中心',
    keyType: 'EC-P256',
    notAfter: '2026-12-22T00:00:00.000Z',
  },
  authority: 'http://127.0.0.1:1/api',
  step: 'check',
  state: 'ready',
  checks: [],
  quote: null,
  order: null,
  progress: null,
  nextLookAt: null,
  fresh: null,
  seal: { state: 'none', oldId: null, newId: null, name: '', where: null, code: null },
  error: null,
  actions: ['check'],
  history: [{ at: now.toISOString(), what: 'started' }],
});
const row = (id: string, certificate = hash('a')) => ({
  id,
  certificate,
  view: view(id),
  work: { phase: 'started' },
});

let folder: string;
let database: Sqlite;
const dead = new Set<number>();
const as = (pid: number) => new RenewalRepository(database, { pid, alive: (one) => !dead.has(one) });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-renewals-'));
  database = new Sqlite(path.join(folder, 'store.db'));
  for (const step of migrations) database.exec(step);
  dead.clear();
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

describe('the journal of renewals', () => {
  test('one open renewal for a certificate; the next begins when it has ended', () => {
    const journal = as(1);
    expect(journal.begin(row('one'), now)).toBe(true);
    expect(journal.begin(row('two'), now)).toBe(false);
    expect(journal.openFor(hash('a'))?.id).toBe('one');
    const lease = journal.take('one', now)!;
    journal.save(
      lease,
      { view: { ...view('one'), state: 'ended' }, work: { phase: 'ended' }, open: false },
      now,
    );
    expect(journal.openFor(hash('a'))).toBeUndefined();
    expect(journal.begin(row('two'), later(1))).toBe(true);
    expect(journal.list(now).map(({ id, open }) => [id, open])).toEqual([
      ['two', true],
      ['one', false],
    ]);
    expect(journal.list(later(91 * day)).map(({ id }) => id)).toEqual(['two']);
    expect(journal.get('one')).toMatchObject({ view: { state: 'ended' }, work: { phase: 'ended' } });
    expect(() => journal.get('nine')).toThrow('request.refused');
  });

  test('a disk that takes nothing more does not end the program by way of the lease’s clock', () => {
    const journal = as(1);
    journal.begin(row('one'), now);
    const lease = journal.take('one', now)!;
    database.pragma('query_only = ON');
    expect(journal.keep(lease, later(50_000))).toBe(false);
    expect(() => journal.save(lease, { view: view('one'), work: {}, open: true }, later(50_000))).toThrow(
      'store.failed',
    );
    database.pragma('query_only = OFF');
    expect(journal.keep(lease, later(50_000))).toBe(true);
  });

  test('one process works on it: another gets it when that has died, gave it back, or was not heard of', () => {
    const first = as(1);
    const second = as(2);
    first.begin(row('one'), now);
    const lease = first.take('one', now)!;
    expect(second.take('one', now)).toBeUndefined();
    expect(first.take('one', now)).toBeUndefined();
    expect(first.keep(lease, later(50_000))).toBe(true);
    expect(second.held('one', later(100_000))).toBe(true);
    expect(second.take('one', later(100_000))).toBeUndefined();
    const taken = second.take('one', later(120_000))!;
    // Whoever lost it may not write any more.
    expect(first.keep(lease, later(120_000))).toBe(false);
    expect(() => first.save(lease, { view: view('one'), work: {}, open: true }, later(120_000))).toThrow(
      'renewal.already-running',
    );
    second.release(taken);
    const third = as(3);
    expect(third.take('one', later(120_001))).toBeDefined();
    dead.add(3);
    expect(first.held('one', later(120_002))).toBe(false);
    expect(first.take('one', later(120_002))).toBeDefined();
  });

  test('what can not be read is left out of the list, and told where it is asked for', () => {
    const journal = as(1);
    journal.begin(row('one'), now);
    journal.begin(row('two', hash('b')), now);
    database.exec(`UPDATE renewals SET view = '{"id":"one"}' WHERE id = 'one'`);
    expect(journal.list(now).map(({ id }) => id)).toEqual(['two']);
    expect(() => journal.get('one')).toThrow('store.damaged');
  });

  test('a write that the disk refuses is told as such and changes nothing', () => {
    const journal = as(1);
    journal.begin(row('one'), now);
    const lease = journal.take('one', now)!;
    const pages = Number(database.pragma('page_count', { simple: true }));
    database.pragma(`max_page_count = ${pages}`);
    const work = { long: 'x'.repeat(200_000) };
    expect(() => journal.save(lease, { view: view('one'), work, open: true }, now)).toThrow(
      expect.objectContaining({ code: 'store.failed', details: { reason: 'SQLITE_FULL' } }),
    );
    expect(journal.get('one').work).toEqual({ phase: 'started' });
    const huge = { long: 'x'.repeat(3_000_000) };
    expect(() => journal.save(lease, { view: view('one'), work: huge, open: true }, now)).toThrow(
      'store.failed',
    );
  });

  test('certificates that were replaced are known by their hash', () => {
    const journal = as(1);
    journal.supersede(hash('a'), hash('b'), 'one', now);
    journal.supersede(hash('a'), hash('c'), 'two', now);
    expect([...journal.superseded()]).toEqual([hash('a')]);
  });

  test('one of which nothing came is forgotten', () => {
    const journal = as(1);
    journal.begin(row('one'), now);
    journal.forget(journal.take('one', now)!);
    expect(journal.list(now)).toEqual([]);
  });
});
