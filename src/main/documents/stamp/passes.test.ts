import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { outputError } from './output.ts';
import { passOver, StampDigests } from './passes.ts';

const dir = mkdtempSync(join(tmpdir(), 'yinkey-passes-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const path = join(dir, 'bytes');
const chunk = 1024 * 1024;
const pattern = (length: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 255));

describe('one pass', () => {
  it.each([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk + 7])(
    'over %i bytes shows and copies all of them in order',
    async (size) => {
      const bytes = pattern(size);
      writeFileSync(path, bytes);
      const from = openSync(path, 'r');
      const to = openSync(`${path}.copy`, 'w+');
      const seen: Buffer[] = [];
      const shares: number[] = [];
      await passOver(from, size, {
        copyTo: to,
        onChunk: (each) => seen.push(Buffer.from(each)),
        onProgress: (share) => shares.push(share),
      });
      closeSync(from);
      closeSync(to);
      expect(Buffer.concat(seen).equals(bytes)).toBe(true);
      expect(readFileSync(`${path}.copy`).equals(bytes)).toBe(true);
      expect(shares.at(-1) ?? 1).toBe(1);
      expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    },
  );

  it('a file that turns out shorter has changed', async () => {
    writeFileSync(path, pattern(2 * chunk));
    truncateSync(path, chunk + 5);
    const from = openSync(path, 'r');
    await expect(passOver(from, 2 * chunk, { onChunk: () => {} })).rejects.toMatchObject({
      code: 'document.changed',
    });
    closeSync(from);
  });

  it.runIf(process.platform === 'linux')('a full disk is told as such', async () => {
    writeFileSync(path, pattern(2 * chunk));
    const from = openSync(path, 'r');
    const to = openSync('/dev/full', 'w');
    const work = passOver(from, 2 * chunk, {
      copyTo: to,
      onChunk: () => {},
      writeError: (error) => outputError(error, 'out.pdf'),
    });
    await expect(work).rejects.toMatchObject({ code: 'document.disk-full' });
    closeSync(from);
    closeSync(to);
  });
});

describe('digests of one run', () => {
  it.each(['sha256', 'sha384', 'sha512'] as const)('are those of the ranges, %s', (name) => {
    const cases = fc.record({
      bytes: fc.uint8Array({ minLength: 4, maxLength: 300 }),
      cuts: fc.array(fc.nat(300), { maxLength: 8 }),
      borders: fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
    });
    fc.assert(
      fc.property(cases, ({ bytes, cuts, borders }) => {
        const size = bytes.length;
        // Original, then something, then the gap, then something: each at least one byte.
        const original = 1 + Math.floor(borders[0] * (size - 4));
        const start = original + 1 + Math.floor(borders[1] * (size - original - 3));
        const end = start + 1;
        const digests = new StampDigests(name, original, [start, end]);
        const places = [0, ...cuts.filter((cut) => cut < size).sort((a, b) => a - b), size];
        places.slice(1).forEach((place, index) => {
          digests.update(Buffer.from(bytes.subarray(places[index], place)));
        });
        const hash = (algorithm: string, ...parts: Uint8Array[]) => {
          const one = createHash(algorithm);
          for (const part of parts) one.update(part);
          return one.digest('hex');
        };
        expect(digests.originalSha256).toBe(hash('sha256', bytes.subarray(0, original)));
        expect(digests.wholeSha256()).toBe(hash('sha256', bytes));
        const range = hash(name, bytes.subarray(0, start), bytes.subarray(end));
        expect(digests.rangeDigest().toString('hex')).toBe(range);
      }),
    );
  });
});
