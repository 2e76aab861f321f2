// Is something up to date? A stamp is a hash over what went in; it is written when the work is done, never before.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** @returns {string} SHA-256 over the parts, in hex */
export function hashOf(/** @type {string[]} */ ...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('hex');
}

/**
 * One hash for files and folders by path, size and time of change: reading them all would be slower than need be.
 * @param {string} base what the paths are relative to
 * @param {string[]} entries files and folders; one that is missing counts as such
 * @param {(name: string) => boolean} [skip] names that don't matter
 * @returns {string}
 */
export function treeHash(base, entries, skip = () => false) {
  /** @type {string[]} */
  const lines = [];
  const visit = (/** @type {string} */ relative) => {
    const full = path.join(base, relative);
    let stat;
    try {
      stat = statSync(full, { bigint: true });
    } catch {
      lines.push(`${relative} missing`);
      return;
    }
    if (!stat.isDirectory()) {
      lines.push(`${relative} ${stat.size} ${stat.mtimeNs}`);
      return;
    }
    for (const name of readdirSync(full).sort()) if (!skip(name)) visit(path.join(relative, name));
  };
  for (const entry of entries) visit(entry);
  return hashOf(lines.join('\n'));
}

/** @returns {string | undefined} a small text file's content, undefined without the file */
export function readStamp(/** @type {string} */ file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Writes a small text file so that it appears whole or not at all. */
export function writeStamp(/** @type {string} */ file, /** @type {string} */ text) {
  mkdirSync(path.dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, `${text}\n`);
  renameSync(beside, file);
}
