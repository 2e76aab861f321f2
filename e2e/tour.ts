// The guided tour: the whole main job by script in the real window, a picture of each step, and the stamped PDF.
// Run by `npm start` where there is no display; needs one of its own (Xvfb). Usage: node e2e/tour.ts --out FOLDER
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { PinPage } from './pages/pin-page.ts';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = path.resolve(values.out ?? 'test-results/tour');
const a4Width = 210;

let step = 0;

/** A picture of a window, numbered in the order of the tour. */
async function picture(page: Page, name: string, words: string): Promise<void> {
  step += 1;
  const file = `${String(step).padStart(2, '0')}-${name}.png`;
  await page.screenshot({ path: path.join(out, file) });
  console.log(`${String(step).padStart(2)}. ${words}  ${file}`);
}

async function tour(world: PracticeWorld, client: LaunchedApp): Promise<string> {
  const { page, app } = client;
  const documents = new DocumentsPage(page);
  const letter = world.documents.find((file) => file.endsWith('函.pdf'))!;

  await page.getByText(world.token.label).first().waitFor();
  await page.getByText('RSA-2048').first().waitFor({ state: 'attached' });
  await picture(page, 'keys', 'The key that is plugged in, with its certificates');

  await page.keyboard.press('ControlOrMeta+3');
  await page.locator('[data-testid="seal-stage"] .seal-head img').waitFor();
  await picture(page, 'seals', 'The electronic seal on the key, at its true size');

  await documents.enter();
  await picture(page, 'documents', 'Documents: open one, or drop it here');
  await documents.openRecent(path.basename(letter));
  await documents.drawn();
  await documents.pickSeal(world.seal.name);
  await documents.placeByMouse({ left: 142, top: 242 }, a4Width);
  await documents.readyToStamp();
  await picture(page, 'placed', 'The seal in its place; nothing stands in the way');

  await documents.stampButton.click();
  const pin = new PinPage(await client.pinWindow());
  await pin.asks();
  await picture(pin.page, 'pin', 'The PIN window, a window and a process of its own');
  await pin.type(`${world.token.pin.slice(0, -1)}x`);
  await pin.confirm();
  await pin.refused();
  await picture(pin.page, 'pin-wrong', 'A wrong PIN: the field is open again, nothing was tried twice');
  await pin.type(world.token.pin);
  await pin.confirm();
  await documents.done.waitFor();
  await documents.drawn();
  await picture(page, 'stamped', 'Stamped, and verified before the file got its name');

  await page.getByTestId('done').getByRole('button').first().waitFor();
  const stamped = stampedBeside(letter);
  const kept = path.join(out, path.basename(stamped));
  copyFileSync(stamped, kept);

  await documents.close();
  await documents.drop(app, kept, 'verify');
  expectStanding(await documents.standing(), 'valid');
  await documents.drawn();
  await picture(page, 'verified', 'Any PDF can be checked, with or without a key');

  await documents.close();
  const tampered = path.join(out, 'tampered.pdf');
  writeFileSync(tampered, withOneByteChanged(readFileSync(kept)));
  await documents.drop(app, tampered, 'verify');
  expectStanding(await documents.standing(), 'invalid');
  await picture(page, 'tampered', 'One byte changed, and it is told');
  return kept;
}

function expectStanding(found: string, wanted: string): void {
  if (found !== wanted) throw new Error(`the verdict is ${found} where ${wanted} was expected`);
}

/** A letter of the document's properties: nothing on the page shows it, the signature does. */
function withOneByteChanged(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const place = changed.indexOf('/Producer (') + '/Producer ('.length;
  changed[place]! ^= 0x01;
  return changed;
}

function stampedBeside(file: string): string {
  const { dir, name, base } = path.parse(file);
  const found = readdirSync(dir).find((other) => other !== base && other.startsWith(name));
  if (!found) throw new Error('no stamped file beside the original');
  return path.join(dir, found);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const world = await practiceUp(path.join(out, 'practice'));
const client = await launchApp({
  practice: world.dir,
  language: 'zh-CN',
  size: { width: 1280, height: 800 },
});
try {
  const stamped = await tour(world, client).catch(async (error: unknown) => {
    await picture(client.page, 'failed', 'Here the tour came to its end');
    throw error;
  });
  console.log(`The stamped document: ${stamped}`);
} finally {
  await client.close();
}
