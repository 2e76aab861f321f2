import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { SealCheck, SealCheckVerdict } from '../../src/shared/domain/seals.ts';
import { OrderProblem } from './orders-book.ts';
import { guardPages, problemPage, readForm } from './pages.ts';
import { day, fact, type Html, minute, page, words } from './pages-look.ts';
import { statusListPath } from './practice-seals.ts';
import type { SealBook, SealsDeps } from './seals-book.ts';
import { lookAtScan, type OwnLook } from './seals-pictures.ts';
import type { SealApplicationRow, SealApplicationState, SealRow } from './seals-table.ts';

type Words = [zh: string, en: string];

const applicationWords: Record<SealApplicationState, Words> = {
  review: ['审核中', 'under review'],
  approved: ['已通过，待写入密钥盘', 'approved, to be written to the key'],
  bound: ['已写入密钥盘', 'bound to the key'],
  refused: ['已退回', 'refused'],
  withdrawn: ['已撤回', 'withdrawn'],
};

const sealWords: Record<SealRow['state'], Words> = {
  normal: ['正常', 'normal'],
  suspended: ['停用', 'suspended'],
  cancelled: ['注销', 'cancelled'],
};

const kindWords: Record<SealRow['kind'], Words> = {
  official: ['公章', 'official seal'],
  contract: ['合同专用章', 'contract seal'],
  finance: ['财务专用章', 'finance seal'],
  invoice: ['发票专用章', 'invoice seal'],
  representative: ['法定代表人名章', 'legal representative’s seal'],
};

const checkWords: Record<SealCheck['name'], Words> = {
  ring: ['边框完整', 'complete ring'],
  ink: ['印油均匀', 'even ink'],
  sharpness: ['清晰', 'sharpness'],
  roundness: ['形状准确', 'true shape'],
  skew: ['端正', 'upright'],
  doubleStrike: ['无重影', 'no double strike'],
  resolution: ['分辨率', 'resolution'],
  size: ['尺寸', 'size'],
};

const verdictWords: Record<SealCheckVerdict, Words> = {
  good: ['良好', 'good'],
  usable: ['可用', 'usable'],
  refuse: ['不合格', 'refuse'],
};

const unitWords: Record<SealCheck['unit'], string> = { '%': '%', mm: ' mm', degrees: '°', dpi: ' dpi' };

const millimetres = (width: number, height: number) => `${width.toFixed(1)} × ${height.toFixed(1)} mm`;

function valueAndLimit(check: SealCheck | undefined): Html | string {
  if (!check) return '—';
  const { min, max } = check.limit;
  const limit = [min === undefined ? '' : `≥ ${min}`, max === undefined ? '' : `≤ ${max}`].join(' ').trim();
  const [zh, en] = verdictWords[check.verdict];
  return html`${Math.round(check.value * 10) / 10}${unitWords[check.unit]}${limit === '' ? '' : `（${limit}）`}
<span class="${check.verdict === 'refuse' ? 'wrong' : 'right'}">${zh}</span><span class="en" lang="en">${en}</span>`;
}

/** What the client says that it measured, beside what the authority measured on the same scan. */
function measuredTable({ measured }: SealApplicationRow, { result }: OwnLook): Html | string {
  if (!measured) return '';
  const names = new Set([...measured.checks, ...(result?.checks ?? [])].map(({ name }) => name));
  const of = (checks: readonly SealCheck[] | undefined, name: SealCheck['name']) =>
    valueAndLimit(checks?.find((check) => check.name === name));
  return html`<table><thead><tr><th>${words('检查', 'check')}</th><th>${words(
    '申请人的软件测得',
    'measured by the applicant',
  )}</th><th>${words('本机构测得', 'measured here')}</th></tr></thead><tbody>
<tr><td>${words('印模', 'impression')}</td><td>${millimetres(measured.widthMm, measured.heightMm)}
${words(...verdictWords[measured.verdict])}</td><td>${
    result
      ? html`${millimetres(result.widthMm, result.heightMm)} ${words(...verdictWords[result.verdict])}`
      : '—'
  }</td></tr>
${[...names].map(
  (name) =>
    html`<tr><td>${words(...checkWords[name])}</td><td>${of(measured.checks, name)}</td><td>${of(
      result?.checks,
      name,
    )}</td></tr>`,
)}
</tbody></table>`;
}

/** Pixels of a page for a millimetre, at most; both pictures have the same number, so that they can be laid side by side. */
const mostScale = 6;
/** Pixels that each of the two pictures is wide, at most. */
const mostWidth = 470;

function besideEachOther(row: SealApplicationRow, look: OwnLook): Html {
  const { id, widthMm, heightMm } = row;
  const widest = Math.max(look.cut?.sideMm ?? 0, widthMm, heightMm);
  const scale = Math.min(mostScale, mostWidth / widest);
  const px = (mm: number) => Math.round(mm * scale);
  const times = (scale / (96 / 25.4)).toFixed(1);
  const scan = look.cut
    ? html`<img src="/seals/${id}/scan.jpg" alt="扫描件上的印模 / the impression on the scan" width="${px(
        look.cut.sideMm,
      )}" height="${px(look.cut.sideMm)}">`
    : html`<img class="sheet" src="/seals/${id}/sheet.jpg" alt="扫描件 / the scan">`;
  return html`<div class="beside">
<figure><div class="frame"><img src="/seals/${id}/picture.png" alt="印模图片 / the seal’s picture" width="${px(
    widthMm,
  )}" height="${px(heightMm)}"></div>
<figcaption>${words(`印模图片，${millimetres(widthMm, heightMm)}`, 'the seal’s picture')}</figcaption></figure>
<figure><div class="frame">${scan}</div><figcaption>${
    look.cut
      ? words(
          `扫描件上的印模，同一比例（${times} 倍）`,
          `the impression on the scan, at the same scale (${times} times)`,
        )
      : words(
          `在扫描件上没有测得印模（${look.code ?? ''}），比例不同`,
          'no impression was measured on the scan; its scale is another',
        )
  }</figcaption></figure>
</div>
<p><a href="/seals/${id}/sheet.jpg">${words('整张扫描件', 'the whole scan')}</a></p>`;
}

function factsOf(row: SealApplicationRow): Html {
  return html`<dl>
${fact('申请', 'application', row.number)}
${fact('印章名称', 'name of the seal', row.name)}
${fact('种类', 'kind', words(...kindWords[row.kind]))}
${fact('单位', 'unit', `${row.unit}（${row.creditCode}）`)}
${fact('印章管理员', 'seal administrator', row.administrator)}
${fact('经办人', 'handler', row.contact === '' ? row.handler : `${row.handler}，${row.contact}`)}
${row.replaces === null ? '' : fact('替换印章', 'takes the place of', row.replaces)}
${row.sealId === null ? '' : fact('印章编码', 'number of the seal', row.sealId)}
${fact('状态', 'state', html`${words(...applicationWords[row.state])}${row.reason === '' ? '' : html` ${row.reason}`}`)}
</dl>`;
}

function actsOf({ id, state }: SealApplicationRow): Html | string {
  if (state !== 'review') return '';
  return html`<div class="acts">
<form method="post" action="/seals/${id}/approve"><button type="submit">${words('通过', 'approve')}</button></form>
<form method="post" action="/seals/${id}/refuse"><label>${words('退回的原因', 'reason of a refusal')}<input name="reason"
 maxlength="500" required></label><button type="submit">${words('退回', 'refuse')}</button></form>
</div>`;
}

function card(row: SealApplicationRow, look: OwnLook | null): Html {
  const { result } = look ?? {};
  const off =
    result && Math.max(Math.abs(result.widthMm - row.widthMm), Math.abs(result.heightMm - row.heightMm)) > 1;
  return html`<article>
${factsOf(row)}
${look ? besideEachOther(row, look) : ''}
${
  off
    ? html`<p class="fault" role="alert">${words(
        '申请所写的尺寸与本机构在扫描件上测得的相差超过 1 毫米。',
        'The stated size differs from the one measured here by more than 1 mm.',
      )}</p>`
    : ''
}
${look ? measuredTable(row, look) : ''}
${actsOf(row)}
</article>`;
}

function applicationsTable(rows: readonly SealApplicationRow[]): Html {
  return html`<table><thead><tr><th>${words('申请', 'application')}</th><th>${words('印章', 'seal')}</th><th>${words(
    '收到',
    'received',
  )}</th><th>${words('状态', 'state')}</th></tr></thead><tbody>
${rows.map(
  (row) =>
    html`<tr><td><a href="/seals/${row.id}">${row.number}</a></td><td>${row.unit} ${row.name}</td><td>${minute(
      row.createdAt,
    )}</td><td>${words(...applicationWords[row.state])}${row.reason}</td></tr>`,
)}
</tbody></table>`;
}

function sealsTable(seals: readonly SealRow[]): Html {
  const act = (seal: SealRow, name: string, zh: string, en: string) =>
    html`<form method="post" action="/seals/made/${seal.id}/${name}"><button type="submit">${words(
      zh,
      en,
    )}</button></form>`;
  const acts = (seal: SealRow): Html | string => {
    if (seal.state === 'cancelled') return '';
    return html`<div class="acts">${
      seal.state === 'normal'
        ? act(seal, 'suspend', '停用', 'suspend')
        : act(seal, 'resume', '恢复', 'resume')
    }${act(seal, 'cancel', '注销', 'cancel')}</div>`;
  };
  return html`<table><thead><tr><th>${words('印章编码', 'number')}</th><th>${words('印章', 'seal')}</th><th>${words(
    '状态',
    'state',
  )}</th><th></th></tr></thead><tbody>
${seals.map(
  (seal) =>
    html`<tr><td>${seal.id}</td><td>${seal.unit} ${seal.name}</td><td>${words(
      ...sealWords[seal.state],
    )}${day(seal.since)}</td><td>${acts(seal)}</td></tr>`,
)}
</tbody></table>`;
}

/** Seals that the page lists, the newest first. */
const mostListed = 200;
/** A scan of a whole sheet is measured meanwhile, on a slow computer that does other things. */
const lookMillis = 120_000;
/** Scans whose measures are kept. */
const mostLooks = 20;

/** The staff's pages for seals: applications with picture beside scan, and what holds today. Also the status list. */
export function sealPages(deps: SealsDeps, book: SealBook): Hono {
  const app = new Hono();
  const looks = new Map<string, Promise<OwnLook | null>>();
  /** A scan is measured when somebody looks, and once. */
  const look = (row: SealApplicationRow): Promise<OwnLook | null> => {
    const known = looks.get(row.id);
    if (known) return known;
    const scan = book.table.file(row.id, 'scan');
    const made = scan ? lookAtScan(scan, row) : Promise.resolve(null);
    looks.set(row.id, made);
    made.catch(() => looks.delete(row.id));
    const oldest = looks.size > mostLooks ? looks.keys().next().value : undefined;
    if (oldest !== undefined) looks.delete(oldest);
    return made;
  };

  const status = (c: Context) => {
    const list = new Uint8Array(book.statusList());
    const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(list.length) };
    return c.body(list, 200, { ...headers, 'Cache-Control': 'no-store' });
  };
  app.get(statusListPath, status);

  const picture = (c: Context, content: Uint8Array | null | undefined, type: string): Response => {
    if (!content) throw new OrderProblem('unknown-seal', 'no such picture');
    // Opened on its own it is a picture and nothing else.
    c.header('Content-Security-Policy', "default-src 'none'; sandbox");
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Cache-Control', 'no-store');
    return c.body(new Uint8Array(content), 200, { 'Content-Type': type });
  };
  app.get('/seals/:id/picture.png', (c) => {
    const row = book.read(c.req.param('id'));
    const own = book.table.file(row.id, 'picture');
    return picture(
      c,
      own ?? (row.sealId === null ? null : book.table.record(row.sealId)?.picture),
      'image/png',
    );
  });
  app.get('/seals/:id/scan.jpg', async (c) => {
    const found = await look(book.read(c.req.param('id')));
    return picture(c, found?.cut?.jpeg, 'image/jpeg');
  });
  app.get('/seals/:id/sheet.jpg', (c) => {
    const { id } = book.read(c.req.param('id'));
    return picture(c, book.table.file(id, 'scan'), 'image/jpeg');
  });
  guardPages(app, deps.url, ['/seals', '/seals/*'], { images: true, millis: lookMillis });
  const wide = { wide: true };
  app.get('/seals', async (c) => {
    const seals = book.seals();
    const [first, ...others] = book.table.inState('review');
    return c.html(
      page(
        '电子印章',
        'electronic seals',
        [
          first
            ? card(first, await look(first))
            : html`<p>${words('没有待审核的制章申请。', 'No application waits for a review.')}</p>`,
          others.length === 0
            ? html``
            : html`<h2>${words('还在等待的申请', 'more that wait')}</h2>${applicationsTable(others)}`,
          html`<h2>${words('印章', 'seals')}</h2>${sealsTable(seals.slice(-mostListed).reverse())}`,
          html`<h2>${words('最近的申请', 'latest applications')}</h2>${applicationsTable(book.table.latest(50))}`,
        ],
        wide,
      ),
    );
  });

  app.get('/seals/:id', async (c) => {
    const row = book.read(c.req.param('id'));
    const steps = book.table.history(row.id);
    return c.html(
      page(
        '制章申请',
        'application for a seal',
        [
          card(row, await look(row)),
          html`<h2>${words('经过', 'history')}</h2><table><tbody>
${steps.map(({ at, what }) => html`<tr><td>${minute(at)}</td><td>${words(...applicationWords[what])}</td></tr>`)}
</tbody></table><p><a href="/seals">${words('全部印章和申请', 'all seals and applications')}</a></p>`,
        ],
        wide,
      ),
    );
  });
  app.post('/seals/made/:seal/:act', (c) => {
    const { seal, act } = c.req.param();
    if (act !== 'suspend' && act !== 'resume' && act !== 'cancel') return c.notFound();
    book[act](seal);
    return c.redirect('/seals', 303);
  });
  app.post('/seals/:id/:decision', async (c) => {
    const { id, decision } = c.req.param();
    const form = await readForm(c);
    if (decision === 'approve') book.approve(id);
    else if (decision === 'refuse') {
      const reason = (form.reason ?? '').trim();
      if (reason === '') throw new OrderProblem('invalid', '请写明退回的原因 / a refusal needs a reason');
      book.refuse(id, reason);
    } else return c.notFound();
    return c.redirect(`/seals/${id}`, 303);
  });
  app.onError(problemPage);
  return app;
}
