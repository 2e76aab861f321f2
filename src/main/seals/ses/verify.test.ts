import { createHash, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { extensionSets, OpenSsl, type OpenSslCertificate } from '../../../../softhsm-fixtures/openssl.ts';
import type { SealStepName, SealVerification } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { der, parseCertificate } from '../../certificates/index.ts';
import type { SealExpectation } from './rules.ts';
import { loadSm } from './sm2.ts';
import { readSeal, readSealSignature, type SealInfo } from './structure.ts';
import { type SealQuestion, sealRefusal, verifySeal, verifySealSignature } from './verify.ts';
import { assembleSeal, assembleSignature, sealInfo, signatureInfo } from './write.ts';

const vector = readFileSync(new URL('samples/signature-v4-sm2.der', import.meta.url));
const original = Buffer.from('<fake Signature.xml/>');
const parts = readSealSignature(vector);
const decodes = async () => ({ widthPx: 496, heightPx: 496 });
const at2026 = new Date('2026-01-01T00:00:00Z');
const vectorQuestion = {
  roots: [parseCertificate(parts.seal.maker), parseCertificate(parts.signer)],
  at: at2026,
  picture: decodes,
};
const withState = ({ steps }: SealVerification, state: string) =>
  steps.filter((step) => step.state === state).map(({ step }) => step);
const reasonOf = ({ steps }: SealVerification, name: SealStepName) => {
  const found = steps.find(({ step }) => step === name);
  return found && `${found.state}: ${found.reason}`;
};

const openssl = new OpenSsl();
afterAll(() => openssl.close());
const unit = '91440300708461136T';
const root = openssl.issue({ subject: '/CN=Root of makers', extensions: extensionSets.root });
const issueMaker = (more: object = {}) =>
  openssl.issue({ subject: '/CN=Seal maker', extensions: extensionSets.signer, issuer: root, ...more });
const ecMaker = issueMaker();
const holder = openssl.issue({ subject: `/O=${unit}某某公司/CN=44010000000001`, issuer: root });
const facts = (certificate: { der: Buffer }) => parseCertificate(certificate.der);

const info: Omit<SealInfo, 'version'> = {
  vendor: 'YINKEY',
  id: '44010000000001',
  type: 1,
  name: '某某公司',
  list: { type: 1, certificates: [holder.der] },
  createdAt: at2026,
  validFrom: new Date(Date.now() - 3_600_000),
  validUntil: new Date(Date.now() + 86_400_000),
  picture: { type: 'PNG', data: Buffer.from('89504e470d0a1a0a', 'hex'), width: 42, height: 42 },
  extensions: [],
};
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const sha256WithRsa = '1.2.840.113549.1.1.11';

function signedBy(maker: OpenSslCertificate, data: Uint8Array, algorithm = ecdsaWithSha256) {
  return { certificate: maker.der, algorithm, signature: sign('sha256', data, maker.privateKey) };
}
const made = (more: Partial<typeof info> = {}, maker = ecMaker) => {
  const bytes = sealInfo({ ...info, ...more });
  return assembleSeal(bytes, signedBy(maker, bytes));
};
const ask = async (seal: Uint8Array, more: Partial<SealQuestion> = {}) => {
  const question = { roots: [facts(root)], at: new Date(), certificate: facts(holder), picture: decodes };
  return (await verifySeal(seal, { ...question, ...more })).verification;
};

describe('the sample of V4 with SM2', () => {
  it('is valid, step by step', async () => {
    const { verification } = await verifySealSignature(vector, { ...vectorQuestion, original });
    expect(verification.verdict).toBe('valid');
    expect(verification.steps.map(({ step, state }) => `${step} ${state}`)).toEqual([
      'format ok',
      'signature ok',
      'digest ok',
      'signer-certificate ok',
      'signing-time ok',
      'maker-signature ok',
      'maker-certificate ok',
      'dates ok',
      'listed ok',
      'picture ok',
      'rules ok',
    ]);
  });

  it('is not proven without the document, and refused with another', async () => {
    const without = await verifySealSignature(vector, vectorQuestion);
    expect(without.verification.verdict).toBe('unproven');
    expect(withState(without.verification, 'unknown')).toEqual(['digest']);
    const other = await verifySealSignature(vector, { ...vectorQuestion, original: Buffer.from('<x/>') });
    expect(withState(other.verification, 'failed')).toEqual(['digest']);
    expect(sealRefusal(other.verification)).toMatchObject({ code: 'seal.document-signature' });
  });

  /** Where a part stands in the sample. */
  const place = (part: Uint8Array) => {
    const from = part.byteOffset - vector.byteOffset;
    return (at: number) => at >= from && at < from + part.length;
  };
  // What has to be named when a byte of that part is another one, and the whole can still be read.
  const expectations: [(at: number) => boolean, SealStepName[]][] = [
    [place(parts.seal.signed), ['signature', 'maker-signature']],
    [place(parts.seal.maker), ['signature', 'maker-certificate']],
    [place(parts.seal.raw), ['signature', 'maker-signature']],
    [place(parts.digest), ['signature', 'digest']],
    [place(parts.signed), ['signature']],
    [place(parts.signer), ['signer-certificate', 'listed']],
    [() => true, ['signature']],
  ];

  it('is refused with any byte changed, and the right step is named', async () => {
    for (let position = 0; position < vector.length; position++) {
      const changed = Buffer.from(vector);
      changed[position]! ^= 1 << (position % 8);
      const { verification } = await verifySealSignature(changed, { ...vectorQuestion, original });
      expect(verification.verdict, `byte ${position}`).toBe('invalid');
      const named = withState(verification, 'failed');
      const wanted = expectations.find(([holds]) => holds(position))![1];
      if (named[0] === 'format') expect(named).toEqual(['format']);
      else expect(named, `byte ${position}`).toEqual(expect.arrayContaining(wanted));
    }
  });

  it('so is its seal on its own', async () => {
    const seal = Buffer.from(parts.seal.raw);
    const signer = parseCertificate(parts.signer);
    const whole = await verifySeal(seal, { ...vectorQuestion, certificate: signer });
    expect(whole.verification.verdict).toBe('valid');
    const inMaker = (at: number) =>
      place(parts.seal.maker)(at + parts.seal.raw.byteOffset - vector.byteOffset);
    for (let position = 0; position < seal.length; position++) {
      const changed = Buffer.from(seal);
      changed[position]! ^= 0x80 >> (position % 8);
      const { verification } = await verifySeal(changed, { ...vectorQuestion, certificate: signer });
      expect(verification.verdict, `byte ${position}`).toBe('invalid');
      const named = withState(verification, 'failed');
      if (named[0] === 'format') expect(named).toEqual(['format']);
      else
        expect(named, `byte ${position}`).toContain(
          inMaker(position) ? 'maker-certificate' : 'maker-signature',
        );
    }
  });
});

describe('seals that are made here', () => {
  it.each([
    ['EC P-256', 'P-256', ecdsaWithSha256],
    ['RSA 2048', 'rsa:2048', sha256WithRsa],
  ])(
    '%s: openssl reads the structure and checks the signature over the raw part',
    async (_name, key, oid) => {
      const maker = issueMaker({ key });
      const bytes = sealInfo(info);
      const seal = assembleSeal(bytes, signedBy(maker, bytes, oid));
      const words = openssl.run(['asn1parse', '-inform', 'DER'], seal).toString();
      expect(words).toContain('UTF8STRING        :某某公司');
      expect(words).not.toMatch(/error/i);
      const [raw, , , value] = der.readDer(seal).children;
      const signature = openssl.file('seal.sig', der.readBitBytes(value!));
      const publicKey = openssl.run(['x509', '-in', maker.path, '-pubkey', '-noout']);
      const key_ = openssl.file('maker.pub', publicKey);
      const said = openssl.ask(['dgst', '-sha256', '-verify', key_, '-signature', signature], raw!.raw);
      expect(said).toMatchObject({ ok: true, words: expect.stringContaining('Verified OK') });
      expect(await ask(seal)).toMatchObject({ verdict: 'valid' });
    },
  );

  it('ECDSA with r and s side by side is taken too', async () => {
    const bytes = sealInfo(info);
    const key = { key: ecMaker.privateKey, dsaEncoding: 'ieee-p1363' as const };
    const signature = sign('sha256', bytes, key);
    const seal = assembleSeal(bytes, { certificate: ecMaker.der, algorithm: ecdsaWithSha256, signature });
    expect(await ask(seal)).toMatchObject({ verdict: 'valid' });
  });

  it('SM2 chain, SM2 signature by openssl, SM3 digests in the list', async () => {
    const sm = await loadSm();
    const smRoot = openssl.issue({
      subject: '/CN=SM2 root',
      key: 'sm2',
      digest: 'sm3',
      extensions: extensionSets.root,
      signing: ['-sigopt', 'distid:1234567812345678'],
    });
    const maker = openssl.issue({
      subject: '/CN=SM2 maker',
      key: 'sm2',
      digest: 'sm3',
      extensions: extensionSets.signer,
      issuer: smRoot,
      signing: ['-sigopt', 'distid:1234567812345678'],
    });
    const bytes = sealInfo({
      ...info,
      list: { type: 2, digests: [{ type: 'SM3', value: sm.digest(holder.der) }] },
    });
    const file = openssl.file('info.der', bytes);
    const distid = ['-pkeyopt', 'distid:1234567812345678'];
    const args = ['pkeyutl', '-sign', '-rawin', '-digest', 'sm3', '-inkey', maker.keyPath, '-in', file];
    const signature = openssl.run([...args, ...distid]);
    const seal = assembleSeal(bytes, {
      certificate: maker.der,
      algorithm: '1.2.156.10197.1.501',
      signature,
    });
    expect(await ask(seal, { roots: [facts(smRoot)] })).toMatchObject({ verdict: 'valid' });
    const stranger = await ask(seal, { roots: [facts(smRoot)], certificate: facts(root) });
    expect(reasonOf(stranger, 'listed')).toBe('failed: not-listed');
    const other = await ask(seal, { roots: [facts(root)] });
    expect(reasonOf(other, 'maker-certificate')).toBe('failed: issuer-missing');
  });

  it.each(['SHA256', 'SHA-256', '2.16.840.1.101.3.4.2.1'])('digests in the list named %s', async (type) => {
    const value = createHash('sha256').update(holder.der).digest();
    const seal = made({ list: { type: 2, digests: [{ type, value }] } });
    expect(await ask(seal)).toMatchObject({ verdict: 'valid' });
    expect(reasonOf(await ask(seal, { certificate: facts(root) }), 'listed')).toBe('failed: not-listed');
    const wide = made({
      list: { type: 2, digests: [{ type, value }] },
      picture: { ...info.picture, width: 50 },
    });
    // The list names nobody; whose unit's seal it is, the certificate says that is asked about.
    expect(reasonOf(await ask(wide), 'rules')).toBe('failed: size');
  });

  it('a document’s signature with one', async () => {
    const document = Buffer.from('the protected bytes');
    const stamped = (seal: Uint8Array, signedAt = new Date(), by = holder) => {
      const digest = openssl.run(['dgst', '-sha256', '-binary'], document);
      const bytes = signatureInfo(seal, { signedAt, digest, property: '/x', extensions: [] });
      return assembleSignature(bytes, signedBy(by, bytes));
    };
    const question = { roots: [facts(root)], at: new Date(), picture: decodes, original: document };
    const verdictOf = async (bytes: Uint8Array) => (await verifySealSignature(bytes, question)).verification;
    expect(await verdictOf(stamped(made()))).toMatchObject({ verdict: 'valid' });
    const foreign = await verdictOf(stamped(made(), new Date(), ecMaker));
    expect(withState(foreign, 'failed')).toEqual(['listed']);
    const late = await verdictOf(stamped(made(), new Date(Date.now() + 600_000)));
    expect(withState(late, 'failed')).toEqual(['signing-time']);
    const strange = await verifySealSignature(stamped(made()), { ...question, roots: [facts(ecMaker)] });
    expect(sealRefusal(strange.verification)).toMatchObject({ code: 'seal.signer-unknown' });
    const early = await verdictOf(stamped(made(), new Date(Date.now() - 7_200_000)));
    expect(reasonOf(early, 'dates')).toBe('failed: not-yet-valid');
    const sealed = openssl.run(['dgst', '-sha256', '-binary'], document);
    const bytes = signatureInfo(made(), {
      signedAt: new Date(),
      digest: sealed,
      property: '/',
      extensions: [],
    });
    const timed = assembleSignature(bytes, signedBy(holder, bytes), Buffer.from('3000', 'hex'));
    expect(await verdictOf(timed)).toMatchObject({ verdict: 'unproven' });
  });
});

describe('a seal is refused, and the step and the code say why', () => {
  const day = 86_400_000;
  const wrongCode = openssl.issue({ subject: '/O=914403007084611360某某公司/CN=x', issuer: root });
  const university = openssl.issue({ subject: '/O=12100000400002259P某某大学/CN=x', issuer: root });
  const organ = openssl.issue({ subject: '/O=115300000151003540某某厅/CN=x', issuer: root });
  const wide = (width: number, height = width) => ({ picture: { ...info.picture, width, height } });
  const holds = (certificate: { der: Buffer }) => ({
    list: { type: 1 as const, certificates: [certificate.der] },
  });
  const sealWith = (
    certificate: Uint8Array,
    algorithm: string,
    hash = 'sha256',
    key = ecMaker.privateKey,
  ) => {
    const bytes = sealInfo(info);
    return assembleSeal(bytes, { certificate, algorithm, signature: sign(hash, bytes, key) });
  };
  const broken = async () => {
    throw new YinkeyError('seal.not-a-picture');
  };
  type Case = [
    string,
    () => Uint8Array,
    Partial<SealQuestion> & { expected?: SealExpectation },
    SealStepName,
    string,
    string,
  ];
  it.each<Case>([
    [
      'of another certificate',
      () => made(),
      { certificate: facts(root) },
      'listed',
      'failed: not-listed',
      'seal.not-listed',
    ],
    [
      'with nobody in its list',
      () => made({ list: { type: 1, certificates: [] } }),
      {},
      'listed',
      'failed: empty',
      'seal.not-listed',
    ],
    [
      'with digests of a kind that is not known',
      () => made({ list: { type: 2, digests: [{ type: 'MD5', value: Buffer.alloc(16) }] } }),
      {},
      'listed',
      'unknown: digest-unsupported',
      'seal.unproven',
    ],
    [
      'expired',
      () => made({ validUntil: new Date(Date.now() - 1000) }),
      {},
      'dates',
      'failed: expired',
      'seal.expired',
    ],
    [
      'not yet valid',
      () => made({ validFrom: new Date(Date.now() + 5000) }),
      {},
      'dates',
      'failed: not-yet-valid',
      'seal.not-yet-valid',
    ],
    [
      'with dates that contradict each other',
      () => made({ validUntil: new Date(Date.now() - day) }),
      {},
      'dates',
      'failed: contradictory',
      'seal.expired',
    ],
    [
      'of a maker whom no root stands behind',
      () => made(),
      { roots: [facts(holder)] },
      'maker-certificate',
      'failed: issuer-missing',
      'seal.maker-unknown',
    ],
    [
      'without any roots to judge by',
      () => made(),
      { roots: [] },
      'maker-certificate',
      'unknown: no-roots',
      'seal.unproven',
    ],
    [
      'of a maker who is revoked',
      () => made(),
      { revocation: () => ({ since: new Date(Date.now() - day) }) },
      'maker-certificate',
      'failed: revoked',
      'seal.maker-revoked',
    ],
    [
      'of a maker who is revoked, nobody says since when',
      () => made(),
      { revocation: () => ({ since: null }) },
      'maker-certificate',
      'failed: revoked',
      'seal.maker-revoked',
    ],
    [
      'of a maker whose certificate is over',
      () => made({}, issueMaker({ notBefore: '20240101000000Z', notAfter: '20250101000000Z' })),
      {},
      'maker-certificate',
      'failed: expired',
      'seal.maker-unknown',
    ],
    [
      'signed with a certificate for something else',
      () => made({}, issueMaker({ extensions: ['keyUsage = critical,keyAgreement'] })),
      {},
      'maker-certificate',
      'failed: usage',
      'seal.maker-unknown',
    ],
    [
      'signed by somebody else',
      () => sealWith(ecMaker.der, ecdsaWithSha256, 'sha256', root.privateKey),
      {},
      'maker-signature',
      'failed: signature-wrong',
      'seal.signature-wrong',
    ],
    [
      'whose algorithm is not that of the key',
      () => sealWith(ecMaker.der, '1.2.156.10197.1.501'),
      {},
      'maker-signature',
      'failed: signature-wrong',
      'seal.signature-wrong',
    ],
    [
      'whose algorithm is not known',
      () => sealWith(ecMaker.der, '1.2.3.4'),
      {},
      'maker-signature',
      'unknown: algorithm-unsupported',
      'seal.unproven',
    ],
    [
      'signed over SHA-1',
      () => sealWith(ecMaker.der, '1.2.840.10045.4.1', 'sha1'),
      {},
      'maker-signature',
      'unknown: algorithm-weak',
      'seal.unproven',
    ],
    [
      'with bytes behind the maker’s certificate',
      () => sealWith(Buffer.concat([ecMaker.der, Buffer.alloc(4)]), ecdsaWithSha256),
      {},
      'maker-certificate',
      'failed: unreadable',
      'seal.maker-unknown',
    ],
    [
      'whose picture is broken',
      () => made(),
      { picture: broken },
      'picture',
      'failed: undecodable',
      'seal.picture-unreadable',
    ],
    [
      'whose picture is of another kind',
      () => made(),
      { picture: async () => null },
      'picture',
      'unknown: type-unsupported',
      'seal.unproven',
    ],
    ['an enterprise’s of 50 mm', () => made(wide(50)), {}, 'rules', 'failed: size', 'seal.oversize'],
    [
      'a university’s of 46 mm',
      () => made({ ...wide(46), ...holds(university) }),
      { certificate: facts(university) },
      'rules',
      'failed: size',
      'seal.oversize',
    ],
    [
      'an organ’s of 61 mm',
      () => made({ ...wide(61), ...holds(organ) }),
      { certificate: facts(organ) },
      'rules',
      'failed: size',
      'seal.oversize',
    ],
    ['of no size', () => made(wide(0)), {}, 'rules', 'failed: size', 'seal.oversize'],
    [
      'an invoice seal of 42 mm',
      () => made({ name: '某某公司发票专用章' }),
      {},
      'rules',
      'failed: size',
      'seal.oversize',
    ],
    [
      'of a unit whose credit code does not fit',
      () => made(holds(wrongCode)),
      { certificate: facts(wrongCode) },
      'rules',
      'failed: credit-code',
      'seal.credit-code',
    ],
    [
      'of another unit than the application’s',
      () => made(),
      { expected: { creditCode: '12100000400002259P' } },
      'rules',
      'failed: credit-code',
      'seal.credit-code',
    ],
    [
      'of no unit where one is wanted',
      () => made(holds(root)),
      { certificate: facts(root), expected: { creditCode: unit } },
      'rules',
      'failed: credit-code',
      'seal.credit-code',
    ],
    ['without a name', () => made({ name: ' ' }), {}, 'rules', 'failed: name-missing', 'seal.unreadable'],
    ['not a seal at all', () => Buffer.from('none'), {}, 'format', 'failed: unreadable', 'seal.unreadable'],
  ])('%s', async (_name, make, question, step, reason, code) => {
    const verification = await ask(make(), question);
    expect(reasonOf(verification, step)).toBe(reason);
    expect(verification.verdict).toBe(reason.startsWith('failed') ? 'invalid' : 'unproven');
    expect(sealRefusal(verification)).toMatchObject({ code, details: { step } });
  });

  it.each<[string, Partial<typeof info>, Partial<SealQuestion>]>([
    ['invoice seal of 40 x 30 mm', { name: '某某公司发票专用章', ...wide(40, 30) }, {}],
    ['contract seal of 58 mm', { name: '某某公司合同专用章', ...wide(58) }, {}],
    ['an organ’s of 50 mm', { ...wide(50), ...holds(organ) }, { certificate: facts(organ) }],
    ['revoked after it was used', {}, { revocation: () => ({ since: new Date(Date.now() + day) }) }],
  ])('but not %s', async (_name, seal, question) => {
    const verification = await ask(made(seal), question);
    expect(verification).toMatchObject({ verdict: 'valid' });
    expect(sealRefusal(verification)).toBeNull();
  });

  it('GM/T 0031-2025 judges the maker when the seal was made', async () => {
    const maker = issueMaker({ notBefore: '20240101000000Z', notAfter: '20250101000000Z' });
    const v5 = (createdAt: Date, timestamp: Buffer[] = []) => {
      const [header, ...rest] = der.readDer(sealInfo({ ...info, createdAt })).children.map(({ raw }) => raw);
      const [es, , vendor] = der.readDer(header!).children.map(({ raw }) => raw);
      const bytes = der.seq(der.seq(es!, der.int(5), vendor!), ...rest);
      const { certificate, algorithm, signature } = signedBy(maker, bytes);
      return der.seq(bytes, der.octets(certificate), der.oid(algorithm), der.bits(signature), ...timestamp);
    };
    const madeThen = new Date('2024-06-01T00:00:00Z');
    const roots = [parseCertificate(maker.der)];
    expect(await ask(v5(madeThen), { roots })).toMatchObject({ verdict: 'valid' });
    expect(reasonOf(await ask(v5(new Date()), { roots }), 'maker-certificate')).toBe('failed: expired');
    const future = await ask(v5(new Date(Date.now() + day)), { roots });
    expect(reasonOf(future, 'dates')).toBe('failed: made-in-future');
    const timed = await ask(v5(madeThen, [der.explicit(0, der.bits(Buffer.from('3000', 'hex')))]), { roots });
    expect(reasonOf(timed, 'timestamp')).toBe('unknown: not-checked');
  });

  it('GM/T 0031-2014 is verified over info, certificate and algorithm', async () => {
    const date = (at: Date) => der.utcTime(at);
    const [header, id, , picture] = der.readDer(sealInfo(info)).children.map(({ raw }) => raw);
    const list = der.seq(der.octets(holder.der));
    const dates = [info.createdAt, info.validFrom, info.validUntil].map(date);
    const old = der.seq(header!, id!, der.seq(der.int(1), der.utf8('旧章'), list, ...dates), picture!);
    const members = [old, der.octets(ecMaker.der), der.oid(ecdsaWithSha256)] as const;
    const signature = sign('sha256', der.seq(...members), ecMaker.privateKey);
    const [first, ...rest] = members;
    const seal = der.seq(first, der.seq(...rest, der.bits(signature)));
    expect(readSeal(seal).standard).toBe(1);
    expect(await ask(seal)).toMatchObject({ verdict: 'valid' });
  });
});

describe('mutations', () => {
  const own = made();
  const samples = [
    {
      bytes: vector as Uint8Array,
      content: (bytes: Uint8Array) => readSealSignature(bytes).signed,
      verify: async (bytes: Uint8Array) =>
        (await verifySealSignature(bytes, { ...vectorQuestion, original })).verification,
    },
    {
      bytes: own as Uint8Array,
      content: (bytes: Uint8Array) => readSeal(bytes).signed,
      verify: (bytes: Uint8Array) => ask(bytes),
    },
  ];
  const edit = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('set', 'remove', 'insert', 'copy', 'cut'),
    byte: fc.nat(255),
    length: fc.integer({ min: 1, max: 40 }),
  });
  const apply = (
    bytes: Uint8Array,
    edits: readonly { at: number; kind: string; byte: number; length: number }[],
  ) => {
    let out = Buffer.from(bytes);
    for (const { at, kind, byte, length } of edits) {
      const place = out.length === 0 ? 0 : at % out.length;
      const head = out.subarray(0, place);
      if (kind === 'set') out = Buffer.concat([head, Buffer.of(byte), out.subarray(place + 1)]);
      if (kind === 'remove') out = Buffer.concat([head, out.subarray(place + length)]);
      if (kind === 'insert') out = Buffer.concat([head, Buffer.alloc(length, byte), out.subarray(place)]);
      if (kind === 'copy')
        out = Buffer.concat([head, out.subarray(place, place + length), out.subarray(place)]);
      if (kind === 'cut') out = out.subarray(0, place);
    }
    return out;
  };

  it('1,500 of them: never a crash, never accepted with other content', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        async ({ bytes, content, verify }, edits) => {
          const changed = apply(bytes, edits);
          const { verdict } = await verify(changed);
          if (verdict === 'valid') expect(Buffer.from(content(changed)).equals(content(bytes))).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
  });
});
