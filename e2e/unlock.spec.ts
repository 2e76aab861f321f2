import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withDriver } from '../softhsm-fixtures/driver.ts';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import type { Keysim, KeysimConfig } from '../softhsm-fixtures/keysim/index.ts';
import { openStore, STORE_FILE } from '../src/main/store/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { CounterPage } from './pages/counter-page.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';
import { simulate } from './simulate.ts';

let folder: string;
let world: PracticeWorld;
let keysim: Keysim | undefined;
let client: LaunchedApp | undefined;
let userData: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-unlock-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
beforeEach(async () => {
  // A world for each test: what one locks, no other finds.
  count += 1;
  world = await practiceUp(path.join(folder, `world-${count}`));
  userData = path.join(folder, `client-${count}`);
});
afterEach(async () => {
  await client?.close();
  client = undefined;
  await keysim?.close();
  keysim = undefined;
});

/** The practice world's key, as the simulator makes it misbehave. */
async function withKeysim(config: KeysimConfig): Promise<Keysim> {
  keysim = await simulate(world, config);
  return keysim;
}

async function open(language: 'zh-CN' | 'en', colorScheme: 'light' | 'dark' = 'light'): Promise<WindowPage> {
  client = await launchApp({
    practice: world.dir,
    userData,
    language,
    colorScheme,
    size: { width: 1280, height: 800 },
    ...(keysim && { env: keysim.env }),
  });
  const window = new WindowPage(client.page);
  await window.ready();
  await window.keys.first().waitFor();
  return window;
}

const pinPage = async () => new PinPage(await client!.pinWindow());

/** The save dialog, answered with this file. */
async function saveTo(file: string): Promise<void> {
  await client!.app.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
  }, file);
}

describe('a key at the counter', () => {
  it('wrong PIN to the last try to locked, unlocked on site, and stamping again', async () => {
    await withKeysim({ settings: { 'user-tries': 3, 'so-tries': 5 } });
    const window = await open('zh-CN');

    // The holder changes the PIN and gets it wrong until the key locks.
    await window.page.getByTestId('change-pin').click();
    const holder = await pinPage();
    await holder.asksFor('pin');
    await holder.type('wr0ng-one');
    await holder.confirm();
    await holder.refused();
    expect(await holder.page.locator('#say').innerText()).toContain('剩余机会不多');
    await shot(holder.page, 'unlock-01-few-left');
    await holder.type('wr0ng-two');
    await holder.confirm();
    await holder.page.locator('#agree').waitFor();
    expect(await holder.isCut()).toBe(false);
    await shot(holder.page, 'unlock-02-last-try');
    expect(await violations(holder.page)).toEqual([]);
    await holder.type('wr0ng-six');
    expect(await holder.page.locator('.btn-main').isDisabled()).toBe(true);
    await holder.page.locator('#agree').check();
    await holder.confirm();
    expect(await holder.told()).toContain('密钥盘已锁定');
    await shot(holder.page, 'unlock-03-locked');
    await holder.close();

    // The keys screen leads to the counter, with this key chosen.
    await expect.poll(() => window.keys.locator('.state').first().innerText()).toBe('已锁定');
    await shot(window.page, 'unlock-04-keys-locked');
    await window.keys.getByRole('button', { name: '查看解锁办法' }).click();
    const counter = new CounterPage(window.page);
    await counter.offers('token.unlock');
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'unlock-05-counter');

    await counter.begin('token.unlock');
    await counter.next();
    // Nothing goes on without a name.
    await expect.poll(() => counter.invalid()).toEqual(['staff']);
    await counter.fill({ reference: 'JS20261122-018', staff: '0312' });
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'unlock-06-form');
    await counter.next();
    await counter.startButton.waitFor();
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'unlock-07-hand');
    await counter.startButton.click();

    // The staff: a wrong SO PIN first, told for what it is.
    const pin = await pinPage();
    await pin.asksFor('so-pin');
    expect(await pin.page.locator('#say').innerText()).toContain('锁定后无法恢复');
    await shot(pin.page, 'unlock-08-so-pin');
    await pin.type('n0t-the-so');
    await pin.confirm();
    await pin.refused();
    await pin.page.getByText('管理员 PIN 码不正确').waitFor();
    await pin.type(world.token.soPin);
    await pin.confirm();

    // The holder: nothing can be typed before the keyboard was handed over, and Enter does not do that.
    await pin.page.locator('html[data-step="hand-over"]').waitFor();
    expect(await pin.page.locator('input').count()).toBe(0);
    await pin.page.keyboard.press('Enter');
    await pin.page.locator('html[data-step="hand-over"]').waitFor();
    expect(await violations(pin.page)).toEqual([]);
    await shot(pin.page, 'unlock-09-hand-over');
    // The screen behind shows that the staff have given it away.
    await counter.step('交给持有人').waitFor();
    await pin.takeOver();
    await pin.asksFor('new-pin');
    await pin.makeNew(world.token.soPin);
    await pin.page.getByText('与管理员 PIN 码相同').waitFor();
    expect(await pin.isCut()).toBe(false);
    await shot(pin.page, 'unlock-10-same-as-so');
    const closed = pin.page.waitForEvent('close');
    await pin.makeNew('hx27q9pz');
    await closed;
    await counter.done.waitFor();
    expect(await counter.done.innerText()).toContain('密钥盘已解锁');
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'unlock-11-done');

    // The holder tries the new PIN before they part: the key signs, and nothing is stamped.
    await counter.tryPin.click();
    const trial = await pinPage();
    await trial.asksFor('pin');
    expect(await trial.isCut()).toBe(false);
    expect(await violations(trial.page)).toEqual([]);
    await shot(trial.page, 'unlock-11a-trial');
    await trial.type('hx27q9pz');
    await trial.confirm();
    await window.page.getByText('新 PIN 码可用，密钥盘能签名').waitFor();
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'unlock-11b-tried');

    const receipt = path.join(folder, 'receipt.pdf');
    await saveTo(receipt);
    await counter.saveReceipt();
    await expect.poll(() => existsSync(receipt)).toBe(true);
    const pdf = readFileSync(receipt);
    // One page, that is signed at its foot.
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    expect(pdf.subarray(0, 5).toString('latin1')).toBe('%PDF-');
    expect(pdf.includes('hx27q9pz')).toBe(false);
    await counter.finish();

    // The log of acts tells it, on paper and line by line.
    await counter.computer.click();
    await window.page.getByTestId('audit-state').waitFor();
    expect(await window.page.getByTestId('audit-state').innerText()).toContain('完整');
    expect(await violations(window.page)).toEqual([]);
    const report = path.join(folder, 'audit.pdf');
    await saveTo(report);
    await counter.saveLog('pdf');
    await expect.poll(() => existsSync(report)).toBe(true);
    const printed = execFileSync('pdftotext', ['-raw', report, '-'], { encoding: 'utf8' }).replace(
      /\s+/g,
      '',
    );
    for (const word of ['现场解锁', 'Unlockedonsite', '试用新PIN码', 'NewPINtried'])
      expect(printed).toContain(word);
    expect(printed).toContain('0312');
    expect(printed).toContain(world.token.serial.slice(-4));
    expect(printed).not.toContain('hx27q9pz');
    const lines = path.join(folder, 'audit.jsonl');
    await saveTo(lines);
    await counter.saveLog('jsonl');
    await expect.poll(() => existsSync(lines)).toBe(true);
    const acts = readFileSync(lines, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { entry: { act: string; result: string } }).entry);
    for (const act of ['token.unlock', 'token.trial'])
      expect(acts).toContainEqual(expect.objectContaining({ act, result: 'ok' }));
    await shot(window.page, 'unlock-13-log');

    // And the new PIN stamps.
    const documents = new DocumentsPage(window.page);
    await documents.enter();
    await documents.openRecent('Letter of confirmation.pdf');
    await documents.drawn();
    await documents.pickPicture(world.seals[0]!.label);
    await documents.placeByMouse({ left: 142, top: 242 }, 210);
    await documents.stampButton.click();
    const stamping = await pinPage();
    await stamping.asks();
    await stamping.type('hx27q9pz');
    await stamping.confirm();
    await documents.done.waitFor();
    await shot(window.page, 'unlock-12-stamped');
  });

  it('a locked SO PIN leaves nothing to do, and says so before anyone tries', async () => {
    const sim = await withKeysim({ settings: { 'so-tries': 5 } });
    await sim.control(`tries ${world.token.serial} so 0`);
    const window = await open('en');
    await window.go('support');
    await window.page.getByText('The SO PIN is locked, so nothing can be done here').waitFor();
    const counter = new CounterPage(window.page);
    expect(await counter.act('token.unlock').count()).toBe(0);
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'unlock-so-locked');
  });

  it('a key with a pad: nothing is typed here, and a pull in the middle is told and gone on from', async () => {
    const sim = await withKeysim({ settings: { 'pin-pad': true } });
    const window = await open('en');
    await window.page.getByTestId('change-pin').click();
    const pin = await pinPage();
    await pin.page.getByText('Enter the PIN on the key’s own pad').waitFor();
    expect(await pin.page.locator('input[type="password"]').count()).toBe(0);
    expect(await violations(pin.page)).toEqual([]);
    await shot(pin.page, 'pin-pad');
    await sim.control(`pull ${world.token.serial}`);
    expect(await pin.told()).toContain('The key was pulled out');
    await pin.close();
    await expect.poll(() => window.keys.count()).toBe(0);
    await sim.control(`plug ${world.token.serial}`);
    await window.keys.first().waitFor();
    await window.page.getByTestId('care-failed').getByRole('button', { name: 'Go on' }).click();
    const again = await pinPage();
    await again.page.getByText('Enter the PIN on the key’s own pad').waitFor();
    await again.cancel();
  });

  it('the SO PIN is changed in two steps, and a blank key is made new for its holder', async () => {
    const window = await open('en', 'dark');
    await window.go('support');
    const counter = new CounterPage(window.page);
    await counter.begin('so-pin.change');
    await counter.fill({ staff: '0312' });
    await counter.next();
    await shot(window.page, 'so-pin-hand-dark');
    await counter.startButton.click();
    const pin = await pinPage();
    await pin.asksFor('so-pin');
    await pin.type(world.token.soPin);
    await pin.confirm();
    await pin.asksFor('new-so-pin');
    expect(await pin.isCut()).toBe(false);
    await shot(pin.page, 'so-pin-new-dark');
    expect(await violations(pin.page)).toEqual([]);
    const closed = pin.page.waitForEvent('close');
    await pin.makeNew('so7k2m9qx');
    await closed;
    await counter.done.waitFor();
    await counter.finish();

    await counter.blank.click();
    await counter.begin('token.initialise');
    await counter.fill({ staff: '0312', label: '住房保障中心 09' });
    await counter.next();
    await shot(window.page, 'initialise-hand-dark');
    await counter.startButton.click();
    const made = await pinPage();
    await made.asksFor('new-so-pin');
    expect(await made.isCut()).toBe(false);
    await made.makeNew('so4h8w3tz');
    await made.page.locator('html[data-step="hand-over"]').waitFor();
    expect(await made.isCut()).toBe(false);
    await shot(made.page, 'hand-over-dark');
    await made.takeOver();
    await made.asksFor('new-pin');
    expect(await made.isCut()).toBe(false);
    const gone = made.page.waitForEvent('close');
    await made.makeNew('k4m8tw1r');
    await gone;
    await counter.done.waitFor();
    expect(await counter.done.innerText()).toContain('住房保障中心 09');
    await shot(window.page, 'initialise-done-dark');
    await counter.finish();
    await window.go('keys');
    await expect.poll(() => window.keys.count()).toBe(2);
  });

  it('a key that holds something is made new only by its serial number', async () => {
    const window = await open('zh-CN');
    await window.go('support');
    const counter = new CounterPage(window.page);
    await counter.begin('token.initialise');
    await counter.fill({ staff: '0312', serial: '0000' });
    await counter.next();
    await expect.poll(() => counter.invalid()).toEqual(['serial']);
    await shot(window.page, 'initialise-serial');
    expect(await violations(window.page)).toEqual([]);
    await counter.fill({ serial: world.token.serial });
    await counter.next();
    await counter.startButton.click();
    const pin = await pinPage();
    await pin.asksFor('so-pin');
    await pin.cancel();
    // Given up: nothing has changed.
    await counter.startButton.waitFor();
    await window.go('keys');
    expect(await window.certificates.count()).toBe(world.certificates.length);
  });
});

describe('what a key wants', () => {
  it('a first PIN that must be changed is changed before all else', async () => {
    await withKeysim({ settings: { 'to-be-changed': true } });
    const window = await open('zh-CN');
    expect(await window.keys.locator('.state').first().innerText()).toBe('须修改 PIN 码');
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'to-be-changed');
    await window.panel.getByRole('button', { name: '修改 PIN 码' }).click();
    const pin = await pinPage();
    await pin.asksFor('pin');
    await pin.type(world.token.pin);
    await pin.confirm();
    await pin.asksFor('new-pin');
    const closed = pin.page.waitForEvent('close');
    await pin.makeNew('hx27q9pz');
    await closed;
    await expect.poll(() => window.keys.locator('.state').first().innerText()).toBe('已就绪');
  });

  it('the PIN it came with is noticed when it is used, told calmly, and changed from there', async () => {
    const { serial, soPin } = world.token;
    await withDriver(world.module, world.env.SOFTHSM2_CONF, (driver) =>
      driver.resetPin(serial, soPin, '12345678'),
    );
    const window = await open('en');
    const documents = new DocumentsPage(window.page);
    await documents.enter();
    await documents.openRecent('Letter of confirmation.pdf');
    await documents.drawn();
    await documents.pickPicture(world.seals[0]!.label);
    await documents.placeByMouse({ left: 142, top: 242 }, 210);
    await documents.stampButton.click();
    const stamping = await pinPage();
    await stamping.asks();
    await stamping.type('12345678');
    await stamping.confirm();
    await documents.done.waitFor();
    const notice = window.page.getByTestId('default-pin');
    await notice.waitFor();
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'default-pin-noticed');
    await notice.getByRole('button', { name: 'Change the PIN' }).click();
    const pin = await pinPage();
    await pin.asksFor('pin');
    await pin.type('12345678');
    await pin.confirm();
    await pin.asksFor('new-pin');
    const closed = pin.page.waitForEvent('close');
    await pin.makeNew('hx27q9pz');
    await closed;
    await window.page.getByTestId('care-done').waitFor();
    expect(await notice.count()).toBe(0);
  });

  it('a change of the SO PIN that was cut off is found at the next start, and settled with one try each', async () => {
    const { store } = await openStore({ file: path.join(userData, STORE_FILE) });
    const { label, serial } = world.token;
    store.care.begin(
      'so-pin.change',
      { module: world.module, serial, label },
      { reason: 'x', reference: '', staff: '0312' },
      new Date(),
    );
    store.close();
    const window = await open('en');
    await window.go('support');
    const card = window.page.getByTestId('interrupted');
    await card.waitFor();
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'so-pin-cut-off');
    const old = card.getByRole('button', { name: 'Try the old one' });
    const fresh = card.getByRole('button', { name: 'Try the new one' });
    // Asked before, and the old one first.
    expect([await old.isDisabled(), await fresh.isDisabled()]).toEqual([true, true]);
    await card.getByRole('checkbox').check();
    expect(await fresh.isDisabled()).toBe(true);
    await old.click();
    const first = await pinPage();
    await first.asksFor('so-pin');
    expect(await first.isCut()).toBe(false);
    await shot(first.page, 'so-pin-candidate');
    expect(await first.page.locator('#say').innerText()).toContain('Now the old one is tried, once');
    await first.type('n0t-this-one');
    await first.confirm();
    expect(await first.told()).toContain('The SO PIN is wrong');
    await first.close();
    await card.getByText('The old one was tried; it is wrong.').waitFor();
    await card.getByRole('checkbox').check();
    await fresh.click();
    const second = await pinPage();
    await second.asksFor('so-pin');
    await second.type(world.token.soPin);
    await second.confirm();
    await expect.poll(() => card.count()).toBe(0);
    await window.page.getByTestId('care-done').waitFor();
  });
});

describe('the environment check', () => {
  it('tells how the computer is, and saves it as one file without anything of people', async () => {
    const window = await open('en');
    await window.go('support');
    const counter = new CounterPage(window.page);
    await counter.computer.click();
    await window.page.getByTestId('environment').waitFor();
    expect(await violations(window.page)).toEqual([]);
    await shot(window.page, 'environment-en');
    expect(await window.tooWide()).toEqual([]);
    const file = path.join(folder, 'environment.json');
    await saveTo(file);
    await window.page.getByRole('button', { name: 'Save as one file for support' }).click();
    await expect.poll(() => existsSync(file)).toBe(true);
    const text = readFileSync(file, 'utf8');
    expect(JSON.parse(text)).toMatchObject({ findings: expect.any(Array) });
    for (const word of [world.token.serial, world.token.label, world.token.pin, '住房', world.dir]) {
      expect(text).not.toContain(word);
    }
    expect(text).toContain(world.token.serial.slice(-4));
  });
});
