import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { issue, makeToken, type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { PinPage } from './pages/pin-page.ts';

// Two PINs that stand nowhere else in the world: one that is right and one that is wrong.
const right = 'Canary-Kx7391-right';
const wrong = 'Canary-Qz5528-wrong';

let folder: string;
let world: PracticeWorld;
let client: LaunchedApp;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-canary-'));
  world = await practiceUp(path.join(folder, 'world'));
  const token = await makeToken(world, { label: 'canary', pin: right });
  await issue(world, { token: token as never, label: 'canary' });
  client = await launchApp({ practice: world.dir, userData: path.join(folder, 'client') });
});
afterAll(async () => {
  await client?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Every file below a folder. */
function files(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(dir, name))
    .filter((file) => lstatSync(file, { throwIfNoEntry: false })?.isFile());
}

/** The secret as it may lie in bytes: UTF-8, UTF-16 of both orders, base64, hexadecimal. */
function guises(secret: string): Buffer[] {
  const wide = Buffer.from(secret, 'utf16le');
  return [
    Buffer.from(secret),
    wide,
    Buffer.from(wide).swap16(),
    Buffer.from(Buffer.from(secret).toString('base64').slice(0, 20)),
    Buffer.from(Buffer.from(secret).toString('hex')),
  ];
}

const holds = (bytes: Buffer, secret: string) => guises(secret).some((guise) => bytes.includes(guise));

/** What the main window's process has on its heap, strings included. */
async function heapOf(page: Page): Promise<Buffer> {
  const session = await client.app.context().newCDPSession(page);
  const parts: string[] = [];
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => parts.push(chunk));
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await session.detach();
  return Buffer.from(parts.join(''));
}

it('a PIN that was typed is nowhere afterwards', async () => {
  const documents = new DocumentsPage(client.page);
  await documents.enter();
  await documents.openRecent('Letter of confirmation.pdf');
  await documents.drawn();
  await documents.pickPicture(world.seals[0]?.label ?? '');
  await client.page.keyboard.press('ControlOrMeta+p');
  await documents.seal.waitFor();
  await documents.pickSigner('canary');
  await documents.readyToStamp();
  await documents.stampButton.click();
  const pin = new PinPage(await client.pinWindow());
  await pin.asks();
  await pin.type(wrong);
  await pin.confirm();
  await pin.refused();
  await pin.type(right);
  await pin.confirm();
  await documents.done.waitFor();

  const heap = await heapOf(client.page);
  // The snapshot is one: what the window does show is in it.
  expect(heap.includes('Letter of confirmation')).toBe(true);
  for (const secret of [right, wrong]) expect(holds(heap, secret), 'in the main window').toBe(false);

  // Logs, store (with its write-ahead log), caches, crash dumps: all that the client keeps.
  const crashes = await client.app.evaluate(({ app }) => app.getPath('crashDumps'));
  const kept = [client.userData, crashes]
    .filter((dir) => statSync(dir, { throwIfNoEntry: false }))
    .flatMap(files);
  expect(kept.some((file) => file.endsWith('store.db'))).toBe(true);
  expect(kept.some((file) => path.dirname(file).endsWith('logs'))).toBe(true);
  for (const file of kept) {
    const bytes = readFileSync(file);
    for (const secret of [right, wrong]) expect(holds(bytes, secret), file).toBe(false);
  }
});
