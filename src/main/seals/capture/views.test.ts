import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { goodImpression } from '../../../../softhsm-fixtures/impressions/index.ts';
import { sealMakingLimits } from '../../../shared/domain/index.ts';
import { captureSeal } from './capture.ts';
import { openPicture } from './read.ts';
import { sheetView, shrunkScan } from './views.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-views-'));
let count = 0;
function file(bytes: Uint8Array): string {
  const name = path.join(dir, String(count++));
  writeFileSync(name, bytes);
  return name;
}
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const raw = (picture: ReturnType<typeof sharp>) =>
  picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });

describe('what is shown of a capture', () => {
  it('is the scan turned upright, so that it and the picture lie over each other', async () => {
    const made = await goodImpression(31, { rotation: 9, quality: 'png' });
    const { result, png, views } = await captureSeal({ input: file(made.bytes), views: true });
    const { scan, smallPng } = views!;
    expect(scan.sideMm).toBeGreaterThan(result.widthMm * 1.8);
    const side = Math.round((await sharp(scan.bytes).metadata()).width);
    const perMm = side / scan.sideMm;
    const [width, height] = [result.picture.widthMm, result.picture.heightMm].map((mm) =>
      Math.round(mm * perMm),
    ) as [number, number];
    const part = await raw(
      sharp(scan.bytes).extract({
        left: Math.round((side - width) / 2),
        top: Math.round((side - height) / 2),
        width,
        height,
      }),
    );
    const drawn = await raw(
      sharp(png).flatten({ background: '#ffffff' }).resize(width, height, { fit: 'fill' }),
    );
    let [both, either] = [0, 0];
    for (let i = 0; i < part.data.length; i += 3) {
      const onScan = part.data[i]! - part.data[i + 1]! > 60;
      const onPicture = drawn.data[i]! - drawn.data[i + 1]! > 75;
      if (onScan && onPicture) both++;
      if (onScan || onPicture) either++;
    }
    expect(both / either).toBeGreaterThan(0.85);
    expect(smallPng.length).toBeLessThanOrEqual(sealMakingLimits.smallPictureBytes);
    const small = await sharp(smallPng).metadata();
    expect((small.width / small.density!) * 25.4).toBeCloseTo(result.picture.widthMm, 0);
  });

  it('tells of drops of ink beside the seal, where they lie on the upright seal', async () => {
    const made = await goodImpression(32, { rotation: 0, gaps: 0, quality: 'png' });
    const { x, y } = made.centrePx;
    const far = ((made.widthMm / 2 + 1.6) / 25.4) * 300;
    const drop = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="12" height="12"><circle cx="6" cy="6" r="6" fill="#c3272b"/></svg>',
    );
    const spotted = await sharp(made.bytes)
      .composite([{ input: drop, left: Math.round(x - far - 6), top: Math.round(y - 6) }])
      .withMetadata({ density: 300 })
      .png()
      .toBuffer();
    const plain = await captureSeal({ input: file(made.bytes), views: true });
    expect(plain.views!.specks).toEqual([]);
    const { views } = await captureSeal({ input: file(spotted), views: true });
    expect(views!.specks).toHaveLength(1);
    const [speck] = views!.specks;
    expect(speck!.x).toBeCloseTo(-(made.widthMm / 2 + 1.6), 0);
    expect(Math.abs(speck!.y)).toBeLessThan(0.6);
    expect(speck!.size).toBeCloseTo(1, 0);
  });

  it('is the whole sheet made small', async () => {
    const made = await goodImpression(33);
    const source = await openPicture(file(made.bytes));
    const sheet = await sheetView(source, 300);
    expect(Math.max(sheet.widthPx, sheet.heightPx)).toBe(300);
    expect(sheet.source).toEqual({ widthPx: source.width, heightPx: source.height });
    expect(await sharp(sheet.bytes).metadata()).toMatchObject({ format: 'jpeg', width: sheet.widthPx });
  });
});

describe('a scan that the authority would not take', () => {
  it('is made smaller, and where the seal is nearly every pixel stays as it was', async () => {
    const made = await goodImpression(34, { quality: 'png', text: 'under', dpi: 300 });
    const input = file(made.bytes);
    const { result } = await captureSeal({ input });
    const box = result.found[0]!.box;
    const source = await openPicture(input);
    const limit = Math.round(made.bytes.length / 5);
    const bytes = await shrunkScan(source, { keep: box, limit });
    expect(bytes.length).toBeLessThanOrEqual(limit);
    const facts = await sharp(bytes).metadata();
    expect(facts).toMatchObject({ format: 'jpeg', width: source.width, height: source.height, density: 300 });
    const part = { left: box.x, top: box.y, width: box.width, height: box.height };
    const [before, after] = await Promise.all([
      raw(sharp(made.bytes).extract(part)),
      raw(sharp(bytes).extract(part)),
    ]);
    let sum = 0;
    for (let i = 0; i < before.data.length; i++) sum += Math.abs(before.data[i]! - after.data[i]!);
    expect(sum / before.data.length).toBeLessThan(4);
    const again = await captureSeal({ input: file(bytes) });
    expect(again.result.verdict).toBe(result.verdict);
    expect(again.result.widthMm).toBeCloseTo(result.widthMm, 1);
  });

  it('is refused where nothing makes it small enough', async () => {
    const made = await goodImpression(35);
    const source = await openPicture(file(made.bytes));
    const keep = { x: 0, y: 0, width: source.width, height: source.height };
    await expect(shrunkScan(source, { keep, limit: 5000 })).rejects.toMatchObject({
      code: 'seal.file-too-large',
    });
  });
});
