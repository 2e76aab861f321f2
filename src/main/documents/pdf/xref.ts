import { YinkeyError } from '../../../shared/errors/index.ts';
import { type Budget, damaged, maxGeneration, maxObjectNumber, PdfSyntaxError } from './limits.ts';
import { PdfDict, PdfStream } from './objects.ts';
import { Parser } from './parser.ts';
import type { ByteSource } from './source.ts';

/** Where an object is: free, at an offset of the file, or the n-th object in an object stream. */
export type XrefEntry =
  | { kind: 'free' }
  | { kind: 'offset'; offset: number; gen: number }
  | { kind: 'packed'; stream: number; index: number };

/** How one cross-reference section is written; `hybrid` is a table with an /XRefStm. */
export type XrefForm = 'table' | 'stream' | 'hybrid';

const chunkSize = 1024;
const kinds = { none: 0, free: 1, offset: 2, packed: 3 } as const;

interface Chunk {
  kind: Uint8Array;
  /** Offset in the file, or the number of the object stream. */
  place: Float64Array;
  /** Generation, or the index in the object stream. */
  minor: Uint32Array;
}

/** Object number -> entry, 13 bytes an object, in chunks so that sparse numbers cost little. */
export class XrefTable {
  readonly #chunks = new Map<number, Chunk>();
  #highest = -1;

  /** The highest object number with an entry, -1 without any. */
  get highest(): number {
    return this.#highest;
  }

  get(num: number): XrefEntry | undefined {
    const chunk = this.#chunks.get(Math.floor(num / chunkSize));
    const index = num % chunkSize;
    switch (chunk?.kind[index]) {
      case kinds.free:
        return { kind: 'free' };
      case kinds.offset:
        return { kind: 'offset', offset: chunk.place[index] as number, gen: chunk.minor[index] as number };
      case kinds.packed:
        return { kind: 'packed', stream: chunk.place[index] as number, index: chunk.minor[index] as number };
      default:
        return undefined;
    }
  }

  /** Sets an entry; numbers that PDF doesn't allow are left out. */
  set(num: number, entry: XrefEntry): void {
    if (num < 0 || num > maxObjectNumber) return;
    const key = Math.floor(num / chunkSize);
    let chunk = this.#chunks.get(key);
    if (chunk === undefined) {
      chunk = {
        kind: new Uint8Array(chunkSize),
        place: new Float64Array(chunkSize),
        minor: new Uint32Array(chunkSize),
      };
      this.#chunks.set(key, chunk);
    }
    const index = num % chunkSize;
    chunk.kind[index] = kinds[entry.kind];
    chunk.place[index] = entry.kind === 'offset' ? entry.offset : entry.kind === 'packed' ? entry.stream : 0;
    chunk.minor[index] = entry.kind === 'offset' ? entry.gen : entry.kind === 'packed' ? entry.index : 0;
    if (num > this.#highest) this.#highest = num;
  }

  /** Sets an entry unless there is one: sections are read from the newest to the oldest. */
  setOlder(num: number, entry: XrefEntry): void {
    if (this.get(num) === undefined) this.set(num, entry);
  }

  /** All entries by rising number. */
  *entries(): IterableIterator<[number, XrefEntry]> {
    for (const key of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      for (let num = key * chunkSize; num < (key + 1) * chunkSize; num++) {
        const entry = this.get(num);
        if (entry !== undefined) yield [num, entry];
      }
    }
  }
}

/** One section of the chain: what its trailer says, and how it is written. */
export interface XrefSection {
  /** Where the section starts in the file (of `xref`, or of the cross-reference stream's object number). */
  offset: number;
  form: XrefForm;
  trailer: PdfDict;
  /** The offset after the section's last token. */
  end: number;
}

/** What reading a section needs from the file around it. */
export interface XrefContext {
  source: ByteSource;
  budget: Budget;
  /** Added to every offset that is written in the file. */
  shift: number;
  /** The decoded bytes of a cross-reference stream; such streams are never encrypted. */
  decode(stream: PdfStream): Buffer;
}

type Visit = (num: number, entry: XrefEntry) => void;

/**
 * Reads the section at `offset` (7.5.4, 7.5.8) and shows each entry to `visit`, those that win first. Entries of
 * an /XRefStm are part of the table's section, and come before the table's free entries (7.5.8.4).
 * @throws PdfSyntaxError where no section stands there
 */
export function readSection(context: XrefContext, offset: number, visit: Visit): XrefSection {
  const parser = new Parser(context.source, offset, context.budget);
  parser.skipWhite();
  const start = parser.pos;
  return parser.takeKeyword('xref')
    ? readTable(context, parser, start, visit)
    : readStream(context, parser, start, visit);
}

function readTable(context: XrefContext, parser: Parser, offset: number, visit: Visit): XrefSection {
  const free: number[] = [];
  let first: [number, XrefEntry][] | null = [];
  let num = 0;
  let startsAtOne = false;
  for (;;) {
    if (parser.takeKeyword('trailer')) break;
    const a = parser.takeInteger();
    const b = parser.takeInteger();
    if (a < 0 || b < 0) throw new PdfSyntaxError('cross-reference table', parser.pos);
    const used = parser.takeKeyword('n');
    if (!used && !parser.takeKeyword('f')) {
      // Two numbers and no letter head a subsection. Its count is not needed, and wrong in some files.
      num = a;
      startsAtOne = first !== null && first.length === 0 && a === 1;
      continue;
    }
    // Some writers number from 1 what is object 0: the head of the list of free objects gives it away.
    if (startsAtOne && !used && a === 0 && b === maxGeneration) num = 0;
    startsAtOne = false;
    first = null;
    if (used && a > 0)
      visit(num, { kind: 'offset', offset: a + context.shift, gen: Math.min(b, maxGeneration) });
    else if (num <= maxObjectNumber) free.push(num);
    if (free.length > maxObjectNumber)
      throw new YinkeyError('document.too-complex', { what: 'free objects' });
    num++;
  }
  const trailer = parser.object();
  if (!(trailer instanceof PdfDict)) throw new PdfSyntaxError('trailer', parser.pos);
  const end = parser.pos;
  const hidden = trailer.getInt('XRefStm');
  if (hidden !== undefined) {
    readStream(
      context,
      new Parser(context.source, hidden + context.shift, context.budget),
      hidden + context.shift,
      visit,
    );
  }
  for (const one of free) visit(one, { kind: 'free' });
  return { offset, form: hidden === undefined ? 'table' : 'hybrid', trailer, end };
}

function readStream(context: XrefContext, parser: Parser, offset: number, visit: Visit): XrefSection {
  const { object } = parser.indirectObject();
  if (!(object instanceof PdfStream)) throw new PdfSyntaxError('cross-reference stream', offset);
  const { dict } = object;
  const widths = dict.getArray('W');
  if (dict.getName('Type') !== 'XRef' || widths === undefined)
    throw new PdfSyntaxError('not a cross-reference stream', offset);
  const [w0, w1, w2] = [fieldWidth(widths[0]), fieldWidth(widths[1]), fieldWidth(widths[2])];
  const width = w0 + w1 + w2;
  if (width === 0) throw damaged('cross-reference stream');
  const index = dict.getArray('Index') ?? [0, dict.getInt('Size') ?? 0];
  const data = context.decode(object);
  let at = 0;
  for (let pair = 0; pair + 1 < index.length; pair += 2) {
    const start = index[pair];
    const count = index[pair + 1];
    if (typeof start !== 'number' || typeof count !== 'number' || start < 0 || count < 0)
      throw damaged('cross-reference stream');
    for (let item = 0; item < count && at + width <= data.length; item++, at += width) {
      context.budget.spend(1);
      const type = w0 === 0 ? 1 : field(data, at, w0);
      const second = field(data, at + w0, w1);
      const third = field(data, at + w0 + w1, w2);
      visit(start + item, streamEntry(type, second, third, context.shift));
    }
  }
  return { offset, form: 'stream', trailer: dict, end: endOfStreamObject(context, object) };
}

function streamEntry(type: number, second: number, third: number, shift: number): XrefEntry {
  if (type === 1 && second > 0)
    return { kind: 'offset', offset: second + shift, gen: Math.min(third, maxGeneration) };
  if (type === 2 && second <= maxObjectNumber && third <= maxObjectNumber)
    return { kind: 'packed', stream: second, index: third };
  return { kind: 'free' };
}

function fieldWidth(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 8)
    throw damaged('cross-reference stream');
  return value;
}

function field(data: Buffer, at: number, width: number): number {
  let value = 0;
  for (let index = 0; index < width; index++) value = value * 256 + (data[at + index] as number);
  return value;
}

/** After the stream's data; only used to look for the `startxref` behind it. */
function endOfStreamObject(context: XrefContext, stream: PdfStream): number {
  if (Buffer.isBuffer(stream.data)) return 0;
  const length = stream.dict.getInt('Length') ?? 0;
  const end = stream.data.offset + length;
  return length >= 0 && end <= context.source.size ? end : stream.data.offset;
}
