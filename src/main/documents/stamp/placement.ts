import type { ExistingSeal, PageSize, Placement, RectMm } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { parsePages } from './pages.ts';

/** What rounding on the way through a window may amount to, in millimetres. */
const tolerance = 0.05;

/** Seals tell their size in whole millimetres. */
const sealTolerance = 0.5;

/** Whether a seal would be drawn at its own size, in millimetres: it is never larger or smaller than the physical one. */
export function fitsSeal(placement: Placement, seal: { width: number; height: number }): boolean {
  return (
    Math.abs(placement.width - seal.width) <= sealTolerance &&
    Math.abs(placement.height - seal.height) <= sealTolerance
  );
}

/**
 * Checks a placement against the pages as they are shown and the seals that are there.
 * @returns the numbers of its pages, counted from 1
 * @throws usage, seal.size, document.page-missing, document.place-off-page, document.place-over-seal
 */
export function checkPlacement(
  placement: Placement,
  pages: readonly PageSize[],
  seals: readonly ExistingSeal[],
): number[] {
  return checkPages(placement, pages.length, (number) => pages[number - 1] as PageSize, seals);
}

/** The same for a file whose pages are measured one by one: only those that the placement names are asked for. */
export function checkPages(
  placement: Placement,
  pageCount: number,
  sizeOf: (number: number) => PageSize,
  seals: readonly ExistingSeal[],
): number[] {
  const { x, y, width, height } = placement;
  const rect = { x, y, width, height };
  if (!(width > 0 && height > 0)) throw new YinkeyError('seal.size', { width, height });
  const numbers = parsePages(placement.pages, pageCount);
  for (const page of numbers) {
    if (!isOnPage(rect, sizeOf(page))) throw new YinkeyError('document.place-off-page', { page });
    const field = sealUnder(rect, page, seals);
    if (field !== null) throw new YinkeyError('document.place-over-seal', { page, field });
  }
  return numbers;
}

function isOnPage(rect: RectMm, { widthMm, heightMm }: PageSize): boolean {
  return (
    rect.x >= -tolerance &&
    rect.y >= -tolerance &&
    rect.x + rect.width <= widthMm + tolerance &&
    rect.y + rect.height <= heightMm + tolerance
  );
}

/** The signed field that the rectangle would lie over. An empty field is a place kept for a seal, not a seal. */
function sealUnder(rect: RectMm, page: number, seals: readonly ExistingSeal[]): string | null {
  for (const { field, signed, widgets } of seals) {
    if (signed && widgets.some((widget) => widget.page === page && overlap(rect, widget.rect))) return field;
  }
  return null;
}

function overlap(one: RectMm, other: RectMm): boolean {
  const across = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const down = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  return across > tolerance && down > tolerance;
}
