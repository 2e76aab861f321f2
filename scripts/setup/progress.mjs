// What the set-up is doing, on standard error: a line when a step begins, a sign of life in a long one, a line when
// it ends. Standard output belongs to the program that is being set up.

/** Says one line. */
export function say(/** @type {string} */ text) {
  process.stderr.write(`set-up: ${text}\n`);
}

const seconds = (/** @type {number} */ since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs one named step and tells how long it took.
 * @template T
 * @param {string} title what is being done, as in "installing packages"
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const since = Date.now();
  say(`${title} ...`);
  const alive = setInterval(() => say(`${title}: still at it, ${seconds(since)}`), 15_000);
  try {
    const result = await work();
    say(`${title}: done in ${seconds(since)}`);
    return result;
  } catch (error) {
    say(`${title}: failed after ${seconds(since)}`);
    throw error;
  } finally {
    clearInterval(alive);
  }
}
