import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type RunningAuthority, startAuthority } from '../softhsm-fixtures/authority/index.ts';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { pdfsig } from '../softhsm-fixtures/peers/index.ts';
import { type SeededCertificate, seedKeys } from '../softhsm-fixtures/seed.ts';
import type { RenewalView } from '../src/shared/domain/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';

const A4 = 209.889;

let folder: string;
let world: PracticeWorld;
let authority: RunningAuthority;
let seeds: Map<string, SeededCertificate>;
let client: LaunchedApp | undefined;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-renewal-'));
  world = await practiceUp(folder);
  const made = await seedKeys(world, ['30', '1', 'expired', 'revoked']);
  seeds = new Map(made.map((each) => [each.state, each]));
  authority = await startAuthority({ dir: world.dir });
});
afterAll(async () => {
  await authority?.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await client?.close();
  client = undefined;
});

async function open(language: 'zh-CN' | 'en'): Promise<WindowPage> {
  client = await launchApp({ practice: world.dir, language, size: { width: 1280, height: 800 } });
  const window = new WindowPage(client.page);
  await window.ready();
  return window;
}
const page = () => client!.page.getByTestId('renewal');
const at = (name: string) => client!.page.locator(`[data-testid="renewal"][data-page="${name}"]`).waitFor();
const click = (testId: string) => client!.page.getByTestId(testId).click();

/** The renewal as main tells it. */
async function theRenewal(state: string): Promise<RenewalView> {
  const { sha256 } = seeds.get(state)!.certificate;
  const answer = await client!.page.evaluate(() => window.yinkey.call('renewal.list', undefined));
  const found = answer.ok ? answer.output.find(({ old }) => old.sha256 === sha256) : undefined;
  if (!found) throw new Error('no renewal of it');
  return found;
}
const orderId = (view: RenewalView) => view.order!.payUrl.split('/').at(-1)!;

async function choose(window: WindowPage, state: string): Promise<void> {
  await window.go('certificates');
  const { certificate } = seeds.get(state)!;
  await window.page.locator(`[data-testid="certificate-card"][data-sha256="${certificate.sha256}"]`).click();
}

const filesBeside = (file: string) => readdirSync(path.dirname(file));

/** From the certificate to the order. */
async function order(window: WindowPage, state: string): Promise<void> {
  await choose(window, state);
  await click('renew');
  await at('confirm');
  await window.page.getByTestId('renewal-years').nth(2).click();
  await click('renewal-confirm');
  await at('pay');
}

/** What another program does with a seeded key. */
function tool(state: string, ...args: string[]): string {
  const { token } = seeds.get(state)!;
  return execFileSync(
    'pkcs11-tool',
    ['--module', world.module, '--token-label', token.label, '--login', '--pin', token.pin!, ...args],
    { env: { ...process.env, ...world.env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
}
const makePair = (state: string, label: string) =>
  tool(state, '--keypairgen', '--key-type', 'EC:prime256v1', '--id', '77', '--label', label);
const labelsOn = (state: string) => tool(state, '--list-objects');

async function typePin(state: string): Promise<void> {
  const pin = new PinPage(await client!.pinWindow());
  await pin.asks();
  await shot(pin.page, 'renewal-pin-window');
  await pin.type(seeds.get(state)!.token.pin!);
  await pin.confirm();
}

it('reminds, renews with one PIN, and stamps with the new certificate', async () => {
  const window = await open('zh-CN');
  await window.go('certificates');
  const reminder = window.page.getByTestId('reminder');
  await reminder.waitFor();
  await shot(window.page, 'renewal-1-reminder');
  await choose(window, '30');
  await window.page.locator('[data-testid="status"][data-revocation="good"]').waitFor();
  await shot(window.page, 'renewal-2-certificate');
  await click('renew');
  await at('confirm');
  expect(await page().innerText()).toContain(seeds.get('30')!.creditCode);
  await window.page.getByTestId('renewal-years').nth(2).click();
  await shot(window.page, 'renewal-3-confirm');
  expect(await violations(window.page)).toEqual([]);
  await click('renewal-confirm');
  await at('pay');
  await shot(window.page, 'renewal-4-pay');
  expect(await violations(window.page)).toEqual([]);
  const ordered = await theRenewal('30');
  expect(ordered.order).toMatchObject({ years: 3, state: 'open', fees: { total: 120_000 } });
  authority.pay(orderId(ordered));
  // Nobody clicks: the client sees by itself that it was paid.
  await at('ready');
  await shot(window.page, 'renewal-5-paid');
  await click('renewal-go');
  await typePin('30');
  await at('done');
  await shot(window.page, 'renewal-6-done');
  expect(await violations(window.page)).toEqual([]);
  const done = await theRenewal('30');
  expect(done.state).toBe('done');
  const years = (Date.parse(done.fresh!.notAfter) - Date.parse(done.old.notAfter)) / 86_400_000;
  expect(Math.round(years / 365)).toBe(3);
  expect(authority.certificates(orderId(done))).toMatchObject([
    { sha256: done.fresh!.sha256, state: 'good' },
  ]);

  const documents = new DocumentsPage(window.page);
  await documents.enter();
  const letter = world.documents.find((file) => file.endsWith('的函.pdf')) ?? '';
  const before = filesBeside(letter);
  await documents.openRecent(path.basename(letter));
  await documents.drawn();
  await documents.pickPicture(world.seals[0]?.label ?? '');
  await documents.placeByMouse({ left: 142, top: 240 }, A4);
  await documents.pickSigner('公章 · 滇池环境监测站');
  await documents.readyToStamp();
  await documents.stampButton.click();
  await typePin('30');
  await documents.done.waitFor();
  await shot(window.page, 'renewal-7-stamped');
  const [stamped] = filesBeside(letter).filter((name) => !before.includes(name));
  const [signature] = await pdfsig(path.join(path.dirname(letter), stamped!));
  expect(signature).toMatchObject({ valid: true });
});

it('goes on after the client was killed, and shows what the staff decide', async () => {
  const window = await open('en');
  await order(window, '1');
  const paid = orderId(await theRenewal('1'));
  client!.app.process().kill('SIGKILL');
  await client!.close().catch(() => {});
  authority.knobs.reviewOrders = true;
  authority.pay(paid);

  // Closed while the key is at work for it: that is asked, and stops where it is safe.
  const closed = await open('en');
  await choose(closed, '1');
  await at('ready');
  await client!.app.evaluate(({ dialog }) => {
    dialog.showMessageBox = (async (_window: unknown, options: { message: string }) => {
      console.error(`asked: ${options.message}`);
      return { response: 1, checkboxChecked: false };
    }) as unknown as typeof dialog.showMessageBox;
  });
  const asked: string[] = [];
  client!.app.process().stderr?.on('data', (chunk: Buffer) => asked.push(String(chunk)));
  // It answers when it is told to, and not before.
  authority.knobs.slow = 600_000;
  await click('renewal-go');
  await typePin('1');
  await at('issuing');
  const gone = new Promise((resolve) => client!.app.process().once('exit', resolve));
  await client!.app.evaluate(({ BrowserWindow }) => {
    for (const each of BrowserWindow.getAllWindows()) if (!each.getParentWindow()) each.close();
  });
  await expect.poll(() => asked.join('')).toContain('asked: A certificate is being renewed');
  authority.knobs.slow = 0;
  await gone;
  await client!.close().catch(() => {});

  const again = await open('en');
  await choose(again, '1');
  await at('ready');
  await click('renewal-go');
  await typePin('1');
  await at('review');
  await shot(again.page, 'renewal-8-review');
  expect(await violations(again.page)).toEqual([]);
  expect(authority.certificates(paid)).toEqual([]);
  authority.refuse(paid, 'The licence has expired');
  authority.knobs.reviewOrders = false;
  // The new pair is still on the key: it goes when the renewal is ended.
  await at('stopped');
  expect(await page().innerText()).toContain('The licence has expired');
  await shot(again.page, 'renewal-9-refused');
  await click('renewal-end');
  await click('renewal-end-yes');
  await typePin('1');
  await at('refused');
  expect(await page().innerText()).toContain('The licence has expired');
  await shot(again.page, 'renewal-10-ended');
  expect(await violations(again.page)).toEqual([]);

  // A pair that nobody remembers: found with the PIN, and removed after a question.
  makePair('1', 'YinKey renewal R20260101-0007');
  await again.page.getByText('Show the certificate').click();
  await click('leftovers-look');
  await typePin('1');
  const pairs = again.page.getByTestId('leftover');
  await pairs.waitFor();
  expect(await pairs.innerText()).toContain('R20260101-0007');
  await shot(again.page, 'renewal-13-leftover');
  expect(await violations(again.page)).toEqual([]);
  await click('leftover-remove');
  await click('leftover-yes');
  await typePin('1');
  await pairs.waitFor({ state: 'detached' });
  expect(labelsOn('1')).not.toContain('YinKey renewal R20260101-0007');
});

it('says of an expired certificate where to go, and of a revoked one that it is over', async () => {
  const window = await open('zh-CN');
  await choose(window, 'expired');
  await window.page.getByTestId('renewal-form').waitFor();
  expect(await window.page.getByTestId('renew').count()).toBe(0);
  await shot(window.page, 'renewal-11-expired');
  await choose(window, 'revoked');
  await window.page.locator('[data-testid="status"][data-revocation="revoked"]').waitFor();
  await shot(window.page, 'renewal-12-revoked');
  expect(await violations(window.page)).toEqual([]);
});
