import {
  GlobalWorkerOptions,
  getDocument,
  PDFDataRangeTransport,
  type PDFDocumentProxy,
  type PDFPageProxy,
} from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { DocumentInfo, PageSize } from '../../../shared/domain/index.ts';
import { decoderFolder, PdfFiles, workerUrl } from './pdf-files.ts';
import { DrawingQueue } from './queue.ts';

GlobalWorkerOptions.workerSrc = workerUrl;

/** What one call of `documents.bytes` may ask for. */
const bytesAtOnce = 4 << 20;
/**
 * What pdf.js fetches at least. It looks at every page's dictionary before it shows the first one, so this times the
 * number of pages is what opening costs; neighbouring chunks are fetched in one go, so that a page's image still
 * takes few calls.
 */
const rangeChunkSize = 32 << 10;
/** No canvas is larger than this (64 megapixels): above it a page is drawn coarser. */
const mostPixels = 1 << 26;
const mostPixelsASide = 16384;

/** Reads `length` bytes at `offset` of the document; at most `bytesAtOnce`. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>;

/** Hands pdf.js just the ranges that it asks for: a file is never held whole. */
class Ranges extends PDFDataRangeTransport {
  private readonly read: ReadBytes;
  private readonly fail: (error: unknown) => void;
  private closed = false;

  constructor(size: number, read: ReadBytes, fail: (error: unknown) => void) {
    super(size, null);
    this.read = read;
    this.fail = fail;
  }

  override requestDataRange(begin: number, end: number): void {
    this.fetch(begin, end).then(
      (bytes) => {
        if (!this.closed) this.onDataRange(begin, bytes);
      },
      (error) => {
        if (!this.closed) this.fail(error);
      },
    );
  }

  override abort(): void {
    this.closed = true;
  }

  private async fetch(begin: number, end: number): Promise<Uint8Array> {
    const whole = new Uint8Array(end - begin);
    for (let at = begin; at < end && !this.closed; ) {
      const part = await this.read(at, Math.min(bytesAtOnce, end - at));
      if (part.length === 0) throw new Error('the document became shorter while it was read');
      whole.set(part.subarray(0, end - at), at - begin);
      at += part.length;
    }
    return whole;
  }
}

/** Why there is no picture of a page, as a word for texts: `documents:preview.trouble.<word>`. */
export type PreviewTrouble = 'unreadable' | 'password' | 'differs' | 'lost';

export class PreviewError extends Error {
  readonly trouble: PreviewTrouble;
  constructor(trouble: PreviewTrouble, cause?: unknown) {
    super(trouble, { cause });
    this.name = 'PreviewError';
    this.trouble = trouble;
  }
}

/** A document opened for looking at. Pages are 1-based. `close` frees the worker's memory of it. */
export class Preview {
  private readonly document: PDFDocumentProxy;
  private readonly sizes: readonly PageSize[];
  private readonly queue = new DrawingQueue();
  private readonly lost: Promise<never>;
  readonly close: () => void;

  constructor(
    document: PDFDocumentProxy,
    sizes: readonly PageSize[],
    lost: Promise<never>,
    close: () => void,
  ) {
    this.document = document;
    this.sizes = sizes;
    this.lost = lost;
    this.close = close;
  }

  /**
   * Draws a page so that it fills `widthPx` device pixels, on a canvas of its own.
   * @param urgency the page that is looked at comes before thumbnails
   * @throws PreviewError; the signal's reason when it is aborted
   */
  draw(page: number, widthPx: number, urgency: number, signal: AbortSignal): Promise<HTMLCanvasElement> {
    return this.queue.add(urgency, signal, async () => {
      const proxy = await this.page(page);
      signal.throwIfAborted();
      const natural = proxy.getViewport({ scale: 1 });
      const ratio = natural.height / natural.width;
      const width = Math.min(
        widthPx,
        Math.sqrt(mostPixels / ratio),
        mostPixelsASide,
        mostPixelsASide / ratio,
      );
      const viewport = proxy.getViewport({ scale: width / natural.width });
      const canvas = document.createElement('canvas');
      canvas.width = Math.max(1, Math.round(viewport.width));
      canvas.height = Math.max(1, Math.round(viewport.height));
      const drawing = proxy.render({ canvas, viewport, intent: 'display' });
      const stop = () => drawing.cancel();
      signal.addEventListener('abort', stop, { once: true });
      try {
        await Promise.race([drawing.promise, this.lost]);
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof PreviewError ? error : new PreviewError('unreadable', error);
      } finally {
        signal.removeEventListener('abort', stop);
        proxy.cleanup();
      }
      return canvas;
    });
  }

  private async page(number: number): Promise<PDFPageProxy> {
    let proxy: PDFPageProxy;
    try {
      proxy = await Promise.race([this.document.getPage(number), this.lost]);
    } catch (error) {
      throw error instanceof PreviewError ? error : new PreviewError('unreadable', error);
    }
    // What is shown is what is stamped: two readers of one file must agree on the page's size.
    const { width, height } = proxy.getViewport({ scale: 25.4 / 72 });
    const size = this.sizes[number - 1];
    const agrees = (a: number, b: number) => Math.abs(a - b) <= 0.2 + b * 0.001;
    if (!size || !agrees(width, size.widthMm) || !agrees(height, size.heightMm))
      throw new PreviewError('differs');
    return proxy;
  }
}

/**
 * Opens a document for the preview, by ranges. Nothing in the file is run: no scripts, no forms of XFA, no links.
 * @throws PreviewError; the signal's reason when it is aborted
 */
export async function openPreview(
  info: DocumentInfo,
  password: string | undefined,
  read: ReadBytes,
  signal: AbortSignal,
): Promise<Preview> {
  let fail: (error: unknown) => void = () => {};
  const lost = new Promise<never>((_resolve, reject) => {
    fail = (error) => reject(new PreviewError('lost', error));
  });
  lost.catch(() => {}); // waited for where something is drawn; alone it is no unhandled rejection
  const range = new Ranges(info.size, read, fail);
  const task = getDocument({
    range,
    rangeChunkSize,
    ...(password === undefined ? {} : { password }),
    disableAutoFetch: true,
    disableStream: true,
    isEvalSupported: false,
    useWasm: false,
    useWorkerFetch: false,
    enableXfa: false,
    wasmUrl: decoderFolder,
    cMapUrl: '/',
    cMapPacked: true,
    standardFontDataUrl: '/',
    BinaryDataFactory: PdfFiles,
    verbosity: 0,
  });
  const close = () => {
    range.abort();
    void task.destroy();
  };
  signal.addEventListener('abort', close, { once: true });
  try {
    const document = await Promise.race([task.promise, lost]);
    signal.throwIfAborted();
    if (document.numPages !== info.pages.length) throw new PreviewError('differs');
    return new Preview(document, info.pages, lost, close);
  } catch (error) {
    close();
    signal.throwIfAborted();
    if (error instanceof PreviewError) throw error;
    const name = error instanceof Error ? error.name : '';
    throw new PreviewError(name === 'PasswordException' ? 'password' : 'unreadable', error);
  }
}
