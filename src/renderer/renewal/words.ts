import type { RenewalView } from '../../shared/domain/renewal.ts';
import type { Language } from '../../shared/i18n/index.ts';
import { formatDate, holderName, type Translate } from '../look/index.ts';

/** Money of the orders, in fen (0.01 CNY): '1,200.00 元', 'CNY 1,200.00'. */
export function money(t: Translate, language: Language, fen: number): string {
  const yuan = Math.floor(fen / 100);
  const whole = new Intl.NumberFormat(language === 'zh-CN' ? 'zh-CN' : 'en-GB').format(yuan);
  return t('renewal:money', { amount: `${whole}.${String(fen % 100).padStart(2, '0')}` });
}

/** A length of time: '18 seconds', from two minutes on '2 min 10 s'. */
export function span(t: Translate, seconds: number): string {
  if (seconds < 120) return t('renewal:seconds', { count: seconds });
  return t('renewal:minutes', { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}

/** What people call the certificate that is renewed. */
export function renewedName(view: Pick<RenewalView, 'old' | 'quote'>): string {
  const short = holderName(view.old);
  if (view.quote?.seal && short === view.old.unit) return view.quote.seal;
  return short;
}

/** A time of the history: the hour today, the day before that. */
export function historyTime(at: string, now: Date): string {
  const date = new Date(at);
  const pad = (value: number) => String(value).padStart(2, '0');
  const day = formatDate(at);
  if (day !== formatDate(now.toISOString())) return day.slice(5);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
