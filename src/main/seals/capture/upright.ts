import { solve } from './outline.ts';

/** A seal laid flat: its own frame, centred and (once the turn is known) upright, in millimetres. */
export interface FlatSeal {
  /** Ink 0..255 at a point, x to the right, y down, from the seal's middle. */
  ink: (x: number, y: number) => number;
  hidden: (x: number, y: number) => boolean;
  radius: number;
}

export interface Turn {
  /** Degrees clockwise by which the impression is turned, -180..180. */
  degrees: number;
  by: 'star' | 'text' | 'nothing';
  /** Where the star's middle is, millimetres from the seal's. */
  middle?: { x: number; y: number };
}

const steps = 720;

/** Ink all round between two radii (shares of the seal's), as a mean for each half degree from the top, clockwise. */
function ringProfile({ ink, hidden, radius }: FlatSeal, from: number, to: number): Float64Array {
  const sums = new Float64Array(steps);
  const rounds = 24;
  for (let i = 0; i < steps; i++) {
    const angle = (2 * Math.PI * i) / steps;
    const [dx, dy] = [Math.sin(angle), -Math.cos(angle)];
    let seen = 0;
    for (let k = 0; k < rounds; k++) {
      const r = radius * (from + ((to - from) * (k + 0.5)) / rounds);
      if (hidden(r * dx, r * dy)) continue;
      sums[i]! += ink(r * dx, r * dy) / 255;
      seen++;
    }
    // What is hidden looks like what is beside it.
    sums[i] = seen > rounds / 3 ? sums[i]! / seen : (sums[i - 1] ?? 0);
  }
  return sums;
}

/** The share of a profile that repeats `times` around, and the angle (degrees) of its first crest. */
function harmonic(values: Float64Array, times: number): { share: number; degrees: number } {
  let [real, imaginary, total] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const angle = (2 * Math.PI * times * i) / values.length;
    real += values[i]! * Math.cos(angle);
    imaginary += values[i]! * Math.sin(angle);
    total += values[i]!;
  }
  const share = total === 0 ? 0 : Math.hypot(real, imaginary) / total;
  return { share, degrees: (Math.atan2(imaginary, real) * 180) / Math.PI / times };
}

/** Into -180..180. */
export function folded(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}

/** The middle of the ring text, seen from its gap at the bottom: that is where the seal's top is. */
function textMiddle(seal: FlatSeal): { degrees: number; clear: boolean } {
  const profile = ringProfile(seal, 0.64, 0.84);
  // A character and the space behind it are one thing: smoothed over 16 degrees.
  const half = 16;
  const smooth = profile.map((_, i) => {
    let sum = 0;
    for (let k = -half; k <= half; k++) sum += profile[(i + k + steps) % steps]!;
    return sum / (2 * half + 1);
  });
  const first = harmonic(smooth, 1);
  return { degrees: first.degrees, clear: first.share > 0.1 };
}

/** Where the star is: its turn in degrees, and its middle in millimetres from the seal's. */
interface StarPlace {
  degrees: number;
  x: number;
  y: number;
}

/**
 * The star to a fraction of a degree: at many radii each of its points has ink from one side to the other, and the
 * middles of these arcs lie on its axes. They are explained by a turn and a shift of the middle; arcs that print over
 * the star has changed disagree with the others and lose their weight.
 */
function starPlace({ ink, hidden, radius }: FlatSeal, turn: number): StarPlace {
  const step = 0.25;
  const arcs: { r: number; cos: number; sin: number; off: number }[] = [];
  for (let share = 0.14; share < 0.3; share += 0.008)
    for (let point = 0; point < 5; point++) {
      const axis = turn + 72 * point;
      const r = radius * share;
      const walk = (side: 1 | -1): number | undefined => {
        for (let degrees = 0; degrees < 34; degrees += step) {
          const angle = ((axis + side * degrees) * Math.PI) / 180;
          const [x, y] = [r * Math.sin(angle), -r * Math.cos(angle)];
          if (hidden(x, y)) return undefined;
          if (ink(x, y) < 128) return degrees;
        }
        return undefined;
      };
      const [right, left] = [walk(1), walk(-1)];
      const angle = (axis * Math.PI) / 180;
      if (right && left) {
        const off = (((right - left) / 2) * Math.PI * r) / 180;
        arcs.push({ r, cos: Math.cos(angle), sin: Math.sin(angle), off });
      }
    }
  let place: [number, number, number] = [0, 0, 0];
  if (arcs.length < 15) return { degrees: turn, x: 0, y: 0 };
  const missOf = ({ r, cos, sin, off }: (typeof arcs)[number]) =>
    off - place[0] * r - place[1] * cos - place[2] * sin;
  for (let round = 0; round < 12; round++) {
    const misses = arcs.map(missOf);
    const sorted = misses.map(Math.abs).sort((a, b) => a - b);
    const spread = Math.max(0.03, 4 * sorted[Math.floor(sorted.length / 2)]!);
    const sums = [0, 1, 2].map(() => [0, 0, 0, 0]);
    arcs.forEach(({ r, cos, sin, off }, index) => {
      const weight = Math.max(0, 1 - (misses[index]! / spread) ** 2) ** 2;
      const terms = [r, cos, sin, off];
      for (let i = 0; i < 3; i++) for (let k = 0; k < 4; k++) sums[i]![k]! += weight * terms[i]! * terms[k]!;
    });
    const next = solve(sums);
    if (!next) break;
    place = next as typeof place;
  }
  return { degrees: turn + (place[0] * 180) / Math.PI, x: place[1], y: place[2] };
}

/**
 * How far a round seal is turned: by its star's points, of which the gap of the ring text tells the one on top; by
 * that gap alone where there is no star.
 */
export function turnOf(seal: FlatSeal): Turn {
  const star = ringProfile(seal, 0.14, 0.36);
  const five = harmonic(star, 5);
  const others = Math.max(...[3, 4, 6, 7].map((times) => harmonic(star, times).share));
  const text = textMiddle(seal);
  if (five.share > 0.12 && five.share > others * 1.3) {
    const near = text.clear ? text.degrees : 0;
    const turn = five.degrees + 72 * Math.round((near - five.degrees) / 72);
    const star = starPlace(seal, starPlace(seal, turn).degrees);
    return { degrees: folded(star.degrees), by: 'star', middle: { x: star.x, y: star.y } };
  }
  if (text.clear) return { degrees: folded(text.degrees), by: 'text' };
  return { degrees: 0, by: 'nothing' };
}
