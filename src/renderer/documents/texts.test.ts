import { expect, test } from 'vitest';
import {
  coverageSchema,
  signatureReportSchema,
  trustSchema,
  verificationSchema,
} from '../../shared/domain/index.ts';
import { createTexts, languages } from '../../shared/i18n/index.ts';

/** The words of the verification engine: stable, and each has a sentence in both languages. */
const reasons = [
  'intact-trusted',
  'digest-mismatch',
  'signature-invalid',
  'cms-malformed',
  'byterange-invalid',
  'content-changed-after',
  'forbidden-change-after',
  'certificate-untrusted',
  'certificate-expired',
  'certificate-not-yet-valid',
  'certificate-revoked',
  'certificate-revoked-later',
  'certificate-usage',
  'certificate-mismatch',
  'trust-unknown',
  'unsupported-algorithm',
  'weak-digest',
  'unsupported-subfilter',
  'seal-invalid',
  'seal-picture',
  'seal-unproven',
];
const sentences = [
  'all-valid',
  'one-valid',
  'none',
  'broken',
  'changed-after',
  'trust-unproven',
  'expired-unproven',
  'unsupported',
  'revoked',
  'one-valid-signature',
  'all-valid-signature',
  'seal-invalid',
  'seal-picture',
  'seal-unproven',
];

test.each(languages)('every word of a verdict has its text in %s', (language) => {
  const { t } = createTexts(language);
  const missing: string[] = [];
  const look = (key: string) => {
    const text = t(key, { count: 2, which: '1' });
    if (text === '' || text === key || `verify:${text}` === key) missing.push(key);
  };
  for (const word of reasons) look(`verify:reason.${word}`);
  for (const word of sentences) look(`verify:sentence.${word}`);
  for (const word of trustSchema.options) look(`verify:mark.trust-${word}`);
  for (const word of coverageSchema.options) look(`verify:coverage.${word}`);
  for (const word of signatureReportSchema.shape.changesAfter.element.options) look(`verify:change.${word}`);
  for (const word of [...verificationSchema.shape.verdict.options, 'limited']) look(`verify:verdict.${word}`);
  expect(missing).toEqual([]);
});
