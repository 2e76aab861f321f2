import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAuthority, startAuthority } from '../softhsm-fixtures/authority/index.ts';
import { goodImpression } from '../softhsm-fixtures/impressions/index.ts';
import {
  type IssuedCertificate,
  issue,
  makeToken,
  type PracticeToken,
  type PracticeWorld,
  practiceUp,
} from '../softhsm-fixtures/index.ts';
import type { Keysim } from '../softhsm-fixtures/keysim/index.ts';
import { pdfsig, qpdfCheck } from '../softhsm-fixtures/peers/index.ts';
import { runYinkey } from '../softhsm-fixtures/yinkey.ts';
import type { SealApplicationView, SealCard } from '../src/shared/domain/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';
import { simulate } from './simulate.ts';

// From the ink on paper to a stamped document, in the window, with real keys' programs and the practice authority. The
// authority's staff are the test.

const unit = '云南省示范区住房保障中心';
const name = `${unit}合同专用章`;
/** What the impression measures, by the generator's own word. */
let trueWidth: number;
const pxPerMm = 96 / 25.4;

let dir: string;
let world: PracticeWorld;
let token: PracticeToken & { pin: string };
let certificate: IssuedCertificate;
let authority: RunningAuthority;
let letter: string;
let client: LaunchedApp;
let frame: WindowPage;
let documents: DocumentsPage;

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'yinkey-seal-journey-'));
  world = await practiceUp(path.join(dir, 'world'));
  letter = world.documents.find((file) => file.endsWith('的函.pdf')) ?? '';
  ({ token, certificate } = await keyFor('印章盘'));
  authority = await startAuthority({ dir: world.dir });
  const paper = { paper: { width: 70, height: 70 }, at: { x: 35, y: 35 }, quality: 92 } as const;
  const gap = await goodImpression(8, { ...paper, missing: { from: 205, to: 243 } });
  const good = await goodImpression(8, { ...paper, rotation: -3 });
  trueWidth = good.widthMm;
  writeFileSync(path.join(dir, 'gap.jpg'), gap.bytes);
  writeFileSync(path.join(dir, 'good.jpg'), good.bytes);
});
afterAll(async () => {
  await authority?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A key whose one certificate is for this seal, and has none yet. */
async function keyFor(label: string) {
  const made = (await makeToken(world, { label })) as PracticeToken & { pin: string };
  return {
    token: made,
    certificate: await issue(world, { token: made, keyType: 'EC-P256', label: '合同专用章' }),
  };
}

async function open(more: Partial<Parameters<typeof launchApp>[0]> = {}): Promise<void> {
  client = await launchApp({
    practice: world.dir,
    language: 'zh-CN',
    size: { width: 1280, height: 800 },
    ...more,
  });
  frame = new WindowPage(client.page);
  documents = new DocumentsPage(client.page);
  await frame.ready();
  await client.app.evaluate(({ app }) => {
    const shown: string[] = [];
    Object.assign(globalThis, { shown });
    app.on('browser-window-created', (_event, made) => {
      made.on('show', () => shown.push(made.webContents.getURL()));
    });
  });
}

const at = (testId: string) => client.page.getByTestId(testId);
const click = (testId: string) => at(testId).click();
const attribute = (testId: string, which: string) => at(testId).getAttribute(which);
const phase = (which: string) =>
  client.page.locator(`[data-testid="application"][data-page="${which}"]`).waitFor({ timeout: 60_000 });
const cardOf = (id: string) => client.page.locator(`[data-testid="seal-card"][data-id="${id}"]`);

/** What the system's own dialog answers. */
const choosing = (file: string) =>
  client.app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
  }, file);

async function scanned(file: string, button: string): Promise<void> {
  await choosing(path.join(dir, file));
  await click(button);
}

async function typePin(pin: string): Promise<void> {
  const page = new PinPage(await client.pinWindow());
  await page.asks();
  await page.type(pin);
  await page.confirm();
}

async function size(width: number, height: number): Promise<void> {
  await client.app.evaluate(
    ({ BrowserWindow }, [w, h]) =>
      BrowserWindow.getAllWindows()
        .find((each) => each.getParentWindow() === null)
        ?.setContentSize(w as number, h as number),
    [width, height],
  );
  await client.page.waitForFunction(([w, h]) => innerWidth === w && innerHeight === h, [width, height]);
}

/** Nothing sticks out, nothing is said in the names of texts. */
async function wholeAndSaid(): Promise<string[]> {
  const names = await client.page.evaluate(
    () =>
      document.body.innerText.match(/\b(seals|screens|documents|verify|common|keys|errors):[\w.-]+|\{\{/g) ??
      [],
  );
  return [...(await frame.tooWide()), ...names];
}

/** In Chinese as it opens, and in English in the smallest window; `closely`: by axe too. */
async function look(which: string, { closely = false } = {}): Promise<void> {
  expect(await wholeAndSaid(), which).toEqual([]);
  await shot(client.page, `journey-${which}`);
  await size(1024, 720);
  await frame.switchLanguage();
  expect(await wholeAndSaid(), `${which} small`).toEqual([]);
  if (closely) expect(await violations(client.page), which).toEqual([]);
  await shot(client.page, `journey-${which}-small-en`);
  await frame.switchLanguage();
  await size(1280, 800);
}

/** Fills in the form of a captured impression, until nothing is in the way of sending it. */
async function apply(own: string): Promise<void> {
  await click('capture-make');
  const options = at('form-certificate').locator('option');
  const values = await options.evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
  await at('form-certificate').selectOption(values.find((value) => value.endsWith(own)) as string);
  await at('form-kind').selectOption('contract');
  await at('form-administrator').fill('张三');
  await at('form-handler').fill('李四');
  await expect.poll(() => attribute('form-state', 'data-state')).toBe('ready');
  expect(await at('form-name').inputValue()).toBe(name);
}

const applicationOf = (of: IssuedCertificate) =>
  authority.sealApplications().find(({ certificateSha256 }) => certificateSha256 === of.sha256);

/** The staff approve what was sent for this certificate; its holder looks and finds that. */
async function approved(of: IssuedCertificate): Promise<void> {
  authority.approveSeal(applicationOf(of)?.id as string);
  await click('application-look');
  await phase('approved');
}

async function cards(): Promise<SealCard[]> {
  const answer = await client.page.evaluate(() => window.yinkey.call('seals.list', undefined));
  return answer.ok ? answer.output : [];
}

/** How the application on the screen was judged in one respect. */
async function finding(which: string): Promise<SealApplicationView['checks'][number] | undefined> {
  const answer = await client.page.evaluate(() => window.yinkey.call('sealing.list', undefined));
  return answer.ok ? answer.output[0]?.checks.find((check) => check.name === which) : undefined;
}

/** PIN windows that a person got to see since the client began. */
const pinsShown = () =>
  client.app.evaluate(() => (globalThis as unknown as { shown: string[] }).shown.length);

const beside = () => readdirSync(path.dirname(letter)).sort();
const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** The letter with this seal on it, so that nothing but the click is missing. */
async function lay(): Promise<void> {
  await documents.drawn();
  await documents.pickSeal(name);
  await documents.placeByMouse({ left: 142, top: 240 }, 210);
}

/**
 * Stamps the letter, has the window verify it, and has the file judged by the command line and by two programs of others.
 */
async function stamped(id: string, pin: string): Promise<void> {
  const before = beside();
  const original = digest(letter);
  await documents.readyToStamp();
  // A seal is drawn at its own size.
  expect((await documents.readOut()).width).toBeCloseTo(trueWidth, 0);
  await documents.stampButton.click();
  await typePin(pin);
  await documents.done.waitFor();
  expect(await documents.done.getAttribute('data-standing')).toBe('valid');
  await documents.done.getByTestId('verify').click();
  expect(await documents.standing()).toBe('valid');
  expect(await attribute('shows', 'data-shows')).toBe('seal');
  expect(await at('shows').innerText()).toBe(name);
  expect(await attribute('seal-verdict', 'data-verdict')).toBe('valid');
  await client.page.locator('[data-drawn="same"]').waitFor();

  const fresh = beside().filter((file) => !before.includes(file));
  expect(fresh).toHaveLength(1);
  expect(digest(letter)).toBe(original);
  const file = path.join(path.dirname(letter), fresh[0] ?? '');
  const report = await runYinkey(['verify', file, '--json'], {
    env: { ...world.env, YINKEY_DATA: client.userData },
  });
  expect(report.code).toBe(0);
  expect(report.json()).toMatchObject({
    verdict: 'valid',
    signatures: [
      {
        mark: 'seal',
        seal: {
          verdict: 'valid',
          pictureDrawn: true,
          facts: { id, name },
          status: { state: 'normal' },
          code: null,
        },
      },
    ],
  });
  expect(await pdfsig(file)).toEqual([
    expect.objectContaining({ valid: true, total: true, type: 'ETSI.CAdES.detached' }),
  ]);
  expect((await qpdfCheck(file)).code).toBe(0);
}

describe('from the ink on paper to a verified document', () => {
  let sealId: string;

  beforeAll(() => open());
  afterAll(() => client?.close());

  it('refuses a scan with a gap, shows where it is, and sends nothing on', async () => {
    await frame.go('seals');
    await click('collect');
    await scanned('gap.jpg', 'capture-choose');
    await expect.poll(() => attribute('capture-verdict', 'data-verdict')).toBe('refuse');
    expect(await at('capture-verdict').innerText()).toMatch(/左下.*边框缺 3\d/);
    expect(await attribute('found-ring', 'data-state')).toBe('redo');
    // The gap's arc and its two ends, on the scan and on the cleaned picture.
    expect(await client.page.locator('.cap-pic svg path.strong').count()).toBe(4);
    expect(await at('capture-make').isDisabled()).toBe(true);
    await look('1-refused');

    // The button is not the only one that says no.
    const [key] = await client.page
      .evaluate(() => window.yinkey.call('keys.snapshot', undefined))
      .then((answer) =>
        answer.ok ? answer.output.keys.filter(({ serial }) => serial === token.serial) : [],
      );
    const { module, serial, label } = key!;
    const code = await client.page.evaluate(
      async ({ token, certificate }) => {
        const session = await window.yinkey.call('capture.choose', undefined);
        if (!session.ok || !session.output) return 'no session';
        const draft = await window.yinkey.call('sealing.draft', {
          capture: session.output.id,
          token,
          certificate,
          name: '云南省示范区住房保障中心合同专用章',
          kind: 'contract',
          administrator: '张三',
          handler: '李四',
          contact: '',
          replaces: null,
        });
        if (!draft.ok) return draft.error.code;
        const { id } = draft.output;
        const sent = await window.yinkey.call('sealing.send', { id });
        await window.yinkey.call('sealing.withdraw', { id });
        return sent.ok ? sent.output.phase : sent.error.code;
      },
      { token: { module, serial, label }, certificate: certificate.sha256 },
    );
    expect(code).toBe('seal.judged-unfit');
    expect(authority.sealApplications()).toEqual([]);
  });

  it('takes a good one, and is corrected by hand', async () => {
    await scanned('good.jpg', 'capture-other');
    await expect.poll(() => attribute('capture-verdict', 'data-verdict')).toBe('good');
    await client.page.getByRole('radio', { name: '手动调整' }).click();
    const revision = async () => Number(await attribute('capture', 'data-revision'));
    const adjusted = async (act: () => Promise<void>) => {
      const before = await revision();
      await act();
      await expect.poll(revision).toBeGreaterThan(before);
      await expect.poll(() => attribute('capture', 'aria-busy')).toBe('false');
    };
    await adjusted(() => at('capture-turn').fill('-4'));
    await adjusted(() => click('capture-undo'));
    expect(await at('capture-turn').inputValue()).toBe('0');
    await adjusted(() => at('capture-threshold').fill('0.1'));
    expect(await attribute('capture-verdict', 'data-verdict')).toBe('good');
    await look('2-corrected');
  });

  it('is applied for, approved, and bound to the key', async () => {
    await apply(certificate.id);
    await look('3-application', { closely: true });
    await expect.poll(() => attribute('form-state', 'data-state')).toBe('ready');
    await click('form-send');
    await typePin(token.pin);
    await phase('review');
    await look('4-review');
    await approved(certificate);
    await look('5-approved');
    await click('application-bind');
    await typePin(token.pin);
    await phase('bound');
    expect(await attribute('bound', 'data-how')).toBe('full');
    await look('6-bound');
    const application = applicationOf(certificate);
    expect(application).toMatchObject({ state: 'bound', name, kind: 'contract' });
    sealId = application!.sealId as string;

    await click('application-show');
    // The maker was asked about it: its status is known as soon as it is bound.
    await expect.poll(() => cardOf(sealId).getAttribute('data-standing')).toBe('normal');
    const picture = at('seal-stage').locator('.seal-head img');
    await picture.waitFor();
    const width = (await picture.boundingBox())!.width;
    expect(Math.abs(width / pxPerMm - trueWidth)).toBeLessThan(0.5);
    const card = (await cards()).find(({ id }) => id === sealId);
    expect(card).toMatchObject({ name, verdict: 'valid', where: 'key', code: null });
    await look('7-my-seal', { closely: true });
  });

  it('stamps a document, and the window and others verify it', async () => {
    await choosing(letter);
    await click('seal-stamp');
    await lay();
    await documents.readyToStamp();
    await look('8-placed');
    await stamped(sealId, token.pin);
    await look('9-verified');
  });

  it('refuses before it asks for a PIN when its maker has suspended it meanwhile', async () => {
    await documents.close();
    await documents.openRecent(path.basename(letter));
    await lay();
    await documents.readyToStamp();
    authority.suspendSeal(sealId);
    const [files, pins] = [beside(), await pinsShown()];
    expect(pins).toBeGreaterThan(0);
    await documents.stampButton.click();
    await frame.dialog.getByText('seal.suspended').waitFor();
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'journey-10-suspended-meanwhile');
    expect(await pinsShown()).toBe(pins);
    expect(beside()).toEqual(files);
    await frame.dialog.getByRole('button', { name: '关闭' }).last().click();
    await frame.dialog.waitFor({ state: 'detached' });
    // What the maker has said is seen on the spot, and nobody tries again in vain.
    await expect.poll(async () => (await documents.checks()).seal).toBe('stop');
    expect(await documents.stampButton.isDisabled()).toBe(true);
    await look('11-suspended-stamp', { closely: true });
  });

  it('is told as suspended, and cannot be stamped with past the button either', async () => {
    await frame.go('seals');
    await cardOf(sealId).click();
    await click('seal-verify');
    await expect.poll(() => cardOf(sealId).getAttribute('data-standing')).toBe('suspended');
    expect(await at('seal-stamp').count()).toBe(0);
    await look('12-suspended-seal');

    // Past the button: main refuses all the same.
    const [files, pins] = [beside(), await pinsShown()];
    const card = (await cards()).find(({ id }) => id === sealId)!;
    const code = await client.page.evaluate(
      async ({ card, letter }) => {
        const recent = await window.yinkey.call('documents.recent', undefined);
        const entry = recent.ok ? recent.output.find(({ name }) => name === letter) : undefined;
        const document = await window.yinkey.call('documents.open', { id: entry?.id ?? '' });
        if (!document.ok) return document.error.code;
        const answer = await window.yinkey.call('documents.stamp', {
          document: document.output.id,
          sha256: document.output.sha256,
          token: card.token,
          certificate: card.certificate?.id ?? '',
          mark: { kind: 'seal', id: card.id },
          placement: { pages: '1', x: 100, y: 200, width: card.widthMm, height: card.heightMm },
          target: 'beside',
        });
        return answer.ok ? 'stamped' : answer.error.code;
      },
      { card, letter: path.basename(letter) },
    );
    expect(code).toBe('seal.suspended');
    expect(await pinsShown()).toBe(pins);
    expect(beside()).toEqual(files);
  });
});

describe('a key with little room', () => {
  let sim: Keysim | undefined;

  afterEach(async () => {
    await client?.close();
    await sim?.close();
    sim = undefined;
  });

  it.each([
    // The smallest form fits; not even that one does.
    { how: 'small', where: 'key', free: 14_000, object: 'YinKey seal' },
    { how: 'store', where: 'store', free: 400, object: 'YinKey seal digest' },
  ] as const)(
    'gets the seal by what fits ($how), says so, and stamps',
    async ({ how, where, free, object }) => {
      const key = await keyFor(`小盘 ${how}`);
      sim = await simulate(world, {
        keys: {
          k1: { token: `serial:${world.token.serial}` },
          k2: { token: `serial:${key.token.serial}`, memory: 65_536 },
        },
      });
      await open({ userData: mkdtempSync(path.join(dir, 'client-')), env: sim.env });
      await frame.go('seals');
      await click('collect');
      await scanned('good.jpg', 'capture-choose');
      await expect.poll(() => attribute('capture-verdict', 'data-verdict')).toBe('good');
      await apply(key.certificate.id);
      const room = await finding('room');
      expect(room).toMatchObject({ state: 'ok' });
      // Others put something on the key meanwhile; the next look at it says so before anything is sent.
      await sim.control(`set key k2 memory = ${65_536 - Number(room?.details.freePublic) + free}`);
      await at('form-contact').fill('0871-6500 0000');
      await expect.poll(() => attribute('form-check-room', 'data-state')).toBe('note');
      expect(await at('form-check-room').innerText()).toContain('存在这台电脑上');
      await expect.poll(() => attribute('form-state', 'data-state')).toBe('ready');
      await look(`room-${how}-1-application`, { closely: true });
      await click('form-send');
      await typePin(key.token.pin);
      await phase('review');
      await approved(key.certificate);
      await click('application-bind');
      await typePin(key.token.pin);
      await phase('bound');
      expect(await attribute('bound', 'data-how')).toBe(how);
      await look(`room-${how}-2-bound`, { closely: true });
      const id = applicationOf(key.certificate)?.sealId as string;
      // Another program sees what lies on the key.
      const objects = execFileSync(
        'pkcs11-tool',
        ['--module', world.module, '--token-label', key.token.label, '--list-objects', '--type', 'data'],
        { env: { ...process.env, ...world.env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      );
      expect(objects.match(/application: +'(.*)'/)?.[1]).toBe(object);
      expect(objects).toContain(id);

      await click('application-show');
      await expect.poll(() => cardOf(id).getAttribute('data-standing')).toBe('normal');
      expect((await cards()).find((card) => card.id === id)).toMatchObject({ where, code: null });
      // It was checked twice while it was filled in: nothing of that is left over.
      expect(await at('application-card').count()).toBe(0);
      await look(`room-${how}-3-my-seal`);
      await choosing(letter);
      await click('seal-stamp');
      await lay();
      await stamped(id, key.token.pin);
      await look(`room-${how}-4-verified`);
    },
  );
});
