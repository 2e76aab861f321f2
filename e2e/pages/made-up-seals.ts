import path from 'node:path';
import type { ElectronApplication } from 'playwright';
import sharp from 'sharp';
import { CALL } from '../../src/main/app/origins.ts';
import { application, seal } from '../../src/renderer/seals/sample.ts';
import type {
  SealApplicationView,
  SealCard,
  SealFacts,
  SealStep,
  SignaturePicture,
  SignatureReport,
  Verification,
} from '../../src/shared/domain/index.ts';
import { type Answers, base, cards } from './made-up.ts';

// Seals, applications and verdicts made up for the window alone.

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString();
const unit = '滨海市住房保障服务中心';
const longName = '城乡住房建设与不动产登记事务受理中心第二办事处行政审批专用章（二〇二六年启用编号四）';
const key01 = { module: '/opt/maker/pkcs11.so', serial: '0B217C9055E14F7A', label: '住房保障中心 01' };
const key03 = { module: '/opt/maker/pkcs11.so', serial: '0B217C9055E1A31C', label: '住房保障中心 03' };

const drawing = path.resolve(
  import.meta.dirname,
  '..',
  '..',
  'softhsm-fixtures',
  'seals',
  'seal-gongzhang.svg',
);
/** PNG of a seal, at the size that fits a key. */
const png = new Uint8Array(await sharp(drawing).resize(496, 496).png({ palette: true }).toBuffer());

const made = (number: number, name: string, more: Parameters<typeof seal>[0] = {}): SealCard => {
  const id = `370600${String(number).padStart(8, '0')}`;
  const { status, ...rest } = more;
  return seal({
    id,
    sha256: id.padStart(64, 'a'),
    name,
    unit,
    creditCode: '12370600MB2854097J',
    administrator: '杨守印',
    maker: '滨海市电子印章制作中心',
    token: key01,
    certificate: {
      sha256: String(number).padStart(64, '0'),
      id: `c${number}`,
      holder: `${unit} ${name}`,
      notAfter: inDays(800),
    },
    createdAt: inDays(-200),
    validFrom: inDays(-200),
    validUntil: inDays(800),
    uses: { count: 3, last: inDays(-2) },
    ...rest,
    status: { asOf: inDays(-0.1), ...status },
  });
};

const failed = (name: SealStep['step'], reason: string, details: SealStep['details'] = {}): SealStep[] =>
  seal().steps.map((step) => (step.step === name ? { ...step, state: 'failed', reason, details } : step));

/** One seal in every state that people tell apart. */
export const sealStates = (): Record<string, SealCard> => ({
  normal: made(1, '公章'),
  stale: made(2, '财务专用章', { kind: 'finance', status: { stale: true, asOf: inDays(-12) } }),
  unknown: made(3, '合同专用章', { kind: 'contract', status: { state: 'unknown', asOf: null } }),
  suspended: made(4, '公章', {
    code: 'seal.suspended',
    status: { state: 'suspended', since: inDays(-3) },
  }),
  cancelled: made(5, '公章', {
    code: 'seal.cancelled',
    status: { state: 'cancelled', since: inDays(-30) },
  }),
  'not-issued': made(6, '公章', { code: 'seal.not-issued', status: { state: 'not-issued' } }),
  expired: made(7, '公章', {
    code: 'seal.expired',
    verdict: 'invalid',
    steps: failed('dates', 'expired'),
    validUntil: inDays(-2),
  }),
  'not-yet-valid': made(8, '公章', {
    code: 'seal.not-yet-valid',
    verdict: 'invalid',
    steps: failed('dates', 'not-yet-valid'),
    validFrom: inDays(2),
  }),
  'no-certificate': made(9, '公章', {
    certificate: null,
    code: 'seal.not-listed',
    verdict: 'invalid',
    steps: failed('listed', 'not-listed'),
  }),
  invalid: made(10, '公章', {
    code: 'seal.oversize',
    verdict: 'invalid',
    steps: failed('rules', 'size', { width: 50, height: 50, limit: '45' }),
    widthMm: 50,
    heightMm: 50,
  }),
  unproven: made(11, '公章', {
    code: 'seal.unproven',
    verdict: 'unproven',
    steps: seal().steps.map((step) =>
      step.step === 'maker-certificate' ? { ...step, state: 'unknown', reason: 'no-roots' } : step,
    ),
  }),
});

/** On a key that is not plugged in; kept in the store; with a name and a unit as long as they come; an invoice seal. */
export const oddSeals = (): Record<string, SealCard> => ({
  away: made(21, '公章', { token: key03, present: false }),
  store: made(22, '公章', { where: 'store' }),
  long: made(23, longName, {
    unit: `${unit}城乡住房建设与不动产登记事务受理中心第二办事处`,
    administrator: 'Maximilian-Alexander Oberhuber-Schwarzenegger',
    maker: 'Practice Seal Maker of the Provincial Electronic Authentication Service (Intermediate 2)',
    token: { ...key01, label: '城乡住房建设与不动产登记' },
  }),
  invoice: made(24, '发票专用章', {
    kind: 'invoice',
    widthMm: 40,
    heightMm: 30,
    uses: { count: 0, last: null },
  }),
  bare: made(25, 'Contract seal', {
    kind: null,
    unit: '',
    creditCode: '',
    administrator: '',
    maker: '',
    uses: { count: 0, last: null },
  }),
});

/** Thirty of them. */
export const manySeals = (): SealCard[] =>
  Array.from({ length: 30 }, (_, index) =>
    made(100 + index, index % 7 === 3 ? longName : `业务专用章 ${index + 1}`, {
      token: index % 3 === 2 ? key03 : key01,
      present: index % 3 !== 2,
    }),
  );

const facts = (card: SealCard): SealFacts => ({
  standard: card.standard,
  id: card.id,
  name: card.name,
  type: 1,
  vendor: card.vendor,
  createdAt: card.createdAt,
  validFrom: card.validFrom,
  validUntil: card.validUntil,
  sha256: card.sha256,
  bytes: 21_480,
  algorithm: 'ecdsa-with-SHA256',
  maker: 'CN=滨海市电子印章制作中心,O=滨海市数字证书中心,C=CN',
  picture: {
    type: 'PNG',
    bytes: 18_211,
    sha256: card.sha256,
    widthMm: card.widthMm,
    heightMm: card.heightMm,
  },
  listType: 'certificates',
  listed: 1,
  list: [{ subject: `CN=${unit} ${card.name},O=${unit},C=CN`, digest: card.sha256, algorithm: 'SHA-256' }],
  extensions: [
    { oid: '2.25.88346721480412371916049287615338041277', critical: false, bytes: 20 },
    { oid: '2.25.312096408772315490621883470126995437105', critical: true, bytes: 41 },
  ],
});

const uses = Array.from({ length: 12 }, (_, index) => ({
  at: inDays(-index - 1),
  document:
    index % 4 === 1 ? `关于${longName}使用管理的通知及附件（修订稿第三版）.pdf` : `函 ${index + 1}.pdf`,
  result: index === 3 ? 'token.removed' : 'ok',
  certificateSha256: null,
}));

const apply = (more: Partial<SealApplicationView>): SealApplicationView =>
  application({
    token: key01,
    certificate: { sha256: '1'.padStart(64, '0'), holder: `${unit} 公章`, unit },
    administrator: '杨守印',
    createdAt: inDays(-0.2),
    updatedAt: inDays(-0.01),
    ...more,
  });
const bound = { form: 'full' as const, where: 'key' as const, bytes: 21_480, tooSmallFor: [] };
const checks: SealApplicationView['checks'] = (
  ['impression', 'name', 'unit', 'creditCode', 'size', 'certificate', 'room', 'maker'] as const
).map((name) => ({ name, state: 'ok', code: null, details: {} }));

/** An application in every state that people tell apart. */
export const applications = (): Record<string, SealApplicationView> => ({
  draft: apply({ phase: 'draft', number: '', checks }),
  'draft-stopped': apply({
    phase: 'draft',
    number: '',
    checks: checks.map((check) =>
      check.name === 'size'
        ? { ...check, state: 'stop', code: 'seal.oversize', details: { width: 50, height: 50, limit: '45' } }
        : check.name === 'room'
          ? { ...check, state: 'unknown' }
          : check,
    ),
  }),
  sending: apply({ phase: 'sending', number: '', progress: 'sending' }),
  'sending-pin': apply({ phase: 'sending', number: '', progress: 'pin' }),
  'sending-stuck': apply({
    phase: 'sending',
    number: '',
    error: { code: 'authority.unreachable', details: { host: 'seals.example', reason: 'ETIMEDOUT' } },
  }),
  review: apply({ reviewUrl: 'http://127.0.0.1:41234/staff/seals/5Jq1f0LkzY3mJt8bq2Wc9w' }),
  approved: apply({ phase: 'approved', sealId: '37060000000031' }),
  away: apply({ phase: 'approved', sealId: '37060000000031', token: key03 }),
  pin: apply({ phase: 'binding', sealId: '37060000000031', progress: 'pin' }),
  binding: apply({ phase: 'binding', sealId: '37060000000031', progress: 'writing' }),
  'binding-stopped': apply({
    phase: 'binding',
    sealId: '37060000000031',
    error: { code: 'token.removed', details: {} },
  }),
  bound: apply({ phase: 'bound', sealId: '37060000000001', bound }),
  small: apply({
    phase: 'bound',
    sealId: '37060000000001',
    bound: { ...bound, form: 'small', bytes: 9_120, tooSmallFor: ['full', 'digests'] },
  }),
  store: apply({
    phase: 'bound',
    sealId: '37060000000001',
    bound: { ...bound, form: 'small', where: 'store', tooSmallFor: ['full', 'digests', 'small'] },
  }),
  refused: apply({
    phase: 'refused',
    name: longName,
    reason: '印模与备案的实物印章不一致：编号缺末位“3”。请重新盖一枚，连同备案回执一起扫描。',
  }),
  withdrawn: apply({ phase: 'withdrawn' }),
});

/** What the page shows for each of them. */
export const pageOfState: Record<string, string> = {
  'draft-stopped': 'draft',
  'sending-pin': 'sending',
  away: 'approved',
  pin: 'binding',
  small: 'bound',
  store: 'bound',
};

export const signaturePictures = (count: number): SignaturePicture[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    name: index === 1 ? longName : `手写签名 ${index + 1}`,
    sha256: `p${index}`.padStart(64, 'b'),
    widthPx: 496,
    heightPx: 496,
    widthMm: 42,
    heightMm: 42,
  }));

/** What the window asks for, with these seals and applications. */
export function sealBase(
  seals: SealCard[],
  views: SealApplicationView[] = [],
  plain: SignaturePicture[] = [],
): Answers {
  const [first] = seals;
  return {
    ...base(cards().map((card) => ({ ...card, renewal: null }))),
    'seals.list': seals,
    'seals.refresh': seals,
    'seals.picture': png,
    'sealing.list': views,
    'sealing.picture': png,
    'pictures.list': plain,
    'pictures.bytes': png,
    ...(first && { 'seals.detail': { card: first, facts: facts(first), uses } }),
  };
}

/** Has main answer these, and everything else as it does. */
export async function answerSome(app: ElectronApplication, answers: Answers): Promise<void> {
  await app.evaluate(
    ({ ipcMain }, { call, outputs }) => {
      const known = outputs as Record<string, unknown>;
      type Handler = (event: unknown, channel: string, input: unknown) => unknown;
      const handlers = (ipcMain as unknown as { _invokeHandlers: Map<string, Handler> })._invokeHandlers;
      const real = handlers.get(call);
      if (!real) throw new Error('no handler');
      ipcMain.removeHandler(call);
      ipcMain.handle(call, (event, channel: string, input: unknown) =>
        channel in known ? { ok: true, output: known[channel] } : real(event, channel, input),
      );
    },
    { call: CALL, outputs: answers },
  );
}

const report = (field: string, more: Partial<SignatureReport>): SignatureReport => ({
  field,
  signer: '杨守印',
  unit,
  issuer: '滨海市电子印章签发机构',
  certificateSha256: '1'.padStart(64, '0'),
  certificateSerial: '4f09a1c277d1e30001',
  notBefore: inDays(-300),
  notAfter: inDays(800),
  signedAt: inDays(-1),
  timeSource: 'claimed',
  integrity: 'intact',
  coverage: 'whole-file',
  changesAfter: [],
  changesAllowed: true,
  trust: 'trusted',
  reason: 'intact-trusted',
  subFilter: 'ETSI.CAdES.detached',
  level: 'B-B',
  digestAlgorithm: 'SHA-256',
  signatureAlgorithm: 'RSA',
  keyType: 'RSA-2048',
  byteRange: [0, 1, 2, 3],
  widgets: [{ page: 1, rect: { x: 110, y: 200, width: 42, height: 42 } }],
  chain: ['CN=公章', 'CN=滨海市数字证书根'],
  seal: null,
  ...more,
});

/** A file with a genuine seal, one that the page doesn't show, one that is not proven, and a signature picture. */
export function sealVerification(): Verification {
  const { normal, unproven } = sealStates();
  const of = (card: SealCard, more: Partial<NonNullable<SignatureReport['seal']>> = {}) => ({
    facts: facts(card),
    verdict: card.verdict,
    steps: card.steps,
    code: card.code,
    pictureDrawn: true,
    status: card.status,
    ...more,
  });
  return {
    verdict: 'invalid',
    limited: false,
    sentence: 'seal-picture',
    file: { name: 'file.pdf', size: 1000, sha256: 'f'.repeat(64), pages: 3 },
    signatures: [
      report('Seal1', { seal: of(normal!) }),
      report('Seal2', {
        reason: 'seal-picture',
        seal: of(normal!, { verdict: 'invalid', code: 'seal.picture-differs', pictureDrawn: false }),
      }),
      report('Seal3', {
        reason: 'seal-unproven',
        seal: of(unproven!, {
          pictureDrawn: null,
          status: { state: 'unknown', since: null, asOf: null, stale: false },
        }),
      }),
      report('Picture1', {}),
    ],
  };
}
