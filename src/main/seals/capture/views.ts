import type { CaptureResult } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { FlatView } from './flat.ts';
import { distanceTo, type Outline } from './outline.ts';
import type { Box, Pixels, SourcePicture } from './read.ts';

/** Ink beside the seal that its picture leaves out: millimetres from the seal's middle, on the upright seal. */
export interface Speck {
  x: number;
  y: number;
  /** Across. */
  size: number;
}

/** The part of the scan around the seal, laid flat and upright as the seal's picture is. */
export interface ScanView {
  /** JPEG, square, the seal's middle in its middle. */
  bytes: Uint8Array<ArrayBuffer>;
  sideMm: number;
}

/** What a person is shown of a scan. */
export interface SheetView {
  /** JPEG of the whole sheet. */
  bytes: Uint8Array<ArrayBuffer>;
  widthPx: number;
  heightPx: number;
  /** Of the scan itself. */
  source: { widthPx: number; heightPx: number };
}

/** Pixels a millimetre of the part that is shown: 300 dpi. */
const scanPerMm = 12;
/** Wide enough that the part fills a square of four thirds of the seal, however that is turned. */
const scanShare = (4 / 3) * Math.SQRT2;
const mostSpecks = 50;

/** The whole sheet, its longer side at most `side` pixels. */
export async function sheetView(source: SourcePicture, side: number): Promise<SheetView> {
  const { data, width, height } = await source.decode(side);
  return {
    bytes: await jpeg({ data, width, height }, 82),
    widthPx: width,
    heightPx: height,
    source: { widthPx: source.width, heightPx: source.height },
  };
}

/**
 * The scan around one seal. `toSource` leads from millimetres on the upright seal to pixels of the source; what lies
 * beside the sheet is filled with the paper's own colour.
 */
export async function scanView(
  source: SourcePicture,
  { toSource, sizeMm }: { toSource: (x: number, y: number) => readonly [number, number]; sizeMm: number },
): Promise<ScanView> {
  const sideMm = sizeMm * scanShare;
  const half = sideMm / 2;
  const corners = [-half, half].flatMap((x) => [-half, half].map((y) => toSource(x, y)));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const left = Math.max(0, Math.floor(Math.min(...xs)));
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const box: Box = {
    x: left,
    y: top,
    width: Math.max(1, Math.min(source.width, Math.ceil(Math.max(...xs))) - left),
    height: Math.max(1, Math.min(source.height, Math.ceil(Math.max(...ys))) - top),
  };
  const side = Math.round(sideMm * scanPerMm);
  const [from, to] = [toSource(0, -half), toSource(0, half)];
  const fine = side / Math.hypot(to[0] - from[0], to[1] - from[1]);
  const part = await source.decode(Math.ceil(Math.max(box.width, box.height) * Math.min(1, fine)), box);
  const [scaleX, scaleY] = [part.width / box.width, part.height / box.height];
  const paper = paperOf(part);
  const data = new Uint8Array(side * side * 3);
  for (let row = 0, i = 0; row < side; row++)
    for (let column = 0; column < side; column++, i += 3) {
      const [sx, sy] = toSource((column + 0.5) / scanPerMm - half, (row + 0.5) / scanPerMm - half);
      const x = (sx - box.x) * scaleX - 0.5;
      const y = (sy - box.y) * scaleY - 0.5;
      const [px, py] = [Math.floor(x), Math.floor(y)];
      if (px < 0 || py < 0 || px >= part.width - 1 || py >= part.height - 1) {
        data.set(paper, i);
        continue;
      }
      const [u, v] = [x - px, y - py];
      const at = (py * part.width + px) * 3;
      const below = at + part.width * 3;
      for (let channel = 0; channel < 3; channel++)
        data[i + channel] = Math.round(
          (part.data[at + channel]! * (1 - u) + part.data[at + 3 + channel]! * u) * (1 - v) +
            (part.data[below + channel]! * (1 - u) + part.data[below + 3 + channel]! * u) * v,
        );
    }
  return { bytes: await jpeg({ data, width: side, height: side }, 88), sideMm };
}

/** The mean of what is brighter than print and ink. */
function paperOf({ data }: Pixels): number[] {
  const sums = [0, 0, 0];
  let count = 0;
  for (let i = 0; i + 2 < data.length; i += 33 * 3) {
    if (Math.min(data[i]!, data[i + 1]!, data[i + 2]!) < 150) continue;
    for (let channel = 0; channel < 3; channel++) sums[channel]! += data[i + channel]!;
    count++;
  }
  return count === 0 ? [250, 248, 244] : sums.map((sum) => Math.round(sum / count));
}

async function jpeg({ data, width, height }: Pixels, quality: number): Promise<Uint8Array<ArrayBuffer>> {
  const { default: sharp } = await import('sharp');
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
  return new Uint8Array(bytes);
}

/** Drops of ink beside the seal, the largest first; what touches the edge of what was looked at is no drop. */
export function specksAround(view: FlatView, outline: Outline, areaMm: number): Speck[] {
  const perMm = 6;
  const { width, height, ink } = view.raster(areaMm, areaMm, perMm, 1);
  const open = new Uint8Array(ink.length);
  const place = (i: number) => ({
    x: ((i % width) + 0.5 - width / 2) / perMm,
    y: (Math.floor(i / width) + 0.5 - height / 2) / perMm,
  });
  for (let i = 0; i < ink.length; i++) if (ink[i]! > 110 && distanceTo(outline, place(i)) > 0.5) open[i] = 1;
  const specks: Speck[] = [];
  const stack: number[] = [];
  for (let start = 0; start < open.length; start++) {
    if (!open[start]) continue;
    open[start] = 0;
    stack.push(start);
    let [count, left, right, top, bottom] = [0, width, 0, height, 0];
    while (stack.length > 0) {
      const i = stack.pop()!;
      const [x, y] = [i % width, Math.floor(i / width)];
      count++;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      for (const [dx, dy] of [
        [-1, 0],
        [1, 0],
        [0, -1],
        [0, 1],
      ] as const) {
        const [nx, ny] = [x + dx, y + dy];
        const next = ny * width + nx;
        if (nx < 0 || ny < 0 || nx >= width || ny >= height || !open[next]) continue;
        open[next] = 0;
        stack.push(next);
      }
    }
    const size = Math.max(right - left + 1, bottom - top + 1) / perMm;
    const touches = left === 0 || top === 0 || right === width - 1 || bottom === height - 1;
    if (count < 4 || size > 5 || touches) continue;
    specks.push({
      x: rounded(((left + right + 1) / 2 - width / 2) / perMm),
      y: rounded(((top + bottom + 1) / 2 - height / 2) / perMm),
      size: rounded(size),
    });
  }
  return specks.sort((a, b) => b.size - a.size).slice(0, mostSpecks);
}

const rounded = (value: number) => Math.round(value * 100) / 100;

/** Around the seal stays as it was, in shares of its size, when a scan is made smaller. */
const keptMargin = 0.1;

/** The part of a scan that keeps its pixels when the scan is made smaller: the chosen seal, and a little around it. */
export function partToKeep({ found, pick }: Pick<CaptureResult, 'found' | 'pick'>): Box | undefined {
  const box = found.find((one) => one.pick === pick)?.box;
  if (!box) return undefined;
  const margin = Math.max(box.width, box.height) * keptMargin;
  const { x, y, width, height } = box;
  return { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin };
}

/** How a scan is made to fit: how coarse everything but the seal is, and the quality of the whole. */
const savings = [
  { coarse: 1, quality: 92 },
  { coarse: 3, quality: 92 },
  { coarse: 8, quality: 90 },
  { coarse: 24, quality: 88 },
  { coarse: 24, quality: 80 },
];

/**
 * The scan as a JPEG of at most `limit` bytes. The part of `keep` stays as it was, pixel by pixel at a high quality
 * and with its colours in full; the rest of the sheet is made coarser, as far as is needed.
 * @throws seal.file-too-large where nothing helps
 */
export async function shrunkScan(
  source: SourcePicture,
  { keep, limit }: { keep: Box; limit: number },
): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const { width, height, dpi } = source;
  const box = within(keep, width, height);
  const seal = await source.decode(Math.max(box.width, box.height), box);
  const patch = await sharp(seal.data, {
    raw: { width: seal.width, height: seal.height, channels: 3 },
  })
    .png({ compressionLevel: 1 })
    .toBuffer();
  let least = 0;
  for (const { coarse, quality } of savings) {
    const rest = await source.decode(Math.max(16, Math.ceil(Math.max(width, height) / coarse)));
    const bytes = await sharp(rest.data, {
      raw: { width: rest.width, height: rest.height, channels: 3 },
      limitInputPixels: false,
    })
      .resize(width, height, { fit: 'fill', kernel: 'cubic' })
      .composite([{ input: patch, left: box.x, top: box.y }])
      .removeAlpha()
      .withMetadata(dpi === undefined ? {} : { density: dpi })
      .jpeg({ quality, chromaSubsampling: '4:4:4', optimiseCoding: true })
      .toBuffer();
    if (bytes.length <= limit) return bytes;
    least = bytes.length;
  }
  throw new YinkeyError('seal.file-too-large', { bytes: least, limit });
}

function within({ x, y, width, height }: Box, mostX: number, mostY: number): Box {
  const [left, top] = [Math.max(0, Math.floor(x)), Math.max(0, Math.floor(y))];
  return {
    x: left,
    y: top,
    width: Math.max(1, Math.min(mostX, Math.ceil(x + width)) - left),
    height: Math.max(1, Math.min(mostY, Math.ceil(y + height)) - top),
  };
}
