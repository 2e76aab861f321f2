import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectStream } from '../../../../softhsm-fixtures/documents/build.ts';
import { PdfFile } from './file.ts';
import { PdfRef } from './objects.ts';
import { MemorySource } from './source.ts';
import { XrefTable } from './xref.ts';

/** What one section of a random file says: numbers above those of the catalog and the page tree. */
interface Section {
  form: 'table' | 'stream';
  /** Object number -> what the section does with it. */
  objects: Map<number, 'free' | 'plain' | 'packed'>;
  eol: string;
  flate: boolean;
}

const section: fc.Arbitrary<Section> = fc.record({
  form: fc.constantFrom('table', 'stream'),
  objects: fc
    .array(fc.tuple(fc.integer({ min: 10, max: 60 }), fc.constantFrom('free', 'plain', 'plain', 'packed')), {
      maxLength: 20,
    })
    .map((entries) => new Map(entries)),
  eol: fc.constantFrom(' \n', '\r\n', ' \r', '\n', ' \r\n'),
  flate: fc.boolean(),
});

/** Writes the sections one behind the other, and tells what each object is in the end. */
function build(
  sections: Section[],
  junk: string,
  shifted: boolean,
): { bytes: Buffer; values: Map<number, number | null> } {
  const base = shifted ? junk.length : 0;
  let body = `${junk}%PDF-1.5\n`;
  const values = new Map<number, number | null>();
  let previous = '';
  sections.forEach((each, index) => {
    const rows = new Map<number, [number, number, number]>();
    const put = (num: number, text: string) => {
      rows.set(num, [1, body.length - base, 0]);
      body += `${num} 0 obj ${text} endobj\n`;
    };
    if (index === 0) {
      rows.set(0, [0, 0, 65_535]);
      put(1, '<</Type/Catalog/Pages 2 0 R>>');
      put(2, '<</Type/Pages/Kids[]/Count 0>>');
    }
    const packed: [number, string][] = [];
    for (const [num, kind] of each.objects) {
      const value = index * 1000 + num;
      // A table can't tell of packed objects.
      const real = kind === 'packed' && each.form === 'table' ? 'plain' : kind;
      if (real === 'plain') put(num, `${value}`);
      else if (real === 'packed') packed.push([num, `${value}`]);
      else rows.set(num, [0, 0, 1]);
      values.set(num, real === 'free' ? null : value);
    }
    const container = 100 + 2 * index;
    if (packed.length > 0) {
      put(container, objectStream(packed));
      packed.forEach(([num], place) => {
        rows.set(num, [2, container, place]);
      });
    }
    const numbers = [...rows.keys()].sort((a, b) => a - b);
    const trailer = `/Size 300/Root 1 0 R${previous}`;
    const start = body.length - base;
    if (each.form === 'table') {
      body += 'xref\n';
      for (const num of numbers) {
        const [type, offset, gen] = rows.get(num) as [number, number, number];
        const line = `${String(offset).padStart(10, '0')} ${String(gen).padStart(5, '0')} ${type === 0 ? 'f' : 'n'}`;
        body += `${num} 1\n${line}${each.eol}`;
      }
      body += `trailer <<${trailer}>>\n`;
    } else {
      const own = container + 1;
      rows.set(own, [1, start, 0]);
      const data = Buffer.concat(
        [...numbers, own].map((num) => {
          const [type, second, third] = rows.get(num) as [number, number, number];
          const row = Buffer.alloc(6);
          row.writeUInt8(type);
          row.writeUIntBE(second, 1, 3);
          row.writeUInt16BE(third, 4);
          return row;
        }),
      );
      const stored = each.flate ? deflateSync(data) : data;
      const filter = each.flate ? '/Filter/FlateDecode' : '';
      const index_ = [...numbers, own].map((num) => `${num} 1`).join(' ');
      body += `${own} 0 obj <</Type/XRef/W[1 3 2]/Index[${index_}]${filter}/Length ${stored.length}${trailer}>>stream\n`;
      body += `${stored.toString('latin1')}\nendstream endobj\n`;
    }
    body += `startxref ${start}\n%%EOF\n`;
    previous = `/Prev ${start}`;
  });
  return { bytes: Buffer.from(body, 'latin1'), values };
}

describe('cross-references', () => {
  it('lead to every object, in whatever form they are written', () => {
    fc.assert(
      fc.property(
        fc.array(section, { minLength: 1, maxLength: 5 }),
        fc.constantFrom('', 'junk\n', '\0\0\0'),
        fc.boolean(),
        (sections, junk, shifted) => {
          const { bytes, values } = build(sections, junk, shifted);
          const file = PdfFile.open(new MemorySource(bytes));
          expect(file.repaired).toBe(false);
          expect(file.xrefForm).toBe(sections.at(-1)?.form);
          for (const [num, value] of values) expect(file.get(new PdfRef(num)), `object ${num}`).toBe(value);
          expect(file.revisions().length).toBe(sections.length);
          expect(file.revisions().at(-1)?.end).toBe(bytes.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are made up for when the last of them is lost, and lead to every object that is left', () => {
    fc.assert(
      fc.property(fc.array(section, { minLength: 1, maxLength: 3 }), (sections) => {
        const { bytes, values } = build(sections, '', false);
        const text = bytes.toString('latin1').replace(/startxref \d+/g, 'startxref 3');
        const file = PdfFile.open(new MemorySource(Buffer.from(text, 'latin1')));
        expect(file.repaired).toBe(true);
        for (const [num, value] of values) {
          // A scan can't see that an object was freed: it finds an older definition again.
          if (value !== null) expect(file.get(new PdfRef(num)), `object ${num}`).toBe(value);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('XrefTable', () => {
  it('keeps what it is told, sparse or dense', () => {
    const entry = fc.oneof(
      fc.constant({ kind: 'free' as const }),
      fc.record({ kind: fc.constant('offset' as const), offset: fc.nat(2 ** 40), gen: fc.nat(65_535) }),
      fc.record({
        kind: fc.constant('packed' as const),
        stream: fc.nat(8_388_607),
        index: fc.nat(8_388_607),
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(fc.nat(50), fc.nat(8_388_607)), entry)), (list) => {
        const table = new XrefTable();
        for (const [num, each] of list) table.set(num, each);
        const expected = new Map(list);
        expect(new Map(table.entries())).toEqual(new Map([...expected].sort(([a], [b]) => a - b)));
        expect(table.highest).toBe(Math.max(-1, ...expected.keys()));
      }),
      { numRuns: 50 },
    );
  });

  it('leaves out numbers that PDF does not allow, and never lets an older section win', () => {
    const table = new XrefTable();
    table.set(8_388_608, { kind: 'free' });
    table.set(-1, { kind: 'free' });
    expect(table.highest).toBe(-1);
    table.setOlder(5, { kind: 'free' });
    table.setOlder(5, { kind: 'offset', offset: 9, gen: 0 });
    expect(table.get(5)).toEqual({ kind: 'free' });
  });
});
