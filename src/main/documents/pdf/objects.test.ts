import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isName, PdfDict, PdfName, PdfRef, PdfString } from './objects.ts';

describe('text strings', () => {
  it('come back as they were, whatever the script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(PdfString.text(text).toText()).toBe(text);
      }),
    );
  });

  it('are plain where ASCII is enough, and UTF-16BE otherwise', () => {
    expect(PdfString.text('Seal').bytes.toString('latin1')).toBe('Seal');
    expect(PdfString.text('印').bytes.toString('hex')).toBe('feff5370');
  });

  it('are read in UTF-16 of both orders, UTF-8 and PDFDocEncoding', () => {
    const text = (hex: string) => new PdfString(Buffer.from(hex, 'hex')).toText();
    expect(text('feff5370')).toBe('印');
    expect(text('fffe7053')).toBe('印');
    expect(text('efbbbfe58db0')).toBe('印');
    expect(text('41a080e9')).toBe('A€•é');
    expect(text('181f')).toBe('˘˜');
    expect(text('feff53')).toBe('');
  });
});

describe('dictionaries', () => {
  it('give a value only as what it is', () => {
    const dict = PdfDict.of({
      N: PdfName.of('Sig'),
      I: 3,
      R: 1.5,
      A: [1],
      S: PdfString.text('x'),
      Ref: new PdfRef(4),
      B: true,
    });
    expect([
      dict.getName('N'),
      dict.getName('I'),
      dict.getInt('I'),
      dict.getInt('R'),
      dict.getNumber('R'),
    ]).toEqual(['Sig', undefined, 3, undefined, 1.5]);
    expect([dict.getArray('A'), dict.getArray('S'), dict.getDict('A'), dict.getBoolean('B')]).toEqual([
      [1],
      undefined,
      undefined,
      true,
    ]);
    expect(dict.getRef('Ref')?.equals(new PdfRef(4, 0))).toBe(true);
    expect(isName(dict.get('N'), 'Sig')).toBe(true);
  });

  it('are copied one level deep', () => {
    const dict = PdfDict.of({ A: 1 });
    const copy = dict.clone().set('A', 2).set('B', 3);
    expect([dict.get('A'), dict.has('B'), copy.get('A')]).toEqual([1, false, 2]);
  });

  it('take the names of built-in properties for keys like any other', () => {
    const dict = new PdfDict();
    expect(dict.get('__proto__')).toBeUndefined();
    expect(dict.set('constructor', 1).get('constructor')).toBe(1);
  });
});
