import { describe, expect, it } from 'vitest';
import type { PinQuestion, PinReply } from '../../shared/contract/pin.ts';
import { newPinReasons } from '../../shared/pin-policy.ts';
import {
  type AskView,
  afterReply,
  canConfirm,
  leftAlone,
  type PinView,
  ruleStates,
  sayOf,
  shortened,
  taken,
} from './state.ts';
import { wordsOf } from './words.ts';

const ask = (more: Partial<PinQuestion> = {}): PinReply => ({
  type: 'ask',
  field: 'pin',
  state: 'ok',
  triesLeft: null,
  minLength: 4,
  maxLength: 8,
  protectedPath: false,
  wrong: false,
  refused: null,
  handOver: false,
  expiresIn: null,
  signatureAgain: false,
  candidate: null,
  ...more,
});
const start: PinView = { step: 'waiting' };
const asked = (more: Partial<PinQuestion> = {}) => afterReply(start, ask(more), 0) as AskView;
const typed = (pin: string, repeated = '', agreed = false) => ({ pin, repeated, agreed });

describe('afterReply', () => {
  it('asks, checks and accepts', () => {
    const view = asked();
    expect(view).toMatchObject({ step: 'ask', field: 'pin', state: 'ok', min: 4, max: 8, pad: false });
    expect(afterReply(view, { type: 'checking' }, 0)).toEqual({ step: 'checking', pad: false, field: 'pin' });
    expect(afterReply(view, { type: 'accepted' }, 0)).toEqual({ step: 'accepted' });
  });

  it('stays in the window after a wrong PIN', () => {
    const checking: PinView = { step: 'checking', pad: false, field: 'pin' };
    expect(afterReply(checking, ask({ wrong: true, state: 'low', triesLeft: 4 }), 0)).toMatchObject({
      step: 'ask',
      wrong: true,
      state: 'low',
      triesLeft: 4,
    });
  });

  it('remembers while checking that the PIN is typed on the pad', () => {
    expect(afterReply(asked({ protectedPath: true }), { type: 'checking' }, 0)).toMatchObject({ pad: true });
  });

  it('has the keyboard handed over before the holder is asked, and knows until when', () => {
    const view = afterReply(start, ask({ field: 'new-pin', handOver: true, expiresIn: 600_000 }), 1_000);
    expect(view.step).toBe('hand-over');
    expect(taken(view)).toMatchObject({ step: 'ask', field: 'new-pin', expiresAt: 601_000 });
    expect(taken(start)).toBe(start);
  });

  it('keeps the failure and whether to offer another go', () => {
    const error = { code: 'token.removed', details: {} };
    expect(afterReply(start, { type: 'failed', error, canRetry: true }, 0)).toEqual({
      step: 'failed',
      error,
      canRetry: true,
    });
  });

  it.each([
    [0, 0, 1, 255],
    [4, 0xffffffff, 4, 255],
    [9, 8, 1, 8],
    [6, 6, 6, 6],
  ])('limits %i..%i of the token mean %i..%i', (minLength, maxLength, min, max) => {
    expect(asked({ minLength, maxLength })).toMatchObject({ min, max });
  });
});

describe('leftAlone', () => {
  it('empties an open field and says so, but leaves a pad and every other page alone', () => {
    expect(leftAlone(asked())).toMatchObject({ step: 'ask', emptied: true });
    const pad = asked({ protectedPath: true });
    expect(leftAlone(pad)).toBe(pad);
    expect(leftAlone(start)).toBe(start);
    expect(sayOf(leftAlone(asked()) as AskView, 'stamp').heading).toBe('emptied.heading');
  });
});

describe('canConfirm', () => {
  it.each([
    ['123', false],
    ['1234', true],
    ['12345678', true],
    ['123456789', false],
    ['密码', true],
    ['密码密', false],
  ])('a known PIN of the length of %s: %s', (pin, open) =>
    expect(canConfirm(asked(), typed(pin))).toBe(open),
  );

  it('wants the tick before the last try', () => {
    const last = asked({ state: 'final-try' });
    expect(canConfirm(last, typed('123456'))).toBe(false);
    expect(canConfirm(last, typed('123456', '', true))).toBe(true);
  });

  it('needs nothing typed where the key has a pad, but the tick still', () => {
    expect(canConfirm(asked({ protectedPath: true }), typed(''))).toBe(true);
    expect(canConfirm(asked({ protectedPath: true, field: 'new-pin' }), typed(''))).toBe(true);
    expect(canConfirm(asked({ protectedPath: true, state: 'final-try' }), typed(''))).toBe(false);
  });

  it('is shut while the key checks', () => {
    expect(canConfirm({ step: 'checking', pad: false, field: 'pin' }, typed('123456', '', true))).toBe(false);
  });

  it.each(['new-pin', 'new-so-pin'] as const)(
    'a %s must be within the rules, and twice the same',
    (field) => {
      const view = asked({ field });
      expect(canConfirm(view, typed('k7m2q9', 'k7m2q9'))).toBe(true);
      expect(canConfirm(view, typed('k7m2q9', 'k7m2q8'))).toBe(false);
      expect(canConfirm(view, typed('k7m2q9'))).toBe(false);
      for (const pin of ['12345678', '111222', 'abcdef', '19900101', 'k7m', 'k7m2q9xyz', 'k7 m2q']) {
        expect(canConfirm(view, typed(pin, pin)), pin).toBe(false);
      }
    },
  );
});

describe('ruleStates', () => {
  const view = asked({ field: 'new-pin' });

  it('says nothing before anything is typed', () => {
    expect(new Set(Object.values(ruleStates(view, typed(''))))).toEqual(new Set(['open']));
  });

  it('is calm about a length that is still growing, and tells one that went too far', () => {
    expect(ruleStates(view, typed('k7')).length).toBe('open');
    expect(ruleStates(view, typed('k7m2')).length).toBe('ok');
    expect(ruleStates(view, typed('k7m2q9xyz')).length).toBe('bad');
  });

  it.each([
    ['12345678', 'default'],
    ['1212', 'repeat'],
    ['4567', 'sequence'],
    ['19900101', 'date'],
    ['密码', 'characters'],
  ] as const)('%s breaks the rule %s', (pin, rule) => expect(ruleStates(view, typed(pin))[rule]).toBe('bad'));

  it('tells a second entry that differs, but not one that is on its way', () => {
    expect(ruleStates(view, typed('k7m2q9', 'k7m')).twice).toBe('open');
    expect(ruleStates(view, typed('k7m2q9', 'k8')).twice).toBe('bad');
    expect(ruleStates(view, typed('k7m2q9', 'k7m2q9')).twice).toBe('ok');
  });

  it('shows that it was another PIN of this key until one types again', () => {
    const refused = asked({ field: 'new-pin', refused: 'same-as-old' });
    expect(ruleStates(refused, typed('')).other).toBe('bad');
    expect(ruleStates(refused, typed('k')).other).toBe('open');
  });
});

describe('sayOf', () => {
  const heading = (more: Partial<PinQuestion>) => sayOf(asked(more), 'unlock').heading;

  it('promises when there is nothing else to say', () => {
    expect(sayOf(asked(), 'stamp')).toMatchObject({ heading: null, note: 'promise' });
  });
  it('warns of every SO PIN that a locked one ends the key', () => {
    expect(heading({ field: 'so-pin' })).toBe('soEnds.heading');
    expect(heading({ field: 'so-pin', state: 'low' })).toBe('low.so.heading');
    expect(heading({ field: 'so-pin', state: 'final-try', wrong: true })).toBe('last.so.heading');
  });
  it('tells the number of tries where it is known, few where the key says so, and else that it does not tell', () => {
    const note = (more: Partial<PinQuestion>) => sayOf(asked({ wrong: true, ...more }), 'stamp').note;
    expect(note({ state: 'low', triesLeft: 4 })).toBe('wrong.file.known');
    expect(note({ state: 'low' })).toBe('wrong.file.few');
    expect(note({ state: 'ok' })).toBe('wrong.file.unknown');
    expect(sayOf(asked({ wrong: true }), 'change-pin').note).toBe('wrong.key.unknown');
  });
  it('puts an interrupted change and the last try before all else', () => {
    expect(heading({ field: 'so-pin', candidate: 'old', state: 'low' })).toBe('candidate.old');
    expect(heading({ signatureAgain: true })).toBe('signatureAgain.heading');
    expect(heading({ signatureAgain: true, state: 'low' })).toBe('low.user.heading');
  });

  it('has words for whatever it says, in both languages', () => {
    const states = ['ok', 'low', 'final-try', 'to-be-changed'] as const;
    const views = (['pin', 'so-pin'] as const).flatMap((field) =>
      states.flatMap((state) =>
        [null, 3].flatMap((triesLeft) =>
          [true, false].flatMap((wrong) =>
            ([null, 'old', 'new'] as const).flatMap((candidate) =>
              [true, false].map((emptied) => ({
                ...asked({ field, state, triesLeft, wrong, candidate, signatureAgain: emptied }),
                emptied,
              })),
            ),
          ),
        ),
      ),
    );
    const refusals = [...newPinReasons, 'by-key' as const].map((refused) =>
      asked({ field: 'new-pin', refused }),
    );
    for (const view of [...views, ...refusals]) {
      for (const purpose of ['stamp', 'unlock'] as const) {
        const { heading: head, note, values } = sayOf(view, purpose);
        for (const key of [head, note].filter((one) => one !== null)) {
          for (const language of ['zh-CN', 'en'] as const) {
            const words = wordsOf(language)(`pin:${key}`, values);
            expect(words, key).not.toBe(`pin:${key}`);
            expect(words, key).not.toMatch(/\{\{|undefined/);
          }
        }
      }
    }
  });
});

describe('shortened', () => {
  it('leaves what fits', () => expect(shortened('contract.pdf', 20)).toBe('contract.pdf'));
  it('takes the middle out and keeps the end', () => {
    const short = shortened('关于商请核定2027年度公共租赁住房租金标准的函.pdf', 30);
    expect(short.endsWith('.pdf')).toBe(true);
    expect(short.startsWith('关于商请')).toBe(true);
    expect(short).toContain('…');
    expect([...short].length).toBeLessThan(24);
  });
});

describe('wordsOf', () => {
  it('finds texts of both namespaces and fills values in', () => {
    expect(wordsOf('en')('pin:which', { label: 'A', last: '4F7A' })).toContain('4F7A');
    expect(wordsOf('zh-CN')('errors:token.pin-locked.heading')).toBe('密钥盘已锁定');
  });
});
