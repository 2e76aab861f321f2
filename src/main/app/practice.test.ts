import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/index.ts';
import { readPicture } from './handlers/pictures.ts';
import { type Practice, readPractice, seedDocuments, seedSeals } from './practice.ts';
import { SettingsService } from './settings.ts';

let folder: string;
let store: Store;
let practice: Practice;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'yinkey-practice-'));
  ({ store } = await openStore({ file: path.join(folder, 'client', 'store.db') }));
  practice = {
    dir: folder,
    module: '/lib/softhsm.so',
    moduleSha256: 'a'.repeat(64),
    env: { SOFTHSM2_CONF: path.join(folder, 'softhsm2.conf') },
    trust: path.join(folder, 'root.pem'),
    seals: [{ label: '公章', path: path.join(folder, 'seal.png'), millimetres: 42 }],
    documents: [path.join(folder, 'a.pdf'), path.join(folder, 'b.pdf')],
  };
  await writeFile(path.join(folder, 'seal.png'), 'picture');
});
afterEach(async () => {
  store.close();
  await rm(folder, { recursive: true });
});

/** Stands in for the document host, which reads pictures in the client. */
const describePicture = async (png: Uint8Array) => ({
  sha256: createHash('sha256').update(png).digest('hex'),
  widthPx: 992,
  heightPx: 496,
  widthMm: 41.99,
  heightMm: 21,
  hasAlpha: true,
});

describe('the practice world', () => {
  it('is read without what is none of the client’s business', async () => {
    const text = JSON.stringify({ ...practice, token: { label: 'x', serial: 'y', pin: '12345678' } });
    await writeFile(path.join(folder, 'practice.json'), text);
    expect(readPractice(folder)).toEqual(practice);
    expect(() => readPractice(path.join(folder, 'client'))).toThrow(
      expect.objectContaining({ code: 'practice.missing' }),
    );
    await writeFile(path.join(folder, 'practice.json'), '{"dir":1}');
    expect(() => readPractice(folder)).toThrow(expect.objectContaining({ code: 'practice.missing' }));
  });

  it('is laid in once: what the user removed stays removed', async () => {
    const seed = async () => {
      seedDocuments(practice, store);
      await seedSeals(practice, store, describePicture);
    };
    await seed();
    expect(store.modules.list()).toMatchObject([{ path: practice.module, sha256: practice.moduleSha256 }]);
    expect(store.recent.list().map(({ name }) => name)).toEqual(['a.pdf', 'b.pdf']);
    expect(store.pictures.list()).toMatchObject([{ name: '公章', widthMm: 42, heightMm: 21 }]);
    store.recent.forget(store.recent.list()[0]!.id);
    store.pictures.forget(store.pictures.list()[0]!.id);
    await seed();
    expect(store.recent.list().map(({ name }) => name)).toEqual(['b.pdf']);
    expect(store.pictures.list()).toEqual([]);
  });

  it('agrees its driver anew when the world was made anew with another one', () => {
    seedDocuments(practice, store);
    seedDocuments({ ...practice, moduleSha256: 'b'.repeat(64) }, store);
    expect(store.modules.list().map(({ sha256 }) => sha256)).toEqual(['b'.repeat(64)]);
  });
});

describe('settings', () => {
  it('follow the system until the user chose, each for itself, and tell who listens', () => {
    const settings = new SettingsService(store, ['zh-Hans-CN']);
    const told: unknown[] = [];
    settings.onChange((now) => told.push(now));
    expect(settings.read()).toEqual({ language: 'zh-CN', theme: 'system' });
    expect(settings.write({ theme: 'dark' })).toEqual({ language: 'zh-CN', theme: 'dark' });
    expect(told).toEqual([{ language: 'zh-CN', theme: 'dark' }]);
    expect(new SettingsService(store, ['en-GB']).read()).toEqual({ language: 'en', theme: 'dark' });
    settings.write({ language: 'zh-CN' });
    expect(new SettingsService(store, ['en-GB']).read()).toEqual({ language: 'zh-CN', theme: 'dark' });
  });
});

describe('pictures that the user chooses', () => {
  it('are files of a size that a seal can have', async () => {
    expect(Buffer.from(await readPicture(path.join(folder, 'seal.png'))).toString()).toBe('picture');
    await expect(readPicture(path.join(folder, 'none.png'))).rejects.toMatchObject({
      code: 'seal.not-found',
    });
    await expect(readPicture(folder)).rejects.toMatchObject({ code: 'seal.not-a-picture' });
    await writeFile(path.join(folder, 'large.png'), new Uint8Array(20_000_001));
    await expect(readPicture(path.join(folder, 'large.png'))).rejects.toMatchObject({
      code: 'seal.too-large',
      details: { limit: 20_000_000 },
    });
  });
});
