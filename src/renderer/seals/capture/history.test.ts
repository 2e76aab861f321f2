import { describe, expect, it } from 'vitest';
import { begun, changed, redone, undone } from './history.ts';

describe('the steps of helping by hand', () => {
  it('go back and forth, and a new step ends what was undone', () => {
    const one = changed(
      changed(begun<{ turn: number; x?: number }>({ turn: 0 }), { turn: 1 }, 'turn'),
      { turn: 1, x: 2 },
      'nudge',
    );
    expect(undone(one).now).toEqual({ turn: 1 });
    expect(undone(undone(undone(one))).now).toEqual({ turn: 0 });
    expect(redone(undone(one)).now).toEqual({ turn: 1, x: 2 });
    expect(changed(undone(one), { turn: 5 }, 'turn').after).toEqual([]);
  });

  it('count the same control once, until something else was done', () => {
    let now = begun(0);
    for (const value of [1, 2, 3]) now = changed(now, value, 'slider');
    expect(now.before).toEqual([0]);
    expect(undone(now).now).toBe(0);
    expect(changed(undone(now), 4, 'slider').before).toEqual([0]);
    expect(changed(now, 3, 'slider')).toBe(now);
  });
});
