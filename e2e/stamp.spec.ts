import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { pdfsig, qpdfCheck } from '../softhsm-fixtures/peers/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';

const A4 = 209.889; // the sample's width: 594.96 pt

let folder: string;
let world: PracticeWorld;
let client: LaunchedApp;
let documents: DocumentsPage;
let letter: string;

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-stamp-'));
  world = await practiceUp(folder);
  letter = world.documents.find((file) => file.endsWith('的函.pdf')) ?? '';
  client = await launchApp({ practice: folder, language: 'zh-CN', size: { width: 1280, height: 800 } });
  documents = new DocumentsPage(client.page);
});
afterAll(async () => {
  await client?.close();
  rmSync(folder, { recursive: true, force: true });
});

it('stamps by drag: a wrong PIN returns to the field, the right one ends in a file that others accept', async () => {
  const before = sha256(letter);
  const problems: string[] = [];
  client.page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await documents.enter();
  await shot(client.page, 'documents-start');
  expect(await violations(client.page)).toEqual([]);

  await documents.openRecent(path.basename(letter));
  await documents.drawn();
  // Nothing is on the page yet, and until then the button is shut.
  expect(await documents.stampButton.isDisabled()).toBe(true);
  await documents.pickPicture(world.seals[0]?.label ?? '');
  await documents.placeByMouse({ left: 90, top: 200 }, A4);
  await documents.dragTo({ left: 142, top: 240 }, A4);
  const spot = await documents.readOut();
  expect(spot.width).toBe(42);
  expect(spot.left).toBeCloseTo(121, 0);
  expect(spot.top).toBeGreaterThan(217);
  await documents.pickSigner('RSA-2048');
  await documents.readyToStamp();
  expect(await documents.checks()).toMatchObject({ document: 'ok', place: 'ok', seal: 'ok', key: 'ok' });
  await shot(client.page, 'documents-placed');
  expect(await violations(client.page)).toEqual([]);

  await documents.stampButton.click();
  const pin = new PinPage(await client.pinWindow());
  await pin.asks();
  await client.page.locator('[data-testid="stamping"][data-step="pin"]').waitFor();
  await shot(client.page, 'documents-pin-waiting');
  await shot(pin.page, 'pin-asks');
  await pin.type(`${world.token.pin.slice(0, -1)}x`);
  await pin.confirm();
  await pin.refused();
  await shot(pin.page, 'pin-wrong');
  await pin.type(world.token.pin);
  await pin.confirm();

  await documents.done.waitFor();
  await documents.drawn();
  await shot(client.page, 'documents-done');
  expect(await violations(client.page)).toEqual([]);
  expect(await documents.done.getAttribute('data-standing')).toBe('valid');

  const output = readdirSync(path.dirname(letter)).find(
    (name) => name.startsWith(path.parse(letter).name) && name !== path.basename(letter),
  );
  const stamped = path.join(path.dirname(letter), output ?? '');
  expect(existsSync(stamped)).toBe(true);
  expect(sha256(letter)).toBe(before);
  expect(readFileSync(stamped).subarray(0, readFileSync(letter).length)).toEqual(readFileSync(letter));
  expect(await pdfsig(stamped)).toEqual([
    expect.objectContaining({ valid: true, total: true, type: 'ETSI.CAdES.detached' }),
  ]);
  expect((await qpdfCheck(stamped)).code).toBe(0);
  expect(problems).toEqual([]);
});

it('says so when the PIN window is closed, and leaves no file behind', async () => {
  await documents.close();
  const before = readdirSync(path.dirname(letter)).sort();
  await documents.openRecent(path.basename(letter));
  await documents.drawn();
  await documents.pickPicture(world.seals[0]?.label ?? '');
  await client.page.keyboard.press('ControlOrMeta+p');
  await documents.seal.waitFor();
  const { left, top } = await documents.readOut();
  await client.page.keyboard.press('ArrowRight');
  await client.page.keyboard.press('Shift+ArrowUp');
  const moved = await documents.readOut();
  expect(moved.left - left).toBeCloseTo(1, 6);
  expect(top - moved.top).toBeCloseTo(0.1, 6);
  await documents.readyToStamp();
  await documents.stampButton.click();
  const pin = new PinPage(await client.pinWindow());
  await pin.asks();
  await pin.cancel();
  await documents.stamping.waitFor({ state: 'detached' });
  await client.page.locator('[aria-live="polite"]', { hasText: '已取消' }).waitFor({ state: 'attached' });
  expect(readdirSync(path.dirname(letter)).sort()).toEqual(before);
  await documents.close();
});

it('stamps several pages in one go, from a list that is checked while it is typed', async () => {
  const agreement = world.documents.find((file) => file.includes('协议')) ?? '';
  await documents.openRecent(path.basename(agreement));
  await documents.drawn();
  await documents.pickPicture(world.seals[0]?.label ?? '');
  await documents.pickSigner('EC-P256');
  await client.page.keyboard.press('ControlOrMeta+p');
  await documents.seal.waitFor();
  await client.page.getByRole('radio', { name: '指定页' }).click();
  const list = client.page.getByTestId('page-list');
  await list.fill('1,9');
  await client.page.getByText('文件没有第 9 页').waitFor();
  expect(await documents.stampButton.isDisabled()).toBe(true);
  await list.fill('1,5-6');
  await documents.readyToStamp();
  await documents.stampButton.click();
  const pin = new PinPage(await client.pinWindow());
  await pin.asks();
  await pin.type(world.token.pin);
  await pin.confirm();
  await documents.done.waitFor();
  await documents.drawn();
  await client.page.getByText('1,5-6', { exact: true }).waitFor();
  await shot(client.page, 'documents-several-pages');
  const stamped = path.join(path.dirname(agreement), (await client.page.locator('h1').innerText()).trim());
  // poppler counts the field once for each page on which its seal can be seen.
  const seen = await pdfsig(stamped);
  expect(seen.map(({ valid, total }) => valid && total)).toEqual([true, true, true]);
  expect(new Set(seen.map(({ field }) => field)).size).toBe(1);
  await documents.close();
});
