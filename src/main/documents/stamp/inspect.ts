import { createHash } from 'node:crypto';
import { close, constants, fstatSync, open } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { toWireError, YinkeyError } from '../../../shared/errors/index.ts';
import type { Inspection } from '../api.ts';
import { FileSource, PdfFile, pageGeometry, signatureFields } from '../pdf/index.ts';
import { existingSeals } from './fields.ts';
import { inputError } from './output.ts';
import { passOver } from './passes.ts';
import { obstacles } from './permissions.ts';
import { structureLimits } from './plan.ts';

const openFile = promisify(open);
const closeFile = promisify(close);

/**
 * Opens a document once, for one piece of work on its descriptor.
 * @throws document.not-found, document.is-folder, document.no-permission, document.not-pdf (no file at all)
 */
export async function openInput<T>(path: string, work: (fd: number) => Promise<T>): Promise<T> {
  try {
    // Without waiting: a pipe would be opened only when somebody writes to it.
    const fd = await openFile(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = fstatSync(fd);
      if (stats.isDirectory()) throw new YinkeyError('document.is-folder', { name: basename(path) });
      if (!stats.isFile()) throw new YinkeyError('document.not-pdf', { name: basename(path) });
      return await work(fd);
    } finally {
      await closeFile(fd);
    }
  } catch (error) {
    throw inputError(error, path);
  }
}

/**
 * What the windows and the command line need to know of a document before it is stamped.
 * @throws the document.* codes of opening and reading
 */
export function inspectDocument(path: string, password?: string): Promise<Inspection> {
  return openInput(path, async (fd) => {
    const file = PdfFile.open(new FileSource(fd), { password, limits: structureLimits });
    const fields = signatureFields(file);
    const pages = Array.from({ length: file.pageCount }, (_, index) => {
      const { widthMm, heightMm } = pageGeometry(file.page(index));
      return { widthMm, heightMm };
    });
    const sha256 = createHash('sha256');
    await passOver(fd, file.size, { onChunk: (chunk) => sha256.update(chunk) });
    return {
      size: file.size,
      sha256: sha256.digest('hex'),
      pdfVersion: file.version,
      pages,
      encrypted: file.encryption !== null,
      seals: existingSeals(file, fields),
      obstacles: obstacles(file, fields).map(toWireError),
    };
  });
}
