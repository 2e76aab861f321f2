import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePemCertificates } from '../certificates/index.ts';

/**
 * The roots that a verification trusts, DER: those of the practice world, and every *.pem the user put into the
 * folder `trust` of the client's data. A file that can't be read is told by its name and left out.
 */
export async function trustRoots(
  folder: string,
  practiceRoot: string | undefined,
  unreadable: (name: string) => void,
): Promise<Uint8Array[]> {
  let names: string[] = [];
  try {
    names = await readdir(folder);
  } catch (error) {
    // Nobody has put roots there yet.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') unreadable(path.basename(folder));
  }
  const files = names
    .filter((name) => /\.(pem|crt|cer)$/i.test(name))
    .sort()
    .map((name) => path.join(folder, name));
  if (practiceRoot !== undefined) files.push(practiceRoot);
  const roots: Uint8Array[] = [];
  for (const file of files) {
    try {
      for (const certificate of parsePemCertificates(await readFile(file))) roots.push(certificate.der);
    } catch {
      unreadable(path.basename(file));
    }
  }
  return roots;
}
