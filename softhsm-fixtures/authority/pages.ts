import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { secureHeaders } from 'hono/secure-headers';
import { timeout } from 'hono/timeout';
import { type OrderBook, OrderProblem } from './orders-book.ts';
import { type EnrolmentForm, Enrolments, enrolmentFaults } from './orders-enrolment.ts';
import type { OrderRow } from './orders-table.ts';
import { day, fact, type Html, minute, money, page, stateWords, style, words } from './pages-look.ts';
import type { OrdersDeps } from './types.ts';

/** How long a delayed order stays away from the front of the queue, at most. */
const longestDelayMinutes = 7 * 24 * 60;

function whatFor(row: OrderRow, book: OrderBook): { unit: string; seal: string; notAfter: string } {
  const held = book.held(row.certificateSha256);
  return {
    unit: held?.facts.subject.organization ?? '',
    seal: held?.seal ?? '',
    notAfter: held?.facts.notAfter.toISOString() ?? row.createdAt,
  };
}

function orderFacts(row: OrderRow, book: OrderBook): Html {
  const { unit, seal, notAfter } = whatFor(row, book);
  return html`<dl>
${fact('订单', 'order', row.number)}
${fact('单位', 'unit', unit)}
${seal ? fact('电子印章', 'electronic seal', seal) : ''}
${fact('业务', 'service', words(`数字证书续期 ${row.years} 年`, `certificate renewal, ${row.years} year(s)`))}
${fact('有效期至', 'valid until', `${day(notAfter)} → ${day(row.notAfter)}`)}
${fact('费用', 'fees', words(`证书 ${money(row.fees.certificate)}，印章 ${money(row.fees.seal)}`, 'certificate, seal'))}
${fact('状态', 'state', words(...stateWords[row.state]))}
</dl>`;
}

function historyOf(row: OrderRow, book: OrderBook): Html {
  const steps = book.table.history(row.id);
  return html`<h2>${words('经过', 'history')}</h2>
<table><tbody>
${steps.map(({ at, what }) => html`<tr><td>${minute(at)}</td><td>${words(...stateWords[what])}</td></tr>`)}
</tbody></table>`;
}

function payPage(row: OrderRow, book: OrderBook): Html {
  const act =
    row.state === 'open'
      ? html`<form method="post"><button class="big" type="submit">${words(
          '扫码支付（练习）',
          'scan and pay (practice)',
        )}</button></form>`
      : html`<p role="status">${
          row.paidAt === null
            ? words('此订单不需要付款。', 'This order is not to be paid.')
            : words(
                `已于 ${minute(row.paidAt)} 付款，请回到印钥继续办理。`,
                'Paid. Go back to YinKey and go on there.',
              )
        }</p>`;
  return page('付款', 'payment', [
    html`<p class="amount">${money(row.fees.total)}</p>`,
    orderFacts(row, book),
    act,
    historyOf(row, book),
  ]);
}

function reviewCard(row: OrderRow, book: OrderBook): Html {
  const action = `/review/${row.id}`;
  return html`<article>
${orderFacts(row, book)}
${
  row.delayedUntil
    ? html`<p>${words(`已推迟到 ${minute(row.delayedUntil)}。`, 'Put off until then.')}</p>`
    : ''
}
<div class="acts">
<form method="post" action="${action}/approve"><button type="submit">${words('通过', 'approve')}</button></form>
<form method="post" action="${action}/refuse"><label>${words('退回的原因', 'reason of a refusal')}<input name="reason"
 maxlength="500" required></label><button type="submit">${words('退回', 'refuse')}</button></form>
<form method="post" action="${action}/delay"><label>${words('推迟（分钟）', 'put off (minutes)')}<input name="minutes"
 type="number" min="1" max="${longestDelayMinutes}" value="30" required></label><button type="submit">${words(
   '推迟',
   'put off',
 )}</button></form>
</div>
</article>`;
}

function reviewPage(book: OrderBook): Html {
  const waiting = book.table.inState('review');
  const latest = book.table.latest(50);
  return page('审核', 'review queue', [
    waiting.length === 0
      ? html`<p>${words('没有待审核的订单。', 'Nothing waits for a review.')}</p>`
      : html`${waiting.map((row) => reviewCard(row, book))}`,
    html`<h2>${words('最近的订单', 'latest orders')}</h2>
<table><thead><tr><th>${words('订单', 'order')}</th><th>${words('单位', 'unit')}</th><th>${words(
      '金额',
      'amount',
    )}</th><th>${words('状态', 'state')}</th></tr></thead><tbody>
${latest.map(
  (row) =>
    html`<tr><td>${row.number}</td><td>${whatFor(row, book).unit}</td><td>${money(
      row.fees.total,
    )}</td><td>${words(...stateWords[row.state])}${row.reason}</td></tr>`,
)}
</tbody></table>`,
  ]);
}

const faultWords: Record<keyof EnrolmentForm, [zh: string, en: string]> = {
  unit: ['单位名称须为 1 至 45 个字。', 'The unit’s name has 1 to 45 characters.'],
  creditCode: [
    '统一社会信用代码须为 18 位，且校验位正确。',
    'The credit code has 18 characters, and its check character fits.',
  ],
  seal: ['印章名称须为 1 至 18 个字。', 'The seal’s name has 1 to 18 characters.'],
  years: ['年限为 1 至 5 年。', '1 to 5 years.'],
};

function enrolPage(form: Record<string, string> = {}, faults: readonly (keyof EnrolmentForm)[] = []): Html {
  const field = (name: 'unit' | 'creditCode' | 'seal', zh: string, en: string) =>
    html`<label>${words(zh, en)}<input name="${name}" value="${form[name] ?? ''}" maxlength="60" required></label>`;
  return page('发放空白密钥盘', 'hand out a blank key', [
    html`${faults.map((name) => html`<p class="fault" role="alert">${words(...faultWords[name])}</p>`)}`,
    html`<form method="post">
${field('unit', '单位全称', 'the unit’s full name')}
${field('creditCode', '统一社会信用代码', 'unified social credit code')}
${field('seal', '印章名称', 'name of the seal')}
<label>${words('年限', 'years')}<select name="years">${[1, 2, 3, 4, 5].map(
      (years) => html`<option${String(years) === form.years ? html` selected` : ''}>${years}</option>`,
    )}</select></label>
<button class="big" type="submit">${words('生成参考号与授权码', 'make a reference number and a secret code')}</button>
</form>`,
  ]);
}

function lettersPage(unit: string, reference: string, secret: string): Html {
  return page('参考号与授权码', 'reference number and secret code', [
    html`<dl>
${fact('单位', 'unit', unit)}
${fact('参考号', 'reference number', html`<span class="code" id="reference">${reference}</span>`)}
${fact('授权码', 'secret code', html`<span class="code" id="secret">${secret}</span>`)}
</dl>
<p>${words(
      '授权码只显示这一次，只能用一次。请与空白密钥盘一起交给经办人。',
      'The secret code is shown this once and is good for one certificate. Hand it over with the blank key.',
    )}</p>`,
  ]);
}

/** The fields of a form that was sent. */
export async function readForm(c: Context): Promise<Record<string, string>> {
  const fields = Object.entries(await c.req.parseBody());
  return Object.fromEntries(
    fields.filter((field): field is [string, string] => typeof field[1] === 'string'),
  );
}

/** The origins of this server: the loopback addresses by all their names. */
export function originsOf(url: string): string[] {
  const { protocol, port } = new URL(url);
  return ['127.0.0.1', 'localhost', '[::1]'].map((host) => `${protocol}//${host}:${port}`);
}

/**
 * What stands before every page: its limits, its own forms only, and what a browser may do with it. `millis`: for an answer.
 */
export function guardPages(
  app: Hono,
  url: string,
  paths: readonly string[],
  { images = false, millis = 10_000 } = {},
): void {
  const origins = originsOf(url);
  // Another site's page must not pay or approve in the name of who looks at it.
  const ownPagesOnly: MiddlewareHandler = async (c, next) => {
    if (c.req.method === 'GET' || origins.includes(c.req.header('origin') ?? '')) return next();
    return c.html(page('只接受本页面的操作', 'only from this page', []), 403);
  };
  const guards = [
    timeout(millis),
    bodyLimit({ maxSize: 16 << 10, onError: (c) => c.html(page('内容过长', 'too long', []), 413) }),
    ownPagesOnly,
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        ...(images ? { imgSrc: ["'self'"] } : {}),
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      // Without a referrer browsers leave out where a form comes from, too.
      referrerPolicy: 'same-origin',
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
  ] as const;
  for (const path of paths) for (const guard of guards) app.use(path, guard);
}

/** The page that tells why something can't be done. */
export function problemPage(error: Error, c: Context): Response | Promise<Response> {
  if (!(error instanceof OrderProblem)) throw error;
  const { code, message } = error.problem;
  const missing = {
    'unknown-order': ['没有这个订单', 'no such order'],
    'unknown-seal': ['没有这枚印章或这份申请', 'no such seal or application'],
  } as const;
  if (code === 'unknown-order' || code === 'unknown-seal') {
    const [zh, en] = missing[code];
    return c.html(page(zh, en, html`<p>${message}</p>`), 404);
  }
  return c.html(
    page('现在不能这样办', 'not possible now', html`<p>${message}</p>`),
    code === 'invalid' ? 400 : 409,
  );
}

/** Pages for paying, for the staff's review, and for handing out blank keys. */
export function pages(deps: OrdersDeps, book: OrderBook): Hono {
  const app = new Hono();
  const enrolments = new Enrolments(deps);
  guardPages(app, deps.url, ['/', '/pay/*', '/review', '/review/*', '/enrol', '/practice.css']);

  app.get('/practice.css', (c) => c.body(style, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  app.get('/', (c) =>
    c.html(
      page('印钥练习发证机构', 'YinKey practice authority', [
        html`<ul>
<li><a href="/review">${words('审核', 'review queue')}</a></li>
<li><a href="/seals">${words('电子印章', 'electronic seals')}</a></li>
<li><a href="/enrol">${words('发放空白密钥盘', 'hand out a blank key')}</a></li>
<li><a href="/api/openapi.json">${words('接口说明', 'description of the API (OpenAPI)')}</a></li>
</ul>`,
      ]),
    ),
  );
  app.get('/pay/:id', (c) => c.html(payPage(book.read(c.req.param('id')), book)));
  app.post('/pay/:id', (c) => {
    const { id } = book.pay(c.req.param('id'));
    return c.redirect(`/pay/${id}`, 303);
  });
  app.get('/review', (c) => c.html(reviewPage(book)));
  app.post('/review/:id/:decision', async (c) => {
    const { id, decision } = c.req.param();
    const form = await readForm(c);
    if (decision === 'approve') book.approve(id);
    else if (decision === 'refuse') {
      const reason = (form.reason ?? '').trim();
      if (reason === '') throw new OrderProblem('invalid', '请写明退回的原因 / a refusal needs a reason');
      book.refuse(id, reason);
    } else if (decision === 'delay') {
      const minutes = Number(form.minutes);
      if (!Number.isInteger(minutes) || minutes < 1 || minutes > longestDelayMinutes)
        throw new OrderProblem('invalid', '推迟的分钟数不对 / minutes: 1 or more');
      book.delay(id, minutes);
    } else return c.notFound();
    return c.redirect('/review', 303);
  });
  app.get('/enrol', (c) => c.html(enrolPage()));
  app.post('/enrol', async (c) => {
    const fields = await readForm(c);
    const form = {
      unit: (fields.unit ?? '').trim(),
      creditCode: (fields.creditCode ?? '').trim().toUpperCase(),
      seal: (fields.seal ?? '').trim(),
      years: Number(fields.years ?? '1'),
    };
    const faults = enrolmentFaults(form);
    if (faults.length > 0) return c.html(enrolPage(fields, faults), 400);
    const { unit, reference, secret } = enrolments.make(form);
    // No copy of the secret stays in a browser's cache.
    c.header('Cache-Control', 'no-store');
    return c.html(lettersPage(unit, reference, secret));
  });
  app.onError(problemPage);
  return app;
}
