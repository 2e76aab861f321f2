import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { _electron, type ElectronApplication, type Page } from 'playwright';
import { electronPath } from '../scripts/setup/index.mjs';

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
/** A start takes a second or two; below the limit of the test, which couldn't tell where it stood still. */
const START_WITHIN = 60_000; // milliseconds
const CLOSE_WITHIN = 30_000; // milliseconds
/** So many of the client's last words on standard error are told with a start that failed. */
const LAST_LINES = 30;

/**
 * Starts the built client (`out/`, or the app in YINKEY_APP) in the Electron that the set-up prepared. A display is
 * needed: tests get one from `npm test`; by hand, `xvfb-run -a npx vitest ...`.
 * @throws Error when the client isn't usable within a minute; its processes are ended then, and the text says how far
 *   it came
 */
export async function launchApp(options: LaunchOptions = {}): Promise<LaunchedApp> {
  if (process.platform === 'linux' && !SIGNS_OF_A_DISPLAY.some((name) => process.env[name])) {
    throw new Error('no display: run this with `npm test`, or under xvfb-run');
  }
  const own =
    options.userData || options.practice ? undefined : mkdtempSync(path.join(tmpdir(), 'yinkey-e2e-'));
  const removeOwn = () => {
    if (own) rmSync(own, { recursive: true, force: true });
  };
  const userData = options.userData ?? own ?? path.join(options.practice as string, 'client');
  const began = performance.now();
  let app: ElectronApplication;
  try {
    app = await attach(options, userData);
  } catch (error) {
    // Playwright has ended it, and tells what it said.
    removeOwn();
    throw error;
  }
  const child = app.process();
  const lastLines = keepLastLines(child);
  let step = '';
  let limit: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_resolve, reject) => {
      const left = Math.max(0, START_WITHIN - (performance.now() - began));
      limit = setTimeout(() => reject(new Error(`not within ${START_WITHIN / 1000} s`)), left);
    });
    const started = begin(app, options.size, (name) => {
      step = name;
    });
    const page = await Promise.race([started, late]);
    return {
      app,
      page,
      userData,
      pinWindow: () => pinWindowOf(app),
      close: async () => {
        // A client in the middle of a stamp asks before it closes: after a failed test nobody answers.
        const patience = setTimeout(() => kill(child), CLOSE_WITHIN);
        try {
          await app.close();
        } finally {
          clearTimeout(patience);
        }
        removeOwn();
      },
    };
  } catch (error) {
    // Not asked to close: what didn't start need not be able to.
    await end(child);
    removeOwn();
    const what = error instanceof Error ? error.message : String(error);
    const said = lastLines().join('\n') || '(nothing)';
    throw new Error(`the client did not start; ${step}: ${what}\nIt said last:\n${said}`, { cause: error });
  } finally {
    clearTimeout(limit);
  }
}

/** Starts the process and attaches to it, while it is held back before its first window. */
function attach(options: LaunchOptions, userData: string): Promise<ElectronApplication> {
  const language = options.language ?? 'en';
  const locale = `${language === 'en' ? 'en_US' : 'zh_CN'}.UTF-8`;
  return _electron.launch({
    executablePath: process.env.YINKEY_ELECTRON ?? electronPath(),
    timeout: START_WITHIN,
    args: [
      // Chromium's sandbox refuses to work for root, as which containers run tests.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--lang=${language === 'en' ? 'en-US' : 'zh-CN'}`,
      path.join(import.meta.dirname, 'held'),
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
}

/** Lets the client go on, and waits until its main window can be used. Tells each step before it is taken. */
async function begin(
  app: ElectronApplication,
  size: LaunchOptions['size'],
  at: (step: string) => void,
): Promise<Page> {
  const timeout = START_WITHIN;
  at('it was told to go on');
  await app.evaluate(() => (globalThis as unknown as { yinkeyBegin(): void }).yinkeyBegin());
  at('its window was waited for');
  const page = await app.firstWindow({ timeout });
  // Loaded is not yet listening: what is typed before the page has drawn itself would be lost.
  at('its page was to become usable');
  await page.locator('html[data-usable="true"]').waitFor({ timeout });
  if (!size) return page;
  at('its window was given its size');
  await app.evaluate(({ BrowserWindow }, { width, height }) => {
    const window = BrowserWindow.getAllWindows().find((each) => each.getParentWindow() === null);
    window?.setContentSize(width, height);
  }, size);
  await page.waitForFunction(({ width, height }) => innerWidth === width && innerHeight === height, size, {
    timeout,
  });
  return page;
}

/** Listens to standard error from now on; what came before is in Playwright's own log. */
function keepLastLines(child: ChildProcess): () => readonly string[] {
  const lines: string[] = [];
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
    });
  }
  return () => lines;
}

/** Ends the client and what it started. Playwright makes it the leader of a group where there are such. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(child.pid), '/t', '/f']);
  else process.kill(-child.pid, 'SIGKILL');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  kill(child);
  await gone;
}

const isPin = (page: Page) => page.url().startsWith('yinkey://pin/');

async function pinWindowOf(app: ElectronApplication): Promise<Page> {
  const page = app.windows().find(isPin) ?? (await app.waitForEvent('window', { predicate: isPin }));
  await page.waitForLoadState('load');
  return page;
}
