import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { nodePath } from '../../scripts/setup/paths.mjs';
import { AuditLog } from '../../src/main/audit/index.ts';
import { openStore } from '../../src/main/store/index.ts';
import { type FaultBed, sha256 } from './bed.ts';
import { verifyFile } from './check.ts';
import type { Broken } from './matrix.ts';

export const victims = ['main', 'token host', 'document host'] as const;
export type Victim = (typeof victims)[number];

export interface Kill {
  victim: Victim;
  /** Milliseconds after the start; where the process is by then is chance, and meant to be. */
  after: number;
}

/** One stamp by the command line as a process of its own. */
function startStamp(bed: FaultBed, output: string, data: string): ChildProcess {
  const certificate = bed.world.certificates.find(({ keyType }) => keyType === 'RSA-2048')!;
  const args = [
    'stamp',
    bed.letter,
    '--out',
    output,
    '--cert',
    certificate.id,
    '--token',
    bed.world.token.serial,
  ];
  const place = [
    '--image',
    bed.world.picture,
    '--at',
    '120,220',
    '--module',
    bed.module,
    '--pin-fd',
    '3',
    '--json',
  ];
  const cli = path.join(bed.programs, 'cli.js');
  const child = spawn(nodePath(), [cli, ...args, ...place], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...bed.keysim.env, YINKEY_DATA: data },
  });
  const pipe = child.stdio[3] as NodeJS.WritableStream;
  pipe.on('error', () => {});
  pipe.end(bed.pin);
  return child;
}

/** The children of a process by what they run; Linux only. */
function hostOf(pid: number, script: string): number | undefined {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return undefined;
  const children = readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return children.find((child) => {
    const line = `/proc/${child}/cmdline`;
    return existsSync(line) && readFileSync(line, 'utf8').includes(script);
  });
}

function strike(child: ChildProcess, victim: Victim): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  const script = victim === 'token host' ? 'token-host' : 'document-host';
  const pid = victim === 'main' ? child.pid : hostOf(child.pid, script);
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone by itself in the meantime.
  }
}

const exitOf = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve));

/** Kills one process of a stamp at some moment, and gives what doesn't hold then and at the next start. */
export async function runKill(bed: FaultBed, { victim, after }: Kill): Promise<Broken[]> {
  const broken: Broken[] = [];
  const say = (what: string) => broken.push({ what, case: `kill ${victim} after ${after} ms` });
  await bed.lift(false);
  const data = path.join(bed.folder, 'killed');
  const output = path.join(bed.out, 'killed.pdf');
  const source = sha256(bed.letter);
  const tries = await bed.triesLeft();
  const child = startStamp(bed, output, data);
  const ended = exitOf(child);
  const timer = setTimeout(() => strike(child, victim), after);
  const code = await ended;
  clearTimeout(timer);
  if (sha256(bed.letter) !== source) say('the source file was changed');
  if (existsSync(output) && !(await verifyFile(bed, output))) say('the output is not valid');
  if (code === 0 && !existsSync(output)) say('done, and there is no output');
  if (tries - (await bed.triesLeft()) > 1) say('more than one try gone');
  const next = path.join(bed.out, 'next.pdf');
  const again = await exitOf(startStamp(bed, next, data));
  if (again !== 0 || !(await verifyFile(bed, next))) say(`the next start ends with ${again}`);
  const strangers = bed.leftovers().filter((name) => name !== 'killed.pdf' && name !== 'next.pdf');
  if (strangers.length > 0) say(`left behind: ${strangers.join(', ')}`);
  const { store } = await openStore({ file: path.join(data, 'store.db') });
  const verdict = new AuditLog(store.audit).verify();
  store.close();
  if (!verdict.ok) say(`the audit chain is broken at ${verdict.firstBroken}`);
  return broken;
}

/** A seeded list of kills over the time that one stamp takes. */
export function kills(count: number, random: () => number, longest = 900): Kill[] {
  return Array.from({ length: count }, (_, index) => ({
    victim: victims[index % victims.length]!,
    after: Math.floor(random() * longest),
  }));
}
