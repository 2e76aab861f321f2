import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureAuthority } from '../../../../softhsm-fixtures/authority/root.ts';
import { makeShapes, type Shape } from '../../../../softhsm-fixtures/documents/shapes.ts';
import { extensionSets, OpenSsl } from '../../../../softhsm-fixtures/openssl.ts';
import { mupdfVerify, pdfbox, pdfsig, qpdfCheck } from '../../../../softhsm-fixtures/peers/index.ts';
import { memorySigner } from '../../../../softhsm-fixtures/signers.ts';
import { type StampWish, stampFile, usualPlace } from '../../../../softhsm-fixtures/stamping.ts';
import {
  MemorySource,
  type PdfDict,
  PdfFile,
  PdfName,
  type PdfStream,
  serialize,
  signatureFields,
} from '../pdf/index.ts';
import { IncrementalUpdate, updateBaseOf } from '../pdf/write/index.ts';
import { roundPicture, TestMaker } from '../test-driver/seals.ts';
import { embeddedSeals, widgetsOf } from './embedded-seal.ts';

const dir = mkdtempSync(join(tmpdir(), 'yinkey-seal-'));
const openssl = new OpenSsl();
const authority = await ensureAuthority(dir);
const signer = await memorySigner(authority, 'EC-P256');
const root = openssl.issue({ subject: '/CN=Root of makers', extensions: extensionSets.root });
const maker = new TestMaker(openssl, root);
const picture = await roundPicture('#c00000');
const seal = maker.seal({ picture, list: [signer.certificates[0]!] });
let shapes: Shape[] = [];
beforeAll(async () => {
  shapes = await makeShapes(join(dir, 'shapes'));
});
afterAll(() => {
  openssl.close();
  rmSync(dir, { recursive: true, force: true });
});

const read = (path: string, password?: string) =>
  PdfFile.open(new MemorySource(readFileSync(path)), { password });

function fieldOf(file: PdfFile, name: string) {
  return signatureFields(file).find((field) => field.name === name)!;
}

let count = 0;
const stamp = async (wish: Partial<StampWish>) => {
  const target = join(dir, `out-${count++}.pdf`);
  const input = shapes.find(({ name }) => name === 'rotations')?.path ?? shapes[0]!.path;
  return {
    target,
    ...(await stampFile({ input, signer, picture, seal, target, ...wish })),
  };
};

describe('a seal travels with its stamp', () => {
  it('as an associated file of the stamp, with a relationship, under a name and a description of its own', async () => {
    const { target, prepared } = await stamp({});
    expect(prepared).toMatchObject({ field: 'Seal1' });
    const file = read(target);
    const field = fieldOf(file, 'Seal1');
    expect(field.dict.getString('TU')?.toText()).toContain('某某公司合同专用章');
    const specification = file.dict(file.array(field.dict.get('AF'))?.[0])!;
    expect(specification.getName('AFRelationship')).toBe('Data');
    expect(specification.getString('UF')?.toText()).toBe('seal.esl');
    // The catalog is that of before: no list of attachments, nothing that a signature before would have to allow.
    expect(file.catalog.has('Names')).toBe(false);
    const range = field.value!.getArray('ByteRange') as [number, number, number, number];
    expect(embeddedSeals(file, field, range)).toEqual([{ bytes: seal }]);
    expect(prepared.embeddedSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('a picture without a seal is called a signature picture', async () => {
    const target = join(dir, 'picture.pdf');
    const { prepared } = await stampFile({ input: shapes[0]!.path, target, signer, picture });
    expect(prepared).toMatchObject({ field: 'Picture1', embeddedSha256: '' });
    const field = fieldOf(read(target), 'Picture1');
    const description = field.dict.getString('TU')!.toText();
    expect(description).toContain('签名图片');
    expect(description).not.toMatch(/印章|seal/i);
    expect(field.dict.has('AF')).toBe(false);
    expect(
      readFileSync(target).subarray(readFileSync(shapes[0]!.path).length).toString('latin1'),
    ).not.toMatch(/seal/i);
  });

  it('on several pages each place leads to it, and it is there once', async () => {
    const many = shapes.find(({ pages, encryption, broken }) => pages > 2 && !encryption && !broken)!;
    const { target } = await stamp({
      input: many.path,
      placement: { ...usualPlace, x: 5, y: 5, pages: 'all' },
    });
    const file = read(target);
    const field = fieldOf(file, 'Seal1');
    const widgets = widgetsOf(file, field);
    expect(widgets).toHaveLength(many.pages);
    const numbers = new Set(widgets.map((widget) => String(file.array(widget.get('AF'))?.[0])));
    expect(numbers.size).toBe(1);
  });

  it.each(['rc4-40', 'rc4-128', 'aes-128', 'aes-256'])(
    'encrypted like the document: %s, read back by qpdf',
    async (encryption) => {
      const shape = shapes.find((one) => one.encryption === encryption && one.password !== undefined)!;
      const { password } = shape;
      const { target } = await stamp({
        input: shape.path,
        password,
        placement: { ...usualPlace, x: 5, y: 5 },
      });
      const file = read(target, password);
      const specification = file.dict(file.array(fieldOf(file, 'Seal1').dict.get('AF'))?.[0])!;
      const ref = file.dict(specification.get('EF'))!.getRef('F')!;
      const raw = file.streamBytes(file.get(ref) as PdfStream, { decode: false });
      expect(raw).toEqual(seal);
      expect(readFileSync(target).includes(seal.subarray(0, 200))).toBe(false);
      const show = [`--password=${password}`, `--show-object=${ref.num}`, '--filtered-stream-data', target];
      // 3: qpdf warns of weak encryption.
      expect(execFileSync('qpdf', show).equals(seal)).toBe(true);
      expect(await pdfsig(target, password)).toMatchObject([{ field: 'Seal1', valid: true, total: true }]);
    },
  );

  it('in the clear where the document leaves its attachments so, whatever its other streams are', async () => {
    const shape = shapes.find(
      ({ encryption, password }) => encryption === 'aes-128' && password !== undefined,
    )!;
    const { password } = shape;
    const original = readFileSync(shape.path);
    const file = read(shape.path, password);
    const ref = file.trailer.getRef('Encrypt')!;
    // Written anew as it is, but for /EFF (7.6.6, table 20). The encryption dictionary itself is never encrypted.
    const dict = (file.get(ref) as PdfDict).clone().set('EFF', PdfName.of('Identity'));
    const update = new IncrementalUpdate(updateBaseOf(file));
    update.putRaw(ref, serialize(dict));
    const input = join(dir, 'attachments-in-clear.pdf');
    writeFileSync(input, Buffer.concat([original, ...update.build().chunks]));
    const { target } = await stamp({ input, password, placement: { ...usualPlace, x: 5, y: 5 } });
    expect(readFileSync(target).includes(seal)).toBe(true);
    const stampedFile = read(target, password);
    const specification = stampedFile.dict(
      stampedFile.array(fieldOf(stampedFile, 'Seal1').dict.get('AF'))?.[0],
    )!;
    const { num } = stampedFile.dict(specification.get('EF'))!.getRef('F')!;
    const show = [`--password=${password}`, `--show-object=${num}`, '--raw-stream-data', target];
    expect(execFileSync('qpdf', show).equals(seal)).toBe(true);
    expect(await pdfsig(target, password)).toMatchObject([{ field: 'Seal1', valid: true, total: true }]);
  });

  it('other readers accept every shape of file, and a second seal leaves the first as it was', async () => {
    const places = { pages: '1', width: 42, height: 42, y: 5 };
    const sound = shapes.filter(
      ({ broken, flawed, firstPage }) =>
        !broken && !flawed && (!firstPage || (firstPage.widthMm > 95 && firstPage.heightMm > 50)),
    );
    const picked = sound.filter(
      ({ name, encryption }) => encryption || /stream|linear|xref|hybrid|update|field|form/i.test(name),
    );
    expect(picked.length).toBeGreaterThan(8);
    const files: { path: string; password?: string | undefined }[] = [];
    for (const { path, password } of picked) {
      const first = await stamp({ input: path, password, placement: { ...places, x: 5 } });
      const second = await stamp({ input: first.target, password, placement: { ...places, x: 50 } });
      expect(second.prepared.field).toBe('Seal2');
      files.push({ path: second.target, password });
    }
    for (const { path, password } of files) {
      const [signatures, check, mupdf] = await Promise.all([
        pdfsig(path, password),
        qpdfCheck(path, password),
        mupdfVerify(path, password),
      ]);
      expect(
        signatures.filter(({ field }) => field.startsWith('Seal')),
        path,
      ).toMatchObject([
        { field: 'Seal1', valid: true },
        { field: 'Seal2', valid: true, total: true },
      ]);
      expect([0, 3]).toContain(check.code);
      expect(mupdf.length).toBeGreaterThanOrEqual(2);
    }
    for (const { signatures } of await pdfbox(files)) {
      expect(signatures.map(({ field }) => field)).toEqual(expect.arrayContaining(['Seal1', 'Seal2']));
    }
  }, 60_000);
});

describe('refused before a byte is written', () => {
  it.each([
    [
      'another picture than the seal’s',
      async () => ({ picture: await roundPicture('#c00001') }),
      'seal.picture-differs',
    ],
    [
      'a larger seal than it is',
      async () => ({ placement: { ...usualPlace, width: 50, height: 50 } }),
      'seal.size',
    ],
    ['a drawn-out seal', async () => ({ placement: { ...usualPlace, height: 30 } }), 'seal.size'],
    ['what is no seal', async () => ({ seal: Buffer.from('no seal') }), 'seal.unreadable'],
    ['a seal that is cut off', async () => ({ seal: seal.subarray(0, -1) }), 'seal.unreadable'],
  ])('%s', async (_, wish, code) => {
    await expect(stamp(await wish())).rejects.toMatchObject({ code });
  });

  it('a seal whose picture is no picture', async () => {
    const words = Buffer.from('not a picture');
    const empty = maker.seal({ picture: words, list: [signer.certificates[0]!] });
    await expect(stamp({ seal: empty, picture: words })).rejects.toMatchObject({
      code: 'seal.not-a-picture',
    });
  });
});
