import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
  act: Killed;
  victim: Victim;
  /** Milliseconds after the start; where the process is by then is chance, and meant to be. */
  after: number;
}

/** What is killed in the middle. `longest`: milliseconds that it takes, about. */
export const killed = [
  { name: 'stamp', longest: 900 },
  { name: 'stamp with a seal', longest: 1200 },
  { name: 'apply for a seal', longest: 1600 },
  { name: 'bind a seal', longest: 1400 },
] as const;
export type Killed = (typeof killed)[number]['name'];

/** The command line as a process of its own, with the PIN on a descriptor. */
function startCli(bed: FaultBed, data: string, args: readonly string[]): ChildProcess {
  const cli = path.join(bed.programs, 'cli.js');
  const all = [...args, '--module', bed.module, '--pin-fd', '3', '--json'];
  const child = spawn(nodePath(), [cli, ...all], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...bed.keysim.env, YINKEY_DATA: data },
  });
  const pipe = child.stdio[3] as NodeJS.WritableStream;
  pipe.on('error', () => {});
  pipe.end(bed.pin);
  return child;
}

/** One stamp, with a signature picture or with the key's seal. */
function startStamp(bed: FaultBed, output: string, data: string, sealed = false): ChildProcess {
  const certificate = bed.world.certificates.find(({ keyType }) => keyType === 'RSA-2048')!;
  const mark = sealed ? ['--seal', bed.world.seal.id] : ['--image', bed.world.picture];
  const where = ['--cert', certificate.id, '--token', bed.world.token.serial, '--at', '120,220'];
  return startCli(bed, data, ['stamp', bed.letter, '--out', output, ...where, ...mark]);
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

/** Waits for a process; one of its processes is killed at some moment. */
async function struck(child: ChildProcess, { victim, after }: Kill): Promise<number | null> {
  const ended = exitOf(child);
  const timer = setTimeout(() => strike(child, victim), after);
  const code = await ended;
  clearTimeout(timer);
  return code;
}

/** Kills one process of an act at some moment, and gives what doesn't hold then and at the next start. */
export async function runKill(bed: FaultBed, kill: Kill): Promise<Broken[]> {
  const broken: Broken[] = [];
  const { victim, after, act } = kill;
  const say = (what: string) => broken.push({ what, case: `${act}: kill ${victim} after ${after} ms` });
  await bed.lift(false);
  const data = path.join(bed.folder, 'killed');
  if (act === 'stamp' || act === 'stamp with a seal') await killStamp(bed, kill, data, say);
  else await killSealing(bed, kill, say);
  return broken;
}

async function killStamp(bed: FaultBed, kill: Kill, data: string, say: (what: string) => void) {
  const sealed = kill.act === 'stamp with a seal';
  const output = path.join(bed.out, 'killed.pdf');
  const source = sha256(bed.letter);
  const tries = await bed.triesLeft();
  const code = await struck(startStamp(bed, output, data, sealed), kill);
  if (sha256(bed.letter) !== source) say('the source file was changed');
  if (existsSync(output) && !(await verifyFile(bed, output))) say('the output is not valid');
  if (code === 0 && !existsSync(output)) say('done, and there is no output');
  if (tries - (await bed.triesLeft()) > 1) say('more than one try gone');
  const next = path.join(bed.out, 'next.pdf');
  const again = await exitOf(startStamp(bed, next, data, sealed));
  if (again !== 0 || !(await verifyFile(bed, next))) say(`the next start ends with ${again}`);
  const strangers = bed.leftovers().filter((name) => name !== 'killed.pdf' && name !== 'next.pdf');
  if (strangers.length > 0) say(`left behind: ${strangers.join(', ')}`);
  await checkAudit(data, say);
}

/** An application or a binding; the next start of the same command brings it to its end. */
async function killSealing(bed: FaultBed, kill: Kill, say: (what: string) => void) {
  const desk = await bed.desk();
  await desk.begin();
  // A client that has seen nothing: each has an application of its own.
  const data = mkdtempSync(path.join(bed.folder, 'killed-'));
  const ask = () => startCli(bed, data, desk.requestArguments());
  const bind = () => startCli(bed, data, ['seal', 'bind', '--trust', bed.world.trust]);
  const binding = kill.act === 'bind a seal';
  if (binding) {
    const asked = await exitOf(ask());
    if (asked !== 0) throw new Error(`the application ends with ${asked}`);
    desk.approveAll();
  }
  await bed.control('reset k1');
  const tries = await bed.triesLeft();
  await struck(binding ? bind() : ask(), kill);
  if (tries - (await bed.triesLeft()) > 1) say('more than one try gone');
  const again = await exitOf(binding ? bind() : ask());
  const phase = await phaseIn(data);
  // What had come to its end before the kill can't be done a second time, and is refused.
  if (phase !== (binding ? 'bound' : 'review')) say(`the next start ends with ${again}, and it is ${phase}`);
  if (binding) for (const what of await desk.checkBound(true)) say(what);
  else if (desk.waiting() !== 1) say(`${desk.waiting()} applications wait for one seal`);
  await checkAudit(data, say);
  rmSync(data, { recursive: true, force: true });
}

/** How the one application stands in the journal. */
async function phaseIn(data: string): Promise<string | undefined> {
  const { store } = await openStore({ file: path.join(data, 'store.db') });
  const [first] = store.sealApplications.list(new Date());
  store.close();
  return first?.view.phase;
}

async function checkAudit(data: string, say: (what: string) => void): Promise<void> {
  const { store } = await openStore({ file: path.join(data, 'store.db') });
  const verdict = new AuditLog(store.audit).verify();
  store.close();
  if (!verdict.ok) say(`the audit chain is broken at ${verdict.firstBroken}`);
}

/** A seeded list of kills over the time that each act takes. */
export function kills(count: number, random: () => number): Kill[] {
  return Array.from({ length: count }, (_, index) => {
    const { name: act, longest } = killed[index % killed.length]!;
    return { act, victim: victims[index % victims.length]!, after: Math.floor(random() * longest) };
  });
}
