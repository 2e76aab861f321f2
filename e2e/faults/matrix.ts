import { existsSync } from 'node:fs';
import { type FaultBed, sha256 } from './bed.ts';
import { verifyFile } from './check.ts';
import { type Ended, type Flow, flows, prepare, present } from './flows.ts';

/** What goes wrong, in the simulator's words, and which codes tell it rightly. */
export interface Fault {
  name: string;
  words: string;
  codes: readonly string[];
}

/** The key is no longer there: seen in the middle of a call, or by looking for it afterwards. */
const gone = ['token.removed', 'token.none', 'token.not-found'];
/** While a PIN is being written nobody knows how far the key came; that has a code of its own. */
const inTheMiddle = ['token.act-unknown'];

const faults: readonly Fault[] = [
  { name: 'removed', words: 'do=pull', codes: [...gone, ...inTheMiddle] },
  { name: 'crash', words: 'do=abort', codes: ['driver.crashed', ...inTheMiddle] },
  { name: 'hang', words: 'do=hang', codes: ['driver.hung', ...inTheMiddle] },
  ...(
    [
      [
        'CKR_GENERAL_ERROR',
        ['token.failed', 'token.not-opened', 'driver.failed', 'driver.init-failed', 'driver.load-failed'],
      ],
      [
        'CKR_FUNCTION_FAILED',
        ['token.failed', 'token.not-opened', 'driver.failed', 'driver.init-failed', 'driver.load-failed'],
      ],
      ['CKR_DEVICE_MEMORY', ['token.memory', 'driver.init-failed']],
      [
        'CKR_DEVICE_ERROR',
        ['token.failed', 'token.not-opened', 'driver.failed', 'driver.init-failed', ...gone],
      ],
      ['CKR_SESSION_HANDLE_INVALID', [...gone, 'driver.init-failed', 'driver.failed', 'token.failed']],
      [
        'CKR_USER_NOT_LOGGED_IN',
        [
          'token.used-by-other',
          'driver.init-failed',
          'driver.failed',
          'token.failed',
          'token.not-opened',
          ...gone,
        ],
      ],
    ] as const
  ).map(([name, codes]) => ({ name, words: `error=${name}`, codes: [...codes, ...inTheMiddle] })),
];

export interface Case {
  flow: Flow;
  fault: Fault;
  /** The PKCS#11 call that goes wrong, counted from the beginning of the flow. */
  call: number;
}

export interface Broken {
  what: string;
  case: string;
}

/** All cases: each flow runs once without faults to learn how many calls it makes. */
export async function allCases(bed: FaultBed): Promise<Case[]> {
  const cases: Case[] = [];
  await bed.lift(true);
  await prepare(bed);
  for (const flow of flows) {
    await bed.lift(true);
    await flow.begin?.(bed);
    await bed.control('calls reset');
    const { code } = await flow.run(bed);
    if (code !== 'ok') throw new Error(`${flow.name} fails without any fault: ${code}`);
    const made = await callsMade(bed);
    if (flow.keyless && made > 0) throw new Error(`${flow.name} makes ${made} calls`);
    // One that makes none is run all the same, with a driver that goes wrong at whatever is called first.
    const total = flow.keyless ? 1 : made;
    for (const fault of faults) for (let call = 1; call <= total; call++) cases.push({ flow, fault, call });
  }
  await bed.lift(true);
  return cases;
}

/** PKCS#11 calls since `calls reset`. */
async function callsMade(bed: FaultBed): Promise<number> {
  return Number(/^total (\d+)$/m.exec(await bed.control('calls'))?.[1]);
}

/** Runs one case and gives what does not hold; nothing is good. */
export async function runCase(bed: FaultBed, { flow, fault, call }: Case): Promise<Broken[]> {
  const broken: Broken[] = [];
  const name = `${flow.name}, ${fault.name} at call ${call}`;
  const say = (what: string) => broken.push({ what, case: name });
  await bed.lift(flow.newPin ?? false);
  await flow.begin?.(bed);
  await bed.control('reset k1');
  const tries = await bed.triesLeft();
  const source = sha256(bed.letter);
  await bed.control('calls reset');
  await bed.control(`fault add name=case call=${call} ${fault.words}`);
  const first = await flow.run(bed);
  const rightly = first.code === 'ok' || (!flow.keyless && fault.codes.includes(first.code));
  if (!rightly) say(`told as ${first.code}`);
  if (flow.keyless && (await callsMade(bed)) > 0) say('a key was asked');
  if (sha256(bed.letter) !== source) say('the source file was changed');
  await checkOutputs(bed, flow, first, say);
  const left = await bed.triesLeft();
  if (tries - left > first.typed) say(`${tries - left} tries gone, ${first.typed} made`);
  const verdict = bed.audit.verify();
  if (!verdict.ok) say(`the audit chain is broken at ${verdict.firstBroken}`);
  await bed.lift(flow.newPin ?? false);
  for (const what of (await flow.check?.(bed, first.code === 'ok')) ?? []) say(what);
  const second = await flow.run(bed);
  if (second.code !== 'ok') say(`the same flow afterwards: ${second.code}`);
  else for (const what of (await flow.check?.(bed, true)) ?? []) say(`afterwards: ${what}`);
  return broken;
}

async function checkOutputs(
  bed: FaultBed,
  flow: Flow,
  run: Ended,
  say: (what: string) => void,
): Promise<void> {
  const there = present(run.outputs);
  if (run.code === 'ok' && there.length !== run.outputs.length) say('done, and an output is missing');
  if (run.code !== 'ok' && there.length > 0 && !flow.partial) say('failed, and there is an output');
  for (const file of there) if (!(await verifyFile(bed, file))) say(`${file} is not valid`);
  if (bed.leftovers().length > there.length) say(`left behind: ${bed.leftovers().join(', ')}`);
  if (!existsSync(bed.letter)) say('the source file is gone');
}
