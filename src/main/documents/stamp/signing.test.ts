import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureAuthority } from '../../../../softhsm-fixtures/authority/root.ts';
import { buildPdf, documentNumbers, pagesDocument } from '../../../../softhsm-fixtures/documents/build.ts';
import {
  cutOut,
  findRed,
  mupdfVerify,
  opensslVerify,
  pdfbox,
  pdfsig,
  qpdfCheck,
} from '../../../../softhsm-fixtures/peers/index.ts';
import { memorySigner } from '../../../../softhsm-fixtures/signers.ts';
import { beginsWith, ringPicture, stampFile, usualPlace } from '../../../../softhsm-fixtures/stamping.ts';
import { parseCertificate } from '../../certificates/index.ts';
import { MemorySource, PdfFile, PdfRef, PdfStream, signatureFields } from '../pdf/index.ts';
import { verifyDocument } from '../verify/index.ts';

const dir = mkdtempSync(join(tmpdir(), 'yinkey-signing-'));
const authority = await ensureAuthority(dir);
const rsa = await memorySigner(authority, 'RSA-2048');
const picture = await ringPicture(120);
const at = (name: string) => join(dir, name);

const attributes = ['', '/Rotate 90', '/Rotate 180', '/CropBox[50 50 500 700]', '/Rotate 90'];
const input = at('five.pdf');
writeFileSync(
  input,
  buildPdf(
    pagesDocument(attributes.map((more) => ({ attributes: `/MediaBox[0 0 595 842]${more}` }))),
    documentNumbers.catalog,
  ),
);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function byteRangeOf(path: string, field: string): number[] {
  const file = PdfFile.open(new MemorySource(readFileSync(path)));
  const value = signatureFields(file).find(({ name }) => name === field)?.value;
  return value?.getArray('ByteRange') as number[];
}

describe('every kind of key', () => {
  it.each([
    ['RSA-2048', undefined, 'sha256'],
    ['RSA-2048', 'rsa-pss', 'sha256'],
    ['RSA-3072', undefined, 'sha256'],
    ['RSA-4096', undefined, 'sha512'],
    ['EC-P256', undefined, 'sha256'],
    ['EC-P384', undefined, 'sha384'],
  ] as const)('%s %s signs what OpenSSL and pdfsig accept', async (keyType, scheme, hash) => {
    const signer = await memorySigner(authority, keyType);
    const target = at(`${keyType}-${scheme}.pdf`);
    const wish = { input, target, signer, picture, ...(scheme ? { scheme } : {}) };
    const { prepared, finished } = await stampFile(wish);
    expect(prepared.hash).toBe(hash);
    expect(finished.sha256).toBe(createHash('sha256').update(readFileSync(target)).digest('hex'));
    expect(finished.size).toBe(readFileSync(target).length);
    const byteRange = byteRangeOf(target, 'Picture1');
    const { cms, content } = cutOut(target, byteRange);
    expect(await opensslVerify(cms, content, authority.rootPath)).toMatch(/successful$/);
    // One byte of the document, and OpenSSL says no: the peer does look at the content.
    content[100] = (content[100] as number) ^ 1;
    expect(await opensslVerify(cms, content, authority.rootPath)).not.toMatch(/successful/);
    expect(await pdfsig(target)).toMatchObject([{ valid: true, total: true }]);
  });
});

it('keeps every earlier signature valid, signed three times', async () => {
  const places = [30, 80, 130].map((x) => ({ ...usualPlace, x }));
  let from = input;
  for (const [index, placement] of places.entries()) {
    const target = at(`thrice-${index}.pdf`);
    const { prepared } = await stampFile({ input: from, target, signer: rsa, picture, placement });
    expect(prepared.field).toBe(`Picture${index + 1}`);
    expect(beginsWith(target, from)).toBe(true);
    from = target;
  }
  expect(await pdfsig(from)).toMatchObject([
    { field: 'Picture1', valid: true, total: false },
    { field: 'Picture2', valid: true, total: false },
    { field: 'Picture3', valid: true, total: true },
  ]);
  for (const opinion of await mupdfVerify(from))
    expect(opinion).not.toMatch(/Verification error|has changed/);
  expect((await qpdfCheck(from)).code).toBe(0);
  for (const field of ['Picture1', 'Picture2', 'Picture3']) {
    const { cms, content } = cutOut(from, byteRangeOf(from, field));
    expect(await opensslVerify(cms, content, authority.rootPath)).toMatch(/successful$/);
  }
});

it('changes nothing but the form and annotations, to our own verifier as well', async () => {
  // LibreOffice writes page sizes with twelve decimals; page 2 is written anew for its annotation.
  let from = at('libreoffice.pdf');
  copyFileSync(new URL('../../../../softhsm-fixtures/samples/libreoffice.pdf', import.meta.url), from);
  for (const [index, pages] of ['1', '1-2', '2'].entries()) {
    const target = at(`verified-${index}.pdf`);
    const placement = { pages, x: 10 + index * 50, y: 10, width: 42, height: 42 };
    await stampFile({ input: from, target, signer: rsa, picture, placement });
    from = target;
  }
  const roots = [parseCertificate(rsa.certificates.at(-1) as Uint8Array)];
  const { verdict, signatures } = await verifyDocument(new MemorySource(readFileSync(from)), {
    roots,
    now: new Date(),
  });
  expect(signatures.map(({ changesAfter }) => changesAfter)).toEqual([['signature'], ['signature'], []]);
  expect(verdict).toBe('valid');
});

describe('a seal on several pages', () => {
  it('is one field with a widget a page, one signature and one image', async () => {
    const target = at('all.pdf');
    const { prepared } = await stampFile({
      input,
      target,
      signer: rsa,
      picture,
      placement: { ...usualPlace, pages: 'all' },
    });
    expect(prepared.pages).toEqual([1, 2, 3, 4, 5]);
    // Both list the one signature once for each widget.
    const opinions = await pdfsig(target);
    expect(opinions).toHaveLength(5);
    for (const each of opinions) expect(each).toMatchObject({ field: 'Picture1', valid: true, total: true });
    for (const each of await mupdfVerify(target)) expect(each).toContain('unchanged since signing');
    expect((await qpdfCheck(target)).code).toBe(0);
    const [opinion] = await pdfbox([{ path: target }]);
    expect(opinion?.signatures).toMatchObject([{ field: 'Picture1', widgets: 5 }]);
    const file = PdfFile.open(new MemorySource(readFileSync(target)));
    const images = [...file.entries()].flatMap(([num, entry]) => {
      const object = entry.kind === 'offset' ? file.get(new PdfRef(num, entry.gen)) : null;
      return object instanceof PdfStream && object.dict.getName('Subtype') === 'Image' ? [object.dict] : [];
    });
    // The colours and their mask.
    expect(images.map((image) => image.getName('ColorSpace')).sort()).toEqual(['DeviceGray', 'DeviceRGB']);
  });

  it('stands upright at the same place of each', async () => {
    const target = at('places.pdf');
    await stampFile({ input, target, signer: rsa, picture, placement: { ...usualPlace, pages: '2-5' } });
    expect(await findRed('poppler', target, 1, { dpi: 100 })).toBeNull();
    for (const page of [2, 3, 4, 5]) {
      const box = await findRed('poppler', target, page, { dpi: 100 });
      const mm = 25.4 / 100;
      expect(Math.abs((box?.left ?? 0) * mm - 30), `page ${page}`).toBeLessThan(0.3);
      expect(Math.abs((box?.top ?? 0) * mm - 40), `page ${page}`).toBeLessThan(0.3);
      expect((box?.blue?.x ?? 0) * mm < 51 && (box?.blue?.y ?? 0) * mm < 61, `page ${page}`).toBe(true);
    }
  });
});

it('leaves text under the seal legible', async () => {
  const black = at('black.pdf');
  const content = '<</Length 26>>\nstream\n0 g 0 0 300 842 re f      \nendstream';
  const objects = pagesDocument([{ attributes: '/MediaBox[0 0 595 842]/Contents 99 0 R' }]);
  writeFileSync(black, buildPdf(new Map([...objects, [99, content]]), documentNumbers.catalog));
  const target = at('on-black.pdf');
  // Half on black, half on white: red ink shows on paper only.
  await stampFile({ input: black, target, signer: rsa, picture, placement: { ...usualPlace, x: 84.83 } });
  for (const renderer of ['poppler', 'mupdf'] as const) {
    const box = await findRed(renderer, target, 1, { dpi: 100 });
    expect(((box?.left ?? 0) / 100) * 25.4).toBeGreaterThan(105);
    expect(((box?.right ?? 0) / 100) * 25.4).toBeGreaterThan(126);
  }
});

it('writes the dictionary of a PAdES baseline signature', async () => {
  const target = at('dictionary.pdf');
  await stampFile({ input, target, signer: rsa, picture });
  const file = PdfFile.open(new MemorySource(readFileSync(target)));
  const [field] = signatureFields(file);
  const value = field?.value;
  expect(value?.getName('Filter')).toBe('Adobe.PPKLite');
  expect(value?.getName('SubFilter')).toBe('ETSI.CAdES.detached');
  expect(value?.getString('M')?.toText()).toMatch(/^D:\d{14}\+08'00'$/);
  expect(value?.getString('Name')?.toText()).toBe('合同专用章 RSA-2048');
  expect(value?.getDict('Prop_Build')?.getDict('App')?.getName('Name')).toBe('YinKey');
  expect(field?.dict.getInt('F')).toBe(132);
  expect(file.dict(file.catalog.get('AcroForm'))?.getInt('SigFlags')).toBe(3);
  const { cms } = cutOut(target, byteRangeOf(target, 'Picture1'));
  // No signing-time attribute (1.2.840.113549.1.9.5): PAdES keeps the claimed time in /M.
  expect(cms.includes(Buffer.from('06092a864886f70d010905', 'hex'))).toBe(false);
});
