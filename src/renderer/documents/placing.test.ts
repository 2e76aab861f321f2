import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clampToPage,
  firstPlace,
  freeWays,
  guidesFor,
  isOnPage,
  marginsFor,
  nudge,
  overlaps,
  parseMm,
  pxPerMmAtFullSize,
  reshaped,
  roundMm,
  snap,
} from './placing.ts';

const a4 = { widthMm: 210, heightMm: 297 };
const seal = { width: 42, height: 42 };

const pageOf = fc.record({
  widthMm: fc.double({ min: 10, max: 3000, noNaN: true }),
  heightMm: fc.double({ min: 10, max: 3000, noNaN: true }),
});
const rectOf = fc.record({
  x: fc.double({ min: -500, max: 3500, noNaN: true }),
  y: fc.double({ min: -500, max: 3500, noNaN: true }),
  width: fc.double({ min: 1, max: 200, noNaN: true }),
  height: fc.double({ min: 1, max: 200, noNaN: true }),
});

describe('the type area', () => {
  test('of an official letter on A4 is 156 x 225 mm at 28 / 37', () => {
    expect(marginsFor(a4)).toEqual({ left: 28, top: 37, right: 26, bottom: 35 });
  });
  test('is an inch all round elsewhere, and less on small pages', () => {
    expect(marginsFor({ widthMm: 297, heightMm: 210 }).left).toBe(25.4);
    expect(marginsFor({ widthMm: 80, heightMm: 40 }).top).toBe(5);
  });
});

describe('snapping', () => {
  test('draws the seal to the page axis within reach and says so', () => {
    const near = snap({ x: 85.2, y: 200, ...seal }, a4, guidesFor(a4), 1.5);
    expect(near.rect.x).toBe(84);
    expect(near.rect.y).toBe(200);
    expect(near.hits).toEqual([{ axis: 'x', at: 105, kind: 'centre', edge: 'centre' }]);
  });
  test('leaves it alone out of reach', () => {
    const far = snap({ x: 86, y: 200, ...seal }, a4, guidesFor(a4), 1.5);
    expect(far).toEqual({ rect: { x: 86, y: 200, ...seal }, hits: [] });
  });
  test('takes the axis of a seal on another page before the margin', () => {
    const other = { x: 121, y: 221, ...seal };
    const snapped = snap({ x: 120.4, y: 219.9, ...seal }, a4, guidesFor(a4, [other]), 2);
    expect(snapped.rect.x).toBeCloseTo(121, 9);
    expect(snapped.hits.map((hit) => hit.kind)).toContain('seal');
  });
  test('puts the lower right corner into the type area', () => {
    const snapped = snap({ x: 141.4, y: 219.2, ...seal }, a4, guidesFor(a4), 1);
    expect(snapped.rect).toMatchObject({ x: 142, y: 220 });
    expect(snapped.hits.every((hit) => hit.kind === 'margin')).toBe(true);
  });

  test('never leaves the page, never moves the seal further than its reach, and is at rest after one pull', () => {
    fc.assert(
      fc.property(
        pageOf,
        rectOf,
        fc.array(rectOf, { maxLength: 4 }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (page, rect, others, reach) => {
          fc.pre(rect.width <= page.widthMm && rect.height <= page.heightMm);
          const guides = guidesFor(page, others);
          const start = clampToPage(rect, page);
          const { rect: end, hits } = snap(rect, page, guides, reach);
          expect(isOnPage(end, page)).toBe(true);
          expect(Math.abs(end.x - start.x)).toBeLessThanOrEqual(reach + 1e-9);
          expect(Math.abs(end.y - start.y)).toBeLessThanOrEqual(reach + 1e-9);
          expect(hits.length).toBeLessThanOrEqual(2);
          const again = snap(end, page, guides, 1e-7).rect;
          expect(again.x).toBeCloseTo(end.x, 6);
          expect(again.y).toBeCloseTo(end.y, 6);
        },
      ),
    );
  });
});

describe('moving', () => {
  test('by the keyboard stays on tenths of a millimetre', () => {
    expect(nudge({ x: 121.04, y: 221, ...seal }, 0.1, -1, a4)).toEqual({ x: 121.1, y: 220, ...seal });
    expect(nudge({ x: 0.05, y: 0, ...seal }, -1, -1, a4)).toEqual({ x: 0, y: 0, ...seal });
  });
  test('keeps the seal on the page and keeps its size', () => {
    fc.assert(
      fc.property(pageOf, rectOf, (page, rect) => {
        const clamped = clampToPage(rect, page);
        expect(clamped).toMatchObject({ width: rect.width, height: rect.height });
        expect(clampToPage(clamped, page)).toEqual(clamped);
        if (rect.width <= page.widthMm && rect.height <= page.heightMm)
          expect(isOnPage(clamped, page)).toBe(true);
        else expect(clamped.x === 0 || clamped.y === 0).toBe(true);
      }),
    );
  });
  test('the first place is in the type area, right of the middle, at its foot', () => {
    expect(firstPlace(seal, a4)).toEqual({ x: 120, y: 220, ...seal });
    expect(isOnPage(firstPlace(seal, { widthMm: 60, heightMm: 45 }), { widthMm: 60, heightMm: 45 })).toBe(
      true,
    );
  });
  test('another size keeps the proportions and the centre', () => {
    const round = reshaped({ x: 100, y: 100, width: 40, height: 20 }, { width: 20, height: 10 }, a4);
    expect(round).toEqual({ x: 110, y: 105, width: 20, height: 10 });
  });
});

test('distances are told to the nearer edge', () => {
  expect(freeWays({ x: 121, y: 221, ...seal }, a4)).toEqual({
    across: { side: 'right', mm: 47 },
    along: { side: 'below', mm: 34 },
  });
});

test('touching seals do not overlap', () => {
  expect(overlaps({ x: 0, y: 0, ...seal }, { x: 42, y: 0, ...seal })).toBe(false);
  expect(overlaps({ x: 0, y: 0, ...seal }, { x: 41.9, y: 41.9, ...seal })).toBe(true);
});

test('lengths are read as people type them', () => {
  expect(parseMm('121', 0, 300)).toBe(121);
  expect(parseMm(' 121,04 ', 0, 300)).toBe(121);
  expect(parseMm('121.06', 0, 300)).toBe(121.1);
  for (const bad of ['', 'x', '1e3', '12.5.1', '-', 'Infinity', '301', '-1'])
    expect(parseMm(bad, 0, 300)).toBeNull();
});

test('rounding gives tenths that read back as themselves', () => {
  fc.assert(
    fc.property(fc.double({ min: -1000, max: 1000, noNaN: true }), (value) => {
      const rounded = roundMm(value);
      expect(Math.abs(rounded - value)).toBeLessThanOrEqual(0.05 + 1e-9);
      expect(Number(rounded.toFixed(1))).toBe(rounded);
      expect(Object.is(rounded, -0)).toBe(false);
    }),
  );
});

test('a millimetre at full size is the one of CSS', () => {
  expect(25.4 * pxPerMmAtFullSize).toBeCloseTo(96, 12);
});
