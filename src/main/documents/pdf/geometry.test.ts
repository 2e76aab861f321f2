import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apply, pageGeometry } from './geometry.ts';
import type { PageInfo } from './pages.ts';

type Page = Pick<PageInfo, 'cropBox' | 'rotate' | 'userUnit'>;

const page: fc.Arbitrary<Page> = fc.record({
  cropBox: fc
    .tuple(
      fc.integer({ min: -500, max: 500 }),
      fc.integer({ min: -500, max: 500 }),
      fc.integer({ min: 10, max: 5000 }),
      fc.integer({ min: 10, max: 5000 }),
    )
    .map(([x, y, width, height]) => [x, y, x + width, y + height] as const),
  rotate: fc.constantFrom(0, 90, 180, 270),
  userUnit: fc.constantFrom(1, 2, 0.5, 10),
});
const millimetres = fc.double({ min: 0, max: 500, noNaN: true });
const rect = fc.record({
  x: millimetres,
  y: millimetres,
  width: fc.double({ min: 1, max: 200, noNaN: true }),
  height: fc.double({ min: 1, max: 200, noNaN: true }),
});

/** What a viewer does: user space turned clockwise by /Rotate, its top left corner moved to 0,0, y down, in mm. */
function shown({ cropBox, rotate, userUnit }: Page, x: number, y: number): [number, number] {
  const mm = (25.4 / 72) * userUnit;
  const angle = (-rotate * Math.PI) / 180;
  const turn = (px: number, py: number): [number, number] => [
    px * Math.cos(angle) - py * Math.sin(angle),
    px * Math.sin(angle) + py * Math.cos(angle),
  ];
  const corners = [turn(cropBox[0], cropBox[1]), turn(cropBox[2], cropBox[3])];
  const left = Math.min(...corners.map(([cx]) => cx));
  const top = Math.max(...corners.map(([, cy]) => cy));
  const [px, py] = turn(x, y);
  return [(px - left) * mm, (top - py) * mm];
}

describe('page geometry', () => {
  it('sends each point to where a viewer shows it', () => {
    fc.assert(
      fc.property(page, millimetres, millimetres, (one, x, y) => {
        const [ux, uy] = apply(pageGeometry(one).matrix, x, y);
        const [sx, sy] = shown(one, ux, uy);
        expect(sx).toBeCloseTo(x, 6);
        expect(sy).toBeCloseTo(y, 6);
      }),
    );
  });

  it('keeps sizes true and comes back to where it started', () => {
    fc.assert(
      fc.property(page, rect, (one, place) => {
        const geometry = pageGeometry(one);
        const user = geometry.toUser(place);
        const back = geometry.toMm(user.rect);
        for (const key of ['x', 'y', 'width', 'height'] as const)
          expect(back[key]).toBeCloseTo(place[key], 6);
        expect(user.width * geometry.mmPerUnit).toBeCloseTo(place.width, 6);
        expect(user.height * geometry.mmPerUnit).toBeCloseTo(place.height, 6);
      }),
    );
  });

  it('draws upright: the unit square stands with its top left corner where the place has it', () => {
    fc.assert(
      fc.property(page, rect, (one, place) => {
        const { unitSquare } = pageGeometry(one).toUser(place);
        const corners: [number, number, number, number][] = [
          [0, 1, place.x, place.y],
          [1, 1, place.x + place.width, place.y],
          [0, 0, place.x, place.y + place.height],
        ];
        for (const [u, v, x, y] of corners) {
          const [sx, sy] = shown(one, ...apply(unitSquare, u, v));
          expect(sx).toBeCloseTo(x, 5);
          expect(sy).toBeCloseTo(y, 5);
        }
      }),
    );
  });

  it('gives an appearance that the algorithm of 12.5.5 lays onto /Rect upright', () => {
    fc.assert(
      fc.property(page, rect, (one, place) => {
        const { rect: box, appearanceMatrix, width, height } = pageGeometry(one).toUser(place);
        const corners = [
          apply(appearanceMatrix, 0, 0),
          apply(appearanceMatrix, width, 0),
          apply(appearanceMatrix, 0, height),
          apply(appearanceMatrix, width, height),
        ];
        const left = Math.min(...corners.map(([x]) => x));
        const bottom = Math.min(...corners.map(([, y]) => y));
        const across = Math.max(...corners.map(([x]) => x)) - left;
        const up = Math.max(...corners.map(([, y]) => y)) - bottom;
        expect(across).toBeCloseTo(box[2] - box[0], 6);
        expect(up).toBeCloseTo(box[3] - box[1], 6);
        const [tx, ty] = apply(appearanceMatrix, 0, height);
        const [sx, sy] = shown(one, box[0] + tx - left, box[1] + ty - bottom);
        expect(sx).toBeCloseTo(place.x, 5);
        expect(sy).toBeCloseTo(place.y, 5);
      }),
    );
  });

  it('knows the size of A4', () => {
    const portrait = pageGeometry({ cropBox: [0, 0, 595.276, 841.89], rotate: 0, userUnit: 1 });
    expect([portrait.widthMm, portrait.heightMm].map((value) => value.toFixed(1))).toEqual([
      '210.0',
      '297.0',
    ]);
    const landscape = pageGeometry({ cropBox: [0, 0, 297.638, 420.945], rotate: 270, userUnit: 2 });
    expect([landscape.widthMm, landscape.heightMm].map((value) => value.toFixed(1))).toEqual([
      '297.0',
      '210.0',
    ]);
  });
});
