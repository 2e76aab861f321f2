import { expect, test } from 'vitest';
import { application } from '../seals/sample.ts';
import { withApplication } from './sealing.ts';

test('an application takes its own place again; a new one is first', () => {
  const old = application({ id: 'a' });
  const other = application({ id: 'b' });
  const newer = application({ id: 'a', phase: 'approved' });
  expect(withApplication([old, other], newer)).toEqual([newer, other]);
  expect(withApplication([old], other)).toEqual([other, old]);
});
