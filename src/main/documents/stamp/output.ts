import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { link, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type ErrorCode, YinkeyError } from '../../../shared/errors/index.ts';

/** This machine in a few characters: on a shared folder another machine's process numbers say nothing here. */
const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 6);
const suffix = '.yinkey-part';
const pattern = /^\..*\.([0-9a-f]{6})-(\d{1,10})\.[0-9a-f]{12}\.yinkey-part$/s;
/** File systems allow 255 bytes; a Chinese name needs three for each character. */
const maxNameBytes = 255;

/**
 * A new name beside `target` for the file while it is being written: hidden, on the same file system (so that the
 * last step is a rename), and telling which process of which machine it belongs to.
 */
export function partialPathFor(target: string): string {
  const tail = `.${machine}-${process.pid}.${randomBytes(6).toString('hex')}${suffix}`;
  let name = basename(target);
  while (Buffer.byteLength(name) + tail.length + 1 > maxNameBytes) name = [...name].slice(0, -1).join('');
  return join(dirname(target), `.${name}${tail}`);
}

/**
 * Removes what processes of this machine that are gone have left in `folder`: after a crash or a power cut no
 * half-written file stays. What can't be removed stays for the next time.
 * @returns the names that were removed
 */
export async function removeStalePartials(folder: string): Promise<string[]> {
  const removed: string[] = [];
  const names = await readdir(folder).catch(() => [] as string[]);
  for (const name of names) {
    const match = pattern.exec(name);
    if (!match || match[1] !== machine || isAlive(Number(match[2]))) continue;
    const gone = await unlink(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (gone) removed.push(name);
  }
  return removed;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errno(error) !== 'ESRCH';
  }
}

export interface OutputWish {
  /** Path of the document that is stamped. */
  readonly input: string;
  readonly target: string;
  /** An existing target may be taken over, the source too. */
  readonly replace: boolean;
}

/**
 * Whether the target may be written, before any work and before anyone is asked for a PIN. `putInPlace` holds to
 * the same rules again at the end.
 * @throws document.output-exists, document.output-is-source, document.is-folder, document.output-folder-missing,
 * document.output-no-permission
 */
export async function checkTarget({ input, target, replace }: OutputWish): Promise<void> {
  const folder = await stat(dirname(target)).catch((error: unknown) => {
    throw outputError(error, target);
  });
  if (!folder.isDirectory()) throw new YinkeyError('document.output-folder-missing', names(target));
  const existing = await statOrNull(target);
  if (!existing) return;
  if (existing.isDirectory()) throw new YinkeyError('document.is-folder', names(target));
  if (replace) return;
  const source = await statOrNull(input);
  const same = source && source.ino === existing.ino && source.dev === existing.dev;
  throw new YinkeyError(same ? 'document.output-is-source' : 'document.output-exists', names(target));
}

async function statOrNull(path: string) {
  return stat(path, { bigint: true }).catch((error: unknown) => {
    if (errno(error) === 'ENOENT') return null;
    throw outputError(error, path);
  });
}

/**
 * Gives the finished file its name in one step. Without `replace` an existing target is never taken over, not
 * even one that appeared a moment ago: a hard link fails where a rename would overwrite.
 * @returns the milliseconds that making the name durable took
 * @throws document.output-exists and what {@link outputError} tells
 */
export async function putInPlace(partial: string, target: string, replace: boolean): Promise<number> {
  try {
    if (replace) await rename(partial, target);
    else await linkInPlace(partial, target);
  } catch (error) {
    throw outputError(error, target);
  }
  const began = performance.now();
  syncFolder(dirname(target));
  return performance.now() - began;
}

async function linkInPlace(partial: string, target: string): Promise<void> {
  try {
    await link(partial, target);
  } catch (error) {
    // No hard links here (FAT, some network drives): an empty file, made exclusively, holds the name instead.
    if (
      !['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'EISDIR', 'UNKNOWN'].includes(
        errno(error),
      )
    )
      throw error;
    await (await open(target, 'wx')).close();
    await rename(partial, target).catch(async (failure: unknown) => {
      await unlink(target);
      throw failure;
    });
    return;
  }
  // The output is there, whole. A second name that can't be removed now goes with the next stamp beside it.
  await unlink(partial).catch(() => {});
}

/** Makes the new name durable. Windows has no such call; its file systems log the rename themselves. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network file systems can't sync a folder: the file itself is synced, and there is no more to be had.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'EACCES', 'EBADF'].includes(errno(error))) throw error;
  } finally {
    closeSync(fd);
  }
}

const inputCodes: Record<string, ErrorCode> = {
  ENOENT: 'document.not-found',
  ENOTDIR: 'document.not-found',
  EISDIR: 'document.is-folder',
  EACCES: 'document.no-permission',
  EPERM: 'document.no-permission',
  EBUSY: 'document.no-permission',
};

const outputCodes: Record<string, ErrorCode> = {
  ENOENT: 'document.output-folder-missing',
  ENOTDIR: 'document.output-folder-missing',
  EEXIST: 'document.output-exists',
  EISDIR: 'document.is-folder',
  EACCES: 'document.output-no-permission',
  EPERM: 'document.output-no-permission',
  EROFS: 'document.output-no-permission',
  EBUSY: 'document.output-no-permission',
  ETXTBSY: 'document.output-no-permission',
  ENOSPC: 'document.disk-full',
  EDQUOT: 'document.disk-full',
  EFBIG: 'document.disk-full',
};

/** A failure to read the input, in the user's terms; errors that have a code already stay as they are. */
export function inputError(error: unknown, path: string): unknown {
  return mapped(error, path, inputCodes);
}

/** A failure to write the output, in the user's terms. */
export function outputError(error: unknown, path: string): unknown {
  return mapped(error, path, outputCodes);
}

function mapped(error: unknown, path: string, codes: Record<string, ErrorCode>): unknown {
  if (error instanceof YinkeyError) return error;
  const code = codes[errno(error)];
  return code ? new YinkeyError(code, names(path), { cause: error }) : error;
}

function names(path: string): { name: string } {
  return { name: basename(path) };
}

function errno(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
