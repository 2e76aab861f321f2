/** A seal laid flat: its own frame, centred and (once the turn is known) upright, in millimetres. */
export interface FlatSeal {
  /** Ink 0..255 at a point, x to the right, y down, from the seal's middle. */
  ink: (x: number, y: number) => number;
  radius: number;
}

export interface Turn {
  /** Degrees clockwise by which the impression is turned, -180..180. */
  degrees: number;
  by: 'star' | 'text' | 'nothing';
}

const steps = 720;

/** Ink all round between two radii (shares of the seal's), as a mean for each half degree from the top, clockwise. */
function ringProfile({ ink, radius }: FlatSeal, from: number, to: number): Float64Array {
  const sums = new Float64Array(steps);
  const rounds = 24;
  for (let i = 0; i < steps; i++) {
    const angle = (2 * Math.PI * i) / steps;
    const [dx, dy] = [Math.sin(angle), -Math.cos(angle)];
    for (let k = 0; k < rounds; k++) {
      const r = radius * (from + ((to - from) * (k + 0.5)) / rounds);
      sums[i]! += ink(r * dx, r * dy) / 255 / rounds;
    }
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
    return { degrees: folded(turn), by: 'star' };
  }
  if (text.clear) return { degrees: folded(text.degrees), by: 'text' };
  return { degrees: 0, by: 'nothing' };
}
