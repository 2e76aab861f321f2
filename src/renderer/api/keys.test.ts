import { describe, expect, it } from 'vitest';
import type { KeysSnapshot } from '../../shared/domain/keys.ts';
import { newer } from './keys.ts';

const snapshot = (revision: number): KeysSnapshot => ({
  revision,
  loading: false,
  keys: [],
  blanks: [],
  modules: [],
});

describe('newer', () => {
  it('takes the first snapshot and every later one, and forgets an error', () => {
    const first = newer({ snapshot: null, error: new Error('x') }, snapshot(1));
    expect(first).toEqual({ snapshot: snapshot(1), error: null });
    expect(newer(first, snapshot(2)).snapshot?.revision).toBe(2);
  });
  it('drops an answer that an event has overtaken', () => {
    const known = { snapshot: snapshot(5), error: null };
    expect(newer(known, snapshot(4))).toBe(known);
  });
});
