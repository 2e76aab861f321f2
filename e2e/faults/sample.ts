/** Numbers from 0 to 1 by a seed (mulberry32): small, and good enough to choose test cases. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seeded choice of `count` of them, in their own order: the same seed gives the same choice. */
export function sample<T>(all: readonly T[], count: number, seed: number): T[] {
  const random = seeded(seed);
  const left = all.map((_, index) => index);
  const taken: number[] = [];
  while (taken.length < count && left.length > 0) {
    taken.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return taken.sort((a, b) => a - b).map((index) => all[index]!);
}
