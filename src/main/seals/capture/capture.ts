import {
  type CaptureResult,
  type FoundImpression,
  type InkColour,
  sealMakingLimits,
} from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { findCandidates } from './candidates.ts';
import { encodeSeal } from './encode.ts';
import { bilinear, FlatView, type Placing } from './flat.ts';
import { type InkMap, inkMap, inkMask, isGrey } from './ink.ts';
import { judge, overall } from './judge.ts';
import { fitOutline, type Outline, outermost, refineOutline } from './outline.ts';
import { type Box, openPicture, type Pixels, type ScanPicture, type SourcePicture } from './read.ts';
import { folded, type Turn, turnOf } from './upright.ts';
import { type ScanView, type Speck, scanView, specksAround } from './views.ts';

/** What is asked of a capture; the path is absolute. */
export interface CaptureRequest {
  input: string;
  /** The true diameter (of an oval or a rectangle: the longer side), where it was measured by hand. */
  diameterMm?: number | undefined;
  colour?: InkColour | undefined;
  /** Which of several impressions, 1 being the largest. */
  pick?: number | undefined;
  /** The picture in the ink's own colour instead of seal red. */
  ownColour?: boolean | undefined;
  /** Help by hand: degrees clockwise on top, millimetres to the right and down, -1..1 more or less ink. */
  adjust?: { rotate?: number; dx?: number; dy?: number; threshold?: number } | undefined;
  /** Also what a window shows of it, and the picture for keys with little room. */
  views?: boolean | undefined;
}

export interface Captured {
  result: CaptureResult;
  png: Uint8Array;
  views?: { scan: ScanView; specks: Speck[]; smallPng: Uint8Array } | undefined;
}

/** What is decoded around a seal on each side, as a share of its size; and how much of it drops are looked for in. */
const [aroundShare, seenShare] = [0.12, 1.22];
/** The picture in which seals are looked for has no longer side than this. */
const searchSide = 1400;
/** Finer than this nothing is measured any better; pixels on the seal's longer side. */
const workSide = 900;
/** Room of a key for the picture. */
const mostPngBytes = sealMakingLimits.pictureBytes;
/** A JPEG beyond this is not taken by the authority. */
const mostJpegBytes = sealMakingLimits.scanBytes;
/**
 * Millimetres around the seal in its picture: none, for seal objects state the picture's size in whole millimetres, and it is
 * drawn at that size.
 */
const marginMm = 0;
/** Largest seal of an enterprise, an institution or an association (State Council notice [1999] No. 25). */
const mostRoundMm = 45;
/** Longest rectangular seal in practice. */
const mostLongMm = 60;
/** The red of the seals that YinKey draws. */
const sealRed = [195, 39, 43];
/** Millimetres of what may be a seal at all. */
const sensibleMm = [8, 90] as const;

/**
 * Finds one impression on a scan or photo, lays it flat and upright, frees it from paper and print, and judges it.
 * Strokes that are missing stay missing.
 * @param scan the picture itself, where the input is a file around it
 * @throws seal.not-found, seal.not-a-picture, seal.animated, seal.too-large, seal.too-small, seal.file-too-large,
 * seal.no-seal-found, seal.several-found, seal.pick-missing, seal.grey-scan, seal.size-unknown
 */
export async function captureSeal(request: CaptureRequest, scan?: ScanPicture): Promise<Captured> {
  const { colour = 'red', adjust = {} } = request;
  const source = await openPicture(scan ?? request.input);
  const small = await source.decode(searchSide);
  const { found, chosen } = choose(search(small, source, colour), request.pick);
  const { pixels, scale, box } = await cutOut(source, chosen);
  // Until the scale is known a seal is taken to be of the usual 42 mm.
  const roughly = (Math.max(chosen.width, chosen.height) * scale) / 42;
  const map = inkMap(pixels, { colour, perMm: roughly, threshold: adjust.threshold });
  const outline = locate(map);
  const { perMm, dpi, photo } = scaleOf(source, { outline, scale, diameterMm: request.diameterMm });
  const seal = shapeOf(outline, perMm, photo);
  const laid = layFlat(map, seal, perMm, adjust);
  const rasterArea = [seal.widthMm + 6, seal.heightMm + 6] as const;
  const flatOutline: Outline = {
    form: outline.form,
    x: 0,
    y: 0,
    a: seal.widthMm / 2,
    b: seal.heightMm / 2,
    angle: 0,
  };
  const checks = judge({
    view: laid.view,
    outline: flatOutline,
    raster: laid.view.raster(...rasterArea, 6, 2),
    axes: seal.axes,
    round: seal.shape === 'circle',
    photo,
    rotation: laid.turn.degrees,
    dpi,
    mostMm: outline.form === 'ellipse' ? mostRoundMm : mostLongMm,
  });
  const ink = { dpi, colour: request.ownColour || colour !== 'red' ? map.colour : sealRed };
  const picture = await draw(laid.view, seal, ink, wishes, mostPngBytes);
  const notes: CaptureResult['notes'] = [];
  if (source.format === 'jpeg' && source.bytes > mostJpegBytes) notes.push('fileTooLarge');
  if (source.format !== 'jpeg') notes.push('notJpeg');
  if (photo && seal.shape === 'circle' && seal.axes.long / seal.axes.short > 1.01) notes.push('perspective');
  if (map.hidden.some((value) => value === 1)) notes.push('textOverSeal');
  return {
    png: picture.bytes,
    ...(request.views && {
      views: {
        scan: await scanView(source, {
          sizeMm: Math.max(seal.widthMm, seal.heightMm),
          toSource: (x, y) => {
            const [px, py] = laid.view.seenAt(x, y);
            return [box.x + px / scale, box.y + py / scale];
          },
        }),
        specks: specksAround(laid.view, flatOutline, Math.max(seal.widthMm, seal.heightMm) * seenShare),
        smallPng: (await draw(laid.view, seal, ink, smallWishes, sealMakingLimits.smallPictureBytes)).bytes,
      },
    }),
    result: {
      found,
      pick: chosen.pick,
      shape: seal.shape,
      widthMm: rounded(seal.widthMm),
      heightMm: rounded(seal.heightMm),
      rotation: rounded(laid.turn.degrees),
      rotationBy: laid.turn.by,
      colour,
      checks,
      verdict: overall(checks),
      notes,
      source: {
        format: source.format,
        bytes: source.bytes,
        widthPx: source.width,
        heightPx: source.height,
        dpi: Math.round(dpi),
        dpiFrom: request.diameterMm === undefined ? 'file' : 'diameter',
        centre: { x: rounded(box.x + outline.x / scale), y: rounded(box.y + outline.y / scale) },
      },
      picture: {
        widthPx: picture.width,
        heightPx: picture.height,
        dpi: picture.dpi,
        bytes: picture.bytes.length,
        widthMm: rounded((picture.width / picture.dpi) * 25.4),
        heightMm: rounded((picture.height / picture.dpi) * 25.4),
      },
    },
  };
}

const rounded = (value: number) => Math.round(value * 100) / 100;

/** Everything on the sheet that may be a seal, in pixels of the source. */
function search(small: Pixels, source: SourcePicture, colour: InkColour): Box[] {
  const mask = inkMask(small, colour);
  const factor = source.width / small.width;
  const longer = Math.max(small.width, small.height);
  const perMm = source.dpi === undefined ? undefined : source.dpi / 25.4 / factor;
  const boxes = findCandidates(mask, small.width, small.height, {
    gap: Math.max(2, Math.round(perMm === undefined ? longer * 0.006 : 0.9 * perMm)),
    least: Math.max(16, perMm === undefined ? longer * 0.05 : sensibleMm[0] * perMm),
  }).filter((box) => {
    if (perMm !== undefined && Math.max(box.width, box.height) > sensibleMm[1] * perMm) return false;
    return fitOutline(rimOf(mask, small.width, box), Math.max(box.width, box.height)) !== undefined;
  });
  if (boxes.length === 0) {
    const { grey, printed } = isGrey(small);
    throw new YinkeyError(colour !== 'black' && grey && printed ? 'seal.grey-scan' : 'seal.no-seal-found');
  }
  return boxes.map(({ x, y, width, height }) => ({
    x: Math.round(x * factor),
    y: Math.round(y * factor),
    width: Math.round(width * factor),
    height: Math.round(height * factor),
  }));
}

function rimOf(mask: Uint8Array, width: number, box: Box) {
  return outermost((x, y) => mask[(box.y + y) * width + box.x + x] === 1, box.width, box.height, 360);
}

function choose(
  boxes: Box[],
  pick: number | undefined,
): { found: FoundImpression[]; chosen: Box & { pick: number } } {
  const found = boxes.map((box, index) => ({ pick: index + 1, box }));
  if (pick === undefined && found.length > 1) {
    throw new YinkeyError('seal.several-found', {
      count: found.length,
      // For whoever lets the user pick: x,y,width,height of each, in pixels.
      boxes: boxes.map(({ x, y, width, height }) => [x, y, width, height].join(',')).join(' '),
    });
  }
  const box = boxes[(pick ?? 1) - 1];
  if (!box) throw new YinkeyError('seal.pick-missing', { pick: pick ?? 1, count: found.length });
  return { found, chosen: { ...box, pick: pick ?? 1 } };
}

/** The part of the source around one seal, no finer than needed. `scale`: its pixels for one of the source. */
async function cutOut(
  source: SourcePicture,
  seal: Box,
): Promise<{ pixels: Pixels; scale: number; box: Box }> {
  const margin = Math.ceil(Math.max(seal.width, seal.height) * aroundShare) + 4;
  const [x, y] = [Math.max(0, seal.x - margin), Math.max(0, seal.y - margin)];
  const box = {
    x,
    y,
    width: Math.min(source.width, seal.x + seal.width + margin) - x,
    height: Math.min(source.height, seal.y + seal.height + margin) - y,
  };
  const side = Math.ceil((workSide * Math.max(box.width, box.height)) / Math.max(seal.width, seal.height));
  const pixels = await source.decode(side, box);
  return { pixels, scale: pixels.width / box.width, box };
}

/** The seal's outer edge, to a fraction of a pixel. */
function locate(map: InkMap): Outline {
  const { alpha, width, height } = map;
  const mask = new Uint8Array(alpha.length);
  let [left, right, top, bottom] = [width, 0, height, 0];
  // Dust around the seal must not decide where its rays start: rows and columns count from eight inked pixels on.
  const [columns, rows] = [new Uint32Array(width), new Uint32Array(height)];
  for (let i = 0; i < alpha.length; i++) {
    if (alpha[i]! < 100) continue;
    mask[i] = 1;
    columns[i % width]!++;
    rows[Math.floor(i / width)]!++;
  }
  const enough = 8;
  left = columns.findIndex((count) => count >= enough);
  right = columns.findLastIndex((count) => count >= enough);
  top = rows.findIndex((count) => count >= enough);
  bottom = rows.findLastIndex((count) => count >= enough);
  if (left < 0 || top < 0) throw new YinkeyError('seal.no-seal-found');
  const box = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  const points = outermost((x, y) => mask[(box.y + y) * width + box.x + x] === 1, box.width, box.height, 720);
  const size = Math.max(box.width, box.height);
  const outline = fitOutline(
    points.map(({ x, y }) => ({ x: x + box.x, y: y + box.y })),
    size,
  );
  if (!outline) throw new YinkeyError('seal.no-seal-found');
  return refineOutline(bilinear(map), outline, size * 0.025);
}

/** Pixels a millimetre of the cut-out, and the source's resolution. */
function scaleOf(
  source: SourcePicture,
  { outline, scale, diameterMm }: { outline: Outline; scale: number; diameterMm: number | undefined },
): { perMm: number; dpi: number; photo: boolean } {
  const long = 2 * Math.max(outline.a, outline.b);
  if (diameterMm !== undefined) {
    const perMm = long / diameterMm;
    return { perMm, dpi: (perMm / scale) * 25.4, photo: source.dpi === undefined };
  }
  if (source.dpi === undefined) throw new YinkeyError('seal.size-unknown');
  return { perMm: (source.dpi / 25.4) * scale, dpi: source.dpi, photo: false };
}

interface Seal {
  shape: CaptureResult['shape'];
  outline: Outline;
  widthMm: number;
  heightMm: number;
  axes: { long: number; short: number };
  /** A photo of a round seal: its ellipse is to be made a circle. */
  stretch: boolean;
}

/** What kind of seal an outline belongs to, its width being what lies nearest to horizontal. */
function shapeOf(outline: Outline, perMm: number, photo: boolean): Seal {
  const [a, b] = [(2 * outline.a) / perMm, (2 * outline.b) / perMm];
  const axes = { long: Math.max(a, b), short: Math.min(a, b) };
  const ratio = axes.short / axes.long;
  if (outline.form === 'ellipse' && ratio > 0.87) {
    const diameter = photo ? axes.long : (axes.long + axes.short) / 2;
    return { shape: 'circle', outline, widthMm: diameter, heightMm: diameter, axes, stretch: photo };
  }
  const square = outline.form === 'rectangle' && ratio > 0.93;
  const turned = Math.abs(Math.cos(outline.angle)) < Math.SQRT1_2;
  const quarter = turned
    ? { ...outline, a: outline.b, b: outline.a, angle: outline.angle - Math.PI / 2 }
    : outline;
  const [width, height] = turned ? [b, a] : [a, b];
  return {
    shape: outline.form === 'ellipse' ? 'ellipse' : square ? 'square' : 'rectangle',
    outline: quarter,
    widthMm: width,
    heightMm: height,
    axes,
    stretch: false,
  };
}

/** How the seal's own frame lies in the cut-out, turned by `degrees`. */
function placing(seal: Seal, perMm: number, degrees: number): Placing {
  const turn = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  let stretch = [perMm, 0, 0, perMm];
  if (seal.stretch) {
    // The same ellipse, stretched along its axes only: nothing is turned by it.
    const { a, b, angle } = seal.outline;
    const radius = seal.widthMm / 2;
    const [p, q] = [a / radius, b / radius];
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const mixed = (p - q) * c * s;
    stretch = [p * c * c + q * s * s, mixed, mixed, p * s * s + q * c * c];
  }
  const [xx, xy, yx, yy] = stretch as [number, number, number, number];
  return {
    x: seal.outline.x,
    y: seal.outline.y,
    across: { x: xx * cos + xy * sin, y: yx * cos + yy * sin },
    down: { x: -xx * sin + xy * cos, y: -yx * sin + yy * cos },
  };
}

/** Finds how far the seal is turned and gives it upright, with what was asked for by hand on top. */
function layFlat(
  map: InkMap,
  seal: Seal,
  perMm: number,
  adjust: NonNullable<CaptureRequest['adjust']>,
): { view: FlatView; turn: { degrees: number; by: Turn['by'] | 'border' } } {
  let turn: { degrees: number; by: Turn['by'] | 'border' };
  let lean: Placing['lean'];
  if (seal.shape === 'circle') {
    const radius = seal.widthMm / 2;
    const look = (): Turn => {
      const { ink, hidden } = new FlatView(map, { ...placing(seal, perMm, 0), lean });
      return turnOf({ ink, hidden, radius });
    };
    let found = look();
    if (seal.stretch && found.middle && seenByCamera(found.middle, seal)) {
      // The star stands in the middle: where it is seen tells how the camera leant.
      lean = { x: found.middle.x / radius, y: found.middle.y / radius, radius };
      found = look();
    }
    turn = { degrees: found.degrees, by: found.by };
  } else {
    let degrees = folded((seal.outline.angle * 180) / Math.PI);
    if (Math.abs(degrees) > 90) degrees = folded(degrees + 180);
    // Of a square all four sides look alike: it has been turned by less than half a right angle.
    if (seal.shape === 'square') degrees -= 90 * Math.round(degrees / 90);
    turn = { degrees, by: 'border' };
  }
  const total = { degrees: folded(turn.degrees + (adjust.rotate ?? 0)), by: turn.by };
  const place = placing(seal, perMm, total.degrees);
  const [dx, dy] = [adjust.dx ?? 0, adjust.dy ?? 0];
  const moved: Placing = {
    ...place,
    lean: lean && turnedBack(lean, total.degrees),
    x: place.x + dx * place.across.x + dy * place.down.x,
    y: place.y + dx * place.across.y + dy * place.down.y,
  };
  return { view: new FlatView(map, moved), turn: total };
}

/**
 * Whether a camera can have moved the star's middle so: towards one end of the short axis, and no farther than at
 * 150 mm. Many a seal has its star a little above the middle, and that is not to be put right.
 */
function seenByCamera({ x, y }: { x: number; y: number }, { outline, axes, widthMm }: Seal): boolean {
  const tilt = Math.sqrt(1 - (axes.short / axes.long) ** 2);
  const size = Math.hypot(x, y);
  const alongLong = Math.abs(x * Math.cos(outline.angle) + y * Math.sin(outline.angle));
  return size < (widthMm / 2) * tilt * 0.14 && alongLong < size * 0.4;
}

/** The same lean in a frame that is turned by `degrees`. */
function turnedBack(lean: NonNullable<Placing['lean']>, degrees: number): NonNullable<Placing['lean']> {
  const turn = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return { x: lean.x * cos + lean.y * sin, y: -lean.x * sin + lean.y * cos, radius: lean.radius };
}

/** Sizes that are tried, best first, until one fits into a key; never below 300 dpi. */
const wishes = [
  { dpi: 400, levels: 16 },
  { dpi: 300, levels: 16 },
  { dpi: 300, levels: 8 },
  { dpi: 300, levels: 4 },
  { dpi: 300, levels: 2 },
];
/** For keys on which every kilobyte counts: coarser, but never so coarse that its text can't be read. */
const smallWishes = [
  { dpi: 300, levels: 4 },
  { dpi: 250, levels: 4 },
  { dpi: 200, levels: 4 },
  { dpi: 200, levels: 2 },
  { dpi: 150, levels: 2 },
  { dpi: 120, levels: 2 },
];

/** The seal's picture: upright, transparent, in one colour, cropped to the seal, with its true size. */
async function draw(
  view: FlatView,
  seal: Seal,
  { dpi, colour }: { dpi: number; colour: number[] },
  tried: typeof wishes,
  most: number,
) {
  const form: Outline = {
    form: seal.outline.form,
    x: 0,
    y: 0,
    a: seal.widthMm / 2,
    b: seal.heightMm / 2,
    angle: 0,
  };
  for (const wish of tried) {
    // Finer than the scan there is nothing to show.
    if (wish.dpi > Math.max(300, dpi * 1.05)) continue;
    const perMm = wish.dpi / 25.4;
    const raster = view.raster(
      seal.widthMm + 2 * marginMm,
      seal.heightMm + 2 * marginMm,
      perMm,
      dpi > wish.dpi ? 2 : 1,
    );
    const { width, height, ink } = raster;
    clean(ink, width, height, perMm, form);
    const bytes = await encodeSeal(ink, { width, height, dpi: wish.dpi, colour, levels: wish.levels });
    if (bytes.length <= most) return { bytes, width, height, dpi: wish.dpi };
  }
  // Only noise compresses so badly.
  throw new YinkeyError('seal.no-seal-found');
}

/** Takes away what lies around the seal, and traces too weak to be strokes. */
function clean(ink: Uint8Array, width: number, height: number, perMm: number, form: Outline): void {
  const allowed = 0.35;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      if (ink[i]! < 24) ink[i] = 0;
      if (ink[i] === 0) continue;
      const [mx, my] = [(x + 0.5 - width / 2) / perMm, (y + 0.5 - height / 2) / perMm];
      const outside =
        form.form === 'ellipse'
          ? (mx / (form.a + allowed)) ** 2 + (my / (form.b + allowed)) ** 2 > 1
          : Math.abs(mx) > form.a + allowed || Math.abs(my) > form.b + allowed;
      if (outside) ink[i] = 0;
    }
}
