import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  appendUpdate,
  buildPdf,
  objectStream,
  pagesDocument,
  type RawObjects,
} from '../../../../softhsm-fixtures/documents/build.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { type OpenOptions, PdfFile } from './file.ts';
import type { PdfLimits } from './limits.ts';
import { PdfRef, PdfStream, type PdfString } from './objects.ts';
import { type ByteSource, MemorySource, PrefixSource } from './source.ts';

const open = (bytes: Buffer | string, options?: OpenOptions) =>
  PdfFile.open(new MemorySource(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes), options);

/** The code of what was thrown; anything that isn't a YinkeyError comes through as it is. */
function code(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error instanceof YinkeyError ? error.code : error;
  }
  return 'no error';
}

const catalog = '<</Type/Catalog/Pages 2 0 R>>';
const noPages = '<</Type/Pages/Kids[]/Count 0>>';
const withObjects = (entries: [number, string][]): RawObjects =>
  new Map([[1, catalog], [2, noPages], ...entries]);
const built = (entries: [number, string][], limits?: Partial<PdfLimits>) =>
  open(buildPdf(withObjects(entries), 1), { limits });
const simple = buildPdf(pagesDocument([{ attributes: '/MediaBox[0 0 595 842]' }]), 1);

describe('what is no PDF', () => {
  it.each([
    ['', 'document.empty'],
    ['hello', 'document.not-pdf'],
    ['PK\u0003\u0004 a zip', 'document.not-pdf'],
    [`${' '.repeat(2000)}%PDF-1.7`, 'document.not-pdf'],
    ['%PDF-1.7', 'document.truncated'],
    ['%PDF-1.7\n1 0 obj\n<</Type/Catalog', 'document.truncated'],
    ['%PDF-1.7\nstartxref\n0\n%%EOF', 'document.damaged'],
    [
      '%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\ntrailer <</Root 1 0 R>>\nstartxref\n0\n%%EOF',
      'document.damaged',
    ],
    ['%PDF-1.7\ntrailer <</Root 1 0 R>>\nstartxref\n99999999999999999999999\n%%EOF', 'document.damaged'],
  ])('%j is refused', (text, expected) => {
    expect(code(() => open(text))).toBe(expected);
  });

  it('is told apart from a file that was cut off, wherever it was cut', () => {
    for (let size = 9; size < simple.length - 8; size++) {
      const result = code(() => open(simple.subarray(0, size)));
      // Only a cut inside the words at the very end leaves a file that a scan can make whole.
      expect(['document.truncated', 'document.damaged', 'no error'], `${size} bytes`).toContain(result);
      if (size < simple.lastIndexOf('startxref')) expect(result, `${size} bytes`).toBe('document.truncated');
    }
  });
});

describe('streams', () => {
  const stream = (dict: string, data: string) => `<<${dict}>>\nstream\n${data}\nendstream`;
  const bytesOf = (file: PdfFile, num: number, options = {}) => {
    const object = file.get(new PdfRef(num));
    if (!(object instanceof PdfStream)) throw new Error('not a stream');
    return file.streamBytes(object, options).toString('latin1');
  };

  it.each([
    ['right', '/Length 4'],
    ['missing', ''],
    ['too long', '/Length 40'],
    ['too short', '/Length 1'],
    ['negative', '/Length -4'],
    ['huge', '/Length 99999999999999'],
    ['no number', '/Length/x'],
    ['indirect', '/Length 4 0 R'],
    ['an object that does not exist', '/Length 77 0 R'],
    ['the stream itself', '/Length 3 0 R'],
    ['a circle', '/Length 5 0 R'],
  ])('are read when /Length is %s', (_, length) => {
    const file = built([
      [3, stream(length, 'data')],
      [4, '4'],
      [5, '6 0 R'],
      [6, '5 0 R'],
    ]);
    expect(bytesOf(file, 3)).toBe('data');
    expect(file.streamSpan(file.get(new PdfRef(3)) as PdfStream)?.length).toBe(4);
    expect(file.repaired).toBe(false);
  });

  it('are read when /Length is in an object stream whose own /Length is in it', () => {
    const packed = objectStream([
      [3, '4'],
      [6, '9'],
    ]).replace(/\/Length \d+/, '/Length 6 0 R');
    const objects = new Map([
      [1, catalog],
      [2, noPages],
      [4, packed],
      [5, stream('/Length 3 0 R', 'data')],
    ]);
    const text = buildPdf(objects, 1).toString('latin1');
    // A cross-reference that says: 3 and 6 are in 4.
    const broken = open(Buffer.from(text.replace(/startxref\n\d+/, 'startxref\n1'), 'latin1'));
    expect(broken.entry(3)).toEqual({ kind: 'packed', stream: 4, index: 0 });
    expect(bytesOf(broken, 5)).toBe('data');
    expect(broken.get(new PdfRef(6))).toBe(9);
  });

  it('go through several filters, with indirect names and parameters', () => {
    const inner = deflateSync(Buffer.from([2, 1, 2, 2, 1, 1])).toString('hex');
    const file = built([
      [3, stream('/Filter[/AHx 4 0 R]/DecodeParms[null 5 0 R]/Length 6 0 R', `${inner}>`)],
      [4, '/FlateDecode'],
      [5, '<</Predictor 12/Columns 7 0 R>>'],
      [6, `${inner.length + 1}`],
      [7, '2'],
    ]);
    expect(Buffer.from(bytesOf(file, 3), 'latin1')).toEqual(Buffer.from([1, 2, 2, 3]));
    expect(bytesOf(file, 3, { decode: false })).toBe(`${inner}>`);
  });

  it('are bounded in what they decode to, and in how often', () => {
    const bomb = deflateSync(Buffer.alloc(3_000_000));
    const twice = deflateSync(bomb).toString('latin1');
    const file = built([
      [3, stream('/Filter[/FlateDecode/FlateDecode]', twice)],
      [4, stream(`/Filter[${'/AHx'.repeat(50)}]`, '41')],
      [5, stream('/Filter/JPXDecode', 'x')],
    ]);
    expect(code(() => bytesOf(file, 3, { maxBytes: 1_000_000 }))).toBe('document.too-complex');
    expect(bytesOf(file, 3).length).toBe(3_000_000);
    expect(code(() => bytesOf(file, 4))).toBe('document.too-complex');
    expect(code(() => bytesOf(file, 5))).toBe('document.damaged');
    expect(code(() => bytesOf(file, 5, { decode: false, maxBytes: 0 }))).toBe('document.too-complex');
  });
});

describe('references', () => {
  it('to nothing are null, and circles are damage', () => {
    const file = built([
      [3, '4 0 R'],
      [4, '3 0 R'],
      [5, '6 0 R'],
      [6, '42'],
    ]);
    expect(file.resolve(new PdfRef(99))).toBeNull();
    expect(file.resolve(new PdfRef(6, 1))).toBeNull();
    expect(file.resolve(new PdfRef(5))).toBe(42);
    expect(code(() => file.resolve(new PdfRef(3)))).toBe('document.damaged');
    expect(file.resolve(undefined)).toBeNull();
  });

  it('are followed by the typed getters', () => {
    const file = built([
      [3, '[1]'],
      [4, '<</A 1>>'],
    ]);
    expect(file.array(new PdfRef(3))).toEqual([1]);
    expect(file.array(new PdfRef(4))).toBeUndefined();
    expect(file.dict(new PdfRef(4))?.get('A')).toBe(1);
    expect(file.dict(null)).toBeUndefined();
  });
});

describe('object streams', () => {
  it('that hold themselves or each other are damage, not a loop', () => {
    const rows = [
      [10, 2, 11, 0],
      [11, 2, 10, 0],
      [12, 2, 12, 0],
    ];
    const data = Buffer.concat(
      rows.map(([num, type, second, third]) =>
        Buffer.from([num as number, type as number, second as number, third as number].slice(1)),
      ),
    );
    let body = '%PDF-1.5\n';
    const offset1 = body.length;
    body += `1 0 obj ${catalog} endobj\n`;
    const offset2 = body.length;
    body += `2 0 obj ${noPages} endobj\n`;
    const start = body.length;
    const all = Buffer.concat([Buffer.from([1, offset1, 0, 1, offset2, 0]), data]).toString('latin1');
    body += `3 0 obj <</Type/XRef/W[1 1 1]/Index[1 2 10 3]/Size 20/Root 1 0 R/Length ${all.length}>>stream\n${all}\nendstream endobj\n`;
    body += `startxref ${start} %%EOF`;
    for (const num of [10, 11, 12])
      expect(
        code(() => open(body).get(new PdfRef(num))),
        `${num}`,
      ).not.toBeInstanceOf(Error);
  });

  it('are found by a number that stands in another place than the index says', () => {
    const packed = objectStream([
      [4, '(four)'],
      [5, '(five)'],
    ]);
    const text = buildPdf(withObjects([[3, packed]]), 1).toString('latin1');
    const file = open(Buffer.from(text.replace(/startxref\n\d+/, 'startxref\n0'), 'latin1'));
    expect((file.get(new PdfRef(5)) as PdfString).toText()).toBe('five');
    expect(file.get(new PdfRef(9))).toBeNull();
  });
});

describe('cross-reference chains', () => {
  it('end where they come back to themselves', () => {
    const text = simple.toString('latin1');
    const startxref = text.lastIndexOf('xref', text.lastIndexOf('startxref') - 1);
    const looped = text.replace('/Root 1 0 R', `/Root 1 0 R/Prev ${startxref}`);
    expect(open(looped).pageCount).toBe(1);
    expect(open(looped).repaired).toBe(false);
  });

  it('are bounded in length', () => {
    let file = simple;
    for (let count = 0; count < 30; count++)
      file = appendUpdate(file, new Map([[3, `<</Count ${count}>>`]]), 1);
    expect(open(file).revisions().length).toBe(31);
    expect(code(() => open(file, { limits: { maxSections: 20 } }))).toBe('document.too-complex');
  });

  it('do not reserve memory for what they claim', () => {
    const text = simple.toString('latin1').replace(/\/Size \d+/, '/Size 999999999999');
    const file = open(text);
    expect(file.nextObjectNumber).toBe(file.maxObjectNumber + 1);
    const stream = (index: string, size: number) => {
      let body = `%PDF-1.5\n1 0 obj ${catalog} endobj\n2 0 obj ${noPages} endobj\n`;
      const start = body.length;
      body += `3 0 obj <</Type/XRef/W[1 1 1]/Index[${index}]/Size ${size}/Root 1 0 R/Length 3>>stream\n\u0001\u0001\0\nendstream endobj\n`;
      return `${body}startxref ${start} %%EOF`;
    };
    for (const index of ['0 99999999999', '99999999999999 5', '-5 10', '0 1e9', '/x 1']) {
      expect(
        code(() => open(stream(index, 2 ** 31)).pageCount),
        index,
      ).toBe('no error');
    }
  });

  it('number from 0 even when a table says 1', () => {
    const text = simple.toString('latin1').replace(/xref\n0 (\d+)/, 'xref\n1 $1');
    const file = open(text);
    expect([file.repaired, file.pageCount, file.page(0).ref.num]).toEqual([false, 1, 4]);
  });
});

describe('repair', () => {
  it('happens when an object is not where the table says, once, and finds the last definition', () => {
    const text = appendUpdate(simple, new Map([[3, '(new)']]), 1).toString('latin1');
    const at = text.lastIndexOf('3 1\n') + 4;
    const wrong = `${text.slice(0, at)}0000000012${text.slice(at + 10)}`;
    const file = open(wrong);
    expect(file.repaired).toBe(false);
    expect((file.get(new PdfRef(3)) as PdfString).toText()).toBe('new');
    expect(file.repaired).toBe(true);
    expect(file.revisions()).toEqual([]);
  });

  it('passes over a PDF inside a PDF', () => {
    const inside = buildPdf(
      new Map([
        [1, '(inside)'],
        [3, '(inside)'],
      ]),
      1,
    ).toString('latin1');
    const bytes = buildPdf(
      withObjects([
        [3, '(outside)'],
        [4, `<</Length ${inside.length}>>\nstream\n${inside}\nendstream`],
      ]),
      1,
      {
        startxrefError: 1,
      },
    );
    const file = open(bytes);
    expect(file.repaired).toBe(true);
    expect((file.get(new PdfRef(3)) as PdfString).toText()).toBe('outside');
    expect(file.catalog.getName('Type')).toBe('Catalog');
  });

  it('finds the catalog without a trailer', () => {
    const text = simple.toString('latin1').replace(/xref\n0[\s\S]*startxref/, 'startxref');
    expect(open(text).pageCount).toBe(1);
  });

  it('is linear in the size of the file, whatever is in it', () => {
    const limits = { maxWork: 2_000_000 };
    const nasty = [
      '1 0 obj (',
      '1 0 obj <<',
      '1 0 obj [',
      '1 0 obj <',
      'obj ',
      'trailer ',
      'trailer <<',
      '1 0 obj <<>> stream\n',
      '%',
      '1 0 obj <</A ',
    ];
    for (const each of nasty) {
      const result = code(() => open(`%PDF-1.4\n${each.repeat(20_000)}\nstartxref\n5\n%%EOF`, { limits }));
      expect(['document.damaged', 'document.too-complex', 'document.truncated'], each).toContain(result);
    }
  });
});

describe('revisions', () => {
  it('tell what each added, and open as the file stood then', () => {
    const first = simple;
    const second = appendUpdate(first, new Map([[3, '(second)']]), 1);
    const third = appendUpdate(
      second,
      new Map([
        [3, '(third)'],
        [9, '(new)'],
      ]),
      1,
    );
    const source = new MemorySource(third);
    const file = PdfFile.open(source);
    const revisions = file.revisions();
    expect(revisions.map(({ end }) => end)).toEqual([first.length, second.length, third.length]);
    expect([...file.revisionEntries(revisions[2] as never).entries()].map(([num]) => num)).toEqual([3, 9]);
    expect((file.get(new PdfRef(3)) as PdfString).toText()).toBe('third');
    const before = PdfFile.open(new PrefixSource(source, revisions[1]?.end ?? 0));
    expect((before.get(new PdfRef(3)) as PdfString).toText()).toBe('second');
    expect(before.get(new PdfRef(9))).toBeNull();
    expect(file.lastStartxref).toBe(revisions[2]?.startxref);
    expect(file.nextObjectNumber).toBe(10);
  });
});

describe('version', () => {
  it('is the later of the two that are written', () => {
    const of = (header: string, entry: string) =>
      open(
        buildPdf(
          new Map([
            [1, `<</Type/Catalog/Pages 2 0 R${entry}>>`],
            [2, noPages],
          ]),
          1,
          { version: header },
        ),
      ).version;
    expect([
      of('1.4', '/Version/1.7'),
      of('1.7', '/Version/1.4'),
      of('2.0', ''),
      of('1.4', '/Version/9'),
    ]).toEqual(['1.7', '1.7', '2.0', '1.4']);
  });
});

describe('reading', () => {
  it('takes no more of a file than it needs', () => {
    let read = 0;
    const inner = new MemorySource(simple);
    const counting: ByteSource = {
      size: inner.size,
      read: (offset, length) => {
        const bytes = inner.read(offset, length);
        read += bytes.length;
        return bytes;
      },
    };
    PdfFile.open(counting).page(0);
    expect(read).toBeLessThan(40 * simple.length);
  });
});
