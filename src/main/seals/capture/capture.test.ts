import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { goodImpression } from '../../../../softhsm-fixtures/impressions/index.ts';
import { captureSeal } from './capture.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-capture-'));
let count = 0;
function file(bytes: Uint8Array): string {
  const name = path.join(dir, String(count++));
  writeFileSync(name, bytes);
  return name;
}
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const blank = (width: number, height: number, background = '#ffffff') =>
  sharp({ create: { width, height, channels: 3, background } });

async function sheetOf(impressions: Buffer[]): Promise<Buffer> {
  return blank(2000, 1100)
    .composite(impressions.map((input, i) => ({ input, left: i * 1000, top: 20 })))
    .withMetadata({ density: 300 })
    .png()
    .toBuffer();
}
const onPaper = { paper: { width: 70, height: 70 }, at: { x: 35, y: 35 }, quality: 92 } as const;

describe('captureSeal', () => {
  it('gives the picture of a seal at its true size, upright, in one colour, small enough for a key', async () => {
    const made = await goodImpression(7);
    const { result, png } = await captureSeal({ input: file(made.bytes) });
    expect(result).toMatchObject({ shape: 'circle', rotationBy: 'star', pick: 1, colour: 'red' });
    expect(result.verdict).not.toBe('refuse');
    expect(Math.abs(result.widthMm - made.widthMm)).toBeLessThan(0.15);
    expect(Math.abs(result.rotation - made.spec.rotation)).toBeLessThan(1);
    expect(
      Math.hypot(result.source.centre.x - made.centrePx.x, result.source.centre.y - made.centrePx.y),
    ).toBeLessThan(1.5);
    expect(png.length).toBeLessThanOrEqual(24 * 1024);
    const facts = await sharp(png).metadata();
    expect(facts.density).toBeGreaterThanOrEqual(300);
    expect((facts.width / facts.density!) * 25.4).toBeCloseTo(made.widthMm, 0);
    const { data } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    const colours = new Set<string>();
    for (let i = 0; i < data.length; i += 4) colours.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    expect([...colours]).toEqual(['195,39,43']);
  });

  it('asks which of several impressions, and takes the one that is picked', async () => {
    const small = await goodImpression(8, onPaper);
    const large = await goodImpression(9, onPaper);
    const input = file(await sheetOf([small.bytes, large.bytes]));
    await expect(captureSeal({ input })).rejects.toMatchObject({
      code: 'seal.several-found',
      details: { count: 2 },
    });
    const widths = [];
    for (const pick of [1, 2]) {
      const { result } = await captureSeal({ input, pick });
      expect(result.found).toHaveLength(2);
      widths.push(result.widthMm);
    }
    const truth = [small.widthMm, large.widthMm].sort((a, b) => b - a);
    widths.forEach((width, i) => {
      expect(Math.abs(width - truth[i]!)).toBeLessThan(0.2);
    });
    await expect(captureSeal({ input, pick: 3 })).rejects.toMatchObject({ code: 'seal.pick-missing' });
  });

  it('takes a typed diameter where the file names no resolution, and asks for it otherwise', async () => {
    const made = await goodImpression(10, { photo: { tilt: 0, towards: 0 } });
    const input = file(made.bytes);
    await expect(captureSeal({ input })).rejects.toMatchObject({ code: 'seal.size-unknown' });
    const { result } = await captureSeal({ input, diameterMm: made.widthMm });
    expect(result.widthMm).toBeCloseTo(made.widthMm, 1);
    expect(Math.abs(result.source.dpi - 300)).toBeLessThan(4);
  });

  it('turns and moves the picture as it is told to', async () => {
    const made = await goodImpression(11, { rotation: 0 });
    const input = file(made.bytes);
    const plain = await captureSeal({ input });
    const turned = await captureSeal({ input, adjust: { rotate: 5 } });
    expect(turned.result.rotation - plain.result.rotation).toBeCloseTo(5, 1);
    const moved = await captureSeal({ input, adjust: { dx: 1, dy: 0.5, threshold: -0.3 } });
    expect(Buffer.compare(Buffer.from(moved.png), Buffer.from(plain.png))).not.toBe(0);
  });
});

describe('captureSeal, where it is asked to', () => {
  it('finds blue and black seals, and gives them in their own colour', async () => {
    const blue = await goodImpression(21, { ink: [38, 66, 160] });
    await expect(captureSeal({ input: file(blue.bytes) })).rejects.toMatchObject({
      code: 'seal.no-seal-found',
    });
    for (const [made, colour] of [
      [blue, 'blue'],
      [await goodImpression(22, { grey: true }), 'black'],
    ] as const) {
      const { result, png } = await captureSeal({ input: file(made.bytes), colour });
      expect(result).toMatchObject({ colour, shape: 'circle' });
      expect(result.widthMm).toBeCloseTo(made.widthMm, 0);
      const { data } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      const inked = data.findIndex((value, index) => index % 4 === 3 && value === 255) - 3;
      const [red, , ink] = data.subarray(inked, inked + 3);
      if (colour === 'blue') expect(ink! - red!).toBeGreaterThan(60);
      else expect(Math.abs(ink! - red!)).toBeLessThan(30);
    }
  });

  it('takes the first page of a scanned TIFF', async () => {
    const made = await goodImpression(23, { quality: 'png' });
    const tiff = await sharp(made.bytes).withMetadata({ density: 300 }).tiff().toBuffer();
    const { result } = await captureSeal({ input: file(tiff) });
    expect(result).toMatchObject({ shape: 'circle', notes: ['notJpeg'], source: { format: 'tiff' } });
  });
});

describe('captureSeal refuses', () => {
  const frames = (loop: Buffer[]) => sharp(loop, { join: { animated: true } });
  const cases: [string, string, () => Promise<Uint8Array>][] = [
    ['an empty sheet', 'seal.no-seal-found', () => blank(900, 900).png().toBuffer()],
    [
      'a sheet with nothing but black print',
      'seal.grey-scan',
      async () => (await goodImpression(12, { grey: true })).bytes,
    ],
    [
      'a coloured picture without a seal',
      'seal.no-seal-found',
      () => blank(900, 900, '#d03030').jpeg().toBuffer(),
    ],
    ['one pixel', 'seal.too-small', () => blank(1, 1).png().toBuffer()],
    ['more than 100 megapixels', 'seal.too-large', () => blank(10_100, 10_000).png().toBuffer()],
    ['no picture', 'seal.not-a-picture', async () => Buffer.from('%PDF-1.7\n')],
    ['a drawing', 'seal.not-a-picture', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    [
      'a JPEG that ends in the middle',
      'seal.not-a-picture',
      async () => (await goodImpression(13, { quality: 85 })).bytes.subarray(0, 20_000),
    ],
    [
      'an animated GIF',
      'seal.animated',
      async () =>
        frames([await blank(90, 90).png().toBuffer(), await blank(90, 90, '#ff0000').png().toBuffer()])
          .gif()
          .toBuffer(),
    ],
    [
      'an animated WebP',
      'seal.animated',
      async () =>
        frames([await blank(90, 90).png().toBuffer(), await blank(90, 90, '#ff0000').png().toBuffer()])
          .webp()
          .toBuffer(),
    ],
  ];
  it.each(cases)('%s: %s', async (_, code, bytes) => {
    await expect(captureSeal({ input: file(await bytes()) })).rejects.toMatchObject({ code });
  });

  it('a file that is not there, or a folder', async () => {
    await expect(captureSeal({ input: path.join(dir, 'none') })).rejects.toMatchObject({
      code: 'seal.not-found',
    });
    await expect(captureSeal({ input: dir })).rejects.toMatchObject({ code: 'seal.not-a-picture' });
  });
});
