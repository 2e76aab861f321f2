import { expect, test } from 'vitest';
import { countReport } from './test.mjs';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((one) => ({ status: one })),
});
const report = (...testResults: object[]) => JSON.stringify({ testResults });

test('counts what passed, failed and was skipped', () => {
  const text = report(file('failed', 'passed', 'failed', 'failed'), file('passed', 'passed', 'pending'));
  expect(countReport(text, 1)).toEqual({ passed: 2, failed: 2, skipped: 1 });
});

test('a file that does not even load has failed once', () => {
  expect(countReport(report(file('failed'), file('passed', 'passed')), 1)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
  });
});

test.each([
  ['no report', undefined, 1],
  ['half a report', '{"testResults": [', 0],
  ['a bad end after good tests', report(file('passed', 'passed')), 1],
  ['no tests at all', report(), 0],
])('%s is one failure', (_what, text, code) => {
  expect(countReport(text, code).failed).toBe(1);
});
