import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { YinkeyError } from '../src/shared/errors/index.ts';
import { readIfThere } from './files.ts';

const patience = 120_000;
const pause = 40;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function isThere(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

/**
 * Takes away a lock whose owner died. It is moved to a name of ours first and looked at again: if a living process
 * took the lock in between, what we hold is its lock, and it is put back.
 */
function clearStale(path: string, seen: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readIfThere(aside) !== seen) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if (!isThere(error)) throw error;
    }
  }
  rmSync(aside, { force: true });
}

/** Calls in this process queue here, so that one process never waits for its own file. */
const queues = new Map<string, Promise<unknown>>();

async function withFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  const mine = `${process.pid} ${randomBytes(8).toString('hex')}`;
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if (!isThere(error)) throw error;
    }
    const seen = readIfThere(path);
    const pid = Number(seen?.split(' ')[0]);
    // An empty file is one that its owner has just made and not yet filled: it waits its turn like a live one.
    if (seen !== null && Number.isInteger(pid) && pid > 0 && !isAlive(pid)) clearStale(path, seen);
    else if (Date.now() > deadline) throw new YinkeyError('practice.failed', { reason: 'locked', path });
    else await delay(pause);
  }
  try {
    return await work();
  } finally {
    if (readIfThere(path) === mine) rmSync(path, { force: true });
  }
}

/**
 * Runs `work` while nobody else, in this process or another, works on the same folder.
 * @throws YinkeyError `practice.failed` when another process keeps the folder for two minutes
 */
export function withLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const path = join(dir, '.practice-lock');
  const turn = (queues.get(path) ?? Promise.resolve()).then(() => withFile(path, work));
  const settled = turn.catch(() => undefined);
  queues.set(path, settled);
  void settled.then(() => {
    if (queues.get(path) === settled) queues.delete(path);
  });
  return turn;
}
