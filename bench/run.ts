// `npm run bench`: the client side by side with what it is measured against, in one run. A report, never a test.
// Options: --only a,b,c,d,e,f,g,h,i,j   --json FILE   --quick (few rounds, small files: to see that everything runs)
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { electronRuntime } from '../scripts/setup/index.mjs';
import { withXvfb } from '../scripts/xvfb.mjs';
import { blocking } from './blocking.ts';
import { command } from './command.ts';
import { impressions } from './impressions.ts';
import { keys } from './keys.ts';
import { large } from './large.ts';
import { manyCertificates } from './many-certificates.ts';
import { renewal } from './renewal.ts';
import { type Figure, table, verdictOf } from './report.ts';
import { small } from './small.ts';
import { startup } from './startup.ts';
import { status } from './status.ts';
import { BenchWorld } from './world.ts';

const root = path.resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'a,b,c,d,e,f,g,h,i,j' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const { quick } = values;
const rounds = (full: number) => (quick ? 2 : full);

type Part = (world: BenchWorld, folder: string) => Promise<Figure[]>;
const PARTS: Record<string, Part> = {
  a: (_world, folder) => startup({ root, folder, rounds: rounds(15) }),
  b: (world, folder) =>
    large(world, {
      folder,
      rounds: rounds(7),
      bytes: quick ? 10e6 : 100e6,
      memory: quick ? [2e6, 20e6] : [10e6, 100e6, 1000e6],
    }),
  c: (world, folder) => small(world, { folder, rounds: quick ? 10 : 100 }),
  d: (world, folder) => blocking(world, { folder, seconds: quick ? 5 : 20, delay: 3000 }),
  e: (world, folder) => command(world, { root, folder, rounds: rounds(9) }),
  f: (_world, folder) =>
    keys({
      folder,
      busy: quick ? 2000 : 10_000,
      rounds: rounds(10),
      cycles: quick ? { first: 5, all: 10 } : { first: 100, all: 1000 },
      restarts: quick ? { first: 3, all: 6 } : { first: 50, all: 500 },
    }),
  g: (_world, folder) => status({ folder, rounds: rounds(9) }),
  h: (_world, folder) => manyCertificates({ folder, rounds: quick ? 1 : 3 }),
  i: (world, folder) => renewal(world, { folder, rounds: rounds(21) }),
  j: (world, folder) => impressions(world, { folder, count: quick ? 20 : 300, rounds: rounds(9) }),
};

const chosen = values.only.split(',');
const unknown = chosen.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) throw new Error(`there is no part ${unknown}`);

const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-bench-'));
const figures: Figure[] = [];
const loads: number[] = [];

async function measure(): Promise<void> {
  const world = await BenchWorld.open(root, folder);
  try {
    for (const name of chosen) {
      process.stderr.write(`measuring (${name})\n`);
      loads.push(loadavg()[0]!);
      figures.push(...(await PARTS[name]!(world, folder)));
    }
  } finally {
    await world.close();
  }
}

try {
  // A display of our own: nothing else is drawn on it.
  if (process.platform === 'linux') {
    await withXvfb((display) => {
      Object.assign(process.env, display);
      return measure();
    });
  } else {
    await measure();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const report = {
  machine: {
    system: `${process.platform} ${release()} ${process.arch}`,
    processors: cpus().length,
    model: cpus()[0]?.model ?? '',
    memoryMB: Math.round(totalmem() / 1e6),
    node: process.versions.node,
    electron: electronRuntime()?.version,
    /** Load averages at the beginning of each part: much more than 0 means that others were at work too. */
    loads,
  },
  quick,
  figures: figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) })),
};
console.log(table(figures));
const json = JSON.stringify(report, null, 2);
if (values.json === undefined) console.log(`\n${json}`);
else writeFileSync(values.json, `${json}\n`);
