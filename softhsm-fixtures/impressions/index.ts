import { type ImpressionSpec, makeImpression } from './print.ts';
import { Random } from './random.ts';

export { makeImpression } from './print.ts';
export { type Score, score } from './score.ts';

/** Red of ink pads, from bright to dark. */
const reds: [number, number, number][] = [
  [200, 40, 45],
  [214, 58, 52],
  [185, 30, 50],
  [222, 70, 70],
];

/** A good impression on an empty sheet; whatever is not `given` follows from the seed. */
function impressionSpec(seed: number, given: Partial<ImpressionSpec> = {}): ImpressionSpec {
  const random = new Random(seed * 7919 + 11);
  const shape = random.pick([
    'circle',
    'circle',
    'circle',
    'circle',
    'ellipse',
    'square',
    'rectangle',
  ] as const);
  const dpi = random.pick([300, 300, 300, 400, 600]);
  const paper = { width: random.between(62, 90), height: random.between(60, 80) };
  return {
    seed,
    shape,
    dpi,
    rotation: random.between(-14, 14),
    paper,
    at: {
      x: paper.width / 2 + random.between(-2, 2),
      y: paper.height / 2 + random.between(-2, 2),
    },
    ink: random.pick(reds),
    gaps: random.between(0, 0.12),
    uneven: random.between(0, 0.25),
    bleed: random.between(0, 0.03),
    squeeze: 0,
    text: random.pick(['none', 'none', 'under', 'over'] as const),
    shadow: random.chance(0.2) ? random.between(0.05, 0.2) : 0,
    grey: false,
    blur: random.between(0.4, 0.8),
    quality: random.pick([75, 85, 92, 'png'] as const),
    defects: [],
    ...given,
  };
}

type Making = (random: Random) => Partial<ImpressionSpec>;

const defective: Making[] = [
  (random) => {
    const from = random.between(0, 360);
    return { missing: { from, to: from + random.between(32, 90) }, defects: ['missing-arc'] };
  },
  (random) => {
    const angle = random.between(0, 2 * Math.PI);
    const far = random.between(0.7, 2);
    return {
      double: { dx: far * Math.cos(angle), dy: far * Math.sin(angle), strength: random.between(0.55, 0.9) },
      defects: ['double-strike'],
    };
  },
  (random) => ({ bleed: random.between(0.3, 0.45), defects: ['bleed'] }),
  (random) => ({ gaps: random.between(0.75, 0.95), defects: ['dry'] }),
  (random) => ({ squeeze: random.between(0.04, 0.07), shape: 'circle', defects: ['distorted'] }),
  (random) => ({ uneven: random.between(0.92, 1), gaps: 0.2, shape: 'circle', defects: ['uneven'] }),
  (random) => ({ dpi: random.pick([72, 100]), quality: 85, defects: ['coarse'] }),
];

/** Neither good nor to be refused for sure: found and measured all the same. */
const fair: Making[] = [
  () => ({ dpi: 150, defects: ['fair'] }),
  (random) => ({ bleed: random.between(0.06, 0.1), defects: ['fair'] }),
  (random) => ({ rotation: random.between(-180, 180), shape: 'circle', defects: [] }),
  () => ({ dpi: 1200, shape: 'circle', paper: { width: 56, height: 56 }, at: { x: 28, y: 28 }, defects: [] }),
  (random) => ({
    shape: 'circle',
    dpi: random.pick([400, 500]),
    photo: { tilt: random.between(2, 14), towards: random.between(0, 360) },
    shadow: random.between(0.05, 0.3),
    defects: ['fair'],
  }),
];

/** The impression number `index` of the fixed set: about six in ten good, three defective, one in between. */
export function specOfSet(index: number): ImpressionSpec {
  const random = new Random(index * 104729 + 5);
  const seed = 1000 + index;
  const kind = index % 10;
  if (kind === 3 || kind === 6 || kind === 9) {
    const making = defective[(Math.floor(index / 10) * 3 + Math.floor(kind / 3) - 1) % defective.length]!;
    return impressionSpec(seed, making(random));
  }
  if (kind === 8) return impressionSpec(seed, fair[Math.floor(index / 10) % fair.length]!(random));
  return impressionSpec(seed);
}

/** A small good impression for tests of other things: a round seal of 38 to 45 mm at 300 dpi. */
export const goodImpression = (seed: number, given: Partial<ImpressionSpec> = {}) =>
  makeImpression(impressionSpec(seed, { shape: 'circle', dpi: 300, text: 'none', ...given }));

/** What an impression of the fixed set is: to be taken, to be refused, or neither for sure. */
export function kindOf({ defects }: ImpressionSpec): 'good' | 'fair' | 'defective' {
  if (defects.length === 0) return 'good';
  return defects[0] === 'fair' ? 'fair' : 'defective';
}
