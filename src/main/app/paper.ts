import { createTexts, type Language } from '../../shared/i18n/index.ts';

// What is printed by the client: pages of HTML with both languages in them, made into PDF by print.ts.

type Words = (key: string, values?: Record<string, unknown>) => string;

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => escapes[char] as string);

function wordsOf(language: Language): Words {
  const t = createTexts(language).getFixedT(language);
  return (key, values) => t(key, values ?? {});
}
let both: [Words, Words] | undefined;

/** The same in Chinese, and below it, smaller, in English. */
export function bilingual(say: (t: Words) => string): string {
  both ??= [wordsOf('zh-CN'), wordsOf('en')];
  const [zh, en] = both;
  return `<span lang="zh-CN">${escaped(say(zh))}</span><span lang="en">${escaped(say(en))}</span>`;
}

export const pair = (key: string, values: Record<string, unknown> = {}): string =>
  bilingual((t) => t(key, values));

/** What somebody typed or a key says; a dash for nothing. */
export const text = (value: string): string => (value === '' ? '—' : escaped(value));

/** 1200 fen as "12.00". */
export const yuan = (fen: number): string => (fen / 100).toFixed(2);

/** 2026-11-22 10:42:07 (UTC+08:00): the computer's clock and its place in the world. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} (UTC${zone})`;
}

/** A whole page; `body` is HTML of ours, with what others said in it escaped. */
export function page(title: string, body: string, version: string): string {
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>${escaped(wordsOf('zh-CN')(title))}</title><link rel="stylesheet" href="/page.css"></head><body>
<header><h1>${pair(title)}</h1></header>
${body}
<footer>YinKey 印钥 ${escaped(version)}</footer></body></html>`;
}

/** Black on white, A4. */
export const paperCss = `
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
table.log th { width: auto; }
table.log { font-size: 8pt; }
table.log span[lang="en"] { font-size: 6.5pt; }
table.log thead { display: table-header-group; }
table.log tr { break-inside: avoid; }
td.blank { height: 12mm; }
.say { margin-top: 6mm; }
.signs { display: grid; grid-template-columns: 1fr 1fr; gap: 12mm; margin-top: 16mm; break-inside: avoid; }
.signs div { border-top: 0.3mm solid #1e1f22; padding-top: 2mm; }
footer { margin-top: 6mm; font-size: 8.5pt; color: #56575b; }
`;
