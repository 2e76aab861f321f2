import worker from '../../../../node_modules/pdfjs-dist/legacy/build/pdf.worker.min.mjs?url&no-inline';
import jpx from '../../../../node_modules/pdfjs-dist/wasm/openjpeg_nowasm_fallback.js?url&no-inline';

/*
 * The files that pdf.js fetches while it works. They are files of our own origin, never data: addresses, because the
 * page's policy allows nothing else. None of them is WebAssembly: the policy has no 'wasm-unsafe-eval', so JPEG 2000
 * uses the plain-script decoder, and JBIG2 and CCITT the ones that are part of the worker.
 */
const maps = import.meta.glob<string>('../../../../node_modules/pdfjs-dist/cmaps/*.bcmap', {
  query: '?url&no-inline',
  import: 'default',
  eager: true,
});
const fonts = import.meta.glob<string>('../../../../node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}', {
  query: '?url&no-inline',
  import: 'default',
  eager: true,
});

const byName = new Map<string, string>();
for (const [path, url] of [...Object.entries(maps), ...Object.entries(fonts)]) {
  byName.set(path.slice(path.lastIndexOf('/') + 1), url);
}

export const workerUrl = worker;

/**
 * pdf.js appends the decoder's file name to a folder; our files have names of the build's making. What follows the
 * `#` is not part of what is fetched.
 */
export const decoderFolder = `${new URL(jpx, document.baseURI).href}#/`;

/** Hands pdf.js its character maps and standard fonts by name, in place of the folder addresses that it expects. */
export class PdfFiles {
  /** @throws an Error that pdf.js turns into a fallback (another font, no map) and a warning. */
  async fetch({ filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const url = byName.get(filename);
    if (url === undefined) throw new Error(`pdf.js asked for an unknown file: ${filename}`);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${filename}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }
}
