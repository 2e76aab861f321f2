import type { InkMap } from './ink.ts';

/** From millimetres in the seal's own frame (upright, its middle at 0, y down) to pixels of the picture. */
export interface Placing {
  x: number;
  y: number;
  /** Pixels a millimetre along both axes of the frame, as columns. */
  across: { x: number; y: number };
  down: { x: number; y: number };
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

  readonly ink = (x: number, y: number): number => {
    const { across, down } = this.#placing;
    return this.#sample(
      this.#placing.x + x * across.x + y * down.x,
      this.#placing.y + x * across.y + y * down.y,
    );
  };

  readonly hidden = (x: number, y: number): boolean => {
    const { across, down } = this.#placing;
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
    for (let row = 0, i = 0; row < height; row++)
      for (let column = 0; column < width; column++, i++) {
        let sum = 0;
        for (let v = 0; v < fine; v++)
          for (let u = 0; u < fine; u++) {
            const x = (column + (u + 0.5) / fine - width / 2) / perMm;
            const y = (row + (v + 0.5) / fine - height / 2) / perMm;
            sum += this.ink(x, y);
          }
        ink[i] = Math.round(sum / (fine * fine));
        const [x, y] = [(column + 0.5 - width / 2) / perMm, (row + 0.5 - height / 2) / perMm];
        hidden[i] = Number(this.hidden(x, y));
      }
    return { width, height, perMm, ink, hidden };
  }
}
