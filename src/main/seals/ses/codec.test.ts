import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { der } from '../../certificates/index.ts';
import { loadSm } from './sm2.ts';
import { readSeal, readSealSignature, type SealInfo } from './structure.ts';
import { assembleSeal, assembleSignature, sealInfo, signatureInfo } from './write.ts';

const vector = readFileSync(new URL('samples/signature-v4-sm2.der', import.meta.url));
const sm = await loadSm();
const sm3 = (bytes: Uint8Array) => sm.digest(bytes).toString('hex');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => Buffer.from(text, 'hex');
const codeOf = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return 'accepted';
};

const tiny: Omit<SealInfo, 'version'> = {
  vendor: 'TESTVENDOR',
  id: '44010000000001',
  type: 1,
  name: '测试公章',
  list: { type: 1, certificates: [unhex('3003020100')] },
  createdAt: new Date('2025-01-01T00:00:00Z'),
  validFrom: new Date('2025-01-01T00:00:00Z'),
  validUntil: new Date('2027-01-01T00:00:00Z'),
  picture: { type: 'PNG', data: unhex('89504e47'), width: 42, height: 42 },
  extensions: [],
};
const by = { certificate: unhex('3000'), algorithm: '1.2.840.113549.1.1.11', signature: unhex('aabb') };
const sealed = (info: Partial<typeof tiny> = {}) => assembleSeal(sealInfo({ ...tiny, ...info }), by);

describe('SES_SealInfo of V4', () => {
  it('is written byte for byte as other programs write it', () => {
    const info = sealInfo(tiny);
    expect(der.readDer(info).children.map(({ raw }) => hex(raw))).toEqual([
      '301316024553020104160a5445535456454e444f52',
      '160e3434303130303030303030303031',
      '30500201010c0ce6b58be8af95e585ace7aba0020101300704053003020100180f32303235303130313030303030305a180f32303235303130313030303030305a180f32303237303130313030303030305a',
      '30111603504e47040489504e4702012a02012a',
    ]);
    expect(info).toHaveLength(141);
    expect(sm3(info)).toBe('b4692f94e3bfa0e4175bbc99ba4a36288920ce0a2c0b8f56bc1ecff4ab1af789');
  });

  it('holds digests of certificates in place of them', () => {
    const value = Buffer.alloc(32, 7);
    const info = sealInfo({ ...tiny, list: { type: 2, digests: [{ type: 'SM3', value }] } });
    expect(hex(info)).toContain(`020102302930271303534d330420${hex(value)}`);
    const seal = readSeal(assembleSeal(info, by));
    expect(seal.list).toEqual({ type: 2, digests: [{ type: 'SM3', value }] });
  });

  it('has extensions without a tag, in the document’s signature with one', () => {
    const extensions = [
      { oid: '1.2.156.10197.6.7.2.2.1', critical: false, value: Buffer.from('2.1') },
      { oid: '1.2.3.4', critical: true, value: Buffer.from('x') },
    ];
    const read = readSeal(sealed({ extensions }));
    expect(der.readDer(read.signed).at(4).tag).toBe(der.tags.sequence);
    expect(read.extensions.map(({ oid, critical }) => [oid, critical])).toEqual([
      ['1.2.156.10197.6.7.2.2.1', false],
      ['1.2.3.4', true],
    ]);
    const signedAt = new Date('2025-06-01T00:00:00Z');
    const info = signatureInfo(read.raw, { signedAt, digest: Buffer.alloc(32), property: '/a', extensions });
    const signature = readSealSignature(assembleSignature(info, by, Buffer.from('3000', 'hex')));
    expect(der.readDer(signature.signed).at(5).tag).toBe(0xa0);
    expect(signature).toMatchObject({ standard: 4, property: '/a', signedAt });
    expect(signature.extensions).toHaveLength(2);
    expect(hex(signature.timestamp!)).toBe('3000');
  });

  it('refuses texts that the structure has no room for', () => {
    expect(codeOf(() => sealInfo({ ...tiny, id: '编号' }))).toBe('seal.unreadable');
    expect(codeOf(() => sealInfo({ ...tiny, createdAt: new Date(Number.NaN) }))).toBe('seal.unreadable');
  });
});

describe('the sample of V4 with SM2', () => {
  const read = readSealSignature(vector);

  it('is read', () => {
    expect(read).toMatchObject({
      standard: 4,
      version: 4,
      signedAt: new Date('2025-06-01T08:30:00Z'),
      property: '/Doc_0/Signs/Sign_0/Signature.xml',
      algorithm: '1.2.156.10197.1.501',
      timestamp: null,
      seal: {
        standard: 4,
        vendor: 'TESTVENDOR',
        id: '44010000000001',
        name: '测试公章',
        type: 1,
        validUntil: new Date('2027-01-01T00:00:00Z'),
        picture: { type: 'PNG', width: 42, height: 42 },
      },
    });
    expect(hex(read.digest)).toBe(sm3(Buffer.from('<fake Signature.xml/>')));
  });

  it.each([
    ['maker', 311, 'a18726eb10aaefbf4e8d62660de22ce0a2a68176ae281bb947760f150685e382', read.seal.maker],
    ['signer', 304, '6904b56843a5075aa540f6b37add801b2efab935eacdfbca7a89723ef7ffc7e3', read.signer],
    [
      'SES_SealInfo',
      451,
      'cffa6c9fb9bbc9784c617b90dd927c7f541dbb7a2b6b620df8ebcedea0417933',
      read.seal.signed,
    ],
    ['SESeal', 854, 'af5b5cc20f39c9fe7cdd223c50fb1b4419e27a093661515a6a0a087bce135c54', read.seal.raw],
    ['TBS_Sign', 948, '7d0a171d2c676a0ea36fa4e0d1b8a27f67d42529f17d6f70f103e95d05e95f05', read.signed],
    ['SES_Signature', 1342, 'e40363d10ab21457a48f3ff8b73e3d95ed77a6a9525fd4a457dee20a159b6cb2', read.raw],
  ])('%s is its very bytes', (_part, length, digest, bytes) => {
    expect(bytes).toHaveLength(length);
    expect(sm3(bytes)).toBe(digest);
  });

  it('is written again byte for byte', () => {
    const info = sealInfo(read.seal);
    const seal = assembleSeal(info, { ...read.seal, certificate: read.seal.maker });
    const again = assembleSignature(signatureInfo(seal, { ...read, signedAt: read.signedAt! }), {
      ...read,
      certificate: read.signer,
    });
    expect(hex(again)).toBe(hex(vector));
  });
});

describe('the three standards', () => {
  const [info, maker, algorithm, signature] = der
    .readDer(sealed())
    .children.map(({ raw }) => raw as Uint8Array) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const withVersion = (version: number) => {
    const [header, ...rest] = der.readDer(info).children.map(({ raw }) => raw);
    const [es, , vendor] = der.readDer(header!).children.map(({ raw }) => raw);
    return der.seq(der.seq(es!, der.int(version), vendor!), ...rest);
  };

  it('are told apart by their elements and the header', () => {
    expect(readSeal(der.seq(info, maker, algorithm, signature)).standard).toBe(4);
    expect(readSeal(der.seq(withVersion(5), maker, algorithm, signature)).standard).toBe(5);
    const timed = der.seq(
      withVersion(5),
      maker,
      algorithm,
      signature,
      der.explicit(0, der.bits(unhex('3000'))),
    );
    expect(readSeal(timed)).toMatchObject({ standard: 5 });
    expect(hex(readSeal(timed).timestamp!)).toBe('3000');
    expect(codeOf(() => readSeal(der.seq(info, maker, algorithm)))).toBe('seal.unreadable');
  });

  it('V1: two elements, UTCTime, no type of list, signed together with certificate and algorithm', () => {
    const date = der.utcTime(tiny.createdAt);
    const header = der.readDer(withVersion(11)).at(0).raw;
    const property = der.seq(
      der.int(1),
      der.utf8('旧章'),
      der.seq(der.octets(unhex('3003020100'))),
      date,
      date,
      date,
    );
    const picture = der.readDer(info).at(3).raw;
    const old = der.seq(header, der.element(der.tags.ia5String, Buffer.from('X1')), property, picture);
    const seal = der.seq(old, der.seq(maker, algorithm, signature));
    const read = readSeal(seal);
    expect(read).toMatchObject({ standard: 1, version: 11, name: '旧章', id: 'X1' });
    expect(hex(read.signed)).toBe(hex(der.seq(old, maker, algorithm)));
    const timed = (timeInfo: Uint8Array) =>
      readSealSignature(
        der.seq(
          der.seq(
            der.int(11),
            seal,
            der.bits(timeInfo),
            der.bits(Buffer.alloc(32)),
            der.element(der.tags.ia5String, Buffer.from('/x')),
            maker,
            algorithm,
          ),
          signature,
        ),
      );
    const at = (text: string) => timed(Buffer.from(text)).signedAt?.toISOString() ?? null;
    expect(at('2020-01-25T07:31:56.377Z')).toBe('2020-01-25T07:31:56.000Z');
    expect(at('2020-01-25 15:31:56')).toBe('2020-01-25T07:31:56.000Z');
    expect(at('200125073156Z')).toBe('2020-01-25T07:31:56.000Z');
    expect(at('some day')).toBeNull();
    expect(timed(unhex('3003020100'))).toMatchObject({ signedAt: null, standard: 1 });
    expect(hex(timed(unhex('3003020100')).timestamp!)).toBe('3003020100');
  });
});

describe('is no seal', () => {
  const nested = (depth: number) => {
    let bytes: Buffer = der.seq();
    for (let i = 0; i < depth; i++) bytes = der.seq(bytes, bytes.subarray(0, 0));
    return bytes;
  };
  it.each<[string, () => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['a text', () => Buffer.from('seal')],
    ['bytes after it', () => Buffer.concat([sealed(), Buffer.of(0)])],
    ['the first half', () => sealed().subarray(0, 100)],
    [
      'an indefinite length',
      () => Buffer.concat([Buffer.of(0x30, 0x80), sealed().subarray(3), Buffer.of(0, 0)]),
    ],
    [
      'a length in more bytes than needed',
      () => Buffer.concat([Buffer.of(0x30, 0x82, 0), sealed().subarray(2)]),
    ],
    ['nested a hundred times', () => nested(100)],
    [
      'more entries than can be meant',
      () => sealed({ list: { type: 1, certificates: Array(1001).fill(by.certificate) } }),
    ],
    ['five megabytes', () => Buffer.alloc(5 << 20, 0x30)],
    ['a header of something else', () => Buffer.from(hex(sealed()).replace('16024553', '16024552'), 'hex')],
    [
      'another certListType',
      () => Buffer.from(hex(sealed()).replace('02010130070405', '02010330070405'), 'hex'),
    ],
    ['UTCTime', () => Buffer.from(hex(sealed()).replace('180f32303235', '170f32303235'), 'hex')],
  ])('%s', (_name, make) => {
    expect(codeOf(() => readSeal(make()))).toBe('seal.unreadable');
    expect(codeOf(() => readSealSignature(make()))).toBe('seal.unreadable');
  });

  it('a bomb of elements', () => {
    expect(codeOf(() => readSeal(der.seq(Buffer.alloc(3_900_000))))).toBe('seal.unreadable');
  });
});

describe('SM2 and SM3', () => {
  it('are not loaded before a seal needs them', () => {
    const script = `
      const { default: { _cache } } = await import('node:module');
      const loaded = () => Object.keys(_cache).some((file) => file.includes('sm-crypto'));
      const { verifySeal } = await import(${JSON.stringify(new URL('verify.ts', import.meta.url).href)});
      await verifySeal(Buffer.from(${JSON.stringify(hex(sealed()))}, 'hex'), {
        roots: [], at: new Date(), picture: async () => null,
      });
      const before = loaded();
      const { loadSm } = await import(${JSON.stringify(new URL('sm2.ts', import.meta.url).href)});
      await loadSm();
      console.log(before, loaded());`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script]);
    expect(said.toString().trim()).toBe('false true');
  });

  const spki = der.seq(
    der.seq(der.oid('1.2.840.10045.2.1'), der.oid('1.2.156.10197.1.301')),
    der.bits(
      unhex(
        '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
      ),
    ),
  );
  const r = 'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3';
  const s = 'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa';
  const message = Buffer.from('message digest');
  const order = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123';
  const asDer = (...parts: string[]) => der.seq(...parts.map((part) => der.uint(unhex(part))));

  it.each([
    ['', '1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b'],
    ['abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
    ['abcd'.repeat(16), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732'],
  ])('SM3 of "%s"', (text, digest) => expect(sm3(Buffer.from(text))).toBe(digest));

  it('the standard’s signature is right in DER and side by side, again and again', () => {
    for (let time = 0; time < 3; time++) {
      expect(sm.verify(spki, message, asDer(r, s))).toBe(true);
      expect(sm.verify(spki, message, unhex(r + s))).toBe(true);
      expect(sm.verify(spki, Buffer.from('message digesu'), unhex(r + s))).toBe(false);
    }
  });

  it.each([
    ['r of zero', () => unhex('00'.repeat(32) + s)],
    ['s of zero', () => unhex(r + '00'.repeat(32))],
    ['r of the order', () => unhex(order + s)],
    ['s of the order', () => unhex(r + order)],
    ['63 bytes', () => unhex((r + s).slice(2))],
    ['a third number', () => asDer(r, s, r)],
    ['a negative number', () => der.seq(der.element(2, unhex(r)), der.uint(unhex(s)))],
    ['a number that is not minimal', () => der.seq(der.element(2, unhex(`0000${r}`)), der.uint(unhex(s)))],
  ])('%s is no signature', (_name, make) => expect(sm.verify(spki, message, make())).toBe(false));

  it('a point that is not on the curve is no key', () => {
    const off = Buffer.from(spki);
    off[off.length - 1]! ^= 1;
    expect(sm.verify(off, message, unhex(r + s))).toBe(false);
    const beyond = Buffer.concat([spki.subarray(0, spki.length - 64), Buffer.alloc(64, 0xff)]);
    expect(sm.verify(beyond, message, unhex(r + s))).toBe(false);
  });
});
