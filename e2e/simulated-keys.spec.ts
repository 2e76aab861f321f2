import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  issue,
  makeToken,
  type PracticeToken,
  type PracticeWorld,
  practiceUp,
} from '../softhsm-fixtures/index.ts';
import type { Keysim, KeysimConfig } from '../softhsm-fixtures/keysim/index.ts';
import { pdfsig, qpdfCheck } from '../softhsm-fixtures/peers/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';
import { simulate } from './simulate.ts';

let folder: string;
let world: PracticeWorld;
let second: PracticeToken;
let letter: string;
let before: { sha256: string; names: string[] };
let keysim: Keysim | undefined;
let client: LaunchedApp | undefined;

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
/** Everything beside the letter, half-written files too. */
const beside = () => readdirSync(path.dirname(letter)).sort();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-simulated-'));
  world = await practiceUp(path.join(folder, 'world'));
  second = await makeToken(world, { label: '另一个密钥盘' });
  // Issued by the root itself: the authority in between lies on the first key, which will be away.
  await issue(world, { token: second, label: '公章', issuer: 'root' });
  letter = world.documents.find((file) => file.endsWith('的函.pdf')) ?? '';
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  before = { sha256: sha256(letter), names: beside() };
});
afterEach(async () => {
  // A call that still hangs would keep the driver's process.
  await keysim?.control('fault clear');
  await client?.close();
  client = undefined;
  await keysim?.close();
  keysim = undefined;
});

/** A client that was never used, on simulated keys. */
async function open(config: KeysimConfig, language: 'zh-CN' | 'en' = 'zh-CN') {
  keysim = await simulate(world, config);
  client = await launchApp({
    practice: world.dir,
    userData: mkdtempSync(path.join(folder, 'client-')),
    language,
    size: { width: 1280, height: 800 },
    env: keysim.env,
  });
  const window = new WindowPage(client.page);
  await window.keys.first().waitFor();
  const documents = new DocumentsPage(client.page);
  return { sim: keysim, client, window, documents, page: client.page };
}

/** Opens the letter and puts the seal on it, so that nothing but the click is missing. */
async function lay(documents: DocumentsPage, signer: string | null = 'RSA-2048'): Promise<void> {
  await documents.enter();
  await documents.openRecent(path.basename(letter));
  await documents.drawn();
  await documents.pickPicture(world.seals[0]?.label ?? '');
  if (signer !== null) await documents.pickSigner(signer);
  await documents.placeByMouse({ left: 142, top: 240 }, 210);
  await documents.readyToStamp();
}

async function typePin(pin: string): Promise<void> {
  const window = new PinPage(await client!.pinWindow());
  await window.asks();
  await window.type(pin);
  await window.confirm();
}

/** The one new file beside the letter is stamped, whole and valid for others; the letter is what it was. */
async function stampedWell(documents: DocumentsPage): Promise<void> {
  await documents.done.waitFor();
  expect(await documents.done.getAttribute('data-standing')).toBe('valid');
  const fresh = beside().filter((name) => !before.names.includes(name));
  expect(fresh).toHaveLength(1);
  const stamped = path.join(path.dirname(letter), fresh[0] ?? '');
  expect(sha256(letter)).toBe(before.sha256);
  expect(await pdfsig(stamped)).toEqual([
    expect.objectContaining({ valid: true, total: true, type: 'ETSI.CAdES.detached' }),
  ]);
  expect((await qpdfCheck(stamped)).code).toBe(0);
}

/** Nothing came of it: the letter is what it was, and nothing lies beside it. */
function nothingStamped(): void {
  expect(sha256(letter)).toBe(before.sha256);
  expect(beside()).toEqual(before.names);
}

/** No PIN window stands before the words of the main one. */
const pinWindowGone = () => expect.poll(() => client?.app.windows().length).toBe(1);

async function triesLeft(sim: Keysim): Promise<number> {
  return Number(/^key k1 .*user-tries=(\d+)\//m.exec(await sim.control('status'))?.[1]);
}

/** Keys of the world by their names in the simulator. */
const first = (settings: Record<string, string | number | boolean> = {}) => ({
  k1: { token: `serial:${world.token.serial}`, ...settings },
});

describe('a key that fails while it signs', () => {
  it('pulled: told as that, nothing stamped; plugged in again it stamps, without a restart', async () => {
    const { sim, window, documents, page } = await open({ keys: first({ preset: 'cheap-usb' }) });
    await lay(documents);
    await sim.control('fault add function=C_Sign do=pull');
    await documents.stampButton.click();
    await typePin(world.token.pin);

    await window.dialog.getByText('密钥盘被拔出').waitFor();
    expect(await window.dialog.innerText()).toContain('token.removed');
    await pinWindowGone();
    nothingStamped();
    // Trying again makes sense when the key is back, and not before.
    const again = window.dialog.getByRole('button', { name: '再试' });
    await page.getByText('请插入密钥盘，证书会显示在这里。').waitFor();
    expect(await again.isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await shot(page, 'simulated-pulled');

    await sim.control('plug k1');
    await again.and(page.locator(':enabled')).waitFor();
    await shot(page, 'simulated-pulled-back');
    await again.click();
    await typePin(world.token.pin);
    await stampedWell(documents);
    expect(await triesLeft(sim)).toBe(6);
    await shot(page, 'simulated-pulled-stamped');
  });

  it('its driver crashes: told as that, and the very next try works', async () => {
    const { sim, window, documents, page } = await open({ keys: first() }, 'en');
    await lay(documents);
    await sim.control('fault add function=C_Sign do=abort');
    await documents.stampButton.click();
    await typePin(world.token.pin);

    await window.dialog.getByText('driver.crashed').waitFor();
    expect(await window.dialog.innerText()).toContain('the document is unchanged');
    await pinWindowGone();
    nothingStamped();
    expect(await violations(page)).toEqual([]);
    await shot(page, 'simulated-crashed');

    const again = window.dialog.getByRole('button', { name: 'Try again' });
    await again.and(page.locator(':enabled')).waitFor();
    await again.click();
    await typePin(world.token.pin);
    await stampedWell(documents);
    await shot(page, 'simulated-crashed-stamped');
  });
});

describe('another key', () => {
  it('in place of the first one: the keys screen and the document on the table both follow', async () => {
    const { sim, window, documents, page } = await open({
      keys: { ...first(), k2: { token: `serial:${second.serial}`, present: false } },
    });
    const labels = () => window.keys.evaluateAll((cards) => cards.map((card) => card.ariaLabel));
    expect(await labels()).toEqual([world.token.label]);
    await lay(documents);
    const signer = page.getByTestId('signer-choice');
    expect(await signer.innerText()).toContain(world.token.serial.slice(-4));

    await sim.control('pull k1');
    await page.getByText('请插入密钥盘，证书会显示在这里。').waitFor();
    expect(await documents.stampButton.isDisabled()).toBe(true);
    await shot(page, 'simulated-swap-none');
    await window.go('keys');
    await window.emptyKeys.waitFor();

    await sim.control('plug k2 7');
    await expect.poll(labels).toEqual([second.label]);
    expect(await violations(page)).toEqual([]);
    await shot(page, 'simulated-swap-keys');

    // The document is still open, with the seal where it was; the new key's certificate is the one that will stamp.
    await window.go('documents');
    await documents.seal.waitFor();
    await expect.poll(() => signer.innerText()).toContain(second.serial.slice(-4));
    await documents.readyToStamp();
    await shot(page, 'simulated-swap-documents');
    await documents.stampButton.click();
    await typePin(second.pin ?? '');
    await stampedWell(documents);

    // The first one comes back in another slot, beside the second.
    await sim.control('plug k1 9');
    await window.go('keys');
    await expect.poll(async () => (await labels()).sort()).toEqual([second.label, world.token.label].sort());
    await shot(page, 'simulated-swap-both');
  });
});

describe('a key that can do little', () => {
  it('with one session for all: shown, stamped with, and shown again', async () => {
    const { sim, window, documents, page } = await open({ keys: first({ preset: 'one-session' }) });
    await expect.poll(() => window.certificates.count()).toBe(world.certificates.length);
    await shot(page, 'simulated-one-session-keys');
    await lay(documents);
    await documents.stampButton.click();
    await typePin(world.token.pin);
    await stampedWell(documents);
    await shot(page, 'simulated-one-session-stamped');
    // Its one session is free again: it can be looked at anew, and stamps once more.
    await documents.close();
    before.names = beside();
    await window.go('keys');
    await sim.control('pull k1');
    await window.emptyKeys.waitFor();
    await sim.control('plug k1');
    await expect.poll(() => window.certificates.count()).toBe(world.certificates.length);
    await lay(documents);
    await documents.stampButton.click();
    await typePin(world.token.pin);
    await stampedWell(documents);
  });

  it('with raw RSA only: the client hashes, the key signs; what it cannot do is told before a PIN is asked', async () => {
    const { sim, window, documents, page } = await open({ keys: first({ preset: 'raw-rsa' }) });
    await lay(documents, 'EC-P256');
    await documents.stampButton.click();
    const pin = new PinPage(await client!.pinWindow());
    expect(await pin.told()).toContain('密钥盘不支持所需的签名算法');
    expect(await pin.page.locator('input').count()).toBe(0);
    await shot(pin.page, 'simulated-raw-rsa-elliptic');
    await pin.close();
    await window.dialog.getByText('token.mechanism-missing').waitFor();
    nothingStamped();
    await window.dialog.getByRole('button', { name: '关闭' }).last().click();
    expect(await triesLeft(sim)).toBe(8);

    await documents.pickSigner('RSA-2048');
    await documents.readyToStamp();
    await documents.stampButton.click();
    await typePin(world.token.pin);
    await stampedWell(documents);
    await shot(page, 'simulated-raw-rsa-stamped');
  });

  it('with a pad for the PIN: “type it on the key”, a slip of the finger is told, and it stamps', async () => {
    const { sim, documents, page } = await open({ keys: first({ preset: 'pin-pad' }) }, 'en');
    await lay(documents);
    await sim.control('set key k1 pad-pin = 000000');
    await documents.stampButton.click();
    const pin = new PinPage(await client!.pinWindow());
    await pin.page.getByText('Enter the PIN on the key’s own pad').waitFor();
    expect(await pin.page.locator('input[type="password"]').count()).toBe(0);
    expect(await violations(pin.page)).toEqual([]);
    const start = pin.page.getByRole('button', { name: 'Start' });
    await start.click();
    await pin.refused();
    expect(await triesLeft(sim)).toBe(5);
    await shot(pin.page, 'simulated-pad-wrong');

    // While somebody types, the window says where.
    await sim.control(`set key k1 pad-pin = ${world.token.pin}`);
    await sim.control('fault add name=typing function=C_Login do=hang');
    await start.click();
    await pin.page.locator('b').filter({ hasText: 'Waiting for the key’s pad' }).waitFor();
    await shot(pin.page, 'simulated-pad-typing');
    await sim.control('fault clear typing');
    await stampedWell(documents);
    expect(await triesLeft(sim)).toBe(6);
    await shot(page, 'simulated-pad-stamped');
  });
});

describe('a slow key', () => {
  it('says what goes on and not to pull it, and the window answers all the while', async () => {
    const { sim, client: app, documents, page } = await open({ keys: first({ preset: 'cheap-usb' }) });
    await lay(documents);
    // As slow as can be: it signs when the test says so.
    await sim.control('fault add name=slow function=C_Sign do=hang');
    await documents.stampButton.click();
    await typePin(world.token.pin);
    const progress = page.locator('[data-testid="stamping"][data-step="token"]');
    await progress.waitFor();
    await progress.getByText('密钥盘正在签名').waitFor();
    await progress.getByText('请不要拔密钥盘。').waitFor();
    expect(await progress.getByRole('button', { name: '取消' }).isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await shot(page, 'simulated-slow-signing');

    // Main answers and the page draws itself anew at another size, with the key still at work.
    await app.app.evaluate(({ BrowserWindow }) => {
      const main = BrowserWindow.getAllWindows().find((each) =>
        each.webContents.getURL().includes('://app/'),
      );
      main?.setContentSize(1100, 740);
    });
    await page.waitForFunction(() => innerWidth === 1100 && innerHeight === 740);
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
    expect(await progress.isVisible()).toBe(true);
    await shot(page, 'simulated-slow-resized');

    await sim.control('fault clear slow');
    await stampedWell(documents);
    await shot(page, 'simulated-slow-stamped');
  });
});
