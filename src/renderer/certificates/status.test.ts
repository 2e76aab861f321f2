import { expect, it } from 'vitest';
import { createTexts } from '../../shared/i18n/index.ts';
import type { Translate } from '../look/index.ts';
import { card } from './sample.ts';
import { statusWords } from './status.ts';

const t = createTexts('en').t as unknown as Translate;
const of = (status: NonNullable<Parameters<typeof card>[2]>['status']) =>
  statusWords(t, 'en', card('a', {}, { status: status ?? {} }).status);

it('a good answer names who said so and how long it holds', () => {
  const words = of({});
  expect(words.tone).toBe('ok');
  expect(words.lines.join()).toMatch(/OCSP.*2026-11-22.*2026-11-23/);
});

it('offline is unknown since the last answer ran out, and never good', () => {
  const words = of({
    revocation: 'unknown',
    error: { code: 'driver.hung', details: {} },
  });
  expect(words.tone).not.toBe('ok');
  expect(words.word).toMatch(/^Status unknown since 2026-11-23/);
  expect(words.lines.join(' ')).toContain('not taken for valid');
});

it('without any answer it is unknown since it was asked', () => {
  const words = of({ revocation: 'unknown', source: null, producedAt: null, validUntil: null });
  expect(words.word).toMatch(/since 2026-11-22/);
  expect(words.lines[0]).toBe('The authority could not be asked.');
});

it('what has expired is not called valid because it was not revoked', () => {
  const words = statusWords(t, 'en', card('a', {}).status, true);
  expect([words.tone, words.word]).toEqual(['grey', 'Not revoked']);
});

it('revoked tells when and why', () => {
  const words = of({ revocation: 'revoked', revokedAt: '2026-11-20T04:00:00Z', reason: 'keyCompromise' });
  expect(words.word).toBe('Revoked on 20 November 2026');
  expect(words.lines[0]).toContain('may be known to others');
});

it('has words of its own for every chain that does not hold: none of them speaks of a stamp', () => {
  const words = [
    'certificate-expired',
    'certificate-not-yet-valid',
    'certificate-untrusted',
    'unsupported-algorithm',
    'weak-digest',
    'trust-unknown',
  ];
  for (const word of words) {
    const said = t(`certificates:chain.${word}`, { defaultValue: '' });
    expect(said, word).not.toBe('');
    expect(said, word).not.toMatch(/seal|timestamp/i);
  }
});
