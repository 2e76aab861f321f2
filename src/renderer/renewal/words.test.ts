import { describe, expect, it } from 'vitest';
import { renewalCheckSchema, renewalEventSchema, renewalStepSchema } from '../../shared/domain/renewal.ts';
import { createTexts, languages } from '../../shared/i18n/index.ts';
import type { Translate } from '../look/index.ts';
import { drawn } from './QrCode.tsx';
import { historyTime, money, span } from './words.ts';

const t = (language: 'zh-CN' | 'en') => createTexts(language).t as unknown as Translate;

it('money is exact to the fen', () => {
  expect(money(t('zh-CN'), 'zh-CN', 120000)).toBe('1,200.00 元');
  expect(money(t('en'), 'en', 7)).toBe('CNY 0.07');
  expect(money(t('en'), 'en', 123456789)).toBe('CNY 1,234,567.89');
});

it('time is in seconds, then in minutes', () => {
  expect([span(t('en'), 1), span(t('en'), 119), span(t('zh-CN'), 130)]).toEqual([
    '1 second',
    '119 seconds',
    '2 分 10 秒',
  ]);
});

it('the history has the hour today, and the day before that', () => {
  const noon = new Date(2026, 10, 22, 12, 4);
  expect(historyTime(noon.toISOString(), noon)).toBe('12:04');
  expect(historyTime(new Date(2026, 10, 20, 9, 0).toISOString(), noon)).toBe('11-20');
});

describe.each(languages)('texts in %s', (language) => {
  it('exist for every word of the contract', () => {
    const said = t(language);
    const keys = [
      ...renewalEventSchema.options.map((word) => `history.${word}`),
      ...renewalStepSchema.options.map((word) => `step.${word}`),
      ...renewalCheckSchema.shape.name.options.map((word) => `check.${word}`),
    ];
    for (const key of keys) expect(said(`renewal:${key}`, { defaultValue: '' }), key).not.toBe('');
  });
});

it('a QR code is drawn as runs of a row, within its quiet zone', () => {
  const { size, path } = drawn('http://127.0.0.1:8080/pay/abcdefghijklmnop');
  const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)/g)].map((run) => run.slice(1).map(Number));
  expect((size - 8 - 17) % 4).toBe(0);
  // The upper edge of the finder pattern: seven dark modules, four from each side.
  expect(runs[0]).toEqual([4, 4, 7]);
  for (const [x = 0, y = 0, length = 0] of runs) {
    expect(x >= 4 && y >= 4 && x + length <= size - 4 && y < size - 4).toBe(true);
  }
});
