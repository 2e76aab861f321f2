import { open } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { YinkeyError } from '../../../shared/errors/index.ts';

/** The most pixels that are decoded: an A3 sheet at 720 dpi. */
const maxPixels = 100_000_000;
/** A file beyond this holds more than a picture of so many pixels needs. */
const maxBytes = 200 * 1024 * 1024;
/** Resolutions that a scanner writes; others are those of screens, or nonsense. */
const [leastDpi, mostDpi] = [100, 2400];

/** Eight bits a channel, red green blue, rows from the top. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A scan or photo that was looked at but not decoded yet. */
export interface SourcePicture {
  format: string;
  bytes: number;
  /** As it is looked at, turned by its EXIF mark. */
  width: number;
  height: number;
  /** Undefined where the file names none that a scanner would. */
  dpi: number | undefined;
  /** Decodes the whole (or a part of it), reduced to at most `side` pixels on the longer side. */
  decode: (side: number, box?: Box) => Promise<Pixels>;
}

/** A picture that was taken out of another file, with what that file says of it. */
export interface ScanPicture {
  /** A JPEG, or plain samples as `raw` says. */
  bytes: Uint8Array;
  raw?: { width: number; height: number; channels: 1 | 3 };
  dpi: number;
  /** Degrees clockwise by which it is turned to be looked at. */
  rotate: 0 | 90 | 180 | 270;
}

const signatures: [string, (head: Buffer) => boolean][] = [
  ['jpeg', (head) => head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff],
  ['png', (head) => head.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n'],
  ['tiff', (head) => ['II*\0', 'MM\0*'].includes(head.toString('latin1', 0, 4))],
  ['webp', (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP'],
  ['gif', (head) => head.toString('latin1', 0, 4) === 'GIF8'],
];

/** Formats by their first bytes: drawings and documents (SVG, PDF) never reach a decoder. */
async function formatOf(path: string): Promise<{ format: string; bytes: number }> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new YinkeyError('seal.not-found', {}, { cause: error });
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new YinkeyError('seal.not-a-picture');
    const head = Buffer.alloc(12);
    await file.read(head, 0, 12, 0);
    const format = signatures.find(([, fits]) => fits(head))?.[0];
    if (!format) throw new YinkeyError('seal.not-a-picture');
    if (stats.size > maxBytes)
      throw new YinkeyError('seal.file-too-large', { bytes: stats.size, limit: maxBytes });
    return { format, bytes: stats.size };
  } finally {
    await file.close();
  }
}

/**
 * Looks at a JPEG, PNG, TIFF, WebP or GIF file with one picture in it.
 * @throws seal.not-found, seal.not-a-picture, seal.animated, seal.too-large, seal.too-small, seal.file-too-large
 */
export async function openPicture(from: string | ScanPicture): Promise<SourcePicture> {
  const inside = typeof from === 'string' ? undefined : from;
  const { format, bytes } =
    typeof from === 'string' ? await formatOf(from) : { format: 'pdf', bytes: from.bytes.length };
  // Loaded when first needed: it brings a large native library that the other jobs do without.
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  const file = inside ? inside.bytes : (from as string);
  const raw = inside?.raw && { raw: inside.raw };
  const input = (): Sharp =>
    sharp(file, { limitInputPixels: maxPixels, failOn: 'error', sequentialRead: true, ...raw });
  const facts = await sharp(file, { limitInputPixels: false, failOn: 'error', ...raw })
    .metadata()
    .catch((error: unknown) => {
      throw new YinkeyError('seal.not-a-picture', {}, { cause: error });
    });
  // Of a scanned TIFF with several pages the first is taken.
  if ((facts.pages ?? 1) > 1 && format !== 'tiff')
    throw new YinkeyError('seal.animated', { pages: facts.pages ?? 1 });
  const turned = inside ? inside.rotate % 180 !== 0 : (facts.orientation ?? 1) >= 5;
  const [width, height] = turned ? [facts.height, facts.width] : [facts.width, facts.height];
  if (width * height > maxPixels) throw new YinkeyError('seal.too-large', { width, height });
  if (Math.min(width, height) < 64) throw new YinkeyError('seal.too-small', { width, height });
  const density = inside?.dpi ?? facts.density ?? 0;
  return {
    format,
    bytes,
    width,
    height,
    dpi: density >= leastDpi && density <= mostDpi ? density : undefined,
    decode: async (side, box) => {
      try {
        const picture = inside ? input().rotate(inside.rotate) : input().autoOrient();
        if (box) picture.extract({ left: box.x, top: box.y, width: box.width, height: box.height });
        const { data, info } = await picture
          .resize(side, side, { fit: 'inside', withoutEnlargement: true })
          .flatten({ background: '#ffffff' })
          .toColourspace('srgb')
          .raw({ depth: 'uchar' })
          .toBuffer({ resolveWithObject: true });
        return { data: threeChannels(data, info.channels), width: info.width, height: info.height };
      } catch (error) {
        throw new YinkeyError('seal.not-a-picture', {}, { cause: error });
      }
    },
  };
}

function threeChannels(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = data.length / channels;
  const wide = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    for (let channel = 0; channel < 3; channel++)
      wide[i * 3 + channel] = data[i * channels + (channels > 3 ? channel : 0)]!;
  }
  return wide;
}
