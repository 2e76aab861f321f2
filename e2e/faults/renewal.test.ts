import { afterAll, beforeAll, expect, test } from 'vitest';
import { RenewalBed, renewalCases, runRenewalCase } from './renewal-matrix.ts';
import { sample } from './sample.ts';

// A seeded part of `npm run faults`, which runs all of it.
let bed: RenewalBed;

beforeAll(async () => {
  bed = await RenewalBed.open();
}, 120_000);
afterAll(() => bed?.close());

test('a renewal broken at chosen steps: renewed at the next start with its seal, paid once, nothing left over', async () => {
  const all = await renewalCases(bed);
  expect(all.length).toBeGreaterThan(260);
  const killed = all.filter(({ fault }) => fault === 'kill main');
  const others = all.filter(({ fault }) => fault !== 'kill main');
  const broken = [];
  for (const one of [...sample(killed, 1, 20261122), ...sample(others, 6, 20261122)]) {
    broken.push(...(await runRenewalCase(bed, one)));
  }
  expect(broken).toEqual([]);
}, 300_000);
