import { YinkeyError } from '../../../shared/errors/index.ts';
import { Encryption } from './encryption.ts';
import { Budget, damaged, maxObjectNumber, type PdfLimits, PdfSyntaxError } from './limits.ts';
import { PdfDict, PdfName, type PdfObject, PdfRef, PdfStream, PdfString } from './objects.ts';
import { type PageInfo, PageTree } from './pages.ts';
import { Parser } from './parser.ts';
import { repair } from './repair.ts';
import { type Revision, readRevisions, revisionEntries } from './revisions.ts';
import { type ByteSource, MemorySource } from './source.ts';
import { decodeStream, streamFilters, streamLength } from './streams.ts';
import { findHeader, isBroken, readStructure, type Structure, xrefContext } from './structure.ts';
import type { XrefEntry, XrefForm, XrefTable } from './xref.ts';

/** How a file is opened. */
export interface OpenOptions {
  /** User or owner password; without one the empty password is tried. */
  password?: string | undefined;
  limits?: Partial<PdfLimits> | undefined;
}

const maxReferenceChain = 32;
const objectCacheBytes = 8 * 1024 * 1024;
const packedCacheBytes = 16 * 1024 * 1024;
const maxPackedObjects = 500_000;

/** About how much memory an object takes that was `bytes` long and held so many values. */
function weight(bytes: number, values: number): number {
  return bytes + 250 * values;
}

/** An object stream, decoded: object numbers and where each object starts. */
interface Packed {
  source: ByteSource;
  numbers: number[];
  offsets: number[];
}

/**
 * A PDF file that is read where it is needed: opening it reads its cross-reference and its catalog, nothing else.
 * All methods throw YinkeyError only, with codes document.damaged and document.too-complex beside those named.
 */
export class PdfFile {
  /** The bytes it is read from. An earlier revision is opened from a PrefixSource of them. */
  readonly source: ByteSource;
  readonly headerVersion: string;
  readonly #budget: Budget;
  readonly #password: string | undefined;
  #structure: Structure;
  #encryption: Encryption | null = null;
  #encryptRef: PdfRef | null = null;
  #pages: PageTree | null = null;
  readonly #objects = new LeastRecent<PdfObject>(objectCacheBytes);
  readonly #packed = new LeastRecent<Packed>(packedCacheBytes);
  /** Object streams being read and streams whose length is being looked up: they can't be asked for again. */
  readonly #busy = new Set<string>();
  readonly #lengths = new WeakMap<PdfStream, number>();

  private constructor(source: ByteSource, options: OpenOptions) {
    this.source = source;
    this.#budget = new Budget(options.limits);
    this.#password = options.password;
    const header = findHeader(source);
    this.headerVersion = header.version;
    try {
      this.#structure = readStructure(source, header.offset, this.#budget);
      this.#openEncryption();
    } catch (error) {
      if (!isBroken(error)) throw error;
      this.#structure = this.#repair(header.offset);
    }
    if (!this.#hasPages() && !this.repaired) this.#structure = this.#repair(header.offset);
    if (!this.#hasPages()) throw damaged('catalog');
  }

  /**
   * Opens a file.
   * @throws document.empty, document.not-pdf, document.truncated, document.damaged, document.too-complex,
   * document.password-needed, document.password-wrong, document.encryption-unsupported
   */
  static open(source: ByteSource, options: OpenOptions = {}): PdfFile {
    return guarded(() => new PdfFile(source, options));
  }

  /** Bytes of the file. */
  get size(): number {
    return this.source.size;
  }

  /** The offset of `%PDF-`. */
  get headerOffset(): number {
    return this.#structure.headerOffset;
  }

  /** What has to be added to offsets written in this file to get offsets in the source: 0 or the header's offset. */
  get offsetShift(): number {
    return this.#structure.shift;
  }

  /** The version: the header's, or the catalog's /Version where that is later (7.2.2). */
  get version(): string {
    const later = this.catalog.getName('Version');
    return later !== undefined && /^\d\.\d$/.test(later) && later > this.headerVersion
      ? later
      : this.headerVersion;
  }

  /** The newest trailer, or the dictionary of the newest cross-reference stream. */
  get trailer(): PdfDict {
    return this.#structure.trailer;
  }

  /** How the newest cross-reference section is written: an update has to be written alike (7.5.8.4). */
  get xrefForm(): XrefForm {
    return this.#structure.form;
  }

  /** The number behind the last `startxref`, as written: what /Prev of an update says. 0 in a repaired file. */
  get lastStartxref(): number {
    return this.#structure.startxref;
  }

  /** The cross-reference was broken and made up for by a scan. May become true while reading goes on. */
  get repaired(): boolean {
    return this.#structure.repaired;
  }

  /** The highest object number with an entry in the cross-reference. */
  get maxObjectNumber(): number {
    return this.#structure.table.highest;
  }

  /** The first object number that is free for new objects: no lower than the trailer's /Size. */
  get nextObjectNumber(): number {
    const size = this.trailer.getInt('Size') ?? 0;
    return Math.max(size > maxObjectNumber ? 0 : size, this.maxObjectNumber + 1, 1);
  }

  /** The encryption that the file was opened with; null where it has none. */
  get encryption(): Encryption | null {
    return this.#encryption;
  }

  /** The document catalog (7.7.2). */
  get catalog(): PdfDict {
    const catalog = this.resolve(this.trailer.get('Root'));
    if (!(catalog instanceof PdfDict)) throw damaged('catalog');
    return catalog;
  }

  /** Where an object is according to the cross-reference; undefined where it has no entry. */
  entry(num: number): XrefEntry | undefined {
    return this.#structure.table.get(num);
  }

  /** All entries of the cross-reference by rising number. */
  entries(): IterableIterator<[number, XrefEntry]> {
    return this.#structure.table.entries();
  }

  /** The indirect object; null where there is none (7.3.10). Shared: clone it before changing it. */
  get(ref: PdfRef): PdfObject {
    return guarded(() => {
      try {
        return this.#read(ref);
      } catch (error) {
        if (!isBroken(error) || this.repaired) throw error;
        // The table points to something else than this object: no part of it can be trusted any more.
        this.#structure = this.#repair(this.headerOffset);
        return this.#read(ref);
      }
    });
  }

  /** The object behind a reference, or the object itself; undefined gives null. */
  resolve(object: PdfObject | undefined): PdfObject {
    let current = object ?? null;
    for (let step = 0; current instanceof PdfRef; step++) {
      if (step >= maxReferenceChain) throw damaged('references in a circle');
      current = this.get(current);
    }
    return current;
  }

  /** A dictionary's value with its reference followed; undefined where it isn't a dictionary (a stream's counts). */
  dict(object: PdfObject | undefined): PdfDict | undefined {
    const value = this.resolve(object);
    if (value instanceof PdfStream) return value.dict;
    return value instanceof PdfDict ? value : undefined;
  }

  /** An array with its reference followed; undefined where it isn't one. */
  array(object: PdfObject | undefined): PdfObject[] | undefined {
    const value = this.resolve(object);
    return Array.isArray(value) ? value : undefined;
  }

  /**
   * A stream's bytes, decrypted, and decoded unless `decode` is false.
   * @throws document.too-complex when they are more than `maxBytes` (32 MB without it)
   */
  streamBytes(stream: PdfStream, options: { decode?: boolean; maxBytes?: number } = {}): Buffer {
    return guarded(() => {
      const maxBytes = options.maxBytes ?? this.#budget.limits.maxStreamBytes;
      const raw = this.#rawStream(stream, maxBytes);
      if (options.decode === false) return raw;
      return decodeStream(stream.dict, raw, this.#budget, maxBytes, (object) => this.resolve(object));
    });
  }

  /** Where a stream's encoded bytes stand in the file; null for a stream made in memory. */
  streamSpan(stream: PdfStream): { offset: number; length: number } | null {
    const { data } = stream;
    if (Buffer.isBuffer(data)) return null;
    return guarded(() => ({ offset: data.offset, length: this.#streamLength(stream, data.offset) }));
  }

  /** How many pages there are. */
  get pageCount(): number {
    return guarded(() => this.#tree.count);
  }

  /**
   * A page, counted from 0, with what it inherits.
   * @throws document.page-missing
   */
  page(index: number): PageInfo {
    return guarded(() => this.#tree.page(index));
  }

  /** The file's revisions, oldest first (7.5.6); a repaired file has none to tell. */
  revisions(): Revision[] {
    return guarded(() => readRevisions(this.source, this.#budget, this.#structure.sections));
  }

  /** What a revision's cross-reference says: object number -> entry, for the objects it adds, changes or frees. */
  revisionEntries(revision: Revision): XrefTable {
    return guarded(() => revisionEntries(this.#context(), revision));
  }

  get #tree(): PageTree {
    this.#pages ??= new PageTree(this, this.catalog.get('Pages') ?? null, this.#budget);
    return this.#pages;
  }

  #context() {
    return xrefContext(this.source, this.#budget, this.#structure.shift);
  }

  #hasPages(): boolean {
    try {
      const catalog = this.#resolveStrictly(this.#structure.trailer.get('Root'));
      return catalog instanceof PdfDict && this.#resolveStrictly(catalog.get('Pages')) instanceof PdfDict;
    } catch (error) {
      if (isBroken(error)) return false;
      throw error;
    }
  }

  /** Like `resolve`, without a repair on the way. */
  #resolveStrictly(object: PdfObject | undefined): PdfObject {
    let current = object ?? null;
    for (let step = 0; current instanceof PdfRef && step < maxReferenceChain; step++)
      current = this.#read(current);
    return current;
  }

  #read(ref: PdfRef): PdfObject {
    const { num, gen } = ref;
    const entry = this.#structure.table.get(num);
    if (entry === undefined || entry.kind === 'free') return null;
    if ((entry.kind === 'offset' ? entry.gen : 0) !== gen) return null;
    const known = this.#objects.get(num);
    if (known !== undefined) return known;
    if (entry.kind === 'packed') return this.#readPacked(num, entry.stream, entry.index);
    const parser = new Parser(this.source, entry.offset, this.#budget);
    const found = parser.indirectObject();
    if (found.num !== num || found.gen !== gen)
      throw new PdfSyntaxError(`object ${num} is not here`, entry.offset);
    const object = this.#decryptStrings(found.object, num, gen);
    this.#objects.set(num, object, weight(found.end - entry.offset, parser.values));
    return object;
  }

  #readPacked(num: number, streamNum: number, index: number): PdfObject {
    const packed = this.#objectStream(streamNum);
    const at = packed.numbers[index] === num ? index : packed.numbers.indexOf(num);
    if (at < 0) return null;
    const parser = new Parser(packed.source, packed.offsets[at] as number, this.#budget);
    const object = parser.object();
    this.#objects.set(num, object, weight(parser.pos - (packed.offsets[at] as number), parser.values));
    return object;
  }

  /** An object stream (7.5.7). */
  #objectStream(num: number): Packed {
    const known = this.#packed.get(num);
    if (known !== undefined) return known;
    const entry = this.#structure.table.get(num);
    if (entry?.kind !== 'offset') throw damaged('object stream');
    return this.#alone(`objects ${num}`, () => {
      const stream = this.#read(new PdfRef(num, entry.gen));
      if (!(stream instanceof PdfStream)) throw damaged('object stream');
      const count = this.#resolveStrictly(stream.dict.get('N'));
      const first = this.#resolveStrictly(stream.dict.get('First'));
      const bytes = this.streamBytes(stream);
      if (typeof count !== 'number' || typeof first !== 'number' || first < 0) throw damaged('object stream');
      if (count > maxPackedObjects) throw new YinkeyError('document.too-complex', { what: 'objects' });
      const packed: Packed = { source: new MemorySource(bytes), numbers: [], offsets: [] };
      const parser = new Parser(packed.source, 0, this.#budget);
      for (let index = 0; index < count; index++) {
        const number = parser.takeInteger();
        const offset = parser.takeInteger();
        if (number < 0 || offset < 0) break;
        packed.numbers.push(number);
        packed.offsets.push(first + offset);
      }
      this.#packed.set(num, packed, bytes.length + packed.numbers.length * 16);
      return packed;
    });
  }

  #alone<T>(what: string, work: () => T): T {
    if (this.#busy.has(what)) throw damaged('object that needs itself');
    this.#busy.add(what);
    try {
      return work();
    } finally {
      this.#busy.delete(what);
    }
  }

  #rawStream(stream: PdfStream, maxBytes: number): Buffer {
    if (Buffer.isBuffer(stream.data)) return stream.data;
    const { offset } = stream.data;
    const length = this.#streamLength(stream, offset);
    if (length > maxBytes) throw new YinkeyError('document.too-complex', { what: 'stream' });
    this.#budget.spendBytes(length);
    const bytes = this.source.read(offset, length);
    if (this.#encryption === null || stream.ref === null) return bytes;
    const type = stream.dict.getName('Type');
    if (type === 'XRef') return bytes;
    if (type === 'Metadata' && !this.#encryption.encryptMetadata) return bytes;
    const own = streamFilters(stream.dict, (object) => this.resolve(object)).find(
      ({ name }) => name === 'Crypt',
    );
    const method = own
      ? this.#encryption.method(own.parms?.getName('Name') ?? 'Identity')
      : this.#encryption.methodOf(type);
    return this.#encryption.decryptStream(stream.ref.num, stream.ref.gen, bytes, method);
  }

  #streamLength(stream: PdfStream, offset: number): number {
    let length = this.#lengths.get(stream);
    if (length === undefined) {
      length = streamLength(this.source, this.#budget, offset, this.#declaredLength(stream));
      this.#lengths.set(stream, length);
    }
    return length;
  }

  /** /Length, where it can be had: a length that can't be read without itself counts as missing. */
  #declaredLength(stream: PdfStream): number | undefined {
    const length = stream.dict.get('Length');
    if (typeof length === 'number') return Number.isSafeInteger(length) ? length : undefined;
    if (!(length instanceof PdfRef)) return undefined;
    try {
      const value = this.#alone(`length ${length.num}`, () => this.#resolveStrictly(length));
      return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
    } catch (error) {
      if (isBroken(error)) return undefined;
      throw error;
    }
  }

  #openEncryption(): void {
    this.#encryption = null;
    const value = this.#structure.trailer.get('Encrypt');
    this.#encryptRef = value instanceof PdfRef ? value : null;
    if (value === undefined || value === null) return;
    const dict = this.#resolveDeeply(value, 0);
    if (!(dict instanceof PdfDict)) throw damaged('encryption dictionary');
    const id = this.#resolveStrictly(this.#structure.trailer.get('ID'));
    const first = Array.isArray(id) ? this.#resolveStrictly(id[0]) : null;
    const idBytes = first instanceof PdfString ? first.bytes : Buffer.alloc(0);
    this.#encryption = Encryption.open(dict, idBytes, this.#password);
    // What was read without the key (the dictionary itself) stays right; all else is read anew.
    this.#objects.clear();
  }

  /** The encryption dictionary with its few levels resolved. */
  #resolveDeeply(object: PdfObject, depth: number): PdfObject {
    const value = this.#resolveStrictly(object);
    if (!(value instanceof PdfDict) || depth > 4) return value;
    return new PdfDict(
      [...value.entries()].map(([key, item]) => [key, this.#resolveDeeply(item, depth + 1)] as const),
    );
  }

  /**
   * Decrypts the strings of an object that was read from the file itself. Not those of the encryption dictionary
   * (7.6.2), nor the /Contents of a signature, which is written in the clear.
   */
  #decryptStrings(object: PdfObject, num: number, gen: number): PdfObject {
    const encryption = this.#encryption;
    if (encryption === null || this.#encryptRef?.num === num) return object;
    const walk = (value: PdfObject): PdfObject => {
      if (value instanceof PdfString) {
        return new PdfString(encryption.decryptString(num, gen, value.bytes), value.hex, value.span);
      }
      if (Array.isArray(value)) return value.map(walk);
      if (value instanceof PdfDict) {
        const clear = isSignature(value) ? 'Contents' : null;
        for (const [key, item] of value.entries()) if (key !== clear) value.set(key, walk(item));
      } else if (value instanceof PdfStream && value.dict.getName('Type') !== 'XRef') walk(value.dict);
      return value;
    };
    return walk(object);
  }

  /** Replaces the cross-reference by what a scan finds. */
  #repair(headerOffset: number): Structure {
    const { structure, objectStreams } = repair(this.source, headerOffset, this.#budget);
    this.#objects.clear();
    this.#packed.clear();
    this.#pages = null;
    this.#structure = structure;
    this.#openEncryption();
    for (const { ref, offset } of objectStreams) {
      const current = structure.table.get(ref.num);
      if (current?.kind !== 'offset' || current.offset !== offset) continue;
      this.#addPacked(structure, ref.num, offset);
    }
    return structure;
  }

  /** Notes the objects of an object stream, unless something later in the file defines them again. */
  #addPacked(structure: Structure, streamNum: number, offset: number): void {
    let packed: Packed;
    try {
      packed = this.#objectStream(streamNum);
    } catch (error) {
      if (isBroken(error)) return;
      throw error;
    }
    packed.numbers.forEach((num, index) => {
      const entry = structure.table.get(num);
      if (entry?.kind === 'offset' && entry.offset > offset) return;
      structure.table.set(num, { kind: 'packed', stream: streamNum, index });
    });
  }
}

/** A signature dictionary (12.8.1), whose /Contents is not encrypted. */
function isSignature(dict: PdfDict): boolean {
  const type = dict.get('Type');
  const named = type instanceof PdfName && (type.value === 'Sig' || type.value === 'DocTimeStamp');
  return (named || type === undefined) && dict.has('ByteRange') && dict.has('Contents');
}

/** Runs a piece of reading; a syntax error that nothing could make up for becomes `document.damaged`. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PdfSyntaxError) throw damaged(error.message, error);
    throw error;
  }
}

/** A cache of what was used last, bounded by the sum of the sizes it is told. */
class LeastRecent<T> {
  readonly #items = new Map<number, { value: T; size: number }>();
  readonly #limit: number;
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: number): T | undefined {
    const item = this.#items.get(key);
    if (item === undefined) return undefined;
    this.#items.delete(key);
    this.#items.set(key, item);
    return item.value;
  }

  set(key: number, value: T, size: number): void {
    const old = this.#items.get(key);
    if (old !== undefined) {
      this.#total -= old.size;
      this.#items.delete(key);
    }
    this.#items.set(key, { value, size });
    this.#total += size;
    for (const [oldest, item] of this.#items) {
      if (this.#total <= this.#limit || oldest === key) break;
      this.#items.delete(oldest);
      this.#total -= item.size;
    }
  }

  clear(): void {
    this.#items.clear();
    this.#total = 0;
  }
}
