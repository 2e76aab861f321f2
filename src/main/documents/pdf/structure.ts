import { YinkeyError } from '../../../shared/errors/index.ts';
import { type Budget, damaged, PdfSyntaxError } from './limits.ts';
import { PdfDict, type PdfStream } from './objects.ts';
import { Parser } from './parser.ts';
import type { ByteSource } from './source.ts';
import { decodeStream, findBackward, streamLength } from './streams.ts';
import { readSection, type XrefContext, type XrefForm, type XrefSection, XrefTable } from './xref.ts';

/** The skeleton of a file: where its objects are, and what the newest trailer says. */
export interface Structure {
  /** The offset of `%PDF-`: bytes may stand before it. */
  headerOffset: number;
  /** What has to be added to offsets written in the file: 0, or `headerOffset` where they count from the header. */
  shift: number;
  /** The number behind the last `startxref` as it is written there; 0 after a repair. */
  startxref: number;
  form: XrefForm;
  trailer: PdfDict;
  table: XrefTable;
  /** The chain of cross-reference sections, newest first; empty after a repair. */
  sections: XrefSection[];
  repaired: boolean;
}

const headerSearch = 1024;
/** Bytes after the last %%EOF that are looked through for it: mail gateways and scanners append some. */
const tailSearch = 256 * 1024;

/**
 * Finds `%PDF-` (7.5.2).
 * @throws document.empty, document.not-pdf
 */
export function findHeader(source: ByteSource): { offset: number; version: string } {
  if (source.size === 0) throw new YinkeyError('document.empty');
  const head = source.read(0, headerSearch + 16);
  const offset = head.indexOf('%PDF-', 0, 'latin1');
  if (offset < 0 || offset > headerSearch) throw new YinkeyError('document.not-pdf');
  const version = /^\d\.\d/.exec(head.toString('latin1', offset + 5, offset + 8))?.[0] ?? '1.0';
  return { offset, version };
}

/**
 * Reads the chain of cross-reference sections from the last `startxref` (7.5.5).
 * @throws PdfSyntaxError or document.damaged where it is broken: then the file wants a repair
 */
export function readStructure(source: ByteSource, headerOffset: number, budget: Budget): Structure {
  const keyword = findBackward(source, budget, 'startxref', source.size, tailSearch);
  if (keyword < 0) throw new PdfSyntaxError('no startxref', source.size);
  const parser = new Parser(source, keyword + 'startxref'.length, budget);
  const startxref = parser.takeInteger();
  if (startxref < 0) throw new PdfSyntaxError('startxref', keyword);
  const shifts = headerOffset > 0 ? [0, headerOffset] : [0];
  let failure: unknown;
  for (const shift of shifts) {
    try {
      return {
        headerOffset,
        startxref,
        repaired: false,
        ...readChain(xrefContext(source, budget, shift), startxref + shift),
      };
    } catch (error) {
      if (!isBroken(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Whether an error means bytes that can't be read as PDF (and not that a limit was reached). */
export function isBroken(error: unknown): boolean {
  return (
    error instanceof PdfSyntaxError || (error instanceof YinkeyError && error.code === 'document.damaged')
  );
}

/** A context whose cross-reference streams are decoded without references: they may not have any (7.5.8.2). */
export function xrefContext(source: ByteSource, budget: Budget, shift: number): XrefContext {
  const decode = (stream: PdfStream) => {
    if (Buffer.isBuffer(stream.data)) return stream.data;
    const limit = budget.limits.maxStreamBytes;
    const length = streamLength(source, budget, stream.data.offset, stream.dict.getInt('Length'));
    if (length > limit) throw new YinkeyError('document.too-complex', { what: 'stream' });
    return decodeStream(
      stream.dict,
      source.read(stream.data.offset, length),
      budget,
      limit,
      (object) => object,
    );
  };
  return { source, budget, shift, decode };
}

function readChain(
  context: XrefContext,
  offset: number,
): Pick<Structure, 'shift' | 'form' | 'trailer' | 'table' | 'sections'> {
  const table = new XrefTable();
  const sections: XrefSection[] = [];
  const seen = new Set<number>();
  let next: number | undefined = offset;
  while (next !== undefined && !seen.has(next)) {
    seen.add(next);
    if (sections.length >= context.budget.limits.maxSections)
      throw new YinkeyError('document.too-complex', { what: 'revisions' });
    const section = readSection(context, next, (num, entry) => table.setOlder(num, entry));
    sections.push(section);
    // A /Prev of 0 is found where there is none.
    const prev: number | undefined = section.trailer.getInt('Prev');
    next = prev === undefined || prev <= 0 ? undefined : prev + context.shift;
  }
  const newest = sections[0];
  if (newest === undefined || !(newest.trailer instanceof PdfDict) || !newest.trailer.has('Root'))
    throw damaged('trailer');
  return { shift: context.shift, form: newest.form, trailer: newest.trailer, table, sections };
}
