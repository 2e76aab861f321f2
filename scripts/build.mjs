// Builds the app into out/ with Vite: the Node side as ES modules, the preloads as single CommonJS files (a sandboxed
// preload can be nothing else), the windows as static pages. Nothing is done when nothing has changed.
// Usage: node scripts/build.mjs [--force]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { withLock } from './setup/lock.mjs';
import { inCache, inRoot, nodePath, root } from './setup/paths.mjs';
import { say, step } from './setup/progress.mjs';
import { readStamp, treeHash, writeStamp } from './setup/stamp.mjs';

/** The oldest Electron that runs this has Node 20 and Chromium 130. */
const NODE_TARGET = 'node20';
const CHROMIUM_TARGET = 'chrome130';

const NODE_ENTRIES = /** @type {Record<string, string>} */ ({
  'main/app': 'src/main/app/main.ts',
  'main/cli': 'src/main/cli/main.ts',
  'main/token-host': 'src/main/pkcs11/token.host.ts',
  'main/document-host': 'src/main/documents/document.host.ts',
  'fixtures/index': 'softhsm-fixtures/index.ts',
});
const PRELOADS = /** @type {Record<string, string>} */ ({
  main: 'src/main/app/preload/main.ts',
  pin: 'src/main/app/preload/pin.ts',
});
const PAGES = /** @type {Record<string, string>} */ ({
  index: 'src/renderer/index.html',
  pin: 'src/renderer/pin/index.html',
});
/** Not bundled: Electron's own, and packages with compiled parts. */
const EXTERNAL = ['electron', 'better-sqlite3', 'pkcs11js', 'sharp'];

const INPUTS = [
  'src',
  'softhsm-fixtures',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'scripts/build.mjs',
];
const isTest = (/** @type {string} */ name) => /\.test\.tsx?$/.test(name) || name.startsWith('.');

const stampFile = () => inRoot('out', '.stamp');
const inputsHash = () => treeHash(root, INPUTS, isTest);

/**
 * Builds out/ when something has changed since the last time.
 * @param {{ force?: boolean }} [options]
 */
export async function build({ force = false } = {}) {
  const since = new Date();
  if (!force && isCurrent()) {
    // Later looks may go by this time alone (bin/yinkey does).
    utimesSync(stampFile(), since, since);
    return;
  }
  await withLock(inCache('build.lock'), async () => {
    if (!force && isCurrent()) return;
    await step('building the app', () => {
      // In a process of its own: Vite wants the Node of the lockfile, and this one may be older.
      const { status, stdout, stderr } = spawnSync(nodePath(), [fileURLToPath(import.meta.url), '--here'], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
        env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1' },
      });
      process.stderr.write(stripVTControlCharacters(stderr));
      if (status !== 0)
        throw new Error(
          `the build failed\n${stripVTControlCharacters(stdout).trim().split('\n').slice(-40).join('\n')}`,
        );
    });
    utimesSync(stampFile(), since, since);
  });
}

function isCurrent() {
  return readStamp(stampFile()) === inputsHash();
}

async function buildHere() {
  const before = inputsHash();
  const fresh = inRoot(`out.${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  try {
    const vite = await import('vite');
    await buildNode(vite, fresh);
    for (const [name, entry] of present(PRELOADS)) await buildPreload(vite, fresh, name, entry);
    await buildPages(vite, fresh);
    writeStamp(path.join(fresh, '.stamp'), before);
    // The old one goes aside and away: a program that has it open keeps its files until then.
    const old = inRoot(`out.${process.pid}.old`);
    if (existsSync(inRoot('out'))) renameSync(inRoot('out'), old);
    renameSync(fresh, inRoot('out'));
    rmSync(old, { recursive: true, force: true });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function present(/** @type {Record<string, string>} */ entries) {
  return Object.entries(entries).filter(([, file]) => {
    const there = existsSync(inRoot(file));
    if (!there) say(`${file} is missing and left out of the build`);
    return there;
  });
}

const common = /** @type {const} */ ({ configFile: false, root, logLevel: 'warn', publicDir: false });

const isFixture = (/** @type {string} */ id) => path.relative(root, id).startsWith('softhsm-fixtures');

/**
 * The practice world exists in checkouts only and finds its pictures, documents and programs beside its sources, so
 * `import.meta.url` goes on naming the source. Every Node bundle lies two folders deep.
 * @type {import('vite').Plugin}
 */
const fixturesKnowTheirPlace = {
  name: 'fixtures-know-their-place',
  transform(code, id) {
    if (!isFixture(id) || !code.includes('import.meta.url')) return null;
    const source = JSON.stringify(`../../${path.relative(root, id).split(path.sep).join('/')}`);
    return {
      code: code.replaceAll('import.meta.url', `new URL(${source}, import.meta.url).href`),
      map: null,
    };
  },
};

/** @param {typeof import('vite')} vite @param {string} out */
async function buildNode(vite, out) {
  const input = Object.fromEntries(present(NODE_ENTRIES));
  if (Object.keys(input).length === 0) return;
  await vite.build({
    ...common,
    plugins: [fixturesKnowTheirPlace],
    ssr: { noExternal: true, external: EXTERNAL, target: 'node' },
    build: {
      ssr: true,
      outDir: out,
      emptyOutDir: false,
      target: NODE_TARGET,
      minify: false,
      sourcemap: false,
      reportCompressedSize: false,
      rolldownOptions: {
        input,
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          // Beside the entries, so that './token-host.js' means the same in all of them. What only the practice
          // world needs lies with it: packages leave that folder out.
          chunkFileNames: (chunk) =>
            chunk.moduleIds.length > 0 && chunk.moduleIds.every(isFixture)
              ? 'fixtures/[name]-[hash].js'
              : 'main/[name]-[hash].js',
        },
      },
    },
  });
}

/** @param {typeof import('vite')} vite @param {string} out @param {string} name @param {string} entry */
async function buildPreload(vite, out, name, entry) {
  await vite.build({
    ...common,
    resolve: { conditions: ['module', 'browser', 'production'] },
    build: {
      lib: { entry: inRoot(entry), formats: ['cjs'], fileName: () => `${name}.cjs` },
      outDir: path.join(out, 'preload'),
      emptyOutDir: false,
      target: CHROMIUM_TARGET,
      minify: false,
      sourcemap: false,
      reportCompressedSize: false,
      rolldownOptions: { external: ['electron'], output: { codeSplitting: false } },
    },
  });
}

/** @param {typeof import('vite')} vite @param {string} out */
async function buildPages(vite, out) {
  const input = Object.fromEntries(present(PAGES).map(([name, file]) => [name, inRoot(file)]));
  if (Object.keys(input).length === 0) return;
  const { default: react } = await import('@vitejs/plugin-react');
  await vite.build({
    ...common,
    root: inRoot('src', 'renderer'),
    base: './',
    plugins: [react()],
    build: {
      outDir: path.join(out, 'renderer'),
      emptyOutDir: false,
      target: CHROMIUM_TARGET,
      cssTarget: CHROMIUM_TARGET,
      // The pages' policy allows no inline script, style or data: address.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      // Less to read and to compile before the first paint.
      minify: true,
      sourcemap: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 100_000,
      rolldownOptions: { input },
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (process.argv.includes('--here')) await buildHere();
    else await build({ force: process.argv.includes('--force') });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
