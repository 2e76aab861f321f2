import { randomBytes } from 'node:crypto';
import { YinkeyError } from '../../../../shared/errors/index.ts';
import type { Encryption } from '../encryption.ts';
import type { PdfFile } from '../file.ts';
import { maxObjectNumber } from '../limits.ts';
import { PdfDict, PdfName, type PdfObject, PdfRef, PdfStream, PdfString } from '../objects.ts';
import { type SerializeOptions, serialize } from '../serialize.ts';
import type { XrefEntry, XrefForm } from '../xref.ts';

/** What an update has to know of the file that it goes to. */
export interface UpdateBase {
  /** Bytes of the file as it is. */
  readonly size: number;
  /** Whether the file's last byte ends a line; where not, the update begins with a line end. */
  readonly endsLine: boolean;
  /** How the newest cross-reference section is written. */
  readonly form: XrefForm;
  /** The newest trailer, without references resolved; a cross-reference stream's dictionary will do. */
  readonly trailer: PdfDict;
  /** The newest section's offset as startxref names it; null when there is none worth pointing at. */
  readonly previous: number | null;
  /** Where the file's own offsets count from: the bytes of junk before the header. */
  readonly shift: number;
  /** Above every object number in use. */
  readonly nextNumber: number;
  readonly encryption: Encryption | null;
  /** The first half of the trailer's /ID. */
  readonly id: Buffer | null;
  /** For a file without a sound chain: every object found, all listed anew. Null for any other file. */
  readonly rebuild: readonly (readonly [number, XrefEntry])[] | null;
}

/** The bytes to append, in order, and where each object stands in the file that they make. */
export interface BuiltUpdate {
  readonly chunks: readonly Buffer[];
  readonly length: number;
  /** Where the object's value begins (behind `num gen obj`), from the file's first byte, junk before the header included. */
  valueOffset(ref: PdfRef): number;
}

/** What an update of `file` has to know. To be asked for when everything has been read: reading may lead to a repair. */
export function updateBaseOf(file: PdfFile): UpdateBase {
  const last = file.source.read(file.size - 1, 1)[0];
  const first = file.resolve(file.array(file.trailer.get('ID'))?.[0]);
  return {
    size: file.size,
    endsLine: last === 0x0a || last === 0x0d,
    form: file.xrefForm,
    trailer: file.trailer,
    previous: file.repaired ? null : file.lastStartxref,
    shift: file.offsetShift,
    nextNumber: file.nextObjectNumber,
    encryption: file.encryption,
    id: first instanceof PdfString ? first.bytes : null,
    rebuild: file.repaired ? [...file.entries()] : null,
  };
}

type Content = { object: PdfObject } | { raw: Buffer };

/** Keys of a cross-reference stream, or of one section, that don't go over to the next trailer (7.5.6, 7.5.8.2). */
const sectionKeys = new Set(
  ['Type', 'Size', 'Prev', 'XRefStm', 'Index', 'W', 'ID'].concat([
    'Length',
    'Filter',
    'DecodeParms',
    'F',
    'FFilter',
    'FDecodeParms',
    'DL',
  ]),
);

/**
 * An incremental update (ISO 32000-2, 7.5.6): new and changed objects, then a cross-reference section of the form
 * that the file has, then a trailer that takes over what the last one said. No byte of the file is changed.
 */
export class IncrementalUpdate {
  readonly #base: UpdateBase;
  readonly #contents = new Map<number, { ref: PdfRef; content: Content }>();
  #next: number;

  constructor(base: UpdateBase) {
    this.#base = base;
    this.#next = base.nextNumber;
  }

  /**
   * A number for a new object, to be given to `put` or `putRaw`.
   * @throws document.too-complex when the file has used up all that PDF allows (annex C of ISO 32000-1)
   */
  allocate(): PdfRef {
    // The last one is kept for a cross-reference stream.
    if (this.#next >= maxObjectNumber) throw new YinkeyError('document.too-complex', { what: 'objects' });
    return new PdfRef(this.#next++, 0);
  }

  add(object: PdfObject): PdfRef {
    const ref = this.allocate();
    this.put(ref, object);
    return ref;
  }

  /** The new version of an object. In an encrypted file its strings and stream are encrypted when written. */
  put(ref: PdfRef, object: PdfObject): void {
    this.#contents.set(ref.num, { ref, content: { object } });
  }

  /** An object whose syntax stands already; written as it is, also in an encrypted file. */
  putRaw(ref: PdfRef, raw: Buffer): void {
    this.#contents.set(ref.num, { ref, content: { raw } });
  }

  /** What `put` has set for the object, so that a second change can build on the first. */
  get(ref: PdfRef): PdfObject | undefined {
    const content = this.#contents.get(ref.num)?.content;
    return content && 'object' in content ? content.object : undefined;
  }

  /** How strings of this object are written: for raw objects that hold some. */
  serializeOptions(ref: PdfRef): SerializeOptions {
    const { encryption } = this.#base;
    if (!encryption) return {};
    return { encryptString: (bytes) => encryption.encryptString(ref.num, ref.gen, bytes) };
  }

  /** The update's bytes. Raw objects are not copied: changing their buffers in place changes the update. */
  build(): BuiltUpdate {
    const base = this.#base;
    const chunks: Buffer[] = [];
    const offsets = new Map<number, number>();
    const values = new Map<number, number>();
    let position = base.size;
    const push = (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
      chunks.push(bytes);
      position += bytes.length;
    };
    if (!base.endsLine) push('\n');
    for (const { ref, content } of this.#contents.values()) {
      offsets.set(ref.num, position);
      push(`${ref.num} ${ref.gen} obj\n`);
      values.set(ref.num, position);
      if ('raw' in content) push(content.raw);
      else for (const part of this.#parts(ref, content.object)) push(part);
      push('\nendobj\n');
    }
    const sectionAt = position;
    const packed = base.rebuild?.some(([, entry]) => entry.kind === 'packed') ?? false;
    const form = base.rebuild ? (packed ? 'stream' : 'table') : base.form === 'stream' ? 'stream' : 'table';
    push(form === 'stream' ? this.#streamSection(offsets, sectionAt) : this.#tableSection(offsets));
    push(`startxref\n${sectionAt - base.shift}\n%%EOF\n`);
    return {
      chunks,
      length: position - base.size,
      valueOffset: (ref) => {
        const offset = values.get(ref.num);
        if (offset === undefined) throw new TypeError(`object ${ref} is not in the update`);
        return offset;
      },
    };
  }

  /** The object as syntax, its stream's bytes apart so that a large picture is not copied again and again. */
  #parts(ref: PdfRef, object: PdfObject): (Buffer | string)[] {
    const options = this.serializeOptions(ref);
    if (!(object instanceof PdfStream)) return [serialize(object, options)];
    if (!Buffer.isBuffer(object.data)) throw new TypeError('a stream that is still in a file');
    const { encryption } = this.#base;
    const method = encryption?.methodOf(object.dict.getName('Type'));
    const data = encryption ? encryption.encryptStream(ref.num, ref.gen, object.data, method) : object.data;
    const dict = object.dict.clone().set('Length', data.length);
    // Said in the stream itself (7.4.10): few readers know that /EFF makes an exception of embedded files.
    if (encryption?.embeddedFilter && object.dict.getName('Type') === 'EmbeddedFile' && !dict.has('Filter')) {
      dict.set('Filter', PdfName.of('Crypt'));
      // qpdf wants the /Type, which the standard leaves open.
      const type = PdfName.of('CryptFilterDecodeParms');
      dict.set('DecodeParms', PdfDict.of({ Type: type, Name: PdfName.of(encryption.embeddedFilter) }));
    }
    return [serialize(dict, options), '\nstream\n', data, '\nendstream'];
  }

  /** What the trailer keeps, plus this section's own entries. Trailers are never encrypted. */
  #trailer(size: number): PdfDict {
    const { trailer, previous, id, rebuild, encryption } = this.#base;
    const next = new PdfDict([['Size', size]]);
    for (const [key, value] of trailer.entries()) if (!sectionKeys.has(key)) next.set(key, value);
    if (previous !== null && !rebuild) next.set('Prev', previous);
    // The first half stays for good, the second names this version (14.4). The key of an encrypted file depends on
    // the first half, also on its absence.
    const fresh = randomBytes(16);
    if (id || !encryption) next.set('ID', [new PdfString(id ?? fresh, true), new PdfString(fresh, true)]);
    return next;
  }

  /** Entries by rising object number: those of this update, and all others where the table is made anew. */
  #entries(offsets: ReadonlyMap<number, number>): [number, XrefEntry][] {
    const entries = new Map<number, XrefEntry>();
    if (this.#base.rebuild) {
      for (const [num, entry] of this.#base.rebuild) entries.set(num, entry);
      entries.set(0, { kind: 'free' });
    }
    for (const [num, offset] of offsets) {
      const gen = this.#contents.get(num)?.ref.gen ?? 0;
      entries.set(num, { kind: 'offset', offset, gen });
    }
    return [...entries].sort(([one], [other]) => one - other);
  }

  #tableSection(offsets: ReadonlyMap<number, number>): Buffer {
    const lines: string[] = ['xref\n'];
    for (const run of runs(this.#entries(offsets))) {
      lines.push(`${run[0]?.[0]} ${run.length}\n`);
      for (const [num, entry] of run) lines.push(this.#tableEntry(num, entry));
    }
    lines.push('trailer\n', serialize(this.#trailer(this.#next)).toString('latin1'), '\n');
    return Buffer.from(lines.join(''), 'latin1');
  }

  /** Twenty bytes (7.5.4). */
  #tableEntry(num: number, entry: XrefEntry): string {
    if (entry.kind !== 'offset') return `0000000000 ${num === 0 ? '65535' : '00000'} f \n`;
    const offset = String(entry.offset - this.#base.shift);
    // A table has room for ten digits; such a file would have to use streams all along.
    if (offset.length > 10) throw new YinkeyError('document.too-complex', { what: 'size' });
    return `${offset.padStart(10, '0')} ${String(entry.gen).padStart(5, '0')} n \n`;
  }

  #streamSection(offsets: ReadonlyMap<number, number>, sectionAt: number): Buffer {
    const ref = new PdfRef(this.#next, 0);
    const entries = this.#entries(new Map([...offsets, [ref.num, sectionAt]]));
    const { shift } = this.#base;
    const offsetWidth = bytesFor(Math.max(sectionAt - shift, ref.num));
    const index: number[] = [];
    const rows: Buffer[] = [];
    for (const run of runs(entries)) {
      index.push(run[0]?.[0] as number, run.length);
      const row = Buffer.alloc(run.length * (offsetWidth + 5));
      run.forEach(([num, entry], position) => {
        const at = position * (offsetWidth + 5);
        row.writeUInt8(entry.kind === 'free' ? 0 : entry.kind === 'offset' ? 1 : 2, at);
        const place =
          entry.kind === 'offset' ? entry.offset - shift : entry.kind === 'packed' ? entry.stream : 0;
        row.writeUIntBE(place, at + 1, offsetWidth);
        const minor =
          entry.kind === 'offset'
            ? entry.gen
            : entry.kind === 'packed'
              ? entry.index
              : num === 0
                ? 65_535
                : 0;
        row.writeUInt32BE(minor, at + 1 + offsetWidth);
      });
      rows.push(row);
    }
    const dict = new PdfDict([['Type', PdfName.of('XRef')]]);
    for (const [key, value] of this.#trailer(ref.num + 1).entries()) dict.set(key, value);
    dict.set('Index', index).set('W', [1, offsetWidth, 4]);
    return Buffer.concat([
      Buffer.from(`${ref.num} ${ref.gen} obj\n`, 'latin1'),
      serialize(new PdfStream(dict, Buffer.concat(rows))),
      Buffer.from('\nendobj\n', 'latin1'),
    ]);
  }
}

/** Cuts entries into runs of consecutive object numbers. */
function runs(entries: [number, XrefEntry][]): [number, XrefEntry][][] {
  const result: [number, XrefEntry][][] = [];
  let expected = -1;
  for (const entry of entries) {
    if (entry[0] === expected) result.at(-1)?.push(entry);
    else result.push([entry]);
    expected = entry[0] + 1;
  }
  return result;
}

function bytesFor(value: number): number {
  let width = 1;
  while (value >= 256 ** width) width++;
  return Math.max(2, width);
}
