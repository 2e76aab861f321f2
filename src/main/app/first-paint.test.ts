import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFirstPaint, writeFirstPaint } from './first-paint.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'yinkey-paint-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bounds = { x: -5, y: 10, width: 1280, height: 800, maximized: false };

describe('the first paint', () => {
  it('follows the system at first, and what was written later', async () => {
    expect(readFirstPaint(folder, ['zh-Hans-CN', 'en'])).toEqual({
      settings: { language: 'zh-CN', theme: 'system' },
      bounds: undefined,
    });
    const paint = { settings: { language: 'en', theme: 'dark' }, bounds } as const;
    writeFirstPaint(folder, paint);
    expect(readFirstPaint(folder, ['zh-CN'])).toEqual(paint);
    expect(await readdir(folder)).toEqual(['window.json']);
  });

  it('takes every part of the file for itself', async () => {
    await writeFile(
      path.join(folder, 'window.json'),
      JSON.stringify({ language: 'fr', theme: 'dark', bounds: { ...bounds, width: 1e9 } }),
    );
    expect(readFirstPaint(folder, [])).toEqual({
      settings: { language: 'en', theme: 'dark' },
      bounds: undefined,
    });
  });

  it('starts whatever stands in the file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json(), fc.constant('x'.repeat(5000))), async (text) => {
        await writeFile(path.join(folder, 'window.json'), text);
        expect(['light', 'dark', 'system']).toContain(readFirstPaint(folder, []).settings.theme);
      }),
      { numRuns: 50 },
    );
  });

  it('stands a folder that cannot be written', () => {
    const paint = { settings: { language: 'en', theme: 'dark' }, bounds: undefined } as const;
    expect(() => writeFirstPaint(path.join(folder, 'none'), paint)).not.toThrow();
  });
});
