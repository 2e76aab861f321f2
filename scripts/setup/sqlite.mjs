// better-sqlite3 ships binaries for Node-API 10. The Electron from the npm registry has Node-API 9, where those end
// the process: for it the addon is compiled from the package's own source (native/better-sqlite3 says how).
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { electronPath, electronRuntime } from './electron.mjs';
import { headersEnv } from './packages.mjs';
import { inCache, inRoot, nodePath } from './paths.mjs';
import { step } from './progress.mjs';
import { run } from './run.mjs';
import { hashOf, readStamp, writeStamp } from './stamp.mjs';

const glue = () => inRoot('native', 'better-sqlite3');
const packageFolder = () => inRoot('node_modules', 'better-sqlite3');
const stamp = () => inCache('native', 'better_sqlite3-napi9.stamp');

/** Where the compiled addon lies: what the store passes to better-sqlite3 as `nativeBinding` under Node-API 9. */
export const napi9Path = () => inCache('native', 'better_sqlite3-napi9.node');

function key() {
  const { version } = JSON.parse(readFileSync(path.join(packageFolder(), 'package.json'), 'utf8'));
  const { size } = statSync(napi9Path());
  return hashOf(version, process.platform, process.arch, String(size), ...sources());
}

const sources = () =>
  ['binding.gyp', 'box-values.h'].map((name) => readFileSync(path.join(glue(), name), 'utf8'));

/** True when no addon of ours is needed, or it is there. */
export function sqliteReady() {
  if (electronRuntime()?.origin === 'official') return true;
  return existsSync(napi9Path()) && readStamp(stamp()) === key();
}

/** Compiles the addon when the Electron at hand needs it. */
export async function ensureSqlite() {
  if (sqliteReady()) return;
  await step('compiling better-sqlite3 for Node-API 9', async () => {
    const build = inCache('native', 'better-sqlite3');
    rmSync(build, { recursive: true, force: true });
    mkdirSync(build, { recursive: true });
    for (const folder of ['src', 'deps'])
      cpSync(path.join(packageFolder(), folder), path.join(build, folder), { recursive: true });
    // The package's manifest makes its helper scripts CommonJS, as they are meant to be.
    copyFileSync(path.join(packageFolder(), 'package.json'), path.join(build, 'package.json'));
    for (const file of ['binding.gyp', 'box-values.h'])
      copyFileSync(path.join(glue(), file), path.join(build, file));
    const gyp = inRoot('node_modules', 'node-gyp', 'bin', 'node-gyp.js');
    const env = {
      ...headersEnv(),
      PATH: `${path.dirname(nodePath())}${path.delimiter}${process.env.PATH ?? ''}`,
    };
    await run(nodePath(), [gyp, 'rebuild', '--release', '-j', '2'], { cwd: build, env });
    renameSync(path.join(build, 'build', 'Release', 'better_sqlite3.node'), napi9Path());
    rmSync(build, { recursive: true, force: true });
    await run(electronPath(), ['-e', PROOF, napi9Path()], { env: { ELECTRON_RUN_AS_NODE: '1' } });
    writeStamp(stamp(), key());
  });
}

/** Run once in the runtime itself: loads, prepares, runs a transaction, reads back. */
const PROOF = `
  const Database = require('better-sqlite3');
  const db = new Database(':memory:', { nativeBinding: process.argv[1] });
  db.exec('create table t (n integer, s text)');
  const insert = db.prepare('insert into t values (@n, @s)');
  db.transaction(() => { for (let n = 0; n < 1000; n += 1) insert.run({ n, s: 'row ' + n }); })();
  const { total, last } = db.prepare('select count(*) as total, max(s) as last from t').get();
  if (total !== 1000 || last !== 'row 999') throw new Error('unexpected answer');
`;
