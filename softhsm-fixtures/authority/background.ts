import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { YinkeyError } from '../../src/shared/errors/index.ts';
import { nodePath } from '../driver.ts';
import { withLock } from '../lock.ts';
import { type Authority, ensureAuthority } from './root.ts';

/** A practice authority in a process of its own. */
export interface FoundAuthority {
  url: string;
  /** Base of the orders API: what `--authority` takes. */
  api: string;
  pid: number;
}

const statusSchema = z.object({ practice: z.literal(true), dir: z.string(), pid: z.number().int() });

/** How long one that has just been started may take to answer. */
const patience = 15_000;
const pause = 50;

function samePlace(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    // One of them is gone: then it is no place any more.
    return false;
  }
}

/** Who answers on the world's port: this world's authority, nobody, or (an error) somebody else. */
async function ask(authority: Authority, dir: string): Promise<FoundAuthority | 'nobody' | 'starting'> {
  let answer: Response;
  try {
    answer = await fetch(`${authority.url}/practice/status`, { signal: AbortSignal.timeout(5000) });
  } catch {
    // Refused, cut or silent: nobody who could be this world's authority.
    return 'nobody';
  }
  if (answer.status === 503) return 'starting';
  const status = statusSchema.safeParse(await answer.json().catch(() => null));
  if (!status.success || !samePlace(status.data.dir, dir)) {
    const reason = `port ${authority.port}, which this practice world has, is used by another program`;
    throw new YinkeyError('practice.failed', { reason });
  }
  return { url: authority.url, api: `${authority.url}/api`, pid: status.data.pid };
}

/**
 * The authority of this world that runs already, or null.
 * @throws YinkeyError practice.failed when another program has its port
 */
export async function findAuthority(dir: string): Promise<FoundAuthority | null> {
  const folder = resolve(dir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = await withLock(folder, () => ensureAuthority(folder));
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await ask(authority, folder);
    if (found === 'nobody' || (found === 'starting' && Date.now() > deadline)) return null;
    if (found !== 'starting') return found;
    await delay(pause);
  }
}

/**
 * Sees to it that this world's authority runs, in a process of its own that outlives this one. It ends itself on
 * SIGTERM and when the world's folder is gone.
 * @throws YinkeyError practice.failed when it can't be started
 */
export async function openAuthority(dir: string): Promise<FoundAuthority> {
  const folder = resolve(dir);
  const known = await findAuthority(folder);
  if (known) return known;
  const program = fileURLToPath(new URL('./run.ts', import.meta.url));
  const log = openSync(join(folder, 'authority', 'log.txt'), 'a', 0o600);
  const child = spawn(nodePath(), [program, '--dir', folder], {
    cwd: dirname(program),
    detached: true,
    env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const failed = (reason: string) => new YinkeyError('practice.failed', { reason });
  await new Promise<void>((started, reject) => {
    child.once('message', () => started());
    child.once('error', (error) => reject(failed(error.message)));
    child.once('exit', (code) => reject(failed(`the practice authority ended (${code}): authority/log.txt`)));
  });
  child.removeAllListeners();
  if (child.connected) child.disconnect();
  child.unref();
  const found = await findAuthority(folder);
  if (!found) throw failed('the practice authority does not answer: authority/log.txt');
  return found;
}
