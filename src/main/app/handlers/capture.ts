import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type CaptureAdjust,
  type CaptureResult,
  type CaptureSession,
  type FoundImpression,
  type InkColour,
  sealMakingLimits,
} from '../../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../../shared/errors/index.ts';
import { type Captured, partToKeep } from '../../seals/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';

/** What the user asked for, on top of what is found. */
interface Wishes {
  pick: number | null;
  diameterMm: number | null;
  colour: InkColour;
  ownColour: boolean;
  adjust: CaptureAdjust;
}

interface Held {
  /** A copy of the scan: what was judged is what is sent, also when the file changes or its drive is pulled out. */
  file: string;
  view: CaptureSession;
  captured: Captured | null;
  sheet: Uint8Array | null;
  /** JPEG that the authority is given, where it is not the scan itself. */
  shrunk: string | null;
  /** Counts the judgements that were asked for: an answer that a later question has overtaken is not kept. */
  asked: number;
}

/** Everything that an application for a seal takes from a capture. */
export interface CaptureMaterial {
  /** PNG of the seal, at most 24 KB. */
  png: Uint8Array;
  /** The same for keys with little room, at most 8 KB. */
  smallPng: Uint8Array;
  /** The scan, at most 5 MB. */
  scanJpeg: Uint8Array;
  result: CaptureResult;
}

/** Pixels of the longer side of the sheet as it is shown. */
const sheetSide = 1600;
/** A larger file is not even copied; no picture that can be decoded needs so much. */
const mostFileBytes = 200 * 1024 * 1024;
/** Scans that are kept open; the one that was not looked at for longest goes first. */
const mostSessions = 4;

const nothingAsked: Wishes = {
  pick: null,
  diameterMm: null,
  colour: 'red',
  ownColour: false,
  adjust: { rotate: 0, dx: 0, dy: 0, threshold: 0 },
};

type Tools = Pick<Services, 'store' | 'reader' | 'dialogs' | 'tickets' | 'userData'>;

/**
 * Scans of impressions that are being made into seals. Files stay in main, and are decoded in the document host only;
 * the window knows a scan by its session and asks for pictures of it.
 */
export class CaptureDesk {
  readonly #tools: Tools;
  readonly #folder: string;
  readonly #sessions = new Map<string, Held>();
  /** What a client that crashed has left behind is removed before the first scan comes. */
  #cleared: Promise<void> | undefined;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#folder = path.join(tools.userData, 'capture');
  }

  /**
   * What was captured, ready to be sent.
   * @throws request.refused for a session that is not open, or judged anew meanwhile; seal.judged-unfit; seal.scan-too-large
   */
  async material(id: string): Promise<CaptureMaterial> {
    const held = this.#get(id);
    const { captured } = held;
    if (!captured?.views) throw new YinkeyError('seal.judged-unfit', { what: held.view.error?.code ?? '' });
    const { result, png, views } = captured;
    if (result.verdict === 'refuse') {
      const what = result.checks.filter(({ verdict }) => verdict === 'refuse').map(({ name }) => name);
      throw new YinkeyError('seal.judged-unfit', { what: what.join(', ') });
    }
    const limit = sealMakingLimits.scanBytes;
    const { bytes, scan } = held.view;
    if (scan === 'too-large') throw new YinkeyError('seal.scan-too-large', { bytes, limit });
    if (scan === 'converted') await this.#shrink(held);
    // Something else was asked for meanwhile: this scan is not the one that goes with the picture.
    if (captured !== held.captured || (scan === 'converted' && held.shrunk === null))
      throw new YinkeyError('request.refused', {});
    const scanJpeg = await readFile(held.shrunk ?? held.file);
    return { png, smallPng: views.smallPng, scanJpeg, result };
  }

  handlers(): HandlersOf<'capture'> {
    return {
      'capture.choose': async () => {
        const file = await this.#tools.dialogs.open('scan');
        return file === undefined ? null : this.#open(file);
      },
      'capture.dropped': ({ ticket }) => this.#open(this.#tools.tickets.take(ticket)),
      'capture.judge': ({ id, ...wishes }) => this.#judge(this.#get(id), wishes),
      'capture.image': ({ id, which }) => this.#image(this.#get(id), which),
      'capture.shrink': async ({ id }) => {
        const held = this.#get(id);
        await this.#shrink(held);
        return held.view;
      },
      'capture.keep': ({ id, name }) => this.#keep(this.#get(id), name),
      'capture.close': ({ id }) => this.#close(id) as Promise<undefined>,
    };
  }

  /** Removes every scan from the disk. */
  async stop(): Promise<void> {
    this.#sessions.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #get(id: string): Held {
    const held = this.#sessions.get(id);
    if (!held) throw new YinkeyError('request.refused', {});
    this.#sessions.delete(id);
    this.#sessions.set(id, held);
    return held;
  }

  async #open(from: string): Promise<CaptureSession> {
    this.#cleared ??= rm(this.#folder, { recursive: true, force: true });
    await this.#cleared;
    const id = randomUUID();
    const name = path.basename(from);
    const bytes = await sizeOf(from);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = path.join(this.#folder, id);
    await copyFile(from, file, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const held: Held = {
      file,
      captured: null,
      sheet: null,
      shrunk: null,
      asked: 0,
      view: {
        id,
        name,
        bytes,
        preview: null,
        found: [],
        views: null,
        scan: null,
        shrunkBytes: null,
        revision: 0,
        result: null,
        error: null,
      },
    };
    this.#sessions.set(id, held);
    for (const old of this.#sessions.keys()) {
      if (this.#sessions.size <= mostSessions) break;
      await this.#close(old);
    }
    try {
      const { bytes: sheet, ...preview } = await this.#tools.reader.sheet(file, sheetSide);
      held.sheet = sheet;
      held.view = { ...held.view, preview };
    } catch (error) {
      // A file that can't be looked at can't be judged either: that is what the window tells.
      held.view = { ...held.view, error: toWireError(withName(error, name)), revision: 1 };
      return held.view;
    }
    return this.#judge(held, nothingAsked);
  }

  async #judge(held: Held, wishes: Wishes): Promise<CaptureSession> {
    held.asked += 1;
    const asked = held.asked;
    const { pick, diameterMm, colour, ownColour, adjust } = wishes;
    const { name } = held.view;
    let next: Pick<CaptureSession, 'result' | 'error' | 'found' | 'views' | 'scan'>;
    let captured: Captured | null = null;
    try {
      captured = await this.#tools.reader.capture({
        input: held.file,
        pick: pick ?? undefined,
        diameterMm: diameterMm ?? undefined,
        colour,
        ownColour,
        adjust,
        views: true,
      });
      const { result, views } = captured;
      next = {
        result,
        found: result.found,
        views: views ? { scanSideMm: views.scan.sideMm, specks: views.specks } : null,
        scan: scanOf(held, result),
        error: null,
      };
    } catch (error) {
      const wire = toWireError(withName(error, name));
      const found = foundIn(wire.details.boxes);
      next = { result: null, found: found ?? held.view.found, views: null, scan: null, error: wire };
    }
    if (asked !== held.asked) return held.view;
    held.captured = captured;
    // Another impression of the sheet needs other parts of it in full.
    if (next.scan !== 'shrunk') held.shrunk = null;
    const shrunkBytes = next.scan === 'shrunk' ? held.view.shrunkBytes : null;
    held.view = { ...held.view, ...next, shrunkBytes, revision: held.view.revision + 1 };
    return held.view;
  }

  #image(held: Held, which: 'sheet' | 'scan' | 'seal'): Uint8Array<ArrayBuffer> {
    const { sheet, captured } = held;
    const bytes = which === 'sheet' ? sheet : which === 'seal' ? captured?.png : captured?.views?.scan.bytes;
    if (!bytes) throw new YinkeyError('request.refused', {});
    return new Uint8Array(bytes);
  }

  async #shrink(held: Held): Promise<void> {
    const { result } = held.view;
    const keep = result && partToKeep(result);
    if (!keep) throw new YinkeyError('request.refused', {});
    const { captured } = held;
    const limit = sealMakingLimits.scanBytes;
    const bytes = await this.#tools.reader.shrink({ input: held.file, keep, limit });
    // Judged anew meanwhile: perhaps another impression of the sheet, which needs other parts of it in full.
    if (captured !== held.captured) return;
    const file = `${held.file}.jpg`;
    await writeFile(file, bytes, { mode: 0o600 });
    if (captured !== held.captured) return;
    held.shrunk = file;
    held.view = {
      ...held.view,
      scan: 'shrunk',
      shrunkBytes: bytes.length,
      revision: held.view.revision + 1,
    };
  }

  async #keep({ captured }: Held, name: string) {
    if (!captured) throw new YinkeyError('request.refused', {});
    const { store, reader } = this.#tools;
    const { sha256, widthPx, heightPx, widthMm, heightMm } = await reader.picture(captured.png);
    const facts = { sha256, widthPx, heightPx, widthMm, heightMm };
    return store.pictures.add({ name, ...facts }, captured.png, new Date());
  }

  async #close(id: string): Promise<void> {
    const held = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (!held) return;
    await Promise.all([held.file, `${held.file}.jpg`].map((file) => rm(file, { force: true })));
  }
}

function scanOf({ shrunk, view }: Held, { source, pick }: CaptureResult): CaptureSession['scan'] {
  if (shrunk !== null && view.result?.pick === pick) return 'shrunk';
  if (source.format !== 'jpeg') return 'converted';
  return view.bytes > sealMakingLimits.scanBytes ? 'too-large' : 'file';
}

/** @throws seal.not-found, seal.not-a-picture (a folder, a pipe), seal.file-too-large */
async function sizeOf(file: string): Promise<number> {
  const name = path.basename(file);
  // A pipe would keep whoever opens it waiting.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const handle = await open(file, flags).catch((error: unknown) => {
    throw new YinkeyError('seal.not-found', { name }, { cause: error });
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new YinkeyError('seal.not-a-picture', { name });
    if (stats.size > mostFileBytes) {
      throw new YinkeyError('seal.file-too-large', { name, bytes: stats.size, limit: mostFileBytes });
    }
    return stats.size;
  } finally {
    await handle.close();
  }
}

function withName(error: unknown, name: string): unknown {
  if (!(error instanceof YinkeyError)) return error;
  return new YinkeyError(error.code, { ...error.details, name }, { cause: error });
}

/** The boxes of `seal.several-found`: "x,y,width,height ...". */
function foundIn(boxes: unknown): FoundImpression[] | undefined {
  if (typeof boxes !== 'string') return undefined;
  return boxes.split(' ').map((text, index) => {
    const [x = 0, y = 0, width = 0, height = 0] = text.split(',').map(Number);
    return { pick: index + 1, box: { x, y, width, height } };
  });
}
