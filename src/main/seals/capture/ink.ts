import type { InkColour } from '../../../shared/domain/index.ts';
import type { Pixels } from './read.ts';

/** How much of the seal's ink each pixel has, 0..255, and where other print hides what is there. */
export interface InkMap {
  width: number;
  height: number;
  alpha: Uint8Array;
  /** 1: too dark to tell whether there is ink of the seal under (or over) it. */
  hidden: Uint8Array;
  /** The ink's own colour at its fullest. */
  colour: [number, number, number];
}

/** Share of colour in a pixel, independent of light and shadow: 0 grey, 1 pure. */
function chroma(colour: InkColour, red: number, green: number, blue: number): number {
  if (colour === 'red') return (red - (green + blue) / 2) / Math.max(red, 40);
  return (blue - (red + green) / 2) / Math.max(blue, 40);
}

const luma = (red: number, green: number, blue: number) => 0.299 * red + 0.587 * green + 0.114 * blue;

/** The paper's colour: the middle of the brighter half. Gains that make it grey take a cast of the scan away. */
function paperGains({ data }: Pixels): [number, number, number] {
  const brightness = new Uint32Array(256);
  for (let i = 0; i < data.length; i += 12) brightness[luma(data[i]!, data[i + 1]!, data[i + 2]!) | 0]!++;
  const middle = quantile(brightness, 0.5);
  const channels = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)];
  for (let i = 0; i < data.length; i += 12) {
    if (luma(data[i]!, data[i + 1]!, data[i + 2]!) < middle) continue;
    for (let channel = 0; channel < 3; channel++) channels[channel]![data[i + channel]!]!++;
  }
  const [red, green, blue] = channels.map((counts) => Math.max(1, quantile(counts, 0.5))) as [
    number,
    number,
    number,
  ];
  const grey = (red + green + blue) / 3;
  const gain = (value: number) => Math.min(1.25, Math.max(0.8, grey / value));
  return [gain(red), gain(green), gain(blue)];
}

/** The value below which a share of the counted ones lies. */
function quantile(counts: Uint32Array, share: number): number {
  let total = 0;
  for (const count of counts) total += count;
  let below = 0;
  for (let value = 0; value < counts.length; value++) {
    below += counts[value]!;
    if (below > total * share) return value;
  }
  return counts.length - 1;
}

/** Pixels of this much colour belong to ink, however weak. */
const leastChroma = 0.17;

/** A quick mask of everything in the ink's colour; for black, of everything dark. */
export function inkMask(pixels: Pixels, colour: InkColour): Uint8Array {
  const { data, width, height } = pixels;
  const [gr, gg, gb] = paperGains(pixels);
  const mask = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < mask.length; i++, at += 3) {
    const [red, green, blue] = [data[at]! * gr, data[at + 1]! * gg, data[at + 2]! * gb];
    mask[i] =
      colour === 'black'
        ? Number(luma(red, green, blue) < 120)
        : Number(Math.max(red, blue) > 60 && chroma(colour, red, green, blue) > leastChroma);
  }
  return mask;
}

/** Whether a picture has no colours at all, although something is printed on it. */
export function isGrey({ data }: Pixels): { grey: boolean; printed: boolean } {
  const spread = new Uint32Array(256);
  let dark = 0;
  let pixels = 0;
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [data[i]!, data[i + 1]!, data[i + 2]!];
    spread[Math.max(red, green, blue) - Math.min(red, green, blue)]!++;
    if (luma(red, green, blue) < 170) dark++;
    pixels++;
  }
  return { grey: quantile(spread, 0.9995) <= 12, printed: dark > pixels * 0.001 };
}

/** The paper's brightness all over the picture: it follows shadows, and is not fooled by ink or print. */
function paperLight(brightness: Float32Array, inky: Uint8Array, width: number, height: number, cell: number) {
  const [columns, rows] = [Math.ceil(width / cell), Math.ceil(height / cell)];
  const grid = new Float32Array(columns * rows);
  const counts = new Uint32Array(256);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      counts.fill(0);
      let seen = 0;
      const [right, bottom] = [Math.min(width, (column + 1) * cell), Math.min(height, (row + 1) * cell)];
      for (let y = row * cell; y < bottom; y++)
        for (let x = column * cell; x < right; x++) {
          if (inky[y * width + x]) continue;
          counts[Math.min(255, brightness[y * width + x]! | 0)]!++;
          seen++;
        }
      grid[row * columns + column] = seen > cell * cell * 0.12 ? quantile(counts, 0.7) : 0;
    }
  }
  fillHoles(grid, columns, rows);
  return (x: number, y: number): number => {
    const u = Math.min(columns - 1, Math.max(0, x / cell - 0.5));
    const v = Math.min(rows - 1, Math.max(0, y / cell - 0.5));
    const [c, r] = [Math.min(columns - 2, Math.floor(u)), Math.min(rows - 2, Math.floor(v))];
    if (c < 0 || r < 0) return grid[Math.round(v) * columns + Math.round(u)]!;
    const [s, t] = [u - c, v - r];
    const i = r * columns + c;
    return (
      (grid[i]! * (1 - s) + grid[i + 1]! * s) * (1 - t) +
      (grid[i + columns]! * (1 - s) + grid[i + columns + 1]! * s) * t
    );
  };
}

/** Cells that show no paper, or far less of it than those around (print all over), take their neighbours' mean. */
function fillHoles(grid: Float32Array, columns: number, rows: number): void {
  const known = [...grid].filter((value) => value > 0).sort((a, b) => a - b);
  const usual = known[Math.floor(known.length / 2)] ?? 255;
  for (let i = 0; i < grid.length; i++) if (grid[i]! < usual * 0.45) grid[i] = 0;
  for (let round = 0; round < columns + rows && grid.includes(0); round++) {
    const before = grid.slice();
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        if (before[row * columns + column]! > 0) continue;
        let sum = 0;
        let count = 0;
        for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
          for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
            if (before[y * columns + x]! > 0) {
              sum += before[y * columns + x]!;
              count++;
            }
        if (count > 0) grid[row * columns + column] = sum / count;
      }
  }
  for (let i = 0; i < grid.length; i++) if (grid[i] === 0) grid[i] = usual;
}

/**
 * Separates the seal's ink from paper, shadow and black print. Colour tells where ink is (light and shadow don't
 * change it), brightness tells how much (pictures keep it sharper than colour). What is too dark to tell is hidden,
 * never guessed. `perMm`: pixels a millimetre, roughly; `threshold` shifts what still counts as ink, -1..1.
 */
export function inkMap(
  pixels: Pixels,
  { colour, perMm, threshold = 0 }: { colour: InkColour; perMm: number; threshold?: number | undefined },
): InkMap {
  const { data, width, height } = pixels;
  const [gr, gg, gb] = paperGains(pixels);
  const size = width * height;
  const brightness = new Float32Array(size);
  const tint = new Float32Array(size);
  const inky = new Uint8Array(size);
  for (let i = 0, at = 0; i < size; i++, at += 3) {
    const [red, green, blue] = [data[at]! * gr, data[at + 1]! * gg, data[at + 2]! * gb];
    brightness[i] = luma(red, green, blue);
    if (colour !== 'black') {
      tint[i] = chroma(colour, red, green, blue);
      inky[i] = Number(tint[i]! > 0.1);
    }
  }
  const paper = paperLight(brightness, inky, width, height, Math.max(8, Math.round(perMm * 4)));
  const light = new Float32Array(size);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) light[i] = Math.min(1.2, brightness[i]! / paper(x, y));
  const full = fullInk(colour, data, light, tint);
  const alpha = new Uint8Array(size);
  const hidden = new Uint8Array(size);
  const span = 1 - full.light;
  const gain = 1 + threshold * 0.6;
  if (colour === 'black') {
    for (let i = 0; i < size; i++) alpha[i] = soften(((1 - light[i]!) / span) * gain);
    return { width, height, alpha, hidden, colour: full.colour };
  }
  const wide = widest(tint, width, height);
  for (let i = 0; i < size; i++) {
    const byLight = (1 - light[i]!) / span;
    // In the mixture paper * (1 - a) + ink * a the colour's share is a * tint * light / (1 - a * (1 - light)).
    const share = Math.min(tint[i]!, full.tint);
    const byTint = share / (full.tint * full.light + share * span);
    const around = Math.min(wide[i]!, full.tint);
    const gate = around / (full.tint * full.light + around * span);
    const dark = light[i]! < full.light * 0.72;
    hidden[i] = Number(dark && byTint < 0.45);
    const value = hidden[i] ? byTint * 0.5 : Math.min(byLight, 1.5 * gate, byTint + 0.35);
    alpha[i] = soften(value * gain);
  }
  return { width, height, alpha, hidden, colour: full.colour };
}

/** Nothing below the paper's own noise, everything above nearly full ink. */
function soften(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, (value - 0.12) / 0.76)));
}

/** The colour of full ink: the middle of what has most of it. */
function fullInk(
  colour: InkColour,
  data: Uint8Array,
  light: Float32Array,
  tint: Float32Array,
): { light: number; tint: number; colour: [number, number, number] } {
  const chosen: number[] = [];
  const step = Math.max(1, Math.floor(light.length / 120_000));
  for (let i = 0; i < light.length; i += step) {
    if (colour === 'black' ? light[i]! < 0.5 : tint[i]! > leastChroma && light[i]! > 0.2) chosen.push(i);
  }
  if (chosen.length === 0) return { light: 0.4, tint: 0.7, colour: [195, 39, 43] };
  const by = (values: Float32Array, share: number) => {
    const sorted = Float32Array.from(chosen, (i) => values[i]!).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  };
  const strong = colour === 'black' ? 0 : by(tint, 0.6);
  const fullest = chosen.filter((i) => colour === 'black' || tint[i]! >= strong);
  const middle = (pick: (i: number) => number) => {
    const sorted = Float32Array.from(fullest, pick).sort();
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  return {
    light: Math.min(
      0.85,
      middle((i) => light[i]!),
    ),
    tint: middle((i) => tint[i]!),
    colour: [0, 1, 2].map((channel) => middle((i) => data[i * 3 + channel]!)) as [number, number, number],
  };
}

/** The most of a pixel and its eight neighbours: colour that a JPEG has smeared out is taken back to where it was. */
function widest(values: Float32Array, width: number, height: number): Float32Array {
  const across = new Float32Array(values.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      let most = values[i]!;
      if (x > 0 && values[i - 1]! > most) most = values[i - 1]!;
      if (x < width - 1 && values[i + 1]! > most) most = values[i + 1]!;
      across[i] = most;
    }
  const result = new Float32Array(values.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      let most = across[i]!;
      if (y > 0 && across[i - width]! > most) most = across[i - width]!;
      if (y < height - 1 && across[i + width]! > most) most = across[i + width]!;
      result[i] = most;
    }
  return result;
}
