import type { PageSize, RectMm } from '../../shared/domain/index.ts';

/*
 * Where the seal goes: pure arithmetic in millimetres from the visible page's top left corner, y down, as in
 * `Placement`. Nothing here knows of pixels but `pxPerMm`.
 */

/** CSS fixes 96 px to the inch, and an inch is 25.4 mm: the scale at which a page shows its real size. */
export const pxPerMmAtFullSize = 96 / 25.4;

/** What the keyboard, the fields and the read-out work in. */
const stepMm = 0.1;

/** Rounded to the tenth of a millimetre, without -0 and without binary dust. */
export function roundMm(value: number): number {
  const tenths = Math.round(value / stepMm);
  return tenths === 0 ? 0 : tenths / 10;
}

/** `rect` moved so that it lies on the page; one that is larger than the page stays at its top left corner. */
export function clampToPage(rect: RectMm, page: PageSize): RectMm {
  const inside = (at: number, length: number, room: number) => Math.max(0, Math.min(at, room - length));
  return {
    ...rect,
    x: inside(rect.x, rect.width, page.widthMm),
    y: inside(rect.y, rect.height, page.heightMm),
  };
}

export interface Margins {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const near = (a: number, b: number, by: number) => Math.abs(a - b) <= by;

/**
 * The type area. On A4 upright it is the one of official letters (GB/T 9704-2012, 5.2: 156 mm x 225 mm, 28 mm from
 * the left, 37 mm from the top); elsewhere an inch all round, and on small pages an eighth of the shorter side.
 */
export function marginsFor(page: PageSize): Margins {
  if (near(page.widthMm, 210, 1) && near(page.heightMm, 297, 1)) {
    return {
      left: 28,
      top: 37,
      right: page.widthMm - (28 + 156),
      bottom: page.heightMm - (37 + 225),
    };
  }
  const all = Math.min(25.4, Math.min(page.widthMm, page.heightMm) / 8);
  return { left: all, top: all, right: all, bottom: all };
}

/** A line that the seal is drawn to. `edge` is the part of the seal that lies on it. */
export interface Guide {
  axis: 'x' | 'y';
  at: number;
  kind: 'centre' | 'margin' | 'seal';
  edge: 'start' | 'centre' | 'end';
}

/** All lines worth snapping to: the page's axes, the type area, and the axes of seals (`others`, on any page). */
export function guidesFor(page: PageSize, others: readonly RectMm[] = []): Guide[] {
  const margins = marginsFor(page);
  const guides: Guide[] = [
    { axis: 'x', at: page.widthMm / 2, kind: 'centre', edge: 'centre' },
    { axis: 'y', at: page.heightMm / 2, kind: 'centre', edge: 'centre' },
    { axis: 'x', at: margins.left, kind: 'margin', edge: 'start' },
    { axis: 'x', at: page.widthMm - margins.right, kind: 'margin', edge: 'end' },
    { axis: 'y', at: margins.top, kind: 'margin', edge: 'start' },
    { axis: 'y', at: page.heightMm - margins.bottom, kind: 'margin', edge: 'end' },
  ];
  for (const other of others) {
    guides.push({ axis: 'x', at: other.x + other.width / 2, kind: 'seal', edge: 'centre' });
    guides.push({ axis: 'y', at: other.y + other.height / 2, kind: 'seal', edge: 'centre' });
  }
  return guides;
}

const share = { start: 0, centre: 0.5, end: 1 } as const;

/** Where the seal's `edge` is now, along the guide's axis. */
function edgeAt(rect: RectMm, guide: Guide): number {
  return guide.axis === 'x'
    ? rect.x + rect.width * share[guide.edge]
    : rect.y + rect.height * share[guide.edge];
}

export interface Snapped {
  rect: RectMm;
  /** The lines that the seal lies on now: at most one each way, and those that coincide with it. */
  hits: Guide[];
}

/**
 * Draws the seal to the nearest line within `reachMm` each way, then keeps it on the page. Lines that would push it
 * off the page are not taken.
 */
export function snap(rect: RectMm, page: PageSize, guides: readonly Guide[], reachMm: number): Snapped {
  let placed = clampToPage(rect, page);
  for (const axis of ['x', 'y'] as const) {
    let best: { distance: number; rect: RectMm } | null = null;
    for (const guide of guides) {
      if (guide.axis !== axis) continue;
      const by = guide.at - edgeAt(placed, guide);
      if (Math.abs(by) > reachMm || (best && Math.abs(by) >= best.distance)) continue;
      const moved = { ...placed, [axis]: placed[axis] + by };
      if (!isOnPage(moved, page)) continue;
      best = { distance: Math.abs(by), rect: moved };
    }
    // A line may lie a hair off the page, which `isOnPage` forgives.
    if (best) placed = clampToPage(best.rect, page);
  }
  return { rect: placed, hits: hitsOf(placed, guides) };
}

/** The lines that the seal lies on exactly (to a twentieth of a millimetre: what the read-out can't tell apart). */
export function hitsOf(rect: RectMm, guides: readonly Guide[]): Guide[] {
  const hits: Guide[] = [];
  for (const axis of ['x', 'y'] as const) {
    const lying = guides.filter((guide) => guide.axis === axis && near(edgeAt(rect, guide), guide.at, 0.05));
    const first = lying.find((guide) => guide.kind !== 'margin') ?? lying[0];
    if (first) hits.push(first);
  }
  return hits;
}

/** True when no part of the seal is cut off (a hundredth of a millimetre is forgiven, as rounding may cost it). */
export function isOnPage(rect: RectMm, page: PageSize): boolean {
  const slack = 0.01;
  return (
    rect.x >= -slack &&
    rect.y >= -slack &&
    rect.x + rect.width <= page.widthMm + slack &&
    rect.y + rect.height <= page.heightMm + slack
  );
}

/** True when the rectangles share an area; touching edges don't count. */
export function overlaps(a: RectMm, b: RectMm): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** The seal moved by `dx`, `dy`, on whole tenths of a millimetre and on the page. */
export function nudge(rect: RectMm, dx: number, dy: number, page: PageSize): RectMm {
  return clampToPage({ ...rect, x: roundMm(rect.x + dx), y: roundMm(rect.y + dy) }, page);
}

/**
 * Where the seal goes when nobody has said yet: its right edge 28 mm inside the type area's and its lower edge on
 * the type area's foot, which is where the unit's name and the date of an official letter stand.
 */
export function firstPlace(size: { width: number; height: number }, page: PageSize): RectMm {
  const margins = marginsFor(page);
  return clampToPage(
    {
      x: roundMm(page.widthMm - margins.right - size.width - 22),
      y: roundMm(page.heightMm - margins.bottom - size.height),
      ...size,
    },
    page,
  );
}

/** The seal with another size; its centre stays where it is. */
export function reshaped(rect: RectMm, size: { width: number; height: number }, page: PageSize): RectMm {
  return clampToPage(
    {
      x: roundMm(rect.x + (rect.width - size.width) / 2),
      y: roundMm(rect.y + (rect.height - size.height) / 2),
      ...size,
    },
    page,
  );
}

/** What the guides show beside the seal: the free way to the nearer edge, each way. */
export function freeWays(rect: RectMm, page: PageSize) {
  const left = rect.x;
  const right = page.widthMm - rect.x - rect.width;
  const above = rect.y;
  const below = page.heightMm - rect.y - rect.height;
  return {
    across: right <= left ? { side: 'right' as const, mm: right } : { side: 'left' as const, mm: left },
    along: below <= above ? { side: 'below' as const, mm: below } : { side: 'above' as const, mm: above },
  };
}

/** What was typed for a length, in millimetres; null when it is no number in `min`..`max`. A comma may be a point. */
export function parseMm(text: string, min: number, max: number): number | null {
  const plain = text.trim().replace(/[,，。]/, '.');
  if (!/^-?\d{1,5}(\.\d{1,4})?$/.test(plain)) return null;
  const value = roundMm(Number(plain));
  return value >= min && value <= max ? value : null;
}
