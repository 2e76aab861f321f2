import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type SealStepName, sealStatusSchema, sealVerificationSchema } from '../../../shared/domain/index.ts';
import { createTexts, languages } from '../../../shared/i18n/index.ts';
import { application, seal } from '../sample.ts';
import {
  isUsable,
  reasonKey,
  sealKey,
  sealSigns,
  sealsInOrder,
  standingOfSeal,
  underWay,
} from './standing.ts';

const chain = [
  'no-roots',
  'issuer-missing',
  'root-unknown',
  'signature-wrong',
  'algorithm-unsupported',
  'algorithm-weak',
  'key-weak',
  'not-an-authority',
  'path-too-long',
  'critical-extension',
  'too-complex',
  'not-yet-valid',
  'expired',
  'usage',
  'revoked',
  'unreadable',
];
const check = ['signature-wrong', 'algorithm-unsupported', 'algorithm-weak', 'not-reached'];
/** Every word that a step of a verification can give for its state. */
const reasons: Record<SealStepName, string[]> = {
  format: ['right', 'unreadable'],
  signature: ['right', ...check],
  digest: ['right', 'no-original', 'algorithm-unsupported', 'digest-differs', 'not-reached'],
  'signer-certificate': ['right', ...chain, 'not-reached'],
  'signing-time': ['right', 'no-time', 'in-future', 'not-reached'],
  'maker-signature': ['right', ...check],
  'maker-certificate': ['right', ...chain, 'self-made', 'not-reached'],
  dates: ['right', 'contradictory', 'not-yet-valid', 'expired', 'made-in-future', 'not-reached'],
  listed: ['right', 'empty', 'not-asked', 'not-listed', 'digest-unsupported', 'not-reached'],
  picture: ['right', 'type-unsupported', 'undecodable', 'not-reached'],
  rules: ['right', 'name-missing', 'credit-code', 'size', 'not-reached'],
  timestamp: ['not-checked'],
};

const source = (...parts: string[]) =>
  readFileSync(path.join(import.meta.dirname, '..', '..', '..', 'main', ...parts), 'utf8');
const wordsIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

test('the list of reasons above is the one that the verification gives', () => {
  const verify = source('seals', 'ses', 'verify.ts');
  const known = new Set(Object.values(reasons).flat());
  const given = [
    ...wordsIn(verify, /\b(?:failed|unknown)\(\s*'([\w-]+)'/g),
    ...wordsIn(verify, /\bok\([^()]*, '([\w-]+)'\)/g),
    ...wordsIn(source('seals', 'ses', 'rules.ts'), /reason: '([\w-]+)'/g),
    ...wordsIn(source('certificates', 'chain.ts').split('export function')[0] ?? '', /^ {2}\| '([\w-]+)'/gm),
  ];
  expect(given.length).toBeGreaterThan(30);
  expect(given.filter((word) => !known.has(word))).toEqual([]);
});

test.each(languages)('every step, every reason, every state has its words in %s', (language) => {
  const { t } = createTexts(language);
  const missing: string[] = [];
  const look = (key: string) => {
    if (t(`seals:${key}`, { defaultValue: '' }) === '') missing.push(key);
  };
  for (const [step, words] of Object.entries(reasons) as [SealStepName, string[]][]) {
    look(`mine.step.${step}`);
    for (const reason of words) look(reasonKey({ step, reason }));
  }
  for (const standing of Object.keys(sealSigns)) look(`mine.sign.${standing}`);
  for (const state of [...sealStatusSchema.shape.state.options, 'stale']) {
    look(`mine.status.${state}`);
    look(`mine.status.${state}Text`);
  }
  for (const verdict of sealVerificationSchema.shape.verdict.options) {
    look(`mine.steps.${verdict}`);
  }
  expect(missing).toEqual([]);
});

test('the weightiest word is the one that is said', () => {
  expect(standingOfSeal(seal())).toBe('normal');
  expect(standingOfSeal(seal({ status: { stale: true } }))).toBe('stale');
  expect(standingOfSeal(seal({ status: { state: 'unknown', asOf: null } }))).toBe('unknown');
  expect(standingOfSeal(seal({ status: { state: 'suspended', stale: true }, code: 'seal.suspended' }))).toBe(
    'suspended',
  );
  expect(standingOfSeal(seal({ status: { state: 'cancelled' }, verdict: 'invalid' }))).toBe('cancelled');
  expect(standingOfSeal(seal({ verdict: 'invalid', code: 'seal.expired' }))).toBe('expired');
  expect(standingOfSeal(seal({ verdict: 'invalid', code: 'seal.not-listed' }))).toBe('no-certificate');
  expect(standingOfSeal(seal({ verdict: 'invalid', code: 'seal.signature-wrong' }))).toBe('invalid');
  expect(standingOfSeal(seal({ verdict: 'unproven', code: 'seal.unproven' }))).toBe('unproven');
});

test('a seal can stamp when its key is here with its certificate, and nothing speaks against it', () => {
  expect(isUsable(seal())).toBe(true);
  expect(isUsable(seal({ present: false }))).toBe(false);
  expect(isUsable(seal({ certificate: null }))).toBe(false);
  expect(isUsable(seal({ code: 'seal.suspended' }))).toBe(false);
});

test('seals of plugged keys come first, cancelled ones last', () => {
  const away = seal({ id: 'away', present: false });
  const over = seal({ id: 'over', status: { state: 'cancelled' } });
  const held = seal({ id: 'held', code: 'seal.suspended', status: { state: 'suspended' } });
  const good = seal({ id: 'good' });
  expect(sealsInOrder([over, held, away, good]).map(({ id }) => id)).toEqual([
    'good',
    'away',
    'held',
    'over',
  ]);
});

test('the same seal on two keys is two entries', () => {
  expect(sealKey(seal())).not.toBe(sealKey(seal({ token: { module: 'm', serial: '2', label: 'Key 02' } })));
});

test('what is bound or withdrawn is not under way', () => {
  const phases = ['draft', 'review', 'approved', 'binding', 'bound', 'refused', 'withdrawn'] as const;
  expect(underWay(phases.map((phase) => application({ phase }))).map(({ phase }) => phase)).toEqual([
    'draft',
    'review',
    'approved',
    'binding',
    'refused',
  ]);
});
