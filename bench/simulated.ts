import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ElectronApplication } from 'playwright';
import { type LaunchedApp, launchApp } from '../e2e/launch.ts';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { type Keysim, type KeysimConfig, makeKeysim } from '../softhsm-fixtures/keysim/index.ts';

/** A practice world of its own whose key is a simulated one (native/keysim). */
export interface SimulatedWorld {
  practice: PracticeWorld;
  keysim: Keysim;
  /** The real client on this world; its data lie in the world's folder unless `userData` says where. */
  launch(userData?: string): Promise<LaunchedApp>;
}

/** Makes one in `folder`. `make` puts other keys into it than the world's own, whose name is `k1`. */
export async function simulatedWorld(
  folder: string,
  settings: KeysimConfig['settings'] = {},
  make: (practice: PracticeWorld) => Promise<KeysimConfig['keys']> = async ({ token }) => ({
    k1: { token: token.serial },
  }),
): Promise<SimulatedWorld> {
  const practice = await practiceUp(folder);
  const keysim = await makeKeysim(practice, { settings, keys: (await make(practice)) ?? {} });
  // A copy: a simulator that is compiled anew meanwhile would be another driver than the agreed one.
  const module = path.join(practice.dir, path.basename(keysim.module));
  copyFileSync(keysim.module, module);
  const file = path.join(practice.dir, 'practice.json');
  const facts = JSON.parse(readFileSync(file, 'utf8'));
  const moduleSha256 = createHash('sha256').update(readFileSync(module)).digest('hex');
  writeFileSync(file, JSON.stringify({ ...facts, module, moduleSha256 }));
  return {
    practice,
    keysim,
    launch: (userData) =>
      launchApp({
        practice: practice.dir,
        size: { width: 1280, height: 800 },
        env: keysim.env,
        ...(userData !== undefined && { userData }),
      }),
  };
}

/** Milliseconds of the longest delay of main's event loop while `work` goes on, at a resolution of 1 ms. */
export async function longestBlock(app: ElectronApplication, work: () => Promise<void>): Promise<number> {
  await app.evaluate(() => {
    const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');
    const delays = monitorEventLoopDelay({ resolution: 1 });
    Object.assign(globalThis, { benchDelays: delays });
    delays.enable();
  });
  await work();
  return app.evaluate(() => {
    const { benchDelays: delays } = globalThis as unknown as {
      benchDelays: ReturnType<typeof import('node:perf_hooks').monitorEventLoopDelay>;
    };
    delays.disable();
    return delays.max / 1e6;
  });
}
