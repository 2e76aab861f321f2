import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { berToDer, DerError, der } from './index.ts';

const { readDer } = der;

/** Any DER tree of the types that X.509 and CMS use. */
const tree: fc.Arbitrary<Buffer> = fc.letrec<{ node: Buffer }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }).map((value) => der.int(value)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => der.octets(bytes)),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => der.bits(bytes)),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => der.utf8(text)),
    fc.boolean().map((value) => der.bool(value)),
    fc.constant(der.nul()),
    fc.array(tie('node'), { maxLength: 4 }).map((members) => der.seq(...members)),
    fc.array(tie('node'), { maxLength: 4 }).map((members) => der.setOf(...members)),
    fc.tuple(fc.nat(30), tie('node')).map(([number, inner]) => der.explicit(number, inner)),
  ),
})).node;

describe('round trips', () => {
  it('integers of any size and sign', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }), (value) => {
        expect(der.readInteger(readDer(der.int(value)))).toBe(value);
      }),
    );
  });

  it('integers from unsigned bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 70 }), (bytes) => {
        const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
        expect(der.uint(bytes)).toEqual(der.int(value));
      }),
    );
  });

  it('object identifiers', () => {
    const arcs = fc.array(fc.bigInt({ min: 0n, max: 2n ** 60n }), { maxLength: 5 });
    const first = fc.oneof(
      fc.tuple(fc.constantFrom(0, 1), fc.nat(39)).map(([root, second]) => `${root}.${second}`),
      fc.nat().map((second) => `2.${second}`),
    );
    fc.assert(
      fc.property(first, arcs, (start, rest) => {
        const dotted = [start, ...rest].join('.');
        expect(der.readOid(readDer(der.oid(dotted)))).toBe(dotted);
      }),
    );
  });

  it('times to the second, in both forms', () => {
    const date = fc.date({
      min: new Date('1950-01-01T00:00:00Z'),
      max: new Date('2049-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (value) => {
        const whole = Math.floor(value.getTime() / 1000) * 1000;
        expect(der.readTime(readDer(der.utcTime(new Date(whole)))).getTime()).toBe(whole);
        expect(der.readTime(readDer(der.generalizedTime(new Date(whole)))).getTime()).toBe(whole);
      }),
    );
  });

  it('a tree keeps its bytes, each member its own slice', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 5 }), (members) => {
        const node = readDer(der.seq(...members));
        expect(node.children.map((child) => Buffer.from(child.raw))).toEqual(members);
      }),
    );
  });

  it('SET OF is in ascending order whatever the order given', () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 6 }), (members) => {
        const set = der.setOf(...members);
        expect(der.setOf(...[...members].reverse())).toEqual(set);
        const raws = readDer(set).children.map((child) => Buffer.from(child.raw));
        expect([...raws].sort(Buffer.compare)).toEqual(raws);
      }),
    );
  });

  it('tags: IMPLICIT keeps the content, retag brings it back', () => {
    const set = der.setOf(der.int(1), der.int(2));
    const tagged = der.implicit(0, set);
    expect(tagged[0]).toBe(0xa0);
    expect(der.implicit(1, der.octets(Buffer.of(1)))[0]).toBe(0x81);
    expect(der.retag(tagged, der.tags.set)).toEqual(set);
  });
});

describe('what is not DER is refused', () => {
  it.each([
    ['nothing', ''],
    ['a header cut off', '30'],
    ['content cut off', '0405ff'],
    ['bytes behind', '050000'],
    ['a long form that the short one would do', '04810100'],
    ['a length with a leading zero', '0482008000'],
    ['a length of five bytes', '04850000000001ff'],
    ['an indefinite length', '30800000'],
    ['a tag number above 30', '1f8101'],
    ['a length above what is there', '0484ffffffff00'],
  ])('%s', (_, hex) => {
    expect(() => readDer(Buffer.from(hex, 'hex'))).toThrowError(DerError);
  });

  it.each([
    ['an integer with a needless zero', '02020001', der.readInteger],
    ['an integer with a needless ff', '0202ffff', der.readInteger],
    ['an empty integer', '0200', der.readInteger],
    ['true that is not ff', '010101', der.readBoolean],
    ['a boolean of two bytes', '0102ffff', der.readBoolean],
    ['an object identifier that is cut off', '060281', der.readOid],
    ['an object identifier with a needless 80', '06032a8001', der.readOid],
    ['an empty object identifier', '0600', der.readOid],
    ['eight unused bits', '030208ff', der.readBits],
    ['unused bits that are set', '030201ff', der.readBits],
    ['an empty bit string', '0300', der.readBits],
    ['UTF-8 that is none', '0c01ff', der.readText],
    ['a BMP text of odd length', '1e0141', der.readText],
    ['February 30', '170d3236303233303030303030305a', der.readTime],
    ['a time without seconds', '170b323630323031303030305a', der.readTime],
    ['a time with an offset', '1711323630323031303030303030' + '2b30383030', der.readTime],
    ['an integer where a text is wanted', '020101', der.readText],
  ] as const)('%s', (_, hex, read) => {
    expect(() => read(readDer(Buffer.from(hex, 'hex')))).toThrowError(DerError);
  });

  it('members that do not fill what holds them', () => {
    expect(() => readDer(Buffer.from('3003020100', 'hex')).children).not.toThrow();
    expect(() => readDer(Buffer.from('3003020200', 'hex')).children).toThrowError(DerError);
  });

  it('nesting without end', () => {
    let bytes: Buffer = der.nul();
    for (let i = 0; i < 60; i++) bytes = der.seq(bytes);
    const descend = () => {
      for (let node = readDer(bytes); node.constructed; node = node.at(0));
    };
    expect(descend).toThrowError('nested too deep');
    expect(() => berToDer(bytes)).toThrowError('nested too deep');
  });

  it('noise gives DerError and nothing else', () => {
    const visit = (node: der.DerNode): void => {
      if (node.constructed) for (const child of node.children) visit(child);
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        for (const attempt of [() => visit(readDer(noise)), () => berToDer(noise)]) {
          try {
            attempt();
          } catch (error) {
            expect(error).toBeInstanceOf(DerError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('BER to DER', () => {
  it('leaves DER as it is and tells what follows', () => {
    fc.assert(
      fc.property(tree, fc.uint8Array({ maxLength: 20 }), (bytes, rest) => {
        const { der: same, consumed } = berToDer(Buffer.concat([bytes, rest]));
        expect(same).toEqual(bytes);
        expect(consumed).toBe(bytes.length);
      }),
    );
  });

  it('brings indefinite lengths, long lengths and pieces of strings to the one form', () => {
    const ber = '3080' + '24800402cafe0401ba0000' + '02840000000105' + '2307030200ab030101' + '0000';
    const wanted = der.seq(
      der.octets(Buffer.from('cafeba', 'hex')),
      der.int(5),
      Buffer.from('030201ab', 'hex'),
    );
    const fixed = ber.replace('2307030200ab030101', '2307030200ab030100');
    expect(berToDer(Buffer.from(fixed, 'hex')).der).toEqual(
      der.seq(der.octets(Buffer.from('cafeba', 'hex')), der.int(5), der.bits(Buffer.of(0xab))),
    );
    expect(berToDer(Buffer.from(ber, 'hex')).der).toEqual(wanted);
  });

  it.each([
    ['an end that is missing', '3080020101'],
    ['a primitive element of indefinite length', '0480ff0000'],
    ['pieces of different types', '2406040101030100'],
    ['a length beyond the end', '3084ffffffff'],
    ['a length of 127 bytes', '30ff'],
  ])('refuses %s', (_, hex) => {
    expect(() => berToDer(Buffer.from(hex, 'hex'))).toThrowError(DerError);
  });
});
