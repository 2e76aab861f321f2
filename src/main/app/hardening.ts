import { app, protocol, type Session, type WebContents } from 'electron';
import { log } from './log.ts';
import { type PRINT_HOST, SCHEME } from './origins.ts';
import { type PageHost, servePage } from './pages.ts';

/** Developer tools exist only in a checkout, and only when asked for. */
export const developerTools = !app.isPackaged && process.env.YINKEY_DEV === '1';

/** Before `ready`: the scheme of our pages, and the sandbox for every renderer there will ever be. */
export function hardenProcess(): void {
  // Chromium's sandbox doesn't work for root. Tests in containers say so with --no-sandbox, which enableSandbox would
  // undo, and nothing would start; every window asks for its sandbox all the same.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
  app.on('web-contents-created', (_event, contents) => hardenContents(contents));
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, answer) => {
    event.preventDefault();
    answer(false);
  });
  app.on('select-client-certificate', (event, _contents, _url, _list, answer) => {
    event.preventDefault();
    answer();
  });
  app.on('login', (event) => event.preventDefault());
}

/** Whether a window may load `url` at all. Our pages, and pictures that a page made itself. */
function mayLoad(url: string, host: PageHost | typeof PRINT_HOST): boolean {
  if (url.startsWith(`${SCHEME}://${host}/`) || url.startsWith(`blob:${SCHEME}://${host}/`)) return true;
  return developerTools && /^(devtools|chrome-devtools):/.test(url);
}

/** One session for one window: serves `host` from `folder`, and denies everything that is not that. */
export function hardenSession(session: Session, host: PageHost, folder: string): void {
  session.protocol.handle(SCHEME, (request) => servePage(request, folder, host));
  denyOthers(session, host);
}

/** Denies whatever is not a page of `host`: other requests, permissions, devices, downloads, dictionaries. */
export function denyOthers(session: Session, host: PageHost | typeof PRINT_HOST): void {
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    const cancel = !mayLoad(url, host);
    if (cancel) log.warn('request.blocked', { host, scheme: url.slice(0, Math.max(0, url.indexOf(':'))) });
    answer({ cancel });
  });
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    log.warn('permission.denied', { host, permission });
    answer(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, answer) => answer({}));
  session.setUSBProtectedClassesHandler(({ protectedClasses }) => protectedClasses);
  session.setBluetoothPairingHandler((_details, answer) => answer({ confirmed: false }));
  session.setSpellCheckerEnabled(false);
  session.on('will-download', (event) => {
    log.warn('download.denied', { host });
    event.preventDefault();
  });
}

/** Whatever contents come to be: they stay where they are, and open nothing. */
function hardenContents(contents: WebContents): void {
  const deny = (event: { preventDefault(): void }) => {
    log.warn('navigation.denied', { contents: contents.id });
    event.preventDefault();
  };
  // A reload of the very same page is how a crashed renderer comes back; that is not announced as a navigation.
  contents.on('will-navigate', deny);
  contents.on('will-frame-navigate', deny);
  contents.on('will-redirect', deny);
  contents.on('will-attach-webview', deny);
  contents.setWindowOpenHandler(() => {
    log.warn('window.denied', { contents: contents.id });
    return { action: 'deny' };
  });
  if (!developerTools) contents.on('devtools-opened', () => contents.closeDevTools());
}
