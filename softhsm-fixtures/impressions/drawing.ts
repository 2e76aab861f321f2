import { readFileSync } from 'node:fs';
import { Random } from './random.ts';

/** Which seal lies behind an impression. */
export interface SealDrawing {
  shape: 'circle' | 'ellipse' | 'square' | 'rectangle';
  widthMm: number;
  heightMm: number;
  /** Whether something on it says which way is up: a star, or the gap of the ring text. */
  upright: boolean;
  /** Black on white, centred, as wide and high as the seal and `marginMm` more on each side. */
  svg: string;
}

export const marginMm = 3;

/** Strokes that are as dense as those of a character; no font is needed, so every machine draws the same. */
function glyph(random: Random, width: number, height: number): string {
  const [w, h] = [width / 2, height / 2];
  const stroke = height * 0.1;
  const lines: string[] = [];
  const across = 2 + Math.floor(random.next() * 2);
  for (let i = 0; i < across; i++) {
    const y = -h * 0.85 + (i * 1.7 * h) / (across - 1 || 1);
    lines.push(`M${-w * random.between(0.6, 0.95)} ${y}H${w * random.between(0.6, 0.95)}`);
  }
  for (let i = 0; i < 2; i++) {
    const x = w * random.between(-0.7, 0.7);
    lines.push(`M${x} ${-h * 0.9}V${h * random.between(0.3, 0.95)}`);
  }
  lines.push(`M0 ${-h * 0.2}L${-w * 0.85} ${h * 0.9}M0 ${-h * 0.2}L${w * 0.85} ${h * 0.9}`);
  return `<path d="${lines.join('')}" fill="none" stroke="#000" stroke-width="${stroke}"/>`;
}

const digits: Record<string, string> = {
  0: 'M-.4-.8H.4V.8H-.4Z',
  1: 'M0-.9V.9',
  2: 'M-.4-.8H.4V0H-.4V.8H.4',
  3: 'M-.4-.8H.4V.8H-.4M-.3 0H.4',
  4: 'M-.4-.9V0H.4M.4-.9V.9',
  5: 'M.4-.8H-.4V0H.4V.8H-.4',
  6: 'M.4-.8H-.4V.8H.4V0H-.4',
  7: 'M-.4-.8H.4L0 .9',
  8: 'M-.4-.8H.4V.8H-.4ZM-.4 0H.4',
  9: 'M.4 0H-.4V-.8H.4V.8H-.4',
};

function digit(which: string, height: number): string {
  const half = height / 2;
  return `<g transform="scale(${half * 0.8} ${half})"><path d="${digits[which]}" fill="none" stroke="#000" stroke-width=".22"/></g>`;
}

/** Characters along an ellipse, the first and the last as far from the top as each other. */
function ringText(
  random: Random,
  [rx, ry]: [number, number],
  { count, arc, size }: { count: number; arc: number; size: [number, number] },
): string {
  return Array.from({ length: count }, (_, i) => {
    const angle = ((-arc / 2 + (arc * i) / (count - 1)) * Math.PI) / 180;
    const [x, y] = [rx * Math.sin(angle), -ry * Math.cos(angle)];
    const lean = (Math.atan2(Math.sin(angle) / rx, Math.cos(angle) / ry) * 180) / Math.PI;
    return `<g transform="translate(${x} ${y}) rotate(${lean})">${glyph(random, ...size)}</g>`;
  }).join('');
}

function starPath(radius: number): string {
  const points = Array.from({ length: 10 }, (_, i) => {
    const reach = i % 2 === 0 ? radius : radius * 0.382;
    const angle = (i * Math.PI) / 5;
    return `${reach * Math.sin(angle)} ${-reach * Math.cos(angle)}`;
  });
  return `<path d="M${points.join('L')}Z"/>`;
}

function row(
  random: Random,
  { count, step, size, y }: { count: number; step: number; size: [number, number]; y: number },
) {
  return Array.from(
    { length: count },
    (_, i) => `<g transform="translate(${(i - (count - 1) / 2) * step} ${y})">${glyph(random, ...size)}</g>`,
  ).join('');
}

function sheet(width: number, height: number, content: string): string {
  const [w, h] = [width + 2 * marginMm, height + 2 * marginMm];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}mm" height="${h}mm" viewBox="${-w / 2} ${-h / 2} ${w} ${h}"><rect x="${-w / 2}" y="${-h / 2}" width="${w}" height="${h}" fill="#fff"/>${content}</svg>`;
}

/** A round seal: ring text, star, a code of 13 digits at the bottom or a line of text under the star. */
function roundSeal(random: Random, diameter: number): SealDrawing {
  const border = diameter >= 45 ? 1.5 : diameter >= 40 ? 1.2 : 1;
  const radius = diameter / 2;
  const count = 8 + Math.floor(random.next() * 7);
  const high = random.between(6, 6.8) * (diameter / 42);
  const textRadius = radius - border - 0.9 - high / 2;
  const arc = random.between(245, 270);
  const width = Math.min(high * 0.85, (((textRadius * arc * Math.PI) / 180 / count) * 0.8) as number);
  const parts = [
    `<circle r="${radius - border / 2}" fill="none" stroke="#000" stroke-width="${border}"/>`,
    ringText(random, [textRadius, textRadius], { count, arc, size: [width, high] }),
    starPath(diameter / 6),
  ];
  if (random.chance(0.5)) parts.push(row(random, { count: 5, step: 4, size: [3.4, 4], y: radius * 0.52 }));
  const codeRadius = radius - border - 1.6;
  for (let i = 0; i < 13; i++) {
    const turn = 30 - i * 5;
    const number = String(Math.floor(random.next() * 10));
    parts.push(`<g transform="rotate(${turn}) translate(0 ${codeRadius})">${digit(number, 1.7)}</g>`);
  }
  return {
    shape: 'circle',
    widthMm: diameter,
    heightMm: diameter,
    upright: true,
    svg: sheet(diameter, diameter, parts.join('')),
  };
}

/** One of the practice seals with real characters. */
function practiceSeal(random: Random): SealDrawing {
  const [file, diameter] = random.pick([
    ['seal-gongzhang.svg', 42],
    ['seal-caiwu.svg', 38],
    ['seal-hetong.svg', 38],
    ['seal-wuye-hetong.svg', 40],
  ] as const);
  const source = readFileSync(new URL(`../seals/${file}`, import.meta.url), 'utf8');
  const inner = source
    .replace(/^[\s\S]*?<\/title>/, '')
    .replace('</svg>', '')
    .replaceAll('#C3272B', '#000');
  return {
    shape: 'circle',
    widthMm: diameter,
    heightMm: diameter,
    upright: true,
    svg: sheet(diameter, diameter, inner),
  };
}

/** An invoice seal (40 x 30 mm, border 1 mm) or a bilingual one of 45 x 30 mm. */
function ovalSeal(random: Random): SealDrawing {
  const width = random.pick([40, 40, 45]);
  const [rx, ry] = [width / 2, 15];
  const parts = [
    `<ellipse rx="${rx - 0.5}" ry="${ry - 0.5}" fill="none" stroke="#000" stroke-width="1"/>`,
    ringText(random, [rx - 3.9, ry - 3.9], { count: 11, arc: 230, size: [3, 4.2] }),
    row(random, { count: 6, step: 3.4, size: [3, 4.6], y: 6.5 }),
  ];
  for (let i = 0; i < 18; i++) {
    const number = String(Math.floor(random.next() * 10));
    parts.push(`<g transform="translate(${-12.3 + i * 1.45} 0)">${digit(number, 3.2)}</g>`);
  }
  return {
    shape: 'ellipse',
    widthMm: width,
    heightMm: 30,
    upright: false,
    svg: sheet(width, 30, parts.join('')),
  };
}

function squareSeal(random: Random): SealDrawing {
  const side = random.pick([18, 20, 22, 25]);
  const cell = (side - 3) / 2;
  const parts = [
    `<rect x="${-side / 2 + 0.6}" y="${-side / 2 + 0.6}" width="${side - 1.2}" height="${side - 1.2}" fill="none" stroke="#000" stroke-width="1.2"/>`,
  ];
  for (const x of [-cell / 2, cell / 2])
    for (const y of [-cell / 2, cell / 2])
      parts.push(`<g transform="translate(${x} ${y})">${glyph(random, cell * 0.85, cell * 0.85)}</g>`);
  return {
    shape: 'square',
    widthMm: side,
    heightMm: side,
    upright: false,
    svg: sheet(side, side, parts.join('')),
  };
}

function longSeal(random: Random): SealDrawing {
  const [width, height] = random.pick([
    [50, 20],
    [45, 15],
    [40, 18],
  ] as const);
  const parts = [
    `<rect x="${-width / 2 + 0.5}" y="${-height / 2 + 0.5}" width="${width - 1}" height="${height - 1}" fill="none" stroke="#000" stroke-width="1"/>`,
    row(random, { count: 6, step: (width - 4) / 6, size: [(width - 4) / 7.5, height * 0.55], y: 0 }),
  ];
  return {
    shape: 'rectangle',
    widthMm: width,
    heightMm: height,
    upright: false,
    svg: sheet(width, height, parts.join('')),
  };
}

/** Draws a seal of the shape; the same seed draws the same one. */
export function drawSeal(shape: SealDrawing['shape'], seed: number): SealDrawing {
  const random = new Random(seed);
  if (shape === 'ellipse') return ovalSeal(random);
  if (shape === 'square') return squareSeal(random);
  if (shape === 'rectangle') return longSeal(random);
  return random.chance(0.4) ? practiceSeal(random) : roundSeal(random, random.pick([38, 40, 42, 42, 45]));
}

/** Lines of black print over a sheet of paper. */
export function printedText(seed: number, width: number, height: number): string {
  const random = new Random(seed);
  const lines: string[] = [];
  for (let y = 8; y < height - 6; y += 8) {
    for (let x = 8; x < width - 8; x += 4.6)
      if (random.chance(0.85))
        lines.push(`<g transform="translate(${x} ${y})">${glyph(random, 3.4, 3.6)}</g>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}mm" height="${height}mm" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="#fff"/>${lines.join('')}</svg>`;
}
