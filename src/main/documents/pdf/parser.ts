import { YinkeyError } from '../../../shared/errors/index.ts';
import { type Budget, PdfSyntaxError } from './limits.ts';
import { PdfDict, PdfName, type PdfObject, PdfRef, PdfStream, PdfString } from './objects.ts';
import type { ByteSource } from './source.ts';

const windowSize = 16 * 1024;
const maxNameBytes = 64 * 1024;

// Character classes of 7.2.3: 1 white space, 2 delimiter, 0 regular.
const classes = new Uint8Array(256);
for (const byte of [0, 9, 10, 12, 13, 32]) classes[byte] = 1;
for (const character of '()<>[]{}/%') classes[character.charCodeAt(0)] = 2;

/** Whether the byte is white space (7.2.3); the end of the source (-1) is not. */
export function isWhite(byte: number): boolean {
  return byte >= 0 && classes[byte] === 1;
}

function isRegular(byte: number): boolean {
  return byte >= 0 && classes[byte] === 0;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function hexValue(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** An indirect object as it stands in the file: its number, its value, and the offset after its last token. */
export interface IndirectObject {
  num: number;
  gen: number;
  object: PdfObject;
  end: number;
}

/**
 * Reads PDF syntax (ISO 32000-2, 7.2 and 7.3) from a source at `pos`, which moves on. Lenient where real files
 * are sloppy and the meaning is plain; otherwise it throws PdfSyntaxError. Limits throw `document.too-complex`.
 */
export class Parser {
  pos: number;
  /** How many values the last object held, at every depth. */
  values = 0;
  readonly #source: ByteSource;
  readonly #budget: Budget;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  /** Bytes of the string or name being read. */
  #scratch = Buffer.allocUnsafe(256);
  #scratchLength = 0;

  constructor(source: ByteSource, pos: number, budget: Budget) {
    this.#source = source;
    this.pos = pos;
    this.#budget = budget;
  }

  /** The byte at an offset, -1 outside the source. */
  byteAt(offset: number): number {
    const index = offset - this.#windowStart;
    if (index >= 0 && index < this.#window.length) return this.#window[index] as number;
    if (offset < 0 || offset >= this.#source.size) return -1;
    this.#windowStart = offset - (offset % windowSize);
    this.#window = this.#source.read(this.#windowStart, windowSize);
    this.#budget.spendBytes(this.#window.length);
    return this.#window[offset - this.#windowStart] ?? -1;
  }

  /** Moves over white space and comments. */
  skipWhite(): void {
    const from = this.pos;
    for (;;) {
      const byte = this.byteAt(this.pos);
      if (byte === 0x25) {
        do this.pos++;
        while (!isLineEnd(this.byteAt(this.pos)));
      } else if (isWhite(byte)) this.pos++;
      else break;
    }
    if (this.pos - from > 64) this.#budget.spendBytes(this.pos - from);
  }

  /** Moves over `word` when it comes next (after white space) and no regular character follows it. */
  takeKeyword(word: string): boolean {
    this.skipWhite();
    for (let index = 0; index < word.length; index++) {
      if (this.byteAt(this.pos + index) !== word.charCodeAt(index)) return false;
    }
    if (isRegular(this.byteAt(this.pos + word.length))) return false;
    this.pos += word.length;
    return true;
  }

  /** A whole number without sign, or -1 (and `pos` stays) where none comes next. Larger than 2^53: -1. */
  takeInteger(): number {
    this.#budget.spend(1);
    const from = this.pos;
    this.skipWhite();
    let value = 0;
    let digits = 0;
    for (let byte = this.byteAt(this.pos); isDigit(byte); byte = this.byteAt(++this.pos)) {
      value = value * 10 + byte - 0x30;
      digits++;
      if (digits > 4096) break;
    }
    if (digits > 0 && value <= Number.MAX_SAFE_INTEGER) return value;
    this.pos = from;
    return -1;
  }

  /** The object that comes next. */
  object(depth = 0): PdfObject {
    this.#budget.spend(1);
    this.values = depth === 0 ? 1 : this.values + 1;
    if (this.values > this.#budget.limits.maxValues)
      throw new YinkeyError('document.too-complex', { what: 'values' });
    if (depth > this.#budget.limits.maxDepth)
      throw new YinkeyError('document.too-complex', { what: 'depth' });
    this.skipWhite();
    const byte = this.byteAt(this.pos);
    switch (byte) {
      case 0x2f:
        return this.#name();
      case 0x28:
        return this.#literalString();
      case 0x5b:
        return this.#array(depth);
      case 0x3c:
        return this.byteAt(this.pos + 1) === 0x3c ? this.#dict(depth) : this.#hexString();
    }
    if (isDigit(byte)) return this.#numberOrRef();
    if (byte === 0x2b || byte === 0x2d || byte === 0x2e) return this.#number();
    if (this.takeKeyword('null')) return null;
    if (this.takeKeyword('true')) return true;
    if (this.takeKeyword('false')) return false;
    throw new PdfSyntaxError(byte < 0 ? 'end of file' : 'unexpected token', this.pos);
  }

  /** `num gen obj` and what follows it; a stream's bytes are not read. */
  indirectObject(): IndirectObject {
    const start = this.pos;
    const num = this.takeInteger();
    const gen = this.takeInteger();
    if (num < 0 || gen < 0 || !this.#takeObj()) throw new PdfSyntaxError('no indirect object', start);
    this.skipWhite();
    const object = this.takeKeyword('endobj') ? null : this.object();
    const end = this.pos;
    if (object instanceof PdfDict && this.takeKeyword('stream')) {
      return {
        num,
        gen,
        object: new PdfStream(object, { offset: this.#streamStart() }, new PdfRef(num, gen)),
        end,
      };
    }
    return { num, gen, object, end };
  }

  /** `obj`, which some writers run together with what follows. */
  #takeObj(): boolean {
    this.skipWhite();
    if (
      this.byteAt(this.pos) !== 0x6f ||
      this.byteAt(this.pos + 1) !== 0x62 ||
      this.byteAt(this.pos + 2) !== 0x6a
    ) {
      return false;
    }
    this.pos += 3;
    return true;
  }

  /** The offset of a stream's first byte: after CR LF or LF (7.3.8.1), leniently after CR alone or blanks and LF. */
  #streamStart(): number {
    let at = this.pos;
    while (this.byteAt(at) === 0x20 || this.byteAt(at) === 0x09) at++;
    const byte = this.byteAt(at);
    if (byte === 0x0d) return this.byteAt(at + 1) === 0x0a ? at + 2 : at + 1;
    if (byte === 0x0a) return at + 1;
    return this.pos;
  }

  #name(): PdfName {
    return PdfName.of(this.#nameValue());
  }

  #nameValue(): string {
    this.#scratchLength = 0;
    this.pos++;
    for (let byte = this.byteAt(this.pos); isRegular(byte); byte = this.byteAt(++this.pos)) {
      let value = byte;
      if (byte === 0x23) {
        const high = hexValue(this.byteAt(this.pos + 1));
        const low = hexValue(this.byteAt(this.pos + 2));
        if (high >= 0 && low >= 0) {
          value = high * 16 + low;
          this.pos += 2;
        }
      }
      this.#push(value, maxNameBytes);
    }
    return this.#scratch.toString('latin1', 0, this.#scratchLength);
  }

  #number(): number {
    const start = this.pos;
    let text = '';
    for (let byte = this.byteAt(this.pos); isRegular(byte); byte = this.byteAt(++this.pos)) {
      if (text.length < 400) text += String.fromCharCode(byte);
    }
    // '--5', '5-3' and '1.2.3' are found in real files; what other readers make of them is taken.
    const match = /^([+-]*)(\d*\.?\d*)/.exec(text);
    const digits = match?.[2] ?? '';
    if (digits === '' && (match?.[1] ?? '') === '') throw new PdfSyntaxError('not a number', start);
    const value = digits === '' || digits === '.' ? 0 : Number(digits);
    const bounded = Math.min(value, 3.4e38);
    return match?.[1]?.startsWith('-') && bounded !== 0 ? -bounded : bounded;
  }

  #numberOrRef(): PdfObject {
    const first = this.#number();
    if (!Number.isSafeInteger(first)) return first;
    const after = this.pos;
    // Only a short whole number can be the generation of a reference.
    this.skipWhite();
    if (isDigit(this.byteAt(this.pos))) {
      const gen = this.takeInteger();
      if (gen >= 0 && gen <= 99_999 && this.takeKeyword('R')) return new PdfRef(first, gen);
    }
    this.pos = after;
    return first;
  }

  #literalString(): PdfString {
    const start = this.pos++;
    this.#scratchLength = 0;
    let nesting = 1;
    for (;;) {
      const byte = this.byteAt(this.pos++);
      if (byte < 0) throw this.#endless(start);
      if (byte === 0x5c) {
        this.#escape();
        continue;
      }
      if (byte === 0x28) nesting++;
      else if (byte === 0x29 && --nesting === 0) break;
      if (byte === 0x0d) {
        // Any line end in a string is one line feed.
        if (this.byteAt(this.pos) === 0x0a) this.pos++;
        this.#pushString(0x0a);
      } else this.#pushString(byte);
    }
    return this.#string(start, false);
  }

  /** What follows a reverse solidus (7.3.4.2, table 3). */
  #escape(): void {
    const byte = this.byteAt(this.pos++);
    const simple = 'nrtbf'.indexOf(String.fromCharCode(byte));
    if (byte >= 0x30 && byte <= 0x37) {
      let value = byte - 0x30;
      for (let count = 1; count < 3; count++) {
        const next = this.byteAt(this.pos);
        if (next < 0x30 || next > 0x37) break;
        value = value * 8 + next - 0x30;
        this.pos++;
      }
      this.#pushString(value & 0xff);
    } else if (byte === 0x0d) {
      if (this.byteAt(this.pos) === 0x0a) this.pos++;
    } else if (byte >= 0 && simple >= 0) {
      this.#pushString([0x0a, 0x0d, 0x09, 0x08, 0x0c][simple] as number);
    } else if (byte >= 0 && byte !== 0x0a) this.#pushString(byte);
  }

  #hexString(): PdfString {
    const start = this.pos++;
    this.#scratchLength = 0;
    let high = -1;
    for (;;) {
      const byte = this.byteAt(this.pos++);
      if (byte === 0x3e) break;
      if (byte < 0) throw this.#endless(start);
      const value = hexValue(byte);
      if (value < 0) {
        if (isWhite(byte)) continue;
        throw new PdfSyntaxError('not hexadecimal', this.pos - 1);
      }
      if (high < 0) high = value;
      else {
        this.#pushString(high * 16 + value);
        high = -1;
      }
    }
    if (high >= 0) this.#pushString(high * 16);
    return this.#string(start, true);
  }

  /** Looking for an end that isn't there costs what finding it would. */
  #endless(start: number): PdfSyntaxError {
    this.#budget.spendBytes(this.pos - start);
    return new PdfSyntaxError('string without end', start);
  }

  #string(start: number, hex: boolean): PdfString {
    this.#budget.spendBytes(this.pos - start);
    return new PdfString(Buffer.from(this.#scratch.subarray(0, this.#scratchLength)), hex, {
      start,
      end: this.pos,
    });
  }

  #array(depth: number): PdfObject[] {
    const start = this.pos++;
    const items: PdfObject[] = [];
    for (;;) {
      this.skipWhite();
      const byte = this.byteAt(this.pos);
      if (byte === 0x5d) break;
      if (byte < 0) throw new PdfSyntaxError('array without end', start);
      items.push(this.object(depth + 1));
    }
    this.pos++;
    return items;
  }

  #dict(depth: number): PdfDict {
    const start = this.pos;
    this.pos += 2;
    const dict = new PdfDict();
    for (;;) {
      this.skipWhite();
      const byte = this.byteAt(this.pos);
      if (byte === 0x3e && this.byteAt(this.pos + 1) === 0x3e) break;
      if (byte !== 0x2f)
        throw new PdfSyntaxError(byte < 0 ? 'dictionary without end' : 'no key', byte < 0 ? start : this.pos);
      const key = this.#nameValue();
      this.skipWhite();
      const valueMissing = this.byteAt(this.pos) === 0x3e && this.byteAt(this.pos + 1) === 0x3e;
      dict.set(key, valueMissing ? null : this.object(depth + 1));
    }
    this.pos += 2;
    return dict;
  }

  #pushString(byte: number): void {
    this.#push(byte, this.#budget.limits.maxStringBytes);
  }

  #push(byte: number, limit: number): void {
    if (this.#scratchLength === this.#scratch.length) {
      if (this.#scratchLength >= limit) throw new YinkeyError('document.too-complex', { what: 'token' });
      this.#scratch = Buffer.concat([this.#scratch, Buffer.allocUnsafe(this.#scratch.length)]);
    }
    this.#scratch[this.#scratchLength++] = byte;
  }
}

function isLineEnd(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d || byte < 0;
}
