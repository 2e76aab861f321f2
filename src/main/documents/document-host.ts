import { stat, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Verification } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { HostSupervisor, type SpawnHost } from '../../shared/hosts/index.ts';
import type { Captured, CaptureRequest } from '../seals/index.ts';
import {
  capturedSchema,
  type Finished,
  type FinishRequest,
  finishedSchema,
  type Inspection,
  inspectionSchema,
  type PictureFacts,
  type Prepared,
  type PrepareRequest,
  pictureFactsSchema,
  preparedSchema,
  type Sheet,
  type ShrinkRequest,
  sheetSchema,
  shrunkSchema,
  type VerifyRequest,
  verifiedSchema,
} from './api.ts';
import { checkTarget, partialPathFor } from './stamp/index.ts';

/** What a caller asks for; where the file is written meanwhile is the client's affair. */
export interface StampRequest extends Omit<PrepareRequest, 'partial'> {
  target: string;
  /** An existing target may be taken over, the source too. */
  replace: boolean;
}

const second = 1000;
/** Milliseconds that a call may take, before what a large file gets on top. */
const usualDeadlines = {
  inspect: 60 * second,
  picture: 60 * second,
  capture: 60 * second,
  stamp: 120 * second,
  abort: 60 * second,
};
/** A slow network drive: what a call gets on top for each byte that it goes over. */
const slowestBytesPerMilli = 1000;

/**
 * The document host as the client sees it: typed methods, checked answers, deadlines. A host that crashes or hangs
 * is ended alone; a partial file that it leaves behind is removed, and the next call starts a new one.
 * All paths may be relative to the caller's working folder.
 */
export class DocumentHost {
  readonly #supervisor: HostSupervisor;
  /** The partial file of the stamp that is open in the host, with the size of its input. */
  #open: { partial: string; size: number } | undefined;

  readonly #deadlines: typeof usualDeadlines;

  constructor({ spawn, deadlines = {} }: { spawn: SpawnHost; deadlines?: Partial<typeof usualDeadlines> }) {
    this.#deadlines = { ...usualDeadlines, ...deadlines };
    this.#supervisor = new HostSupervisor(spawn, {
      crashed: 'document.host-crashed',
      hung: 'document.host-hung',
    });
  }

  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  /** @throws document.* codes of opening and reading */
  async inspect({ input, password }: { input: string; password?: string | undefined }): Promise<Inspection> {
    const path = resolve(input);
    const deadline = this.#deadlines.inspect + (await extraTime(path));
    return inspectionSchema.parse(
      await this.#supervisor.call('inspect', { input: path, password }, { deadline }),
    );
  }

  /** @throws seal.not-a-picture, seal.too-large */
  async picture(bytes: Uint8Array): Promise<PictureFacts> {
    return pictureFactsSchema.parse(
      await this.#supervisor.call('picture', { bytes }, { deadline: this.#deadlines.picture }),
    );
  }

  /**
   * Takes a seal from the scan of its impression, and judges it.
   * @throws seal.* codes of capturing
   */
  async capture(request: CaptureRequest): Promise<Captured> {
    const input = resolve(request.input);
    const deadline = this.#deadlines.capture + (await extraTime(input));
    return capturedSchema.parse(await this.#supervisor.call('capture', { ...request, input }, { deadline }));
  }

  /**
   * The whole of a scan made small, for people to look at.
   * @throws seal.* codes of reading a picture
   */
  async sheet(input: string, side: number): Promise<Sheet> {
    const path = resolve(input);
    const deadline = this.#deadlines.capture + (await extraTime(path));
    return sheetSchema.parse(await this.#supervisor.call('sheet', { input: path, side }, { deadline }));
  }

  /**
   * A scan as a JPEG that the authority takes, the seal's part as it was.
   * @throws seal.* codes of reading a picture; seal.file-too-large where it can't be made small enough
   */
  async shrink(request: ShrinkRequest): Promise<Uint8Array> {
    const input = resolve(request.input);
    const deadline = this.#deadlines.capture + (await extraTime(input)) * 2;
    const answer = await this.#supervisor.call('shrink', { ...request, input }, { deadline });
    return shrunkSchema.parse(answer);
  }

  /**
   * Makes everything but the signature; then `finish` or `abort` has to follow, and until then there is no second
   * one. The target is checked first, so that nobody is asked for a PIN in vain.
   * @throws the document.* and seal.* codes, `usage`; document.cancelled when `abort` was called meanwhile
   */
  async prepare(request: StampRequest, onProgress?: (share: number) => void): Promise<Prepared> {
    if (this.#open) throw new YinkeyError('request.refused', { method: 'prepare' });
    const { target, replace, ...rest } = request;
    const input = resolve(request.input);
    const output = resolve(target);
    const open = { partial: partialPathFor(output), size: 0 };
    this.#open = open;
    return this.#orRemoved(async () => {
      await checkTarget({ input, target: output, replace });
      const extra = await extraTime(input);
      open.size = extra * slowestBytesPerMilli;
      const answer = await this.#supervisor.call(
        'prepare',
        { ...rest, input, partial: open.partial } satisfies PrepareRequest,
        {
          deadline: this.#deadlines.stamp + extra * 2,
          onProgress: (share) => {
            if (typeof share === 'number') onProgress?.(share);
          },
        },
      );
      return preparedSchema.parse(answer);
    });
  }

  /** @throws document.self-check-failed, document.output-* and document.disk-full */
  async finish(request: FinishRequest): Promise<Finished> {
    const open = this.#open;
    if (!open) throw new YinkeyError('request.refused', { method: 'finish' });
    const finished = await this.#orRemoved(async () => {
      const answer = await this.#supervisor.call(
        'finish',
        { ...request, target: resolve(request.target) } satisfies FinishRequest,
        { deadline: this.#deadlines.stamp + (open.size / slowestBytesPerMilli) * 2 },
      );
      return finishedSchema.parse(answer);
    });
    this.#open = undefined;
    return finished;
  }

  /** Gives up the stamp that is open, also while it is being prepared; without one, nothing happens. */
  async abort(): Promise<void> {
    if (!this.#open) return;
    try {
      if (this.#supervisor.running)
        await this.#supervisor.call('abort', {}, { deadline: this.#deadlines.abort });
    } finally {
      await this.#removePartial();
    }
  }

  /**
   * Judges every signature of a file. Roots are DER; `now` is ISO 8601.
   * @throws document.* codes of opening and reading
   */
  async verify(request: VerifyRequest): Promise<Verification> {
    const input = resolve(request.input);
    const deadline = this.#deadlines.inspect + (await extraTime(input)) * 2;
    return verifiedSchema.parse(await this.#supervisor.call('verify', { ...request, input }, { deadline }));
  }

  /** Ends the process. An open stamp's partial file goes with it. */
  async stop(): Promise<void> {
    this.#supervisor.stop();
    await this.#removePartial();
  }

  /** After a failure no partial file stays: the host has removed it, or is gone and can't. */
  async #orRemoved<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#removePartial();
      throw error;
    }
  }

  async #removePartial(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    await unlink(open.partial).catch((error: unknown) => {
      // Not there: never made, or removed by the host. Still held (Windows): the next stamp beside it removes it.
      if (!(error instanceof Error && 'code' in error)) throw error;
    });
  }
}

/** Milliseconds on top of a deadline for a file of this size; what is wrong with the path is told by the host. */
async function extraTime(path: string): Promise<number> {
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  return Math.ceil(size / slowestBytesPerMilli);
}
