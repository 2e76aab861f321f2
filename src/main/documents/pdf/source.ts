import { fstatSync, readSync } from 'node:fs';
import { YinkeyError } from '../../../shared/errors/index.ts';

/**
 * Bytes at positions, read when asked for. `read` gives what there is between `offset` and `offset + length`,
 * shorter at the end of the source; the buffer may be shared with a cache and must not be changed.
 */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Buffer;
}

/**
 * No more than the parser looks at in one go: in a scan every page's objects lie megabytes apart, and of a larger
 * block the rest is read for nothing and stays as garbage until the collector comes.
 */
const blockSize = 16 * 1024;
const cachedBlocks = 256;

/**
 * A file by its descriptor, read in blocks of 16 KB of which the last 256 used are kept (4 MB, whatever the size
 * of the file). The size is taken once; when the file turns out shorter later, `document.changed` is thrown.
 * The descriptor stays the caller's to close.
 */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly #fd: number;
  /** Least recently used first: Map keeps the order of insertion. */
  readonly #blocks = new Map<number, Buffer>();

  constructor(fd: number) {
    this.#fd = fd;
    this.size = fstatSync(fd).size;
  }

  read(offset: number, length: number): Buffer {
    const [start, end] = clamp(offset, length, this.size);
    const first = Math.floor(start / blockSize);
    if (end <= (first + 1) * blockSize) {
      return end <= start
        ? Buffer.alloc(0)
        : this.#block(first).subarray(start - first * blockSize, end - first * blockSize);
    }
    // Longer reads go past the cache: they would only push out what is worth keeping.
    return this.#readFully(start, end - start);
  }

  #block(index: number): Buffer {
    let block = this.#blocks.get(index);
    if (block === undefined) {
      const start = index * blockSize;
      block = this.#readFully(start, Math.min(blockSize, this.size - start));
      if (this.#blocks.size >= cachedBlocks) {
        for (const oldest of this.#blocks.keys()) {
          this.#blocks.delete(oldest);
          break;
        }
      }
    } else {
      this.#blocks.delete(index);
    }
    this.#blocks.set(index, block);
    return block;
  }

  #readFully(offset: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#fd, buffer, done, length - done, offset + done);
      if (count === 0) throw new YinkeyError('document.changed');
      done += count;
    }
    return buffer;
  }
}

/** Bytes that are in memory already. */
export class MemorySource implements ByteSource {
  readonly size: number;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.size = bytes.byteLength;
  }

  read(offset: number, length: number): Buffer {
    const [start, end] = clamp(offset, length, this.size);
    return this.#bytes.subarray(start, end);
  }
}

/** The first `size` bytes of another source: a file as it stood at the end of an earlier revision. */
export class PrefixSource implements ByteSource {
  readonly size: number;
  readonly #whole: ByteSource;

  constructor(whole: ByteSource, size: number) {
    this.#whole = whole;
    this.size = Math.max(0, Math.min(size, whole.size));
  }

  read(offset: number, length: number): Buffer {
    const [start, end] = clamp(offset, length, this.size);
    return this.#whole.read(start, end - start);
  }
}

function clamp(offset: number, length: number, size: number): [number, number] {
  const start = Math.max(0, Math.min(offset, size));
  return [start, Math.max(start, Math.min(offset + length, size))];
}
