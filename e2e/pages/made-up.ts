import type { ElectronApplication } from 'playwright';
import { CALL, EVENT } from '../../src/main/app/origins.ts';
import { card } from '../../src/renderer/certificates/sample.ts';
import type { Channel, ChannelOutput, EventName, EventPayload } from '../../src/shared/contract/index.ts';
import type {
  CertificateCard,
  CertificateDetail,
  KeyInfo,
  KeysSnapshot,
  OrphanPair,
  RenewalView,
  TrustAnchor,
} from '../../src/shared/domain/index.ts';

// Answers made up for the window alone: states that a real authority and a real key come to in days, or hardly ever.

export type Answers = { [C in Channel]?: ChannelOutput<C> };

/** Has main answer these and nothing else, until the client ends. An absent one fails with `unexpected`. */
export async function answerWith(app: ElectronApplication, answers: Answers): Promise<void> {
  await app.evaluate(
    ({ ipcMain }, { call, outputs }) => {
      const known = outputs as Record<string, unknown>;
      ipcMain.removeHandler(call);
      ipcMain.handle(call, (_event, channel: string) =>
        channel in known
          ? { ok: true, output: known[channel] }
          : { ok: false, error: { code: 'unexpected', details: {} } },
      );
    },
    { call: CALL, outputs: answers },
  );
}

/** Tells the main window something unasked, as main does. */
export async function tell<E extends EventName>(
  app: ElectronApplication,
  event: E,
  payload: EventPayload<E>,
): Promise<void> {
  await app.evaluate(
    ({ BrowserWindow }, { channel, name, what }) => {
      for (const window of BrowserWindow.getAllWindows()) {
        if (window.getParentWindow() === null) window.webContents.send(channel, name, what);
      }
    },
    { channel: EVENT, name: event, what: payload },
  );
}

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString();
const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const unit = '滨海市住房保障服务中心';

const token = (number: number, serial: string) => ({
  module: '/opt/maker/pkcs11.so',
  serial,
  label: `住房保障中心 0${number}`,
});
const key01 = token(1, '0B217C9055E14F7A');
const key02 = token(2, '0B217C9055E19D20');
const key03 = token(3, '0B217C9055E1A31C');

const hash = (number: number) => number.toString(16).padStart(64, '0');

function made(
  number: number,
  name: string,
  daysLeft: number,
  more: Parameters<typeof card>[2] = {},
  facts: Parameters<typeof card>[1] = {},
): CertificateCard {
  return card(
    hash(number),
    {
      id: hash(number).slice(0, 16),
      sha256: hash(number),
      holder: `${unit} ${name}`,
      unit,
      subject: `CN=${unit} ${name},O=${unit},C=CN`,
      issuer: 'CN=滨海市电子印章签发机构,O=滨海市数字证书中心,C=CN',
      issuerName: '滨海市电子印章签发机构',
      serialNumber: `4f09a1c277d1e3${number.toString(16).padStart(4, '0')}`,
      notBefore: inDays(daysLeft - 1096),
      notAfter: inDays(daysLeft + 0.5),
      daysLeft,
      ...facts,
    },
    {
      token: key01,
      seal: name,
      renewalFrom: inDays(daysLeft - 90),
      renewalUntil: inDays(daysLeft + 0.5),
      ...more,
    },
  );
}

const unknown = {
  revocation: 'unknown' as const,
  source: 'ocsp' as const,
  producedAt: inDays(-3),
  validUntil: inDays(-2),
  askedAt: secondsAgo(600),
  error: { code: 'authority.unreachable', details: { host: 'ocsp.example', reason: 'ENOTFOUND' } },
};

/** As on the drawing of the screen: renewing, soon, fresh, over; and one that was replaced. */
export const cards = (): CertificateCard[] => [
  made(1, '公章', 63, { renewal: 'r1' }),
  made(2, '业务专用章', 24, { token: key03, plugged: false, status: unknown }),
  made(3, '财务专用章', 1090),
  made(4, '合同专用章', -41, { token: key02, pinState: 'locked' }),
  made(5, '公章', 12, { superseded: true, token: key03, plugged: false }),
];

/** Fifty on five keys, with names as long as forty characters. */
export const fifty = (): CertificateCard[] =>
  Array.from({ length: 50 }, (_, index) =>
    made(
      100 + index,
      index % 7 === 3
        ? '城乡住房建设与不动产登记事务受理中心第二办事处行政审批专用章（二〇二六年启用编号四）'
        : `业务专用章 ${index + 1}`,
      index * 23 - 60,
      {
        token:
          [key01, key02, key03, token(4, '1122334455667788'), token(5, '99AABBCCDDEEFF00')][index % 5] ??
          key01,
      },
    ),
  );

/** A name of forty characters, revoked, on a key with a long label. */
export const longNames = (): CertificateCard[] => {
  const name = '城乡住房建设与不动产登记事务受理中心第二办事处行政审批专用章（二〇二六年启用编号四）';
  return [
    made(7, name, 400, {
      token: { ...key01, label: '城乡住房建设与不动产登记' },
      status: {
        revocation: 'revoked',
        source: 'crl',
        revokedAt: inDays(-2),
        reason: 'keyCompromise',
      },
    }),
    made(8, '公章', 0, {}),
  ];
};

const detail = (): CertificateDetail => ({
  sha256: 'a4c1f09b22d7e3a85c6b1f8e90d3a7b41c2e5f60718293a4b5c6d7e8f9012345',
  sha1: '9f2a1c44d08be7735a61f2c0b9e8d7163254fa0b',
  creditCode: { value: '12370600MB2854097J', valid: true },
  keyUsage: ['digitalSignature', 'nonRepudiation'],
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.36', '1.3.6.1.4.1.311.10.3.12'],
  subjectKeyId: '7c90a1b2c3d4e5f60718293a4b5c6d7e8f901234',
  signatureAlgorithm: 'sha256WithRSAEncryption',
  ocsp: ['http://ocsp.example/ocsp'],
  crl: ['http://crl.example/crl/issuing.crl'],
  chain: [
    { name: '公章', subject: 'CN=公章', notAfter: inDays(63), sha256: hash(1), trusted: false },
    {
      name: '滨海市电子印章签发机构',
      subject: 'CN=滨海市电子印章签发机构,O=滨海市数字证书中心,C=CN',
      notAfter: inDays(2000),
      sha256: hash(901),
      trusted: false,
    },
    {
      name: '滨海市数字证书根',
      subject: 'CN=滨海市数字证书根,O=滨海市数字证书中心,C=CN',
      notAfter: inDays(5000),
      sha256: hash(902),
      trusted: true,
    },
  ],
  raw: Array.from(
    { length: 120 },
    (_, line) => `${' '.repeat((line % 5) * 2)}${line}: SEQUENCE, ${line * 3} bytes`,
  ),
});

const anchors = (): TrustAnchor[] =>
  (['shipped', 'own', 'system'] as const).map((source, index) => ({
    sha256: hash(900 + index),
    name: ['滨海市数字证书根', '省电子认证服务根', 'Example Root R3'][index] ?? '',
    subject: 'CN=根,C=CN',
    notBefore: inDays(-2000),
    notAfter: inDays(3000 + index),
    source,
  }));

const fees = (years: number) => ({
  certificate: years * 20_000,
  seal: years * 20_000,
  total: years * 40_000,
});
const quote: RenewalView['quote'] = {
  holder: { name: `${unit} 公章`, unit, creditCode: '12370600MB2854097J' },
  seal: '公章',
  offers: [1, 2, 3, 4, 5].map((years) => ({ years, fees: fees(years), notAfter: inDays(63 + years * 365) })),
};
const order = (more: Partial<NonNullable<RenewalView['order']>> = {}): RenewalView['order'] => ({
  number: 'XQ20261122-0473',
  state: 'paid',
  years: 3,
  fees: fees(3),
  notAfter: inDays(63 + 1096),
  payUrl: 'http://127.0.0.1:41234/pay/5Jq1f0LkzY3mJt8bq2Wc9w',
  paidAt: secondsAgo(180),
  reason: '',
  ...more,
});
const checkNames = [
  'key',
  'driver',
  'space',
  'key-type',
  'certificate',
  'window',
  'authority',
  'clock',
  'order',
] as const;
const checks: RenewalView['checks'] = checkNames.map((name) => ({
  name,
  state: 'ok',
  code: null,
  details: {},
}));

const view = (more: Partial<RenewalView>): RenewalView => ({
  id: 'r1',
  token: key01,
  old: {
    sha256: hash(1),
    id: hash(1).slice(0, 16),
    serialNumber: '4f09a1c277d1e30001',
    holder: `${unit} 公章`,
    unit,
    keyType: 'RSA-2048',
    notAfter: inDays(63.5),
  },
  authority: 'http://127.0.0.1:41234/api',
  step: 'check',
  state: 'ready',
  checks,
  quote,
  order: null,
  progress: null,
  nextLookAt: null,
  fresh: null,
  seal: { state: 'none', oldId: null, newId: null, name: '', where: null, code: null },
  error: null,
  actions: [],
  history: [{ at: secondsAgo(320), what: 'started' }],
  ...more,
});
const paid = [
  { at: secondsAgo(310), what: 'checked' },
  { at: secondsAgo(180), what: 'paid' },
] as RenewalView['history'];
const progress = (
  what: NonNullable<RenewalView['progress']>['what'],
  holdKey: boolean,
  usualSeconds: [number, number] | null = null,
  started = 18,
): RenewalView['progress'] => ({ what, startedAt: secondsAgo(started), usualSeconds, holdKey });
const fresh = {
  sha256: hash(9),
  id: hash(9).slice(0, 16),
  serialNumber: '4f09a1c277d1e38a02',
  notAfter: inDays(1159),
};

/** Key pairs that belong to nothing: one of an earlier renewal, one of another program. */
export const orphans = (): OrphanPair[] => [
  {
    token: key01,
    ckaId: 'aa01',
    label: 'YinKey renewal XQ20260311-0021',
    keyType: 'EC-P256',
    order: 'XQ20260311-0021',
  },
  { token: key01, ckaId: 'aa02', label: '', keyType: 'RSA-2048', order: '' },
];

/** A renewal in every state that people tell apart. */
export const renewals = (): Record<string, RenewalView> => ({
  checking: view({
    state: 'working',
    checks: checks.slice(0, 4),
    progress: progress('checking', false),
    quote: null,
  }),
  checks: view({
    checks: checks.map((check) =>
      check.name === 'space'
        ? { ...check, state: 'stop', code: 'token.memory', details: {} }
        : check.name === 'clock'
          ? { ...check, state: 'unknown', code: null }
          : check,
    ),
    actions: ['check', 'end'],
    quote: null,
  }),
  confirm: view({ step: 'confirm', actions: ['confirm', 'check', 'end'], history: paid.slice(0, 1) }),
  plain: view({ step: 'confirm', actions: ['confirm', 'end'], quote: null }),
  pay: view({
    step: 'confirm',
    state: 'waiting-payment',
    order: order({ state: 'open', paidAt: null }),
    actions: ['pay', 'check', 'end'],
    nextLookAt: inDays(4 / 86_400),
    history: paid.slice(0, 1),
  }),
  ready: view({ step: 'generate', order: order(), actions: ['go', 'end'], history: paid }),
  pin: view({
    step: 'generate',
    state: 'working',
    order: order(),
    progress: progress('pin', false),
    history: paid,
  }),
  generating: view({
    step: 'generate',
    state: 'working',
    order: order(),
    progress: progress('generating', true, [20, 60]),
    history: [...paid, { at: secondsAgo(18), what: 'generating' }],
  }),
  late: view({
    step: 'generate',
    state: 'working',
    order: order(),
    progress: progress('generating', true, [20, 60], 140),
    history: [...paid, { at: secondsAgo(140), what: 'generating' }],
  }),
  issuing: view({
    step: 'issue',
    state: 'working',
    order: order(),
    progress: progress('requesting', true),
    history: paid,
  }),
  review: view({
    step: 'issue',
    state: 'waiting-review',
    order: order({ state: 'review' }),
    nextLookAt: inDays(1 / 24),
    actions: ['go', 'end'],
    history: [...paid, { at: secondsAgo(60), what: 'review' }],
  }),
  writing: view({
    step: 'write',
    state: 'working',
    order: order(),
    progress: progress('writing', true, [1, 5], 2),
    history: paid,
  }),
  key: view({
    step: 'write',
    state: 'waiting-key',
    order: order(),
    actions: ['end', 'abandon'],
    history: paid,
  }),
  stopped: view({
    step: 'generate',
    state: 'stopped',
    order: order(),
    error: { code: 'token.removed', details: {} },
    actions: ['go', 'end'],
    history: [...paid, { at: secondsAgo(5), what: 'stopped' }],
  }),
  refused: view({
    step: 'issue',
    state: 'ended',
    order: order({
      state: 'refused',
      reason: '单位名称与证照不一致：证照为“住房保障服务中心”，申请为“住房保障中心”。',
    }),
    error: { code: 'driver.hung', details: {} },
    history: [...paid, { at: secondsAgo(5), what: 'refused' }],
  }),
  cancelled: view({ step: 'confirm', state: 'ended', order: order({ state: 'cancelled', paidAt: null }) }),
  ended: view({
    step: 'generate',
    state: 'ended',
    order: order(),
    error: { code: 'token.memory', details: {} },
  }),
  over: view({
    step: 'issue',
    state: 'stopped',
    order: order({ state: 'refused', reason: '证照已过期。' }),
    error: { code: 'renewal.order-refused', details: { reason: '证照已过期。' } },
    actions: ['end', 'abandon'],
    history: paid,
  }),
  lost: view({
    step: 'issue',
    state: 'ended',
    order: order(),
    error: { code: 'renewal.abandoned', details: { order: 'XQ20261122-0473' } },
    history: [...paid, { at: secondsAgo(5), what: 'abandoned' }],
  }),
  done: view({
    step: 'done',
    state: 'done',
    order: order({ state: 'done' }),
    fresh,
    actions: ['remove-old', 'receipt'],
    history: [
      ...paid,
      { at: secondsAgo(100), what: 'generated' },
      { at: secondsAgo(90), what: 'issued' },
      { at: secondsAgo(60), what: 'written' },
      { at: secondsAgo(50), what: 'proven' },
      { at: secondsAgo(40), what: 'confirmed' },
      { at: secondsAgo(30), what: 'retired' },
      { at: secondsAgo(20), what: 'done' },
    ],
  }),
});

const key = ({ module, serial, label }: typeof key01, certificates: CertificateCard[]): KeyInfo => ({
  key: `${module} ${serial} ${label}`,
  module,
  moduleName: 'Maker PKCS#11',
  slot: 0,
  label,
  serial,
  manufacturer: 'Maker',
  model: 'K1',
  firmware: '1.2',
  pin: { state: 'ok', soState: 'ok', minLength: 6, maxLength: 16, protectedPath: false },
  certificates: certificates.map(({ certificate }) => certificate),
  error: null,
});

/** What the window asks for when it starts, with one key plugged in. */
export function base(held: CertificateCard[], views: RenewalView[] = []): Answers {
  const snapshot: KeysSnapshot = {
    revision: 1,
    loading: false,
    keys: [
      key(
        key01,
        held.filter((one) => one.plugged && one.token.serial === key01.serial),
      ),
    ],
    blanks: [],
    modules: [],
  };
  return {
    'app.info': { version: '0', platform: 'linux', practice: false, notices: [] },
    'settings.write': { language: 'en', theme: 'system' },
    'keys.snapshot': snapshot,
    'pictures.list': [],
    'seals.list': [],
    'sealing.list': [],
    'documents.recent': [],
    'certificates.list': held,
    'certificates.detail': detail(),
    'certificates.refresh': held,
    'renewal.list': views,
    'renewal.orphans': [],
    'trust.list': anchors(),
    'authority.read': { url: 'https://renew.example/api', practice: false },
  };
}
