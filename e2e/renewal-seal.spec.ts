import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type RunningAuthority, startAuthority } from '../softhsm-fixtures/authority/index.ts';
import { noteSeal, openSealMaker } from '../softhsm-fixtures/authority/practice-seals.ts';
import { ensureAuthority } from '../softhsm-fixtures/authority/root.ts';
import { sealIdOf } from '../softhsm-fixtures/authority/seal-maker.ts';
import { plainSeal, sealPictures } from '../softhsm-fixtures/bound-seal.ts';
import { issue, makeToken, type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { type SeededCertificate, seedKeys } from '../softhsm-fixtures/seed.ts';
import { person, tokensOf } from './faults/renewal-client.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';

const administrator = '李明华';
let folder: string;
let world: PracticeWorld;
let authority: RunningAuthority;
let seed: SeededCertificate;
let seal: { id: string; name: string };
let spare: { sha256: string };
let client: LaunchedApp | undefined;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'yinkey-renewal-seal-'));
  world = await practiceUp(folder);
  [seed] = (await seedKeys(world, ['30'])) as [SeededCertificate];
  const token = await makeToken(world, { label: '备用密钥盘' });
  spare = await issue(world, { token, label: '公章', keyType: 'EC-P256' });
  authority = await startAuthority({ dir: world.dir });
  seal = await sealOnKey();
});
afterAll(async () => {
  await authority?.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await client?.close();
  client = undefined;
});

/** The certificate's seal, written to the key as the counter does. */
async function sealOnKey(): Promise<{ id: string; name: string }> {
  const practice = await ensureAuthority(world.dir);
  const maker = await openSealMaker(practice, { url: authority.url });
  const createdAt = new Date(Math.floor(Date.now() / 1000) * 1000);
  const record = {
    id: sealIdOf(seed.creditCode, 900),
    certificate: seed.der,
    name: '滇池环境监测站公章',
    kind: 'official' as const,
    unit: seed.unit,
    creditCode: seed.creditCode,
    administrator,
    ...(await sealPictures({ path: plainSeal, millimetres: 42 })),
    createdAt,
  };
  noteSeal(practice.folder, { ...record, state: 'normal', since: createdAt, key: seed.token.serial });
  const tokens = await tokensOf({ module: world.module, env: world.env });
  try {
    await tokens.refresh();
    const { serial, label, pin } = seed.token;
    const act = await tokens.act({ module: world.module, serial, label }, { pinPort: person(pin!)() });
    await act.writeData({ application: 'YinKey seal', label: record.id, value: maker.issue(record, 'full') });
    await act.end();
  } finally {
    await tokens.stop();
  }
  return record;
}

function tool(...args: string[]): string {
  const { token } = seed;
  return execFileSync(
    'pkcs11-tool',
    ['--module', world.module, '--token-label', token.label, '--login', '--pin', token.pin!, ...args],
    { env: { ...process.env, ...world.env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
}

async function open(language: 'zh-CN' | 'en'): Promise<WindowPage> {
  client = await launchApp({ practice: world.dir, language, size: { width: 1024, height: 720 } });
  const window = new WindowPage(client.page);
  await window.ready();
  return window;
}
const screen = () => client!.page;
const at = (name: string) => screen().locator(`[data-testid="renewal"][data-page="${name}"]`).waitFor();
const click = (testId: string) => screen().getByTestId(testId).click();

async function choose(window: WindowPage, sha256: string): Promise<void> {
  await window.go('certificates');
  await screen().locator(`[data-testid="certificate-card"][data-sha256="${sha256}"]`).click();
}

async function typePin(pin: string): Promise<void> {
  const page = new PinPage(await client!.pinWindow());
  await page.asks();
  await page.type(pin);
  await page.confirm();
}

async function revocation(sha256: string): Promise<string | undefined> {
  const answer = await screen().evaluate(() => window.yinkey.call('certificates.list', undefined));
  const cards = answer.ok ? answer.output : [];
  return cards.find(({ certificate }) => certificate.sha256 === sha256)?.status.revocation;
}

/** The client remembers the language of its first start. */
const inEnglish = () =>
  screen().evaluate(() => window.yinkey.call('settings.write', { language: 'en' }).then(() => undefined));

async function orderId(): Promise<string> {
  const answer = await screen().evaluate(() => window.yinkey.call('renewal.list', undefined));
  return (answer.ok && answer.output[0]?.order?.payUrl.split('/').at(-1)) || '';
}

const sha256Of = (der: Uint8Array) => createHash('sha256').update(der).digest('hex');
const stateOf = (id: string) => authority.seals().find((one) => one.id === id)?.state;

it('a renewal carries the seal over with the same PIN, and the lost key ends both', async () => {
  const window = await open('zh-CN');
  const old = sha256Of(seed.der);
  await choose(window, old);
  await click('renew');
  await at('confirm');
  expect(await screen().getByTestId('renewal').innerText()).toContain(`“${seal.name}”为新证书重新制作`);
  await shot(screen(), 'renewal-seal-1-confirm');
  await screen().getByTestId('renewal-years').nth(1).click();
  await click('renewal-confirm');
  await at('pay');
  const order = await orderId();
  authority.pay(order);
  await at('ready');
  await shot(screen(), 'renewal-seal-2-ready');
  expect(await violations(screen())).toEqual([]);
  await click('renewal-go');
  await typePin(seed.token.pin!);
  await at('done');
  expect(await screen().getByTestId('renewal-seal').innerText()).toContain('已随新证书续用');
  await shot(screen(), 'renewal-seal-3-done');
  expect(await violations(screen())).toEqual([]);
  const fresh = authority.certificates(order)[0]!.sha256;
  const made = authority.seals().find(({ certificateSha256 }) => certificateSha256 === fresh)!;
  expect([stateOf(seal.id), made.state, made.name]).toEqual(['cancelled', 'normal', seal.name]);
  // Another program sees one seal on the key, with the new number.
  const objects = tool('--list-objects', '--type', 'data');
  expect(objects).toContain(made.id);
  expect(objects).not.toContain(seal.id);

  await choose(window, fresh);
  await click('loss');
  await screen().getByTestId('loss-form').waitFor();
  // The new seal is known as soon as the key was read again.
  await screen().getByText(`电子印章“${seal.name}”注销`).waitFor();
  await shot(screen(), 'loss-1-account');
  expect(await violations(screen())).toEqual([]);
  await click('loss-do');
  await shot(screen(), 'loss-2-missing');
  await screen().locator('input[name="reporter"]').fill('王明');
  await screen().locator('input[name="handler"]').fill('没有这个人');
  await screen().locator('input[name="reference"]').fill(made.id);
  await click('loss-do');
  await screen().getByText('发证机构没有受理挂失').waitFor();
  await shot(screen(), 'loss-3-refused');
  expect(stateOf(made.id)).toBe('normal');
  await screen().locator('input[name="handler"]').fill(administrator);
  await click('loss-do');
  await screen().getByTestId('loss-done').waitFor();
  expect(await screen().getByTestId('loss-done').innerText()).toContain(made.id);
  await shot(screen(), 'loss-4-done');
  expect(await violations(screen())).toEqual([]);
  expect(stateOf(made.id)).toBe('cancelled');
  expect(await revocation(fresh)).toBe('revoked');
  await click('loss-close');
  await shot(screen(), 'loss-5-revoked');
});

it('a lost key is reported with another key of the unit', async () => {
  const window = await open('en');
  await inEnglish();
  await choose(window, spare.sha256);
  await click('loss');
  await screen().getByTestId('loss-form').waitFor();
  await shot(screen(), 'loss-6-key');
  expect(await violations(screen())).toEqual([]);
  await screen().locator('input[name="reporter"]').fill('Wang Ming');
  await click('loss-do');
  await typePin(world.token.pin!);
  await screen().getByTestId('loss-done').waitFor();
  await shot(screen(), 'loss-7-done');
  expect(await revocation(spare.sha256)).toBe('revoked');
  await client!.app.evaluate(
    ({ dialog }, file) => {
      dialog.showSaveDialog = (async () => ({
        canceled: false,
        filePath: file,
      })) as unknown as typeof dialog.showSaveDialog;
    },
    path.join(folder, 'receipt.pdf'),
  );
  await click('loss-receipt');
  await screen().getByText('receipt.pdf').waitFor();
  const text = execFileSync('pdftotext', [path.join(folder, 'receipt.pdf'), '-'], { encoding: 'utf8' });
  expect(text).toContain('密钥盘挂失回执');
  expect(text).toContain('Wang Ming');
});
