import { expect, test } from 'vitest';
import { parsePdfDate } from './date.ts';

test.each([
  ["D:20261122153000+08'00'", '2026-11-22T07:30:00.000Z'],
  ["D:20261122153000+08'00", '2026-11-22T07:30:00.000Z'],
  ['D:20261122153000-0130', '2026-11-22T17:00:00.000Z'],
  ['D:20261122153000Z', '2026-11-22T15:30:00.000Z'],
  ['D:20261122153000', '2026-11-22T15:30:00.000Z'],
  ['D:2026', '2026-01-01T00:00:00.000Z'],
  ['20261122', '2026-11-22T00:00:00.000Z'],
])('%s is %s', (text, expected) => {
  expect(parsePdfDate(text)?.toISOString()).toBe(expected);
});

test.each(['', 'D:', 'yesterday', 'D:20261322', 'D:20261122250000', undefined])('%s is no date', (text) => {
  expect(parsePdfDate(text)).toBeUndefined();
});
