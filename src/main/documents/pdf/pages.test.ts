import { describe, expect, it } from 'vitest';
import { buildPdf } from '../../../../softhsm-fixtures/documents/build.ts';
import { PdfFile } from './file.ts';
import { MemorySource } from './source.ts';

const open = (objects: [number, string][]) =>
  PdfFile.open(new MemorySource(buildPdf(new Map([[1, '<</Type/Catalog/Pages 2 0 R>>'], ...objects]), 1)));
const page = (attributes = '') => `<</Type/Page${attributes}>>`;
const refs = (file: PdfFile) =>
  Array.from({ length: file.pageCount }, (_, index) => file.page(index).ref.num);

describe('the page tree', () => {
  it('is walked in order, however deep', () => {
    const file = open([
      [2, '<</Type/Pages/Count 5/Kids[3 0 R 6 0 R 7 0 R]>>'],
      [3, '<</Type/Pages/Count 2/Kids[4 0 R 5 0 R]>>'],
      [4, page()],
      [5, page()],
      [6, page()],
      [7, '<</Type/Pages/Count 2/Kids[8 0 R]>>'],
      [8, '<</Type/Pages/Count 2/Kids[9 0 R 10 0 R]>>'],
      [9, page()],
      [10, page()],
    ]);
    expect(refs(file)).toEqual([4, 5, 6, 9, 10]);
  });

  it('passes over empty branches', () => {
    const file = open([
      [2, '<</Type/Pages/Count 1/Kids[3 0 R]>>'],
      [3, '<</Type/Pages/Count 1/Kids[4 0 R 5 0 R]>>'],
      [4, '<</Type/Pages/Count 0/Kids[]>>'],
      [5, page()],
    ]);
    expect(refs(file)).toEqual([5]);
  });

  it.each(['99', '0', '-1', '1', '/x', '3 0 R', '99 0 R'])('is counted anew when /Count is %s', (count) => {
    const file = open([
      [2, `<</Type/Pages/Count ${count}/Kids[3 0 R 4 0 R]>>`],
      [3, page()],
      [4, page()],
    ]);
    expect(refs(file)).toEqual([3, 4]);
  });

  it('is counted anew when a branch lies', () => {
    const file = open([
      [2, '<</Type/Pages/Count 3/Kids[3 0 R 6 0 R]>>'],
      [3, '<</Type/Pages/Count 2/Kids[4 0 R]>>'],
      [4, page()],
      [6, page()],
    ]);
    expect(file.page(0).ref.num).toBe(4);
    expect(file.page(1).ref.num).toBe(6);
    expect(() => file.page(2)).toThrow('document.page-missing');
    expect(file.pageCount).toBe(2);
  });

  it('ends where it comes back to itself', () => {
    const file = open([
      [2, '<</Type/Pages/Count 3/Kids[3 0 R 2 0 R 4 0 R]>>'],
      [3, page()],
      [4, '<</Type/Pages/Count 1/Kids[2 0 R 4 0 R]>>'],
    ]);
    // As many kids as pages looks sound, until a page is asked for that isn't one.
    expect(file.page(0).ref.num).toBe(3);
    expect(() => file.page(1)).toThrow('document.page-missing');
    expect(refs(file)).toEqual([3]);
  });

  it('is bounded in depth', () => {
    const deep = Array.from({ length: 500 }, (_, index): [number, string] => [
      index + 2,
      `<</Type/Pages/Count 7/Kids[${index + 3} 0 R]>>`,
    ]);
    expect(() => open([...deep, [502, page()]]).pageCount).not.toThrow();
    expect(() => open([...deep, [502, page()]]).page(0)).toThrow('document.too-complex');
  });
});

describe('a page', () => {
  const only = (attributes: string, tree = '') =>
    open([
      [2, `<</Type/Pages/Count 1/Kids[3 0 R]${tree}>>`],
      [3, page(attributes)],
      [4, '[10 20 300 400]'],
    ]).page(0);

  it('inherits what it does not say itself', () => {
    const inherited = only('', '/MediaBox 4 0 R/Rotate 450/Resources<<>>/CropBox[0 0 200 200]');
    expect(inherited).toMatchObject({
      mediaBox: [10, 20, 300, 400],
      cropBox: [10, 20, 200, 200],
      rotate: 90,
      userUnit: 1,
    });
    expect(inherited.resources).toBeDefined();
    const own = only('/MediaBox[0 0 50 60]/Rotate -90', '/MediaBox 4 0 R/Rotate 90');
    expect(own).toMatchObject({ mediaBox: [0, 0, 50, 60], rotate: 270 });
  });

  it('has a sound box whatever is written', () => {
    for (const box of ['', '/MediaBox[]', '/MediaBox[0 0 0 0]', '/MediaBox[/a 0 1 1]', '/MediaBox(x)']) {
      expect(only(box).mediaBox, box).toEqual([0, 0, 612, 792]);
    }
    expect(only('/MediaBox[300 400 0 0]').mediaBox).toEqual([0, 0, 300, 400]);
    expect(only('/MediaBox[0 0 100 100]/CropBox[200 200 300 300]').cropBox).toEqual([0, 0, 100, 100]);
    expect(only('/Rotate 45').rotate).toBe(0);
    expect(only('/UserUnit 2.5').userUnit).toBe(2.5);
    expect(only('/UserUnit -1').userUnit).toBe(1);
  });

  it('does not inherit /UserUnit', () => {
    expect(only('', '/UserUnit 3').userUnit).toBe(1);
  });
});
