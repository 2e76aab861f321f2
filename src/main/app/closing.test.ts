import { describe, expect, test } from 'vitest';
import { comeToRest, type Works } from './closing.ts';

/** Works of which some are under way, and what is done to them. */
function works(busy: { renewal?: boolean; stamp?: boolean }, answer: 'wait' | 'stop') {
  const done: string[] = [];
  const did = (what: string) => async () => void done.push(what);
  const given: Works = {
    care: { cancel: () => void done.push('close PIN change'), idle: did('care rests') },
    renewing: {
      busy: busy.renewal ?? false,
      cancelPins: () => void done.push('close PIN window'),
      halt: did('halt renewal'),
      idle: did('renewal rests'),
    },
    stamping: { busy: busy.stamp ?? false, stop: did('stop stamp'), idle: did('stamp rests') },
    ask: async (during) => {
      done.push(`ask ${during}`);
      return answer;
    },
  };
  return { given, done };
}

describe('closing the window', () => {
  test.each([
    ['nothing under way', {}, 'wait', ['close PIN window', 'renewal rests']],
    ['a renewal, waited for', { renewal: true }, 'wait', ['ask renewal', 'renewal rests']],
    ['a renewal, stopped', { renewal: true }, 'stop', ['ask renewal', 'halt renewal', 'renewal rests']],
    [
      'a stamp, waited for',
      { stamp: true },
      'wait',
      ['close PIN window', 'renewal rests', 'ask stamp', 'stamp rests'],
    ],
    [
      'a stamp, stopped',
      { stamp: true },
      'stop',
      ['close PIN window', 'renewal rests', 'ask stamp', 'stop stamp', 'stamp rests'],
    ],
  ] as const)('%s', async (_, busy, answer, expected) => {
    const { given, done } = works(busy, answer);
    expect(await comeToRest(given)).toBe(true);
    expect(done).toEqual(['close PIN change', 'care rests', ...expected]);
  });
});
