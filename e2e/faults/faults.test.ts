import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultBed } from './bed.ts';
import { kills, runKill } from './kill.ts';
import { allCases, runCase } from './matrix.ts';
import { sample, seeded } from './sample.ts';

// A seeded part of `npm run faults`, which runs all of it.
const seed = 20261122;
let bed: FaultBed;

beforeAll(async () => {
  bed = await FaultBed.open();
}, 120_000);
afterAll(() => bed?.close());

test('faults at chosen calls of every flow: nothing lost, no try wasted, the true cause, and it goes on', async () => {
  const chosen = sample(await allCases(bed), 30, seed);
  const broken = [];
  for (const one of chosen) broken.push(...(await runCase(bed, one)));
  expect(broken).toEqual([]);
}, 600_000);

test('processes killed at any moment of a stamp, an application, a binding: whole or nothing, and the next start works', async () => {
  const broken = [];
  await bed.lift(true);
  for (const one of kills(6, seeded(seed))) broken.push(...(await runKill(bed, one)));
  expect(broken).toEqual([]);
}, 300_000);
