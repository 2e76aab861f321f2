import { describe, expect, test } from 'vitest';
import { judge } from './verdict.ts';

const good = {
  integrity: 'intact',
  coverage: 'whole-file',
  changesAllowed: true,
  trust: 'trusted',
  reason: 'intact-trusted',
} as const;

describe('the verdict over a file', () => {
  test.each([
    ['no signature', [], { verdict: 'unsigned', limited: false, sentence: 'none' }],
    ['one good one', [good], { verdict: 'valid', limited: false, sentence: 'one-valid' }],
    ['two good ones', [good, good], { verdict: 'valid', limited: false, sentence: 'all-valid' }],
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
