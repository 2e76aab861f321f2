import type { PageInfo, Rectangle } from './pages.ts';

/** A rectangle on the page as a viewer shows it: millimetres from its top left corner, y down. */
export interface RectMm {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** An affine map as PDF writes it (8.3.3): x' = a·x + c·y + e, y' = b·x + d·y + f. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** A place on a page in its own coordinates. */
export interface PlaceInUserSpace {
  /** The rectangle in user space, as an annotation's /Rect wants it. */
  rect: Rectangle;
  /**
   * Maps the unit square (0,0 bottom left to 1,1 top right, as an upright reader sees it) onto the place, upright:
   * with a form XObject whose /BBox is [0 0 w h], its content drawn through this matrix stands upright on the page.
   */
  unitSquare: Matrix;
  /** An appearance's /Matrix for a /BBox of [0 0 width height] (in units): the page's rotation undone (12.5.5). */
  appearanceMatrix: Matrix;
  /** Width and height of the place as the reader sees it, in user space units. */
  width: number;
  height: number;
}

/** A page's measures as a viewer shows it, and the way from there to user space. */
export interface PageGeometry {
  widthMm: number;
  heightMm: number;
  rotate: PageInfo['rotate'];
  /** Millimetres in one user space unit: 25.4/72 times /UserUnit. */
  mmPerUnit: number;
  /** Maps millimetres from the top left corner (y down) to user space. */
  matrix: Matrix;
  toUser(rect: RectMm): PlaceInUserSpace;
  /** The way back: a rectangle in user space, as it lies on the page that is shown. */
  toMm(rect: Rectangle): RectMm;
}

const mmPerPoint = 25.4 / 72;

/**
 * The geometry of a page: crop box cut to the media box, /Rotate and /UserUnit (7.7.3.3, 14.11.2) taken in, so that
 * what is placed on a preview lands there on paper.
 */
export function pageGeometry(page: Pick<PageInfo, 'cropBox' | 'rotate' | 'userUnit'>): PageGeometry {
  const { cropBox, rotate, userUnit } = page;
  const [left, bottom, right, top] = cropBox;
  const mmPerUnit = mmPerPoint * userUnit;
  const unit = 1 / mmPerUnit;
  const across = (right - left) * mmPerUnit;
  const up = (top - bottom) * mmPerUnit;
  const sideways = rotate === 90 || rotate === 270;
  const matrix = topLeftMatrix(cropBox, rotate, unit);

  const toUser = (rect: RectMm): PlaceInUserSpace => {
    const topLeft = apply(matrix, rect.x, rect.y);
    const topRight = apply(matrix, rect.x + rect.width, rect.y);
    const bottomLeft = apply(matrix, rect.x, rect.y + rect.height);
    const bottomRight = apply(matrix, rect.x + rect.width, rect.y + rect.height);
    const xs = [topLeft[0], topRight[0], bottomLeft[0], bottomRight[0]];
    const ys = [topLeft[1], topRight[1], bottomLeft[1], bottomRight[1]];
    const turn = turns[rotate];
    return {
      rect: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
      unitSquare: [
        bottomRight[0] - bottomLeft[0],
        bottomRight[1] - bottomLeft[1],
        topLeft[0] - bottomLeft[0],
        topLeft[1] - bottomLeft[1],
        bottomLeft[0],
        bottomLeft[1],
      ],
      appearanceMatrix: [turn[0], turn[1], turn[2], turn[3], 0, 0],
      width: rect.width * unit,
      height: rect.height * unit,
    };
  };

  const inverse = invert(matrix);
  const toMm = (rect: Rectangle): RectMm => {
    const [x0, y0] = apply(inverse, rect[0], rect[1]);
    const [x1, y1] = apply(inverse, rect[2], rect[3]);
    return { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
  };

  return {
    widthMm: sideways ? up : across,
    heightMm: sideways ? across : up,
    rotate,
    mmPerUnit,
    matrix,
    toUser,
    toMm,
  };
}

/** Counter-clockwise turns that a page's clockwise /Rotate undoes. */
const turns = { 0: [1, 0, 0, 1], 90: [0, 1, -1, 0], 180: [-1, 0, 0, -1], 270: [0, -1, 1, 0] } as const;

/** From millimetres (top left corner of what is shown, y down) to user space. */
function topLeftMatrix(
  [left, bottom, right, top]: Rectangle,
  rotate: PageInfo['rotate'],
  unit: number,
): Matrix {
  switch (rotate) {
    case 0:
      return [unit, 0, 0, -unit, left, top];
    case 90:
      // Turned clockwise, what was bottom left comes to the top left; going right on the screen is up in the page.
      return [0, unit, unit, 0, left, bottom];
    case 180:
      return [-unit, 0, 0, unit, right, bottom];
    case 270:
      return [0, -unit, -unit, 0, right, top];
  }
}

/** The image of a point. */
export function apply(matrix: Matrix, x: number, y: number): [number, number] {
  const [a, b, c, d, e, f] = matrix;
  return [a * x + c * y + e, b * x + d * y + f];
}

function invert([a, b, c, d, e, f]: Matrix): Matrix {
  const det = a * d - b * c;
  return [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det];
}
