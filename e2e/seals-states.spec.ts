import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PracticeWorld, practiceUp } from '../softhsm-fixtures/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { DocumentsPage } from './pages/documents-page.ts';
import { type Answers, answerWith, tell } from './pages/made-up.ts';
import {
  answerSome,
  applications,
  manySeals,
  oddSeals,
  pageOfState,
  sealBase,
  sealStates,
  sealVerification,
  signaturePictures,
} from './pages/made-up-seals.ts';
import { PinPage } from './pages/pin-page.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';

const languages = ['zh-CN', 'en'] as const;
/** Applications that axe looks at: one of each kind of page. */
const looked = new Set(['draft-stopped', 'review', 'approved', 'binding-stopped', 'store', 'refused']);

const sizes = [
  { width: 1024, height: 720 },
  { width: 1440, height: 900 },
];

async function resize(client: LaunchedApp, size: { width: number; height: number }): Promise<void> {
  await client.app.evaluate(({ BrowserWindow }, { width, height }) => {
    const window = BrowserWindow.getAllWindows().find((each) => each.getParentWindow() === null);
    window?.setContentSize(width, height);
  }, size);
  await client.page.waitForFunction(
    ({ width, height }) => innerWidth === width && innerHeight === height,
    size,
  );
}

/** Nothing sticks out, nothing is said in the names of texts. */
async function wholeAndSaid({ page }: LaunchedApp, window: WindowPage): Promise<string[]> {
  const names = await page.evaluate(
    () =>
      document.body.innerText.match(/\b(seals|screens|documents|verify|common|keys|errors):[\w.-]+|\{\{/g) ??
      [],
  );
  return [...(await window.tooWide()), ...names];
}

describe('my seals', () => {
  let client: LaunchedApp;
  let window: WindowPage;

  beforeAll(async () => {
    client = await launchApp({ language: 'zh-CN', size: { width: 1024, height: 720 } });
    window = new WindowPage(client.page);
  });
  afterAll(() => client?.close());

  async function start(answers: Answers): Promise<void> {
    await answerWith(client.app, answers);
    await client.page.reload();
    await window.ready();
    await window.go('seals');
  }

  it('says what the place is for while it is empty, and offers the first step', async () => {
    await start(sealBase([]));
    await client.page.getByTestId('collect-first').waitFor();
    expect(await wholeAndSaid(client, window)).toEqual([]);
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'seals-empty');
  });

  it.each(languages)(
    'tells every state of a seal by icon and word, whole in a small window and a large (%s)',
    async (language) => {
      const states = Object.entries({ ...sealStates(), ...oddSeals() });
      const stage = client.page.getByTestId('seal-stage');
      await resize(client, sizes[0]!);
      await start(sealBase([states[0]![1]]));
      if ((await client.page.locator('html').getAttribute('lang')) !== language)
        await window.switchLanguage();
      for (const [name, card] of states) {
        await tell(client.app, 'seals.changed', [card]);
        await client.page.locator(`[data-testid="seal-card"][data-id="${card.id}"]`).waitFor();
        await stage.getByTestId('seal-steps').waitFor();
        const standing = await client.page.getByTestId('seal-card').getAttribute('data-standing');
        expect(standing, name).toBe(sealStates()[name] ? name : 'normal');
        expect(await wholeAndSaid(client, window), `${name} ${language}`).toEqual([]);
        await shot(client.page, `seal-${name}-${language}`);
      }
      expect(await violations(client.page)).toEqual([]);
      expect(await window.frameScrolls()).toBe(false);
      await resize(client, sizes[1]!);
      expect(await wholeAndSaid(client, window)).toEqual([]);
      await shot(client.page, `seal-large-${language}`);
    },
  );

  it('shows each step with its reason, and the cryptography only when it is unfolded', async () => {
    const { invalid } = sealStates();
    await start(sealBase([invalid!]));
    const failed = client.page.locator('[data-step="rules"]');
    expect(await failed.getAttribute('data-state')).toBe('failed');
    await client.page.getByTestId('seal-why').waitFor();
    await client.page.locator('.seal-folds .fold-line').click();
    await client.page.locator('.seal-folds dd').first().waitFor();
    expect(await wholeAndSaid(client, window)).toEqual([]);
    expect(await violations(client.page)).toEqual([]);
    await client.page.locator('.seal-folds').scrollIntoViewIfNeeded();
    await shot(client.page, 'seal-details');
  });

  it('holds thirty seals with long names, and goes through them by arrow keys', async () => {
    await resize(client, sizes[0]!);
    await start(sealBase(manySeals(), [], signaturePictures(3)));
    const rows = client.page.getByTestId('seal-card');
    await expect.poll(() => rows.count()).toBe(30);
    await rows.first().focus();
    await client.page.keyboard.press('ArrowDown');
    expect(await rows.nth(1).getAttribute('aria-current')).toBe('true');
    expect(await wholeAndSaid(client, window)).toEqual([]);
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'seals-many');
    await client.page.keyboard.press('End');
    await client.page.getByTestId('signature-pictures').waitFor();
  });

  it('keeps signature pictures apart, and calls none of them a seal', async () => {
    await start(sealBase([sealStates().normal!], [], signaturePictures(3)));
    await client.page.getByTestId('pictures').click();
    const stage = client.page.getByTestId('signature-pictures');
    await stage.waitFor();
    expect(await stage.locator('li').count()).toBe(3);
    expect(await stage.innerText()).toContain('不是电子印章');
    expect(await stage.locator('li').allInnerTexts()).not.toContainEqual(expect.stringContaining('印章'));
    expect(await wholeAndSaid(client, window)).toEqual([]);
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'signature-pictures');
    await stage.locator('li').first().getByRole('button').click();
    expect(await violations(client.page)).toEqual([]);
    await client.page.keyboard.press('Escape');
  });

  it.each(languages)('has a page for every state of an application (%s)', async (language) => {
    const states = Object.entries(applications());
    const page = client.page.getByTestId('application');
    await resize(client, sizes[0]!);
    await start(sealBase([sealStates().normal!], [applications().review!]));
    if ((await client.page.locator('html').getAttribute('lang')) !== language) await window.switchLanguage();
    await client.page.getByTestId('application-card').click();
    for (const [name, view] of states) {
      await tell(client.app, 'sealing.changed', view);
      await expect
        .poll(() => page.getAttribute('data-page'), { message: name })
        .toBe(pageOfState[name] ?? name);
      expect(await wholeAndSaid(client, window), `${name} ${language}`).toEqual([]);
      if (looked.has(name)) expect(await violations(client.page), name).toEqual([]);
      await shot(client.page, `application-${name}-${language}`);
    }
    expect(await window.frameScrolls()).toBe(false);
    await resize(client, sizes[1]!);
    expect(await wholeAndSaid(client, window)).toEqual([]);
    await shot(client.page, `application-large-${language}`);
  });

  it('asks before an application is withdrawn, and leads from a bound one to its seal', async () => {
    const { review, withdrawn, bound } = applications();
    await resize(client, sizes[0]!);
    await start({ ...sealBase([sealStates().normal!], [review!]), 'sealing.withdraw': withdrawn! });
    const page = client.page.getByTestId('application');
    await client.page.getByTestId('application-withdraw').click();
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'application-withdraw-question');
    await client.page.getByTestId('application-withdraw-yes').click();
    await client.page.locator('[data-testid="application"][data-page="withdrawn"]').waitFor();
    await tell(client.app, 'sealing.changed', bound!);
    await expect.poll(() => page.getAttribute('data-page')).toBe('bound');
    await client.page.getByTestId('application-show').click();
    await client.page.getByTestId('seal-stage').waitFor();
  });

  it('can be read in the dark', async () => {
    await client.page.emulateMedia({ colorScheme: 'dark' });
    await start(sealBase([sealStates().suspended!, oddSeals().away!], [applications().approved!]));
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'application-dark');
    await client.page.getByTestId('seal-card').first().click();
    await client.page.getByTestId('seal-stage').waitFor();
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'seal-dark');
    await client.page.emulateMedia({ colorScheme: 'light' });
  });
});

describe('seals in the documents screens', () => {
  let folder: string;
  let world: PracticeWorld;
  let client: LaunchedApp;
  let window: WindowPage;
  let documents: DocumentsPage;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'yinkey-seals-'));
    world = await practiceUp(folder);
    client = await launchApp({ practice: folder, language: 'zh-CN', size: { width: 1024, height: 720 } });
    window = new WindowPage(client.page);
    documents = new DocumentsPage(client.page);
  });
  afterAll(async () => {
    await client?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows the seal of the practice key among my seals, at its true size', async () => {
    await window.go('seals');
    const card = client.page.getByTestId('seal-card');
    await card.first().waitFor();
    expect(await card.count()).toBe(1);
    expect(await card.getAttribute('data-id')).toBe(world.seal.id);
    await client.page.getByTestId('seal-stage').locator('.seal-head img').waitFor();
    await client.page.getByTestId('seal-verify').click();
    expect(await wholeAndSaid(client, window)).toEqual([]);
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'seal-of-practice');
  });

  it('chooses among seals first, and says of a picture that it is none', async () => {
    await documents.enter();
    await documents.openRecent('的函.pdf');
    await documents.drawn();
    await documents.pickSeal(world.seal.name);
    // Its certificate, its key and its size come with it.
    await client.page.getByTestId('signer-fixed').waitFor();
    expect(await client.page.getByTestId('signer-choice').count()).toBe(0);
    await client.page.keyboard.press('ControlOrMeta+p');
    await documents.seal.waitFor();
    expect((await documents.readOut()).width).toBeCloseTo(42, 0);
    await expect.poll(async () => (await documents.checks()).seal).not.toBe('stop');
    expect(await wholeAndSaid(client, window)).toEqual([]);
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'documents-seal');
    await client.page.getByTestId('seal-choice').click();
    await client.page.locator('[role="option"][data-kind="picture"]').first().waitFor();
    await shot(client.page, 'documents-seal-choice');
    await client.page.keyboard.press('Escape');
    await documents.pickPicture(world.seals[0]!.label);
    await client.page.getByTestId('signer-choice').waitFor();
    expect(await client.page.getByTestId('mark-kind').innerText()).toContain('不是电子印章');
    await shot(client.page, 'documents-picture');
  });

  it('stamps with the seal of the key, and the verdict names it', async () => {
    await documents.pickSeal(world.seal.name);
    await documents.readyToStamp();
    await documents.stampButton.click();
    const pin = new PinPage(await client.pinWindow());
    await pin.asks();
    await pin.type(world.token.pin);
    await pin.confirm();
    await documents.done.waitFor();
    expect(await documents.done.getAttribute('data-standing')).toBe('valid');
    await documents.done.getByTestId('verify').click();
    expect(await documents.standing()).toBe('valid');
    const shows = client.page.getByTestId('shows');
    expect(await shows.getAttribute('data-shows')).toBe('seal');
    expect(await shows.innerText()).toBe(world.seal.name);
    expect(await client.page.getByTestId('seal-verdict').getAttribute('data-verdict')).toBe('valid');
    await client.page.locator('[data-drawn="same"]').waitFor();
    expect(await wholeAndSaid(client, window)).toEqual([]);
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'verify-seal-of-practice');
    // It is known where it was used.
    await window.go('seals');
    await client.page.getByTestId('seal-uses').getByText('的函.pdf').first().waitFor();
    await window.go('documents');
  });

  it('shows the seal of a signature, a seal that the page does not show, and a picture that is no seal', async () => {
    await documents.close();
    await answerSome(client.app, { 'documents.verify': sealVerification() });
    await documents.drop(client.app, world.documents.find((file) => file.endsWith('的函.pdf'))!, 'verify');
    expect(await documents.standing()).toBe('invalid');
    const shows = client.page.getByTestId('shows');
    expect(await shows.evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.shows))).toEqual([
      'seal',
      'seal',
      'seal',
      'picture',
    ]);
    expect(
      await client.page
        .getByTestId('signature')
        .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.standing)),
    ).toEqual(['valid', 'invalid', 'limited', 'valid']);
    for (const language of ['zh-CN', 'en']) {
      if (language === 'en') await window.switchLanguage();
      expect(await wholeAndSaid(client, window)).toEqual([]);
      expect(await violations(client.page)).toEqual([]);
      await shot(client.page, `verify-seals-${language}`);
    }
    await client.page.locator('.folds .fold-line').first().click();
    await client.page.locator('.seal-steps').first().waitFor();
    expect(await wholeAndSaid(client, window)).toEqual([]);
    expect(await violations(client.page)).toEqual([]);
    await client.page.locator('.folds').scrollIntoViewIfNeeded();
    await shot(client.page, 'verify-seals-steps');
  });
});
