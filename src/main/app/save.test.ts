import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveWhole } from './save.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-save-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('saveWhole', () => {
  it('takes the place of what was there, and leaves nothing beside it', async () => {
    const file = path.join(folder, 'receipt.pdf');
    writeFileSync(file, 'old');
    await saveWhole(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['receipt.pdf']);
  });

  it('says that the folder is not there', async () => {
    await expect(saveWhole(path.join(folder, 'no', 'x.pdf'), 'x')).rejects.toMatchObject({
      code: 'document.output-folder-missing',
    });
  });

  it('leaves nothing beside a place that can not be taken', async () => {
    const inner = mkdtempSync(path.join(folder, 'taken-'));
    await expect(saveWhole(inner, 'x')).rejects.toThrow();
    expect(readdirSync(folder).filter((name) => name.endsWith('.yinkey-part'))).toEqual([]);
  });
});
