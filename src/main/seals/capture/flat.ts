import type { InkMap } from './ink.ts';

/** From millimetres in the seal's own frame (upright, its middle at 0, y down) to pixels of the picture. */
export interface Placing {
  x: number;
  y: number;
  /** Pixels a millimetre along both axes of the frame, as columns. */
  across: { x: number; y: number };
  down: { x: number; y: number };
  /**
   * What is left of a photo's perspective once its ellipse is a circle again: where the true middle is seen, as a share
   * of the radius.
   */
  lean?: { x: number; y: number; radius: number } | undefined;
}

/**
 * Where a camera that looks askew sees a point. Of all perspectives that leave a circle in its place there is exactly
 * one that moves its middle so (a translation in Klein's model of the hyperbolic plane).
 */
function seenAskew(
  x: number,
  y: number,
  { x: vx, y: vy, radius }: NonNullable<Placing['lean']>,
): [number, number] {
  const size = Math.hypot(vx, vy);
  if (size === 0) return [x, y];
  const [ux, uy] = [vx / size, vy / size];
  const along = (x * ux + y * uy) / radius;
  const across = (-x * uy + y * ux) / radius;
  const depth = 1 + size * along;
  const p = ((along + size) / depth) * radius;
  const q = ((across * Math.sqrt(1 - size * size)) / depth) * radius;
  return [p * ux - q * uy, p * uy + q * ux];
}

/** An even grid over the seal and a margin around it. */
export interface FlatRaster {
  width: number;
  height: number;
  perMm: number;
  ink: Uint8Array;
  hidden: Uint8Array;
}

export function bilinear(map: InkMap): (x: number, y: number) => number {
  const { alpha, width, height } = map;
  return (px, py) => {
    const [x, y] = [px - 0.5, py - 0.5];
    const [column, row] = [Math.floor(x), Math.floor(y)];
    if (column < 0 || row < 0 || column >= width - 1 || row >= height - 1) return 0;
    const [u, v] = [x - column, y - row];
    const i = row * width + column;
    return (
      (alpha[i]! * (1 - u) + alpha[i + 1]! * u) * (1 - v) +
      (alpha[i + width]! * (1 - u) + alpha[i + width + 1]! * u) * v
    );
  };
}

/** Ink and what is hidden, by millimetres in the seal's frame. */
export class FlatView {
  readonly #map: InkMap;
  readonly #sample: (x: number, y: number) => number;
  readonly #placing: Placing;

  constructor(map: InkMap, placing: Placing) {
    this.#map = map;
    this.#sample = bilinear(map);
    this.#placing = placing;
  }

  /** Where a point of the seal is seen, in pixels of the picture. */
  readonly seenAt = (mx: number, my: number): [number, number] => {
    const { across, down, lean } = this.#placing;
    const [x, y] = lean ? seenAskew(mx, my, lean) : [mx, my];
    return [this.#placing.x + x * across.x + y * down.x, this.#placing.y + x * across.y + y * down.y];
  };

  readonly ink = (mx: number, my: number): number => {
    const { across, down, lean } = this.#placing;
    const [x, y] = lean ? seenAskew(mx, my, lean) : [mx, my];
    return this.#sample(
      this.#placing.x + x * across.x + y * down.x,
      this.#placing.y + x * across.y + y * down.y,
    );
  };

  readonly hidden = (mx: number, my: number): boolean => {
    const { across, down, lean } = this.#placing;
    const [x, y] = lean ? seenAskew(mx, my, lean) : [mx, my];
    const column = Math.floor(this.#placing.x + x * across.x + y * down.x);
    const row = Math.floor(this.#placing.y + x * across.y + y * down.y);
    if (column < 0 || row < 0 || column >= this.#map.width || row >= this.#map.height) return true;
    return this.#map.hidden[row * this.#map.width + column] === 1;
  };

  /** `fine`: how many samples a pixel is the mean of, along each side. */
  raster(widthMm: number, heightMm: number, perMm: number, fine: number): FlatRaster {
    const [width, height] = [Math.round(widthMm * perMm), Math.round(heightMm * perMm)];
    const ink = new Uint8Array(width * height);
    const hidden = new Uint8Array(width * height);
    const { across, down, lean } = this.#placing;
    const { alpha, hidden: dark, width: columns, height: rows } = this.#map;
    const shares = fine * fine;
    // Written out instead of calling `ink`: this is where most of a capture's time goes.
    for (let row = 0, i = 0; row < height; row++)
      for (let column = 0; column < width; column++, i++) {
        let sum = 0;
        let [px, py] = [0, 0];
        for (let part = 0; part < shares; part++) {
          let x = (column + ((part % fine) + 0.5) / fine - width / 2) / perMm;
          let y = (row + (Math.floor(part / fine) + 0.5) / fine - height / 2) / perMm;
          if (lean) [x, y] = seenAskew(x, y, lean);
          px = this.#placing.x + x * across.x + y * down.x - 0.5;
          py = this.#placing.y + x * across.y + y * down.y - 0.5;
          const left = Math.floor(px);
          const top = Math.floor(py);
          if (left < 0 || top < 0 || left >= columns - 1 || top >= rows - 1) continue;
          const u = px - left;
          const v = py - top;
          const at = top * columns + left;
          sum +=
            (alpha[at]! * (1 - u) + alpha[at + 1]! * u) * (1 - v) +
            (alpha[at + columns]! * (1 - u) + alpha[at + columns + 1]! * u) * v;
        }
        ink[i] = Math.round(sum / shares);
        const near = Math.round(py) * columns + Math.round(px);
        hidden[i] = dark[near] ?? 0;
      }
    return { width, height, perMm, ink, hidden };
  }
}
