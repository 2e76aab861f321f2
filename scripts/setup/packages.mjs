// The npm packages of the lockfile, and the one native package that has to be compiled on the machine.
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { inCache, inRoot, nodeFolder, nodePath, root } from './paths.mjs';
import { step } from './progress.mjs';
import { attempt, npm } from './run.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} Locked */

/**
 * What is missing or of another version in a node_modules folder, seen from a lockfile. npm keeps a copy of the
 * lockfile inside node_modules and writes it last, so an install that was cut short has none.
 * @param {string} folder the folder that holds package-lock.json and node_modules
 * @returns {string | undefined} the first difference, undefined when all is there
 */
export function installGap(folder) {
  const wanted = lockedPackages(path.join(folder, 'package-lock.json'));
  if (!wanted) throw new Error('package-lock.json is missing or damaged: get it back from the repository');
  const present = lockedPackages(path.join(folder, 'node_modules', '.package-lock.json'));
  if (!present) return 'no finished install';
  for (const [where, entry] of Object.entries(wanted)) {
    if (where === '' || entry.link) continue;
    const found = present[where];
    // Optional packages may be for another platform; when npm put one here it has to be whole like the others.
    if (!found && entry.optional) continue;
    if (!found || found.version !== entry.version || found.integrity !== entry.integrity)
      return `${where} is not what the lockfile names`;
    if (!existsSync(path.join(folder, where, 'package.json'))) return `${where} is missing`;
  }
  return undefined;
}

/** @returns {Record<string, Locked> | undefined} */
function lockedPackages(/** @type {string} */ file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

const addon = () => inRoot('node_modules', 'pkcs11js', 'build', 'Release', 'pkcs11.node');
const addonStamp = () => inCache('native', 'pkcs11js.stamp');

/** What the compiled addon was when it was seen working: a half-written file never has this key. */
function addonKey() {
  if (!existsSync(addon())) return undefined;
  const stat = statSync(addon(), { bigint: true });
  const { version } = JSON.parse(readFileSync(inRoot('node_modules', 'pkcs11js', 'package.json'), 'utf8'));
  return hashOf(version, process.platform, process.arch, String(stat.size), String(stat.mtimeNs));
}

/** True when packages and addon are in place. */
export function packagesReady() {
  return installGap(root) === undefined && addonReady();
}

function addonReady() {
  const key = addonKey();
  return key !== undefined && readStamp(addonStamp()) === key;
}

/** True when the set-up is going to need a compiler for the packages. */
export const needsCompiler = () => !existsSync(addon());

async function install() {
  const args = ['ci', '--ignore-scripts', '--loglevel=error'];
  try {
    await npm(args);
  } catch {
    // A line that dropped, or a folder that somebody wrote into meanwhile: once more, and then it is said.
    await npm(args);
  }
}

/** Installs what is missing and compiles pkcs11js; other packages' install scripts are not run. */
export async function ensurePackages() {
  const gap = installGap(root);
  if (gap !== undefined) await step(`installing the packages of the lockfile (${gap})`, install);
  if (
    !existsSync(inRoot('node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')) &&
    existsSync(nodeFolder())
  )
    throw new Error('npm did not link node_modules/.bin/node: is `bin-links=false` in an npm configuration?');
  if (addonReady()) return;
  if (!(await addonLoads())) {
    await step('compiling pkcs11js', () => npm(['rebuild', 'pkcs11js'], { env: headersEnv() }));
    if (!(await addonLoads())) throw new Error('pkcs11js was compiled but does not load');
  }
  writeStamp(addonStamp(), /** @type {string} */ (addonKey()));
}

async function addonLoads() {
  if (!existsSync(addon())) return false;
  return (await attempt(nodePath(), ['-e', 'require("pkcs11js")'])).ok;
}

/** Node's headers come with its npm package: node-gyp then has nothing to download. */
export function headersEnv() {
  return existsSync(path.join(nodeFolder(), 'include', 'node', 'node_api.h'))
    ? { npm_config_nodedir: nodeFolder() }
    : {};
}
