import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LaunchedApp, launchApp } from './launch.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { shot } from './pages/shots.ts';

const files = path.join(import.meta.dirname, 'files');

let folder: string;
let client: LaunchedApp;
let documents: DocumentsPage;
const problems: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-preview-'));
  client = await launchApp({ language: 'en', size: { width: 1024, height: 720 } });
  client.page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  documents = new DocumentsPage(client.page);
  await documents.enter();
});
afterAll(async () => {
  await client?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Share of the page that is dark, from the drawing on the screen. */
const darkShare = () =>
  client.page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.page-sheet canvas');
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
    if (!pixels) return -1;
    let dark = 0;
    for (let at = 0; at < pixels.length; at += 4) {
      if (pixels[at]! + pixels[at + 1]! + pixels[at + 2]! < 600) dark++;
    }
    return dark / (pixels.length / 4);
  });

it.each([
  ['jpeg2000.pdf', 0.01],
  ['fax-g4.pdf', 0.01],
  ['jbig2.pdf', 0.01],
  ['fonts-not-embedded.pdf', 0.001],
])('shows %s without leaving the policy', async (name, least) => {
  const file = path.join(folder, name);
  copyFileSync(path.join(files, name), file);
  await documents.drop(client.app, file, 'stamp');
  await documents.drawn();
  const share = await darkShare();
  expect(share).toBeGreaterThan(least);
  expect(share).toBeLessThan(0.3);
  expect(problems).toEqual([]);
  await documents.close();
});

it('opens 1,000 pages with a handful of thumbnails, and goes to the last one', async () => {
  const file = path.join(folder, 'thousand.pdf');
  const one = path.join(files, 'fonts-not-embedded.pdf');
  const pages = Array.from({ length: 1000 }, () => [one, '1']).flat();
  execFileSync('qpdf', ['--empty', '--pages', ...pages, '--', file]);
  await documents.drop(client.app, file, 'stamp');
  await documents.drawn();
  const thumbnails = client.page.locator('.pages [data-page]');
  expect(await thumbnails.count()).toBeLessThan(20);
  await client.page.keyboard.press('End');
  await client.page.locator('.pages [data-page="1000"][aria-current="page"]').waitFor();
  await documents.drawn();
  expect(await darkShare()).toBeGreaterThan(0.001);
  expect(await thumbnails.count()).toBeLessThan(20);
  await shot(client.page, 'preview-thousand-pages');
  await client.page.keyboard.press('PageUp');
  await client.page.locator('.pages [data-page="999"][aria-current="page"]').waitFor();
  await documents.close();
});

it('asks for the password of an encrypted file, and again when it is wrong', async () => {
  const file = path.join(folder, 'locked.pdf');
  const plain = path.join(files, 'fax-g4.pdf');
  execFileSync('qpdf', ['--encrypt', 'open me', 'owner', '256', '--', plain, file]);
  await documents.drop(client.app, file, 'stamp');
  const field = client.page.getByTestId('password');
  await field.fill('shut');
  await field.press('Enter');
  await client.page.getByRole('dialog').getByRole('alert').waitFor();
  await shot(client.page, 'documents-password');
  await field.fill('open me');
  await field.press('Enter');
  await documents.drawn();
  expect(await darkShare()).toBeGreaterThan(0.01);
  await documents.close();
});

it('shows a page at its real size at 100 %', async () => {
  await documents.drop(client.app, path.join(folder, 'fax-g4.pdf'), 'stamp');
  await documents.drawn();
  await client.page.locator('.foot .zoom').click();
  const width = await documents.sheet.evaluate((sheet) => sheet.getBoundingClientRect().width);
  // 595 pt are 8.264 inches of 96 CSS pixels.
  expect(width).toBeCloseTo((595 / 72) * 96, 0);
  await documents.close();
});
