import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { der } from '../../src/main/certificates/index.ts';
import { readSeal, readSealExtensions, verifySeal } from '../../src/main/seals/ses/index.ts';
import { sealMakingLimits } from '../../src/shared/domain/seal-making.ts';
import { OpenSsl } from '../openssl.ts';
import { ringSeal, sealWorkshop } from '../sealing.ts';
import { openSealMaker } from './practice-seals.ts';
import { ensureAuthority } from './root.ts';
import { type JudgedRequest, sealIdOf } from './seal-maker.ts';

const dir = mkdtempSync(join(tmpdir(), 'seal-maker-'));
const openssl = new OpenSsl();
afterAll(() => {
  openssl.close();
  rmSync(dir, { recursive: true, force: true });
});

const workshop = await sealWorkshop(dir);
const { maker, roots, pool } = workshop;
const { certificate } = await workshop.holder();
const record = workshop.record(certificate);

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const measured = (widthMm: number, heightMm = widthMm): JudgedRequest['measured'] => ({
  ...{ shape: 'circle', widthMm, heightMm, rotation: 0, verdict: 'good', checks: [] },
});
const sized = async (widthMm: number, heightMm = widthMm) => ({
  ...{ widthMm, heightMm, measured: measured(widthMm, heightMm) },
  picture: base64(await ringSeal(widthMm, 300)),
  smallPicture: base64(await ringSeal(widthMm, 150)),
});
const request: JudgedRequest = {
  name: '公章',
  kind: 'official',
  unit: '云南省示范区住房保障中心',
  creditCode: '12530199MB1A27343Y',
  administrator: '李明华',
  ...(await sized(42)),
};
const company = { unit: '深圳市腾讯计算机系统有限公司', creditCode: '91440300708461136T' };

describe('a request is judged by the rules', () => {
  const rulesOf = (given: Partial<JudgedRequest>, of = certificate) =>
    maker.judge({ ...request, ...given }, of).map(({ rule }) => rule);

  it('and what keeps them is taken', async () => {
    expect(rulesOf({})).toEqual([]);
    expect(rulesOf({ name: '云南省示范区住房保障中心 公章' })).toEqual([]);
    expect(rulesOf(await sized(45))).toEqual([]);
    const organ = { unit: '某某厅', creditCode: '115300000151003540' };
    const { certificate: wide } = await workshop.holder(organ);
    expect(rulesOf({ ...organ, ...(await sized(50)) }, wide)).toEqual([]);
  });

  type Row = [string, string[], () => Partial<JudgedRequest> | Promise<Partial<JudgedRequest>>];
  it.each<Row>([
    [
      'a credit code whose check character is wrong',
      ['credit-code'],
      () => ({ creditCode: '12530199MB1A27343X' }),
    ],
    ['a credit code of another unit', ['credit-code'], () => ({ creditCode: company.creditCode })],
    ['another unit', ['unit'], () => ({ unit: company.unit })],
    ['another seal than the certificate’s', ['name'], () => ({ name: '财务专用章' })],
    ['50 mm for a public institution', ['size'], () => sized(50)],
    ['an invoice seal that is round', ['size'], () => ({ kind: 'invoice' as const })],
    ['another size than was measured', ['measured'], () => ({ measured: measured(41) })],
    ['two administrators', ['administrator'], () => ({ administrator: '李明华、王芳' })],
    ['a picture that is none', ['picture'], () => ({ picture: base64(Buffer.from('GIF89a')) })],
    [
      'a picture that is too large',
      ['picture'],
      () => ({
        picture: base64(Buffer.alloc(sealMakingLimits.pictureBytes + 1)),
      }),
    ],
    ['a picture too coarse', ['picture'], async () => ({ picture: base64(await ringSeal(42, 200)) })],
    [
      'a small picture of another shape',
      ['small-picture'],
      () => {
        const png = Buffer.from(request.smallPicture, 'base64');
        png.writeUInt32BE(400, 16);
        return { smallPicture: base64(png) };
      },
    ],
  ])('%s: %s', async (_name, rules, given) => {
    expect(rulesOf(await given())).toEqual(rules);
  });

  it('an enterprise has no official seal of 50 mm, its invoice seal is 40 x 30', async () => {
    const { certificate: official } = await workshop.holder(company);
    expect(rulesOf({ ...company, ...(await sized(50)) }, official)).toEqual(['size']);
    expect(rulesOf({ ...company, ...(await sized(42)) }, official)).toEqual([]);
    const { certificate: invoice } = await workshop.holder({ ...company, seal: '发票专用章' });
    const faults = maker.judge(
      { ...request, ...company, ...(await sized(40)), name: '发票专用章', kind: 'invoice' },
      invoice,
    );
    expect(faults).toMatchObject([{ rule: 'size', text: expect.stringContaining('40 x 30') }]);
  });

  it('a certificate that has ended gets none', async () => {
    const { certificate: old } = await workshop.holder({ notAfter: new Date(Date.now() - 1000) });
    expect(rulesOf({}, old)).toEqual(['certificate']);
  });
});

describe('a seal that is made', () => {
  it('has the same bytes each time, also from a maker that is opened again', async () => {
    const again = await openSealMaker(await ensureAuthority(dir));
    for (const form of ['full', 'digests', 'small'] as const) {
      const bytes = maker.issue(record, form);
      expect(maker.issue(record, form).equals(bytes)).toBe(true);
      expect(again.issue(record, form).equals(bytes)).toBe(true);
    }
  });

  it('is valid in each form, and each is smaller than the one before', async () => {
    const sizes: number[] = [];
    for (const form of ['full', 'digests', 'small'] as const) {
      const bytes = maker.issue(record, form);
      sizes.push(bytes.length);
      const { verification, seal } = await verifySeal(bytes, {
        ...{ roots, pool, certificate, at: new Date(), expected: { kind: 'official' } },
        picture: async () => ({ widthPx: 1, heightPx: 1 }),
      });
      expect(verification).toMatchObject({ verdict: 'valid' });
      expect(seal).toMatchObject({
        ...{ id: record.id, name: '公章', type: 1, vendor: 'YINKEY-PRACTICE' },
        ...{ validFrom: certificate.notBefore, validUntil: certificate.notAfter },
        list: { type: form === 'full' ? 1 : 2 },
        picture: { width: 42, height: 42 },
      });
      expect(readSealExtensions(seal!.extensions)).toEqual({
        ...{ creditCode: '12530199MB1A27343Y', administrator: '李明华', kind: 'official' },
        statusList: maker.statusUrl,
      });
    }
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(new Set(sizes).size).toBe(3);
  });

  it('openssl reads it, its status list and their signatures too', () => {
    const file = openssl.file('maker.der', maker.certificate.der);
    const publicKey = openssl.run(['x509', '-inform', 'DER', '-in', file, '-pubkey', '-noout']);
    const key = openssl.file('maker.pub', publicKey);
    const list = maker.statusList([{ id: record.id, state: 'normal', since: record.createdAt }], 1);
    for (const bytes of [maker.issue(record, 'full'), list]) {
      const words = openssl.run(['asn1parse', '-inform', 'DER'], bytes).toString();
      expect(words).not.toMatch(/error/i);
      expect(words).toContain(`IA5STRING         :${record.id}`);
      const [signed, , , value] = der.readDer(bytes).children;
      const signature = openssl.file('maker.sig', der.readBitBytes(value!));
      const said = openssl.ask(['dgst', '-sha256', '-verify', key, '-signature', signature], signed!.raw);
      expect(said).toMatchObject({ ok: true, words: expect.stringContaining('Verified OK') });
    }
  });

  it('has a number of its district and eight digits of its own', () => {
    expect(sealIdOf('12530199MB1A27343Y', 12)).toBe('53019900000012');
    expect(sealIdOf('91MA0199MB1A27343Y', 12)).toBe('00000000000012');
    for (const number of [0, 1.5, 100_000_000])
      expect(() => sealIdOf('12530199MB1A27343Y', number)).toThrow();
    expect(readSeal(maker.issue(record, 'full')).id).toMatch(/^530199\d{8}$/);
  });
});
