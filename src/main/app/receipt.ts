import type { CareResult, PinStates } from '../../shared/domain/index.ts';
import { createTexts, type Language } from '../../shared/i18n/index.ts';

/** What stands on a receipt besides the act itself. */
export interface ReceiptFacts {
  /** The operating system's user, as in the audit log. */
  actor: string;
  version: string;
  /** In a practice world: what it says has no effect. */
  practice: boolean;
}

type Words = (key: string, values?: Record<string, unknown>) => string;

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string) => text.replace(/[&<>"']/g, (char) => escapes[char] as string);

/** The receipt of an act on a key as a page, each line in both languages. No PIN is in what it is made of. */
export function receiptPage(result: CareResult, facts: ReceiptFacts): string {
  const words = (language: Language): Words => {
    const t = createTexts(language).getFixedT(language);
    return (key, values) => t(key, values ?? {});
  };
  const [zh, en] = [words('zh-CN'), words('en')];
  const bilingual = (say: (t: Words) => string) =>
    `<span lang="zh-CN">${escaped(say(zh))}</span><span lang="en">${escaped(say(en))}</span>`;
  const pair = (key: string, values: Record<string, unknown> = {}) => bilingual((t) => t(key, values));
  const row = (name: string, value: string) =>
    `<tr><th scope="row">${pair(`care:receipt.${name}`)}</th><td>${value}</td></tr>`;
  const text = (value: string) => (value === '' ? '—' : escaped(value));
  const states = ({ user, so }: PinStates) =>
    bilingual((t) =>
      t('care:receipt.states', { user: t(`keys:pin.${user}.word`), so: t(`keys:pin.${so}.word`) }),
    );
  const wrong = (who: 'user' | 'so') =>
    result.logins.filter((login) => login.who === who && login.result !== 'ok').length;
  const { token, case: about } = result;
  const rows = [
    row('act', pair(`care:act.${result.act}`)),
    row('result', pair(`care:done.${result.act}.title`)),
    row('time', escaped(localTime(result.at))),
    row('key', text(token.label)),
    row('maker', text([result.manufacturer, result.model].filter(Boolean).join(' '))),
    row('serial', text(token.serial)),
    row('before', states(result.before)),
    row('after', states(result.after)),
    row('wrong', pair('care:receipt.wrongCount', { user: wrong('user'), so: wrong('so') })),
    ...(about
      ? [
          row('reason', text(about.reason)),
          row('reference', text(about.reference)),
          row('staff', text(about.staff)),
        ]
      : []),
    row('entry', pair('care:receipt.entryNumber', { entry: result.auditEntry })),
    row('actor', text(facts.actor)),
  ];
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>${escaped(zh('care:receipt.title'))}</title><link rel="stylesheet" href="/page.css"></head><body>
<header><h1>${pair('care:receipt.title')}</h1>${facts.practice ? `<p class="practice">${pair('care:receipt.practice')}</p>` : ''}</header>
<table>${rows.join('')}</table>
<p class="say">${pair('care:receipt.noPin')}</p>
<div class="signs"><div>${pair('care:receipt.signStaff')}</div><div>${pair('care:receipt.signHolder')}</div></div>
<footer>YinKey 印钥 ${escaped(facts.version)}</footer></body></html>`;
}

/** 2026-11-22 10:42:07 (UTC+08:00): the computer's clock and its place in the world. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} (UTC${zone})`;
}

/** Black on white, one A4 page. */
export const receiptCss = `
@page { size: A4; margin: 14mm 18mm; }
* { box-sizing: border-box; margin: 0; padding: 0; }
body { font: 10pt/1.4 "PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif; color: #1e1f22; font-variant-numeric: tabular-nums; }
span[lang="en"] { display: block; font: 8pt/1.4 system-ui, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; color: #56575b; }
h1 { font-size: 18pt; line-height: 1.3; font-weight: 600; }
h1 span[lang="en"] { font-size: 11pt; }
.practice { margin-top: 3mm; padding: 2mm 3mm; border: 0.3mm solid #807d73; font-weight: 600; }
table { width: 100%; margin-top: 6mm; border-collapse: collapse; border-top: 0.5mm solid #1e1f22; }
th, td { text-align: left; vertical-align: top; padding: 1mm 2mm 0.8mm 0; border-bottom: 0.2mm solid #d8d5cc; overflow-wrap: anywhere; }
th { width: 46mm; font-weight: 400; color: #56575b; }
.say { margin-top: 6mm; }
.signs { display: grid; grid-template-columns: 1fr 1fr; gap: 12mm; margin-top: 16mm; break-inside: avoid; }
.signs div { border-top: 0.3mm solid #1e1f22; padding-top: 2mm; }
footer { margin-top: 6mm; font-size: 8.5pt; color: #56575b; }
`;
