import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureAuthority } from '../../../../softhsm-fixtures/authority/root.ts';
import { buildPdf, documentNumbers, pagesDocument } from '../../../../softhsm-fixtures/documents/build.ts';
import { pdfsig, qpdfCheck } from '../../../../softhsm-fixtures/peers/index.ts';
import { memorySigner } from '../../../../softhsm-fixtures/signers.ts';
import { ringPicture, stampFile, usualPlace } from '../../../../softhsm-fixtures/stamping.ts';
import { inspectDocument } from './inspect.ts';

const dir = mkdtempSync(join(tmpdir(), 'yinkey-permissions-'));
const authority = await ensureAuthority(dir);
const signer = await memorySigner(authority, 'EC-P256');
const picture = await ringPicture(60);
let count = 0;

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const { firstPage } = documentNumbers;
const field = firstPage + 2;

/** A one-page file whose only field, called Other, is signed; `reference` and `lock` say what that allows. */
function signedFile(options: { reference?: string; lock?: string; perms?: boolean; form?: string }): string {
  const { reference = '', lock = '', perms = false, form = '' } = options;
  const path = join(dir, `in-${count++}.pdf`);
  const objects = pagesDocument([{ attributes: `/MediaBox[0 0 595 842]/Annots[${field} 0 R]` }], {
    catalog: `/AcroForm<</Fields[${field} 0 R]/SigFlags 3${form}>>${perms ? `/Perms<</DocMDP ${field + 1} 0 R>>` : ''}`,
    extra: [
      `<</Type/Annot/Subtype/Widget/FT/Sig/T(Other)/Rect[85 609 204 728]/P ${firstPage} 0 R/V ${field + 1} 0 R${lock}>>`,
      `<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>${reference}>>`,
    ],
  });
  writeFileSync(path, buildPdf(objects, documentNumbers.catalog));
  return path;
}

const transform = (method: string, params: string) =>
  `/Reference[<</Type/SigRef/TransformMethod/${method}/TransformParams<</Type/TransformParams${params}>>>>]`;

async function outcome(input: string, password?: string): Promise<string> {
  const placement = { ...usualPlace, x: 100, y: 100 };
  try {
    const { prepared } = await stampFile({
      input,
      target: `${input}.out`,
      signer,
      picture,
      placement,
      password,
    });
    return prepared.field;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe('a certified file', () => {
  it.each([
    [1, 'document.certified-no-changes'],
    [2, 'Picture1'],
    [3, 'Picture1'],
  ])('with P %i gives %s', async (p, expected) => {
    const input = signedFile({ reference: transform('DocMDP', `/P ${p}`), perms: true });
    expect(await outcome(input)).toBe(expected);
    const { obstacles } = await inspectDocument(input);
    expect(obstacles.map(({ code }) => code)).toEqual(expected === 'Picture1' ? [] : [expected]);
  });

  it('without P counts as P 2', async () => {
    expect(await outcome(signedFile({ reference: transform('DocMDP', ''), perms: true }))).toBe('Picture1');
  });

  it('is found through /Perms, also where no field leads to it', async () => {
    const path = join(dir, 'perms-only.pdf');
    const objects = pagesDocument([{ attributes: '/MediaBox[0 0 595 842]' }], {
      catalog: `/Perms<</DocMDP<</Type/Sig${transform('DocMDP', '/P 1')}>>>>`,
    });
    writeFileSync(path, buildPdf(objects, documentNumbers.catalog));
    expect(await outcome(path)).toBe('document.certified-no-changes');
  });
});

describe('a signed field that locks', () => {
  it.each([
    ['/Action/All', 'document.locked'],
    ['/Action/Exclude/Fields[(Amount)]', 'document.locked'],
    ['/Action/Include/Fields[(Amount)]', 'Picture1'],
    ['/Action/Include/Fields[(Picture1)(Picture2)]', 'Picture3'],
  ])('%s gives %s', async (params, expected) => {
    expect(await outcome(signedFile({ reference: transform('FieldMDP', params) }))).toBe(expected);
    expect(await outcome(signedFile({ lock: `/Lock<</Type/SigFieldLock${params}>>` }))).toBe(expected);
  });

  it('may forbid every change', async () => {
    const lock = '/Lock<</Type/SigFieldLock/Action/Include/Fields[]/P 1>>';
    expect(await outcome(signedFile({ lock }))).toBe('document.locked');
  });
});

it('refuses XFA forms', async () => {
  expect(await outcome(signedFile({ form: '/XFA[(template)]' }))).toBe('document.xfa');
});

it('is never laid over a seal that is there', async () => {
  const input = signedFile({});
  const wish = { input, target: `${input}.over`, signer, picture, placement: usualPlace };
  await expect(stampFile(wish)).rejects.toMatchObject({
    code: 'document.place-over-seal',
    details: { field: 'Other' },
  });
  const { seals } = await inspectDocument(input);
  expect(seals).toMatchObject([{ field: 'Other', signed: true, widgets: [{ page: 1 }] }]);
  expect(seals[0]?.widgets[0]?.rect.x).toBeCloseTo(30, 1);
  expect(seals[0]?.widgets[0]?.rect.y).toBeCloseTo(40.2, 1);
});

describe('an encrypted file', () => {
  const plain = join(dir, 'plain.pdf');
  writeFileSync(
    plain,
    buildPdf(pagesDocument([{ attributes: '/MediaBox[0 0 595 842]' }]), documentNumbers.catalog),
  );
  const encrypted = (...options: string[]) => {
    const path = join(dir, `encrypted-${count++}.pdf`);
    execFileSync('qpdf', ['--encrypt', 'user', 'owner', '256', ...options, '--', plain, path]);
    return path;
  };

  it.each([
    ['--modify=all', 'Picture1'],
    ['--modify=annotate', 'document.permission-denied'],
    ['--modify=form', 'document.permission-denied'],
    ['--modify=none', 'document.permission-denied'],
  ])('made with %s gives %s to the user and is open to the owner', async (option, expected) => {
    const input = encrypted(option);
    expect(await outcome(input, 'user')).toBe(expected);
    rmSync(`${input}.out`, { force: true });
    expect(await outcome(input, 'owner')).toBe('Picture1');
    expect(await pdfsig(`${input}.out`, 'user')).toMatchObject([{ valid: true, total: true }]);
    expect((await qpdfCheck(`${input}.out`, 'user')).code).toBe(0);
  });

  it('whose trailer has lost its encryption is not given a new one without', async () => {
    const input = encrypted();
    const bytes = readFileSync(input, 'latin1').replace(/trailer\s*<</, (text) =>
      text.replace('<<', '\x0e<'),
    );
    writeFileSync(input, bytes, 'latin1');
    expect(await outcome(input, 'user')).toBe('document.damaged');
  });

  it('asks for its password', async () => {
    const input = encrypted();
    expect(await outcome(input)).toBe('document.password-needed');
    expect(await outcome(input, 'wrong')).toBe('document.password-wrong');
  });
});
