import { html } from 'hono/html';
import type { OrderState } from '../../src/shared/domain/orders.ts';

/** A piece of a page; what is put into it is escaped. */
export type Html = ReturnType<typeof html>;

/** The one style sheet of the practice pages. */
export const style = `
:root { color-scheme: light; --paper: #fbfaf7; --desk: #eceae4; --ink: #1e1f22; --note: #5c5d62; --line: #cfccc4; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--desk); color: var(--ink);
  font: 16px/26px "PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", sans-serif; }
.practice { background: #fff4d6; border-bottom: 1px solid #d9c27e; padding: 8px 24px; text-align: center; }
main { max-width: 720px; margin: 32px auto; padding: 32px; background: var(--paper); border: 1px solid var(--line);
  border-radius: 6px; }
main.wide { max-width: 1100px; }
h1 { font-size: 28px; line-height: 36px; margin: 0 0 24px; }
h2 { font-size: 20px; line-height: 28px; margin: 32px 0 8px; }
.en { display: block; color: var(--note); font-size: 14px; line-height: 22px; font-weight: normal; }
.amount { font-size: 40px; line-height: 48px; font-variant-numeric: tabular-nums; margin: 8px 0 24px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 8px 24px; margin: 0 0 24px; }
dt { color: var(--note); }
dd { margin: 0; overflow-wrap: anywhere; }
button { font: inherit; padding: 8px 16px; border: 1px solid var(--ink); border-radius: 6px; background: var(--paper);
  color: var(--ink); cursor: pointer; }
button.big { width: 100%; padding: 16px; font-size: 20px; line-height: 28px; background: var(--ink);
  color: var(--paper); }
button .en { color: inherit; }
:focus-visible { outline: 3px solid #2f6fb0; outline-offset: 2px; }
label { display: block; margin: 0 0 16px; }
input, select { font: inherit; display: block; width: 100%; padding: 8px; border: 1px solid #86847d;
  border-radius: 6px; background: #fff; color: var(--ink); }
article { border: 1px solid var(--line); border-radius: 6px; padding: 16px 24px; margin: 0 0 16px; background: #fff; }
.acts { display: flex; flex-wrap: wrap; gap: 16px; align-items: end; }
table + .acts { margin-top: 24px; }
.acts form { display: flex; gap: 8px; align-items: end; flex: 1 1 auto; }
.acts label { margin: 0; flex: 1; }
.code { font: 20px/32px ui-monospace, Consolas, monospace; letter-spacing: 1px; }
.fault { border-left: 4px solid #8a1c1c; padding-left: 16px; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 16px; margin: 0 0 24px; }
figure { margin: 0; display: flex; flex-direction: column; }
figure .frame { flex: 1; display: flex; align-items: center; justify-content: center; overflow: auto;
  border: 1px solid var(--line); background: #fff; padding: 8px; }
figcaption { color: var(--note); font-size: 14px; line-height: 22px; margin-top: 8px; }
img { display: block; max-width: none; flex: none; }
img.sheet { max-width: 100%; height: auto; }
.wrong { font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 8px 16px 8px 0; border-bottom: 1px solid var(--line); font-size: 14px; }
td:first-child, td:nth-child(3) { white-space: nowrap; }
td .acts { flex-wrap: nowrap; }
td .acts form { flex: none; }
`;

/** Words in both languages: Chinese, with English beneath. */
export function words(zh: string, en: string): Html {
  return html`${zh}<span class="en" lang="en">${en}</span>`;
}

export const stateWords: Record<OrderState, [zh: string, en: string]> = {
  open: ['待付款', 'waits for payment'],
  paid: ['已付款，待持有人确认', 'paid, waits for the holder’s confirmation'],
  review: ['审核中', 'under review'],
  approved: ['审核通过，待签发', 'approved, ready to be issued'],
  issued: ['已签发，待确认', 'issued, waits for its confirmation'],
  done: ['已完成', 'done'],
  refused: ['已退回，款项退还', 'refused, the payment is returned'],
  cancelled: ['已取消', 'cancelled'],
};

/** Fen as yuan: '¥ 800.00'. */
export function money(fen: number): string {
  return `¥ ${(fen / 100).toFixed(2)}`;
}

/** The day of a time, in China, where the practice authority stands. */
export function day(time: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date(time));
}

/** To the minute, in China. */
export function minute(time: string): string {
  const format = { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat('sv-SE', format).format(new Date(time));
}

/** A whole page. Every one of them says that it is for practice. */
export function page(zh: string, en: string, content: Html | Html[], { wide = false } = {}): Html {
  return html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${zh}（练习 / practice）</title>
<link rel="stylesheet" href="/practice.css">
</head>
<body>
<div class="practice" role="note"><strong>练习 / practice</strong>：这里的付款、审核和证书都是练习，没有效力。
<span class="en" lang="en">Payments, reviews and certificates here are for practice and worth nothing.</span></div>
<main${wide ? html` class="wide"` : ''}>
<h1>${words(zh, en)}</h1>
${content}
</main>
</body>
</html>`;
}

/** A fact on a page: what it is, in both languages, and what it says. */
export function fact(zh: string, en: string, value: string | Html): Html {
  return html`<dt>${words(zh, en)}</dt><dd>${value}</dd>`;
}
