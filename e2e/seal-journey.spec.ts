import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningAuthority, startAuthority } from '../softhsm-fixtures/authority/index.ts';
import { goodImpression } from '../softhsm-fixtures/impressions/index.ts';
import {
  issue,
  makeToken,
  type PracticeToken,
  type PracticeWorld,
  practiceUp,
} from '../softhsm-fixtures/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';

// From the ink on paper to the seal on the key, in the window, with SoftHSM and the practice authority.

let dir: string;
let world: PracticeWorld;
let token: PracticeToken & { pin: string };
let certificate: Awaited<ReturnType<typeof issue>>;
let authority: RunningAuthority;
let client: LaunchedApp | undefined;

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'yinkey-seal-journey-'));
  world = await practiceUp(path.join(dir, 'world'));
  token = (await makeToken(world, { label: '印章盘' })) as typeof token;
  certificate = await issue(world, { token, keyType: 'EC-P256', label: '合同专用章' });
  authority = await startAuthority({ dir: world.dir });
  const paper = { paper: { width: 70, height: 70 }, at: { x: 35, y: 35 }, quality: 92 } as const;
  const gap = await goodImpression(8, { ...paper, missing: { from: 205, to: 243 } });
  const good = await goodImpression(8, { ...paper, rotation: -3 });
  writeFileSync(path.join(dir, 'gap.jpg'), gap.bytes);
  writeFileSync(path.join(dir, 'good.jpg'), good.bytes);
});
afterAll(async () => {
  await client?.close();
  await authority?.close();
  rmSync(dir, { recursive: true, force: true });
});

it('takes a seal from its scan, applies for it, and binds it to the key', async () => {
  client = await launchApp({ practice: world.dir, language: 'zh-CN', size: { width: 1280, height: 800 } });
  const { page, app } = client;
  const window = new WindowPage(page);
  await window.ready();
  const click = (testId: string) => page.getByTestId(testId).click();
  const attribute = (testId: string, name: string) => page.getByTestId(testId).getAttribute(name);
  const scanned = async (file: string, button: string) => {
    await app.evaluate(
      ({ dialog }, chosen) => {
        dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
      },
      path.join(dir, file),
    );
    await click(button);
  };
  const typePin = async () => {
    const pin = new PinPage(await (client as LaunchedApp).pinWindow());
    await pin.asks();
    await pin.type(token.pin);
    await pin.confirm();
  };
  const phase = (name: string) =>
    page.locator(`[data-testid="application"][data-page="${name}"]`).waitFor({ timeout: 60_000 });

  await window.go('seals');
  await page.getByTestId('collect').click();
  await scanned('gap.jpg', 'capture-choose');
  await expect.poll(() => attribute('capture-verdict', 'data-verdict')).toBe('refuse');
  expect(await page.getByTestId('capture-verdict').innerText()).toMatch(/左下.*边框缺 3\d/);
  await shot(page, 'journey-1-refused');
  await scanned('good.jpg', 'capture-other');
  await expect.poll(() => attribute('capture-verdict', 'data-verdict')).toBe('good');
  await page.getByRole('radio', { name: '手动调整' }).click();
  await page.getByTestId('capture-threshold').fill('0.1');
  await expect.poll(() => attribute('capture', 'aria-busy')).toBe('false');
  await shot(page, 'journey-2-corrected');

  await click('capture-make');
  const options = page.getByTestId('form-certificate').locator('option');
  const values = await options.evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
  const own = values.find((value) => value.endsWith(certificate.id));
  await page.getByTestId('form-certificate').selectOption(own as string);
  await page.getByTestId('form-kind').selectOption('contract');
  await page.getByTestId('form-administrator').fill('张三');
  await page.getByTestId('form-handler').fill('李四');
  await expect.poll(() => attribute('form-state', 'data-state')).toBe('ready');
  await shot(page, 'journey-3-application');
  await click('form-send');
  await typePin();
  await phase('review');
  await shot(page, 'journey-4-review');

  authority.approveSeal(authority.sealApplications()[0]!.id);
  await click('application-look');
  await phase('approved');
  await click('application-bind');
  await typePin();
  await phase('bound');
  await shot(page, 'journey-5-bound');
  const [application] = authority.sealApplications();
  expect(application).toMatchObject({ state: 'bound', certificateSha256: certificate.sha256 });
  await click('application-show');
  await page.getByTestId('seal-stage').waitFor();
  await shot(page, 'journey-6-my-seal');
});
