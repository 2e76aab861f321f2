import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type CertificateFacts, parsePemCertificates } from '../certificates/index.ts';

/** A file with one certificate is a few kilobytes. */
const largestFile = 4 << 20;

/**
 * The one certificate in a file, PEM or DER.
 * @throws YinkeyError document.not-found; certificate.not-a-certificate when the file holds none, or more than one
 */
export async function certificateInFile(file: string): Promise<CertificateFacts> {
  const name = path.basename(file);
  const facts = await stat(file).catch((cause: unknown) => {
    throw new YinkeyError('document.not-found', { name }, { cause });
  });
  if (!facts.isFile() || facts.size > largestFile)
    throw new YinkeyError('certificate.not-a-certificate', { name });
  try {
    const [first, second] = parsePemCertificates(await readFile(file));
    if (first && !second) return first;
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    throw new YinkeyError('certificate.not-a-certificate', { name }, { cause: error });
  }
  throw new YinkeyError('certificate.not-a-certificate', { name });
}
