import { PdfDict, PdfName, type PdfObject, PdfRef, PdfStream, PdfString } from './objects.ts';

/** What a writer may change on the way out. */
export interface SerializeOptions {
  /** Encrypts the bytes of each string (7.6.2); encrypted strings are written in hexadecimal. */
  encryptString?: (bytes: Buffer) => Buffer;
}

/** Deeper nesting than this is a programming error here: the reader's limit is lower. */
const maxDepth = 1000;

/**
 * Writes one object as PDF syntax (ISO 32000-2, 7.3). A stream must hold its bytes in memory; its /Length is set
 * to their count. Values that PDF can't write (NaN, infinity, a stream inside another object) throw a TypeError.
 */
export function serialize(object: PdfObject, options: SerializeOptions = {}): Buffer {
  const parts: (string | Buffer)[] = [];
  if (object instanceof PdfStream) {
    if (!Buffer.isBuffer(object.data)) throw new TypeError('a stream that is still in a file');
    const dict = object.dict.clone().set('Length', object.data.length);
    write(dict, parts, options, 0);
    parts.push('\nstream\n', object.data, '\nendstream');
  } else {
    write(object, parts, options, 0);
  }
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

function write(
  object: PdfObject,
  parts: (string | Buffer)[],
  options: SerializeOptions,
  depth: number,
): void {
  if (depth > maxDepth) throw new TypeError('nested too deeply');
  if (object === null || typeof object === 'boolean') parts.push(String(object));
  else if (typeof object === 'number') parts.push(formatNumber(object));
  else if (object instanceof PdfName) parts.push(formatName(object.value));
  else if (object instanceof PdfRef) parts.push(object.toString());
  else if (object instanceof PdfString) parts.push(formatString(object, options));
  else if (Array.isArray(object)) {
    parts.push('[');
    object.forEach((item, index) => {
      if (index > 0) parts.push(' ');
      write(item, parts, options, depth + 1);
    });
    parts.push(']');
  } else if (object instanceof PdfDict) {
    parts.push('<<');
    for (const [key, value] of object.entries()) {
      parts.push(formatName(key), ' ');
      write(value, parts, options, depth + 1);
    }
    parts.push('>>');
  } else {
    throw new TypeError('a stream can only be an indirect object');
  }
}

/**
 * A number in PDF's notation, without an exponent. What is read back is the same number: an object that is written
 * anew for one entry's sake must not say anything else in the others. (Values below 1e-20 become 0.)
 */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`not a PDF number: ${value}`);
  if (Number.isInteger(value))
    return Math.abs(value) < 1e21 ? String(value === 0 ? 0 : value) : BigInt(value).toString();
  // JavaScript's own shortest form has no exponent from 1e-6 on.
  const text = Math.abs(value) >= 1e-6 ? String(value) : value.toFixed(20).replace(/\.?0+$/, '');
  return text === '-0' ? '0' : text;
}

/** A name with its solidus; bytes that can't stand in one are written as `#xx` (7.3.5). */
function formatName(value: string): string {
  return `/${value.replace(/[^!-~]|[#/%()<>[\]{}]/g, (character) => {
    const code = character.charCodeAt(0);
    if (code > 255) throw new TypeError('a name holds bytes');
    return `#${code.toString(16).padStart(2, '0')}`;
  })}`;
}

function formatString(string: PdfString, options: SerializeOptions): string {
  const bytes = options.encryptString ? options.encryptString(string.bytes) : string.bytes;
  if (string.hex || options.encryptString) return `<${bytes.toString('hex')}>`;
  // A bare carriage return would be read back as a line feed.
  return `(${bytes.toString('latin1').replace(/[()\\\r]/g, (character) => (character === '\r' ? '\\r' : `\\${character}`))})`;
}
