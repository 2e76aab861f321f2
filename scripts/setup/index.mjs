// The set-up as a whole. Quick when there is nothing to do; otherwise one at a time in a checkout, and every part
// looks again for itself, so that whatever an earlier run left half-made is made anew.
import { electronRuntime, ensureElectron } from './electron.mjs';
import { ensureKeysim, keysimReady } from './keysim.mjs';
import { withLock } from './lock.mjs';
import { ensurePackages, installGap, needsCompiler, packagesReady } from './packages.mjs';
import { inCache, root } from './paths.mjs';
import { ensureSqlite, sqliteReady } from './sqlite.mjs';
import { ensureSystem, missingPackages } from './system.mjs';

export { electronPath, electronRuntime } from './electron.mjs';
export { nodePath } from './paths.mjs';

/**
 * Makes the checkout ready.
 * @param {{ window?: boolean, practice?: boolean, tests?: boolean, bench?: boolean }} [want] `window`: Electron and
 *   what it needs; `practice`: SoftHSM; `tests`: the programs that the tests ask for their opinion, and the key
 *   simulator; `bench`: what the benchmark's rivals sign with
 * @returns {Promise<void>}
 * @throws Error with a text for people when a part can't be had
 */
export async function setUp({ window = false, practice = false, tests = false, bench = false } = {}) {
  /** @type {import('./system.mjs').Need[]} */
  const needs = [];
  if (practice) needs.push('practice');
  if (window) needs.push('window');
  if (tests) needs.push('tests');
  if (bench) needs.push('bench');

  const windowReady = () => !window || (electronRuntime() !== undefined && sqliteReady());
  const simulatorReady = () => !tests || keysimReady();
  if (packagesReady() && windowReady() && simulatorReady() && (await missingPackages(needs)).length === 0) {
    if (process.platform !== 'linux') await ensureSystem(needs); // only advice there
    return;
  }

  await withLock(inCache('set-up.lock'), async () => {
    const compiler = installGap(root) !== undefined || needsCompiler() || !windowReady() || !simulatorReady();
    await ensureSystem(compiler ? ['compiler', ...needs] : needs);
    await ensurePackages();
    if (tests) await ensureKeysim();
    if (!window) return;
    await ensureElectron();
    await ensureSqlite();
  });
}
