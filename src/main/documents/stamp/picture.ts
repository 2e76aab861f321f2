import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { PictureFacts } from '../api.ts';

/** The most bytes that a seal's PNG may have. */
const maxPictureBytes = 20 * 1024 * 1024;
/** The most pixels that are decoded at all: 8,000 x 8,000. */
const maxPixels = 64_000_000;
/** A longer side is scaled down to this: 42 mm at 1,200 dpi, finer than any printer's dots. */
const maxSide = 2000;
/** The width where the picture names none: that of a Chinese unit's round seal. */
const usualWidthMm = 42;

/** A picture as a PDF image needs it: colour and opacity apart, eight bits a sample, deflated. */
export interface EncodedPicture {
  /** SHA-256 of the PNG it was made from, hex. */
  readonly sha256: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly widthMm: number;
  readonly heightMm: number;
  /** DeviceRGB samples, FlateDecode. */
  readonly rgb: Buffer;
  /** DeviceGray opacity, FlateDecode; null when the picture is opaque. */
  readonly alpha: Buffer | null;
}

const keptPictures = 8;
const kept = new Map<string, EncodedPicture>();

/**
 * Decodes a PNG and encodes it for PDF. The last few results are kept by the PNG's hash: a seal is used again and
 * again, and encoding it costs more than the rest of a small document's stamp.
 * @throws seal.not-a-picture, seal.too-large
 */
export async function encodePicture(png: Uint8Array): Promise<EncodedPicture> {
  if (png.byteLength > maxPictureBytes) {
    throw new YinkeyError('seal.too-large', { bytes: png.byteLength, limit: maxPictureBytes });
  }
  const sha256 = createHash('sha256').update(png).digest('hex');
  const known = kept.get(sha256);
  if (known) {
    kept.delete(sha256);
    kept.set(sha256, known);
    return known;
  }
  const encoded = await encode(Buffer.from(png.buffer, png.byteOffset, png.byteLength), sha256);
  if (kept.size >= keptPictures) kept.delete(kept.keys().next().value as string);
  kept.set(sha256, encoded);
  return encoded;
}

/** What the windows need to know of a picture. Throws as {@link encodePicture} does. */
export async function pictureFacts(png: Uint8Array): Promise<PictureFacts> {
  const { sha256, widthPx, heightPx, widthMm, heightMm, alpha } = await encodePicture(png);
  return { sha256, widthPx, heightPx, widthMm, heightMm, hasAlpha: alpha !== null };
}

async function encode(png: Buffer, sha256: string): Promise<EncodedPicture> {
  const header = readHeader(png);
  if (header.width * header.height > maxPixels) {
    throw new YinkeyError('seal.too-large', { width: header.width, height: header.height });
  }
  const { data, width, height } = await decode(png);
  const rgba = { data, pixels: width * height };
  const opaque = isOpaque(rgba);
  if (!opaque) fillUnseen(rgba);
  const { rgb, alpha } = split(rgba);
  const compress = promisify(deflate);
  return {
    sha256,
    widthPx: width,
    heightPx: height,
    ...sizeInMm(header),
    rgb: await compress(rgb),
    alpha: opaque ? null : await compress(alpha),
  };
}

interface PngHeader {
  width: number;
  height: number;
  /** Pixels a metre, or 0 where the picture has no resolution (pHYs, PNG 11.3.4.3). */
  perMetreX: number;
  perMetreY: number;
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Signature, IHDR and pHYs: enough to refuse a wrong or a huge picture before anything is decoded. */
function readHeader(png: Buffer): PngHeader {
  if (png.length < 33 || !png.subarray(0, 8).equals(signature) || png.toString('latin1', 12, 16) !== 'IHDR') {
    throw new YinkeyError('seal.not-a-picture');
  }
  const header = { width: png.readUInt32BE(16), height: png.readUInt32BE(20), perMetreX: 0, perMetreY: 0 };
  if (header.width === 0 || header.height === 0) throw new YinkeyError('seal.not-a-picture');
  let at = 33;
  while (at + 12 <= png.length) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT' || type === 'IEND') break;
    if (type === 'pHYs' && length === 9 && at + 21 <= png.length && png[at + 16] === 1) {
      header.perMetreX = png.readUInt32BE(at + 8);
      header.perMetreY = png.readUInt32BE(at + 12);
    }
    at += 12 + length;
  }
  return header;
}

/** True size by the picture's resolution; where that says nothing sensible (screen pictures), the usual width. */
function sizeInMm({ width, height, perMetreX, perMetreY }: PngHeader): { widthMm: number; heightMm: number } {
  if (perMetreX > 0 && perMetreY > 0) {
    const widthMm = (width / perMetreX) * 1000;
    const heightMm = (height / perMetreY) * 1000;
    if (Math.min(widthMm, heightMm) >= 5 && Math.max(widthMm, heightMm) <= 200) {
      return { widthMm: round(widthMm), heightMm: round(heightMm) };
    }
  }
  return { widthMm: usualWidthMm, heightMm: round((usualWidthMm * height) / width) };
}

/** To a hundredth of a millimetre: pixels a metre are whole numbers, so 300 dpi is only nearly 300. */
function round(mm: number): number {
  return Math.round(mm * 100) / 100;
}

async function decode(png: Buffer): Promise<{ data: Buffer; width: number; height: number }> {
  // Loaded when first needed: it brings a large native library that verifying and inspecting do without.
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  try {
    const { data, info } = await sharp(png, { limitInputPixels: maxPixels, failOn: 'error' })
      .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 4) throw new TypeError(`${info.channels} channels`);
    return { data, width: info.width, height: info.height };
  } catch (error) {
    throw new YinkeyError('seal.not-a-picture', {}, { cause: error });
  }
}

interface Rgba {
  data: Buffer;
  pixels: number;
}

function isOpaque({ data, pixels }: Rgba): boolean {
  for (let pixel = 0; pixel < pixels; pixel++) if (data[pixel * 4 + 3] !== 255) return false;
  return true;
}

/**
 * Gives the pixels that can't be seen the mean colour of those that can. Viewers scale colour and opacity apart:
 * black behind full transparency would bleed into the seal's edges as a dark rim.
 */
function fillUnseen({ data, pixels }: Rgba): void {
  const sum = [0, 0, 0];
  let weight = 0;
  for (let at = 0; at < pixels * 4; at += 4) {
    const alpha = data[at + 3] as number;
    weight += alpha;
    for (let channel = 0; channel < 3; channel++) {
      sum[channel] = (sum[channel] as number) + (data[at + channel] as number) * alpha;
    }
  }
  // A seal of which nothing shows is a mistake, and one that only a reader of the stamped file would notice.
  if (weight === 0) throw new YinkeyError('seal.not-a-picture', { what: 'transparent' });
  const mean = sum.map((value) => Math.round(value / weight));
  for (let at = 0; at < pixels * 4; at += 4) {
    if (data[at + 3] === 0)
      for (let channel = 0; channel < 3; channel++) data[at + channel] = mean[channel] as number;
  }
}

function split({ data, pixels }: Rgba): { rgb: Buffer; alpha: Buffer } {
  const rgb = Buffer.allocUnsafe(pixels * 3);
  const alpha = Buffer.allocUnsafe(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    rgb[pixel * 3] = data[pixel * 4] as number;
    rgb[pixel * 3 + 1] = data[pixel * 4 + 1] as number;
    rgb[pixel * 3 + 2] = data[pixel * 4 + 2] as number;
    alpha[pixel] = data[pixel * 4 + 3] as number;
  }
  return { rgb, alpha };
}
