/**
 * The PDF object model (ISO 32000-2, 7.3). Numbers, booleans and null are plain JavaScript values, arrays are
 * JavaScript arrays; the rest has a small class each. Objects are shared between callers of the reader:
 * clone before changing one.
 */
export type PdfObject =
  | null
  | boolean
  | number
  | PdfName
  | PdfString
  | PdfObject[]
  | PdfDict
  | PdfStream
  | PdfRef;

export type PdfArray = PdfObject[];

const names = new Map<string, PdfName>();
/** Interned names are bounded, so that a hostile file can't fill the memory with them. */
const maxInternedNames = 4096;
const maxInternedLength = 64;

/** A name without its solidus. `value` holds its bytes, one character (0-255) each, after `#xx` was undone. */
export class PdfName {
  readonly value: string;

  private constructor(value: string) {
    this.value = value;
  }

  /** The name with these bytes (Latin-1 characters). Compare names by `value`. */
  static of(value: string): PdfName {
    let name = names.get(value);
    if (name === undefined) {
      name = new PdfName(value);
      if (names.size < maxInternedNames && value.length <= maxInternedLength) names.set(value, name);
    }
    return name;
  }
}

/** Where a token stands in the file: from the first delimiter up to and without the byte after the last. */
export interface Span {
  start: number;
  end: number;
}

/** A string as bytes. `hex` tells the written form, `span` where it stands when it was read from a file. */
export class PdfString {
  readonly bytes: Buffer;
  readonly hex: boolean;
  readonly span: Span | null;

  constructor(bytes: Buffer, hex = false, span: Span | null = null) {
    this.bytes = bytes;
    this.hex = hex;
    this.span = span;
  }

  /** A text string (7.9.2.2): plain ASCII where that is enough, UTF-16BE with its byte order mark otherwise. */
  static text(value: string): PdfString {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range, with its control characters
    if (/^[\x09\x0a\x0d\x20-\x7e]*$/.test(value)) return new PdfString(Buffer.from(value, 'latin1'));
    const bytes = Buffer.from(`\ufeff${value}`, 'utf16le');
    return new PdfString(bytes.swap16(), true);
  }

  /** The text of a text string: UTF-16BE, UTF-16LE (found in the wild) or UTF-8 by its mark, else PDFDocEncoding. */
  toText(): string {
    const { bytes } = this;
    if (bytes[0] === 0xfe && bytes[1] === 0xff) {
      return Buffer.from(bytes.subarray(2, bytes.length & ~1))
        .swap16()
        .toString('utf16le');
    }
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString('utf16le');
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
      return bytes.subarray(3).toString('utf8');
    let text = '';
    for (const byte of bytes) text += pdfDocCharacter(byte);
    return text;
  }
}

// PDFDocEncoding where it differs from Latin-1 (ISO 32000-2, annex D.2).
const docEncoding18 = '\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc';
const docEncoding80 =
  '\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203a\u2212\u2030\u201e\u201c\u201d\u2018' +
  '\u2019\u201a\u2122\ufb01\ufb02\u0141\u0152\u0160\u0178\u017d\u0131\u0142\u0153\u0161\u017e\ufffd\u20ac';

function pdfDocCharacter(byte: number): string {
  if (byte >= 0x18 && byte < 0x20) return docEncoding18.charAt(byte - 0x18);
  if (byte >= 0x80 && byte <= 0xa0) return docEncoding80.charAt(byte - 0x80);
  return String.fromCharCode(byte);
}

/** A reference to an indirect object, `12 0 R`. */
export class PdfRef {
  readonly num: number;
  readonly gen: number;

  constructor(num: number, gen = 0) {
    this.num = num;
    this.gen = gen;
  }

  equals(other: unknown): boolean {
    return other instanceof PdfRef && other.num === this.num && other.gen === this.gen;
  }

  toString(): string {
    return `${this.num} ${this.gen} R`;
  }
}

/**
 * A dictionary. Keys are names without the solidus, as in {@link PdfName.value}. The typed getters look at the
 * direct value only (they don't follow references) and give undefined when it has another type.
 */
export class PdfDict {
  readonly map: Map<string, PdfObject>;

  constructor(entries: Iterable<readonly [string, PdfObject]> = []) {
    this.map = new Map(entries);
  }

  /** A dictionary from an object literal: `PdfDict.of({ Type: PdfName.of('Sig') })`. */
  static of(entries: Record<string, PdfObject>): PdfDict {
    return new PdfDict(Object.entries(entries));
  }

  get size(): number {
    return this.map.size;
  }

  get(key: string): PdfObject | undefined {
    return this.map.get(key);
  }

  has(key: string): boolean {
    return this.map.has(key);
  }

  set(key: string, value: PdfObject): this {
    this.map.set(key, value);
    return this;
  }

  delete(key: string): boolean {
    return this.map.delete(key);
  }

  keys(): IterableIterator<string> {
    return this.map.keys();
  }

  entries(): IterableIterator<[string, PdfObject]> {
    return this.map.entries();
  }

  /** A copy of this level; nested values stay shared. */
  clone(): PdfDict {
    return new PdfDict(this.map);
  }

  getName(key: string): string | undefined {
    const value = this.map.get(key);
    return value instanceof PdfName ? value.value : undefined;
  }

  getNumber(key: string): number | undefined {
    const value = this.map.get(key);
    return typeof value === 'number' ? value : undefined;
  }

  getInt(key: string): number | undefined {
    const value = this.map.get(key);
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
  }

  getBoolean(key: string): boolean | undefined {
    const value = this.map.get(key);
    return typeof value === 'boolean' ? value : undefined;
  }

  getString(key: string): PdfString | undefined {
    const value = this.map.get(key);
    return value instanceof PdfString ? value : undefined;
  }

  getRef(key: string): PdfRef | undefined {
    const value = this.map.get(key);
    return value instanceof PdfRef ? value : undefined;
  }

  getDict(key: string): PdfDict | undefined {
    const value = this.map.get(key);
    return value instanceof PdfDict ? value : undefined;
  }

  getArray(key: string): PdfArray | undefined {
    const value = this.map.get(key);
    return Array.isArray(value) ? value : undefined;
  }
}

/**
 * A stream. `data` is its encoded bytes when it was made in memory, or the offset of its first encoded byte in
 * the file when it was read: the bytes are read when asked for, through `PdfFile.streamBytes`.
 * `ref` is the indirect object that it was read as (its number goes into the decryption key).
 */
export class PdfStream {
  readonly dict: PdfDict;
  readonly data: Buffer | { readonly offset: number };
  readonly ref: PdfRef | null;

  constructor(dict: PdfDict, data: Buffer | { readonly offset: number }, ref: PdfRef | null = null) {
    this.dict = dict;
    this.data = data;
    this.ref = ref;
  }
}

/** Whether the value is the name `/value`. */
export function isName(object: PdfObject | undefined, value: string): boolean {
  return object instanceof PdfName && object.value === value;
}
