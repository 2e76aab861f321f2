import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';

let folder: string;
let world: PracticeWorld;
/** The PIN as it is now: tests change it. */
let pin: string;
let client: LaunchedApp | undefined;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-care-'));
  world = await practiceUp(path.join(folder, 'world'));
  pin = world.token.pin;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** Every test starts with a client that was never used. */
let userData: string;
beforeEach(() => {
  userData = mkdtempSync(path.join(folder, 'client-'));
});
afterEach(async () => {
  await client?.close();
  client = undefined;
});

async function open(language: 'zh-CN' | 'en', colorScheme: 'light' | 'dark' = 'light'): Promise<WindowPage> {
  client = await launchApp({
    practice: world.dir,
    userData,
    language,
    colorScheme,
    size: { width: 1024, height: 720 },
  });
  const window = new WindowPage(client.page);
  await window.ready();
  await window.keys.first().waitFor();
  return window;
}

async function begin(window: WindowPage): Promise<PinPage> {
  await window.page.getByTestId('change-pin').click();
  const page = new PinPage(await client!.pinWindow());
  await page.asksFor('pin');
  return page;
}

describe('changing the PIN', () => {
  it('asks for the old one, shows the rules of the new one while it is typed, and takes it', async () => {
    const window = await open('zh-CN');
    const page = await begin(window);
    await shot(page.page, 'change-pin-1-old');
    expect(await violations(page.page)).toEqual([]);
    await page.type(pin);
    await page.confirm();
    await page.asksFor('new-pin');
    expect(await violations(page.page)).toEqual([]);

    const state = (rule: string) => page.page.locator(`[data-rule="${rule}"]`).getAttribute('data-state');
    const save = page.page.locator('.btn-main');
    expect(await save.isDisabled()).toBe(true);
    await page.type('12345678');
    expect([await state('default'), await state('sequence'), await state('length')]).toEqual([
      'bad',
      'bad',
      'ok',
    ]);
    await shot(page.page, 'change-pin-2-rules');
    await page.type('19900101');
    expect(await state('date')).toBe('bad');
    await page.type('k7m2');
    await page.page.locator('#repeat').fill('k8');
    expect(await state('twice')).toBe('bad');
    expect(await save.isDisabled()).toBe(true);

    // The one that is being replaced is refused by what knows it, and nothing has changed.
    await page.type('');
    await page.page.locator('#repeat').fill('');
    await page.makeNew(pin);
    await page.page.getByText('与原来的 PIN 码相同').waitFor();
    expect(await state('other')).toBe('bad');
    await shot(page.page, 'change-pin-3-same');

    const next = `${pin}x9`;
    const closed = page.page.waitForEvent('close');
    await page.makeNew(next);
    await closed;
    pin = next;
    await window.page.getByTestId('care-done').waitFor();
    expect(await window.panel.innerText()).toContain('PIN 码已修改');
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'change-pin-4-done');
  });

  it('takes the new one from then on: the old one is wrong, the new one right, and a PIN is told as wrong calmly', async () => {
    const window = await open('en', 'dark');
    const page = await begin(window);
    await page.type(world.token.pin);
    await page.confirm();
    await page.refused();
    expect(await page.page.locator('#say').innerText()).toContain('The key is unchanged');
    await shot(page.page, 'change-pin-5-wrong-dark');
    await page.type(pin);
    await page.confirm();
    await page.asksFor('new-pin');
    await shot(page.page, 'change-pin-6-new-dark');
    expect(await violations(page.page)).toEqual([]);
    const closed = page.page.waitForEvent('close');
    await page.cancel();
    await closed;
    // Nobody needs to be told that they closed a window.
    await window.page.getByTestId('change-pin').waitFor();
    await expect.poll(() => window.page.getByTestId('care-running').count()).toBe(0);
    expect(await window.page.getByTestId('care-failed').count()).toBe(0);
  });

  it('empties a field that is left alone, and takes nothing from the clipboard', async () => {
    const window = await open('en');
    const page = await begin(window);
    await page.page.clock.install();
    await page.type('k7m2q9');
    await page.page.evaluate(() => dispatchEvent(new Event('blur')));
    await page.page.clock.fastForward(59_000);
    expect(await page.page.locator('#field').inputValue()).toBe('k7m2q9');
    await page.page.clock.fastForward(2_000);
    await page.page.getByText('The window was left alone').waitFor();
    expect(await page.page.locator('#field').inputValue()).toBe('');
    await shot(page.page, 'pin-left-alone');

    await page.page.evaluate(() => {
      const field = document.querySelector('#field')!;
      field.dispatchEvent(
        new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: new DataTransfer() }),
      );
    });
    await page.page.getByText('nothing is pasted').waitFor();
    await page.cancel();
  });

  it('says that the key was pulled while one typed, and goes on when it is back', async () => {
    const window = await open('zh-CN');
    const page = await begin(window);
    await page.type(pin);
    const tokens = path.join(world.dir, 'tokens');
    const [name] = readdirSync(tokens);
    const away = path.join(folder, 'pulled');
    renameSync(path.join(tokens, name!), away);
    try {
      expect(await page.told()).toContain('密钥盘没有改变');
      expect(await page.page.locator('input[type="password"]').count()).toBe(0);
      await shot(page.page, 'pin-pulled');
      expect(await violations(page.page)).toEqual([]);
      await page.close();
      await expect.poll(() => window.keys.count()).toBe(0);
    } finally {
      renameSync(away, path.join(tokens, name!));
    }
    await window.keys.first().waitFor();
    const failed = window.page.getByTestId('care-failed');
    await failed.waitFor();
    expect(await failed.getAttribute('data-code')).toBe('token.removed');
    await shot(window.page, 'change-pin-pulled-back');
    await failed.getByRole('button', { name: '继续办理' }).click();
    const again = new PinPage(await client!.pinWindow());
    await again.asksFor('pin');
    await again.cancel();
  });
});
