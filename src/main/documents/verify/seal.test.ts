import { createHash, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPdf, documentNumbers, pagesDocument } from '../../../../softhsm-fixtures/documents/build.ts';
import { extensionSets, OpenSsl, type OpenSslCertificate } from '../../../../softhsm-fixtures/openssl.ts';
import { parseCertificate } from '../../certificates/index.ts';
import { buildSignedData, signedAttributes } from '../cms/index.ts';
import {
  MemorySource,
  PdfDict,
  PdfFile,
  PdfName,
  PdfRef,
  PdfStream,
  PdfString,
  type SignatureField,
  signatureFields,
} from '../pdf/index.ts';
import { IncrementalUpdate, updateBaseOf } from '../pdf/write/index.ts';
import { contentsOf, setByteRange, signaturePlaceholder } from '../stamp/signature-dictionary.ts';
import { prepareStamp } from '../stamp/stamp.ts';
import { roundPicture, type SealWish, TestMaker } from '../test-driver/seals.ts';
import { verifyDocument } from './index.ts';
import type { SealKnowledge } from './seal.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-verify-seal-'));
const openssl = new OpenSsl();
const day = 86_400_000;
const hour = 3_600_000;
/** Lists of days ago are proven by certificates that were valid then. */
const longAgo = '20200101000000Z';
const issue = (subject: string, issuer?: OpenSslCertificate) =>
  openssl.issue({
    subject,
    extensions: issuer ? extensionSets.signer : extensionSets.root,
    ...(issuer && { issuer }),
  });
const root = issue('/CN=Test root');
const signer = issue('/O=Test unit/CN=Test signer', root);
const other = issue('/O=Other unit/CN=Other signer', root);
const makers = openssl.issue({
  subject: '/CN=Root of makers',
  extensions: extensionSets.root,
  notBefore: longAgo,
});
const maker = new TestMaker(openssl, makers, longAgo);
const impostor = new TestMaker(openssl, issue('/CN=Root of nobody'));
const roots = [root, makers].map(({ der }) => parseCertificate(der));
const plain = path.join(folder, 'plain.pdf');
const rotated = path.join(folder, 'rotated.pdf');
let picture: Buffer;
let otherPicture: Buffer;
let stampedOnce: Buffer;
let count = 0;

beforeAll(async () => {
  picture = await roundPicture('#c00000');
  otherPicture = await roundPicture('#00c000');
  const pages = (turns: number[]) =>
    pagesDocument(turns.map((turn) => ({ attributes: `/MediaBox[0 0 595 842]/Rotate ${turn}` })));
  writeFileSync(plain, buildPdf(pages([0]), documentNumbers.catalog));
  writeFileSync(rotated, buildPdf(pages([0, 90, 180, 270, 90]), documentNumbers.catalog));
  stampedOnce = await stamped({});
});
afterAll(() => {
  openssl.close();
  rmSync(folder, { recursive: true, force: true });
});

const made = (more: Partial<SealWish> = {}, by = maker) => by.seal({ picture, list: [signer.der], ...more });

interface Wish {
  input?: string | Buffer;
  seal?: Uint8Array | undefined;
  drawn?: Uint8Array;
  pages?: string;
  x?: number;
  now?: Date;
}

/** Stamps with a key in memory. Whether the seal may be used is nobody's question here. */
async function stamped(wish: Wish): Promise<Buffer> {
  const { input = plain, drawn = picture, pages = '1', x = 20, now = new Date() } = wish;
  const output = path.join(folder, `out-${count++}.pdf`);
  let source = input;
  if (typeof source !== 'string') {
    source = path.join(folder, `in-${count++}.pdf`);
    writeFileSync(source, input);
  }
  const job = await prepareStamp({
    input: source,
    partial: `${output}.part`,
    expectedSha256: '',
    picture: drawn,
    seal: 'seal' in wish ? wish.seal : made(),
    placement: { pages, x, y: 100, width: 42, height: 42 },
    certificates: [signer.der],
    now: now.toISOString(),
    utcOffset: 0,
  });
  const { hash, message } = job.prepared;
  const signature = sign(hash, message, { key: signer.privateKey, dsaEncoding: 'der' });
  await job.finish({ signature, target: output, replace: false });
  return readFileSync(output);
}

const check = (bytes: Uint8Array, more: Partial<SealKnowledge> = {}) =>
  verifyDocument(new MemorySource(bytes), {
    now: new Date(),
    ...more,
    roots: [...(more.roots ?? roots)],
  });

/** The one signature's seal as it was judged. */
const sealOf = async (bytes: Uint8Array, more: Partial<SealKnowledge> = {}) => {
  const report = await check(bytes, more);
  return { report, seal: report.signatures[0]!.seal };
};

/**
 * What a dishonest signer can do: the stamp's own objects are changed as `change` likes, and all of it is signed anew with
 * the right key.
 */
function forged(
  bytes: Buffer,
  change: (update: IncrementalUpdate, file: PdfFile, field: SignatureField) => void,
): Buffer {
  const file = PdfFile.open(new MemorySource(bytes));
  const field = signatureFields(file).at(-1)!;
  const update = new IncrementalUpdate(updateBaseOf(file));
  change(update, file, field);
  const signature = field.dict.getRef('V')!;
  const placeholder = signaturePlaceholder(
    { name: 'x', now: new Date().toISOString(), utcOffset: 0, reserve: 4000 },
    {},
  );
  update.putRaw(signature, placeholder.raw);
  const built = update.build();
  const range = setByteRange(placeholder, built.valueOffset(signature), bytes.length + built.length);
  const whole = Buffer.concat([bytes, ...built.chunks]);
  const digest = createHash('sha256')
    .update(whole.subarray(0, range[1]))
    .update(whole.subarray(range[2]))
    .digest();
  const attributes = signedAttributes({ digest, digestAlgorithm: 'sha256', signingCertificate: signer.der });
  const cms = buildSignedData({
    certificateChain: [parseCertificate(signer.der)],
    digestAlgorithm: 'sha256',
    signatureScheme: 'ecdsa',
    signedAttributes: attributes,
    signature: sign('sha256', attributes, signer.privateKey),
  });
  contentsOf(cms, range[2] - range[1])!.copy(whole, range[1]);
  return whole;
}

/** Objects of a stamp that lead from its field to what is drawn and embedded. */
function partsOf(file: PdfFile, field: SignatureField) {
  const specificationRef = file.array(field.dict.get('AF'))![0] as PdfRef;
  const fileRef = file.dict(file.dict(specificationRef)!.get('EF'))!.getRef('F')!;
  const formRef = file.dict(field.dict.get('AP'))!.getRef('N')!;
  const form = file.get(formRef) as PdfStream;
  const resources = file.dict(form.dict.get('Resources'))!;
  const imageRef = file.dict(resources.get('XObject'))!.getRef('Picture')!;
  const image = file.get(imageRef) as PdfStream;
  const maskRef = image.dict.getRef('SMask')!;
  const stateRef = file.dict(resources.get('ExtGState'))!.getRef('Ink')!;
  return { specificationRef, fileRef, formRef, form, imageRef, image, maskRef, stateRef };
}

/** The stream with other bytes, written anew. */
function rewritten(
  file: PdfFile,
  stream: PdfStream,
  data: Buffer | null,
  dict: (made: PdfDict) => void = () => {},
) {
  const copy = stream.dict.clone();
  dict(copy);
  return new PdfStream(copy, data ?? file.streamBytes(stream, { decode: false }));
}

const embedded = (data: Buffer, more: Record<string, PdfName> = {}) =>
  new PdfStream(PdfDict.of({ Type: PdfName.of('EmbeddedFile'), ...more }), data);

describe('a document that is stamped with a seal', () => {
  test('is valid, and the seal is told with every step', async () => {
    const { report, seal } = await sealOf(stampedOnce);
    expect(report).toMatchObject({ verdict: 'valid', limited: false, sentence: 'one-valid' });
    expect(report.signatures[0]).toMatchObject({ field: 'Seal1', reason: 'intact-trusted' });
    expect(seal).toMatchObject({
      verdict: 'valid',
      code: null,
      pictureDrawn: true,
      facts: { id: '44010000000001', name: '某某公司合同专用章' },
      status: { state: 'unknown' },
    });
    expect(seal!.steps.map(({ step, state }) => `${step} ${state}`)).toEqual(
      ['format', 'maker-signature', 'maker-certificate', 'dates', 'listed', 'picture', 'rules'].map(
        (step) => `${step} ok`,
      ),
    );
  });

  test('on turned pages, at every place', async () => {
    const { report, seal } = await sealOf(await stamped({ input: rotated, pages: 'all' }));
    expect(report.verdict).toBe('valid');
    expect(seal).toMatchObject({ verdict: 'valid', pictureDrawn: true });
  });

  test('with a plain picture is told as that, and has no seal', async () => {
    const { report, seal } = await sealOf(await stamped({ seal: undefined }));
    expect(seal).toBeNull();
    expect(report).toMatchObject({ verdict: 'valid', sentence: 'one-valid-signature' });
    expect(report.signatures[0]!.field).toBe('Picture1');
  });

  test('a later seal is a signature after the first, and both hold', async () => {
    const twice = await stamped({ input: stampedOnce, x: 80 });
    const report = await check(twice);
    expect(report).toMatchObject({
      verdict: 'valid',
      sentence: 'all-valid',
      signatures: [
        { field: 'Seal1', changesAfter: ['signature'], changesAllowed: true, seal: { verdict: 'valid' } },
        { field: 'Seal2', changesAfter: [], seal: { verdict: 'valid', pictureDrawn: true } },
      ],
    });
  });

  test('a seal after a signature picture: told apart', async () => {
    const first = await stamped({ seal: undefined });
    const report = await check(await stamped({ input: first, x: 80 }));
    expect(report).toMatchObject({
      verdict: 'valid',
      sentence: 'all-valid-signature',
      signatures: [
        { field: 'Picture1', seal: null },
        { field: 'Seal1', seal: { verdict: 'valid' } },
      ],
    });
  });
});

describe('a seal that does not hold makes the document invalid', () => {
  test.each([
    ['of another certificate', () => made({ list: [other.der] }), 'seal.not-listed'],
    ['of a maker that nobody trusts', () => made({}, impostor), 'seal.maker-unknown'],
    ['expired when it was used', () => made({ validUntil: new Date(Date.now() - day) }), 'seal.expired'],
    ['of another unit', () => made({ creditCode: '91440300708461136T' }), 'seal.credit-code'],
    ['not yet valid', () => made({ validFrom: new Date(Date.now() + day) }), 'seal.not-yet-valid'],
    [
      'with a changed byte in the name',
      () => {
        const bytes = Buffer.from(made());
        const at = bytes.indexOf('合同');
        expect(at).toBeGreaterThan(0);
        bytes.write('合作', at);
        return bytes;
      },
      'seal.signature-wrong',
    ],
  ])('%s', async (_, seal, code) => {
    const { report, seal: judged } = await sealOf(await stamped({ seal: seal() }));
    expect(report).toMatchObject({ verdict: 'invalid', limited: false, sentence: 'seal-invalid' });
    expect(report.signatures[0]).toMatchObject({ integrity: 'intact', reason: 'seal-invalid' });
    expect(judged).toMatchObject({ verdict: 'invalid', code, pictureDrawn: true });
  });

  test('without any trusted root it is not proven', async () => {
    const { report, seal } = await sealOf(stampedOnce, { roots: [] });
    expect(report).toMatchObject({ verdict: 'invalid', limited: true });
    expect(seal).toMatchObject({ verdict: 'unproven', code: 'seal.unproven' });
  });

  test('one that was good at a time that nobody proves, and is no longer, is not proven', async () => {
    const ended = made({
      createdAt: new Date(Date.now() - 3 * day),
      validFrom: new Date(Date.now() - 3 * day),
      validUntil: new Date(Date.now() - hour),
    });
    const { report, seal } = await sealOf(
      await stamped({ seal: ended, now: new Date(Date.now() - 2 * hour) }),
    );
    expect(report).toMatchObject({ verdict: 'invalid', limited: true, sentence: 'seal-unproven' });
    expect(seal!.steps.find(({ step }) => step === 'dates')).toMatchObject({
      state: 'unknown',
      reason: 'expired',
    });
  });

  test.each([
    ['before it was used', new Date(Date.now() - hour), 'invalid', 'seal.maker-revoked'],
    ['at a time that nobody knows', null, 'invalid', 'seal.maker-revoked'],
  ])('its maker revoked %s', async (_, since, verdict, code) => {
    const { seal } = await sealOf(stampedOnce, { revoked: new Map([[maker.sha256, since]]) });
    expect(seal).toMatchObject({ verdict, code });
  });

  test('its maker revoked after the time that the signer claims: not proven', async () => {
    const bytes = await stamped({ now: new Date(Date.now() - 3 * hour) });
    const revoked = new Map([[maker.sha256, new Date(Date.now() - hour)]]);
    const { report, seal } = await sealOf(bytes, { revoked });
    expect(seal).toMatchObject({ verdict: 'unproven', code: 'seal.unproven' });
    expect(report).toMatchObject({ verdict: 'invalid', limited: true });
  });
});

describe('what the maker’s list says', () => {
  const before = new Date(Date.now() - hour);
  const list = (...args: Parameters<TestMaker['statusList']>) => [maker.statusList(...args)];

  test('normal: told with its date', async () => {
    const { report, seal } = await sealOf(stampedOnce, { statusLists: list('normal', before) });
    expect(report.verdict).toBe('valid');
    expect(seal!.status).toMatchObject({ state: 'normal', stale: false, asOf: expect.any(String) });
  });

  test.each(['suspended', 'cancelled'] as const)('%s before it was used: invalid', async (state) => {
    const { report, seal } = await sealOf(stampedOnce, { statusLists: list(state, before) });
    expect(report).toMatchObject({ verdict: 'invalid', limited: false, sentence: 'seal-invalid' });
    expect(seal).toMatchObject({ verdict: 'invalid', code: `seal.${state}`, status: { state } });
  });

  test('cancelled after the time that the signer claims: not proven', async () => {
    const bytes = await stamped({ now: new Date(Date.now() - 3 * hour) });
    const { report, seal } = await sealOf(bytes, { statusLists: list('cancelled', before) });
    expect(seal).toMatchObject({ verdict: 'unproven', code: 'seal.cancelled' });
    expect(report).toMatchObject({ verdict: 'invalid', limited: true, sentence: 'seal-unproven' });
  });

  test('a list that does not know the seal', async () => {
    const lists = list('normal', before, { id: '44010000000099' });
    expect((await sealOf(stampedOnce, { statusLists: lists })).seal).toMatchObject({
      verdict: 'invalid',
      code: 'seal.not-issued',
    });
  });

  test('an old list is told as old, and the newest of several counts', async () => {
    const old = maker.statusList('normal', before, { thisUpdate: new Date(Date.now() - 3 * day) });
    const alone = await sealOf(stampedOnce, { statusLists: [old] });
    expect(alone.seal).toMatchObject({ verdict: 'valid', status: { stale: true } });
    const newer = maker.statusList('cancelled', before);
    for (const statusLists of [
      [old, newer],
      [newer, old],
    ]) {
      expect((await sealOf(stampedOnce, { statusLists })).seal).toMatchObject({ code: 'seal.cancelled' });
    }
  });

  test('a list that its maker signed when it was revoked already says nothing', async () => {
    const bytes = await stamped({ now: new Date(Date.now() - 3 * hour) });
    const revoked = new Map([[maker.sha256, new Date(Date.now() - 2 * hour)]]);
    const { seal } = await sealOf(bytes, { statusLists: list('cancelled', before), revoked });
    expect(seal).toMatchObject({ verdict: 'unproven', code: 'seal.unproven', status: { state: 'unknown' } });
  });

  test('lists of others, and what is no list, say nothing', async () => {
    const statusLists = [impostor.statusList('cancelled', before), Buffer.from('no list')];
    const { seal } = await sealOf(stampedOnce, { statusLists });
    expect(seal).toMatchObject({ verdict: 'valid', status: { state: 'unknown' } });
  });
});

describe('a signer who cheats with the right key', () => {
  const invalid = { verdict: 'invalid', limited: false };
  const limited = { verdict: 'invalid', limited: true, sentence: 'seal-unproven' };

  test('changing nothing is the same as before: what follows is told by the changes alone', async () => {
    const { report, seal } = await sealOf(forged(stampedOnce, () => {}));
    expect(report).toMatchObject({ verdict: 'valid' });
    expect(seal).toMatchObject({ verdict: 'valid', pictureDrawn: true });
  });

  test('another genuine seal of the same signer under the picture', async () => {
    const swapped = made({ picture: otherPicture, id: '44010000000002' });
    const bytes = forged(stampedOnce, (update, file, field) => {
      update.put(partsOf(file, field).fileRef, embedded(swapped));
    });
    const { report, seal } = await sealOf(bytes);
    expect(report).toMatchObject({ ...invalid, sentence: 'seal-picture' });
    expect(report.signatures[0]!.reason).toBe('seal-picture');
    expect(seal).toMatchObject({ verdict: 'invalid', code: 'seal.picture-differs', pictureDrawn: false });
  });

  test('the seal of another', async () => {
    const bytes = forged(stampedOnce, (update, file, field) => {
      update.put(partsOf(file, field).fileRef, embedded(made({ list: [other.der] })));
    });
    expect((await sealOf(bytes)).seal).toMatchObject({ code: 'seal.not-listed', pictureDrawn: true });
  });

  test('no seal any more: then it is a signature picture', async () => {
    const bytes = forged(stampedOnce, (update, _, field) => {
      const dict = field.dict.clone();
      dict.delete('AF');
      update.put(field.ref!, dict);
    });
    const { report, seal } = await sealOf(bytes);
    expect(seal).toBeNull();
    expect(report.sentence).toBe('one-valid-signature');
  });

  test('two seals in one stamp: nobody could say which', async () => {
    const bytes = forged(stampedOnce, (update, file, field) => {
      const { specificationRef } = partsOf(file, field);
      const second = update.add(embedded(made({ id: '44010000000002' })));
      const specification = file
        .dict(specificationRef)!
        .clone()
        .set('EF', PdfDict.of({ F: second }));
      const both = [specificationRef, update.add(specification)];
      update.put(field.ref!, field.dict.clone().set('AF', both));
    });
    expect((await sealOf(bytes)).seal).toMatchObject({
      verdict: 'invalid',
      code: 'seal.unreadable',
      facts: null,
    });
  });

  test.each<
    [string, (update: IncrementalUpdate, file: PdfFile, field: SignatureField) => void, boolean | null]
  >([
    [
      'one pixel of the picture',
      (update, file, field) => {
        const { image, imageRef } = partsOf(file, field);
        const samples = inflateSync(file.streamBytes(image, { decode: false }));
        // A pixel of the ring: left, half way down.
        const at = (30 * 60 + 4) * 3;
        samples[at] = samples[at]! ^ 0x80;
        update.put(imageRef, rewritten(file, image, deflateSync(samples)));
      },
      false,
    ],
    [
      'one pixel of its opacity',
      (update, file, field) => {
        const { maskRef } = partsOf(file, field);
        const mask = file.get(maskRef) as PdfStream;
        const samples = inflateSync(file.streamBytes(mask, { decode: false }));
        samples[1800] = samples[1800]! ^ 0xff;
        update.put(maskRef, rewritten(file, mask, deflateSync(samples)));
      },
      false,
    ],
    [
      'another picture altogether',
      (update, file, field) => {
        const { image, imageRef } = partsOf(file, field);
        const samples = deflateSync(Buffer.alloc(30 * 30 * 3));
        update.put(
          imageRef,
          rewritten(file, image, samples, (dict) => {
            dict.set('Width', 30).set('Height', 30).delete('SMask');
          }),
        );
      },
      false,
    ],
    [
      'no opacity',
      (update, file, field) => {
        const { image, imageRef } = partsOf(file, field);
        update.put(
          imageRef,
          rewritten(file, image, null, (dict) => dict.delete('SMask')),
        );
      },
      false,
    ],
    ...(
      [
        ['drawn twice', 'q /Ink gs 60 0 0 60 0 0 cm /Picture Do Q q 1 0 0 1 0 0 cm /Picture Do Q'],
        ['drawn small in a corner', 'q /Ink gs 9.0000 0 0 9.0000 0 0 cm /Picture Do Q'],
        ['with text over it', 'q /Ink gs 119.0551 0 0 119.0551 0 0 cm /Picture Do Q BT (x) Tj ET'],
        ['clipped', '0 0 10 10 re W n q 119.0551 0 0 119.0551 0 0 cm /Picture Do Q'],
        ['upside down', 'q /Ink gs 119.0551 0 0 -119.0551 0 119.0551 cm /Picture Do Q'],
        ['not at all', ''],
        ['in another name', 'q /Ink gs 119.0551 0 0 119.0551 0 0 cm /Other Do Q'],
      ] as const
    ).map(
      ([name, content]) =>
        [
          name,
          (update: IncrementalUpdate, file: PdfFile, field: SignatureField) => {
            const { form, formRef } = partsOf(file, field);
            update.put(formRef, rewritten(file, form, Buffer.from(content)));
          },
          null,
        ] as [string, (update: IncrementalUpdate, file: PdfFile, field: SignatureField) => void, null],
    ),
    [
      'mirrored by the form',
      (update, file, field) => {
        const { form, formRef } = partsOf(file, field);
        update.put(
          formRef,
          rewritten(file, form, null, (dict) => dict.set('Matrix', [-1, 0, 0, 1, 0, 0])),
        );
      },
      null,
    ],
    [
      'nearly transparent',
      (update, file, field) => {
        const { stateRef } = partsOf(file, field);
        update.put(stateRef, file.dict(stateRef)!.clone().set('ca', 0.01));
      },
      null,
    ],
    [
      'other colours by a decode array',
      (update, file, field) => {
        const { image, imageRef } = partsOf(file, field);
        update.put(
          imageRef,
          rewritten(file, image, null, (dict) => dict.set('Decode', [1, 0, 1, 0, 1, 0])),
        );
      },
      null,
    ],
    ['hidden', (update, _, field) => update.put(field.ref!, field.dict.clone().set('F', 4 | 2)), null],
    [
      'another look under the mouse',
      (update, file, field) => {
        const { formRef } = partsOf(file, field);
        const appearances = PdfDict.of({ N: formRef, R: formRef });
        update.put(field.ref!, field.dict.clone().set('AP', appearances));
      },
      null,
    ],
    [
      'without an appearance',
      (update, _, field) => {
        const dict = field.dict.clone();
        dict.delete('AP');
        update.put(field.ref!, dict);
      },
      null,
    ],
    [
      'shown to some readers only',
      (update, _, field) => {
        const group = update.add(PdfDict.of({ Type: PdfName.of('OCG'), Name: PdfString.text('x') }));
        update.put(field.ref!, field.dict.clone().set('OC', group));
      },
      null,
    ],
  ])('the page shows it %s', async (_, change, drawn) => {
    const { report, seal } = await sealOf(forged(stampedOnce, change));
    expect(report.signatures[0]!.integrity).toBe('intact');
    expect(seal!.pictureDrawn).toBe(drawn);
    expect(report).toMatchObject(drawn === false ? { ...invalid, sentence: 'seal-picture' } : limited);
  });

  test('one place of several shows something else', async () => {
    const many = await stamped({ input: rotated, pages: 'all' });
    const bytes = forged(many, (update, file, field) => {
      const kids = file.array(field.dict.get('Kids'))!;
      const widget = file.dict(kids[3])!.clone();
      widget.set('AP', PdfDict.of({ N: new PdfRef(999_999) }));
      update.put(kids[3] as PdfRef, widget);
    });
    expect((await sealOf(bytes)).report).toMatchObject(limited);
    const without = forged(many, (update, file, field) => {
      const kids = file.array(field.dict.get('Kids'))!;
      const widget = file.dict(kids[2])!.clone();
      widget.delete('AF');
      update.put(kids[2] as PdfRef, widget);
    });
    expect((await sealOf(without)).seal).toMatchObject({ code: 'seal.unreadable' });
  });
});

describe('hostile files in the place of the seal', () => {
  const withFile = (stream: PdfStream) =>
    forged(stampedOnce, (update, file, field) => update.put(partsOf(file, field).fileRef, stream));
  const flate = (data: Buffer) => embedded(deflateSync(data), { Filter: PdfName.of('FlateDecode') });

  test('a seal that is compressed is read all the same', async () => {
    expect((await sealOf(withFile(flate(made())))).seal).toMatchObject({ verdict: 'valid' });
  });

  test.each([
    ['a bomb', () => flate(Buffer.alloc(200 << 20))],
    ['a large file', () => embedded(Buffer.alloc(5 << 20, 0x30))],
    ['nothing', () => embedded(Buffer.alloc(0))],
    ['what is no seal', () => embedded(Buffer.from('no seal'))],
    ['a filter that nobody knows', () => embedded(made(), { Filter: PdfName.of('Unheard') })],
    ['broken compression', () => embedded(Buffer.from('broken'), { Filter: PdfName.of('FlateDecode') })],
  ])('%s: invalid', async (_, stream) => {
    const bytes = withFile(stream());
    const { report, seal } = await sealOf(bytes);
    expect(report).toMatchObject({ verdict: 'invalid', limited: false, sentence: 'seal-invalid' });
    expect(seal).toMatchObject({ verdict: 'invalid', code: 'seal.unreadable', facts: null });
  });

  test('an image bomb in the appearance', async () => {
    const bytes = forged(stampedOnce, (update, file, field) => {
      const { image, imageRef } = partsOf(file, field);
      update.put(imageRef, rewritten(file, image, deflateSync(Buffer.alloc(200 << 20))));
    });
    expect((await sealOf(bytes)).seal).toMatchObject({ verdict: 'unproven', pictureDrawn: null });
  });

  test('a list of associated files that never ends', async () => {
    const bytes = forged(stampedOnce, (update, file, field) => {
      const { specificationRef } = partsOf(file, field);
      const all = Array.from({ length: 50_000 }, () => specificationRef);
      update.put(field.ref!, field.dict.clone().set('AF', all));
    });
    expect((await sealOf(bytes)).seal).toMatchObject({ verdict: 'valid' });
  });
});

describe('after the signature', () => {
  /** Appends an update that nobody signs. */
  const later = (bytes: Buffer, change: (update: IncrementalUpdate, file: PdfFile) => void) => {
    const file = PdfFile.open(new MemorySource(bytes));
    const update = new IncrementalUpdate(updateBaseOf(file));
    change(update, file);
    return Buffer.concat([bytes, ...update.build().chunks]);
  };
  const fieldIn = (file: PdfFile) => signatureFields(file)[0]!;

  test('a seal that is hung on a signature picture later is no seal of it', async () => {
    const bytes = later(await stamped({ seal: undefined }), (update, file) => {
      const stream = update.add(embedded(made()));
      const specification = update.add(
        PdfDict.of({
          Type: PdfName.of('Filespec'),
          UF: PdfString.text('seal.esl'),
          EF: PdfDict.of({ F: stream }),
        }),
      );
      const { ref, dict } = fieldIn(file);
      update.put(ref!, dict.clone().set('AF', [specification]));
    });
    const { report, seal } = await sealOf(bytes);
    expect(seal).toBeNull();
    expect(report).toMatchObject({ verdict: 'invalid', sentence: 'changed-after' });
  });

  test('a seal that is taken away or replaced later is still the one that was signed, and the file is changed', async () => {
    const taken = later(stampedOnce, (update, file) => {
      const { ref, dict } = fieldIn(file);
      const without = dict.clone();
      without.delete('AF');
      update.put(ref!, without);
    });
    const replaced = later(stampedOnce, (update, file) => {
      const swapped = made({ picture: otherPicture, id: '44010000000002' });
      update.put(partsOf(file, fieldIn(file)).fileRef, embedded(swapped));
    });
    for (const bytes of [taken, replaced]) {
      const { report, seal } = await sealOf(bytes);
      expect(report).toMatchObject({ verdict: 'invalid', sentence: 'changed-after' });
      expect(seal).toMatchObject({ facts: { id: '44010000000001' }, pictureDrawn: true });
    }
  });

  /** A document with an empty field that somebody else kept free, signed and certified as it is. */
  const kept = async () => {
    const file = PdfFile.open(new MemorySource(readFileSync(plain)));
    const update = new IncrementalUpdate(updateBaseOf(file));
    const page = file.page(0);
    const field = update.add(
      PdfDict.of({
        ...{ Type: PdfName.of('Annot'), Subtype: PdfName.of('Widget'), FT: PdfName.of('Sig') },
        ...{ T: PdfString.text('Kept'), Rect: [300, 300, 400, 400], P: page.ref, F: 4 },
      }),
    );
    update.put(page.ref, page.dict.clone().set('Annots', [field]));
    const form = update.add(PdfDict.of({ Fields: [field] }));
    update.put(file.trailer.getRef('Root')!, file.catalog.clone().set('AcroForm', form));
    return Buffer.concat([readFileSync(plain), ...update.build().chunks]);
  };

  test.each([
    [true, ['signature'], true],
    [false, ['content'], false],
  ])('an associated file on a kept field: signed with it %s', async (signs, changesAfter, changesAllowed) => {
    const first = await stamped({ input: await kept(), seal: undefined });
    const bytes = later(first, (update, file) => {
      const field = signatureFields(file).find(({ name }) => name === 'Kept')!;
      const stream = update.add(embedded(made()));
      const specification = update.add(
        PdfDict.of({
          Type: PdfName.of('Filespec'),
          UF: PdfString.text('seal.esl'),
          EF: PdfDict.of({ F: stream }),
        }),
      );
      const dict = field.dict.clone().set('AF', [specification]);
      if (signs) dict.set('V', update.add(PdfDict.of({ Type: PdfName.of('Sig') })));
      update.put(field.ref!, dict);
    });
    const { signatures } = await check(bytes);
    const report = signatures.find(({ field }) => field === 'Picture1');
    expect(report).toMatchObject({ integrity: 'intact', changesAfter, changesAllowed });
  });

  test('any byte of the seal in the finished file: broken, and nothing is said of a seal', async () => {
    // Behind the outermost length, which grows and shrinks with the maker's ECDSA value.
    const at = stampedOnce.indexOf(made().subarray(4, 44));
    expect(at).toBeGreaterThan(0);
    for (const offset of [0, 100, 400, 900]) {
      const bytes = Buffer.from(stampedOnce);
      bytes[at + offset]! ^= 1;
      const { report, seal } = await sealOf(bytes);
      expect(report).toMatchObject({ verdict: 'invalid', sentence: 'broken' });
      expect(seal).toBeNull();
    }
  });
});
