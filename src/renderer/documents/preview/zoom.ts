import type { PageSize } from '../../../shared/domain/index.ts';
import { pxPerMmAtFullSize } from '../placing.ts';

/** 'fit': the whole page in sight. A number is a share of the real size: 1 = 100 %. */
export type Zoom = 'fit' | number;

const leastZoom = 0.5;
const mostZoom = 4;
const steps = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];

/** CSS pixels for one millimetre at `zoom`, in a desk of `width` x `height` CSS pixels (its free inside). */
export function scaleFor(zoom: Zoom, page: PageSize, width: number, height: number): number {
  if (zoom !== 'fit') return zoom * pxPerMmAtFullSize;
  const fit = Math.min(width / page.widthMm, height / page.heightMm);
  return Math.max(fit, 0.05);
}

/** The next step up (`by` 1) or down (-1) from a scale in pixels for a millimetre. */
export function zoomStep(pxPerMm: number, by: 1 | -1): number {
  const now = pxPerMm / pxPerMmAtFullSize;
  const slack = 0.001;
  if (by > 0) return steps.find((step) => step > now + slack) ?? mostZoom;
  return steps.findLast((step) => step < now - slack) ?? leastZoom;
}

/** For Ctrl+wheel: `delta` as the event tells it, in pixels. */
export function zoomWheel(pxPerMm: number, delta: number): number {
  const now = pxPerMm / pxPerMmAtFullSize;
  const factor = Math.exp(-Math.max(-120, Math.min(120, delta)) / 480);
  return Math.max(leastZoom, Math.min(mostZoom, now * factor));
}

/** Tops of thumbnails in a column: `tops[i]` of page i+1, and the whole height last. */
export function columnOf(pages: readonly PageSize[], widthPx: number, extraPx: number): number[] {
  const tops: number[] = [];
  let at = 0;
  for (const page of pages) {
    tops.push(at);
    at += thumbnailBox(page, widthPx).height + extraPx;
  }
  tops.push(at);
  return tops;
}

/** A thumbnail is `widthPx` wide, and at most twice as high. */
export function thumbnailBox(page: PageSize, widthPx: number): { width: number; height: number } {
  const ratio = page.heightMm / page.widthMm;
  if (ratio <= 2) return { width: widthPx, height: Math.max(8, Math.round(widthPx * ratio)) };
  return { width: Math.max(4, Math.round((widthPx * 2) / ratio)), height: widthPx * 2 };
}

/** First and last index (inclusive) of what lies in `from`..`to` of a column; empty columns give [0, -1]. */
export function inView(tops: readonly number[], from: number, to: number): [first: number, last: number] {
  const count = tops.length - 1;
  if (count <= 0) return [0, -1];
  const indexAt = (y: number) => {
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (tops[middle]! <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return [indexAt(Math.max(0, from)), indexAt(Math.max(0, to))];
}
