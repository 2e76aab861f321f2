import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { goodImpression } from '../../../softhsm-fixtures/impressions/index.ts';
import { captureSeal } from '../seals/index.ts';
import { scanInPdf } from './scan-page.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-scan-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Picture {
  width: number;
  height: number;
  filter: string;
  space: string;
  bytes: Uint8Array;
}

let files = 0;
/** A page as scanners write it: so many pictures, the first of them the size of the page. */
function pdf(pictures: Picture[], { dpi = 300, rotate = 0 } = {}): string {
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n')];
  const offsets: number[] = [];
  const size = () => parts.reduce((sum, { length }) => sum + length, 0);
  const add = (dict: string, stream?: Uint8Array) => {
    offsets.push(size());
    parts.push(Buffer.from(`${offsets.length} 0 obj\n${dict}\n`));
    if (stream) parts.push(Buffer.from('stream\n'), Buffer.from(stream), Buffer.from('\nendstream\n'));
    parts.push(Buffer.from('endobj\n'));
  };
  const points = (pixels: number) => (pixels / dpi) * 72;
  const [first] = pictures;
  const box = first ? `0 0 ${points(first.width)} ${points(first.height)}` : '0 0 595 842';
  const names = pictures.map((_, index) => `/Im${index} ${index + 5} 0 R`).join(' ');
  const content = Buffer.from('q 1 0 0 1 0 0 cm /Im0 Do Q');
  add('<</Type/Catalog/Pages 2 0 R>>');
  add('<</Type/Pages/Kids[3 0 R]/Count 1>>');
  add(
    `<</Type/Page/Parent 2 0 R/MediaBox[${box}]/Rotate ${rotate}/Contents 4 0 R/Resources<</XObject<<${names}>>>>>>`,
  );
  add(`<</Length ${content.length}>>`, content);
  for (const { width, height, filter, space, bytes } of pictures) {
    add(
      `<</Type/XObject/Subtype/Image/Width ${width}/Height ${height}/ColorSpace/${space}/BitsPerComponent 8/Filter/${filter}/Length ${bytes.length}>>`,
      bytes,
    );
  }
  const start = size();
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const count = offsets.length + 1;
  parts.push(
    Buffer.from(
      `xref\n0 ${count}\n0000000000 65535 f \n${rows}trailer\n<</Size ${count}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  const file = path.join(dir, `${++files}.pdf`);
  writeFileSync(file, Buffer.concat(parts));
  return file;
}

const made = await goodImpression(31, { quality: 'png' });
const { width = 0, height = 0 } = await sharp(made.bytes).metadata();
const jpeg: Picture = {
  width,
  height,
  filter: 'DCTDecode',
  space: 'DeviceRGB',
  bytes: await sharp(made.bytes).jpeg({ quality: 90 }).toBuffer(),
};
const flate: Picture = {
  ...jpeg,
  filter: 'FlateDecode',
  bytes: deflateSync(await sharp(made.bytes).removeAlpha().raw().toBuffer()),
};

describe('a scan in a PDF', () => {
  it.each([
    ['as a JPEG', jpeg],
    ['as plain samples', flate],
  ])('%s gives the seal at the size that the page tells', async (_, picture) => {
    const input = pdf([picture]);
    const scan = await scanInPdf(input);
    expect(scan?.dpi).toBeCloseTo(300, 0);
    const { result } = await captureSeal({ input }, scan);
    expect(result.widthMm).toBeCloseTo(made.widthMm, 0);
    expect(result).toMatchObject({ shape: 'circle', notes: ['notJpeg'], source: { format: 'pdf' } });
  });

  it('is turned as the page is', async () => {
    const rotation = made.spec.rotation;
    const input = pdf([jpeg], { rotate: 90 });
    const { result } = await captureSeal({ input }, await scanInPdf(input));
    expect(result.rotation).toBeCloseTo(rotation + 90, -1);
  });

  it('is refused where the page is no scan', async () => {
    const odd = { ...jpeg, filter: 'JBIG2Decode' };
    const short = { ...flate, bytes: deflateSync(Buffer.alloc(10)) };
    for (const pictures of [[], [jpeg, jpeg], [odd], [short]])
      await expect(scanInPdf(pdf(pictures))).rejects.toMatchObject({ code: 'seal.pdf-not-a-scan' });
  });

  it('is not looked for in other files', async () => {
    const other = path.join(dir, 'other.png');
    writeFileSync(other, made.bytes);
    expect(await scanInPdf(other)).toBeUndefined();
    expect(await scanInPdf(path.join(dir, 'none'))).toBeUndefined();
    expect(await scanInPdf(dir)).toBeUndefined();
  });
});
