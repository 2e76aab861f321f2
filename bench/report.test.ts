import { expect, it } from 'vitest';
import { type Figure, median, table, verdictOf } from './report.ts';

const figure = (more: Partial<Figure>): Figure => ({
  part: 'a',
  name: 'start',
  value: 30,
  unit: 'ms',
  ...more,
});

it('takes the middle value, of two the lower', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 7])).toBe(5);
  expect(() => median([])).toThrow(RangeError);
});

it('holds the ratio against the limit where there is one, else the value', () => {
  expect(verdictOf(figure({ ratio: 1.5, limit: 1.5 }))).toBe('within');
  expect(verdictOf(figure({ ratio: 1.5, limit: 1.5, below: true }))).toBe('OVER');
  expect(verdictOf(figure({ limit: 29 }))).toBe('OVER');
  expect(verdictOf(figure({ limit: 30.1, below: true }))).toBe('within');
  expect(verdictOf(figure({ ratio: 9 }))).toBe('reported');
});

it('says in the table what is over', () => {
  const [head, over, kept, counted] = table([
    figure({ ratio: 1.634, against: 'bare Electron', limit: 1.5 }),
    figure({ name: 'memory', value: 96.88, unit: 'MB', limit: 150, below: true }),
    figure({ name: 'processes', value: 7, unit: '' }),
  ]).split('\n');
  expect(head).toContain('ratio');
  expect(over).toMatch(/^\(a\) {2}start +30\.00 ms +1\.63 x +bare Electron +<= 1\.5 +OVER$/);
  expect(kept).toMatch(/memory +96\.88 MB +< 150 +within$/);
  expect(counted).toMatch(/processes +7 +reported$/);
});
