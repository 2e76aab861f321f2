import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoginFacts, PinState } from '../../shared/domain/index.ts';
import { afterLogin, afterReset, type KnownTries, nothingKnown, triesLeft } from './tries.ts';

const login = (result: string, after: PinState, who: LoginFacts['who'] = 'user'): LoginFacts => ({
  who,
  result,
  before: { user: 'ok', so: 'ok' },
  after: { user: 'ok', so: 'ok', [who]: after },
});
const wrong = (after: PinState = 'low') => login('token.pin-wrong', after);
const run = (...logins: LoginFacts[]): KnownTries => logins.reduce(afterLogin, nothingKnown);

describe('tries left', () => {
  it('are unknown until a success has started the count and the limit has shown itself', () => {
    expect(triesLeft('ok', run().user)).toBeNull();
    expect(triesLeft('low', run(wrong(), wrong()).user)).toBeNull();
    expect(triesLeft('low', run(login('ok', 'ok'), wrong()).user)).toBeNull();
  });

  it('are told by the flags alone at the end', () => {
    expect(triesLeft('final-try', nothingKnown.user)).toBe(1);
    expect(triesLeft('locked', nothingKnown.user)).toBe(0);
  });

  it('are counted once the limit is known', () => {
    const limitSeen = run(login('ok', 'ok'), wrong(), wrong(), wrong('final-try'));
    expect(limitSeen.user).toEqual({ wrong: 3, limit: 4 });
    const later = [login('ok', 'ok'), wrong()].reduce(afterLogin, limitSeen);
    expect(triesLeft('low', later.user)).toBe(3);
    expect(run(login('ok', 'ok'), wrong(), wrong('locked')).user).toEqual({ wrong: 2, limit: 2 });
  });

  it('begin anew when the SO has set the PIN', () => {
    expect(afterReset(run(wrong(), wrong())).user).toEqual({ wrong: 0, limit: null });
  });

  it('are not told when somebody else has tried meanwhile', () => {
    const known = { wrong: 0, limit: 8 };
    expect(triesLeft('ok', known)).toBe(8);
    expect(triesLeft('low', known)).toBeNull();
  });

  it('are counted for each PIN by itself, and only by what the key has checked', () => {
    const known = run(login('ok', 'ok'), login('ok', 'ok', 'so'), login('token.so-pin-wrong', 'low', 'so'));
    expect(known).toMatchObject({ user: { wrong: 0 }, so: { wrong: 1 } });
    for (const result of ['token.removed', 'token.failed', 'token.pin-length', 'driver.hung']) {
      expect(afterLogin(known, login(result, 'ok'))).toEqual(known);
    }
  });

  it('agree with a key that counts, whatever is done to it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 15 }),
        fc.array(fc.boolean(), { maxLength: 80 }),
        (limit, acts) => {
          let left = limit;
          let known = nothingKnown;
          const state = (): PinState =>
            left === 0 ? 'locked' : left === 1 ? 'final-try' : left < limit ? 'low' : 'ok';
          for (const right of acts) {
            if (left === 0) {
              left = limit;
              known = afterReset(known);
              continue;
            }
            left = right ? limit : left - 1;
            known = afterLogin(known, right ? login('ok', state()) : wrong(state()));
            const told = triesLeft(state(), known.user);
            if (told !== null) expect(told).toBe(left);
          }
        },
      ),
    );
  });
});
