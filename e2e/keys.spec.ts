import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { shot } from './pages/shots.ts';
import { type PlaceName, WindowPage } from './pages/window-page.ts';

let folder: string;
let world: PracticeWorld;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-keys-'));
  world = await practiceUp(path.join(folder, 'world'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let client: LaunchedApp | undefined;
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
  return window;
}

/** SoftHSM keeps a token in a folder of its own: taken away, the key is pulled; put back, it is plugged. */
function tokenFolder(): { pull: () => void; plug: () => void } {
  const tokens = path.join(world.dir, 'tokens');
  const [name] = readdirSync(tokens);
  const here = path.join(tokens, name!);
  const away = path.join(folder, 'pulled');
  return { pull: () => renameSync(here, away), plug: () => renameSync(away, here) };
}

describe('the keys screen', () => {
  it('shows the plugged key with its state and certificates at the first start', async () => {
    const window = await open('zh-CN');
    await window.keys.first().waitFor();
    expect(await window.keys.count()).toBe(1);
    expect(await window.title.innerText()).toBe('密钥盘');
    expect(await window.keys.locator('h2').innerText()).toBe(world.token.label);
    expect(await window.keys.locator('.state').innerText()).toBe('已就绪');
    expect(await window.certificates.count()).toBe(world.certificates.length);
    expect(await window.chip.innerText()).toContain(world.token.serial.slice(-4));
    expect(await window.page.locator('.practice').innerText()).toContain('练习模式');
    await shot(window.page, 'keys-first-start');

    await window.certificates.first().getByRole('button').click();
    const details = (await window.panel.innerText()).replaceAll(' ', '').toLowerCase();
    expect(world.certificates.some(({ sha256 }) => details.includes(sha256))).toBe(true);
    await shot(window.page, 'keys-certificate');
    expect(await violations(window.page)).toEqual([]);
  });

  it('sees a key pulled and plugged again, without being asked', async () => {
    const window = await open('en');
    await window.keys.first().waitFor();
    const token = tokenFolder();
    token.pull();
    try {
      await window.emptyKeys.waitFor();
      expect(await window.keys.count()).toBe(0);
      await expect.poll(() => window.chip.innerText()).toBe('No key');
      expect(await violations(window.page)).toEqual([]);
      await shot(window.page, 'keys-pulled');
    } finally {
      token.plug();
    }
    await window.keys.first().waitFor();
    expect(await window.emptyKeys.count()).toBe(0);
    await expect.poll(() => window.chip.innerText()).toContain('Ready');
  });

  it('asks before a driver is used, and shows the key once one agrees', async () => {
    // Not the practice mode: a client of its own that finds the driver in its usual place.
    client = await launchApp({ userData, language: 'en', env: world.env });
    const window = new WindowPage(client.page);
    await window.ready();
    const driver = window.drivers.filter({ hasText: world.module });
    await driver.waitFor();
    expect(await window.keys.count()).toBe(0);
    expect(await violations(window.page)).toEqual([]);
    await driver.getByRole('button').click();
    await window.dialog.waitFor();
    expect(await window.dialog.innerText()).toContain(world.module);
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'keys-agree');
    await window.dialog.getByRole('button', { name: 'Agree and use' }).click();
    await window.keys.first().waitFor();
    expect(await window.keys.locator('h2').innerText()).toBe(world.token.label);
    expect(await window.page.locator('.practice').count()).toBe(0);
  });
});

describe('the practice strip', () => {
  it('tells where the PIN is and opens that folder; the window never gets the PIN itself', async () => {
    const window = await open('en');
    await window.keys.first().waitFor();
    expect(await window.page.locator('.practice').innerText()).toContain('PIN.txt');
    expect(readFileSync(path.join(world.dir, 'PIN.txt'), 'utf8')).toContain(world.token.pin);
    // No file manager is needed to see what the system was asked for.
    await client?.app.evaluate(({ shell }) => {
      shell.openPath = async (folder) => {
        (globalThis as { opened?: string }).opened = folder;
        return '';
      };
    });
    await window.page.getByTestId('practice-folder').click();
    const opened = () => client?.app.evaluate(() => (globalThis as { opened?: string }).opened);
    await expect.poll(opened).toBe(world.dir);
    expect(await window.page.content()).not.toContain(world.token.pin);
  });
});

describe('the frame', () => {
  it('speaks the other language at once, everywhere, and goes on speaking it', async () => {
    const window = await open('zh-CN');
    await window.keys.first().waitFor();
    await window.switchLanguage();
    await expect.poll(() => window.title.innerText()).toBe('Keys');
    await expect.poll(() => window.chip.innerText()).toContain('Ready');
    expect(await window.page.title()).toContain('YinKey');
    await client?.close();
    const again = await open('zh-CN');
    await again.keys.first().waitFor();
    expect(await again.title.innerText()).toBe('Keys');
    await again.switchLanguage();
    await expect.poll(() => again.title.innerText()).toBe('密钥盘');
  });

  it('moves the focus from pane to pane with F6, and shows the keyboard with ?', async () => {
    const window = await open('en');
    await window.keys.first().waitFor();
    const pane = () =>
      window.page.evaluate(() => document.activeElement?.closest('[data-pane]')?.getAttribute('data-pane'));
    const walked: (string | null | undefined)[] = [];
    for (let step = 0; step < 4; step++) {
      await window.page.keyboard.press('F6');
      walked.push(await pane());
    }
    expect(walked).toEqual(['rail', 'top', 'stage', 'panel']);
    await window.page.keyboard.press('?');
    await window.dialog.waitFor();
    expect(await violations(window.page)).toEqual([]);
    await window.page.keyboard.press('Escape');
    await window.dialog.waitFor({ state: 'detached' });
  });

  it.each<['zh-CN' | 'en', 'light' | 'dark']>([
    ['zh-CN', 'light'],
    ['en', 'dark'],
  ])('has no fault that axe finds, and never scrolls, on any screen (%s, %s)', async (language, theme) => {
    const window = await open(language, theme);
    await window.keys.first().waitFor();
    const found: Record<string, string[]> = {};
    const places: PlaceName[] = [
      'keys',
      'certificates',
      'seals',
      'documents',
      'services',
      'support',
      'settings',
    ];
    for (const place of places) {
      await window.go(place);
      found[place] = await violations(window.page);
      if (await window.frameScrolls()) found[place].push('the frame scrolls');
      await shot(window.page, `screen-${place}-${language}`);
    }
    expect(found).toEqual(Object.fromEntries(places.map((place) => [place, []])));
  });
});
