import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from './limits.ts';
import { PdfDict, PdfName, type PdfObject, PdfRef, PdfStream, PdfString } from './objects.ts';
import { Parser } from './parser.ts';
import { formatNumber, serialize } from './serialize.ts';
import { MemorySource } from './source.ts';

const latin1 = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const numbers = fc.oneof(
  fc.integer(),
  fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1024),
  fc.constantFrom(0, 1e20, -1e22, 2 ** 53, 0.5),
);

const objects: fc.Arbitrary<PdfObject> = fc.letrec<{ object: PdfObject }>((tie) => ({
  object: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    numbers,
    latin1.map((value) => PdfName.of(value)),
    fc.tuple(bytes, fc.boolean()).map(([value, hex]) => new PdfString(value, hex)),
    fc.tuple(fc.nat(8_388_607), fc.nat(65_535)).map(([num, gen]) => new PdfRef(num, gen)),
    fc.array(tie('object'), { maxLength: 5 }),
    fc.array(fc.tuple(latin1, tie('object')), { maxLength: 5 }).map((entries) => new PdfDict(entries)),
  ),
})).object;

/** An object without what differs by where it was read from. */
function plain(object: PdfObject): unknown {
  if (object instanceof PdfString) return { string: object.bytes.toString('hex'), hex: object.hex };
  if (object instanceof PdfName) return { name: object.value };
  if (object instanceof PdfRef) return { ref: object.toString() };
  if (Array.isArray(object)) return object.map(plain);
  if (object instanceof PdfDict)
    return { dict: [...object.entries()].map(([key, value]) => [key, plain(value)]) };
  return object;
}

function parse(text: Buffer): PdfObject {
  return new Parser(new MemorySource(text), 0, new Budget()).object();
}

describe('serialize', () => {
  it('writes what the parser reads back', () => {
    fc.assert(
      fc.property(objects, (object) => {
        expect(plain(parse(serialize(object)))).toEqual(plain(object));
      }),
      { numRuns: 500 },
    );
  });

  it('writes the same bytes for what was read back', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const once = serialize(object);
        expect(serialize(parse(once)).equals(once)).toBe(true);
      }),
    );
  });

  it('writes a stream with its length', () => {
    const stream = new PdfStream(PdfDict.of({ Type: PdfName.of('XObject'), Length: 1 }), Buffer.from('q Q'));
    const text = serialize(stream).toString('latin1');
    expect(text).toBe('<</Type /XObject/Length 3>>\nstream\nq Q\nendstream');
  });

  it('encrypts strings at every depth, and nothing else', () => {
    const object = PdfDict.of({
      T: new PdfString(Buffer.from('ab')),
      Kids: [new PdfString(Buffer.from('c'))],
    });
    const encryptString = (plainBytes: Buffer) => Buffer.from(plainBytes.map((byte) => byte ^ 0xff));
    expect(serialize(object, { encryptString }).toString()).toBe('<</T <9e9d>/Kids [<9c>]>>');
  });

  it('refuses what PDF has no notation for', () => {
    expect(() => serialize(Number.NaN)).toThrow(TypeError);
    expect(() => serialize(Number.POSITIVE_INFINITY)).toThrow(TypeError);
    expect(() => serialize(PdfName.of('\u4e2d'))).toThrow(TypeError);
    expect(() => serialize([new PdfStream(new PdfDict(), Buffer.alloc(0))])).toThrow(TypeError);
    expect(() => serialize(new PdfStream(new PdfDict(), { offset: 3 }))).toThrow(TypeError);
    const circle: PdfObject[] = [];
    circle.push(circle);
    expect(() => serialize(circle)).toThrow(TypeError);
  });

  it('never writes an exponent', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -3.4e38, max: 3.4e38 }), (value) => {
        const text = formatNumber(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        if (Math.abs(value) >= 1e-6) expect(Number(text)).toBe(value);
        else expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(1e-20);
      }),
    );
    expect(formatNumber(595.303937007874)).toBe('595.303937007874');
    expect(formatNumber(1e-12)).toBe('0.000000000001');
    expect(formatNumber(1e-30)).toBe('0');
    expect(formatNumber(-0)).toBe('0');
    expect(formatNumber(-0.1)).toBe('-0.1');
  });
});
