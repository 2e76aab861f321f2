import { describe, expect, it } from 'vitest';
import type { Placement } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { checkPlacement } from './placement.ts';

const a4 = { widthMm: 210, heightMm: 297 };
const pages = [a4, { widthMm: 100, heightMm: 100 }, a4];
const place = (more: Partial<Placement>): Placement => ({
  pages: '1',
  x: 100,
  y: 100,
  width: 42,
  height: 42,
  ...more,
});
const seal = (signed: boolean) => ({
  field: 'Seal1',
  signed,
  widgets: [{ page: 3, rect: { x: 50, y: 50, width: 42, height: 42 } }],
});

function refusal(placement: Placement, seals = [seal(true)]): unknown {
  try {
    return checkPlacement(placement, pages, seals);
  } catch (error) {
    return error instanceof YinkeyError ? { code: error.code, ...error.details } : error;
  }
}

describe('a seal', () => {
  it('may touch the edges of the page', () => {
    expect(checkPlacement(place({ x: 168, y: 255 }), pages, [])).toEqual([1]);
    expect(checkPlacement(place({ x: 0, y: 0 }), pages, [])).toEqual([1]);
  });

  it.each([{ x: 168.2 }, { y: 255.2 }, { x: -0.2 }, { y: -0.2 }])('may not go over them: %o', (more) => {
    expect(refusal(place(more))).toMatchObject({ code: 'document.place-off-page', page: 1 });
  });

  it('is measured against each of its pages', () => {
    expect(refusal(place({ pages: '1-2' }))).toMatchObject({ code: 'document.place-off-page', page: 2 });
  });

  it('may not lie over another, but may lie beside it', () => {
    const over = { code: 'document.place-over-seal', page: 3, field: 'Seal1' };
    expect(refusal(place({ pages: '3', x: 91, y: 91 }))).toEqual(over);
    expect(refusal(place({ pages: '3', x: 92, y: 50 }))).toEqual([3]);
    expect(refusal(place({ pages: '1', x: 50, y: 50 }))).toEqual([1]);
  });

  it('may go to a field that waits for one', () => {
    expect(refusal(place({ pages: '3', x: 50, y: 50 }), [seal(false)])).toEqual([3]);
  });
});
