import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { texts as en } from './i18n/en/index.ts';
import { texts as zhCN } from './i18n/zh-CN/index.ts';
import {
  isDefaultPin,
  newPinReasons,
  pinBytes,
  pinStrength,
  refusalOfNewPin,
  sensibleLimits,
} from './pin-policy.ts';

const limits = { minLength: 4, maxLength: 16 };
const anyLength = { minLength: 0, maxLength: 0 };
const digits = (min: number, max: number) =>
  fc
    .array(fc.constantFrom(...'0123456789'), { minLength: min, maxLength: max })
    .map((found) => found.join(''));

describe('a new PIN', () => {
  it.each([
    ['739154', null],
    ['hx27q9pz', null],
    ['Kq!7-wz', null],
    ['70428193', null],
    ['739', 'too-short'],
    ['73915473915473916', 'too-long'],
    ['公章公章', 'characters'],
    ['7391 54', 'characters'],
    ['7391\t54', 'characters'],
    ['12345678', 'default'],
    ['Admin', 'default'],
    ['ROCKEY', 'default'],
    ['000000', 'default'],
    ['7777', 'repeat'],
    ['1212', 'repeat'],
    ['121212', 'repeat'],
    ['739739', 'repeat'],
    ['73917391', 'repeat'],
    ['112233', 'repeat'],
    ['aAaAaA', 'repeat'],
    ['2345', 'sequence'],
    ['987654', 'sequence'],
    ['890123', 'sequence'],
    ['abcdef', 'sequence'],
    ['FEDCBA', 'sequence'],
    ['qwertyui', 'sequence'],
    ['lkjhgf', 'sequence'],
    ['1qaz2wsx', 'sequence'],
    ['4567abcd', 'sequence'],
    ['147258', 'sequence'],
    ['19901231', 'date'],
    ['31121990', 'date'],
    ['12311990', 'date'],
    ['901231', 'date'],
    ['311290', 'date'],
    ['1990-12-31', 'date'],
    ['20000229', 'date'],
    ['19010229', null],
    ['99999', 'repeat'],
    ['194713', null],
  ])('%j: %s', (pin, reason) => {
    expect(refusalOfNewPin(pin, limits)).toBe(reason);
  });

  it('is not the old one, nor the SO PIN', () => {
    const is = (one: string) => (pin: string) => pin === one;
    expect(refusalOfNewPin('739154', limits, { isOld: is('739154') })).toBe('same-as-old');
    expect(refusalOfNewPin('739154', limits, { isOld: is('x'), isSo: is('739154') })).toBe('same-as-so');
  });

  it('has its length counted in bytes, by limits that make sense', () => {
    expect(pinBytes('印章')).toBe(6);
    expect(sensibleLimits({ minLength: 0, maxLength: 0 })).toEqual({ min: 1, max: 255 });
    expect(sensibleLimits({ minLength: 9, maxLength: 8 })).toEqual({ min: 1, max: 8 });
    expect(sensibleLimits({ minLength: 6, maxLength: 4_294_967_295 })).toEqual({ min: 6, max: 255 });
  });

  it('is refused for every run on a track, forwards and backwards', () => {
    const tracks = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];
    fc.assert(
      fc.property(
        fc.constantFrom(...tracks),
        fc.nat(20),
        fc.integer({ min: 4, max: 7 }),
        fc.boolean(),
        fc.boolean(),
        (track, from, length, back, capitals) => {
          const start = from % (track.length - length + 1);
          const run = [...track.slice(start, start + length)];
          const text = (back ? run.reverse() : run).join('');
          expect(['sequence', 'default']).toContain(
            refusalOfNewPin(capitals ? text.toUpperCase() : text, limits),
          );
        },
      ),
    );
  });

  it('is refused for every piece said over and over', () => {
    fc.assert(
      fc.property(digits(1, 4), fc.integer({ min: 4, max: 8 }), (piece, times) => {
        const refusal = refusalOfNewPin(piece.repeat(times), anyLength);
        expect(['repeat', 'default']).toContain(refusal);
      }),
    );
  });

  it('is refused for every day of two centuries, in each usual way of writing', () => {
    const day = fc.date({
      min: new Date('1900-01-01'),
      max: new Date('2099-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(day, (date) => {
        const [year, month, dayOfMonth] = date.toISOString().slice(0, 10).split('-') as [
          string,
          string,
          string,
        ];
        const short = year.slice(2);
        for (const text of [
          `${year}${month}${dayOfMonth}`,
          `${dayOfMonth}${month}${year}`,
          `${short}${month}${dayOfMonth}`,
          `${dayOfMonth}${month}${short}`,
        ]) {
          expect(refusalOfNewPin(text, anyLength), text).not.toBeNull();
        }
      }),
    );
  });

  it('is nearly always taken when it is drawn at random', () => {
    const alphabet = [...'abcdefghjkmnpqrstuvwxyz23456789'];
    let refused = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet), { minLength: 10, maxLength: 16 }), (found) => {
        if (refusalOfNewPin(found.join(''), limits) !== null) refused++;
      }),
      { numRuns: 500, seed: 3 },
    );
    expect(refused).toBeLessThan(10);
  });

  it('never breaks the judge, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const reason = refusalOfNewPin(text, limits);
        if (reason !== null) expect(newPinReasons).toContain(reason);
        expect(['weak', 'fair', 'strong']).toContain(pinStrength(text));
        expect(typeof isDefaultPin(text)).toBe('boolean');
      }),
    );
  });
});

describe('strength', () => {
  it.each([
    ['7391', 'weak'],
    ['737373', 'weak'],
    ['739154', 'fair'],
    ['70428193', 'fair'],
    ['hx27q9pz', 'strong'],
    ['7042819365', 'strong'],
  ])('of %s is %s', (pin, strength) => expect(pinStrength(pin)).toBe(strength));

  it('never falls when something is added behind', () => {
    const order = ['weak', 'fair', 'strong'];
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 16 }), fc.string({ maxLength: 8 }), (pin, more) => {
        expect(order.indexOf(pinStrength(pin + more))).toBeGreaterThanOrEqual(
          order.indexOf(pinStrength(pin)),
        );
      }),
    );
  });
});

it('has words for every reason in both languages', () => {
  for (const { pin } of [en, zhCN]) {
    expect(Object.keys(pin.policy).sort()).toEqual([...newPinReasons, 'by-key'].sort());
  }
});
