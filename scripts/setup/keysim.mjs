// The key simulator (native/keysim): a PKCS#11 module that the tests and `yinkey sim` put over SoftHSM. Compiled with
// cc and make, anew whenever its sources have changed.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inCache, inRoot } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';

const folder = () => inRoot('native', 'keysim');
const stamp = () => inCache('native', 'keysim.stamp');

/** Where the compiled module lies. */
export const keysimPath = () => inCache('native', 'keysim.so');

/** The program that gives the simulator commands (native/keysim/README.md). */
export const keysimControlPath = () => inCache('native', 'keysim-control');

function key() {
  const sources = readdirSync(folder())
    .filter((name) => /\.[ch]$|^Makefile$/.test(name))
    .sort()
    .flatMap((name) => [name, readFileSync(path.join(folder(), name), 'utf8')]);
  return hashOf(process.platform, process.arch, ...sources);
}

/** True when the module is there and as new as its sources; also on Windows, where nothing builds it yet. */
export function keysimReady() {
  if (process.platform === 'win32') return true;
  return existsSync(keysimPath()) && existsSync(keysimControlPath()) && readStamp(stamp()) === key();
}

/** Compiles the simulator when it is missing or older than its sources. */
export async function ensureKeysim() {
  if (keysimReady()) return;
  await step('compiling the key simulator', async () => {
    const wanted = key();
    // Built aside and moved into place: a process that has the old module loaded keeps it whole.
    const build = inCache('native', `keysim-build-${process.pid}`);
    mkdirSync(build, { recursive: true });
    try {
      const out = path.join(build, 'keysim.so');
      await run('make', ['-s', '-j2', '-C', folder(), `OUT=${out}`, `BUILD=${build}`]);
      renameSync(path.join(build, 'keysim-control'), keysimControlPath());
      renameSync(out, keysimPath());
      writeStamp(stamp(), wanted);
    } finally {
      rmSync(build, { recursive: true, force: true });
    }
  });
}
