import type { i18n } from 'i18next';
import type { Settings } from '../../shared/contract/channels.ts';
import { call, initial, on } from './bridge.ts';
import { createStore, type Store, useStore } from './store.ts';

let store: Store<Settings> | null = null;
function settings(): Store<Settings> {
  store ??= createStore(initial().settings);
  return store;
}

/** Puts language and theme on the page and keeps them there; called once before the first render. */
export function watchSettings(texts: i18n): void {
  const apply = ({ language, theme }: Settings) => {
    document.documentElement.lang = language;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    document.title = texts.getFixedT(language)('common:app.title');
    if (texts.language !== language) void texts.changeLanguage(language);
  };
  apply(settings().read());
  settings().subscribe(() => apply(settings().read()));
  on('settings.changed', (next) => settings().write(next));
}

export function useSettings(): Settings {
  return useStore(settings());
}

/** Shows the change at once and has main keep it; goes back where that fails. @throws YinkeyError */
export async function changeSettings(change: Partial<Settings>): Promise<void> {
  const before = settings().read();
  settings().write({ ...before, ...change });
  try {
    settings().write(await call('settings.write', change));
  } catch (error) {
    settings().write(before);
    throw error;
  }
}
