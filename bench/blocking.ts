import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ElectronApplication } from 'playwright';
import { launchApp } from '../e2e/launch.ts';
import { DocumentsPage } from '../e2e/pages/documents-page.ts';
import { PinPage } from '../e2e/pages/pin-page.ts';
import type { PracticeWorld } from '../softhsm-fixtures/index.ts';
import type { Figure } from './report.ts';
import { onePage } from './small.ts';
import { type BenchWorld, run } from './world.ts';

export interface BlockingOptions {
  root: string;
  folder: string;
  /** How long the keys are looked at again and again, at least. */
  seconds: number;
  /** Milliseconds that the driver rests in every C_GetSlotList and C_Sign. */
  delay: number;
}

/**
 * (d) The longest time for which main's event loop does nothing else, while a driver keeps its host waiting for
 * seconds: a driver that passes everything on to SoftHSM, slowly.
 */
export async function blocking(world: BenchWorld, options: BlockingOptions): Promise<Figure[]> {
  const practice = await slowPractice(world.practice, options);
  const document = path.basename(await onePage(world));
  const client = await launchApp({ practice, size: { width: 1280, height: 800 } });
  try {
    const { app, page } = client;
    const look = () => page.evaluate(() => window.yinkey.call('keys.refresh', undefined));
    const first = await look();
    if (!first.ok || first.output.keys.length !== 1) throw new Error('the slow key does not show');

    const idle = await longestBlock(app, async () => {
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 3000)));
    });
    let busy = 0;
    const looking = await longestBlock(app, async () => {
      const until = performance.now() + options.seconds * 1000;
      for (const began = performance.now(); performance.now() < until; busy = performance.now() - began)
        await look();
    });

    const documents = new DocumentsPage(page);
    await documents.enter();
    await documents.openRecent(document);
    await documents.drawn();
    const { widthMm } = A4;
    await documents.pickSeal(world.practice.seals[0]!.label);
    await documents.placeByMouse({ left: 120, top: 220 }, widthMm);
    await documents.pickSigner('RSA-2048');
    await documents.readyToStamp();
    let pin: PinPage | undefined;
    const asking = await longestBlock(app, async () => {
      await documents.stampButton.click();
      pin = new PinPage(await client.pinWindow());
      await pin.asks();
    });
    await pin!.type(world.practice.token.pin);
    const began = performance.now();
    const signing = await longestBlock(app, async () => {
      await pin!.confirm();
      await documents.done.waitFor();
    });
    const signed = performance.now() - began;
    const seconds = (millis: number) => `${(millis / 1000).toFixed(0)} s`;
    const block = (name: string, value: number): Figure => ({ part: 'd', name, value, unit: 'ms' });
    return [
      {
        ...block(`longest block of main, driver busy looking for ${seconds(busy)}`, looking),
        limit: 50,
        below: true,
      },
      {
        ...block(`longest block of main, from PIN to stamped, ${seconds(signed)}`, signing),
        limit: 50,
        below: true,
      },
      block('longest block of main, opening the PIN window', asking),
      block('longest block of main, nothing to do', idle),
    ];
  } finally {
    await client.close();
  }
}

const A4 = { widthMm: 210 };

/** A copy of the practice world whose driver takes its time. */
async function slowPractice(practice: PracticeWorld, options: BlockingOptions): Promise<string> {
  const folder = path.join(options.folder, 'slow');
  cpSync(practice.dir, folder, { recursive: true });
  const module = path.join(folder, 'slow-token.so');
  await run('cc', [
    ...['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', `-DDELAY_MS=${options.delay}`],
    `-DREAL_MODULE="${practice.module}"`,
    ...['-o', module, path.join(options.root, 'native', 'slow-token', 'slow-token.c'), '-ldl'],
  ]);
  const file = path.join(folder, 'practice.json');
  const facts = JSON.parse(readFileSync(file, 'utf8'));
  const moduleSha256 = createHash('sha256').update(readFileSync(module)).digest('hex');
  writeFileSync(file, JSON.stringify({ ...facts, dir: folder, module, moduleSha256 }));
  return folder;
}

/** Milliseconds of the longest delay of main's event loop while `work` goes on, at a resolution of 1 ms. */
async function longestBlock(app: ElectronApplication, work: () => Promise<void>): Promise<number> {
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
