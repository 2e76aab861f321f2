import path from 'node:path';
import { DocumentsPage } from '../e2e/pages/documents-page.ts';
import { PinPage } from '../e2e/pages/pin-page.ts';
import type { Figure } from './report.ts';
import { longestBlock, simulatedWorld } from './simulated.ts';
import { onePage } from './small.ts';
import type { BenchWorld } from './world.ts';

export interface BlockingOptions {
  folder: string;
  /** How long the keys are looked at again and again, at least. */
  seconds: number;
  /** Milliseconds that the driver rests in every C_GetSlotList and C_Sign. */
  delay: number;
}

/**
 * (d) The longest time for which main's event loop does nothing else, while a driver keeps its host waiting for
 * seconds: the key simulator, told to be slow.
 */
export async function blocking(world: BenchWorld, options: BlockingOptions): Promise<Figure[]> {
  const { practice, launch } = await simulatedWorld(path.join(options.folder, 'slow'), {
    'latency.C_GetSlotList': options.delay,
    'latency.C_Sign': options.delay,
  });
  const document = path.basename(await onePage(world));
  const client = await launch();
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
    await documents.pickPicture(practice.seals[0]!.label);
    await documents.placeByMouse({ left: 120, top: 220 }, widthMm);
    await documents.pickSigner('RSA-2048');
    await documents.readyToStamp();
    let pin: PinPage | undefined;
    const asking = await longestBlock(app, async () => {
      await documents.stampButton.click();
      pin = new PinPage(await client.pinWindow());
      await pin.asks();
    });
    await pin!.type(practice.token.pin);
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
