import { sign } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OpenSsl, type OpenSslCertificate } from '../../../../softhsm-fixtures/openssl.ts';
import { type CertificateFacts, parseCertificate } from '../../certificates/index.ts';
import {
  FileSource,
  MemorySource,
  PdfDict,
  PdfFile,
  PdfName,
  PdfRef,
  PdfStream,
  PdfString,
  signatureFields,
} from '../pdf/index.ts';
import { IncrementalUpdate, updateBaseOf } from '../pdf/write/index.ts';
import { prepareStamp } from '../stamp/stamp.ts';
import { verifyDocument } from './index.ts';

const samples = path.join(import.meta.dirname, '../../../../softhsm-fixtures');
let sealPicture: Buffer;
const openssl = new OpenSsl();
const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-verify-'));
const letter = path.join(samples, 'documents', 'Letter of confirmation.pdf');
let root: OpenSslCertificate;
let signer: OpenSslCertificate;
let roots: CertificateFacts[];
let count = 0;

const usage = ['keyUsage = critical, digitalSignature, nonRepudiation'];
const now = () => new Date();

beforeAll(async () => {
  const background = { r: 195, g: 39, b: 43, alpha: 0.5 };
  sealPicture = await sharp({ create: { width: 20, height: 20, channels: 4, background } })
    .png()
    .toBuffer();
  root = openssl.issue({
    subject: '/O=Test/CN=Test root',
    extensions: ['basicConstraints = critical, CA:TRUE', 'keyUsage = critical, keyCertSign, cRLSign'],
  });
  signer = openssl.issue({
    subject: '/O=Test unit/CN=Test signer',
    key: 'rsa:2048',
    issuer: root,
    extensions: usage,
  });
  roots = [parseCertificate(root.der)];
});
afterAll(() => {
  openssl.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Stamps a file and gives the bytes of the result. */
async function stamped(input: string, by: OpenSslCertificate, x = 20): Promise<Buffer> {
  count += 1;
  const output = path.join(folder, `out-${count}.pdf`);
  const job = await prepareStamp(
    {
      input,
      partial: `${output}.part`,
      expectedSha256: '',
      picture: sealPicture,
      placement: { pages: '1', x, y: 200, width: 30, height: 30 },
      certificates: [by.der],
      now: now().toISOString(),
      utcOffset: 480,
    },
    () => {},
  );
  const { prepared } = job;
  const key =
    prepared.scheme === 'ecdsa' ? { key: by.privateKey, dsaEncoding: 'der' as const } : by.privateKey;
  await job.finish({ signature: sign(prepared.hash, prepared.message, key), target: output, replace: false });
  return readFileSync(output);
}

function onDisk(bytes: Uint8Array): string {
  count += 1;
  const file = path.join(folder, `in-${count}.pdf`);
  writeFileSync(file, bytes);
  return file;
}

const check = (bytes: Uint8Array, trusted = roots, at = now()) =>
  verifyDocument(new MemorySource(bytes), { roots: trusted, now: at });

/** Appends an incremental update, made by anyone who likes. */
function updated(bytes: Buffer, change: (update: IncrementalUpdate, file: PdfFile) => void): Buffer {
  const file = PdfFile.open(new MemorySource(bytes));
  // Everything is read before the update is begun, as the writer wants it.
  const update = new IncrementalUpdate(updateBaseOf(file));
  change(update, file);
  return Buffer.concat([bytes, ...update.build().chunks]);
}

const rootRef = (file: PdfFile) => file.trailer.getRef('Root')!;

describe('honest files', () => {
  test('one stamp: intact, whole file, trusted', async () => {
    const report = await check(await stamped(letter, signer));
    expect(report).toMatchObject({ verdict: 'valid', limited: false, sentence: 'one-valid-signature' });
    expect(report.signatures).toHaveLength(1);
    expect(report.signatures[0]).toMatchObject({
      signer: 'Test signer',
      unit: 'Test unit',
      issuer: 'Test root',
      integrity: 'intact',
      coverage: 'whole-file',
      trust: 'trusted',
      reason: 'intact-trusted',
      timeSource: 'claimed',
      changesAfter: [],
      level: 'B-B',
      keyType: 'RSA-2048',
    });
    expect(report.signatures[0]?.widgets[0]?.page).toBe(1);
    expect(report.signatures[0]?.widgets[0]?.rect.x).toBeCloseTo(20, 2);
  });

  test('two stamps by two units: the first one covers its revision and allows the second', async () => {
    const other = openssl.issue({
      subject: '/O=Other/CN=Other',
      issuer: root,
      extensions: usage,
      key: 'P-256',
    });
    const bytes = await stamped(onDisk(await stamped(letter, signer)), other, 100);
    const report = await check(bytes);
    expect(report).toMatchObject({ verdict: 'valid', sentence: 'all-valid-signature' });
    expect(
      report.signatures.map(({ coverage, changesAfter, keyType }) => ({ coverage, changesAfter, keyType })),
    ).toEqual([
      { coverage: 'whole-revision', changesAfter: ['signature'], keyType: 'RSA-2048' },
      { coverage: 'whole-file', changesAfter: [], keyType: 'EC-P256' },
    ]);
  });

  test('a file without signatures is unsigned', async () => {
    expect(await check(readFileSync(letter))).toMatchObject({ verdict: 'unsigned', signatures: [] });
  });

  test('line ends after the end of the file are no change', async () => {
    const bytes = Buffer.concat([await stamped(letter, signer), Buffer.from('\r\n\n')]);
    expect(await check(bytes)).toMatchObject({ verdict: 'valid', signatures: [{ coverage: 'whole-file' }] });
  });

  test('read from a descriptor, the same', async () => {
    const file = onDisk(await stamped(letter, signer));
    const report = await verifyDocument(new FileSource(openSync(file, 'r')), { roots, now: now() });
    expect(report.verdict).toBe('valid');
  });
});

describe('trust', () => {
  test.each([
    ['another root', 'untrusted', 'certificate-untrusted'],
    ['no root at all', 'unknown', 'trust-unknown'],
  ])('%s', async (which, trust, reason) => {
    const stranger = openssl.issue({
      subject: '/CN=Stranger',
      extensions: ['basicConstraints = critical, CA:TRUE', 'keyUsage = critical, keyCertSign'],
    });
    const trusted = which === 'another root' ? [parseCertificate(stranger.der)] : [];
    const report = await check(await stamped(letter, signer), trusted);
    expect(report).toMatchObject({
      verdict: 'invalid',
      limited: true,
      signatures: [{ integrity: 'intact', trust, reason }],
    });
  });

  test('after the certificate has ended, without a proven time', async () => {
    const later = new Date(Date.now() + 800 * 86_400_000);
    expect(await check(await stamped(letter, signer), roots, later)).toMatchObject({
      verdict: 'invalid',
      limited: true,
      sentence: 'expired-unproven',
      signatures: [{ trust: 'expired', reason: 'certificate-expired' }],
    });
  });

  test('a certificate that must not sign', async () => {
    const wrong = openssl.issue({
      subject: '/CN=Server',
      issuer: root,
      extensions: ['keyUsage = critical, keyEncipherment'],
    });
    expect(await check(await stamped(letter, wrong))).toMatchObject({
      verdict: 'invalid',
      signatures: [{ integrity: 'intact', trust: 'untrusted', reason: 'certificate-usage' }],
    });
  });
});

describe('tampering', () => {
  test('any flipped byte inside the signed ranges is told', async () => {
    const bytes = await stamped(letter, signer);
    const [, first, second] = (await check(bytes)).signatures[0]!.byteRange as [
      number,
      number,
      number,
      number,
    ];
    // Places all over the file; those in the structure may make it unreadable, none may pass.
    const places = Array.from({ length: 60 }, (_, index) =>
      Math.floor(((index + 0.5) / 60) * (bytes.length - 1)),
    );
    for (const place of places) {
      if (place >= first && place < second) continue;
      const flipped = Buffer.from(bytes);
      flipped[place]! ^= 0x01;
      expect(await outcome(flipped), `byte ${place}`).toMatch(/^(invalid|document\.not-pdf)$/);
    }
  });

  test('a byte of the text: the digest does not match', async () => {
    const bytes = await stamped(letter, signer);
    const stream = bytes.indexOf('stream', 2000) + 40;
    bytes[stream]! ^= 0xff;
    expect(await check(bytes)).toMatchObject({
      verdict: 'invalid',
      limited: false,
      sentence: 'broken',
      signatures: [{ integrity: 'broken', reason: 'digest-mismatch' }],
    });
  });

  test('a file that no longer leads to its signature is not unsigned', async () => {
    const signed = await stamped(letter, signer);
    const cut = updated(signed, (update, file) => {
      const catalog = file.catalog.clone();
      catalog.delete('AcroForm');
      update.put(rootRef(file), catalog);
    });
    expect(await check(cut)).toMatchObject({
      verdict: 'invalid',
      sentence: 'broken',
      signatures: [{ reason: 'signature-lost' }],
    });
  });

  test('a signature of another document pasted in', async () => {
    const one = await stamped(letter, signer);
    const other = await stamped(path.join(samples, 'samples', 'chromium.pdf'), signer);
    const range = async (bytes: Buffer) =>
      (await check(bytes)).signatures[0]!.byteRange as [number, number, number, number];
    const [, start, end] = await range(one);
    const [, otherStart, otherEnd] = await range(other);
    expect(otherEnd - otherStart).toBe(end - start);
    const forged = Buffer.concat([
      one.subarray(0, start),
      other.subarray(otherStart, otherEnd),
      one.subarray(end),
    ]);
    expect(await check(forged)).toMatchObject({
      verdict: 'invalid',
      signatures: [{ reason: 'digest-mismatch' }],
    });
  });
});

describe('what comes after a signature', () => {
  const content = { verdict: 'invalid', limited: false, sentence: 'changed-after' };

  test('other content on a page', async () => {
    const bytes = updated(await stamped(letter, signer), (update, file) => {
      const page = file.page(0);
      const painted = update.add(new PdfStream(new PdfDict(), Buffer.from('0 0 200 200 re f')));
      update.put(page.ref, page.dict.clone().set('Contents', painted));
    });
    expect(await check(bytes)).toMatchObject({
      ...content,
      signatures: [
        {
          integrity: 'intact',
          coverage: 'whole-revision',
          changesAfter: ['content'],
          reason: 'content-changed-after',
        },
      ],
    });
  });

  test('a content stream replaced under its old number', async () => {
    const bytes = updated(await stamped(letter, signer), (update, file) => {
      const contents = file.page(0).contents;
      const ref = contents instanceof PdfRef ? contents : (file.array(contents)![0] as PdfRef);
      update.put(ref, new PdfStream(new PdfDict(), Buffer.from('q Q')));
    });
    expect(await check(bytes)).toMatchObject(content);
  });

  test('another page tree, another catalog entry', async () => {
    const signed = await stamped(letter, signer);
    const pages = updated(signed, (update, file) => {
      const kids = [...file.array(file.dict(file.catalog.get('Pages'))!.get('Kids'))!].slice(0, 0);
      update.put(
        file.catalog.getRef('Pages')!,
        PdfDict.of({ Type: PdfName.of('Pages'), Kids: kids, Count: 0 }),
      );
    });
    expect(['document.damaged', 'invalid']).toContain(await outcome(pages));
    const action = updated(signed, (update, file) => {
      const open = PdfDict.of({
        S: PdfName.of('URI'),
        URI: new PdfString(Buffer.from('http://example.org')),
      });
      update.put(rootRef(file), file.catalog.clone().set('OpenAction', open));
    });
    expect(await check(action)).toMatchObject(content);
  });

  test('an annotation laid over the page', async () => {
    const bytes = updated(await stamped(letter, signer), (update, file) => {
      const page = file.page(0);
      const note = update.add(
        PdfDict.of({
          Type: PdfName.of('Annot'),
          Subtype: PdfName.of('FreeText'),
          Rect: [100, 100, 300, 200],
          Contents: PdfString.text('Paid'),
        }),
      );
      update.put(page.ref, page.dict.clone().set('Annots', [...(file.array(page.annots) ?? []), note]));
    });
    expect(await check(bytes)).toMatchObject({
      ...content,
      signatures: [{ changesAfter: ['annotation'], reason: 'forbidden-change-after' }],
    });
  });

  test('the look of the seal replaced', async () => {
    const bytes = updated(await stamped(letter, signer), (update, file) => {
      const [field] = signatureFields(file);
      const look = update.add(new PdfStream(PdfDict.of({ Subtype: PdfName.of('Form') }), Buffer.from('q Q')));
      update.put(field!.ref!, field!.dict.clone().set('AP', PdfDict.of({ N: look })));
    });
    expect(await check(bytes)).toMatchObject(content);
  });

  test('the seal taken off the page', async () => {
    const bytes = updated(await stamped(letter, signer), (update, file) => {
      const page = file.page(0);
      update.put(page.ref, page.dict.clone().set('Annots', []));
    });
    expect(await check(bytes)).toMatchObject(content);
  });

  test('validation data and document properties are allowed', async () => {
    const bytes = updated(await stamped(letter, signer), (update, file) => {
      const certificate = update.add(new PdfStream(new PdfDict(), Buffer.from(root.der)));
      const store = update.add(PdfDict.of({ Type: PdfName.of('DSS'), Certs: [certificate] }));
      update.put(rootRef(file), file.catalog.clone().set('DSS', store));
      const info = file.trailer.getRef('Info');
      if (info) update.put(info, PdfDict.of({ Title: PdfString.text('Renamed') }));
    });
    const report = await check(bytes);
    expect(report.verdict).toBe('valid');
    expect(report.signatures[0]?.changesAfter).toContain('validation-data');
  });

  test('objects written again unchanged are no change', async () => {
    const bytes = updated(await stamped(letter, signer), (update, file) => {
      update.put(file.page(0).ref, file.page(0).dict.clone());
      update.put(rootRef(file), file.catalog.clone());
    });
    expect(await check(bytes)).toMatchObject({ verdict: 'valid', signatures: [{ changesAfter: [] }] });
  });

  test('bytes that belong to nothing', async () => {
    const bytes = Buffer.concat([
      await stamped(letter, signer),
      Buffer.from('9999 0 obj (hidden) endobj\n'.repeat(3)),
    ]);
    expect(await check(bytes)).toMatchObject({
      ...content,
      signatures: [{ integrity: 'intact', changesAfter: ['other'], reason: 'forbidden-change-after' }],
    });
  });

  test('a new cross-reference that makes the file unreadable is never valid', async () => {
    const signed = await stamped(letter, signer);
    for (const tail of [
      '\nxref\n0 0\ntrailer\n<<>>\nstartxref\n0\n%%EOF',
      '\nstartxref\n12\n%%EOF',
      '\ntrailer <</Root 1 0 R>>\n%%EOF',
    ]) {
      expect(await outcome(Buffer.concat([signed, Buffer.from(tail)])), tail).not.toBe('valid');
    }
  });
});

async function outcome(bytes: Buffer): Promise<string> {
  try {
    return (await check(bytes)).verdict;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code;
  }
}
