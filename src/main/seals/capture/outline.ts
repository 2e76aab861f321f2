/** The outer edge of a seal; lengths in pixels, the angle in radians clockwise from the picture's x axis. */
export interface Outline {
  form: 'ellipse' | 'rectangle';
  x: number;
  y: number;
  /** Half the length along the axis at `angle`, and across it. */
  a: number;
  b: number;
  angle: number;
}

export interface Point {
  x: number;
  y: number;
}

/** A point of an outline with the direction that leads out of the seal. */
export interface EdgePoint extends Point {
  nx: number;
  ny: number;
}

/** How far a point lies outside (or, negative, inside) the outline; near it a true distance. */
export function distanceTo(outline: Outline, { x, y }: Point): number {
  const [cos, sin] = [Math.cos(outline.angle), Math.sin(outline.angle)];
  const u = (x - outline.x) * cos + (y - outline.y) * sin;
  const v = -(x - outline.x) * sin + (y - outline.y) * cos;
  if (outline.form === 'rectangle') return Math.max(Math.abs(u) - outline.a, Math.abs(v) - outline.b);
  // First-order distance: the conic's value over the length of its gradient.
  const value = (u / outline.a) ** 2 + (v / outline.b) ** 2;
  const slope = 2 * Math.hypot(u / outline.a ** 2, v / outline.b ** 2);
  return slope === 0
    ? -Math.min(outline.a, outline.b)
    : (value - 1) / ((slope * (1 + 1 / Math.sqrt(value))) / 2);
}

/** Points all round the outline, evenly spaced by angle (ellipse) or length (rectangle, without its corners). */
export function edgePoints(outline: Outline, count: number): EdgePoint[] {
  const [cos, sin] = [Math.cos(outline.angle), Math.sin(outline.angle)];
  const place = (u: number, v: number, nu: number, nv: number): EdgePoint => ({
    x: outline.x + u * cos - v * sin,
    y: outline.y + u * sin + v * cos,
    nx: nu * cos - nv * sin,
    ny: nu * sin + nv * cos,
  });
  const { a, b } = outline;
  if (outline.form === 'ellipse') {
    return Array.from({ length: count }, (_, i) => {
      const t = (2 * Math.PI * i) / count;
      const [nu, nv] = [Math.cos(t) / a, Math.sin(t) / b];
      const long = Math.hypot(nu, nv);
      return place(a * Math.cos(t), b * Math.sin(t), nu / long, nv / long);
    });
  }
  const points: EdgePoint[] = [];
  const inner = 0.94;
  const perSide = (side: number) => Math.max(2, Math.round((count * side) / (4 * (a + b)) / 1) * 1);
  const [na, nb] = [perSide(2 * a), perSide(2 * b)];
  for (let i = 0; i < na; i++) points.push(place(a * inner * (-1 + (2 * i) / (na - 1)), -b, 0, -1));
  for (let i = 0; i < nb; i++) points.push(place(a, b * inner * (-1 + (2 * i) / (nb - 1)), 1, 0));
  for (let i = 0; i < na; i++) points.push(place(a * inner * (1 - (2 * i) / (na - 1)), b, 0, 1));
  for (let i = 0; i < nb; i++) points.push(place(-a, b * inner * (1 - (2 * i) / (nb - 1)), -1, 0));
  return points;
}

/** The outermost pixel of a mask on each of `count` rays from the middle of what is set. */
export function outermost(
  mask: (x: number, y: number) => boolean,
  width: number,
  height: number,
  count: number,
) {
  const [cx, cy] = [width / 2, height / 2];
  const points: Point[] = [];
  const reach = Math.hypot(cx, cy);
  for (let i = 0; i < count; i++) {
    const t = (2 * Math.PI * i) / count;
    const [dx, dy] = [Math.cos(t), Math.sin(t)];
    for (let r = reach; r > reach * 0.1; r -= 0.7) {
      const [x, y] = [cx + r * dx, cy + r * dy];
      if (x >= 0 && y >= 0 && x < width && y < height && mask(Math.floor(x), Math.floor(y))) {
        points.push({ x, y });
        break;
      }
    }
  }
  return points;
}

/** Solves n equations by Gaussian elimination with pivots; undefined where they have no single answer. */
export function solve(rows: number[][]): number[] | undefined {
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    let best = column;
    for (let row = column + 1; row < n; row++)
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[best]![column]!)) best = row;
    if (Math.abs(rows[best]![column]!) < 1e-12) return undefined;
    [rows[column], rows[best]] = [rows[best]!, rows[column]!];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const share = rows[row]![column]! / rows[column]![column]!;
      if (share === 0) continue;
      for (let k = column; k <= n; k++) rows[row]![k]! -= share * rows[column]![k]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}

/**
 * Least squares through points: A x2 + B xy + C y2 + D x + E y + F = 0 with A + C = 1, which is the same in every
 * direction. Undefined where it is no ellipse.
 */
function ellipseThrough(points: readonly Point[], weights?: readonly number[]): Outline | undefined {
  if (points.length < 5) return undefined;
  let [mx, my] = [0, 0];
  for (const { x, y } of points) {
    mx += x / points.length;
    my += y / points.length;
  }
  let scale = 0;
  for (const { x, y } of points) scale += Math.hypot(x - mx, y - my) / points.length;
  if (scale === 0) return undefined;
  const sums = Array.from({ length: 5 }, () => new Array<number>(6).fill(0));
  points.forEach((point, index) => {
    const [x, y] = [(point.x - mx) / scale, (point.y - my) / scale];
    const weight = weights?.[index] ?? 1;
    // A (x2 - y2) + B xy + D x + E y + F = -y2
    const terms = [x * x - y * y, x * y, x, y, 1, -y * y];
    for (let i = 0; i < 5; i++) for (let k = 0; k < 6; k++) sums[i]![k]! += weight * terms[i]! * terms[k]!;
  });
  const found = solve(sums);
  if (!found) return undefined;
  const [A, B, D, E, F] = found as [number, number, number, number, number];
  const C = 1 - A;
  const determinant = 4 * A * C - B * B;
  if (determinant <= 1e-9) return undefined;
  const x = (B * E - 2 * C * D) / determinant;
  const y = (B * D - 2 * A * E) / determinant;
  const value = F + (D * x + E * y) / 2;
  const [middle, half] = [(A + C) / 2, Math.hypot((A - C) / 2, B / 2)];
  const [least, most] = [middle - half, middle + half];
  if (-value / least <= 0 || -value / most <= 0) return undefined;
  return {
    form: 'ellipse',
    x: x * scale + mx,
    y: y * scale + my,
    a: Math.sqrt(-value / least) * scale,
    b: Math.sqrt(-value / most) * scale,
    // The long axis lies where the quadratic form is least.
    angle: Math.atan2(-B, C - A) / 2,
  };
}

/** Ever the same choice of points: the same picture gives the same seal. */
function picker(): (below: number) => number {
  let state = 12345;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

function inliers(outline: Outline, points: readonly Point[], tolerance: number): Point[] {
  return points.filter((point) => Math.abs(distanceTo(outline, point)) < tolerance);
}

const plausible = (outline: Outline | undefined, size: number): outline is Outline =>
  outline !== undefined &&
  outline.b / outline.a > 0.55 &&
  outline.a < size * 0.75 &&
  outline.a > size * 0.3 &&
  Number.isFinite(outline.x + outline.y + outline.angle);

/** The ellipse that most of the points lie on. */
function bestEllipse(
  points: readonly Point[],
  size: number,
  tolerance: number,
): { outline: Outline; share: number } | undefined {
  const pick = picker();
  let best: { outline: Outline; count: number } | undefined;
  const consider = (outline: Outline | undefined) => {
    if (!plausible(outline, size)) return;
    const { length: count } = inliers(outline, points, tolerance);
    if (!best || count > best.count) best = { outline, count };
  };
  consider(ellipseThrough(points));
  for (let round = 0; round < 250; round++) {
    const start = pick(points.length);
    const chosen = Array.from({ length: 6 }, (_, i) => {
      const spread = Math.floor((i * points.length) / 6) + pick(Math.ceil(points.length / 6));
      return points[(start + spread) % points.length] as Point;
    });
    consider(ellipseThrough(chosen));
  }
  if (!best) return undefined;
  let { outline } = best;
  for (let round = 0; round < 6; round++) {
    const refined = ellipseThrough(inliers(outline, points, tolerance));
    if (!plausible(refined, size)) break;
    outline = refined;
  }
  return { outline, share: inliers(outline, points, tolerance).length / points.length };
}

/** The smallest upright-or-turned box around nearly all points, its sides moved to where most of them lie. */
function bestRectangle(points: readonly Point[], tolerance: number): { outline: Outline; share: number } {
  let best: { outline: Outline; share: number } | undefined;
  for (let degrees = 0; degrees < 90; degrees += 0.5) {
    const angle = (degrees * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const us = Float64Array.from(points, ({ x, y }) => x * cos + y * sin).sort();
    const vs = Float64Array.from(points, ({ x, y }) => -x * sin + y * cos).sort();
    const last = points.length - 1;
    // Dust and remains of print stick out on some seals, and on some a side has gaps: more or less is cut off.
    for (const share of [0.015, 0.05, 0.09]) {
      const cut = Math.floor(points.length * share);
      const [u0, u1] = [us[cut]!, us[last - cut]!];
      const [v0, v1] = [vs[cut]!, vs[last - cut]!];
      const [u, v] = [(u0 + u1) / 2, (v0 + v1) / 2];
      const outline: Outline = {
        form: 'rectangle',
        x: u * cos - v * sin,
        y: u * sin + v * cos,
        a: (u1 - u0) / 2,
        b: (v1 - v0) / 2,
        angle,
      };
      const on = inliers(outline, points, tolerance).length / points.length;
      if (!best || on > best.share) best = { outline, share: on };
    }
  }
  return best as { outline: Outline; share: number };
}

/**
 * The outline of an impression from its outermost points; `size` is its longer side, roughly. Undefined where
 * neither an ellipse nor a rectangle explains them.
 */
export function fitOutline(points: readonly Point[], size: number): Outline | undefined {
  if (points.length < 40) return undefined;
  const tolerance = Math.max(1.2, size * 0.012);
  const ellipse = bestEllipse(points, size, tolerance);
  if (ellipse && ellipse.share > 0.9) return ellipse.outline;
  const rectangle = bestRectangle(points, tolerance);
  const best = ellipse && ellipse.share >= rectangle.share ? ellipse : rectangle;
  return best.share > 0.35 ? best.outline : undefined;
}

/** The value at which `line`, which comes from outside, first rises to `level`: its place, between two samples. */
export function firstRise(line: Float32Array, level: number): number | undefined {
  for (let i = 1; i < line.length; i++) {
    if (line[i]! >= level && line[i - 1]! < level)
      return i - 1 + (level - line[i - 1]!) / (line[i]! - line[i - 1]!);
  }
  return undefined;
}

/** Samples along the normal of an edge point, from `from` outside to `to` inside, in steps. */
export function profile(
  sample: (x: number, y: number) => number,
  point: EdgePoint,
  { from, to, step }: { from: number; to: number; step: number },
): Float32Array {
  const count = Math.floor((from + to) / step) + 1;
  const line = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const out = from - i * step;
    line[i] = sample(point.x + point.nx * out, point.y + point.ny * out);
  }
  return line;
}

/** Moves an outline to where the ink really begins, to a fraction of a pixel; points that disagree are left out. */
export function refineOutline(
  sample: (x: number, y: number) => number,
  outline: Outline,
  reach: number,
): Outline {
  let current = outline;
  for (const share of [1, 0.6, 0.4]) {
    const far = reach * share;
    const step = 0.5;
    const found: Point[] = [];
    for (const point of edgePoints(current, 720)) {
      const rise = firstRise(profile(sample, point, { from: far, to: far, step }), 128);
      if (rise === undefined) continue;
      const out = far - rise * step;
      found.push({ x: point.x + point.nx * out, y: point.y + point.ny * out });
    }
    if (found.length < 60) return current;
    const next = current.form === 'ellipse' ? robustEllipse(found, current) : robustRectangle(found, current);
    if (!next) return current;
    current = next;
  }
  return current;
}

function spreadOf(distances: number[]): number {
  const sorted = distances.map(Math.abs).sort((a, b) => a - b);
  return Math.max(0.15, 1.4826 * sorted[Math.floor(sorted.length / 2)]!);
}

function robustEllipse(points: readonly Point[], start: Outline): Outline | undefined {
  let outline = ellipseThrough(points) ?? start;
  for (let round = 0; round < 8; round++) {
    const distances = points.map((point) => distanceTo(outline, point));
    const spread = spreadOf(distances) * 2.5;
    const weights = distances.map((distance) => Math.max(0, 1 - (distance / spread) ** 2) ** 2);
    const next = ellipseThrough(points, weights);
    if (!next) return undefined;
    outline = next;
  }
  return outline;
}

/** Each side is a line through its own points; their mean direction is the rectangle's. */
function robustRectangle(points: readonly Point[], start: Outline): Outline | undefined {
  const [cos, sin] = [Math.cos(start.angle), Math.sin(start.angle)];
  const sides: [number, number][][] = [[], [], [], []];
  for (const { x, y } of points) {
    const u = (x - start.x) * cos + (y - start.y) * sin;
    const v = -(x - start.x) * sin + (y - start.y) * cos;
    const toSide = Math.abs(Math.abs(u) - start.a) < Math.abs(Math.abs(v) - start.b);
    if (toSide) sides[u > 0 ? 1 : 3]!.push([v, u]);
    else sides[v > 0 ? 2 : 0]!.push([u, v]);
  }
  const lines = sides.map(robustLine);
  if (lines.some((line) => line === undefined)) return undefined;
  const [top, right, bottom, left] = lines as { slope: number; at: number }[];
  // A turn by a little angle t gives the sides along u the slope t and those along v the slope -t.
  const turn = (top!.slope + bottom!.slope - right!.slope - left!.slope) / 4;
  const [u, v] = [(right!.at + left!.at) / 2, (top!.at + bottom!.at) / 2];
  return {
    form: 'rectangle',
    x: start.x + u * cos - v * sin,
    y: start.y + u * sin + v * cos,
    a: ((right!.at - left!.at) / 2) * Math.cos(turn),
    b: ((bottom!.at - top!.at) / 2) * Math.cos(turn),
    angle: start.angle + Math.atan(turn),
  };
}

function robustLine(points: [number, number][]): { slope: number; at: number } | undefined {
  if (points.length < 8) return undefined;
  let line = { slope: 0, at: points.map(([, w]) => w).sort((a, b) => a - b)[Math.floor(points.length / 2)]! };
  for (let round = 0; round < 10; round++) {
    const distances = points.map(([t, w]) => w - line.at - line.slope * t);
    const spread = spreadOf(distances) * 2.5;
    let [n, st, sw, stt, stw] = [0, 0, 0, 0, 0];
    points.forEach(([t, w], i) => {
      const weight = Math.max(0, 1 - (distances[i]! / spread) ** 2) ** 2;
      n += weight;
      st += weight * t;
      sw += weight * w;
      stt += weight * t * t;
      stw += weight * t * w;
    });
    const determinant = n * stt - st * st;
    if (determinant < 1e-9) return undefined;
    const slope = (n * stw - st * sw) / determinant;
    line = { slope, at: (sw - slope * st) / n };
  }
  return line;
}
