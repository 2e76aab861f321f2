import { inflateRawSync, inflateSync, constants as zlib } from 'node:zlib';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { damaged } from './limits.ts';
import type { PdfDict } from './objects.ts';

/**
 * Undoes one filter (ISO 32000-2, 7.4). `maxBytes` bounds what comes out.
 * @throws document.too-complex when more would come out, document.damaged when the data can't be decoded or the
 * filter is one for images only.
 */
export function decodeFilter(
  name: string,
  data: Buffer,
  parms: PdfDict | undefined,
  maxBytes: number,
): Buffer {
  switch (name) {
    case 'FlateDecode':
    case 'Fl':
      return undoPredictor(inflate(data, maxBytes), parms);
    case 'LZWDecode':
    case 'LZW':
      return undoPredictor(lzw(data, parms?.getInt('EarlyChange') ?? 1, maxBytes), parms);
    case 'ASCIIHexDecode':
    case 'AHx':
      return asciiHex(data);
    case 'ASCII85Decode':
    case 'A85':
      return ascii85(data, maxBytes);
    case 'RunLengthDecode':
    case 'RL':
      return runLength(data, maxBytes);
    default:
      throw damaged(`filter ${name.slice(0, 40)}`);
  }
}

function tooLong(): YinkeyError {
  return new YinkeyError('document.too-complex', { what: 'stream' });
}

function inflate(data: Buffer, maxBytes: number): Buffer {
  // A missing end of the data is forgiven, as viewers do.
  const options = { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: Math.max(1, maxBytes) };
  try {
    return inflateSync(data, options);
  } catch (error) {
    if (isTooLarge(error)) throw tooLong();
    // A wrong check sum or header: the deflate data behind it may still be sound.
    try {
      return inflateRawSync(data.subarray(2), options);
    } catch (second) {
      if (isTooLarge(second)) throw tooLong();
      throw damaged('flate', error);
    }
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

/** A buffer that grows, up to a limit. */
class Output {
  #bytes: Buffer;
  #length = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#bytes = Buffer.allocUnsafe(Math.min(limit, 4096));
  }

  get length(): number {
    return this.#length;
  }

  push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      if (this.#length >= this.#limit) throw tooLong();
      const grown = Buffer.allocUnsafe(Math.min(this.#limit, this.#bytes.length * 2));
      this.#bytes.copy(grown);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = byte;
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

function asciiHex(data: Buffer): Buffer {
  const end = data.indexOf(0x3e);
  let digits = (end < 0 ? data : data.subarray(0, end)).toString('latin1').replace(/[\0\t\n\f\r ]+/g, '');
  if (!/^[0-9A-Fa-f]*$/.test(digits)) throw damaged('hexadecimal');
  if (digits.length % 2 === 1) digits += '0';
  return Buffer.from(digits, 'hex');
}

function ascii85(data: Buffer, maxBytes: number): Buffer {
  const output = new Output(maxBytes);
  let value = 0;
  let count = 0;
  const flush = (bytes: number) => {
    if (value > 0xffffffff) throw damaged('base 85');
    for (let index = 0; index < bytes; index++) output.push(Math.floor(value / 256 ** (3 - index)) & 0xff);
    value = 0;
    count = 0;
  };
  for (const byte of data) {
    if (byte === 0x7e) break;
    if (byte === 0x7a && count === 0) flush(4);
    else if (byte >= 0x21 && byte <= 0x75) {
      value = value * 85 + byte - 0x21;
      if (++count === 5) flush(4);
    } else if (byte > 0x20) throw damaged('base 85');
  }
  if (count === 1) throw damaged('base 85');
  if (count > 1) {
    const bytes = count - 1;
    for (; count < 5; count++) value = value * 85 + 84;
    flush(bytes);
  }
  return output.done();
}

function runLength(data: Buffer, maxBytes: number): Buffer {
  const output = new Output(maxBytes);
  let at = 0;
  while (at < data.length) {
    const length = data[at++] as number;
    if (length === 128) break;
    if (length < 128) {
      for (let index = 0; index <= length && at < data.length; index++) output.push(data[at++] as number);
    } else {
      const byte = data[at++];
      if (byte === undefined) break;
      for (let index = 0; index < 257 - length; index++) output.push(byte);
    }
  }
  return output.done();
}

function lzw(data: Buffer, earlyChange: number, maxBytes: number): Buffer {
  const output = new Output(maxBytes);
  // Each code is its predecessor's code and one more byte.
  const previous = new Uint16Array(4096);
  const last = new Uint8Array(4096);
  const lengths = new Uint16Array(4096);
  for (let code = 0; code < 256; code++) {
    last[code] = code;
    lengths[code] = 1;
  }
  const word = new Uint8Array(4096);
  let next = 258;
  let width = 9;
  let before = -1;
  let bits = 0;
  let bitCount = 0;
  let firstByte = 0;
  for (const byte of data) {
    bits = (bits << 8) | byte;
    bitCount += 8;
    if (bitCount < width) continue;
    bitCount -= width;
    const code = bits >>> bitCount;
    bits &= (1 << bitCount) - 1;
    if (code === 257) break;
    if (code === 256) {
      next = 258;
      width = 9;
      before = -1;
      continue;
    }
    if (code > next || (code === next && before < 0) || (before < 0 && code > 255)) throw damaged('lzw');
    if (before >= 0 && next < 4096) {
      // The code about to be defined may be used at once: its last byte is the first byte of the one before.
      let root = code === next ? before : code;
      while (root > 257) root = previous[root] as number;
      previous[next] = before;
      last[next] = root;
      lengths[next] = (lengths[before] as number) + 1;
      next++;
    } else if (code >= next) throw damaged('lzw');
    let at = lengths[code] as number;
    const length = at;
    for (let walk = code; at > 0; walk = previous[walk] as number) word[--at] = last[walk] as number;
    firstByte = word[0] as number;
    for (let index = 0; index < length; index++)
      output.push(index === 0 ? firstByte : (word[index] as number));
    before = code;
    if (next + earlyChange >= 1 << width && width < 12) width++;
  }
  return output.done();
}

/** Predictors of 7.4.4.4: TIFF (2) and PNG (10 and up, each row naming its own). */
function undoPredictor(data: Buffer, parms: PdfDict | undefined): Buffer {
  const predictor = parms?.getInt('Predictor') ?? 1;
  if (predictor <= 1) return data;
  const colors = parms?.getInt('Colors') ?? 1;
  const bits = parms?.getInt('BitsPerComponent') ?? 8;
  const columns = parms?.getInt('Columns') ?? 1;
  const fits =
    colors >= 1 && colors <= 32 && [1, 2, 4, 8, 16].includes(bits) && columns >= 1 && columns <= 0x7fffff;
  if (!fits) throw damaged('predictor');
  const rowBytes = Math.ceil((colors * bits * columns) / 8);
  const pixelBytes = Math.max(1, (colors * bits) >> 3);
  if (predictor === 2) return undoTiff(data, rowBytes, colors, bits);
  if (predictor < 10) throw damaged('predictor');
  return undoPng(data, rowBytes, pixelBytes);
}

function undoTiff(data: Buffer, rowBytes: number, colors: number, bits: number): Buffer {
  if (bits !== 8) throw damaged('predictor');
  const output = Buffer.from(data);
  for (let at = 0; at < output.length; at++) {
    if (at % rowBytes >= colors) output[at] = (output[at] as number) + (output[at - colors] as number);
  }
  return output;
}

function undoPng(data: Buffer, rowBytes: number, pixelBytes: number): Buffer {
  const rows = Math.ceil(data.length / (rowBytes + 1));
  const output = Buffer.alloc(Math.max(0, data.length - rows));
  let to = 0;
  for (let row = 0; row < rows; row++) {
    const from = row * (rowBytes + 1);
    const filter = data[from];
    const length = Math.min(rowBytes, data.length - from - 1);
    for (let index = 0; index < length; index++, to++) {
      const left = index >= pixelBytes ? (output[to - pixelBytes] as number) : 0;
      const up = row > 0 ? (output[to - rowBytes] as number) : 0;
      const corner = row > 0 && index >= pixelBytes ? (output[to - rowBytes - pixelBytes] as number) : 0;
      output[to] = (data[from + 1 + index] as number) + predict(filter, left, up, corner);
    }
  }
  return output;
}

function predict(filter: number | undefined, left: number, up: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4: {
      const estimate = left + up - corner;
      const byLeft = Math.abs(estimate - left);
      const byUp = Math.abs(estimate - up);
      const byCorner = Math.abs(estimate - corner);
      if (byLeft <= byUp && byLeft <= byCorner) return left;
      return byUp <= byCorner ? up : corner;
    }
    default:
      throw damaged('predictor');
  }
}
