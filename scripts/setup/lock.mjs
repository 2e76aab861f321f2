// One set-up at a time in a checkout. The lock is a folder that appears whole, with its owner written in it (it is
// made beside and renamed into place); one whose owner is gone is taken away by whoever finds it.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { say } from './progress.mjs';

const LOOK_EVERY = 200; // milliseconds

/**
 * Runs `work` while nobody else holds the lock.
 * @template T
 * @param {string} lock the lock's folder
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(lock, work) {
  await acquire(lock);
  const release = () => rmSync(lock, { recursive: true, force: true });
  const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
    release();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await work();
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    release();
  }
}

async function acquire(/** @type {string} */ lock) {
  mkdirSync(path.dirname(lock), { recursive: true });
  let told = false;
  while (!take(lock)) {
    const owner = ownerOf(lock);
    if (owner === undefined) continue; // released in between
    if (!isAlive(owner)) {
      breakStale(lock, owner);
      continue;
    }
    if (!told) say(`waiting for another set-up (process ${owner.split(' ')[0]})`);
    told = true;
    await pause(LOOK_EVERY);
  }
}

function take(/** @type {string} */ lock) {
  const beside = `${lock}.${process.pid}`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside);
  writeFileSync(path.join(beside, 'owner'), `${process.pid} ${startOf(process.pid)}`);
  try {
    renameSync(beside, lock); // fails where a folder with something in it stands
    return true;
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    const code = /** @type {NodeJS.ErrnoException} */ (error).code ?? '';
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES', 'ENOTDIR'].includes(code) && ownerOf(lock) !== undefined)
      return false;
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(code)) return false;
    throw error;
  }
}

/** @returns {string | undefined} "pid start", '' for a folder that names nobody, undefined without a lock */
function ownerOf(/** @type {string} */ lock) {
  try {
    return readFileSync(path.join(lock, 'owner'), 'utf8');
  } catch (error) {
    const gone = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT' && !existsSync(lock);
    return gone ? undefined : '';
  }
}

function isAlive(/** @type {string} */ owner) {
  const [pid, start] = owner.split(' ');
  if (!pid || !/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
  // A number that now belongs to another process does not count.
  return startOf(Number(pid)) === start;
}

/** When a process started, in the kernel's ticks; '-' where the system doesn't tell. */
function startOf(/** @type {number} */ pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
}

/** Takes a dead owner's lock away; if somebody new took it a moment ago, it is put back. */
function breakStale(/** @type {string} */ lock, /** @type {string} */ owner) {
  const aside = `${lock}.stale.${process.pid}`;
  rmSync(aside, { recursive: true, force: true });
  try {
    renameSync(lock, aside);
  } catch {
    return; // someone else was quicker
  }
  if (ownerOf(aside) === owner) rmSync(aside, { recursive: true, force: true });
  else renameSync(aside, lock);
}
