import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LaunchedApp, type LaunchOptions, launchApp } from './launch.ts';

let userData: string;
let client: LaunchedApp | undefined;

beforeEach(() => {
  userData = mkdtempSync(path.join(tmpdir(), 'yinkey-life-'));
});
afterEach(async () => {
  await client?.close();
  client = undefined;
  rmSync(userData, { recursive: true, force: true });
});

async function start(options: LaunchOptions = {}): Promise<LaunchedApp> {
  client = await launchApp({ userData, ...options });
  return client;
}
async function end(): Promise<void> {
  await client?.close();
  client = undefined;
}

const info = ({ page }: LaunchedApp) => page.evaluate(() => window.yinkey.call('app.info', undefined));
const settings = ({ page }: LaunchedApp) => page.evaluate(() => window.yinkey.initial.settings);

describe('the life of the client', () => {
  it('speaks the language of the system until another was chosen, and remembers that', async () => {
    expect(await settings(await start({ language: 'zh-CN' }))).toEqual({
      language: 'zh-CN',
      theme: 'system',
    });
    expect(await client?.page.title()).toMatch(/印钥/);
    const told = client?.page.evaluate(
      () => new Promise((resolve) => window.yinkey.on('settings.changed', resolve)),
    );
    await client?.page.evaluate(() =>
      window.yinkey.call('settings.write', { language: 'en', theme: 'dark' }),
    );
    expect(await told).toEqual({ language: 'en', theme: 'dark' });
    expect(await client?.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark');
    await end();
    expect(await settings(await start({ language: 'zh-CN' }))).toEqual({ language: 'en', theme: 'dark' });
  });

  it('comes back where its window was', async () => {
    const first = await start();
    await first.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      window?.setBounds({ x: 40, y: 30, width: 1100, height: 760 });
    });
    await first.page.waitForFunction(() => innerWidth === 1100);
    await end();
    const again = await start();
    const bounds = await again.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.getBounds(),
    );
    expect(bounds).toEqual({ x: 40, y: 30, width: 1100, height: 760 });
  });

  it('is at least 1024 x 720', async () => {
    const { app } = await start();
    const least = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.getMinimumSize(),
    );
    expect(least).toEqual([1024, 720]);
  });

  it('puts a damaged store aside, goes on, and says so', async () => {
    await start();
    await end();
    for (const name of readdirSync(userData).filter((each) => each.startsWith('store.db-'))) {
      rmSync(path.join(userData, name));
    }
    writeFileSync(path.join(userData, 'store.db'), 'no database at all '.repeat(500));
    expect(await info(await start())).toMatchObject({
      ok: true,
      output: {
        notices: [{ code: 'store.damaged', details: { kept: expect.stringMatching(/^store-kept-/) } }],
      },
    });
    expect(readdirSync(userData).filter((each) => /^store-kept-.*\.db$/.test(each))).toHaveLength(1);
  });

  it('says that there is no practice world where none is', async () => {
    expect(await info(await start({ args: [`--practice=${userData}`] }))).toMatchObject({
      output: { practice: false, notices: [{ code: 'practice.missing' }] },
    });
  });

  it('hands files to the one that runs already, and tells in plain words what is wrong with them', async () => {
    const first = await start();
    const file = path.join(userData, 'letter.pdf');
    writeFileSync(file, 'not a document');
    // The second one ends by itself, so it never has a window.
    await expect(launchApp({ userData, args: [file] })).rejects.toThrow();
    await expect
      .poll(async () => {
        const answer = await info(first);
        return answer.ok ? answer.output.notices.map(({ code }) => code) : [];
      })
      .toEqual(['document.not-pdf']);
  });

  it('brings its page back when the page crashes', async () => {
    const { app, page } = await start();
    const reloaded = app.evaluate(
      ({ BrowserWindow }) =>
        new Promise<void>((resolve) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents;
          contents?.once('render-process-gone', () => contents.once('did-finish-load', () => resolve()));
          contents?.forcefullyCrashRenderer();
        }),
    );
    await reloaded;
    const answer = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
        "window.yinkey.call('app.info', undefined)",
      ),
    );
    expect(answer).toMatchObject({
      output: { notices: [{ code: 'unexpected', details: { name: 'window' } }] },
    });
    expect(page.url()).toBe('yinkey://app/index.html');
  });
});
