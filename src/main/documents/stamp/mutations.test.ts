import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { ensureAuthority } from '../../../../softhsm-fixtures/authority/root.ts';
import { mutate, mutations } from '../../../../softhsm-fixtures/documents/mutate.ts';
import { makeShapes } from '../../../../softhsm-fixtures/documents/shapes.ts';
import { pdfsig, qpdfPages } from '../../../../softhsm-fixtures/peers/index.ts';
import { memorySigner } from '../../../../softhsm-fixtures/signers.ts';
import { ringPicture, stampFile, usualPlace } from '../../../../softhsm-fixtures/stamping.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';

const dir = mkdtempSync(join(tmpdir(), 'yinkey-mutations-'));
const authority = await ensureAuthority(dir);
const signer = await memorySigner(authority, 'EC-P256');
const picture = await ringPicture(40);
const shapes = (await makeShapes(join(dir, 'shapes'))).filter(
  ({ path }) => readFileSync(path).length < 100_000,
);
const bytes = shapes.map(({ path }) => readFileSync(path));
/** How many spoiled files the normal run stamps; YINKEY_MUTATIONS asks for more. */
const runs = Number(process.env.YINKEY_MUTATIONS ?? 0) || 100;

afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('a spoiled document is refused with a code, or stamped so that poppler and qpdf accept it', async () => {
  const input = join(dir, 'spoiled.pdf');
  const target = join(dir, 'stamped.pdf');
  let stamped = 0;
  const refused: string[] = [];
  await fc.assert(
    fc.asyncProperty(fc.nat(shapes.length - 1), mutations, async (which, changes) => {
      const { password } = shapes[which] as (typeof shapes)[number];
      const original = mutate(bytes[which] as Buffer, changes);
      writeFileSync(input, original);
      rmSync(target, { force: true });
      try {
        const placement = { ...usualPlace, x: 5, y: 5, width: 20, height: 20 };
        await stampFile({ input, target, signer, picture, password, placement });
      } catch (error) {
        if (!(error instanceof YinkeyError)) throw error;
        // What can't be stamped is found before anything is written, and never by the last check.
        expect(error.code).not.toBe('document.self-check-failed');
        refused.push(error.code);
        return;
      }
      stamped++;
      expect(readFileSync(target).subarray(0, original.length).equals(original)).toBe(true);
      const [signatures, before, after] = await Promise.all([
        pdfsig(target, password),
        qpdfPages(input, password),
        qpdfPages(target, password),
      ]);
      expect(signatures.at(-1)).toMatchObject({ valid: true, total: true });
      // Where qpdf can open the spoiled file, it opens the stamped one and finds no fewer pages. (A spoiled page
      // stays spoiled, and so does an encryption dictionary.)
      if (before !== null) expect(after).toBeGreaterThanOrEqual(before);
    }),
    { numRuns: runs },
  );
  // Both happen: the mutations neither miss nor kill every file.
  expect(stamped).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  expect(readdirSync(dir).filter((name) => name.endsWith('yinkey-part'))).toEqual([]);
}, 600_000);
