import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPageList, parsePageList } from './page-list.ts';

test('reads lists and ranges, sorted and without doubles', () => {
  expect(parsePageList('1-3,5', 9)).toEqual({ ok: true, pages: [1, 2, 3, 5] });
  expect(parsePageList(' 5, 1 - 2 , 2 ', 9)).toEqual({ ok: true, pages: [1, 2, 5] });
  expect(parsePageList('１－３、５', 9)).toEqual({ ok: true, pages: [1, 2, 3, 5] });
});

test('says what is wrong with a list', () => {
  const trouble = (text: string) => {
    const list = parsePageList(text, 9);
    return list.ok ? null : `${list.trouble} ${list.page}`;
  };
  expect(trouble('')).toBe('empty 0');
  expect(trouble('1,,2')).toBe('not-a-list 0');
  expect(trouble('1-')).toBe('not-a-list 0');
  expect(trouble('all')).toBe('not-a-list 0');
  expect(trouble('0')).toBe('missing 0');
  expect(trouble('8-10')).toBe('missing 10');
  expect(trouble('999999999')).toBe('missing 999999999');
  expect(trouble('5-3')).toBe('backwards 5');
  expect(trouble('1,'.repeat(1001))).toBe('too-long 0');
});

test('what is written reads back as the same pages', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (some) => {
      const pages = [...some].sort((a, b) => a - b);
      expect(parsePageList(formatPageList(pages), 60)).toEqual({ ok: true, pages });
    }),
  );
});
