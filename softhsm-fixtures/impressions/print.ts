import sharp from 'sharp';
import { drawSeal, marginMm, printedText, type SealDrawing } from './drawing.ts';
import { Random, smoothField } from './random.ts';

/** What is done to an impression; lengths in millimetres, angles in degrees clockwise from 12 o'clock. */
export interface ImpressionSpec {
  seed: number;
  shape: SealDrawing['shape'];
  /** Pixels an inch; of a photo, at the seal's middle. */
  dpi: number;
  /** Clockwise. */
  rotation: number;
  paper: { width: number; height: number };
  /** Where the seal's middle lies on the paper. */
  at: { x: number; y: number };
  ink: [number, number, number];
  /** Share of the strokes that took no ink, roughly. */
  gaps: number;
  /** How much weaker the ink is where it is weakest, 0..1. */
  uneven: number;
  bleed: number;
  double?: { dx: number; dy: number; strength: number };
  missing?: { from: number; to: number };
  /** Squeezed in one direction by this share: distorted, not photographed. */
  squeeze: number;
  text: 'none' | 'under' | 'over';
  shadow: number;
  /** A photo: tilt in degrees and the direction that it leans to; the file then names no resolution. */
  photo?: { tilt: number; towards: number };
  grey: boolean;
  blur: number;
  quality: number | 'png';
  /** What is known to be wrong with it; empty: a good one. `fair`: neither. */
  defects: string[];
}

/** An impression on paper, and everything that is true of it. */
export interface Impression {
  bytes: Buffer;
  spec: ImpressionSpec;
  shape: SealDrawing['shape'];
  widthMm: number;
  heightMm: number;
  upright: boolean;
  centrePx: { x: number; y: number };
  /** Ink there really is, in the seal's own frame (upright, centred), before it bled: 0..255. */
  mask: { data: Uint8Array; width: number; height: number; perMm: number };
}

interface Layer {
  data: Float32Array | Uint8Array;
  width: number;
  height: number;
}

async function raster(svg: string, width: number): Promise<Layer> {
  // librsvg draws at the density; the drawing's own size is in millimetres.
  const natural = Number(/width="([\d.]+)mm"/.exec(svg)![1]);
  const density = Math.max(72, Math.ceil((width / natural) * 25.4));
  const { data, info } = await sharp(Buffer.from(svg), { density, limitInputPixels: false })
    .resize(width)
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const step = info.channels;
  const ink = new Uint8Array(info.width * info.height);
  for (let i = 0; i < ink.length; i++) ink[i] = 255 - data[i * step]!;
  return { data: ink, width: info.width, height: info.height };
}

function sample({ data, width, height }: Layer, x: number, y: number): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || row < 0 || column >= width - 1 || row >= height - 1) return 0;
  const [u, v] = [x - column, y - row];
  const i = row * width + column;
  return (
    (data[i]! * (1 - u) + data[i + 1]! * u) * (1 - v) +
    (data[i + width]! * (1 - u) + data[i + width + 1]! * u) * v
  );
}

const smooth = (low: number, high: number, value: number) => {
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return share * share * (3 - 2 * share);
};

/** The ink on the paper in the seal's frame, and the truth. */
async function inkPlate(spec: ImpressionSpec, drawing: SealDrawing) {
  const random = new Random(spec.seed ^ 0x51ab);
  const perMm = Math.min(Math.max((spec.dpi / 25.4) * 1.25, 10), 48);
  const full = drawing.widthMm + 2 * marginMm;
  const plate = await raster(drawing.svg, Math.round(full * perMm));
  const { width, height } = plate;
  const gapField = smoothField(random, 0.7);
  const fineField = smoothField(random, 0.28);
  const weakField = smoothField(random, 14);
  const truth = new Uint8Array(width * height);
  const ink = new Uint8Array(width * height);
  const [rx, ry] = [drawing.widthMm / 2, drawing.heightMm / 2];
  const edged = drawing.shape === 'square' || drawing.shape === 'rectangle';
  for (let row = 0; row < height; row++) {
    const y = (row + 0.5) / perMm - height / perMm / 2;
    for (let column = 0; column < width; column++) {
      const i = row * width + column;
      let cover = plate.data[i]! / 255;
      if (cover === 0) continue;
      const x = (column + 0.5) / perMm - width / perMm / 2;
      if (spec.missing) {
        const reach = edged ? Math.max(Math.abs(x) / rx, Math.abs(y) / ry) : Math.hypot(x / rx, y / ry);
        const angle = ((Math.atan2(x, -y) * 180) / Math.PI + 360) % 360;
        const span = (spec.missing.to - spec.missing.from + 360) % 360;
        if (reach > 0.8 && (angle - spec.missing.from + 360) % 360 < span) cover = 0;
      }
      if (spec.gaps > 0) {
        const level = 0.6 * gapField(x, y) + 0.4 * fineField(x, y);
        const cut = 0.15 + 0.47 * spec.gaps;
        cover *= smooth(cut - 0.03, cut + 0.03, level);
      }
      truth[i] = Math.round(255 * cover);
      ink[i] = Math.round(255 * cover * (1 - spec.uneven * weakField(x, y)));
    }
  }
  return { truth, ink, width, height, perMm };
}

/** Prints a seal on paper and scans or photographs it. The same spec gives the same bytes. */
export async function makeImpression(spec: ImpressionSpec): Promise<Impression> {
  const drawing = drawSeal(spec.shape, spec.seed);
  const plate = await inkPlate(spec, drawing);
  let ink: Layer = { data: plate.ink, width: plate.width, height: plate.height };
  if (spec.bleed > 0) {
    const data = await sharp(plate.ink, { raw: { width: plate.width, height: plate.height, channels: 1 } })
      .blur(Math.max(0.3, spec.bleed * plate.perMm))
      .extractChannel(0)
      .raw()
      .toBuffer();
    ink = { ...ink, data };
  }
  const scale = spec.dpi / 25.4;
  const [width, height] = [Math.round(spec.paper.width * scale), Math.round(spec.paper.height * scale)];
  const text =
    spec.text === 'none'
      ? undefined
      : await raster(printedText(spec.seed, spec.paper.width, spec.paper.height), Math.min(width, 2400));
  const textScale = text ? text.width / spec.paper.width : 0;
  const random = new Random(spec.seed ^ 0x77aa);
  const fibre = smoothField(random, 0.4);
  const cloud = smoothField(random, 30);
  const turn = (spec.rotation * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const lean = spec.photo ? (spec.photo.tilt * Math.PI) / 180 : 0;
  const towards = spec.photo ? (spec.photo.towards * Math.PI) / 180 : 0;
  /** Millimetres between lens and paper. */
  const distance = 320;
  const base = [random.between(244, 252), random.between(243, 250), random.between(236, 248)];
  const pixels = Buffer.allocUnsafe(width * height * 3);
  const noise = new Random(spec.seed ^ 0x1234);
  const plateAt = (x: number, y: number) =>
    sample(
      ink,
      (x + plate.width / plate.perMm / 2) * plate.perMm - 0.5,
      (y + plate.height / plate.perMm / 2) * plate.perMm - 0.5,
    ) / 255;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let dx = (column + 0.5) / scale - spec.at.x;
      let dy = (row + 0.5) / scale - spec.at.y;
      if (spec.photo) {
        // The view through a tilted pinhole, looking at the seal's middle.
        const along = dx * Math.cos(towards) + dy * Math.sin(towards);
        const across = -dx * Math.sin(towards) + dy * Math.cos(towards);
        const depth = Math.cos(lean) - (along / distance) * Math.sin(lean);
        const u = along / depth;
        const v = across * (Math.cos(lean) / depth);
        dx = u * Math.cos(towards) - v * Math.sin(towards);
        dy = u * Math.sin(towards) + v * Math.cos(towards);
      }
      const light =
        (1 - spec.shadow * smooth(0.3, 0.7, cloud(dx + 40, dy + 40))) * (0.985 + 0.03 * fibre(dx, dy));
      const sx = (dx * cos + dy * sin) * (1 + spec.squeeze);
      const sy = -dx * sin + dy * cos;
      let amount = plateAt(sx, sy);
      if (spec.double) {
        amount = Math.max(amount, spec.double.strength * plateAt(sx - spec.double.dx, sy - spec.double.dy));
      }
      const black = text
        ? sample(text, (dx + spec.at.x) * textScale - 0.5, (dy + spec.at.y) * textScale - 0.5) / 255
        : 0;
      const grain = (noise.next() + noise.next() - 1) * 5;
      const i = (row * width + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const paper = base[channel]!;
        const colour = spec.ink[channel]!;
        let value: number;
        if (spec.text === 'over') {
          value = paper * (1 - amount) + colour * amount;
          value = value * (1 - black) + 30 * black;
        } else {
          const under = paper * (1 - black) + 30 * black;
          // Ink lets what lies under it shine through, but not all of it.
          const inked = 0.65 * ((under * colour) / 255) + 0.35 * colour;
          value = under * (1 - amount) + inked * amount;
        }
        pixels[i + channel] = Math.min(255, Math.max(0, Math.round(value * light + grain)));
      }
    }
  }
  let picture = sharp(pixels, { raw: { width, height, channels: 3 } });
  if (spec.blur > 0.3) picture = picture.blur(spec.blur);
  if (spec.grey) picture = picture.greyscale();
  if (!spec.photo) picture = picture.withMetadata({ density: spec.dpi });
  const bytes = await (spec.quality === 'png'
    ? picture.png({ compressionLevel: 3 })
    : picture.jpeg({ quality: spec.quality })
  ).toBuffer();
  return {
    bytes,
    spec,
    shape: drawing.shape,
    widthMm: drawing.widthMm,
    heightMm: drawing.heightMm,
    upright: drawing.upright,
    centrePx: { x: spec.at.x * scale, y: spec.at.y * scale },
    mask: { data: plate.truth, width: plate.width, height: plate.height, perMm: plate.perMm },
  };
}
