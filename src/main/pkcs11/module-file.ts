import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type Bytes, type ImageFacts, readElf, readMachO, readPe } from './module-image.ts';

/**
 * Looks at a driver's file WITHOUT loading it: what it is made for, whether it is a PKCS#11 module, and its hash. The
 * file may be anything a user picked, so every read and every loop is bounded.
 */

export interface ModuleFile {
  path: string;
  /** Hex. */
  sha256: string;
  size: number;
}

function bytesOf(handle: FileHandle, size: number): Bytes {
  return {
    size,
    read: async (offset, length) => {
      if (!Number.isSafeInteger(offset) || offset < 0 || offset >= size || length <= 0)
        return Buffer.alloc(0);
      const buffer = Buffer.alloc(Math.min(length, size - offset));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
}

async function openModule(path: string): Promise<{ handle: FileHandle; size: number }> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new YinkeyError('driver.not-found', { path }, { cause });
    if (code === 'EISDIR')
      throw new YinkeyError('driver.not-a-module', { path, reason: 'folder' }, { cause });
    throw new YinkeyError('driver.load-failed', { path, reason: code ?? '' }, { cause });
  }
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) {
      throw new YinkeyError('driver.not-a-module', {
        path,
        reason: facts.isDirectory() ? 'folder' : 'no-file',
      });
    }
    return { handle, size: facts.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(1 << 20);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** SHA-256 of a module's file, hex. Errors: driver.not-found, driver.not-a-module (a folder), driver.load-failed. */
export async function hashModule(path: string): Promise<string> {
  const { handle } = await openModule(path);
  try {
    return await hashOf(handle);
  } finally {
    await handle.close();
  }
}

/** All images in a file: one, or those of a universal (fat) Mach-O file. Empty: of no known format. */
export async function readImages(bytes: Bytes): Promise<ImageFacts[]> {
  const head = await bytes.read(0, 64);
  if (head.length < 64) return [];
  if (head.readUInt32BE(0) === 0x7f454c46) return [await readElf(bytes)].flatMap((image) => image ?? []);
  if (head.readUInt16LE(0) === 0x5a4d) return [await readPe(bytes)].flatMap((image) => image ?? []);
  return readMachO(bytes);
}

/**
 * Examines a file. `needs` is what this client runs as, e.g. 'linux-x64'.
 * Errors: driver.not-found, driver.not-a-module {reason}, driver.wrong-architecture {needs, has}, driver.load-failed
 * (no permission).
 */
export async function examineModule(
  path: string,
  needs: string = `${process.platform}-${process.arch}`,
): Promise<ModuleFile> {
  const { handle, size } = await openModule(path);
  try {
    const images = await readImages(bytesOf(handle, size));
    if (images.length === 0) throw new YinkeyError('driver.not-a-module', { path, reason: 'format' });
    const fitting = images.find((image) => `${image.platform}-${image.arch}` === needs);
    if (!fitting) {
      const has = images.map((image) => `${image.platform}-${image.arch}`).join(', ');
      throw new YinkeyError('driver.wrong-architecture', { path, needs, has });
    }
    if (!fitting.library) throw new YinkeyError('driver.not-a-module', { path, reason: 'program' });
    if (!fitting.exported) throw new YinkeyError('driver.not-a-module', { path, reason: 'no-entry' });
    return { path, sha256: await hashOf(handle), size };
  } finally {
    await handle.close();
  }
}
