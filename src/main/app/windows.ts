import path from 'node:path';
import { BrowserWindow, nativeTheme, screen } from 'electron';
import type { MainWindowApi, Settings } from '../../shared/contract/index.ts';
import { developerTools } from './hardening.ts';
import { INITIAL_SWITCH, MAIN_URL } from './origins.ts';

/** A window's place on the screen, in device-independent pixels. */
export interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
  maximized: boolean;
}

/** The desk of LOOK.md: what stands in the window before the page has painted. */
const DESK = { light: '#ECEAE4', dark: '#17181A' } as const;
const SIZE = { width: 1280, height: 800 };
const LEAST = { minWidth: 1024, minHeight: 720 };

/** The colour behind a page that hasn't painted yet. */
export const backgroundColor = (): string => (nativeTheme.shouldUseDarkColors ? DESK.dark : DESK.light);

/** What every window of the client has in common: a sandboxed page without Node. */
export const pagePreferences = (preload: string) =>
  ({
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    autoplayPolicy: 'user-gesture-required',
    spellcheck: false,
    devTools: developerTools,
    v8CacheOptions: 'bypassHeatCheck',
  }) as const;

/** The least size, but never more than the screen has: at 200 % a full HD screen is 960 x 540. */
function leastSize() {
  const { width, height } = screen.getPrimaryDisplay().workAreaSize;
  return { minWidth: Math.min(LEAST.minWidth, width), minHeight: Math.min(LEAST.minHeight, height) };
}

/** Makes the main window, hidden until its first paint, and starts loading its page. */
export function openMainWindow(options: {
  out: string;
  title: string;
  settings: Settings;
  practice: boolean;
  bounds: Bounds | undefined;
}): BrowserWindow {
  const initial: MainWindowApi['initial'] = {
    settings: options.settings,
    platform: process.platform as MainWindowApi['initial']['platform'],
    practice: options.practice,
  };
  const place = options.bounds && isOnScreen(options.bounds) ? options.bounds : undefined;
  const window = new BrowserWindow({
    ...SIZE,
    ...leastSize(),
    ...(place && { x: place.x, y: place.y, width: place.width, height: place.height }),
    show: false,
    title: options.title,
    backgroundColor: backgroundColor(),
    autoHideMenuBar: true,
    webPreferences: {
      ...pagePreferences(path.join(options.out, 'preload', 'main.cjs')),
      additionalArguments: [INITIAL_SWITCH + encodeURIComponent(JSON.stringify(initial))],
    },
  });
  if (process.platform !== 'darwin') window.setMenuBarVisibility(false);
  if (options.bounds?.maximized) window.maximize();
  // The title is the system's to show: in the user's language, and main's to say.
  window.on('page-title-updated', (event) => event.preventDefault());
  window.once('ready-to-show', () => window.show());
  void window.loadURL(MAIN_URL).catch(() => {
    // Told by did-fail-load, which main logs.
  });
  return window;
}

/** Where a window is, for the next start: as it is when not maximized. */
export function boundsOf(window: BrowserWindow): Bounds {
  return { ...window.getNormalBounds(), maximized: window.isMaximized() };
}

/** Whether a remembered place can still be reached: a good part of its title bar lies on a screen. */
function isOnScreen(bounds: Bounds): boolean {
  return screen.getAllDisplays().some(({ workArea }) => {
    const across =
      Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x);
    return across >= 200 && bounds.y >= workArea.y - 8 && bounds.y <= workArea.y + workArea.height - 60;
  });
}
