import { sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { extensionSets, OpenSsl } from '../../../softhsm-fixtures/openssl.ts';
import { runYinkey } from '../../../softhsm-fixtures/yinkey.ts';
import { sealInspectionSchema } from '../../shared/domain/index.ts';
import { der } from '../certificates/index.ts';
import { assembleSeal, sealInfo } from '../seals/index.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-cli-seal-'));
const openssl = new OpenSsl();
afterAll(() => {
  openssl.close();
  rmSync(dir, { recursive: true, force: true });
});
const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(path.join(dir, name), content);
  return name;
};
const yinkey = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  runYinkey(args, { cwd: dir, env: { XDG_DATA_HOME: path.join(dir, 'data'), ...env } });
const inspect = (...args: string[]) => yinkey(['seal', 'inspect', ...args, '--json']);

const root = openssl.issue({ subject: '/CN=Root', extensions: extensionSets.root });
const maker = openssl.issue({ subject: '/CN=Seal maker', extensions: extensionSets.signer, issuer: root });
const holder = openssl.issue({ subject: '/O=91440300708461136T某某公司/CN=44010000000001', issuer: root });
const trust = ['--trust', root.path];
let png: Buffer;
beforeAll(async () => {
  const background = { r: 200, g: 0, b: 0, alpha: 0.5 };
  png = await sharp({ create: { width: 60, height: 60, channels: 4, background } })
    .png()
    .toBuffer();
});

function seal(width = 42, picture: Buffer = png): Buffer {
  const info = sealInfo({
    vendor: 'YINKEY',
    id: '44010000000001',
    type: 1,
    name: '某某公司',
    list: { type: 1, certificates: [holder.der] },
    createdAt: new Date(),
    validFrom: new Date(Date.now() - 3_600_000),
    validUntil: new Date(Date.now() + 86_400_000),
    picture: { type: 'PNG', data: picture, width, height: width },
    extensions: [],
  });
  const signature = sign('sha256', info, maker.privateKey);
  return assembleSeal(info, { certificate: maker.der, algorithm: '1.2.840.10045.4.3.2', signature });
}

test('a seal: what it says, and every step of its verification', async () => {
  const run = await inspect(file('good.esl', seal()), ...trust);
  const report = sealInspectionSchema.parse(run.json());
  expect(report).toMatchObject({
    kind: 'seal',
    verdict: 'valid',
    code: null,
    seal: {
      standard: 'V4',
      id: '44010000000001',
      name: '某某公司',
      maker: 'CN=Seal maker',
      picture: { type: 'PNG', bytes: png.length, widthMm: 42, heightMm: 42 },
      listType: 'certificates',
      listed: 1,
      list: [{ subject: expect.stringContaining('91440300708461136T') }],
    },
  });
  expect(report.steps.map(({ step, state }) => [step, state])).toEqual(
    ['format', 'maker-signature', 'maker-certificate', 'dates', 'listed', 'picture', 'rules'].map((step) => [
      step,
      'ok',
    ]),
  );
  expect(run.code).toBe(0);
});

test('one that must not be used: exit code 1 and the reason, for scripts and for people', async () => {
  const wide = await inspect(file('wide.esl', seal(50)), ...trust);
  expect(wide.code).toBe(1);
  expect(wide.json()).toMatchObject({ verdict: 'invalid', code: 'seal.oversize' });
  const picture = await inspect(file('half.esl', seal(42, png.subarray(0, 40))), ...trust);
  expect(picture.json()).toMatchObject({ verdict: 'invalid', code: 'seal.picture-unreadable' });
  const chinese = await yinkey(['seal', 'inspect', 'wide.esl', ...trust], {
    LANG: 'zh_CN.UTF-8',
    LC_ALL: '',
  });
  expect(chinese.out).toContain('印章的尺寸不合规定 (seal.oversize)');
  const english = await yinkey(['seal', 'inspect', 'wide.esl', ...trust]);
  expect(english.out).toMatch(/INVALID[\s\S]*size and unit: FAILED \(size\)/);
  // Without roots of the caller's choice, the user's own: none here.
  const own = await inspect('good.esl');
  expect(own.json()).toMatchObject({ verdict: expect.stringMatching(/invalid|unproven/) });
});

test('a document’s signature with SM2, and a plain picture, are told as what they are', async () => {
  const sample = readFileSync(new URL('../seals/ses/samples/signature-v4-sm2.der', import.meta.url));
  const [toSign, signer] = der.readDer(sample).children;
  const certificates = [toSign!.at(1).at(1).value, signer!.value];
  const pem = certificates.map(
    (one) =>
      `-----BEGIN CERTIFICATE-----\n${Buffer.from(one).toString('base64')}\n-----END CERTIFICATE-----\n`,
  );
  const run = await inspect(file('signature.dat', sample), '--trust', file('sm2.pem', pem.join('')));
  expect(run.code).toBe(1);
  const report = sealInspectionSchema.parse(run.json());
  expect(report).toMatchObject({ kind: 'signature', signature: { signer: 'CN=TEST SIGNER' } });
  const not = report.steps.filter(({ state }) => state !== 'ok').map(({ step, reason }) => [step, reason]);
  // Its picture is eight bytes long.
  expect(not).toEqual([
    ['digest', 'no-original'],
    ['picture', 'undecodable'],
  ]);
  const picture = await inspect(file('seal.png', png));
  expect(picture.code).toBe(1);
  expect(picture.json()).toMatchObject({ kind: 'picture', verdict: null, picture: { widthPx: 60 } });
});

test('what is none of them', async () => {
  const text = await inspect(file('text.esl', 'a letter'), ...trust);
  expect(text).toMatchObject({ code: 1 });
  expect(text.json()).toMatchObject({ error: { code: 'seal.unreadable' } });
  expect((await inspect('nothing.esl', ...trust)).json()).toMatchObject({
    error: { code: 'document.not-found' },
  });
  expect((await inspect('.', ...trust)).json()).toMatchObject({ error: { code: 'seal.unreadable' } });
});
