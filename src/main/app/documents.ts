import { randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { YinkeyError } from '../../shared/errors/index.ts';

/** A document that is open in the window. Its path and its descriptor stay here; the window knows the `id`. */
export interface OpenDocument {
  readonly id: string;
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** Set when the host has read the file. */
  sha256: string;
  /** The user's password for an encrypted file, for as long as it is open. */
  password: string | undefined;
}

interface Held extends OpenDocument {
  file: FileHandle;
}

/** As many as one works with at a time; the one opened longest ago is closed for the next. */
const OPEN_AT_MOST = 32;

/** The documents that are open, each by one descriptor from first to last. */
export class OpenDocuments {
  #held = new Map<string, Held>();

  /**
   * Opens a file for reading.
   * @throws YinkeyError document.not-found, document.is-folder, document.no-permission, document.empty
   */
  async open(file: string): Promise<OpenDocument> {
    const name = path.basename(file);
    let handle: FileHandle;
    try {
      handle = await open(file, 'r');
    } catch (error) {
      throw openingError(error, name);
    }
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) throw new YinkeyError('document.is-folder', { name });
      // Pipes and devices can't be read by ranges, and reading them may never end.
      if (!stat.isFile()) throw new YinkeyError('document.not-pdf', { name });
      if (stat.size === 0) throw new YinkeyError('document.empty', { name });
      const id = randomUUID();
      const held: Held = {
        id,
        path: file,
        size: stat.size,
        mtimeMs: stat.mtimeMs,
        sha256: '',
        password: undefined,
        file: handle,
      };
      this.#held.set(id, held);
      const [oldest] = this.#held.keys();
      if (this.#held.size > OPEN_AT_MOST && oldest !== undefined) await this.close(oldest);
      return held;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** @throws YinkeyError document.not-found for an id that isn't open (any more) */
  get(id: string): OpenDocument {
    return this.#get(id);
  }

  /**
   * Bytes of the file as it was when it was opened; fewer than `length` at its end.
   * @throws YinkeyError document.changed when the file was written to since
   */
  async read(id: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const { file, size, mtimeMs, path: name } = this.#get(id);
    const stat = await file.stat();
    if (stat.size !== size || stat.mtimeMs !== mtimeMs) {
      throw new YinkeyError('document.changed', { name: path.basename(name) });
    }
    const wanted = Math.max(0, Math.min(length, size - offset));
    const bytes = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted) {
      const { bytesRead } = await file.read(bytes, filled, wanted - filled, offset + filled);
      if (bytesRead === 0) throw new YinkeyError('document.changed', { name: path.basename(name) });
      filled += bytesRead;
    }
    return bytes;
  }

  /** Closes one; an id that isn't open is no error. */
  async close(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (!held) return;
    this.#held.delete(id);
    held.password = undefined;
    await held.file.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#held.keys()].map((id) => this.close(id)));
  }

  #get(id: string): Held {
    const held = this.#held.get(id);
    if (!held) throw new YinkeyError('document.not-found', { name: '' });
    return held;
  }
}

/** What a failed open(2) means for a user. */
export function openingError(error: unknown, name: string): YinkeyError {
  const code = (error as NodeJS.ErrnoException).code;
  const options = { cause: error };
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new YinkeyError('document.not-found', { name }, options);
  if (code === 'EACCES' || code === 'EPERM')
    return new YinkeyError('document.no-permission', { name }, options);
  if (code === 'EISDIR') return new YinkeyError('document.is-folder', { name }, options);
  return new YinkeyError('unexpected', { name: code ?? 'open' }, options);
}

/** A folder for people: the home folder as `~`. */
export function folderForPeople(file: string, home = homedir()): string {
  const folder = path.dirname(file);
  if (folder === home) return '~';
  return folder.startsWith(home + path.sep) ? `~${folder.slice(home.length)}` : folder;
}

/**
 * Where a stamped document goes when it is saved beside the original: `NAME-盖章.pdf` or `NAME-stamped.pdf`, with
 * (2), (3) ... when that is taken. `taken` tells whether a path exists.
 */
export function stampedName(
  file: string,
  language: 'zh-CN' | 'en',
  taken: (candidate: string) => boolean,
): string {
  const { dir, name } = path.parse(file);
  const word = language === 'zh-CN' ? '盖章' : 'stamped';
  // A document that is stamped again keeps its one suffix and counts on.
  const base = name.replace(/-(盖章|stamped)( ?\(\d+\))?$/, '');
  for (let n = 1; n < 10_000; n += 1) {
    const candidate = path.join(dir, `${base}-${word}${n > 1 ? ` (${n})` : ''}.pdf`);
    if (candidate !== file && !taken(candidate)) return candidate;
  }
  throw new YinkeyError('document.output-exists', { name: `${base}-${word}.pdf` });
}
