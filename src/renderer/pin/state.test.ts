import { describe, expect, it } from 'vitest';
import type { PinReply } from '../../shared/contract/pin.ts';
import { afterReply, canConfirm, type PinView, pinLength, shortened } from './state.ts';
import { wordsOf } from './words.ts';

const ask = (more: Partial<Extract<PinReply, { type: 'ask' }>> = {}): PinReply => ({
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

describe('afterReply', () => {
  it('asks, checks and accepts', () => {
    const asked = afterReply(start, ask());
    expect(asked).toEqual({ step: 'ask', state: 'ok', min: 4, max: 8, pad: false, wrong: false });
    expect(afterReply(asked, { type: 'checking' })).toEqual({ step: 'checking', pad: false });
    expect(afterReply(asked, { type: 'accepted' })).toEqual({ step: 'accepted' });
  });

  it('stays in the window after a wrong PIN', () => {
    expect(afterReply({ step: 'checking', pad: false }, ask({ wrong: true, state: 'low' }))).toMatchObject({
      step: 'ask',
      wrong: true,
      state: 'low',
    });
  });

  it('remembers while checking that the PIN is typed on the pad', () => {
    expect(afterReply(afterReply(start, ask({ protectedPath: true })), { type: 'checking' })).toEqual({
      step: 'checking',
      pad: true,
    });
  });

  it('keeps the failure and whether to offer another go', () => {
    const error = { code: 'token.removed', details: {} };
    expect(afterReply(start, { type: 'failed', error, canRetry: true })).toEqual({
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
    expect(afterReply(start, ask({ minLength, maxLength }))).toMatchObject({ min, max });
  });
});

describe('canConfirm', () => {
  const view = afterReply(start, ask());
  const last = afterReply(start, ask({ state: 'final-try' }));
  it.each([
    [3, false],
    [4, true],
    [8, true],
    [9, false],
  ])('a length of %i: %s', (length, open) => expect(canConfirm(view, length, false)).toBe(open));

  it('wants the tick before the last try', () => {
    expect(canConfirm(last, 6, false)).toBe(false);
    expect(canConfirm(last, 6, true)).toBe(true);
  });

  it('needs nothing typed where the key has a pad, but the tick still', () => {
    expect(canConfirm(afterReply(start, ask({ protectedPath: true })), 0, false)).toBe(true);
    expect(canConfirm(afterReply(start, ask({ protectedPath: true, state: 'final-try' })), 0, false)).toBe(
      false,
    );
  });

  it('is shut while the key checks', () => {
    expect(canConfirm({ step: 'checking', pad: false }, 6, true)).toBe(false);
  });
});

describe('pinLength', () => {
  it('counts bytes as the token does', () => {
    expect(pinLength('12345678')).toBe(8);
    expect(pinLength('密码')).toBe(6);
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
