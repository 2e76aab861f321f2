import { describe, expect, it } from 'vitest';
import type { CareResult } from '../../shared/domain/index.ts';
import { localTime } from './paper.ts';
import { receiptPage } from './receipt.ts';

const states = { user: 'locked', so: 'ok' } as const;
const result: CareResult = {
  id: 'one',
  act: 'token.unlock',
  at: '2026-11-22T02:42:07.000Z',
  token: { module: '/m.so', serial: '6610A8D402B79C3E', label: '<b>住房保障中心 02</b>' },
  manufacturer: '恒盾',
  model: 'HK-2',
  before: states,
  after: { user: 'ok', so: 'ok' },
  logins: [
    { who: 'so', result: 'token.so-pin-wrong', before: states, after: states },
    { who: 'so', result: 'ok', before: states, after: states },
  ],
  case: { reason: '连续输错 & "锁定"', reference: '', staff: "O'Neil" },
  auditEntry: 12,
  tokenMillis: 5,
};
const page = receiptPage(result, { actor: 'window3', version: '0.1.0', practice: true });

describe('receiptPage', () => {
  it('says what was done, to which key, why, by whom and when, in both languages', () => {
    for (const words of ['现场解锁', 'On-site unlock', '6610A8D402B79C3E', 'Locked', '已锁定', 'window3']) {
      expect(page).toContain(words);
    }
    expect(page).toContain('第 12 条');
    expect(page).toContain('SO PIN: 1');
    expect(page).toContain(localTime(result.at));
  });

  it('lets nothing that was typed or that a key calls itself become part of the page', () => {
    expect(page).not.toContain('<b>');
    expect(page).toContain('&lt;b&gt;住房保障中心');
    expect(page).toContain('O&#39;Neil');
    expect(page).toContain('&amp; &quot;锁定&quot;');
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/\{\{|undefined|care:|keys:/);
  });

  it('says that a practice receipt has no effect, and leaves the case out where there is none', () => {
    expect(page).toContain('练习模式');
    const plain = receiptPage(
      { ...result, act: 'pin.change', case: null },
      { actor: '', version: '', practice: false },
    );
    expect(plain).not.toContain('练习模式');
    expect(plain).not.toContain('Staff</span></th>');
  });
});

describe('localTime', () => {
  it('tells the zone with the time', () => {
    expect(localTime('2026-11-22T02:42:07.000Z')).toMatch(
      /^2026-11-2[12] \d{2}:42:07 \(UTC[+-]\d{2}:\d{2}\)$|^2026-11-2[123] \d{2}:\d{2}:07/,
    );
  });
});
