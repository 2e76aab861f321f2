import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  kindOf,
  makeImpression,
  type Score,
  score,
  specOfSet,
} from '../../../../softhsm-fixtures/impressions/index.ts';
import { captureSeal } from './capture.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-figures-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Of the fixed set the first that are quick to make: 40 of at most 300 dpi. */
const chosen = Array.from({ length: 100 }, (_, index) => index)
  .filter((index) => specOfSet(index).dpi <= 300)
  .slice(0, 40);

describe('40 impressions of which everything is known', async () => {
  const seen: { index: number; kind: string; refused: boolean; score?: Score }[] = [];
  for (const index of chosen) {
    const spec = specOfSet(index);
    const made = await makeImpression(spec);
    const input = path.join(dir, String(index));
    writeFileSync(input, made.bytes);
    const diameterMm = spec.photo ? made.widthMm : undefined;
    try {
      const { result, png } = await captureSeal({ input, diameterMm });
      const refused = result.verdict === 'refuse';
      seen.push({ index, kind: kindOf(spec), refused, score: await score(made, result, png) });
    } catch (error) {
      if (!String((error as { code?: string }).code).startsWith('seal.')) throw error;
      seen.push({ index, kind: kindOf(spec), refused: true });
    }
  }
  const usable = seen.filter(({ kind }) => kind !== 'defective');
  const scores = usable.flatMap((one) => (one.score ? [one.score] : []));
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

  it('are found and told apart by shape wherever they are usable', () => {
    expect(usable.filter((one) => !one.score?.shape)).toEqual([]);
    expect(usable.length).toBeGreaterThan(20);
  });

  it('are measured: size, turn and ink', () => {
    expect(middle(scores.map(({ sizeError }) => sizeError))).toBeLessThanOrEqual(0.15);
    expect(scores.filter(({ sizeError }) => sizeError > 0.4)).toEqual([]);
    expect(scores.filter(({ rotationError }) => rotationError > 1)).toEqual([]);
    expect(middle(scores.map(({ overlap }) => overlap))).toBeGreaterThanOrEqual(0.93);
  });

  it('are refused where they are defective, and not where they are good', () => {
    expect(seen.filter(({ kind, refused }) => kind === 'defective' && !refused)).toEqual([]);
    expect(seen.filter(({ kind, refused }) => kind === 'good' && refused)).toEqual([]);
  });
});
