import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pxPerMmAtFullSize } from '../placing.ts';
import { columnOf, inView, scaleFor, thumbnailBox, zoomStep, zoomWheel } from './zoom.ts';

const a4 = { widthMm: 210, heightMm: 297 };

test('100 % is the real size, fit shows the whole page', () => {
  expect(scaleFor(1, a4, 10, 10) * 25.4).toBeCloseTo(96, 9);
  expect(scaleFor('fit', a4, 420, 297)).toBe(1);
  expect(scaleFor('fit', a4, 210, 5940)).toBe(1);
});

test('steps go up and down and end at 50 % and 400 %', () => {
  const at = (zoom: number) => zoom * pxPerMmAtFullSize;
  expect(zoomStep(at(1), 1)).toBe(1.25);
  expect(zoomStep(at(1), -1)).toBe(0.75);
  expect(zoomStep(at(0.62), 1)).toBe(0.75);
  expect(zoomStep(at(4), 1)).toBe(4);
  expect(zoomStep(at(0.3), -1)).toBe(0.5);
  expect(zoomWheel(at(1), -10_000)).toBeCloseTo(Math.exp(0.25), 9);
  expect(zoomWheel(at(4), -120)).toBe(4);
  expect(zoomWheel(at(0.5), 120)).toBe(0.5);
});

test('a thumbnail keeps the proportions, and a scroll is not let run away', () => {
  expect(thumbnailBox(a4, 80)).toEqual({ width: 80, height: 113 });
  expect(thumbnailBox({ widthMm: 100, heightMm: 5000 }, 80)).toEqual({ width: 4, height: 160 });
});

test('just the pages that cross the view are named', () => {
  const tops = columnOf([a4, a4, a4, a4], 80, 40);
  expect(tops).toEqual([0, 153, 306, 459, 612]);
  expect(inView(tops, 0, 152)).toEqual([0, 0]);
  expect(inView(tops, 100, 320)).toEqual([0, 2]);
  expect(inView(tops, 600, 5000)).toEqual([3, 3]);
  expect(inView([0], 0, 100)).toEqual([0, -1]);
});

test('every page that crosses the view is among those named', () => {
  const pages = fc.array(
    fc.record({ widthMm: fc.integer({ min: 5, max: 900 }), heightMm: fc.integer({ min: 5, max: 900 }) }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(pages, fc.nat(4000), fc.nat(900), (all, from, length) => {
      const tops = columnOf(all, 80, 20);
      const [first, last] = inView(tops, from, from + length);
      for (let index = 0; index < all.length; index++) {
        const crosses = tops[index]! <= from + length && tops[index + 1]! > from;
        if (crosses) expect(index >= first && index <= last).toBe(true);
      }
    }),
  );
});
