import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { answerWith, base, cards, fifty, longNames, orphans, renewals, tell } from './pages/made-up.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';

let client: LaunchedApp;
let window: WindowPage;

beforeAll(async () => {
  client = await launchApp({ language: 'zh-CN', size: { width: 1024, height: 720 } });
  window = new WindowPage(client.page);
});
afterAll(() => client?.close());

/** The window as it starts with these answers, in the place `certificates` (or `keys`). */
async function start(
  answers: Parameters<typeof answerWith>[1],
  place: 'certificates' | 'keys' = 'certificates',
) {
  await answerWith(client.app, answers);
  await client.page.evaluate(() => localStorage.clear());
  await client.page.reload();
  await window.ready();
  await window.go(place);
}

/** Nothing sticks out, nothing is said in the names of texts. */
async function wholeAndSaid(): Promise<string[]> {
  const names = await client.page.evaluate(
    () => document.body.innerText.match(/\b(certificates|renewal|common|keys|errors):[\w.-]+|\{\{/g) ?? [],
  );
  return [...(await window.tooWide()), ...names];
}

const withoutRenewal = () => cards().map((card) => ({ ...card, renewal: null }));

describe('the certificates screen', () => {
  it('has a page for every state of a renewal, each of them whole in the smallest window', async () => {
    const states = Object.entries(renewals());
    await start(base(cards(), [states[0]![1]]));
    const page = client.page.getByTestId('renewal');
    for (const language of ['zh-CN', 'en']) {
      if (language === 'en') await window.switchLanguage();
      for (const [name, view] of states) {
        await tell(client.app, 'renewal.changed', view);
        const wanted = { plain: 'confirm', late: 'generating', over: 'stopped', lost: 'ended' }[name] ?? name;
        await expect.poll(() => page.getAttribute('data-page'), { message: name }).toBe(wanted);
        expect(await wholeAndSaid(), `${name} ${language}`).toEqual([]);
        await shot(client.page, `renewal-${name}-${language}`);
      }
      expect(await violations(client.page)).toEqual([]);
      expect(await window.frameScrolls()).toBe(false);
    }
  });

  it('goes through the list by arrow keys and through the panes by F6', async () => {
    await start(base(withoutRenewal()));
    const card = client.page.getByTestId('certificate-card');
    await card.first().focus();
    await client.page.keyboard.press('ArrowDown');
    expect(await card.nth(1).getAttribute('aria-current')).toBe('true');
    await client.page.keyboard.press('End');
    await client.page.getByTestId('authority-url').waitFor();
    await client.page.keyboard.press('Home');
    await client.page.getByTestId('certificate-stage').waitFor();
    await client.page.keyboard.press('F6');
    expect(await client.page.evaluate(() => document.activeElement?.closest('[data-pane]')?.id)).toBe('main');
    await client.page.keyboard.press('Shift+F6');
    expect(await card.first().evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('takes nothing for a removal but the whole serial number', async () => {
    await start(base(withoutRenewal()));
    await client.page.getByTestId('certificate-card').nth(1).click();
    await client.page.getByTestId('remove').click();
    const confirm = window.dialog.locator('.btn-main');
    await client.page.getByTestId('typed-serial').fill('4f09a1c277d1e3');
    expect(await confirm.isDisabled()).toBe(true);
    expect(await violations(client.page)).toEqual([]);
    await client.page.getByTestId('typed-serial').fill('4F09 A1C2 77D1 E300 01');
    expect(await confirm.isDisabled()).toBe(false);
    await client.page.keyboard.press('Escape');
  });

  it('looks for left-over key pairs, and removes one after a question', async () => {
    const found = orphans();
    await start({
      ...base(withoutRenewal()),
      'renewal.findOrphans': found,
      'renewal.removeOrphan': undefined,
    });
    const { page } = client;
    const pairs = page.getByTestId('leftover');
    await page.getByTestId('certificate-card').nth(1).click();
    await page.getByTestId('leftovers-look').click();
    await expect.poll(() => pairs.count()).toBe(2);
    expect(await pairs.first().innerText()).toContain('XQ20260311-0021');
    expect(await wholeAndSaid()).toEqual([]);
    expect(await violations(page)).toEqual([]);
    await page.getByTestId('leftovers').scrollIntoViewIfNeeded();
    await shot(page, 'certificate-leftovers');
    await pairs.nth(1).getByTestId('leftover-remove').click();
    expect(await violations(page)).toEqual([]);
    await shot(page, 'certificate-leftovers-question');
    await page.getByTestId('leftover-yes').click();
    await expect.poll(() => pairs.count()).toBe(1);
    await window.switchLanguage();
    expect(await wholeAndSaid()).toEqual([]);

    // A renewal that has ended tells of what its login saw.
    await start({ ...base(cards(), [renewals().lost!]), 'renewal.orphans': found });
    await expect.poll(() => pairs.count()).toBe(2);
    expect(await page.getByTestId('leftovers-look').count()).toBe(0);
  });

  it('has a way out of a renewal whose key is lost', async () => {
    const { key: waiting, lost } = renewals();
    await start({ ...base(cards(), [waiting!]), 'renewal.abandon': lost! });
    const { page } = client;
    await page.getByTestId('renewal-lost').click();
    expect(await window.dialog.innerText()).toContain('XQ20261122-0473');
    expect(await violations(page)).toEqual([]);
    await shot(page, 'renewal-lost-question');
    await page.getByTestId('renewal-lost-yes').click();
    await page.locator('[data-testid="renewal"][data-page="ended"]').waitFor();
    expect(await page.getByTestId('renewal').innerText()).toContain('XQ20261122-0473');
  });

  it('reminds at the top of the keys screen, names the seal, and is quiet once put off', async () => {
    await start(base(withoutRenewal()), 'keys');
    const reminder = client.page.getByTestId('reminder');
    await reminder.waitFor();
    expect(await reminder.getAttribute('data-level')).toBe('over');
    expect(await reminder.innerText()).toContain('合同专用章');
    expect(await violations(client.page)).toEqual([]);
    await client.page.getByTestId('reminder-later').click();
    await reminder.waitFor({ state: 'detached' });
    await client.page.reload();
    await window.ready();
    await client.page.getByTestId('key').first().waitFor();
    expect(await reminder.count()).toBe(0);
  });

  it('says what to bring where a certificate has expired, and that it is not online', async () => {
    await start(base(withoutRenewal()));
    await client.page.getByTestId('certificate-card').nth(3).click();
    await client.page.getByTestId('renewal-form').waitFor();
    expect(await client.page.getByTestId('renew').count()).toBe(0);
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'certificate-expired');
  });

  it('holds names of forty characters and fifty certificates', async () => {
    await start(base(longNames()));
    await client.page.getByTestId('certificate-card').nth(1).click();
    expect(await wholeAndSaid()).toEqual([]);
    await shot(client.page, 'certificate-long');
    await start(base(fifty()));
    await expect.poll(() => client.page.getByTestId('certificate-card').count()).toBe(50);
    expect(await wholeAndSaid()).toEqual([]);
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'certificates-fifty');
  });
});
