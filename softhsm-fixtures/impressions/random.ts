/** Numbers that look random and are the same for the same seed, on every machine (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.next() * values.length)] as T;
  }

  chance(share: number): boolean {
    return this.next() < share;
  }
}

/** A smooth field of numbers 0..1 over the plane; `scale` is the distance over which it changes. */
export function smoothField(random: Random, scale: number): (x: number, y: number) => number {
  const side = 64;
  const values = Float32Array.from({ length: side * side }, () => random.next());
  const fade = (share: number) => share * share * (3 - 2 * share);
  return (x, y) => {
    const [u, v] = [x / scale + 1000, y / scale + 1000];
    const [column, row] = [Math.floor(u), Math.floor(v)];
    const [right, down] = [fade(u - column), fade(v - row)];
    const [c0, c1] = [column & 63, (column + 1) & 63];
    const [r0, r1] = [(row & 63) * side, ((row + 1) & 63) * side];
    const top = values[r0 + c0]! * (1 - right) + values[r0 + c1]! * right;
    const bottom = values[r1 + c0]! * (1 - right) + values[r1 + c1]! * right;
    return top * (1 - down) + bottom * down;
  };
}
