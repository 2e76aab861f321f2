import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goodImpression } from '../softhsm-fixtures/impressions/index.ts';
import type { SealApplicationView } from '../src/shared/domain/index.ts';
import { type LaunchedApp, launchApp } from './launch.ts';
import { violations } from './pages/axe.ts';
import { answerWith, base, cards, tell } from './pages/made-up.ts';
import { shot } from './pages/shots.ts';
import { WindowPage } from './pages/window-page.ts';

// Real scans, captured by the real document host in the real window; only the application's answers are made up.

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-capture-e2e-'));
const scans: Record<string, string> = {};
let client: LaunchedApp;
let window: WindowPage;
let stage: Locator;
let verdict: Locator;

const save = (name: string, bytes: Uint8Array) => {
  scans[name.replace(/\.\w+$/, '')] = path.join(dir, name);
  writeFileSync(path.join(dir, name), bytes);
};
const paper = { paper: { width: 70, height: 70 }, at: { x: 35, y: 35 } };
const drops = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="140" height="90"><g fill="#c3272b"><circle cx="50" cy="26" r="15"/><circle cx="20" cy="60" r="8"/><circle cx="76" cy="66" r="9"/></g></svg>',
);

/** A gap at one o'clock, three drops at the lower left, stamped askew: as on the drawing of the screen. */
async function gapped(): Promise<Buffer> {
  const made = await goodImpression(7, {
    ...paper,
    dpi: 600,
    rotation: -2.3,
    missing: { from: 14, to: 45 },
    gaps: 0.08,
    quality: 92,
  });
  const { x, y } = made.centrePx;
  const far = 0.72 * ((made.widthMm / 25.4) * 600);
  return sharp(made.bytes)
    .composite([
      { input: drops, left: Math.round(x - far * 0.72 - 70), top: Math.round(y + far * 0.64 - 45) },
    ])
    .withMetadata({ density: 600 })
    .jpeg({ quality: 92 })
    .toBuffer();
}

beforeAll(async () => {
  const good = await goodImpression(7, { ...paper, dpi: 600, rotation: 1.4, quality: 92 });
  save('扫描 1.jpg', await gapped());
  save('good.jpg', good.bytes);
  const oval = await goodImpression(6, { shape: 'ellipse', ...paper, quality: 92 });
  const square = await goodImpression(7, { shape: 'square', ...paper, quality: 92 });
  const round = await goodImpression(8, { ...paper, quality: 92 });
  save(
    'several.jpg',
    await sharp({ create: { width: 2480, height: 3508, channels: 3, background: '#fbfaf6' } })
      .composite([
        { input: round.bytes, left: 300, top: 400 },
        { input: oval.bytes, left: 1350, top: 1300 },
        { input: square.bytes, left: 400, top: 2300 },
      ])
      .withMetadata({ density: 300 })
      .jpeg({ quality: 92 })
      .toBuffer(),
  );
  save('oval.jpg', oval.bytes);
  const photo = await goodImpression(9, {
    ...paper,
    dpi: 400,
    photo: { tilt: 12, towards: 60 },
    shadow: 0.2,
  });
  save('photo.jpg', photo.bytes);
  save('large.jpg', Buffer.concat([good.bytes, Buffer.alloc(5 << 20)]));
  const twice = await goodImpression(7, {
    ...paper,
    rotation: 8,
    text: 'over',
    double: { dx: 1.2, dy: 0.8, strength: 0.8 },
    quality: 92,
  });
  save(`${'印模扫描件（二〇二六年十一月第二次盖章，住房保障服务中心公章）'.repeat(2)}.jpg`, twice.bytes);
  scans.long = Object.values(scans).at(-1) as string;
  save('grey.jpg', (await goodImpression(12, { grey: true, quality: 90 })).bytes);
  const blue = await goodImpression(7, { ...paper, ink: [38, 66, 160], quality: 92 });
  save('blue.jpg', blue.bytes);
  save('text.jpg', Buffer.from('no picture'));
  client = await launchApp({ language: 'zh-CN', size: { width: 1280, height: 800 } });
  window = new WindowPage(client.page);
  stage = client.page.getByTestId('capture');
  verdict = client.page.getByTestId('capture-verdict');
});
afterAll(async () => {
  await client?.close();
  rmSync(dir, { recursive: true, force: true });
});

const size = (width: number, height: number) =>
  client.app
    .evaluate(
      ({ BrowserWindow }, [w, h]) => {
        BrowserWindow.getAllWindows()
          .find((each) => each.getParentWindow() === null)
          ?.setContentSize(w as number, h as number);
      },
      [width, height],
    )
    .then(() => client.page.waitForFunction((w) => innerWidth === w, width));

/** What the system's own dialog answers. */
const choosing = (file: string) =>
  client.app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
  }, file);

async function fresh(): Promise<void> {
  await client.page.reload();
  await window.ready();
  await window.go('seals');
  await client.page
    .getByTestId(/^collect/)
    .first()
    .click();
  await expect.poll(() => stage.getAttribute('data-page')).toBe('start');
}

async function read(name: string): Promise<void> {
  await choosing(scans[name] as string);
  const button = (await stage.getAttribute('data-page')) === 'start' ? 'capture-choose' : 'capture-other';
  await client.page.getByTestId(button).click();
}

async function drawn(): Promise<void> {
  await expect.poll(() => stage.getAttribute('aria-busy')).toBe('false');
  await expect
    .poll(() =>
      client.page
        .locator('.cap-pic img')
        .evaluateAll((all) => all.length > 1 && all.every((one) => (one as HTMLImageElement).complete)),
    )
    .toBe(true);
}

/** Nothing sticks out, nothing is said in the names of texts, the frame stays where it is. */
async function wholeAndSaid(): Promise<string[]> {
  const names = await client.page.evaluate(
    () => document.body.innerText.match(/\b(seals|common|keys|errors|pin):[\w.-]+|\{\{/g) ?? [],
  );
  const scrolls = (await window.frameScrolls()) ? ['the frame scrolls'] : [];
  return [...(await window.tooWide()), ...names, ...scrolls];
}

/** Pictures in the sizes and themes that are asked for, each one whole; the last one is looked at by axe too. */
async function everywhere(
  name: string,
  looks: readonly (readonly [width: number, height: number, scheme: 'light' | 'dark'])[] = [
    [1440, 900, 'light'],
    [1024, 720, 'dark'],
  ],
): Promise<void> {
  const { page } = client;
  const language = await page.locator('html').getAttribute('lang');
  for (const [width, height, scheme] of looks) {
    await size(width, height);
    await page.emulateMedia({ colorScheme: scheme });
    expect(await wholeAndSaid(), `${name} ${width}`).toEqual([]);
    await shot(page, `capture-${name}-${width}-${scheme}-${language}`);
  }
  expect(await violations(page), name).toEqual([]);
}

/** The same once more in English, and back. */
async function inBoth(name: string): Promise<void> {
  await everywhere(name);
  await window.switchLanguage();
  await everywhere(name, [[1024, 720, 'light']]);
  await window.switchLanguage();
}

describe('collecting an impression', () => {
  it('begins with how to stamp and scan', async () => {
    await fresh();
    await inBoth('start');
  });

  it('refuses one with a gap, and says and shows where to press harder', async () => {
    await fresh();
    await read('扫描 1');
    await expect.poll(() => verdict.getAttribute('data-verdict')).toBe('refuse');
    await drawn();
    expect(await verdict.innerText()).toContain('右上');
    for (const finding of ['ring', 'specks', 'turned'])
      expect(await client.page.getByTestId(`found-${finding}`).count(), finding).toBe(1);
    expect(await client.page.getByTestId('found-ring').getAttribute('data-state')).toBe('redo');
    expect(await client.page.getByTestId('found-turned').innerText()).toMatch(/向左倾斜 2\.[1-5]°/);
    expect(await client.page.getByTestId('capture-make').isDisabled()).toBe(true);
    await inBoth('refused');
    await client.page.getByTestId('capture-again').click();
    expect(await window.dialog.innerText()).toContain('扫描 1.jpg');
    expect(await violations(client.page)).toEqual([]);
    await shot(client.page, 'capture-again');
    await client.page.keyboard.press('Escape');
  });

  it('takes a good one, compares before and after by mouse and keys, and helps by hand with undo', async () => {
    await fresh();
    await read('good');
    await expect.poll(() => verdict.getAttribute('data-verdict')).toBe('good');
    await drawn();
    await inBoth('good');
    const { page } = client;
    await page.getByRole('radio', { name: '前后对比' }).click();
    const divider = page.getByTestId('capture-divider');
    await divider.focus();
    await page.keyboard.press('Home');
    expect(await divider.getAttribute('aria-valuenow')).toBe('0');
    await page.keyboard.press('Shift+ArrowRight');
    expect(await divider.getAttribute('aria-valuenow')).toBe('10');
    const box = (await page.locator('.is-slide').boundingBox())!;
    await page.mouse.click(box.x + box.width * 0.6, box.y + box.height / 2);
    expect(Number(await divider.getAttribute('aria-valuenow'))).toBeCloseTo(60, -1);
    await everywhere('slide');
    await page.getByRole('radio', { name: '并排' }).click();
    await page.getByRole('radio', { name: '手动调整' }).click();
    const before = Number(await stage.getAttribute('data-revision'));
    await page.getByTestId('capture-turn').fill('-4');
    await expect.poll(async () => Number(await stage.getAttribute('data-revision'))).toBeGreaterThan(before);
    await page.getByRole('button', { name: '向右移' }).click();
    await drawn();
    await inBoth('tools');
    await page.getByTestId('capture-undo').click();
    await page.getByTestId('capture-undo').click();
    expect(await page.getByTestId('capture-turn').inputValue()).toBe('0');
    expect(await page.getByTestId('capture-undo').isDisabled()).toBe(true);
    await page.getByTestId('capture-redo').click();
    expect(await page.getByTestId('capture-turn').inputValue()).toBe('-4');
    await drawn();
  });

  it('asks which of several, and shows the chosen one with its own measures', async () => {
    await fresh();
    await read('several');
    await expect.poll(() => stage.getAttribute('data-page')).toBe('pick');
    expect(await client.page.getByTestId('capture-box').count()).toBe(3);
    await client.page.locator('.cap-sheet-page img').waitFor();
    await inBoth('several');
    await client.page.getByTestId('capture-box').nth(1).click();
    await expect.poll(() => stage.getAttribute('data-page')).toBe('result');
    await drawn();
    await everywhere('oval');
    await client.page.getByTestId('capture-pick-other').click();
    await client.page.getByTestId('capture-pick').nth(2).click();
    await expect.poll(() => stage.getAttribute('data-page')).toBe('result');
    await drawn();
    await shot(client.page, 'capture-square');
  });

  it('asks for the true diameter of a photo, and judges it with that', async () => {
    await fresh();
    await read('photo');
    await expect
      .poll(() => client.page.getByTestId('capture-error').getAttribute('data-code'))
      .toBe('seal.size-unknown');
    await client.page.locator('.cap-sheet-page img').waitFor();
    await inBoth('size-unknown');
    const field = client.page.getByTestId('capture-diameter');
    await field.fill('4');
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    await field.fill('40');
    await field.press('Enter');
    await expect.poll(() => stage.getAttribute('data-page')).toBe('result');
    await drawn();
    await everywhere('photo');
  });

  it('has a scan that is too large made smaller before a seal is made of it', async () => {
    await fresh();
    await read('large');
    await expect.poll(() => stage.getAttribute('data-page')).toBe('result');
    await drawn();
    expect(await client.page.getByTestId('capture-make').isDisabled()).toBe(true);
    await inBoth('large');
    await client.page.getByTestId('capture-shrink').click();
    await expect
      .poll(() => client.page.getByTestId('found-fileTooLarge').getAttribute('data-state'))
      .toBe('shrunk');
    expect(await client.page.getByTestId('capture-make').isDisabled()).toBe(false);
    await shot(client.page, 'capture-shrunk');
  });

  it('says what is wrong with a scan that is none, is grey, or shows another ink', async () => {
    await fresh();
    await read('grey');
    const error = client.page.getByTestId('capture-error');
    await expect.poll(() => error.getAttribute('data-code')).toBe('seal.grey-scan');
    await inBoth('grey');
    await read('text');
    await expect.poll(() => error.getAttribute('data-code')).toBe('seal.not-a-picture');
    await inBoth('unreadable');
    await read('blue');
    await expect.poll(() => error.getAttribute('data-code')).toBe('seal.no-seal-found');
    await client.page.getByRole('radio', { name: '蓝色' }).click();
    await expect.poll(() => stage.getAttribute('data-page')).toBe('result');
    await drawn();
    await everywhere('blue');
    await choosing(path.join(dir, 'gone.jpg'));
    await client.page.getByTestId('capture-other').click();
    await client.page.locator('.cap-panel .trouble').waitFor();
    expect(await wholeAndSaid()).toEqual([]);
  });

  it('holds much at once: long names, many findings', async () => {
    await fresh();
    await read('long');
    await expect.poll(() => verdict.getAttribute('data-verdict')).toBe('refuse');
    await drawn();
    await inBoth('long');
  });
});

describe('applying for the seal', () => {
  const unit = '滨海市住房保障服务中心';
  const application = (checks: SealApplicationView['checks']): SealApplicationView => ({
    id: 'a1',
    number: '',
    phase: 'draft',
    token: cards()[0]!.token,
    certificate: { sha256: cards()[0]!.certificate.sha256, holder: `${unit} 公章`, unit },
    name: unit,
    kind: 'official',
    administrator: '王芳',
    widthMm: 42,
    heightMm: 42,
    checks,
    sealId: null,
    reviewUrl: null,
    reason: '',
    bound: null,
    progress: null,
    error: null,
    createdAt: '2026-11-22T02:00:00Z',
    updatedAt: '2026-11-22T02:00:00Z',
  });
  const names = ['impression', 'name', 'unit', 'creditCode', 'size', 'certificate', 'room', 'maker'] as const;
  const fine: SealApplicationView['checks'] = names.map((name) => ({
    name,
    state: 'ok',
    code: null,
    details: {},
  }));

  it('asks for what the certificate does not tell, checks it as it is typed, and sends it', async () => {
    const { page } = client;
    await fresh();
    await read('good');
    await expect.poll(() => verdict.getAttribute('data-verdict')).toBe('good');
    await drawn();
    const stopped = fine.map((check) =>
      check.name === 'size'
        ? {
            ...check,
            state: 'stop' as const,
            code: 'seal.oversize',
            details: { width: 50, height: 50, limit: '45' },
          }
        : check.name === 'room'
          ? { ...check, state: 'unknown' as const }
          : check.name === 'name'
            ? { ...check, state: 'note' as const, details: { unit } }
            : check,
    );
    const answers = base(cards().map((card) => ({ ...card, renewal: null })));
    await answerWith(client.app, { ...answers, 'sealing.draft': application(stopped) });
    await tell(client.app, 'keys.changed', { ...answers['keys.snapshot']!, revision: 1000 });
    await page.getByTestId('capture-make').click();
    const state = page.getByTestId('form-state');
    await expect.poll(() => state.getAttribute('data-state')).toBe('fill');
    expect(await page.getByTestId('form-name').inputValue()).toBe(unit);
    await page.getByTestId('form-kind').selectOption('contract');
    expect(await page.getByTestId('form-name').inputValue()).toBe(`${unit}合同专用章`);
    await page.getByTestId('form-administrator').fill('王芳');
    await page.getByTestId('form-handler').fill('李明');
    await expect.poll(() => state.getAttribute('data-state')).toBe('stop');
    expect(await page.getByTestId('form-send').isDisabled()).toBe(true);
    await everywhere('form-stopped');
    await answerWith(client.app, {
      ...answers,
      'sealing.draft': application(fine),
      'sealing.send': { ...application(fine), phase: 'review', number: 'YZ20261122-0007' },
      'sealing.picture': new Uint8Array(),
      'capture.close': undefined,
    });
    await page.getByTestId('form-contact').fill('0512-55550100');
    await expect.poll(() => state.getAttribute('data-state')).toBe('ready');
    await everywhere('form-ready');
    await window.switchLanguage();
    await everywhere('form-ready');
    await page.getByTestId('form-send').click();
    await expect.poll(() => page.getByTestId('seal-form').count()).toBe(0);
    expect(await stage.count()).toBe(0);
  });
});
