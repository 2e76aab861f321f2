import { z } from 'zod';
import type { LoginFacts, PinState } from '../../shared/domain/index.ts';

/**
 * How many tries a PIN has left, as far as this can be known. PKCS#11 tells flags, never a number: it is known where the
 * flags say "final try" or "locked", and where wrong tries were counted since the last success on a key whose limit
 * showed itself before. All else is "few" at most.
 */
export const triesSchema = z.object({
  /** Wrong tries since the last success; null: there was no success since the counting began. */
  wrong: z.number().int().nonnegative().nullable(),
  /** Wrong tries after which this key locks; null: never seen. */
  limit: z.number().int().positive().nullable(),
});
export type Tries = z.infer<typeof triesSchema>;

/** Both PINs of one token. */
export const knownTriesSchema = z.object({ user: triesSchema, so: triesSchema });
export type KnownTries = z.infer<typeof knownTriesSchema>;

export const nothingKnown: KnownTries = {
  user: { wrong: null, limit: null },
  so: { wrong: null, limit: null },
};

/** Results of a login that the key has counted. */
const counted: ReadonlySet<string> = new Set([
  'token.pin-wrong',
  'token.so-pin-wrong',
  'token.pin-locked',
  'token.so-pin-locked',
]);

/** What is known after a login. */
export function afterLogin(tries: KnownTries, { who, result, before, after }: LoginFacts): KnownTries {
  const { limit } = tries[who];
  if (result === 'ok') return { ...tries, [who]: { wrong: 0, limit } };
  if (!counted.has(result) || before[who] === 'locked') return tries;
  const wrong = tries[who].wrong === null ? null : tries[who].wrong + 1;
  const state = after?.[who];
  const shown = wrong === null ? null : state === 'locked' ? wrong : state === 'final-try' ? wrong + 1 : null;
  return { ...tries, [who]: { wrong, limit: shown ?? limit } };
}

/** The SO has set the user's PIN: its counter begins anew. */
export function afterReset(tries: KnownTries): KnownTries {
  return { ...tries, user: { ...tries.user, wrong: 0 } };
}

/** A driver ended while it checked this PIN: whether the key counted is not known. */
export function afterDoubt(tries: KnownTries): KnownTries {
  const uncounted = ({ limit }: Tries): Tries => ({ wrong: null, limit });
  return { user: uncounted(tries.user), so: uncounted(tries.so) };
}

/** Tries left, or null where nobody knows. */
export function triesLeft(state: PinState, { wrong, limit }: Tries): number | null {
  if (state === 'locked') return 0;
  if (state === 'final-try') return 1;
  if (wrong === null || limit === null) return null;
  // Somebody else has tried since: our count is worth nothing.
  if (state === 'low' && wrong === 0) return null;
  return limit - wrong >= 2 ? limit - wrong : null;
}
