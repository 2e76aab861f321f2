// `npm run faults`: every flow x every PKCS#11 call of it x every fault, on a simulated key. Prints a table by flow and
// `cases N, held N, broken 0`. Then kills of main and the host processes at chance moments (--kills N, 200).
// Then renewals x every write of their journal, before and after it, x what can go wrong there (--renewals N: a part).
// Options: see `usage` (--help). Two of it, `--part 1/2` and `--part 2/2`, use two cores and share the cases.
import { parseArgs } from 'node:util';
import { FaultBed } from './bed.ts';
import { kills, runKill } from './kill.ts';
import { allCases, type Broken, runCase } from './matrix.ts';
import { RenewalBed, renewalCases, runRenewalCase } from './renewal-matrix.ts';
import { sample, seeded } from './sample.ts';

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    flow: { type: 'string' },
    fault: { type: 'string' },
    kills: { type: 'string', default: '200' },
    renewals: { type: 'string' },
    only: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    help: { type: 'boolean', default: false },
  },
});

/** Cases between two lines of progress. */
const often = 200;
const usage = `npm run faults -- [options]
  --part K/N      every N-th case, beginning with the K-th: run N of them at once to use N cores
  --sample N      N cases of the flows, chosen by --seed (1)
  --renewals N    N cases of the renewals, chosen by --seed
  --kills N       kills of processes at chance moments (200)
  --flow NAME     this flow alone (no renewals)
  --fault NAME    this fault alone
  --only renewals
Every case held: exit 0. Progress is told on standard error every ${often} cases.`;
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const [part, parts] = values.part.split('/').map(Number) as [number, number];
if (!(Number.isInteger(part) && Number.isInteger(parts) && part >= 1 && part <= parts)) {
  console.error(usage);
  process.exit(2);
}
/** This process's share. */
const share = <T>(all: readonly T[]): T[] => all.filter((_, index) => index % parts === part - 1);

const broken: Broken[] = [];
const began = performance.now();
/** A terminal sees every case; a log gets a line now and then. */
function progress(what: string, done: number, all: number): void {
  const line = `${what}: ${done} of ${all}`;
  if (process.stderr.isTTY) process.stderr.write(`\r${line}${done === all ? '\n' : ''}`);
  else if (done % often === 0 || done === all) {
    const minutes = ((performance.now() - began) / 60_000).toFixed(1);
    process.stderr.write(`${line}, ${minutes} min, broken ${broken.length}\n`);
  }
}

const byFlow = new Map<string, { cases: number; broken: number }>();

function note(name: string, found: Broken[]): void {
  const row = byFlow.get(name) ?? { cases: 0, broken: 0 };
  byFlow.set(name, { cases: row.cases + 1, broken: row.broken + (found.length > 0 ? 1 : 0) });
  for (const each of found) console.log(`BROKEN  ${each.case}: ${each.what}`);
  broken.push(...found);
}

async function flowsAndKills(): Promise<void> {
  const bed = await FaultBed.open();
  try {
    const all = (await allCases(bed)).filter(
      ({ flow, fault }) =>
        (values.flow === undefined || flow.name === values.flow) &&
        (values.fault === undefined || fault.name === values.fault),
    );
    const chosen = share(
      values.sample === undefined ? all : sample(all, Number(values.sample), Number(values.seed)),
    );
    for (const [index, one] of chosen.entries()) {
      note(one.flow.name, await runCase(bed, one));
      progress('flows', index + 1, chosen.length);
    }
    await bed.lift(true);
    const killed = share(kills(Number(values.kills), seeded(Number(values.seed))));
    for (const [index, one] of killed.entries()) {
      note(`kill: ${one.act}`, await runKill(bed, one));
      progress('kills', index + 1, killed.length);
    }
  } finally {
    await bed.close();
  }
}

async function renewals(): Promise<void> {
  const bed = await RenewalBed.open();
  try {
    const all = (await renewalCases(bed)).filter(
      ({ fault }) => values.fault === undefined || fault === values.fault,
    );
    const chosen = share(
      values.renewals === undefined ? all : sample(all, Number(values.renewals), Number(values.seed)),
    );
    for (const [index, one] of chosen.entries()) {
      note(`renewal, ${one.fault}`, await runRenewalCase(bed, one));
      progress('renewals', index + 1, chosen.length);
    }
  } finally {
    await bed.close();
  }
}

if (values.only !== 'renewals') await flowsAndKills();
if (values.flow === undefined) await renewals();
console.log('flow                       cases   held  broken');
for (const [name, row] of byFlow) {
  const numbers = [row.cases, row.cases - row.broken, row.broken];
  console.log(`${name.padEnd(26)} ${numbers.map((number) => String(number).padStart(6)).join(' ')}`);
}
const cases = [...byFlow.values()].reduce((total, row) => total + row.cases, 0);
const sum = [...byFlow.values()].reduce((total, row) => total + row.broken, 0);
console.log(`cases ${cases}, held ${cases - sum}, broken ${sum}`);
process.exit(broken.length > 0 ? 1 : 0);
