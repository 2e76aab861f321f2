import { basename, isAbsolute } from 'node:path';
import type { Verification } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type CallContext, type Handlers, type Port, serve } from '../../shared/hosts/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import {
  type Captured,
  type CaptureRequest,
  captureSeal,
  openPicture,
  sheetView,
  shrunkScan,
} from '../seals/index.ts';
import type {
  DocumentHostMethod,
  Finished,
  FinishRequest,
  Inspection,
  PictureFacts,
  Prepared,
  PrepareRequest,
  Sheet,
  ShrinkRequest,
  VerifyRequest,
} from './api.ts';
import { FileSource } from './pdf/index.ts';
import { scanInPdf } from './scan-page.ts';
import { inspectDocument, openInput } from './stamp/inspect.ts';
import { pictureFacts } from './stamp/picture.ts';
import { prepareStamp, type StampJob } from './stamp/stamp.ts';
import { verifyDocument } from './verify/index.ts';

/**
 * Answers the document host's methods on a port: one at a time, in the order in which they came. At most one stamp
 * is open; a new `prepare` aborts one that was left behind.
 */
export function serveDocuments(port: Port, onUnexpected?: (error: unknown) => void): void {
  let job: StampJob | undefined;
  /** Counts the calls of `abort`: a `prepare` that is under way ends when one comes. */
  let aborts = 0;
  let last: Promise<unknown> = Promise.resolve();

  const inTurn =
    <Input, Output>(work: (input: Input, context: CallContext) => Promise<Output>) =>
    (input: Input, context: CallContext): Promise<Output> => {
      const result = last.then(() => work(input, context));
      last = result.catch(() => {});
      return result;
    };

  const endJob = async (): Promise<void> => {
    const open = job;
    job = undefined;
    await open?.abort();
  };

  const handlers = {
    inspect: inTurn(({ input, password }: { input: string; password?: string }): Promise<Inspection> => {
      return inspectDocument(absolute(input), password);
    }),
    picture: inTurn(({ bytes }: { bytes: Uint8Array }): Promise<PictureFacts> => pictureFacts(bytes)),
    capture: inTurn(async (request: CaptureRequest): Promise<Captured> => {
      absolute(request.input);
      return captureSeal(request, await scanInPdf(request.input));
    }),
    sheet: inTurn(async ({ input, side }: { input: string; side: number }): Promise<Sheet> => {
      return sheetView(await openPicture((await scanInPdf(absolute(input))) ?? input), side);
    }),
    shrink: inTurn(async ({ input, ...how }: ShrinkRequest): Promise<Uint8Array> => {
      return shrunkScan(await openPicture((await scanInPdf(absolute(input))) ?? input), how);
    }),
    prepare: inTurn(async (request: PrepareRequest, context): Promise<Prepared> => {
      absolute(request.input);
      absolute(request.partial);
      await endJob();
      const before = aborts;
      job = await prepareStamp(request, (share) => {
        if (aborts !== before) throw new YinkeyError('document.cancelled');
        context.progress(share);
      });
      return job.prepared;
    }),
    finish: inTurn(async (request: FinishRequest): Promise<Finished> => {
      absolute(request.target);
      const open = job;
      job = undefined;
      if (!open) throw new YinkeyError('request.refused', { method: 'finish' });
      return open.finish(request);
    }),
    abort: (_: unknown, context: CallContext): Promise<null> => {
      aborts++;
      return inTurn(async () => {
        await endJob();
        return null;
      })(undefined, context);
    },
    verify: inTurn((request: VerifyRequest): Promise<Verification> => {
      const { input, password, roots, now, revoked = [], statusLists = [] } = request;
      return openInput(absolute(input), async (fd) => {
        const options = {
          password,
          roots: roots.map(parseCertificate),
          now: new Date(now),
          revoked: new Map(
            revoked.map(({ sha256, since }) => [sha256, since === null ? null : new Date(since)]),
          ),
          statusLists,
        };
        const verification = await verifyDocument(new FileSource(fd), options);
        return { ...verification, file: { ...verification.file, name: basename(input) } };
      });
    }),
  } satisfies Record<DocumentHostMethod, unknown>;
  serve(port, handlers as Handlers, onUnexpected);
  // Whoever asked has gone: nobody will sign any more.
  port.onClose(() => {
    aborts++;
    last.then(endJob).catch(() => {});
  });
}

/** The host has a working folder of its own: relative paths would mean something else here. */
function absolute(path: string): string {
  if (!isAbsolute(path)) throw new YinkeyError('request.invalid', { what: 'path' });
  return path;
}
