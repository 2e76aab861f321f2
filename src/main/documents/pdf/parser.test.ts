import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { Budget, type PdfLimits, PdfSyntaxError } from './limits.ts';
import { PdfDict, PdfName, type PdfObject, PdfRef, PdfStream, PdfString } from './objects.ts';
import { Parser } from './parser.ts';
import { MemorySource } from './source.ts';

const parser = (text: string, limits: Partial<PdfLimits> = {}) =>
  new Parser(new MemorySource(Buffer.from(text, 'latin1')), 0, new Budget(limits));
const read = (text: string, limits: Partial<PdfLimits> = {}): PdfObject => parser(text, limits).object();
const string = (text: string): string => {
  const object = read(text);
  if (!(object instanceof PdfString)) throw new Error('not a string');
  return object.bytes.toString('latin1');
};

describe('numbers', () => {
  it.each([
    ['0', 0],
    ['+17', 17],
    ['-98', -98],
    ['34.5', 34.5],
    ['-.002', -0.002],
    ['4.', 4],
    ['.', 0],
    ['--5', -5],
    ['1.2.3', 1.2],
    ['12-3', 12],
    ['007', 7],
    ['99999999999999999999', 1e20],
    ['9'.repeat(500), 3.4e38],
  ])('reads %s', (text, value) => {
    expect(read(text)).toBe(value);
  });
});

describe('strings', () => {
  it.each([
    ['(a(b)c)', 'a(b)c'],
    ['(a\\)b)', 'a)b'],
    ['(\\n\\r\\t\\b\\f\\\\)', '\n\r\t\b\f\\'],
    ['(\\0053)', '\u00053'],
    ['(\\53)', '+'],
    ['(\\400)', '\0'],
    ['(a\\\r\nb)', 'ab'],
    ['(a\r\nb\rc)', 'a\nb\nc'],
    ['(\\q)', 'q'],
    ['<48 65\n6C6c6F7>', 'Hellop'],
    ['<>', ''],
  ])('reads %j', (text, value) => {
    expect(string(text)).toBe(value);
  });

  it('knows where it stands', () => {
    const object = read('  <0041>  ');
    expect(object).toMatchObject({ hex: true, span: { start: 2, end: 8 } });
  });

  it('crosses the border of a window', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16_370, max: 16_390 }), (pad) => {
        expect(read(`${' '.repeat(pad)}(abc\\101 def)`)).toMatchObject({ bytes: Buffer.from('abcA def') });
      }),
    );
  });
});

describe('names, arrays, dictionaries', () => {
  it('undoes #xx in names, and leaves a lone # alone', () => {
    expect(read('/A#20B#2f#zz')).toBe(PdfName.of('A B/#zz'));
    expect(read('/ x')).toBe(PdfName.of(''));
  });

  it('tells references from numbers', () => {
    expect(read('[1 0 R 2 3 4 0 R 5 6]')).toEqual([new PdfRef(1, 0), 2, 3, new PdfRef(4, 0), 5, 6]);
    expect(read('[1 % comment\n 0 % another\n R]')).toEqual([new PdfRef(1, 0)]);
  });

  it('forgives a missing last value and takes the last of two', () => {
    expect(read('<</A 1/A 2/B>>')).toEqual(
      new PdfDict([
        ['A', 2],
        ['B', null],
      ]),
    );
  });

  it.each(['<</A 1', '[1 2', '(abc', '<41', '<4z>', '<<1 2>>', 'foo', ']', '', '%', 'nul', 'truex'])(
    'refuses %j',
    (text) => {
      expect(() => read(text)).toThrow(PdfSyntaxError);
    },
  );
});

describe('indirect objects', () => {
  it('reads the head, the value and where the data of a stream begins', () => {
    for (const eol of ['\r\n', '\n', '\r', ' \n']) {
      const text = `12 3 obj<</Length 4>>\n  stream${eol}data\nendstream endobj`;
      const found = parser(text).indirectObject();
      expect([found.num, found.gen]).toEqual([12, 3]);
      expect(found.object).toBeInstanceOf(PdfStream);
      expect((found.object as PdfStream).data, JSON.stringify(eol)).toEqual({ offset: text.indexOf('data') });
    }
  });

  it('takes an empty object for null', () => {
    expect(parser('1 0 obj endobj').indirectObject().object).toBeNull();
    expect(parser('1 0 obj\n[]\nendobj').indirectObject().object).toEqual([]);
    expect(parser('1 0 obj[/a]endobj').indirectObject().object).toHaveLength(1);
  });

  it.each(['1 obj null', 'x', '-1 0 obj 1', '1 0 ob'])('refuses %j', (text) => {
    expect(() => parser(text).indirectObject()).toThrow(PdfSyntaxError);
  });
});

describe('limits', () => {
  const tooComplex = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return error instanceof YinkeyError ? error.code : error;
    }
    return 'no error';
  };

  it('bounds depth, size and work', () => {
    expect(tooComplex(() => read('['.repeat(100_000)))).toBe('document.too-complex');
    expect(tooComplex(() => read('<</A'.repeat(100_000)))).toBe('document.too-complex');
    expect(tooComplex(() => read(`(${'a'.repeat(5000)})`, { maxStringBytes: 1000 }))).toBe(
      'document.too-complex',
    );
    expect(tooComplex(() => read(`[${'1 '.repeat(5000)}]`, { maxValues: 5000 }))).toBe(
      'document.too-complex',
    );
    expect(tooComplex(() => read(`[${'1 '.repeat(4999)}]`, { maxValues: 5000 }))).toBe('no error');
    expect(tooComplex(() => read(`/${'a'.repeat(100_000)}`))).toBe('document.too-complex');
    expect(tooComplex(() => read(`[${'1 '.repeat(5000)}]`, { maxWork: 1000 }))).toBe('document.too-complex');
    expect(tooComplex(() => read(`${' '.repeat(1_000_000)}1`, { maxWork: 1000 }))).toBe(
      'document.too-complex',
    );
    expect(tooComplex(() => read(`[${'1 '.repeat(200_000)}]`, { maxMillis: -1 }))).toBe(
      'document.too-complex',
    );
  });

  it('reads anything at all, or says why not', () => {
    const syntax = fc.constantFrom(
      '<<',
      '>>',
      '[',
      ']',
      '(',
      ')',
      '<',
      '>',
      '/',
      '%',
      ' ',
      '\n',
      '1',
      '0',
      'R',
      'obj',
      'stream',
      '\\',
      '#',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(syntax, fc.string()), { maxLength: 30 }), (parts) => {
        try {
          read(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(PdfSyntaxError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
