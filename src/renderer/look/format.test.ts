import { describe, expect, it } from 'vitest';
import { createTexts, type Language } from '../../shared/i18n/index.ts';
import { daysWords } from './days.ts';
import type { Translate } from './describe-error.ts';
import {
  formatBytes,
  formatDate,
  formatDateLong,
  formatDateTime,
  formatDateTimeLong,
  formatMm,
  formatNumber,
  holderName,
  inGroups,
  serialParts,
} from './format.ts';

// Local noon: the same day in every time zone that the test may run in.
const noon = new Date(2026, 10, 22, 12, 4, 7).toISOString();

describe('dates', () => {
  it('are short in lists and long in sentences', () => {
    expect(formatDate(noon)).toBe('2026-11-22');
    expect(formatDateTime(noon)).toBe('2026-11-22 12:04');
    expect(formatDateLong(noon, 'zh-CN')).toBe('2026年11月22日');
    expect(formatDateLong(noon, 'en')).toBe('22 November 2026');
    expect(formatDateTimeLong(noon, 'zh-CN')).toBe('2026年11月22日 12:04:07');
  });

  it('are left out where there is none', () => {
    expect(formatDate(null)).toBe('');
    expect(formatDate('never')).toBe('');
    expect(formatDateLong('', 'en')).toBe('');
  });
});

describe('numbers', () => {
  it('have groups, millimetres one digit, sizes a unit', () => {
    expect(formatNumber(1090, 'zh-CN')).toBe('1,090');
    expect(formatMm(42, 'en')).toBe('42.0');
    expect(formatMm(1042.25, 'en')).toBe('1042.3');
    expect(formatBytes(312, 'en')).toBe('312 B');
    expect(formatBytes(4200, 'en')).toBe('4.2 kB');
    expect(formatBytes(96_000_000, 'zh-CN')).toBe('96.0 MB');
  });
});

describe('serialParts', () => {
  it.each([
    ['0B217C9055E14F7A', '0B21 7C90 55E1', '4F7A'],
    ['217C9055E14F7A', '21 7C90 55E1', '4F7A'],
    ['12-34-5678', '12-34-', '5678'],
    ['4F7A', '', '4F7A'],
    ['', '', ''],
  ])('%s', (serial, head, last) => expect(serialParts(serial)).toEqual({ head, last }));
});

it('long hex goes in groups', () => {
  expect(inGroups('4a7f00c1d2e39b')).toBe('4A7F 00C1 D2E3 9B');
  expect(inGroups('')).toBe('');
});

describe('daysWords', () => {
  const words = (
    language: Language,
    daysLeft: number,
    validity: 'valid' | 'soon' | 'expired' | 'not-yet-valid',
  ) =>
    daysWords(createTexts(language).t as unknown as Translate, language, {
      daysLeft,
      validity,
      notAfter: noon,
      notBefore: noon,
    });
  it.each([
    ['zh-CN', 1090, 'valid', '剩余 1,090 天', false, false],
    ['zh-CN', 63, 'soon', '剩余 63 天', false, false],
    ['zh-CN', 30, 'soon', '剩余 30 天', false, true],
    ['en', 1, 'soon', '1 day left', false, true],
    ['en', 0, 'soon', 'expires today', false, true],
    ['en', -41, 'expired', 'expired 41 days ago', true, false],
    ['en', 0, 'expired', 'expired 1 day ago', true, false],
    ['zh-CN', 400, 'not-yet-valid', '尚未生效', false, true],
  ] as const)('%s %i %s: %s', (language, daysLeft, validity, left, over, urgent) => {
    expect(words(language, daysLeft, validity)).toMatchObject({ left, over, urgent });
  });
});

it('a holder is not told the unit twice', () => {
  expect(holderName({ holder: '示范中心 公章', unit: '示范中心' })).toBe('公章');
  expect(holderName({ holder: '示范中心', unit: '示范中心' })).toBe('示范中心');
  expect(holderName({ holder: '杨守印', unit: '示范中心' })).toBe('杨守印');
  expect(holderName({ holder: '杨守印', unit: '' })).toBe('杨守印');
});
