import { expect, test } from 'vitest';
import { application } from '../seals/sample.ts';
import { withApplication } from './sealing.ts';

test('an application takes its own place again; a new one is first', () => {
  const old = application({ id: 'a', phase: 'review' });
  const other = application({ id: 'b', phase: 'review' });
  const newer = application({ id: 'a', phase: 'approved' });
  expect(withApplication([old, other], newer)).toEqual([newer, other]);
  expect(withApplication([old], other)).toEqual([other, old]);
});

test('a draft gives way to the next one for its certificate, and to no other', () => {
  const draft = application({ id: 'a', phase: 'draft' });
  const next = application({ id: 'b', phase: 'draft' });
  const elsewhere = application({
    id: 'c',
    phase: 'draft',
    certificate: { ...draft.certificate, sha256: 'f'.repeat(64) },
  });
  expect(withApplication([elsewhere, draft], next)).toEqual([next, elsewhere]);
});
