import { expect, it } from 'vitest';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import { withView } from './renewals.ts';

const view = (id: string, state: RenewalView['state']) => ({ id, state }) as RenewalView;

it('a renewal that changed takes its own place, a new one the last', () => {
  const known = [view('a', 'ready'), view('b', 'working')];
  expect(withView(known, view('a', 'done')).map(({ id, state }) => `${id} ${state}`)).toEqual([
    'a done',
    'b working',
  ]);
  expect(withView(known, view('c', 'ready')).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect(known[0]?.state).toBe('ready');
});
