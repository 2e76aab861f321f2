import type { Box } from './read.ts';

interface Piece extends Box {
  pixels: number;
}

/** No more impressions than this are told apart on one sheet. */
const maxFound = 20;
const maxPieces = 4000;

/**
 * Impressions in a mask of ink: pieces that hang together or whose boxes touch, without dust. The largest first.
 * `gap` is how many pixels may lie between parts of one seal; `least` the smallest side of a seal, in pixels.
 */
export function findCandidates(
  mask: Uint8Array,
  width: number,
  height: number,
  { gap, least }: { gap: number; least: number },
): Box[] {
  const grown = grow(mask, width, height, gap);
  const pieces = label(grown, mask, width, height)
    .filter(({ pixels }) => pixels >= 6)
    .sort((a, b) => b.pixels - a.pixels)
    .slice(0, maxPieces);
  return merge(pieces, gap)
    .filter((piece) => {
      const [short, long] = [Math.min(piece.width, piece.height), Math.max(piece.width, piece.height)];
      const share = piece.pixels / (piece.width * piece.height);
      // Lines of red print are long and flat; a seal has strokes and paper between them.
      return short >= least && long / short < 4.5 && share > 0.02 && share < 0.85;
    })
    .sort((a, b) => b.width * b.height - a.width * a.height)
    .slice(0, maxFound)
    .map(({ x, y, width, height }) => ({ x, y, width, height }));
}

function grow(mask: Uint8Array, width: number, height: number, by: number): Uint8Array {
  const spread = (source: Uint8Array, lines: number, length: number, step: number, stride: number) => {
    const target = new Uint8Array(source.length);
    for (let line = 0; line < lines; line++) {
      let last = Number.NEGATIVE_INFINITY;
      const start = line * stride;
      for (let i = 0; i < length; i++) {
        if (source[start + i * step]) last = i;
        if (i - last <= by) target[start + i * step] = 1;
      }
      last = Number.POSITIVE_INFINITY;
      for (let i = length - 1; i >= 0; i--) {
        if (source[start + i * step]) last = i;
        if (last - i <= by) target[start + i * step] = 1;
      }
    }
    return target;
  };
  return spread(spread(mask, height, width, 1, width), width, height, width, 1);
}

/** Boxes of connected pixels of `grown`; they and the counts are of those that are set in `mask`. */
function label(grown: Uint8Array, mask: Uint8Array, width: number, height: number): Piece[] {
  const seen = new Uint8Array(grown.length);
  const stack = new Int32Array(grown.length);
  const pieces: Piece[] = [];
  for (let start = 0; start < grown.length; start++) {
    if (!grown[start] || seen[start]) continue;
    let depth = 0;
    stack[depth++] = start;
    seen[start] = 1;
    let [left, right, top, bottom, pixels] = [width, -1, height, -1, 0];
    while (depth > 0) {
      const at = stack[--depth]!;
      const x = at % width;
      const y = (at - x) / width;
      if (mask[at]) {
        pixels++;
        if (x < left) left = x;
        if (x > right) right = x;
        if (y < top) top = y;
        if (y > bottom) bottom = y;
      }
      const visit = (next: number) => {
        if (grown[next] && !seen[next]) {
          seen[next] = 1;
          stack[depth++] = next;
        }
      };
      if (x > 0) visit(at - 1);
      if (x < width - 1) visit(at + 1);
      if (y > 0) visit(at - width);
      if (y < height - 1) visit(at + width);
    }
    if (pixels > 0)
      pieces.push({ x: left, y: top, width: right - left + 1, height: bottom - top + 1, pixels });
  }
  return pieces;
}

/** Joins pieces whose boxes overlap: the star lies within the ring, the parts of a broken ring within one another's. */
function merge(pieces: Piece[], gap: number): Piece[] {
  const open = [...pieces];
  const done: Piece[] = [];
  while (open.length > 0) {
    let one = open.shift() as Piece;
    for (let changed = true; changed; ) {
      changed = false;
      for (let i = open.length - 1; i >= 0; i--) {
        const other = open[i] as Piece;
        if (
          other.x > one.x + one.width + gap ||
          one.x > other.x + other.width + gap ||
          other.y > one.y + one.height + gap ||
          one.y > other.y + other.height + gap
        )
          continue;
        const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
        one = {
          x,
          y,
          width: Math.max(one.x + one.width, other.x + other.width) - x,
          height: Math.max(one.y + one.height, other.y + other.height) - y,
          pixels: one.pixels + other.pixels,
        };
        open.splice(i, 1);
        changed = true;
      }
    }
    done.push(one);
  }
  return done;
}
