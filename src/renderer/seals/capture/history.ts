/** Steps that can be undone. */
export interface History<T> {
  before: readonly T[];
  now: T;
  after: readonly T[];
  /** The control that made the last step. */
  key: string;
}

const mostSteps = 100;

export const begun = <T>(now: T): History<T> => ({ before: [], now, after: [], key: '' });

/** A further step; moving the same control on is no new one. Nothing changed: the same history. */
export function changed<T>(history: History<T>, now: T, key: string): History<T> {
  if (JSON.stringify(now) === JSON.stringify(history.now)) return history;
  const before =
    key === history.key && history.before.length > 0
      ? history.before
      : [...history.before, history.now].slice(-mostSteps);
  return { before, now, after: [], key };
}

export function undone<T>(history: History<T>): History<T> {
  const last = history.before.at(-1);
  if (last === undefined) return history;
  return {
    before: history.before.slice(0, -1),
    now: last,
    after: [history.now, ...history.after],
    key: '',
  };
}

export function redone<T>(history: History<T>): History<T> {
  const [next, ...after] = history.after;
  if (next === undefined) return history;
  return { before: [...history.before, history.now], now: next, after, key: '' };
}
