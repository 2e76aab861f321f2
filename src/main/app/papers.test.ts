import { describe, expect, it } from 'vitest';
import type { CertificateCard, RenewalView } from '../../shared/domain/index.ts';
import type { AuditEntry } from '../audit/index.ts';
import { auditReport } from './audit-report.ts';
import { lossReceiptPage } from './loss-papers.ts';
import { counterForm, renewalReceipt } from './renewal-papers.ts';

const base = { version: '0.1.0', practice: true, now: new Date('2026-11-22T02:00:00Z') };
const entry: AuditEntry = {
  seq: 7,
  at: '2026-11-22T01:00:00.000Z',
  actor: 'window3',
  act: 'token.unlock',
  subject: '<i>x</i>',
  token: { serial: '6610', label: '<b>盘</b>' },
  certificateSha256: null,
  documentIn: null,
  documentOut: null,
  result: 'token.so-pin-wrong',
  case: { reason: '忘记 & 锁定', reference: 'JS-1', staff: 'Li' },
};
const view = {
  token: { module: '/m', serial: 'S1', label: '盘 <1>' },
  old: {
    sha256: '',
    id: '',
    serialNumber: 'aa01',
    holder: '公章',
    unit: '中心',
    keyType: 'EC-P256',
    notAfter: '2027-01-24T00:00:00.000Z',
  },
  fresh: { sha256: '', id: '', serialNumber: 'bb02', notAfter: '2030-01-24T00:00:00.000Z' },
  order: {
    number: 'XQ1',
    state: 'done',
    years: 3,
    fees: { certificate: 60_000, seal: 60_000, total: 120_000 },
    notAfter: '2030-01-24T00:00:00.000Z',
    payUrl: '',
    paidAt: '2026-11-22T01:00:00.000Z',
    reason: '',
  },
  seal: {
    state: 'carried',
    oldId: '35021100000001',
    newId: '35021100000002',
    name: '中心公章',
    where: 'key',
    code: null,
  },
  authority: 'http://127.0.0.1',
} as unknown as RenewalView;

describe('papers', () => {
  it('report the log with every failure in words and by its code, nothing of it becoming part of the page', () => {
    const verdict = { ok: true as const, entries: 7 };
    const page = auditReport([entry], { ...base, verdict, head: 'ab'.repeat(32) });
    for (const words of [
      '现场解锁',
      'Unlocked on site',
      'token.so-pin-wrong',
      'window3',
      'ab'.repeat(32),
      '共 7 条',
    ])
      expect(page).toContain(words);
    expect(page).not.toMatch(/<b>盘|<i>x/);
    const broken = { ok: false as const, firstBroken: 3, reason: 'changed' as const };
    expect(auditReport([entry], { ...base, verdict: broken, head: '' })).toContain('第 3 条');
  });

  it('say what a renewal cost and brought', () => {
    const page = renewalReceipt(view, null, base);
    for (const words of [
      '600.00 + 600.00 = 1200.00 CNY',
      'aa01',
      'bb02',
      'XQ1',
      '练习模式',
      '盘 &lt;1&gt;',
      '35021100000002',
      '已随新证书续用',
    ])
      expect(page).toContain(words);
  });

  it('say what a reported loss ended, and how to get a new key', () => {
    const receipt = {
      number: 'GS-20261122-1',
      at: '2026-11-22T01:00:00.000Z',
      authority: '发证机构',
      certificate: { sha256: 'ab'.repeat(32), serialNumber: 'aa01', holder: '公章 <1>' },
      unit: '中心',
      reason: 'stolen' as const,
      reporter: '李',
      seals: [{ id: '35021100000002', name: '中心公章' }],
    };
    const page = lossReceiptPage(receipt, base);
    const words = [
      'GS-20261122-1',
      'aa01',
      '公章 &lt;1&gt;',
      '被盗',
      'Stolen',
      '35021100000002',
      '每把密钥盘 50 元',
    ];
    for (const word of [...words, '练习模式']) expect(page).toContain(word);
    expect(lossReceiptPage({ ...receipt, seals: [] }, base)).toContain('没有挂在这张证书上的印章');
  });

  it('prepare the way to the counter with what is known', () => {
    const card = {
      certificate: { ...view.old, subject: '' },
      token: view.token,
      seal: '公章',
    } as unknown as CertificateCard;
    const page = counterForm(card, '91350211M000100Y46', { ...base, practice: false });
    for (const words of ['91350211M000100Y46', '一式两份', 'Two copies', '经办人'])
      expect(page).toContain(words);
    expect(page).not.toContain('练习模式');
  });
});
