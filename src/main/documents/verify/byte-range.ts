import type { ByteSource, PdfDict } from '../pdf/index.ts';

/** Where a signature's bytes stand: two ranges around the hexadecimal string of /Contents. */
export interface CoveredBytes {
  /** The four numbers as written. */
  byteRange: [number, number, number, number];
  /** End of the covered bytes in the file. */
  end: number;
  /** The signature's bytes as they stand in the gap, padding included. */
  contents: Buffer;
}

/** /Contents of honest signatures stays far below this; more is an attack on memory. */
const maxContents = 4 * 1024 * 1024;

/**
 * Checks /ByteRange against the file (ISO 32000-2, 12.8.1; EN 319 142-1, 5.3): it starts at 0, leaves out exactly
 * one hexadecimal string with its brackets, and stays inside the file. Undefined when it doesn't: then nothing
 * that the signature says can be taken for this file's bytes.
 */
export function coveredBytes(source: ByteSource, signature: PdfDict): CoveredBytes | undefined {
  const numbers = readByteRange(signature);
  if (!numbers) return undefined;
  const [start, firstLength, second, secondLength] = numbers;
  const gap = second - firstLength;
  const end = second + secondLength;
  if (start !== 0 || firstLength < 1 || gap < 2 || secondLength < 1 || end > source.size) return undefined;
  if (gap > maxContents * 2) return undefined;
  const hex = source.read(firstLength, gap);
  const contents = parseWholeHexString(hex);
  if (!contents) return undefined;
  return { byteRange: numbers, end, contents };
}

/** The four numbers of /ByteRange, or undefined when it is not four whole numbers that are not negative. */
export function readByteRange(signature: PdfDict): [number, number, number, number] | undefined {
  const array = signature.getArray('ByteRange');
  if (array?.length !== 4) return undefined;
  const numbers: number[] = [];
  for (const value of array) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) return undefined;
    numbers.push(value);
  }
  return numbers as [number, number, number, number];
}

/** `<...>` and nothing else: a gap with room beside the string would hide bytes that nobody signed. */
function parseWholeHexString(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== 0x3c || bytes[bytes.length - 1] !== 0x3e) return undefined;
  const digits = bytes.subarray(1, -1).toString('latin1');
  if (!/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex');
}
