import { describe, expect, test } from 'vitest';
import { MemorySource, PdfDict, type PdfObject } from '../pdf/index.ts';
import { coveredBytes } from './byte-range.ts';

const body = Buffer.from('0123456789<414243>abcdefghij');
const of = (range: PdfObject[], bytes = body) =>
  coveredBytes(new MemorySource(bytes), PdfDict.of({ ByteRange: range }));

describe('/ByteRange', () => {
  test('everything but the hexadecimal string', () => {
    expect(of([0, 10, 18, 10])).toMatchObject({ end: 28, contents: Buffer.from('ABC') });
  });

  test('an earlier revision ends before the file does', () => {
    expect(of([0, 10, 18, 4])?.end).toBe(22);
  });

  test.each([
    ['not from the start', [1, 9, 18, 10]],
    ['a gap that is longer than the string', [0, 10, 19, 9]],
    ['a gap that is shorter', [0, 10, 17, 11]],
    ['a gap before the string', [0, 9, 18, 10]],
    ['ranges that overlap', [0, 20, 18, 10]],
    ['past the end', [0, 10, 18, 11]],
    ['three numbers', [0, 10, 18]],
    ['five numbers', [0, 10, 18, 5, 5]],
    ['a negative number', [0, 10, 18, -1]],
    ['a fraction', [0, 10, 18.5, 5]],
    ['not numbers', [0, 10, null, true]],
    ['nothing after the gap', [0, 10, 18, 0]],
    ['an enormous one', [0, 10, 2 ** 53, 10]],
  ])('%s is refused', (_, range) => {
    expect(of(range)).toBeUndefined();
  });

  test.each(['0123456789<41x243>abcdefghij', '0123456789(414243)abcdefghij', '0123456789<41 243>abcdefghij'])(
    'a gap with other bytes: %s',
    (text) => {
      expect(of([0, 10, 18, 10], Buffer.from(text))).toBeUndefined();
    },
  );
});
