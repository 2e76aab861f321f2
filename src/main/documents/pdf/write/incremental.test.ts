import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type BuildOptions,
  buildPdf,
  documentNumbers,
  pagesDocument,
} from '../../../../../softhsm-fixtures/documents/build.ts';
import {
  MemorySource,
  PdfDict,
  PdfFile,
  PdfName,
  type PdfObject,
  PdfRef,
  PdfStream,
  PdfString,
  serialize,
} from '../index.ts';
import type { Revision } from '../revisions.ts';
import { IncrementalUpdate, updateBaseOf } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'yinkey-update-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const { catalog, firstPage } = documentNumbers;
const build = (options: BuildOptions = {}) =>
  buildPdf(pagesDocument([{ attributes: '/MediaBox[0 0 595 842]' }]), catalog, options);
/** The same with a cross-reference stream and object streams. */
const packed = (() => {
  writeFileSync(join(dir, 'table.pdf'), build());
  execFileSync('qpdf', ['--object-streams=generate', join(dir, 'table.pdf'), join(dir, 'packed.pdf')]);
  return execFileSync('cat', [join(dir, 'packed.pdf')]);
})();

const open = (bytes: Buffer, password?: string) => PdfFile.open(new MemorySource(bytes), { password });

/** The file with an update, and the update itself. */
function apply(bytes: Buffer, change: (update: IncrementalUpdate, file: PdfFile) => void, password?: string) {
  const file = open(bytes, password);
  const update = new IncrementalUpdate(updateBaseOf(file));
  change(update, file);
  const built = update.build();
  expect(built.chunks.reduce((sum, { length }) => sum + length, 0)).toBe(built.length);
  return { built, bytes: Buffer.concat([bytes, ...built.chunks]) };
}

const note = (text: string) => PdfDict.of({ Note: PdfString.text(text) });

const forms: [string, Buffer][] = [
  ['a table', build()],
  ['a stream', packed],
  ['junk before the header', build({ junkBefore: 'junk\n', offsetsFrom: 'header' })],
  ['no line end behind %%EOF', build().subarray(0, -1)],
];

describe.each(forms)('an update of a file with %s', (name, original) => {
  it('is read back, with the original untouched before it', () => {
    const { bytes, built } = apply(original, (update) => update.put(update.add(note('one')), note('two')));
    expect(bytes.subarray(0, original.length).equals(original)).toBe(true);
    const file = open(bytes);
    expect(file.repaired).toBe(false);
    expect(file.xrefForm).toBe(open(original).xrefForm);
    const [num] = [...file.entries()].filter(([each]) => each >= open(original).nextObjectNumber)[0] ?? [];
    expect(
      file
        .dict(new PdfRef(num as number))
        ?.getString('Note')
        ?.toText(),
    ).toBe('two');
    expect(built.length).toBeLessThan(800);
  });

  it('writes only what changes, and says where the last section was', () => {
    const before = open(original);
    const { bytes } = apply(original, (update) => update.add(note('new')));
    const after = open(bytes);
    expect(after.trailer.getInt('Prev')).toBe(before.lastStartxref);
    const newest = after.revisions().at(-1) as Revision;
    const numbers = [...after.revisionEntries(newest).entries()].map(([num]) => num);
    expect(numbers.every((num) => num >= before.nextObjectNumber)).toBe(true);
    expect(after.trailer.getInt('Size')).toBe(Math.max(...numbers) + 1);
    expect(after.trailer.getRef('Root')).toEqual(before.trailer.getRef('Root'));
  });

  it('may be followed by any number of others', () => {
    let bytes = original;
    const refs: PdfRef[] = [];
    for (let count = 0; count < 5; count++) {
      bytes = apply(bytes, (update, file) => {
        refs.push(update.add(note(`note ${count}`)));
        update.put(new PdfRef(file.page(0).ref.num), file.page(0).dict.clone().set('Count', count));
      }).bytes;
    }
    const file = open(bytes);
    expect(refs.map((ref) => file.dict(ref)?.getString('Note')?.toText())).toEqual(
      [0, 1, 2, 3, 4].map((count) => `note ${count}`),
    );
    expect(file.page(0).dict.getInt('Count')).toBe(4);
    expect(new Set(refs.map(({ num }) => num)).size).toBe(5);
    if (name !== 'junk before the header') {
      writeFileSync(join(dir, 'check.pdf'), bytes);
      expect(() => execFileSync('qpdf', ['--check', join(dir, 'check.pdf')])).not.toThrow();
    }
  });
});

describe('the trailer', () => {
  const idOf = (bytes: Buffer) =>
    (open(bytes).trailer.getArray('ID') ?? []).map((half) => (half as PdfString).bytes.toString('hex'));

  it('keeps the first half of /ID and renews the second', () => {
    const original = build({ trailer: '/ID[<0011><0022>]/Info 4 0 R/Private(kept)' });
    const { bytes } = apply(original, (update) => update.add(null));
    const [first, second] = idOf(bytes);
    expect(first).toBe('0011');
    expect(second).toMatch(/^[0-9a-f]{32}$/);
    expect(open(bytes).trailer.getRef('Info')?.num).toBe(4);
    expect(open(bytes).trailer.getString('Private')?.toText()).toBe('kept');
  });

  it('gains an /ID where there was none', () => {
    expect(idOf(apply(build(), (update) => update.add(null)).bytes)).toHaveLength(2);
  });
});

it('a file that has used up the numbers of objects is refused', () => {
  const original = Buffer.from(
    build()
      .toString('latin1')
      .replace(/\/Size \d+/, '/Size 8388607'),
    'latin1',
  );
  expect(() => apply(original, (update) => update.add(null))).toThrow(
    expect.objectContaining({ code: 'document.too-complex' }),
  );
});

describe('an encrypted file', () => {
  const encrypted = (options: string[]) => {
    const path = join(dir, 'encrypted.pdf');
    execFileSync('qpdf', [
      '--allow-weak-crypto',
      '--encrypt',
      'user',
      'owner',
      ...options,
      '--',
      join(dir, 'table.pdf'),
      path,
    ]);
    return execFileSync('cat', [path]);
  };

  it.each([['40'], ['128', '--use-aes=n'], ['128', '--use-aes=y'], ['256']])(
    '%s %s gets its new strings and streams encrypted',
    (...options) => {
      const refs: PdfRef[] = [];
      const { bytes, built } = apply(
        encrypted(options),
        (update) => {
          refs.push(update.add(note('secret words')));
          refs.push(update.add(new PdfStream(new PdfDict(), Buffer.from('secret stream'))));
          const raw = update.allocate();
          update.putRaw(raw, Buffer.from('(in the clear)'));
        },
        'user',
      );
      const appended = Buffer.concat([...built.chunks]).toString('latin1');
      expect(appended).not.toContain('secret');
      expect(appended).toContain('(in the clear)');
      const file = open(bytes, 'user');
      expect(file.dict(refs[0])?.getString('Note')?.toText()).toBe('secret words');
      expect(file.streamBytes(file.resolve(refs[1]) as PdfStream).toString()).toBe('secret stream');
    },
  );
});

describe('a file whose table is broken', () => {
  it('is made whole, every object of it listed', () => {
    const original = build({ offsetError: 9 });
    expect(open(original).repaired || open(original).pageCount === 1).toBe(true);
    const broken = open(original);
    broken.page(0);
    expect(broken.repaired).toBe(true);
    const update = new IncrementalUpdate(updateBaseOf(broken));
    update.add(note('new'));
    const bytes = Buffer.concat([original, ...update.build().chunks]);
    const file = open(bytes);
    file.page(0);
    expect(file.repaired).toBe(false);
    expect(file.trailer.has('Prev')).toBe(false);
    expect(file.page(0).ref.num).toBe(firstPage);
    writeFileSync(join(dir, 'mended.pdf'), bytes);
    expect(() => execFileSync('qpdf', ['--check', join(dir, 'mended.pdf')])).not.toThrow();
  });

  it('also when its objects are in object streams', () => {
    const text = packed.toString('latin1');
    const original = Buffer.from(text.replace(/startxref\s+\d+/, 'startxref\n1'), 'latin1');
    const { bytes } = apply(original, (update) => update.add(note('new')));
    const file = open(bytes);
    expect(file.page(0).ref).toBeDefined();
    expect(file.repaired).toBe(false);
    writeFileSync(join(dir, 'mended-packed.pdf'), bytes);
    expect(() => execFileSync('qpdf', ['--check', join(dir, 'mended-packed.pdf')])).not.toThrow();
  });
});

it('whatever objects are written are read back the same', () => {
  const leaf: fc.Arbitrary<PdfObject> = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((value) => PdfName.of(value)),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => new PdfString(Buffer.from(bytes))),
    fc.nat(9000).map((num) => new PdfRef(num)),
  );
  const { value } = fc.letrec<{ value: PdfObject }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 8 }), tie('value')), {
          maxLength: 4,
        })
        .map((entries) => new PdfDict(entries)),
    ),
  }));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...forms),
      (objects, [, original]) => {
        let refs: PdfRef[] = [];
        const { bytes } = apply(original, (update) => {
          refs = objects.map((object) => update.add(object));
        });
        const file = open(bytes);
        refs.forEach((ref, index) => {
          expect(serialize(file.get(ref)).toString('latin1')).toBe(
            serialize(objects[index] as PdfObject).toString('latin1'),
          );
        });
      },
    ),
    { numRuns: 150 },
  );
});
