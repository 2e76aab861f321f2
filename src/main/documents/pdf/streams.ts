import { YinkeyError } from '../../../shared/errors/index.ts';
import { decodeFilter } from './filters.ts';
import { type Budget, damaged } from './limits.ts';
import { PdfDict, PdfName, type PdfObject } from './objects.ts';
import { isWhite, Parser } from './parser.ts';
import type { ByteSource } from './source.ts';

const blockSize = 64 * 1024;
const maxFilters = 16;

/** Finds the bytes `needle` at or after `from`; -1 where there are none. Reads block by block. */
export function findForward(
  source: ByteSource,
  budget: Budget,
  needle: string,
  from: number,
  until = source.size,
): number {
  let at = from;
  while (at + needle.length <= until) {
    const block = source.read(at, Math.min(blockSize, until - at));
    const found = block.indexOf(needle, 0, 'latin1');
    budget.spendBytes(found < 0 ? block.length : found);
    if (found >= 0) return at + found;
    if (at + block.length >= until) break;
    at += block.length - needle.length + 1;
  }
  return -1;
}

/** Finds the last `needle` that starts before `from`, looking back at most `distance` bytes; -1 without one. */
export function findBackward(
  source: ByteSource,
  budget: Budget,
  needle: string,
  from: number,
  distance: number,
): number {
  const floor = Math.max(0, from - distance);
  let end = from;
  while (end > floor) {
    const start = Math.max(floor, end - blockSize);
    // The overlap lets a needle that starts in this block end in the next.
    const block = source.read(start, end - start + needle.length - 1);
    budget.spendBytes(block.length);
    const found = block.lastIndexOf(needle, block.length, 'latin1');
    if (found >= 0 && start + found < end) return start + found;
    end = start;
  }
  return -1;
}

/**
 * The length of a stream's encoded data (7.3.8.2): as declared when `endstream` stands behind it, otherwise up to
 * the first `endstream` that is found.
 * @throws document.damaged when the stream has no end
 */
export function streamLength(
  source: ByteSource,
  budget: Budget,
  offset: number,
  declared: number | undefined,
): number {
  if (declared !== undefined && declared >= 0 && offset + declared <= source.size) {
    const parser = new Parser(source, offset + declared, budget);
    // No more than a line end belongs before it; a blank or two are forgiven.
    for (let count = 0; count < 4 && isWhite(parser.byteAt(parser.pos)); count++) parser.pos++;
    if (parser.takeKeyword('endstream') || parser.takeKeyword('endobj')) return declared;
  }
  let end = findForward(source, budget, 'endstream', offset);
  if (end < 0) end = findForward(source, budget, 'endobj', offset);
  if (end < 0) throw damaged('stream without end');
  const before = source.read(Math.max(offset, end - 2), end - Math.max(offset, end - 2));
  if (before.at(-1) === 0x0a) end -= before.at(-2) === 0x0d ? 2 : 1;
  else if (before.at(-1) === 0x0d) end -= 1;
  return end - offset;
}

/** The filters of a stream and their parameters, in the order in which they are undone. */
export function streamFilters(
  dict: PdfDict,
  resolve: (object: PdfObject) => PdfObject,
): { name: string; parms: PdfDict | undefined }[] {
  const names = asArray(resolve(dict.get('Filter') ?? null));
  const parms = asArray(resolve(dict.get('DecodeParms') ?? dict.get('DP') ?? null));
  if (names.length > maxFilters) throw new YinkeyError('document.too-complex', { what: 'filters' });
  return names.map((item, index) => {
    const name = resolve(item);
    if (!(name instanceof PdfName)) throw damaged('filter');
    const parm = resolve(parms[index] ?? null);
    return { name: name.value, parms: parm instanceof PdfDict ? resolveValues(parm, resolve) : undefined };
  });
}

function asArray(object: PdfObject): PdfObject[] {
  if (object === null) return [];
  return Array.isArray(object) ? object : [object];
}

function resolveValues(dict: PdfDict, resolve: (object: PdfObject) => PdfObject): PdfDict {
  return new PdfDict([...dict.entries()].map(([key, value]) => [key, resolve(value)] as const));
}

/** Undoes all filters of a stream; a /Crypt filter was undone with the encryption. */
export function decodeStream(
  dict: PdfDict,
  raw: Buffer,
  budget: Budget,
  maxBytes: number,
  resolve: (object: PdfObject) => PdfObject,
): Buffer {
  let bytes = raw;
  for (const { name, parms } of streamFilters(dict, resolve)) {
    if (name === 'Crypt') continue;
    bytes = decodeFilter(name, bytes, parms, maxBytes);
    budget.spendBytes(bytes.length);
  }
  return bytes;
}
