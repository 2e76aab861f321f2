import path from 'node:path';
import { app, type BrowserWindow, nativeTheme, session } from 'electron';
import { createTexts } from '../../shared/i18n/index.ts';
import type { LaunchArguments } from './arguments.ts';
import { type Handlers, Tickets } from './calls.ts';
import type { Client } from './context.ts';
import { Dialogs } from './dialogs.ts';
import { openGate, tell } from './gate.ts';
import { developerTools, hardenSession } from './hardening.ts';
import { errorFields, log } from './log.ts';
import { setMenu } from './menu.ts';
import { MAIN_HOST } from './origins.ts';
import { PinWindows } from './pin-window.ts';
import { type Practice, readPractice } from './practice.ts';
import { SettingsService } from './settings.ts';
import { type Notice, startStore } from './start-store.ts';
import { backgroundColor, boundsOf, boundsSchema, openMainWindow } from './windows.ts';

/** A window whose process ends this often within a minute is not brought back any more. */
const CRASHES_A_MINUTE = 3;

/**
 * The life of the client. The store is opened while Electron gets ready; then the window; what has privileges
 * (hosts, use cases) is loaded while the page paints, and its calls wait for it.
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
  const caller = { contents: () => (window?.isDestroyed() ? undefined : window?.webContents) };
  const theWindow = () => (window?.isDestroyed() ? undefined : window);
  const tickets = new Tickets();
  const waiting = [...args.files];

  const openFiles = (files: readonly string[]) => {
    if (!client) waiting.push(...files);
    else void client.openFiles(files);
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

  const storeOpened = startStore(userData);
  const begin = async () => {
    const [{ store, notices }] = await Promise.all([storeOpened, app.whenReady()]);
    const practice = practiceOf(args.practice, notices);
    const settings = new SettingsService(store, app.getPreferredSystemLanguages());
    const now = settings.read();
    nativeTheme.themeSource = now.theme;
    const texts = () => {
      const { language } = settings.read();
      return createTexts(language).getFixedT(language, 'desktop');
    };
    const title = () => texts()(practice ? 'titlePractice' : 'title');
    const out = path.join(app.getAppPath(), 'out');
    const mainSession = session.defaultSession;
    hardenSession(mainSession, MAIN_HOST, path.join(out, 'renderer'));

    let gate: { resolve: (handlers: Handlers) => void; reject: (error: unknown) => void } | undefined;
    const handlers = new Promise<Handlers>((resolve, reject) => {
      gate = { resolve, reject };
    });
    // Told by the calls that wait for it.
    handlers.catch(() => {});
    openGate(caller, handlers, tickets);

    const bounds = store.settings.get('window', boundsSchema);
    window = openMainWindow({ out, title: title(), settings: now, practice: practice !== undefined, bounds });
    const command = (name: Parameters<Parameters<typeof setMenu>[1]>[0]) => tell(caller, 'app.command', name);
    setMenu(now.language, command);
    watch(window, notices);

    const pins = new PinWindows({ out, parent: theWindow, title: () => texts()('pinTitle') });
    settings.onChange((changed) => {
      nativeTheme.themeSource = changed.theme;
      theWindow()?.setBackgroundColor(backgroundColor());
      theWindow()?.setTitle(title());
      setMenu(changed.language, command);
      tell(caller, 'settings.changed', changed);
    });

    try {
      const { startServices } = await import('./services.ts');
      client = startServices({
        store,
        settings,
        notices,
        practice,
        userData,
        out,
        pins,
        tickets,
        dialogs: new Dialogs(theWindow, () => settings.read().language),
        tell: (event, payload) => tell(caller, event, payload),
      });
      gate?.resolve(client.handlers);
    } catch (error) {
      gate?.reject(error);
      throw error;
    }
    closeWith(window, client, () => {
      if (window && !window.isDestroyed()) store.settings.set('window', boundsSchema, boundsOf(window));
    });
    app.once('will-quit', () => store.close());
    await client.openFiles(waiting.splice(0));
  };
  begin().catch((error: unknown) => {
    log.error('start.failed', { error: errorFields(error) });
    console.error(error);
    app.exit(70);
  });
}

function practiceOf(folder: string | undefined, notices: Notice[]): Practice | undefined {
  if (folder === undefined) return undefined;
  try {
    return readPractice(folder);
  } catch (error) {
    log.error('practice', { error: errorFields(error) });
    notices.push({ code: 'practice.missing', details: {} });
    return undefined;
  }
}

/** Brings the page back when its process ends; the user's files are in no danger, and a notice says what happened. */
function watch(window: BrowserWindow, notices: Notice[]): void {
  const { webContents } = window;
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
}

/** A window isn't closed in the middle of a stamp without asking; afterwards the hosts are ended. */
function closeWith(window: BrowserWindow, client: Client, remember: () => void): void {
  let asked = false;
  let done = false;
  window.on('close', (event) => {
    if (done) return;
    remember();
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
