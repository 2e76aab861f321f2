import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openStore, type Store } from './index.ts';
import { migrations } from './migrations/index.ts';

let folder: string;
let file: string;
const open: Store[] = [];
const now = new Date('2026-03-04T05:06:07.890Z');

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'yinkey-store-'));
  file = path.join(folder, 'deep', 'store.db');
});
afterEach(async () => {
  for (const store of open.splice(0)) store.close();
  await rm(folder, { recursive: true });
});

async function opened() {
  const result = await openStore({ file, now });
  open.push(result.store);
  return result;
}
const closeAll = () => {
  for (const store of open.splice(0)) store.close();
};
const files = async () => (await readdir(path.dirname(file))).sort();

describe('the store', () => {
  it('begins, is there again, and writes ahead with full sync', async () => {
    const first = await opened();
    expect(first.notice).toBeNull();
    first.store.modules.agree('/lib/a.so', 'a'.repeat(64), now);
    closeAll();
    const second = await opened();
    expect(second.notice).toBeNull();
    expect(second.store.modules.list()).toEqual([
      { path: '/lib/a.so', sha256: 'a'.repeat(64), agreedAt: now.toISOString() },
    ]);
    const raw = new Sqlite(file);
    expect(raw.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(raw.pragma('user_version', { simple: true })).toBe(migrations.length);
    raw.close();
  });

  it('puts a file that is no database aside, unchanged, and tells', async () => {
    await opened();
    closeAll();
    const junk = 'this is not a database '.repeat(400);
    await writeFile(file, junk);
    const { notice, store } = await opened();
    expect(notice).toEqual({ code: 'store.damaged', details: { kept: 'store-kept-20260304T050607Z.db' } });
    expect(await readFile(path.join(path.dirname(file), 'store-kept-20260304T050607Z.db'), 'utf8')).toBe(
      junk,
    );
    expect(store.recent.list()).toEqual([]);
  });

  it('finds damage inside a database that still opens', async () => {
    const { store } = await opened();
    for (let n = 0; n < 50; n += 1) {
      store.recent.put({ path: `/documents/${n}.pdf`, name: `${n}.pdf`, openedAt: now, stamped: false });
    }
    closeAll();
    const bytes = await readFile(file);
    // The pages after the first two hold tables and indexes: overwrite their second halves.
    for (let at = 8192; at + 4096 <= bytes.length; at += 4096) bytes.fill(0x5a, at + 2048, at + 4096);
    await writeFile(file, bytes);
    expect((await opened()).notice?.code).toBe('store.damaged');
  });

  it('finds a truncated database', async () => {
    await opened();
    closeAll();
    await truncate(file, 8192);
    expect((await opened()).notice?.code).toBe('store.damaged');
  });

  it('keeps every file that it ever put aside', async () => {
    for (let n = 0; n < 3; n += 1) {
      await opened();
      closeAll();
      await writeFile(file, `damage number ${n}`.padEnd(600));
    }
    await opened();
    closeAll();
    expect((await files()).filter((name) => name.startsWith('store-kept-'))).toEqual([
      'store-kept-20260304T050607Z-2.db',
      'store-kept-20260304T050607Z-3.db',
      'store-kept-20260304T050607Z.db',
    ]);
  });

  it("does not touch a newer client's database but for its name", async () => {
    await opened();
    closeAll();
    const raw = new Sqlite(file);
    raw.pragma('user_version = 4711');
    raw.close();
    expect((await opened()).notice?.code).toBe('store.newer');
    const kept = new Sqlite(path.join(path.dirname(file), 'store-kept-20260304T050607Z.db'));
    expect(kept.pragma('user_version', { simple: true })).toBe(4711);
    kept.close();
  });

  it('says so when the file cannot be opened at all', async () => {
    await writeFile(path.join(folder, 'deep'), '');
    await expect(opened()).rejects.toMatchObject({ code: 'store.failed' });
  });

  it('checks settings on the way in and out', async () => {
    const { store } = await opened();
    const size = z.object({ width: z.number().int() });
    store.settings.set('window', size, { width: 3 });
    expect(store.settings.get('window', size)).toEqual({ width: 3 });
    expect(store.settings.get('window', z.object({ height: z.number() }))).toBeUndefined();
    expect(store.settings.get('other', size)).toBeUndefined();
    expect(() => store.settings.set('window', size, { width: 0.5 })).toThrow();
    expect(store.settings.get('window', size)).toEqual({ width: 3 });
  });

  it('keeps recent documents newest first, once each, fifty of them, and remembers that one was stamped', async () => {
    const { store } = await opened();
    for (let n = 0; n < 60; n += 1) {
      const openedAt = new Date(now.getTime() + n * 1000);
      store.recent.put({ path: `/d/${n}.pdf`, name: `${n}.pdf`, openedAt, stamped: n === 30 });
    }
    const again = store.recent.put({
      path: '/d/30.pdf',
      name: '30.pdf',
      openedAt: new Date(now.getTime() + 3_600_000),
      stamped: false,
    });
    const list = store.recent.list();
    expect(list).toHaveLength(50);
    expect(list[0]).toEqual(again);
    expect(again.stamped).toBe(true);
    expect(new Set(list.map((entry) => entry.path)).size).toBe(50);
    expect(list.some((entry) => entry.path === '/d/5.pdf')).toBe(false);
    expect(store.recent.get(again.id)?.path).toBe('/d/30.pdf');
    store.recent.forget(again.id);
    expect(store.recent.get(again.id)).toBeUndefined();
  });

  it('keeps a seal picture once, byte for byte, and refuses what is too large', async () => {
    const { store } = await opened();
    const png = Uint8Array.from([137, 80, 78, 71, 0, 255]);
    const facts = { sha256: 'b'.repeat(64), widthPx: 10, heightPx: 12, widthMm: 42, heightMm: 42.5 };
    const first = store.pictures.add({ name: '公章', ...facts }, png, now);
    expect(store.pictures.add({ name: 'another name', ...facts }, png, now)).toEqual(first);
    expect(store.pictures.list()).toEqual([first]);
    expect([...store.pictures.bytes(first.id)]).toEqual([...png]);
    const large = new Uint8Array(20_000_001);
    expect(() => store.pictures.add({ name: 'x', ...facts, sha256: 'c'.repeat(64) }, large, now)).toThrow(
      expect.objectContaining({ code: 'seal.too-large' }),
    );
    store.pictures.forget(first.id);
    expect(() => store.pictures.bytes(first.id)).toThrow(expect.objectContaining({ code: 'seal.not-found' }));
  });

  it('pins a driver by its latest agreed hash', async () => {
    const { store } = await opened();
    store.modules.agree('/lib/a.so', 'a'.repeat(64), now);
    store.modules.agree('/lib/a.so', 'b'.repeat(64), now);
    expect(store.modules.list().map((entry) => entry.sha256)).toEqual(['b'.repeat(64)]);
    store.modules.forget('/lib/a.so');
    expect(store.modules.list()).toEqual([]);
  });

  it('serves two programs at once: the client and the command line', async () => {
    const { store: one } = await opened();
    const { store: two } = await opened();
    one.modules.agree('/lib/a.so', 'a'.repeat(64), now);
    two.modules.agree('/lib/b.so', 'b'.repeat(64), now);
    expect(one.modules.list().map((entry) => entry.path)).toEqual(['/lib/a.so', '/lib/b.so']);
  });
});
