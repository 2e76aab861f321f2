import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureAuthority } from '../../../../softhsm-fixtures/authority/root.ts';
import { makeShapes, type Shape } from '../../../../softhsm-fixtures/documents/shapes.ts';
import { findRed, mupdfVerify, pdfbox, pdfsig, qpdfCheck } from '../../../../softhsm-fixtures/peers/index.ts';
import { memorySigner } from '../../../../softhsm-fixtures/signers.ts';
import { beginsWith, ringPicture, stampFile, usualPlace } from '../../../../softhsm-fixtures/stamping.ts';

const dir = mkdtempSync(join(tmpdir(), 'yinkey-shapes-'));
const authority = await ensureAuthority(dir);
const signers = {
  rsa: await memorySigner(authority, 'RSA-2048'),
  ec: await memorySigner(authority, 'EC-P256'),
};
const picture = await ringPicture();
const shapes = await makeShapes(join(dir, 'shapes'));
const dpi = 120;

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Shapes whose pages are turned, cut or scaled: a second renderer has its say on them. */
const turned = /rotate|crop|unit|media|inherited/;
const outputOf = (shape: Shape, key: string) => join(dir, `${shape.name}.${key}.pdf`);

describe.each(shapes)('a stamped $name', (shape) => {
  const { path, password } = shape;

  it.each(['rsa', 'ec'] as const)('with an %s key is valid to poppler, MuPDF and qpdf', async (key) => {
    const target = outputOf(shape, key);
    const { prepared, finished } = await stampFile({
      input: path,
      target,
      signer: signers[key],
      picture,
      password,
    });
    expect(prepared).toMatchObject({ field: 'Picture1', pages: [1] });
    expect(beginsWith(target, path)).toBe(true);
    const [signatures, before, after, mupdf] = await Promise.all([
      pdfsig(target, password),
      shape.flawed ? qpdfCheck(path, password) : { code: 0 },
      qpdfCheck(target, password),
      key === 'ec' ? mupdfVerify(target, password) : null,
    ]);
    expect(signatures).toEqual([
      { field: 'Picture1', valid: true, total: true, type: 'ETSI.CAdES.detached' },
    ]);
    // A broken table is made whole by the update; other flaws of the file are not ours to mend, nor to add to.
    if (shape.broken) expect(after.code, after.output).toBe(0);
    else expect(after.code, after.output).toBeLessThanOrEqual(before.code);
    // MuPDF counts byte ranges from the header: with junk before it, it looks beyond the end of any such file.
    if (mupdf && !shape.name.startsWith('header-junk')) expect(mupdf[0]).toContain('unchanged since signing');
    expect(finished.size).toBeGreaterThan(0);
  });

  const renderers =
    shape.firstPage && turned.test(shape.name) ? (['poppler', 'mupdf'] as const) : (['poppler'] as const);
  it.each(renderers)('shows its seal in %s where it was asked for', async (renderer) => {
    const box = await findRed(renderer, outputOf(shape, 'ec'), 1, { dpi, password });
    if (!box) throw new Error('nothing red on the page');
    // Renderers that ignore /UserUnit draw a smaller page: the page's width tells the scale.
    const mm = shape.firstPage ? shape.firstPage.widthMm / box.width : 25.4 / dpi;
    const { x, y, width, height } = usualPlace;
    expect(Math.abs(box.left * mm - x)).toBeLessThan(0.3);
    expect(Math.abs(box.top * mm - y)).toBeLessThan(0.3);
    expect(Math.abs(box.right * mm - (x + width))).toBeLessThan(0.3);
    expect(Math.abs(box.bottom * mm - (y + height))).toBeLessThan(0.3);
    // Upright: the blue mark is in the upper left quarter.
    expect(
      box.blue && { left: box.blue.x * mm < x + width / 2, up: box.blue.y * mm < y + height / 2 },
    ).toEqual({
      left: true,
      up: true,
    });
  });
});

it('PDFBox reads every one of them, one field with one widget each', async () => {
  const files = shapes.map((shape) => ({ path: outputOf(shape, 'rsa'), password: shape.password }));
  const opinions = await pdfbox(files);
  expect(opinions).toHaveLength(shapes.length);
  opinions.forEach((opinion, index) => {
    expect(opinion.pages, files[index]?.path).toBe(shapes[index]?.pages);
    expect(opinion.signatures).toMatchObject([
      { field: 'Picture1', widgets: 1, subFilter: 'ETSI.CAdES.detached' },
    ]);
  });
});

it('leaves nothing but the outputs', () => {
  expect(readdirSync(dir).filter((name) => name.includes('yinkey-part'))).toEqual([]);
});
