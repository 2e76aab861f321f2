import { Notification } from 'electron';
import { z } from 'zod';
import type { CertificateCard } from '../../shared/domain/index.ts';
import { createTexts, type Language } from '../../shared/i18n/index.ts';
import { dueReminders, type Reminder } from '../holdings/index.ts';
import type { Store } from '../store/index.ts';

/** How often it is looked whether a new day has begun: a client may stay open for weeks. */
const lookEvery = 60 * 60_000;
const NAME = 'reminder.day';

export interface ReminderTools {
  store: Store;
  cards(): CertificateCard[];
  language(): Language;
  /** Brings the window to the front, with the certificates. */
  show(): void;
  now?: () => Date;
  /** The system's notification; left out: Electron's. */
  notify?: (text: { title: string; body: string }, onClick: () => void) => void;
}

/** Reminds of certificates that end soon, by a notification of the system: once a day at most, whatever happens. */
export class Reminders {
  #tools: ReminderTools;
  #timer: NodeJS.Timeout;

  constructor(tools: ReminderTools) {
    this.#tools = tools;
    this.#timer = setInterval(() => this.look(), lookEvery);
    this.#timer.unref();
  }

  /** Looks now, e.g. when the keys were read for the first time. True: somebody was reminded. */
  look(cards = this.#tools.cards()): boolean {
    const { store, now = () => new Date(), show, language, notify = electronNotify } = this.#tools;
    const [first, ...others] = dueReminders(cards, now());
    if (!first) return false;
    const today = localDay(now());
    if (store.settings.get(NAME, z.string()) === today) return false;
    store.settings.set(NAME, z.string(), today);
    notify(textOf(first, others.length, language()), show);
    return true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function textOf({ urgency, holder, seal, daysLeft }: Reminder, others: number, language: Language) {
  const t = createTexts(language).getFixedT(language, 'desktop');
  const what = seal || holder;
  const more = others > 0 ? ` ${t('reminder.more', { count: others })}` : '';
  return {
    title: t(`reminder.${urgency}`, { what }),
    body: `${t(`reminder.next.${urgency}`, { count: daysLeft })}${more}`,
  };
}

function electronNotify(text: { title: string; body: string }, onClick: () => void): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification(text);
  notification.on('click', onClick);
  notification.show();
}

function localDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
