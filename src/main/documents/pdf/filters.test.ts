import { execFileSync } from 'node:child_process';
import { deflateRawSync, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFilter } from './filters.ts';
import { PdfDict } from './objects.ts';

const big = 1 << 24;
const decode = (name: string, data: Buffer, parms?: PdfDict, max = big) =>
  decodeFilter(name, data, parms, max);
const bytes = fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array));
/** Few symbols, so that dictionaries of compressors fill up. */
const text = fc
  .array(fc.constantFrom(0x41, 0x42, 0x43), { maxLength: 20_000 })
  .map((array) => Buffer.from(array));

describe('FlateDecode', () => {
  it('undoes deflate', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(decode('FlateDecode', deflateSync(data)).equals(data)).toBe(true);
      }),
    );
  });

  it('forgives a missing end and a wrong check sum', () => {
    const data = Buffer.from('x'.repeat(5000));
    const whole = deflateSync(data);
    expect(decode('Fl', whole.subarray(0, -4)).equals(data)).toBe(true);
    const wrong = Buffer.from(whole);
    wrong[wrong.length - 1] = (wrong.at(-1) as number) ^ 1;
    expect(decode('Fl', wrong).equals(data)).toBe(true);
    expect(decode('Fl', Buffer.concat([Buffer.from('zz'), deflateRawSync(data)])).equals(data)).toBe(true);
  });

  it('stops at the limit, whatever would come out', () => {
    const bomb = deflateSync(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(60_000);
    expect(() => decode('FlateDecode', bomb, undefined, 1_000_000)).toThrow('document.too-complex');
  });

  it('says when the data is no deflate data', () => {
    expect(() => decode('FlateDecode', Buffer.from('hello, this is not deflate'))).toThrow(
      'document.damaged',
    );
  });
});

describe('predictors', () => {
  const columns = 7;
  const parms = (more: Record<string, number>) => PdfDict.of({ Columns: columns, ...more });
  /** PNG's filters the other way, written from the PNG specification. */
  const encode = (rows: Buffer[], types: number[], pixel: number): Buffer => {
    const out: number[] = [];
    rows.forEach((row, y) => {
      const type = types[y] as number;
      out.push(type);
      row.forEach((value, x) => {
        const a = x >= pixel ? (row[x - pixel] as number) : 0;
        const b = rows[y - 1]?.[x] ?? 0;
        const c = x >= pixel ? (rows[y - 1]?.[x - pixel] ?? 0) : 0;
        const p = a + b - c;
        const near = [a, b, c].reduce(
          (best, each) => (Math.abs(p - each) < Math.abs(p - best) ? each : best),
          a,
        );
        out.push((value - ([0, a, b, Math.floor((a + b) / 2), near][type] as number)) & 255);
      });
    });
    return Buffer.from(out);
  };

  it('undo every PNG filter', () => {
    const row = fc
      .uint8Array({ minLength: columns * 3, maxLength: columns * 3 })
      .map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.array(fc.tuple(row, fc.nat(4)), { minLength: 1, maxLength: 8 }), (list) => {
        const rows = list.map(([one]) => one);
        const data = encode(
          rows,
          list.map(([, type]) => type),
          3,
        );
        const out = decode('FlateDecode', deflateSync(data), parms({ Predictor: 15, Colors: 3 }));
        expect(out.equals(Buffer.concat(rows))).toBe(true);
      }),
    );
  });

  it('undo the TIFF predictor', () => {
    const out = decode(
      'FlateDecode',
      deflateSync(Buffer.from([1, 1, 1, 1, 1, 1, 1, 5, 0, 0, 0, 0, 0, 255])),
      parms({ Predictor: 2 }),
    );
    expect([...out]).toEqual([1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5, 5, 5, 4]);
  });

  it('refuse measures that no picture has', () => {
    const data = deflateSync(Buffer.alloc(10));
    for (const wrong of [
      { Columns: 2 ** 40 },
      { Columns: -1 },
      { Colors: 0 },
      { BitsPerComponent: 7 },
      { Predictor: 5 },
    ]) {
      expect(() => decode('FlateDecode', data, PdfDict.of({ Predictor: 12, ...wrong }))).toThrow(
        'document.damaged',
      );
    }
    expect(() =>
      decode('FlateDecode', deflateSync(Buffer.from([9, 1, 2])), PdfDict.of({ Predictor: 12, Columns: 2 })),
    ).toThrow('document.damaged');
  });
});

describe('ASCII filters', () => {
  it('read hexadecimal with blanks, an odd end and no end mark', () => {
    expect(decode('ASCIIHexDecode', Buffer.from('48 65\n6c 6C6f7>junk')).toString()).toBe('Hellop');
    expect(decode('AHx', Buffer.from('4865')).toString()).toBe('He');
    expect(() => decode('AHx', Buffer.from('4x'))).toThrow('document.damaged');
  });

  it('read base 85 with z and a short end', () => {
    expect(decode('ASCII85Decode', Buffer.from('87cUR\nD]i,"Ebo80~>')).toString()).toBe('Hello World!');
    expect([...decode('A85', Buffer.from('z~>'))]).toEqual([0, 0, 0, 0]);
    for (const wrong of ['v', '!', 'uuuuu', 's8W-"!']) {
      expect(() => decode('A85', Buffer.from(`${wrong}~>`)), wrong).toThrow('document.damaged');
    }
  });
});

describe('RunLengthDecode', () => {
  it('copies and repeats', () => {
    expect(decode('RunLengthDecode', Buffer.from([2, 65, 66, 67, 254, 68, 128, 1])).toString()).toBe(
      'ABCDDD',
    );
    expect(() => decode('RL', Buffer.from(Array(100).fill([129, 0]).flat()), undefined, 1000)).toThrow(
      'document.too-complex',
    );
  });
});

describe('LZWDecode', () => {
  /** The encoder of 7.4.4.2, with and without the early change of the code's width. */
  const encode = (data: Buffer, early: number): Buffer => {
    let bits = '';
    let codes = new Map<string, number>();
    let width = 9;
    let next = 258;
    const emit = (code: number) => {
      bits += code.toString(2).padStart(width, '0');
    };
    const reset = () => {
      emit(256);
      codes = new Map(Array.from({ length: 256 }, (_, code) => [String.fromCharCode(code), code]));
      width = 9;
      next = 258;
    };
    reset();
    let word = '';
    for (const byte of data) {
      const longer = word + String.fromCharCode(byte);
      if (codes.has(longer)) {
        word = longer;
        continue;
      }
      emit(codes.get(word) as number);
      codes.set(longer, next++);
      if (next + early - 1 >= 1 << width) width++;
      word = String.fromCharCode(byte);
      if (next >= 4094) {
        emit(codes.get(word) as number);
        reset();
        word = '';
      }
    }
    if (word !== '') {
      emit(codes.get(word) as number);
      next++;
      if (next + early - 1 >= 1 << width && width < 12) width++;
    }
    emit(257);
    return Buffer.from((bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)));
  };

  it('reads the example of the standard', () => {
    const data = Buffer.from('800b6050220c0c8501', 'hex');
    expect(decode('LZWDecode', data).toString('hex')).toBe('2d2d2d2d2d412d2d2d42');
  });

  it('undoes LZW, early change or not', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, text), fc.constantFrom(0, 1), (data, early) => {
        const out = decode('LZWDecode', encode(data, early), PdfDict.of({ EarlyChange: early }));
        expect(out.equals(data)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('undoes what Ghostscript encodes', () => {
    const program =
      '(%stdout) (w) file /LZWEncode filter 0 1 40000 { dup mul 251 mod 1 index exch write } for closefile';
    const encoded = execFileSync('gs', ['-q', '-dNODISPLAY', '-dNOSAFER', '-dBATCH', '-c', program], {
      maxBuffer: 1 << 20,
    });
    const expected = Buffer.from(Array.from({ length: 40_001 }, (_, index) => (index * index) % 251));
    expect(decode('LZWDecode', encoded).equals(expected)).toBe(true);
  });

  it('never reads a code that has no meaning yet', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        try {
          decode('LZWDecode', data, undefined, 100_000);
        } catch (error) {
          expect(String(error)).toMatch(/document\.(damaged|too-complex)/);
        }
      }),
    );
  });
});

it('leaves picture formats alone', () => {
  expect(() => decode('DCTDecode', Buffer.alloc(3))).toThrow('document.damaged');
});
