import { readFileSync } from 'node:fs';
import { parsePemCertificates } from '../../src/main/certificates/index.ts';
import type { FaultBed } from './bed.ts';

/** Whether an output is whole and valid, by the client's own verification in its document host. */
export async function verifyFile(bed: FaultBed, input: string): Promise<boolean> {
  const roots = parsePemCertificates(readFileSync(bed.world.trust)).map(({ der }) => der);
  const { verdict } = await bed.documents.verify({ input, roots, now: new Date().toISOString() });
  return verdict === 'valid';
}
