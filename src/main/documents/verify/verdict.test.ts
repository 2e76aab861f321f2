import { describe, expect, test } from 'vitest';
import type { SignatureReport } from '../../../shared/domain/index.ts';
import { judge } from './verdict.ts';

const good = {
  integrity: 'intact',
  coverage: 'whole-file',
  changesAllowed: true,
  trust: 'trusted',
  reason: 'intact-trusted',
  seal: null,
} as const;
const seal = (verdict: 'valid' | 'unproven' | 'invalid', pictureDrawn: boolean | null = true) => ({
  ...good,
  seal: { verdict, pictureDrawn } as NonNullable<SignatureReport['seal']>,
});

describe('the verdict over a file', () => {
  test.each([
    ['no signature', [], { verdict: 'unsigned', limited: false, sentence: 'none' }],
    ['one good one', [good], { verdict: 'valid', limited: false, sentence: 'one-valid-signature' }],
    ['one good seal', [seal('valid')], { verdict: 'valid', limited: false, sentence: 'one-valid' }],
    ['two good ones', [good, good], { verdict: 'valid', limited: false, sentence: 'all-valid-signature' }],
    [
      'two good seals',
      [seal('valid'), seal('valid')],
      { verdict: 'valid', limited: false, sentence: 'all-valid' },
    ],
    [
      'a seal and a picture',
      [seal('valid'), good],
      { verdict: 'valid', limited: false, sentence: 'all-valid-signature' },
    ],
    [
      'a seal that is not genuine',
      [good, seal('invalid')],
      { verdict: 'invalid', limited: false, sentence: 'seal-invalid' },
    ],
    [
      'another picture than the seal’s',
      [seal('invalid', false)],
      { verdict: 'invalid', limited: false, sentence: 'seal-picture' },
    ],
    [
      'a seal that is not proven',
      [seal('unproven'), good],
      { verdict: 'invalid', limited: true, sentence: 'seal-unproven' },
    ],
    [
      'a bad seal outweighs missing trust',
      [{ ...seal('invalid'), trust: 'unknown' as const }],
      { verdict: 'invalid', limited: false, sentence: 'seal-invalid' },
    ],
    [
      'tampering outweighs a bad seal',
      [{ ...seal('invalid'), changesAllowed: false }],
      { verdict: 'invalid', limited: false, sentence: 'changed-after' },
    ],
    [
      'a broken one beside a good one',
      [good, { ...good, integrity: 'broken' as const }],
      { verdict: 'invalid', limited: false, sentence: 'broken' },
    ],
    [
      'bytes left out',
      [{ ...good, coverage: 'partial' as const }],
      { verdict: 'invalid', limited: false, sentence: 'broken' },
    ],
    [
      'content changed after',
      [{ ...good, changesAllowed: false }],
      { verdict: 'invalid', limited: false, sentence: 'changed-after' },
    ],
    [
      'nobody vouches',
      [good, { ...good, trust: 'unknown' as const }],
      { verdict: 'invalid', limited: true, sentence: 'trust-unproven' },
    ],
    [
      'expired',
      [{ ...good, trust: 'expired' as const }],
      { verdict: 'invalid', limited: true, sentence: 'expired-unproven' },
    ],
    [
      'revoked',
      [{ ...good, trust: 'revoked' as const }],
      { verdict: 'invalid', limited: false, sentence: 'trust-unproven' },
    ],
    [
      'tampering outweighs missing trust',
      [{ ...good, trust: 'unknown' as const, integrity: 'broken' as const }],
      { verdict: 'invalid', limited: false, sentence: 'broken' },
    ],
  ])('%s', (_, signatures, expected) => {
    expect(judge(signatures)).toEqual(expected);
  });
});
