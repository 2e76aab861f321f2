import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { type ErrorCode, YinkeyError } from '../../shared/errors/index.ts';

const codes: Record<string, ErrorCode> = {
  ENOSPC: 'document.disk-full',
  EDQUOT: 'document.disk-full',
  EACCES: 'document.output-no-permission',
  EPERM: 'document.output-no-permission',
  EROFS: 'document.output-no-permission',
  ENOENT: 'document.output-folder-missing',
};

/**
 * Writes a small file whole or not at all: beside its place first, then renamed.
 * @throws YinkeyError document.disk-full, document.output-no-permission, document.output-folder-missing
 */
export async function saveWhole(file: string, content: Uint8Array | string): Promise<void> {
  const beside = path.join(path.dirname(file), `.${randomBytes(6).toString('hex')}.yinkey-part`);
  try {
    const handle = await open(beside, 'wx', 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    // What is left of a failure is only rubbish; that it can't be removed either changes nothing.
    await unlink(beside).catch(() => {});
    const code = codes[(error as NodeJS.ErrnoException).code ?? ''];
    if (!code) throw error;
    throw new YinkeyError(code, { name: path.basename(file) }, { cause: error });
  }
}
