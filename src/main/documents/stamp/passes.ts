import { createHash, type Hash } from 'node:crypto';
import { read, write } from 'node:fs';
import { promisify } from 'node:util';
import { YinkeyError } from '../../../shared/errors/index.ts';

const readAsync = promisify(read);
const writeAsync = promisify(write);
const chunkSize = 1024 * 1024;

export interface PassOptions {
  /** Gets every chunk in order while the next one is being read; the buffer is used again afterwards. */
  onChunk: (chunk: Buffer, position: number) => void;
  /** Where the bytes are written to as well, at the same positions. */
  copyTo?: number | undefined;
  /** Maps a failure to write; failures to read come through as they are. */
  writeError?: (error: unknown) => unknown;
  /** Share done, 0 to 1. What it throws ends the pass. */
  onProgress?: ((share: number) => void) | undefined;
}

/**
 * One pass over the first `size` bytes of a file in chunks of 1 MiB. Reading ahead and writing run in the thread
 * pool while `onChunk` (the hashing) has the thread; between chunks the event loop gets its turn.
 * @throws document.changed when the file turns out shorter
 */
export async function passOver(fd: number, size: number, options: PassOptions): Promise<void> {
  const { onChunk, copyTo, writeError = (error) => error, onProgress } = options;
  const length = Math.min(size, chunkSize);
  const buffers = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(size > length ? length : 0)];
  let position = 0;
  let turn = 0;
  let next = fill(fd, buffers[turn] as Buffer, position, size);
  while (position < size) {
    const chunk = await next;
    const end = position + chunk.length;
    const written = copyTo === undefined ? undefined : writeFully(copyTo, chunk, position);
    turn = 1 - turn;
    const ahead = end < size ? fill(fd, buffers[turn] as Buffer, end, size) : undefined;
    // Both are awaited below; until then a failure must not count as unhandled.
    written?.catch(() => {});
    ahead?.catch(() => {});
    try {
      onChunk(chunk, position);
      await written?.catch((error: unknown) => {
        throw writeError(error);
      });
      onProgress?.(end / size);
    } catch (error) {
      // No buffer may still be in use by the thread pool when the caller closes the files.
      await Promise.allSettled([written, ahead]);
      throw error;
    }
    position = end;
    if (ahead) next = ahead;
  }
  if (size === 0) await next;
}

async function fill(fd: number, buffer: Buffer, position: number, size: number): Promise<Buffer> {
  const wanted = Math.min(buffer.length, size - position);
  let done = 0;
  while (done < wanted) {
    const { bytesRead } = await readAsync(fd, buffer, done, wanted - done, position + done);
    if (bytesRead === 0) throw new YinkeyError('document.changed');
    done += bytesRead;
  }
  return buffer.subarray(0, wanted);
}

/** Writes all of `bytes` at `position`; a short write is taken up where it stopped. */
export async function writeFully(fd: number, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await writeAsync(fd, bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

export type DigestName = 'sha256' | 'sha384' | 'sha512';

/**
 * All digests that a stamp needs from one run over the bytes of the stamped file: of the original (its first
 * bytes), of the whole, and of the signature's byte range (all but the gap of /Contents). A SHA-256 that others
 * begin with is computed once and its state copied where they part.
 */
export class StampDigests {
  readonly #originalSize: number;
  readonly #gap: readonly [start: number, end: number];
  readonly #whole = createHash('sha256');
  /** The byte range's own state; with SHA-256 it parts from `#whole` at the gap only. */
  #range: Hash | null;
  readonly #original: { sha256: string } = { sha256: '' };
  #position = 0;

  /** `gap`: from the `<` of /Contents to behind its `>`. */
  constructor(name: DigestName, originalSize: number, gap: readonly [number, number]) {
    this.#originalSize = originalSize;
    this.#gap = gap;
    this.#range = name === 'sha256' ? null : createHash(name);
  }

  /** The bytes that come next in the file. */
  update(bytes: Buffer): void {
    let rest = bytes;
    for (const border of [this.#originalSize, ...this.#gap]) {
      const ahead = border - this.#position;
      if (ahead <= 0 || ahead > rest.length) continue;
      this.#feed(rest.subarray(0, ahead));
      rest = rest.subarray(ahead);
      this.#reach(border);
    }
    this.#feed(rest);
  }

  #feed(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const inGap = this.#position >= this.#gap[0] && this.#position < this.#gap[1];
    this.#whole.update(bytes);
    if (!inGap) this.#range?.update(bytes);
    this.#position += bytes.length;
  }

  #reach(border: number): void {
    if (border === this.#originalSize) this.#original.sha256 = this.#whole.copy().digest('hex');
    if (border === this.#gap[0]) this.#range ??= this.#whole.copy();
  }

  /** SHA-256 of the original's bytes, hex; once they have all come. */
  get originalSha256(): string {
    return this.#original.sha256;
  }

  /** The digest over the byte range, once the file is complete. */
  rangeDigest(): Buffer {
    if (!this.#range) throw new TypeError('the byte range has not been reached');
    return this.#range.copy().digest();
  }

  /** SHA-256 of the whole file, hex. */
  wholeSha256(): string {
    return this.#whole.copy().digest('hex');
  }
}
