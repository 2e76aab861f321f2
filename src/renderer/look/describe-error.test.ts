import { describe, expect, it } from 'vitest';
import { YinkeyError } from '../../shared/errors/index.ts';
import { createTexts } from '../../shared/i18n/index.ts';
import { describeError, type Translate } from './describe-error.ts';

const t = createTexts('en').t as unknown as Translate;

describe('describeError', () => {
  it('takes an error, a wire error, and anything thrown', () => {
    const error = new YinkeyError('token.pin-locked', { ckr: 'CKR_PIN_LOCKED' });
    expect(describeError(t, error)).toMatchObject({
      code: 'token.pin-locked',
      heading: 'The key is locked',
      technical: 'CKR_PIN_LOCKED · token.pin-locked',
    });
    expect(describeError(t, { code: 'driver.hung', details: {} }).heading).toBe('The driver does not answer');
    expect(describeError(t, new RangeError('secret'))).toMatchObject({
      code: 'unexpected',
      technical: 'unexpected',
    });
    expect(describeError(t, undefined).code).toBe('unexpected');
  });

  it.each(['driver.crashed', 'driver.hung'])('tells of %s over a PIN that a try may be counted', (code) => {
    const plain = describeError(t, { code, details: { module: 'x' } });
    const login = describeError(t, { code, details: { module: 'x', context: 'login' } });
    expect(login.heading).toBe(plain.heading);
    expect(login.meaning).toContain('may have counted one try');
    expect(plain.meaning).not.toContain('counted');
    expect(login.next).not.toBe('');
  });

  it('never shows what an unknown error said', () => {
    expect(JSON.stringify(describeError(t, new Error('a secret')))).not.toContain('a secret');
  });
});
