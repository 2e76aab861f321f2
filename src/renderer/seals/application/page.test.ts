import { expect, test } from 'vitest';
import { sealApplicationPhaseSchema, sealApplicationViewSchema } from '../../../shared/domain/index.ts';
import { createTexts, languages } from '../../../shared/i18n/index.ts';
import { application } from '../sample.ts';
import { boundWord, canWithdraw, holdsKey, journeyOf, pageOfApplication } from './page.ts';

test('an act that broke off has a page of its own', () => {
  expect(pageOfApplication(application({ phase: 'sending', progress: 'sending' }))).toBe('sending');
  expect(pageOfApplication(application({ phase: 'sending' }))).toBe('sending-stuck');
  expect(pageOfApplication(application({ phase: 'binding', progress: 'writing' }))).toBe('binding');
  expect(pageOfApplication(application({ phase: 'binding' }))).toBe('binding-stopped');
});

test('the last step of the way is the binding', () => {
  expect(journeyOf(application({ phase: 'review' }))).toEqual({ at: 'make', done: false });
  expect(journeyOf(application({ phase: 'approved' }))).toEqual({ at: 'bind', done: false });
  expect(journeyOf(application({ phase: 'bound' }))).toEqual({ at: 'bind', done: true });
});

test('only a key at work must stay in, and only what nobody has decided can be withdrawn', () => {
  expect(holdsKey(application({ phase: 'binding', progress: 'writing' }))).toBe(true);
  expect(holdsKey(application({ phase: 'binding', progress: 'fetching' }))).toBe(false);
  expect(canWithdraw(application({ phase: 'review' }))).toBe(true);
  expect(canWithdraw(application({ phase: 'review', progress: 'asking' }))).toBe(false);
  expect(canWithdraw(application({ phase: 'bound' }))).toBe(false);
});

test('what the key had no room for is told', () => {
  const bound = { form: 'small' as const, bytes: 9000, tooSmallFor: ['full' as const, 'digests' as const] };
  expect(boundWord(application())).toBeNull();
  expect(boundWord(application({ bound: { ...bound, where: 'key' } }))).toBe('small');
  expect(boundWord(application({ bound: { ...bound, where: 'store' } }))).toBe('store');
});

test.each(languages)('every phase and every progress has its words in %s', (language) => {
  const { t } = createTexts(language);
  const keys = [
    ...sealApplicationPhaseSchema.options.flatMap((phase) => [
      `said.${phase}`,
      `sign.${phase}`,
      `${phase}.title`,
    ]),
    ...sealApplicationViewSchema.shape.progress.unwrap().options.map((what) => `progress.${what}`),
  ];
  expect(keys.filter((key) => t(`seals:mine.application.${key}`, { defaultValue: '' }) === '')).toEqual([]);
});
