import { type Settings, settingsSchema } from '../../shared/contract/index.ts';
import { languageFor } from '../../shared/i18n/index.ts';
import type { Store } from '../store/index.ts';

/** The user's settings, with the system's language until one was chosen. */
export class SettingsService {
  #store: Store;
  #systemLanguages: readonly string[];
  #listeners: ((settings: Settings) => void)[] = [];

  constructor(store: Store, systemLanguages: readonly string[]) {
    this.#store = store;
    this.#systemLanguages = systemLanguages;
  }

  read(): Settings {
    const chosen = this.#store.settings.get('settings', settingsSchema.partial()) ?? {};
    return {
      language: chosen.language ?? languageFor(this.#systemLanguages[0] ?? ''),
      theme: chosen.theme ?? 'system',
    };
  }

  /** Changes some of them and tells everyone who listens. */
  write(changes: Partial<Settings>): Settings {
    const chosen = this.#store.settings.get('settings', settingsSchema.partial()) ?? {};
    this.#store.settings.set('settings', settingsSchema.partial(), { ...chosen, ...changes });
    const settings = this.read();
    for (const listener of this.#listeners) listener(settings);
    return settings;
  }

  onChange(listener: (settings: Settings) => void): void {
    this.#listeners.push(listener);
  }
}
