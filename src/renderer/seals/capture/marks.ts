import type { CaptureResult, CaptureSession, SealCheck } from '../../../shared/domain/index.ts';

/** Millimetres on the upright seal, its middle at 0, y down. */
export interface Point {
  x: number;
  y: number;
}

type Shape = Pick<CaptureResult, 'shape' | 'widthMm' | 'heightMm'>;

/** What the views show: a square of four thirds of the seal, in millimetres. */
export const viewSide = ({ widthMm, heightMm }: Shape) => (Math.max(widthMm, heightMm) * 4) / 3;

/** Of a finding: what is drawn, and where its number stands. */
export type Mark =
  | { kind: 'gap'; arc: Point[]; ends: [Point, Point][]; lead: [Point, Point]; at: Point }
  | { kind: 'weak'; lead: [Point, Point]; at: Point }
  | { kind: 'ghost'; shift: Point; at: Point }
  | { kind: 'specks'; circles: (Point & { r: number })[]; lead: [Point, Point]; at: Point }
  /** Drawn on the scan only, in the page's own frame: the page's upright and the seal's. */
  | { kind: 'skew'; lines: [Point, Point][]; at: Point };

export interface Finding {
  name: SealCheck['name'] | 'specks' | 'turned' | 'perspective' | 'textOverSeal' | 'fileTooLarge' | 'notJpeg';
  /** What was done about it, or has to be: words `seals:capture.state.<state>`. */
  state: 'redo' | 'usable' | 'cleared' | 'turned' | 'rounded' | 'leftOut' | 'shrink' | 'shrunk' | 'convert';
  check: SealCheck | null;
  mark: Mark | null;
  /** Number of specks, degrees of skew (clockwise). */
  value: number;
}

const rounded = (value: number) => Math.round(value * 1000) / 1000;
const point = (x: number, y: number): Point => ({ x: rounded(x), y: rounded(y) });

/** A point at an angle (degrees clockwise from the top), so far from the middle. */
function polar(degrees: number, radius: number): Point {
  const angle = (degrees * Math.PI) / 180;
  return point(radius * Math.sin(angle), -radius * Math.cos(angle));
}

/** How far the seal's edge is from its middle in a direction. */
export function edgeAt({ shape, widthMm, heightMm }: Shape, degrees: number): number {
  const angle = (degrees * Math.PI) / 180;
  const [sin, cos] = [Math.abs(Math.sin(angle)), Math.abs(Math.cos(angle))];
  const [a, b] = [widthMm / 2, heightMm / 2];
  if (shape === 'circle' || shape === 'ellipse') return 1 / Math.hypot(sin / a, cos / b);
  return Math.min(sin === 0 ? Infinity : a / sin, cos === 0 ? Infinity : b / cos);
}

/** How far around the seal's edge a length reaches to both sides of a direction: degrees from and to. */
export function reachAround(seal: Shape, middle: number, lengthMm: number): [number, number] {
  const walk = (step: number): number => {
    let [left, at] = [lengthMm / 2, middle];
    let last = polar(at, edgeAt(seal, at));
    while (left > 0 && Math.abs(at - middle) < 180) {
      at += step;
      const next = polar(at, edgeAt(seal, at));
      const way = Math.hypot(next.x - last.x, next.y - last.y);
      left -= way;
      last = next;
      // Not beyond where it ends.
      if (left < 0) at += (step * left) / way;
    }
    return at;
  };
  return [walk(-0.5), walk(0.5)];
}

/** A bracket beside the part of the edge that has no ink. */
function gapMark(seal: Shape, where: NonNullable<SealCheck['where']>): Mark {
  const unit = viewSide(seal) / 56;
  const [from, to] = reachAround(seal, where.angle, where.lengthMm);
  const [near, out, far] = [0.6 * unit, 2 * unit, 3.4 * unit];
  const at = (degrees: number, beyond: number) => polar(degrees, edgeAt(seal, degrees) + beyond);
  const steps = Math.max(2, Math.ceil((to - from) / 2));
  const middle = (from + to) / 2;
  const arc = Array.from({ length: steps + 1 }, (_, i) => at(from + ((to - from) * i) / steps, out));
  return {
    kind: 'gap',
    arc,
    ends: [
      [at(from, near), at(from, far)],
      [at(to, near), at(to, far)],
    ],
    lead: [at(middle, out), at(middle, 4 * unit)],
    at: at(middle, 5.4 * unit),
  };
}

function weakMark(seal: Shape, where: NonNullable<SealCheck['where']>): Mark {
  const unit = viewSide(seal) / 56;
  const edge = edgeAt(seal, where.angle);
  return {
    kind: 'weak',
    lead: [polar(where.angle, edge - 3 * unit), polar(where.angle, edge + 3 * unit)],
    at: polar(where.angle, edge + 4.4 * unit),
  };
}

/** Drops that lie close together are circled as one. */
function specksMark(seal: Shape, specks: readonly { x: number; y: number; size: number }[]): Mark {
  const unit = viewSide(seal) / 56;
  const groups: { x: number; y: number; size: number }[][] = [];
  for (const speck of specks) {
    const near = groups.find((group) =>
      group.some((other) => Math.hypot(other.x - speck.x, other.y - speck.y) < 5 * unit),
    );
    if (near) near.push(speck);
    else groups.push([speck]);
  }
  groups.sort((a, b) => b.length - a.length);
  const circles = groups.slice(0, 6).map((group) => {
    const mean = (pick: (one: Point) => number) =>
      group.reduce((sum, one) => sum + pick(one), 0) / group.length;
    const [x, y] = [mean((one) => one.x), mean((one) => one.y)];
    const r = Math.max(...group.map((one) => Math.hypot(one.x - x, one.y - y) + one.size / 2)) + 1.2 * unit;
    return { ...point(x, y), r: rounded(r) };
  });
  const first = circles[0] ?? { x: 0, y: 0, r: 0 };
  // Away from the seal, and never out of the view.
  const size = Math.hypot(first.x, first.y) || 1;
  const away = { x: first.x / size, y: first.y / size };
  const most = viewSide(seal) / 2 - 1.8 * unit;
  const aim = { x: first.x + away.x * (first.r + 2.6 * unit), y: first.y + away.y * (first.r + 2.6 * unit) };
  const fits = Math.max(Math.abs(aim.x), Math.abs(aim.y)) <= most;
  const at = fits
    ? point(aim.x, aim.y)
    : point(
        Math.max(-most, Math.min(most, first.x)),
        first.y + (first.r + 2.6 * unit) * (first.y + first.r + 4 * unit > most ? -1 : 1),
      );
  const [dx, dy] = [at.x - first.x, at.y - first.y];
  const length = Math.hypot(dx, dy) || 1;
  return {
    kind: 'specks',
    circles,
    lead: [point(first.x + (dx / length) * first.r, first.y + (dy / length) * first.r), at],
    at,
  };
}

/** The page's upright and the seal's, from the middle up. `rotation`: of the seal, clockwise. */
function skewMark(seal: Shape, rotation: number, taken: readonly Point[]): Mark {
  const half = viewSide(seal) / 2;
  const unit = half / 28;
  const reach = 27 * unit;
  const lean = rotation > 0 ? 1 : -1;
  const high = polar(rotation, 25.2 * unit);
  const low = polar(rotation, 15 * unit);
  const places = [
    point(high.x + lean * 2.6 * unit, -25.2 * unit),
    point(-lean * 2.6 * unit, -25.2 * unit),
    point(low.x + lean * 2.6 * unit, -15 * unit),
  ];
  const free = (place: Point) =>
    taken.every((other) => Math.hypot(other.x - place.x, other.y - place.y) > 3.6 * unit);
  return {
    kind: 'skew',
    lines: [
      [point(0, 0), point(0, -reach)],
      [point(0, 0), polar(rotation, reach)],
    ],
    at: places.find(free) ?? (places[0] as Point),
  };
}

/** A mark's number where it stands on the scan, which lies as it was scanned. */
export function turned({ x, y }: Point, degrees: number): Point {
  const angle = (degrees * Math.PI) / 180;
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return point(x * cos - y * sin, x * sin + y * cos);
}

/** Less is not told, and not turned upright either. */
const leastSkew = 0.3;

/** Everything that was found on an impression, what needs doing first. */
export function findingsOf({ result, views, scan }: CaptureSession): Finding[] {
  if (!result) return [];
  const found: Finding[] = [];
  const add = (finding: Partial<Finding> & Pick<Finding, 'name' | 'state'>) =>
    found.push({ check: null, mark: null, value: 0, ...finding });
  for (const check of [...result.checks].sort((a, b) => rank(a) - rank(b))) {
    if (check.verdict === 'good' || check.name === 'skew') continue;
    const { where } = check;
    const mark =
      where === undefined
        ? null
        : check.name === 'ring'
          ? gapMark(result, where)
          : check.name === 'doubleStrike'
            ? ghostMark(result, where)
            : weakMark(result, where);
    add({ name: check.name, state: check.verdict === 'refuse' ? 'redo' : 'usable', check, mark });
  }
  const specks = views?.specks ?? [];
  if (specks.length > 0) {
    add({ name: 'specks', state: 'cleared', mark: specksMark(result, specks), value: specks.length });
  }
  if (Math.abs(result.rotation) >= leastSkew && result.rotationBy !== 'nothing') {
    const taken = found.flatMap(({ mark }) => (mark ? [turned(mark.at, result.rotation)] : []));
    add({
      name: 'turned',
      state: 'turned',
      value: result.rotation,
      mark: Math.abs(result.rotation) <= 45 ? skewMark(result, result.rotation, taken) : null,
    });
  }
  if (result.notes.includes('perspective')) add({ name: 'perspective', state: 'rounded' });
  if (result.notes.includes('textOverSeal')) add({ name: 'textOverSeal', state: 'leftOut' });
  if (scan === 'too-large') add({ name: 'fileTooLarge', state: 'shrink' });
  else if (scan === 'shrunk' && result.notes.includes('fileTooLarge')) {
    add({ name: 'fileTooLarge', state: 'shrunk' });
  } else if (scan === 'converted') add({ name: 'notJpeg', state: 'convert' });
  return found;
}

const rank = ({ verdict }: SealCheck) => ({ refuse: 0, usable: 1, good: 2 })[verdict];

/** The second impression, as far beside the first as it was measured. */
function ghostMark(seal: Shape, { angle, lengthMm }: NonNullable<SealCheck['where']>): Mark {
  const shift = polar(angle, lengthMm);
  return {
    kind: 'ghost',
    shift,
    at: polar(angle, edgeAt(seal, angle) + lengthMm + (2.4 * viewSide(seal)) / 56),
  };
}
