import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';

let folder: string;
let world: PracticeWorld;
let client: LaunchedApp;
let documents: DocumentsPage;
let letter: string;
let stamped: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-verify-'));
  world = await practiceUp(folder);
  letter = world.documents.find((file) => path.basename(file).startsWith('Letter')) ?? '';
  client = await launchApp({ practice: folder, language: 'en', size: { width: 1280, height: 800 } });
  documents = new DocumentsPage(client.page);
  await documents.enter();
  await documents.openRecent(path.basename(letter));
  await documents.drawn();
  await documents.pickPicture(world.seals[0]?.label ?? '');
  await client.page.keyboard.press('ControlOrMeta+p');
  await documents.seal.waitFor();
  await documents.pickSigner('EC-P256');
  await documents.readyToStamp();
  await documents.stampButton.click();
  const pin = new PinPage(await client.pinWindow());
  await pin.asks();
  await pin.type(world.token.pin);
  await pin.confirm();
  await documents.done.waitFor();
  const name = (await client.page.locator('h1').innerText()).trim();
  stamped = path.join(path.dirname(letter), name);
});
afterAll(async () => {
  await client?.close();
  rmSync(folder, { recursive: true, force: true });
});

it('tells the verdict right after stamping, with the seal numbered on the page', async () => {
  await documents.band.getByTestId('verify').click();
  expect(await documents.standing()).toBe('valid');
  await documents.drawn();
  await client.page.getByTestId('signature').waitFor();
  expect(await documents.sheet.locator('.no').count()).toBe(1);
  await shot(client.page, 'verify-valid');
  expect(await violations(client.page)).toEqual([]);
  await documents.close();
});

it('finds one changed byte and says what that means', async () => {
  const bytes = readFileSync(stamped);
  // A byte of the original's content, inside the first range that the seal protects.
  const at = Math.floor(readFileSync(letter).length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x01, at);
  const forged = path.join(folder, 'changed.pdf');
  writeFileSync(forged, bytes);
  await documents.drop(client.app, forged, 'verify');
  expect(await documents.standing()).toBe('invalid');
  const band = await documents.band.innerText();
  expect(band).toContain('Invalid');
  expect(band).toContain('do not use this file');
  expect(await client.page.getByTestId('signature').getAttribute('data-standing')).toBe('invalid');
  await documents.drawn();
  await shot(client.page, 'verify-tampered');
  expect(await violations(client.page)).toEqual([]);
  await documents.close();
});

it('says that a picture is no seal', async () => {
  await documents.drop(client.app, letter, 'verify');
  expect(await documents.standing()).toBe('unsigned');
  await documents.drawn();
  await shot(client.page, 'verify-unsigned');
  await documents.close();
});

it('refuses what is no PDF in words, and stays where it was', async () => {
  const text = path.join(folder, 'notes.pdf');
  writeFileSync(text, 'these are notes, not a PDF file\n'.repeat(50));
  await documents.drop(client.app, text, 'stamp');
  await documents.start.getByRole('alert').filter({ hasText: 'document.not-pdf' }).waitFor();
  await shot(client.page, 'documents-not-pdf');
});

it('works without a key, without practice, and does not call the unknown authority a forgery', async () => {
  const other = await launchApp({ language: 'en', size: { width: 1024, height: 720 }, colorScheme: 'dark' });
  try {
    const page = new DocumentsPage(other.page);
    await page.enter();
    await page.drop(other.app, stamped, 'verify');
    expect(await page.standing()).toBe('limited');
    await page.drawn();
    await shot(other.page, 'verify-no-key');
    expect(await violations(other.page)).toEqual([]);
  } finally {
    await other.close();
  }
});
