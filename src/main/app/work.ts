import { type BrowserWindow, nativeTheme, type WebContents } from 'electron';
import { type EventName, type EventPayload, events, type Settings } from '../../shared/contract/index.ts';
import { createTexts } from '../../shared/i18n/index.ts';
import { Tickets } from './calls.ts';
import type { Client, Notice } from './context.ts';
import { Dialogs } from './dialogs.ts';
import { errorFields, log } from './log.ts';
import { setMenu } from './menu.ts';
import { EVENT } from './origins.ts';
import { PinWindows } from './pin-window.ts';
import { type Practice, readPractice } from './practice.ts';
import { startServices } from './services.ts';
import { SettingsService } from './settings.ts';
import { startStore } from './start-store.ts';

export interface WorkOptions {
  userData: string;
  /** The folder `out` of the app. */
  out: string;
  /** Folder of the practice world. */
  practice: string | undefined;
  systemLanguages: readonly string[];
  /** The settings that the window was painted with. */
  painted: Settings;
  notices: Notice[];
  window(): BrowserWindow | undefined;
  contents(): WebContents | undefined;
  /** Called with the settings whenever they are not those of before. */
  onSettings(settings: Settings): void;
}

/** Everything behind the first paint: store, settings, menu, PIN windows, services. */
export async function startWork(options: WorkOptions): Promise<Client> {
  const { userData, out, notices, window } = options;
  const opened = await startStore(userData);
  const { store } = opened;
  notices.push(...opened.notices);
  const practice = practiceOf(options.practice, notices);
  const settings = new SettingsService(store, options.systemLanguages);
  const language = () => settings.read().language;

  const tell = <E extends EventName>(event: E, payload: EventPayload<E>): void => {
    const contents = options.contents();
    // Nobody there: nobody told.
    if (contents && !contents.isDestroyed()) contents.send(EVENT, event, events[event].parse(payload));
  };
  const command = (name: EventPayload<'app.command'>) => tell('app.command', name);
  const apply = (now: Settings) => {
    nativeTheme.themeSource = now.theme;
    options.onSettings(now);
    setMenu(now.language, command);
    tell('settings.changed', now);
  };
  settings.onChange(apply);
  const now = settings.read();
  const { painted } = options;
  if (now.language !== painted.language || now.theme !== painted.theme) apply(now);
  else setMenu(now.language, command);

  return startServices({
    store,
    settings,
    notices,
    practice,
    userData,
    out,
    pins: new PinWindows({
      out,
      parent: window,
      title: () => createTexts(language()).t('desktop:pinTitle'),
    }),
    tickets: new Tickets(),
    dialogs: new Dialogs(window, language),
    show: () => {
      const shown = window();
      if (shown?.isMinimized()) shown.restore();
      shown?.focus();
    },
    tell,
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
