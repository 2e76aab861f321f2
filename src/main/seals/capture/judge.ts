import type { SealCheck, SealCheckVerdict } from '../../../shared/domain/index.ts';
import type { FlatRaster, FlatView } from './flat.ts';
import { distanceTo, type EdgePoint, edgePoints, firstRise, type Outline, profile } from './outline.ts';

/** What is measured on a seal; lengths in millimetres. */
export interface Measured {
  view: FlatView;
  /** The outline in the seal's own frame. */
  outline: Outline;
  /** A grid of about six pixels a millimetre. */
  raster: FlatRaster;
  /** Both axes before any correction. */
  axes: { long: number; short: number };
  round: boolean;
  photo: boolean;
  rotation: number;
  dpi: number;
  /** The largest that a seal of its kind may be. */
  mostMm: number;
}

/** The border is gone on fewer points than this where it is whole. */
const limits = {
  ring: { good: 98, usable: 95 },
  ink: { good: 82, usable: 72 },
  roundness: { good: 1, usable: 2.5, photo: 15 },
  skew: 5,
  /** Long borders tell shifts apart best; those of a square are much like each other. */
  doubleStrike: { long: { good: 3, usable: 3.5 }, other: { good: 4.5, usable: 5.2 } },
  resolution: { good: 300, usable: 140 },
};

const rounded = (value: number, digits = 1) => Math.round(value * 10 ** digits) / 10 ** digits;

function graded(good: boolean, usable: boolean): SealCheckVerdict {
  if (good) return 'good';
  return usable ? 'usable' : 'refuse';
}

/** Angle of a point seen from the middle, clockwise from the top, 0..360. */
const angleOf = ({ x, y }: { x: number; y: number }) => ((Math.atan2(x, -y) * 180) / Math.PI + 360) % 360;

function place(angle: number, degrees: number, lengthMm: number): NonNullable<SealCheck['where']> {
  return {
    angle: rounded(angle),
    clock: ((Math.round(angle / 30) + 11) % 12) + 1,
    degrees: rounded(degrees),
    lengthMm: rounded(lengthMm),
  };
}

/** The middle width of the border, from where the ink begins to where it ends. */
function borderWidth(view: FlatView, points: readonly EdgePoint[]): number {
  const widths: number[] = [];
  const step = 0.05;
  for (const point of points) {
    const line = profile(view.ink, point, { from: 0.5, to: 3.5, step });
    const begin = firstRise(line, 128);
    if (begin === undefined) continue;
    let end = Math.ceil(begin);
    while (end < line.length && line[end]! >= 110) end++;
    if (end < line.length) widths.push((end - begin) * step);
  }
  widths.sort((a, b) => a - b);
  return Math.min(2.5, Math.max(0.3, widths[Math.floor(widths.length / 2)] ?? 1));
}

/** How many times wider the border is on its widest side than on its narrowest. */
function borderSpread(view: FlatView, outline: Outline): number {
  const points = edgePoints(outline, 720);
  const sides = [0, 1, 2, 3].map((side) =>
    points.filter(({ nx, ny }) => Math.floor(((Math.atan2(ny, nx) / Math.PI) * 2 + 4.5) % 4) === side),
  );
  const widths = sides.filter((side) => side.length > 20).map((side) => borderWidth(view, side));
  return widths.length < 2 ? 1 : Math.max(...widths) / Math.min(...widths);
}

/** How much of the border has ink; what other print hides counts neither way. */
function ringCheck({ view, outline }: Measured): SealCheck {
  const points = edgePoints(outline, 720);
  const width = borderWidth(view, points);
  const states = points.map((point) => {
    let most = 0;
    let hides = false;
    for (let out = 0.35; out >= -width * 0.9; out -= 0.08) {
      const [x, y] = [point.x + point.nx * out, point.y + point.ny * out];
      most = Math.max(most, view.ink(x, y));
      hides ||= view.hidden(x, y);
    }
    if (most >= 90) return 1;
    return hides ? undefined : 0;
  });
  const known = states.filter((state) => state !== undefined);
  const inked = known.filter((state) => state === 1).length;
  const value = known.length === 0 ? 0 : (100 * inked) / known.length;
  const gap = longestGap(points, states);
  const good = value >= limits.ring.good;
  return {
    name: 'ring',
    value: rounded(value),
    unit: '%',
    limit: { min: limits.ring.good },
    verdict: graded(good, value >= limits.ring.usable),
    ...(gap && !good ? { where: gap } : {}),
  };
}

/** The longest run of points without ink, hidden ones within it included. */
function longestGap(points: readonly EdgePoint[], states: (0 | 1 | undefined)[]): SealCheck['where'] {
  const { length } = points;
  const first = states.indexOf(1);
  if (first < 0) return undefined;
  let best = { from: 0, count: 0 };
  let from = -1;
  for (let i = 1; i <= length; i++) {
    const at = (first + i) % length;
    if (states[at] === 1) {
      const count = from < 0 ? 0 : first + i - from;
      if (count > best.count) best = { from, count };
      from = -1;
    } else if (from < 0) from = first + i;
  }
  if (best.count === 0) return undefined;
  const point = (index: number) => points[index % length] as EdgePoint;
  let lengthMm = 0;
  for (let i = best.from; i < best.from + best.count; i++) {
    lengthMm += Math.hypot(point(i + 1).x - point(i).x, point(i + 1).y - point(i).y);
  }
  const degrees = (360 * best.count) / length;
  return place(angleOf(point(best.from + Math.floor(best.count / 2))), degrees, lengthMm);
}

/**
 * Whether the ink is even: the seal is cut into squares of 3 mm, and each is as strong as the best fifth of its inked
 * pixels (the rims of strokes are soft on every scan). The value is the strength of the weakest seventh of them.
 */
function inkCheck({ raster, outline }: Measured): SealCheck {
  const { width, height, perMm, ink, hidden } = raster;
  const cell = Math.round(perMm * 3);
  const cells: { strength: number; x: number; y: number }[] = [];
  for (let top = 0; top < height; top += cell)
    for (let left = 0; left < width; left += cell) {
      const values: number[] = [];
      let [sumX, sumY] = [0, 0];
      for (let y = top; y < Math.min(height, top + cell); y++)
        for (let x = left; x < Math.min(width, left + cell); x++) {
          const i = y * width + x;
          const point = { x: (x + 0.5 - width / 2) / perMm, y: (y + 0.5 - height / 2) / perMm };
          if (ink[i]! < 20 || hidden[i] || distanceTo(outline, point) > 0.1) continue;
          values.push(ink[i]! / 255);
          sumX += point.x;
          sumY += point.y;
        }
      if (values.length < cell * cell * 0.12) continue;
      values.sort((a, b) => a - b);
      const strength = values[Math.floor(values.length * 0.8)]!;
      cells.push({ strength, x: sumX / values.length, y: sumY / values.length });
    }
  cells.sort((a, b) => a.strength - b.strength);
  const weak = cells[Math.floor(cells.length / 7)];
  const value = 100 * (weak?.strength ?? 0);
  const good = value >= limits.ink.good;
  const weakest = cells[0];
  return {
    name: 'ink',
    value: rounded(value),
    unit: '%',
    limit: { min: limits.ink.good },
    verdict: graded(good, value >= limits.ink.usable),
    ...(weakest && !good ? { where: place(angleOf(weakest), 0, 3) } : {}),
  };
}

/** How wide the border's outer edge is, from paper to ink (10 to 90 percent), in the middle. */
function sharpnessCheck({ view, outline, dpi }: Measured): SealCheck {
  const step = 0.02;
  const widths: number[] = [];
  for (const point of edgePoints(outline, 360)) {
    const line = profile(view.ink, point, { from: 1.2, to: 0.9, step });
    const most = Math.max(...line);
    if (most < 190) continue;
    const high = firstRise(line, most * 0.85);
    if (high === undefined) continue;
    let low = Math.floor(high);
    while (low > 0 && line[low]! > most * 0.15) low--;
    // 15 to 85 percent of the ink map are about half of the whole step from paper to ink.
    widths.push((high - low) * step * 1.5);
  }
  widths.sort((a, b) => a - b);
  const value = widths[Math.floor(widths.length / 2)] ?? 9;
  // No edge is finer than the scan's own pixels, and a JPEG's are about two wide.
  const pixel = 25.4 / dpi;
  const good = Math.max(0.15, 3 * pixel);
  return {
    name: 'sharpness',
    value: rounded(value, 2),
    unit: 'mm',
    limit: { max: rounded(good, 2) },
    verdict: graded(value <= good, value <= Math.max(0.42, 3.5 * pixel)),
  };
}

function roundnessCheck({ axes, photo, round }: Measured): SealCheck[] {
  if (!round) return [];
  const value = (100 * (axes.long - axes.short)) / axes.long;
  const usable = photo ? limits.roundness.photo : limits.roundness.usable;
  return [
    {
      name: 'roundness',
      value: rounded(value, 2),
      unit: '%',
      limit: { max: limits.roundness.good },
      verdict: graded(value <= limits.roundness.good, value <= usable),
    },
  ];
}

/**
 * A second, shifted impression: the picture is like itself at that shift. A round seal is then far more so than at as
 * long a shift in other directions; another one (its straight borders favour two directions) more than at shifts a
 * little longer, shorter and to either side. The value is by how much, in percent.
 */
function doubleStrikeCheck({ raster, round, view, outline }: Measured): SealCheck {
  const { width, height, perMm, ink } = raster;
  const reach = Math.round(2.8 * perMm);
  const from = 0.55 * perMm;
  const points: number[] = [];
  for (let y = reach; y < height - reach; y++)
    for (let x = reach; x < width - reach; x++) {
      const i = y * width + x;
      if (ink[i]! > 60) points.push(i);
    }
  let self = 0;
  for (const i of points) self += ink[i]! * ink[i]!;
  if (self === 0) self = 1;
  const side = 2 * reach + 1;
  const alike = new Float64Array(side * side);
  for (let dy = 0; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++) {
      if (dy === 0 && dx <= 0) continue;
      const shift = dy * width + dx;
      let sum = 0;
      for (const i of points) sum += ink[i]! * (ink[i + shift] ?? 0);
      alike[(dy + reach) * side + dx + reach] = sum / self;
      alike[(reach - dy) * side + reach - dx] = sum / self;
    }
  const at = (dx: number, dy: number) => alike[(dy + reach) * side + dx + reach] ?? 0;
  const away = 0.45 * perMm;
  const directions = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => [
    Math.round(away * Math.cos((k * Math.PI) / 8)),
    Math.round(away * Math.sin((k * Math.PI) / 8)),
  ]) as [number, number][];
  let best = { value: 0, dx: 0, dy: 0 };
  for (let dy = 0; dy < reach; dy++)
    for (let dx = -reach + 1; dx < reach; dx++) {
      const far = Math.hypot(dx, dy);
      if (far < from || far > reach - away - 1 || (dy === 0 && dx < 0)) continue;
      const here = at(dx, dy);
      let least = 1;
      if (round) {
        let [around, count] = [0, 0];
        for (let k = 0; k < 48; k++) {
          const t = (2 * Math.PI * k) / 48;
          const [ox, oy] = [Math.round(far * Math.cos(t)), Math.round(far * Math.sin(t))];
          if (Math.min(Math.hypot(ox - dx, oy - dy), Math.hypot(ox + dx, oy + dy)) < away) continue;
          around += at(ox, oy);
          count++;
        }
        if (count > 0) least = here - around / count;
      } else {
        for (const [ox, oy] of directions)
          least = Math.min(least, here - (at(dx + ox, dy + oy) + at(dx - ox, dy - oy)) / 2);
      }
      if (least > best.value) best = { value: least, dx, dy };
    }
  // Straight or flat borders that a second strike has widened on two sides only.
  const value = Math.max(100 * best.value, round ? 0 : 25 * (borderSpread(view, outline) - 1));
  const long =
    outline.form === 'rectangle' && Math.min(outline.a, outline.b) < 0.93 * Math.max(outline.a, outline.b);
  const limit = limits.doubleStrike[long ? 'long' : 'other'];
  const good = value <= limit.good;
  return {
    name: 'doubleStrike',
    value: rounded(value),
    unit: '%',
    limit: { max: limit.good },
    verdict: graded(good, value <= limit.usable),
    ...(good
      ? {}
      : { where: place(angleOf({ x: best.dx, y: best.dy }), 0, Math.hypot(best.dx, best.dy) / perMm) }),
  };
}

/** All checks of an impression, in the order in which they are shown. */
export function judge(measured: Measured): SealCheck[] {
  const { dpi, rotation, axes, mostMm } = measured;
  return [
    ringCheck(measured),
    inkCheck(measured),
    sharpnessCheck(measured),
    ...roundnessCheck(measured),
    {
      name: 'skew',
      value: rounded(Math.abs(rotation)),
      unit: 'degrees',
      limit: { max: limits.skew },
      // The picture is turned upright: that is a remark, and never a reason to refuse.
      verdict: graded(Math.abs(rotation) <= limits.skew, true),
    },
    doubleStrikeCheck(measured),
    {
      name: 'resolution',
      value: Math.round(dpi),
      unit: 'dpi',
      limit: { min: limits.resolution.good },
      verdict: graded(dpi >= limits.resolution.good - 1, dpi >= limits.resolution.usable),
    },
    {
      name: 'size',
      value: rounded(axes.long, 2),
      unit: 'mm',
      limit: { max: mostMm },
      // What a scan is off by is no reason to refuse.
      verdict: graded(axes.long <= mostMm + 0.5, false),
    },
  ];
}

/** The worst of all. */
export function overall(checks: readonly SealCheck[]): SealCheckVerdict {
  if (checks.some(({ verdict }) => verdict === 'refuse')) return 'refuse';
  return checks.some(({ verdict, name }) => verdict === 'usable' && name !== 'skew') ? 'usable' : 'good';
}
