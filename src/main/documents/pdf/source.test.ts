import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FileSource, MemorySource, PrefixSource } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'yinkey-source-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const content = Buffer.from(Array.from({ length: 300_001 }, (_, index) => (index * 31 + (index >> 8)) & 255));
const path = join(folder, 'bytes');
writeFileSync(path, content);

describe('sources', () => {
  it('all give the bytes that are there', () => {
    const fd = openSync(path, 'r');
    const sources = [
      new FileSource(fd),
      new MemorySource(content),
      new PrefixSource(new MemorySource(Buffer.concat([content, content])), content.length),
    ];
    fc.assert(
      fc.property(
        fc.integer({ min: -10, max: 300_100 }),
        fc.integer({ min: 0, max: 200_000 }),
        (offset, length) => {
          const from = Math.max(0, offset);
          const expected = content.subarray(from, Math.max(from, offset + length));
          for (const source of sources) expect(source.read(offset, length).equals(expected)).toBe(true);
        },
      ),
    );
    for (const source of sources) expect(source.size).toBe(content.length);
    closeSync(fd);
  });

  it('says so when a file got shorter', () => {
    const short = join(folder, 'short');
    writeFileSync(short, content);
    const fd = openSync(short, 'r+');
    const source = new FileSource(fd);
    ftruncateSync(fd, 1000);
    expect(() => source.read(100_000, 10)).toThrow('document.changed');
    closeSync(fd);
  });

  it('keeps a view of the beginning inside its bounds', () => {
    const prefix = new PrefixSource(new MemorySource(Buffer.from('abcdef')), 3);
    expect(prefix.read(1, 100).toString()).toBe('bc');
    expect(prefix.read(4, 1).length).toBe(0);
    expect(new PrefixSource(new MemorySource(Buffer.from('abc')), 99).size).toBe(3);
  });
});
