import { existsSync } from 'node:fs';
import path from 'node:path';
import { app, type BrowserWindow, nativeTheme, session } from 'electron';
import { desktop as en } from '../../shared/i18n/en/desktop.ts';
import type { Language } from '../../shared/i18n/language.ts';
import { desktop as zhCN } from '../../shared/i18n/zh-CN/desktop.ts';
import type { LaunchArguments } from './arguments.ts';
import type { Client, Notice } from './context.ts';
import { readFirstPaint, writeFirstPaint } from './first-paint.ts';
import { type Answering, openGate } from './gate.ts';
import { developerTools, hardenSession } from './hardening.ts';
import { errorFields, log } from './log.ts';
import { MAIN_HOST } from './origins.ts';
import { type Bounds, backgroundColor, boundsOf, openMainWindow } from './windows.ts';

/** A window whose process ends this often within a minute is not brought back any more. */
const CRASHES_A_MINUTE = 3;

/** The window's title, without the machinery of texts: it is needed before that is loaded. */
const titleIn = (language: Language, practice: boolean): string =>
  (language === 'zh-CN' ? zhCN : en)[practice ? 'titlePractice' : 'title'];

/**
 * The life of the client. The window comes first, with as little code as it needs; the store, the contract and all
 * that has privileges are loaded while its page starts, and its calls wait for them.
 */
export function startClient(args: LaunchArguments): void {
  const userData = app.getPath('userData');
  log.open(path.join(userData, 'logs'));
  log.info('start', {
    version: app.getVersion(),
    platform: `${process.platform} ${process.arch} electron ${process.versions.electron}`,
    practice: args.practice !== undefined,
  });

  let window: BrowserWindow | undefined;
  let client: Client | undefined;
  const theWindow = () => (window?.isDestroyed() ? undefined : window);
  const waiting = [...args.files];

  const openFiles = (files: readonly string[]) => {
    if (client) void client.openFiles(files);
    else waiting.push(...files);
    const target = theWindow();
    if (!target) return;
    if (target.isMinimized()) target.restore();
    target.focus();
  };
  app.on('open-file', (event, file) => {
    event.preventDefault();
    openFiles([file]);
  });
  app.on('second-instance', (_event, _argv, _cwd, data) => {
    const files = (data as { files?: unknown } | null)?.files;
    openFiles(Array.isArray(files) ? files.filter((file) => typeof file === 'string') : []);
  });
  app.on('window-all-closed', () => app.quit());

  const begin = async () => {
    await app.whenReady();
    const out = path.join(app.getAppPath(), 'out');
    const systemLanguages = app.getPreferredSystemLanguages();
    const paint = readFirstPaint(userData, systemLanguages);
    nativeTheme.themeSource = paint.settings.theme;
    const { practice } = args;
    const inPractice = practice !== undefined && existsSync(path.join(practice, 'practice.json'));
    hardenSession(session.defaultSession, MAIN_HOST, path.join(out, 'renderer'));

    let gate: { resolve: (behind: Answering) => void; reject: (error: unknown) => void } | undefined;
    const behind = new Promise<Answering>((resolve, reject) => {
      gate = { resolve, reject };
    });
    // Told by the calls that wait for it.
    behind.catch(() => {});
    const caller = { contents: () => theWindow()?.webContents };
    openGate(caller, behind);
    window = openMainWindow({
      out,
      title: titleIn(paint.settings.language, inPractice),
      settings: paint.settings,
      practice: inPractice,
      bounds: paint.bounds,
    });
    const { webContents } = window;
    const notices = watch(window);

    try {
      const { startWork } = await import('./work.ts');
      client = await startWork({
        userData,
        out,
        practice,
        systemLanguages,
        painted: paint.settings,
        notices,
        window: theWindow,
        contents: caller.contents,
        onSettings: (settings) => {
          paint.settings = settings;
          writeFirstPaint(userData, paint);
          theWindow()?.setBackgroundColor(backgroundColor());
          theWindow()?.setTitle(titleIn(settings.language, inPractice));
        },
      });
      gate?.resolve(client);
    } catch (error) {
      gate?.reject(error);
      throw error;
    }
    closeWith(window, client, (bounds) => {
      paint.bounds = bounds;
      writeFirstPaint(userData, paint);
    });
    // Its listeners are there when its page is.
    if (webContents.isLoading())
      await new Promise<void>((resolve) => webContents.once('did-finish-load', () => resolve()));
    await client.openFiles(waiting.splice(0));
  };
  begin().catch((error: unknown) => {
    log.error('start.failed', { error: errorFields(error) });
    console.error(error);
    app.exit(70);
  });
}

/** Brings the page back when its process ends; the user's files are in no danger, and a notice says what happened. */
function watch(window: BrowserWindow): Notice[] {
  const { webContents } = window;
  const notices: Notice[] = [];
  let crashes: number[] = [];
  webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    log.error('window.gone', { reason, exit: exitCode });
    const now = performance.now();
    crashes = [...crashes.filter((at) => now - at < 60_000), now];
    if (crashes.length >= CRASHES_A_MINUTE) {
      app.exit(71);
      return;
    }
    notices.push({ code: 'unexpected', details: { name: 'window' } });
    webContents.reload();
  });
  webContents.on('unresponsive', () => log.warn('window.unresponsive'));
  webContents.on('responsive', () => log.info('window.responsive'));
  webContents.on('did-fail-load', (_event, code, _description, _url, isMainFrame) =>
    log.error('window.not-loaded', { code: String(code), reason: isMainFrame ? 'page' : 'frame' }),
  );
  webContents.on('preload-error', (_event, _path, error) =>
    log.error('window.preload', { error: errorFields(error) }),
  );
  if (developerTools) webContents.openDevTools({ mode: 'detach' });
  return notices;
}

/** A window isn't closed in the middle of a stamp without asking; afterwards the hosts are ended. */
function closeWith(window: BrowserWindow, client: Client, remember: (bounds: Bounds) => void): void {
  let asked = false;
  let done = false;
  window.on('close', (event) => {
    if (done) return;
    remember(boundsOf(window));
    event.preventDefault();
    if (asked) return;
    asked = true;
    void client
      .mayClose()
      .then(async (may) => {
        asked = false;
        if (!may) return;
        done = true;
        await client.stop();
        window.destroy();
      })
      .catch((error: unknown) => {
        log.error('close.failed', { error: errorFields(error) });
        app.exit(70);
      });
  });
}
