import { expect, it } from 'vitest';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { parsePages } from './pages.ts';

const codeOf = (expression: string, count = 9) => {
  try {
    return parsePages(expression, count);
  } catch (error) {
    return error instanceof YinkeyError ? error.code : error;
  }
};

it.each([
  ['1', [1]],
  ['all', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [' ALL ', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['1-3,5', [1, 2, 3, 5]],
  ['5, 1 - 3 ,2', [1, 2, 3, 5]],
  ['7-', [7, 8, 9]],
  ['-2', [1, 2]],
])('%j names its pages once, in order', (expression, pages) => {
  expect(parsePages(expression, 9)).toEqual(pages);
});

it.each(['', ',', '1,', '-', 'a', '1-2-3', '1.5', '3-1', '+1', '0x1', '9999999999'])(
  '%j is no list of pages',
  (text) => {
    expect(codeOf(text)).toBe('usage');
  },
);

it.each(['0', '10', '1-10', '8-999999999', '0-3'])('%j names a page that is not there', (text) => {
  expect(codeOf(text)).toBe('document.page-missing');
});
