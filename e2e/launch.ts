import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright';
import { electronPath } from '../scripts/setup/index.mjs';

const root = path.resolve(import.meta.dirname, '..');

export interface LaunchOptions {
  /** Folder of a practice world (`practiceUp`). */
  practice?: string;
  /** The client's data folder. Left out: the practice world's own, or a new one that goes away with the client. */
  userData?: string;
  /** The system's language, as the client sees it. */
  language?: 'zh-CN' | 'en';
  /** Size of the main window's content in CSS pixels. */
  size?: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
  /** Further words for the command line, e.g. a document to open. */
  args?: string[];
  env?: Record<string, string>;
}

export interface LaunchedApp {
  app: ElectronApplication;
  /** The main window. */
  page: Page;
  /** Where this client keeps its data. */
  userData: string;
  /** The PIN window, when it is (or as soon as it comes) on the screen with its purpose told. */
  pinWindow(): Promise<Page>;
  /** Closes the window as a user would, and waits for the process to end. */
  close(): Promise<void>;
}

const SIGNS_OF_A_DISPLAY = ['DISPLAY', 'WAYLAND_DISPLAY'];

/**
 * Starts the built client (`out/`) in the Electron that the set-up prepared. A display is needed: tests get one from
 * `npm test`; by hand, `xvfb-run -a npx vitest ...`.
 */
export async function launchApp(options: LaunchOptions = {}): Promise<LaunchedApp> {
  if (process.platform === 'linux' && !SIGNS_OF_A_DISPLAY.some((name) => process.env[name])) {
    throw new Error('no display: run this with `npm test`, or under xvfb-run');
  }
  const own =
    options.userData || options.practice ? undefined : mkdtempSync(path.join(tmpdir(), 'yinkey-e2e-'));
  const userData = options.userData ?? own ?? path.join(options.practice as string, 'client');
  const language = options.language ?? 'en';
  const locale = `${language === 'en' ? 'en_US' : 'zh_CN'}.UTF-8`;
  const app = await _electron.launch({
    executablePath: process.env.YINKEY_ELECTRON ?? electronPath(),
    args: [
      // Chromium's sandbox refuses to work for root, as which containers run tests.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--lang=${language === 'en' ? 'en-US' : 'zh-CN'}`,
      process.env.YINKEY_APP ?? root,
      `--user-data=${userData}`,
      ...(options.practice === undefined ? [] : [`--practice=${options.practice}`]),
      ...(options.args ?? []),
    ],
    colorScheme: options.colorScheme ?? 'light',
    env: {
      ...(process.env as Record<string, string>),
      LANGUAGE: locale,
      // Chromium reads Chinese file names by the locale, and this one is on every system.
      LC_ALL: 'C.UTF-8',
      ...(options.practice === undefined
        ? {}
        : { SOFTHSM2_CONF: path.join(options.practice, 'softhsm2.conf') }),
      ...options.env,
    },
  });
  const child = app.process();
  try {
    const page = await app.firstWindow();
    // Loaded is not yet listening: what is typed before the page has drawn itself would be lost.
    await page.locator('html[data-usable="true"]').waitFor();
    if (options.size) {
      await app.evaluate(({ BrowserWindow }, { width, height }) => {
        const window = BrowserWindow.getAllWindows().find((each) => each.getParentWindow() === null);
        window?.setContentSize(width, height);
      }, options.size);
      await page.waitForFunction(
        ({ width, height }) => innerWidth === width && innerHeight === height,
        options.size,
      );
    }
    return {
      app,
      page,
      userData,
      pinWindow: () => pinWindowOf(app),
      close: async () => {
        // A client in the middle of a stamp asks before it closes: after a failed test nobody answers.
        const patience = setTimeout(() => child.kill('SIGKILL'), 30_000);
        await app.close();
        clearTimeout(patience);
        if (own) rmSync(own, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

const isPin = (page: Page) => page.url().startsWith('yinkey://pin/');

async function pinWindowOf(app: ElectronApplication): Promise<Page> {
  const page = app.windows().find(isPin) ?? (await app.waitForEvent('window', { predicate: isPin }));
  await page.waitForLoadState('load');
  return page;
}
