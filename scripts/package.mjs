// `npm run package`: the unpacked build for this platform in dist/, made with the Electron that the set-up prepared.
// Installers (deb, AppImage, nsis, dmg) are made by `npx electron-builder` where its helper programs can be fetched.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { electronRuntime, nodePath, setUp } from './setup/index.mjs';
import { inRoot, root } from './setup/paths.mjs';
import { say, step } from './setup/progress.mjs';
import { napi9Path } from './setup/sqlite.mjs';

const ADDON = 'resources/app.asar.unpacked/node_modules/better-sqlite3/prebuilds/linux-x64.node';

async function main() {
  await setUp({ window: true });
  await build();
  await step('packaging', () => {
    // electron-builder wants the Node of the lockfile.
    const args = [fileURLToPath(import.meta.url), '--here'];
    const { status } = spawnSync(nodePath(), args, { cwd: root, stdio: ['ignore', 2, 2] });
    if (status !== 0) throw new Error('electron-builder failed');
  });
  for (const folder of unpacked()) console.log(folder);
}

const unpacked = () =>
  existsSync(inRoot('dist'))
    ? readdirSync(inRoot('dist'))
        .filter((name) => name.endsWith('-unpacked') || name.startsWith('mac'))
        .map((name) => inRoot('dist', name))
    : [];

async function packageHere() {
  const runtime = electronRuntime();
  if (!runtime) throw new Error('the Electron runtime is not set up');
  for (const folder of unpacked()) rmSync(folder, { recursive: true, force: true });
  const { build: pack, Platform } = await import('electron-builder');
  await pack({
    targets: Platform.current().createTarget('dir'),
    publish: 'never',
    config: {
      extends: inRoot('electron-builder.yml'),
      electronDist: runtime.folder,
      electronVersion: runtime.version,
      npmRebuild: false,
    },
  });
  for (const folder of unpacked()) {
    // What belongs to the Electron of the checkout only.
    for (const name of ['.yinkey-runtime.json', 'resources/default_app.asar', 'resources/app-update.yml'])
      rmSync(path.join(folder, name), { force: true });
    // The older Electron needs the addon that was compiled for it, in the place of the one that was shipped.
    if (runtime.origin === 'npm') copyFileSync(napi9Path(), path.join(folder, ADDON));
  }
}

try {
  if (process.argv.includes('--here')) await packageHere();
  else await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
