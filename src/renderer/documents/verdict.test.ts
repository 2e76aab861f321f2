import { describe, expect, test } from 'vitest';
import type { SignatureReport, Verification } from '../../shared/domain/index.ts';
import { firstPageOf, marksOf, numbersWith, showsOf, standingOf, standingOfSignature } from './verdict.ts';

const signature = (change: Partial<SignatureReport>): SignatureReport => ({
  field: 'Seal1',
  signer: 'Seal',
  unit: 'Unit',
  issuer: 'CA',
  certificateSha256: '',
  certificateSerial: '',
  notBefore: null,
  notAfter: null,
  signedAt: null,
  timeSource: 'none',
  integrity: 'intact',
  coverage: 'whole-file',
  changesAfter: [],
  changesAllowed: true,
  trust: 'trusted',
  reason: 'intact-trusted',
  subFilter: '',
  level: '',
  digestAlgorithm: '',
  signatureAlgorithm: '',
  keyType: '',
  byteRange: [],
  widgets: [],
  chain: [],
  seal: null,
  ...change,
});
const file = (verdict: Verification['verdict'], limited: boolean, signatures: SignatureReport[]) => ({
  verdict,
  limited,
  sentence: '',
  file: { name: '', size: 1, sha256: '', pages: 3 },
  signatures,
});

test('the file stands as main judged it', () => {
  expect(standingOf(file('valid', false, []))).toBe('valid');
  expect(standingOf(file('invalid', true, []))).toBe('limited');
  expect(standingOf(file('invalid', false, []))).toBe('invalid');
  expect(standingOf(file('unsigned', false, []))).toBe('unsigned');
});

describe('one seal', () => {
  test('is valid only when it is intact, unchanged and trusted', () => {
    expect(standingOfSignature(signature({}))).toBe('valid');
    for (const trust of ['untrusted', 'expired', 'unknown'] as const)
      expect(standingOfSignature(signature({ trust }))).toBe('limited');
    expect(standingOfSignature(signature({ trust: 'revoked' }))).toBe('invalid');
    expect(standingOfSignature(signature({ integrity: 'broken' }))).toBe('invalid');
    expect(standingOfSignature(signature({ changesAllowed: false, changesAfter: ['content'] }))).toBe(
      'invalid',
    );
  });
  test('is neither good nor forged when its format is unknown', () => {
    const foreign = signature({ integrity: 'broken', coverage: 'partial', reason: 'unsupported-subfilter' });
    expect(standingOfSignature(foreign)).toBe('limited');
    expect(marksOf(foreign)).toEqual([{ state: 'warn', word: 'unread' }]);
  });
  test('is invalid when it protects only part of the file', () => {
    expect(standingOfSignature(signature({ coverage: 'partial', reason: 'byterange-invalid' }))).toBe(
      'invalid',
    );
  });
  test('is told line by line, each with its own state', () => {
    expect(marksOf(signature({ changesAfter: ['signature'] }))).toEqual([
      { state: 'ok', word: 'intact' },
      { state: 'ok', word: 'added' },
      { state: 'ok', word: 'trust-trusted' },
    ]);
    expect(marksOf(signature({ integrity: 'broken', trust: 'unknown' }))).toEqual([
      { state: 'bad', word: 'broken' },
    ]);
    expect(marksOf(signature({ integrity: 'broken', trust: 'revoked' }))).toEqual([
      { state: 'bad', word: 'broken' },
      { state: 'bad', word: 'trust-revoked' },
    ]);
    expect(marksOf(signature({ coverage: 'partial' }))[1]).toEqual({ state: 'bad', word: 'partial' });
    expect(marksOf(signature({ changesAllowed: false }))[1]).toEqual({ state: 'bad', word: 'changed' });
  });
});

test('the page that is opened is the one of the broken seal', () => {
  const rect = { x: 0, y: 0, width: 42, height: 42 };
  const seals = [
    signature({ widgets: [] }),
    signature({ widgets: [{ page: 2, rect }] }),
    signature({ widgets: [{ page: 3, rect }], integrity: 'broken' }),
  ];
  expect(firstPageOf(file('invalid', false, seals))).toBe(3);
  expect(firstPageOf(file('valid', false, seals.slice(0, 2)))).toBe(2);
  expect(firstPageOf(file('valid', false, seals.slice(0, 1)))).toBe(1);
  expect(numbersWith(file('invalid', false, seals), 'invalid')).toEqual([3]);
});

describe('the seal of a signature', () => {
  const seal = (change: Partial<NonNullable<SignatureReport['seal']>>): SignatureReport['seal'] => ({
    facts: { name: '公章' } as NonNullable<SignatureReport['seal']>['facts'],
    verdict: 'valid',
    steps: [],
    code: null,
    pictureDrawn: true,
    status: { state: 'normal', since: null, asOf: null, stale: false },
    ...change,
  });

  test('counts for the signature: one that does not hold makes it invalid, an unproven one not proven', () => {
    expect(standingOfSignature(signature({ seal: seal({}) }))).toBe('valid');
    expect(standingOfSignature(signature({ seal: seal({ verdict: 'unproven' }) }))).toBe('limited');
    expect(standingOfSignature(signature({ seal: seal({ verdict: 'invalid', pictureDrawn: false }) }))).toBe(
      'invalid',
    );
  });

  test('is told from a picture, and from nothing at all', () => {
    const widgets = [{ page: 1, rect: { x: 0, y: 0, width: 42, height: 42 } }];
    expect(showsOf(signature({ seal: seal({}), widgets }))).toBe('seal');
    expect(showsOf(signature({ seal: seal({ facts: null, verdict: 'invalid' }), widgets }))).toBe(
      'unreadable',
    );
    expect(showsOf(signature({ widgets }))).toBe('picture');
    expect(showsOf(signature({}))).toBe('nothing');
  });
});
