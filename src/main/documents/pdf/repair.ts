import { YinkeyError } from '../../../shared/errors/index.ts';
import { type Budget, damaged, maxObjectNumber } from './limits.ts';
import { PdfDict, PdfRef, PdfStream } from './objects.ts';
import { type IndirectObject, isWhite, Parser } from './parser.ts';
import type { ByteSource } from './source.ts';
import { findForward, streamLength } from './streams.ts';
import { isBroken, type Structure } from './structure.ts';
import { XrefTable } from './xref.ts';

/** What a scan over the whole file found; object streams are left to the caller, who can decrypt them. */
export interface Repair {
  structure: Structure;
  /** The object streams in the order of the file. */
  objectStreams: { ref: PdfRef; offset: number }[];
}

/**
 * Makes up for a broken cross-reference: goes through the file once, block by block, and notes every indirect
 * object (the last definition of a number wins) and every trailer. Data of streams is passed over, so that a PDF
 * inside a PDF isn't mixed in.
 * @throws document.truncated when the end of the file is missing, document.damaged when there is no root
 */
export function repair(source: ByteSource, headerOffset: number, budget: Budget): Repair {
  const table = new XrefTable();
  const objectStreams: Repair['objectStreams'] = [];
  const trailers: PdfDict[] = [];
  const nextObj = finder(source, budget, 'obj');
  const nextTrailer = finder(source, budget, 'trailer');
  let catalog: PdfRef | null = null;
  let lastEnd = headerOffset;
  let pos = headerOffset;
  for (;;) {
    const obj = nextObj(pos);
    const trailer = nextTrailer(pos);
    if (obj === Number.POSITIVE_INFINITY && trailer === Number.POSITIVE_INFINITY) break;
    if (trailer < obj) {
      pos = trailer + 'trailer'.length;
      const dict = attempt(() => new Parser(source, pos, budget).object());
      if (dict instanceof PdfDict) trailers.push(dict);
      continue;
    }
    pos = obj + 'obj'.length;
    const offset = objectStart(new Parser(source, obj, budget), obj);
    if (offset < 0) continue;
    const found = attempt(() => new Parser(source, offset, budget).indirectObject());
    if (found === undefined || found.num > maxObjectNumber) continue;
    const { num, gen, object } = found;
    table.set(num, { kind: 'offset', offset, gen });
    pos = Math.max(pos, endOf(source, budget, found));
    lastEnd = pos;
    if (object instanceof PdfStream) {
      const type = object.dict.getName('Type');
      if (type === 'ObjStm') objectStreams.push({ ref: new PdfRef(num, gen), offset });
      if (type === 'XRef') trailers.push(object.dict);
    } else if (object instanceof PdfDict && object.getName('Type') === 'Catalog') {
      catalog = new PdfRef(num, gen);
    }
  }
  const complete =
    findForward(source, budget, 'startxref', lastEnd) >= 0 ||
    findForward(source, budget, '%%EOF', lastEnd) >= 0;
  if (!complete) throw new YinkeyError('document.truncated');
  const trailer = mergeTrailers(trailers, catalog);
  const structure: Structure = {
    headerOffset,
    shift: 0,
    startxref: 0,
    form: 'table',
    trailer,
    table,
    sections: [],
    repaired: true,
  };
  return { structure, objectStreams };
}

/** Finds a word from rising positions, each byte looked at once. */
function finder(source: ByteSource, budget: Budget, word: string): (from: number) => number {
  let last = -1;
  return (from) => {
    if (last < from) {
      const found = findForward(source, budget, word, from);
      last = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return last;
  };
}

/** The offset of the number before `gen obj`, -1 where the word `obj` isn't the head of an object. */
function objectStart(parser: Parser, obj: number): number {
  let at = obj;
  const back = (test: (byte: number) => boolean, most: number): number => {
    const from = at;
    while (from - at < most && test(parser.byteAt(at - 1))) at--;
    return from - at;
  };
  const digit = (byte: number) => byte >= 0x30 && byte <= 0x39;
  back(isWhite, 16);
  if (back(digit, 5) === 0) return -1;
  if (back(isWhite, 16) === 0) return -1;
  return back(digit, 10) === 0 ? -1 : at;
}

function endOf(source: ByteSource, budget: Budget, found: IndirectObject): number {
  const { object, end } = found;
  if (!(object instanceof PdfStream) || Buffer.isBuffer(object.data)) return end;
  const { offset } = object.data;
  const length = attempt(() => streamLength(source, budget, offset, object.dict.getInt('Length')));
  return length === undefined ? end : offset + length;
}

/** The newest trailer with a root; what older ones know beside it is added. */
function mergeTrailers(trailers: PdfDict[], catalog: PdfRef | null): PdfDict {
  const merged = new PdfDict();
  for (const trailer of [...trailers.filter((each) => each.has('Root'))].reverse()) {
    for (const key of ['Root', 'Encrypt', 'ID', 'Info']) {
      const value = trailer.get(key);
      if (value !== undefined && !merged.has(key)) merged.set(key, value);
    }
  }
  if (!merged.has('Root') && catalog !== null) merged.set('Root', catalog);
  if (!merged.has('Root')) throw damaged('no root');
  return merged;
}

/** The result, or undefined where the bytes are broken; limits are passed on. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isBroken(error)) return undefined;
    throw error;
  }
}
