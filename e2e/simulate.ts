import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PracticeWorld } from '../softhsm-fixtures/index.ts';
import { type Keysim, type KeysimConfig, makeKeysim } from '../softhsm-fixtures/keysim/index.ts';

/**
 * Puts the key simulator between the client and a practice world's token: a client that is started with this world and
 * the answer's `env` finds the simulated keys. One at a time in a world, and none while a client uses it.
 */
export async function simulate(world: PracticeWorld, config: KeysimConfig): Promise<Keysim> {
  const keysim = await makeKeysim(world, config);
  // A copy of its own: a simulator that is compiled anew meanwhile is another file to the client, and rightly so.
  const module = path.join(world.dir, path.basename(keysim.module));
  copyFileSync(keysim.module, module);
  const moduleSha256 = createHash('sha256').update(readFileSync(module)).digest('hex');
  const file = path.join(world.dir, 'practice.json');
  const facts = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...facts, module, moduleSha256 }));
  return { ...keysim, module, world: { ...keysim.world, module } };
}
