import { close, fstatSync, fsync, open, type Stats } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { Finished, FinishRequest, Prepared, PrepareRequest } from '../api.ts';
import { buildSignedData, signedAttributes } from '../cms/index.ts';
import { openInput } from './inspect.ts';
import { checkTarget, outputError, putInPlace, removeStalePartials } from './output.ts';
import { passOver, StampDigests, writeFully } from './passes.ts';
import { planStamp, type StampPlan } from './plan.ts';
import { selfCheck } from './self-check.ts';
import { contentsOf } from './signature-dictionary.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fsync);

/** A partial file that lacks only its signature. */
interface Filled {
  readonly request: PrepareRequest;
  readonly output: number;
  readonly plan: StampPlan;
  readonly prepared: Prepared;
}

/**
 * Copies the input to the partial file, appends the update with room for the signature, and tells what the key has
 * to sign. The input is opened once; its bytes are gone over once, apart from those that tell its structure.
 * @throws the document.*, seal.* and certificate.* codes, `usage`; then no partial file is left
 */
export async function prepareStamp(
  request: PrepareRequest,
  onProgress?: (share: number) => void,
): Promise<StampJob> {
  return openInput(request.input, async (input) => {
    const stats = fstatSync(input);
    const plan = await planStamp(input, request);
    await removeStalePartials(dirname(request.partial));
    const output = await openPartial(request.partial, stats);
    try {
      const filled = await fill(request, plan, input, output, onProgress);
      if (hasChanged(stats, fstatSync(input))) throw new YinkeyError('document.changed');
      return new StampJob(filled);
    } catch (error) {
      await discard(output, request.partial);
      throw error;
    }
  });
}

/** Made exclusively, with the input's permissions (never less than its owner needs, and cut by the umask). */
function openPartial(partial: string, { mode }: Stats): Promise<number> {
  return openFile(partial, 'wx+', (mode & 0o666) | 0o600).catch((error: unknown) => {
    throw outputError(error, partial);
  });
}

async function fill(
  request: PrepareRequest,
  plan: StampPlan,
  input: number,
  output: number,
  onProgress: ((share: number) => void) | undefined,
): Promise<Filled> {
  const { originalSize, update, byteRange, scheme, chain } = plan;
  const digests = new StampDigests(scheme.hash, originalSize, [byteRange[1], byteRange[2]]);
  const writeError = (error: unknown) => outputError(error, request.partial);
  await passOver(input, originalSize, {
    copyTo: output,
    onChunk: (chunk) => digests.update(chunk),
    writeError,
    onProgress,
  });
  if (request.expectedSha256 !== '' && request.expectedSha256 !== digests.originalSha256) {
    throw new YinkeyError('document.changed');
  }
  const bytes = Buffer.concat(update.chunks);
  digests.update(bytes);
  await writeFully(output, bytes, originalSize).catch((error: unknown) => {
    throw writeError(error);
  });
  const digest = digests.rangeDigest();
  const prepared: Prepared = {
    message: new Uint8Array(
      signedAttributes({ digest, digestAlgorithm: scheme.hash, signingCertificate: chain[0].der }),
    ),
    scheme: scheme.scheme,
    hash: scheme.hash,
    field: plan.field,
    pages: plan.pages,
    bytesAppended: update.length,
    inputSha256: digests.originalSha256,
    drawnSha256: plan.drawnSha256,
    embeddedSha256: plan.seal?.sha256 ?? '',
  };
  return { request, output, plan, prepared };
}

/** Someone wrote to the input while it was read: its structure and its bytes may belong to different versions. */
function hasChanged(before: Stats, after: Stats): boolean {
  return before.size !== after.size || before.mtimeMs !== after.mtimeMs;
}

async function discard(fd: number, partial: string): Promise<void> {
  await closeFile(fd);
  await unlink(partial);
}

/** A stamp that waits for its signature. Whatever comes, the partial file ends: as the output, or removed. */
export class StampJob {
  readonly #filled: Filled;
  #open = true;

  constructor(filled: Filled) {
    this.#filled = filled;
  }

  get prepared(): Prepared {
    return this.#filled.prepared;
  }

  /**
   * Puts the signature in, syncs, checks the file as it stands on the disk, and gives it its name.
   * @throws document.self-check-failed, document.disk-full, document.output-* codes; then no partial file is left
   */
  async finish(request: FinishRequest): Promise<Finished> {
    const { output, request: job, plan } = this.#filled;
    try {
      await checkTarget({ input: job.input, target: request.target, replace: request.replace });
      await this.#writeSignature(request.signature);
      const began = performance.now();
      await syncFile(output);
      const fileMillis = performance.now() - began;
      const sha256 = await selfCheck(output, this.#filled);
      this.#open = false;
      await closeFile(output);
      const folderMillis = await putInPlace(job.partial, request.target, request.replace);
      const size = plan.originalSize + plan.update.length;
      return { sha256, size, fsyncMillis: fileMillis + folderMillis };
    } catch (error) {
      await this.abort();
      throw outputError(error, request.target);
    }
  }

  async #writeSignature(signature: Uint8Array): Promise<void> {
    const { output, plan, prepared } = this.#filled;
    const [, gapStart, gapEnd] = plan.byteRange;
    const cms = buildSignedData({
      certificateChain: plan.chain,
      digestAlgorithm: plan.scheme.hash,
      signatureScheme: plan.scheme.scheme,
      signedAttributes: prepared.message,
      signature,
    });
    const contents = contentsOf(cms, gapEnd - gapStart);
    // The room is reckoned from this very chain and key: less of it than needed is a mistake in this program.
    if (!contents) throw new RangeError(`a CMS of ${cms.length} bytes has no room`);
    await writeFully(output, contents, gapStart);
  }

  /** Closes and removes the partial file; nothing happens when the job is over already. */
  async abort(): Promise<void> {
    const { output, request } = this.#filled;
    if (this.#open) {
      this.#open = false;
      await closeFile(output);
    }
    await unlink(request.partial).catch((error: unknown) => {
      // Gone: it became the output, or has been removed.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    });
  }
}
