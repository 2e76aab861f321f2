import { fstatSync } from 'node:fs';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { Prepared, PrepareRequest } from '../api.ts';
import { verifyCms } from '../cms/index.ts';
import { FileSource, PdfFile, PdfString, type SignatureField, signatureFields } from '../pdf/index.ts';
import { embeddedSeals } from './embedded-seal.ts';
import { passOver, StampDigests } from './passes.ts';
import { type StampPlan, structureLimits } from './plan.ts';

export interface SelfCheckInput {
  readonly request: Pick<PrepareRequest, 'password'>;
  readonly plan: StampPlan;
  readonly prepared: Pick<Prepared, 'inputSha256'>;
}

/**
 * Judges the finished file by what stands on the disk, as any reader of it would: its structure is read anew, the
 * field is found in the form, the byte range covers all but /Contents, the original's bytes come first and are the
 * same, and the signature over the digest of these very bytes verifies with the signer's certificate.
 * @returns SHA-256 of the file, hex
 * @throws document.self-check-failed
 */
export async function selfCheck(fd: number, { request, plan, prepared }: SelfCheckInput): Promise<string> {
  const { size } = fstatSync(fd);
  const contents = readSignature(fd, request.password, plan, size);
  const [, gapStart, gapEnd] = plan.byteRange;
  const digests = new StampDigests(plan.scheme.hash, plan.originalSize, [gapStart, gapEnd]);
  await passOver(fd, size, { onChunk: (chunk) => digests.update(chunk) });
  if (digests.originalSha256 !== prepared.inputSha256) throw failed('original');
  verifySignature(contents, plan, digests.rangeDigest());
  return digests.wholeSha256();
}

/** The bytes of /Contents of the field that was added, found the long way round through the file's structure. */
function readSignature(fd: number, password: string | undefined, plan: StampPlan, size: number): Buffer {
  const { field, byteRange } = plan;
  if (size !== plan.originalSize + plan.update.length) throw failed('size');
  const source = new FileSource(fd);
  let file: PdfFile;
  try {
    file = PdfFile.open(source, { password, limits: structureLimits });
  } catch (error) {
    throw failed('structure', error);
  }
  if (file.repaired) throw failed('structure');
  const found = signatureFields(file).find(({ name }) => name === field);
  const signature = found?.value;
  if (!signature) throw failed('field');
  checkSeal(file, found, plan);
  const written = (file.array(signature.get('ByteRange')) ?? []).map((item) => file.resolve(item));
  if (written.length !== 4 || !byteRange.every((value, index) => written[index] === value))
    throw failed('byte range');
  if (byteRange[0] !== 0 || byteRange[2] + byteRange[3] !== size) throw failed('byte range');
  const contents = signature.get('Contents');
  const span = contents instanceof PdfString ? contents.span : null;
  if (!(contents instanceof PdfString) || span?.start !== byteRange[1] || span.end !== byteRange[2])
    throw failed('contents');
  return contents.bytes;
}

/** The seal is there byte for byte, at every place where the stamp is seen, and inside what is signed. */
function checkSeal(file: PdfFile, field: SignatureField, { seal, byteRange }: StampPlan): void {
  const [first, ...more] = embeddedSeals(file, field, byteRange);
  if (more.length > 0 || (first === undefined) !== (seal === null)) throw failed('seal');
  if (first && seal && !first.bytes?.equals(seal.bytes)) throw failed('seal');
}

function verifySignature(contents: Buffer, { scheme, chain }: StampPlan, digest: Buffer): void {
  const verdict = verifyCms(contents, (algorithm) => {
    if (algorithm !== scheme.hash) throw failed('digest');
    return digest;
  });
  if (!verdict.intact) throw failed(verdict.reason ?? 'signature');
  // The certificate that was chosen, not merely one that comes along in the CMS.
  if (verdict.signer?.sha256 !== chain[0].sha256) throw failed('signer');
}

function failed(what: string, cause?: unknown): YinkeyError {
  return new YinkeyError('document.self-check-failed', { what }, { cause });
}
