// `npm start`: sets up, builds, makes the practice world and opens the client. Without a display it runs the guided
// tour instead. Options: --real (no practice world); whatever else is given goes to the app.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { build } from './build.mjs';
import { runTo } from './foreground.mjs';
import { practiceFolder, startAuthority } from './practice.mjs';
import { electronPath, nodePath, setUp } from './setup/index.mjs';
import { inRoot, root } from './setup/paths.mjs';
import { say } from './setup/progress.mjs';
import { displayReachable, withXvfb } from './xvfb.mjs';

const given = process.argv.slice(2);
const real = given.includes('--real');
const rest = given.filter((word) => word !== '--real');

try {
  await setUp({ window: true, practice: !real });
  await build();
  process.exitCode = (await displayReachable()) ? await openClient() : await tour();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function openClient() {
  const args = [root, ...rest];
  let env = {};
  let stopAuthority = () => {};
  try {
    if (!real) {
      const folder = practiceFolder();
      mkdirSync(folder, { recursive: true });
      let world = '';
      try {
        const { line, stop } = await startAuthority(folder);
        stopAuthority = stop;
        say(line);
        // It finds the one that runs, and enrols a key there.
        world = await practice(folder);
      } catch (error) {
        // Everything but renewal can be practised without it.
        say(error instanceof Error ? error.message : String(error));
        world = await practice(folder, '--no-authority');
      }
      ({ env } = JSON.parse(world));
      args.push(`--practice=${folder}`);
      say(`practice mode: the practice world is in ${folder}, the keys' PINs in PIN.txt there`);
    }
    if (process.platform === 'linux' && process.getuid?.() === 0) {
      say("started as root, so without Chromium's sandbox: for tests only, never for real work");
      args.push('--no-sandbox');
    }
    return await runTo(electronPath(), args, { ...utf8Locale(), ...env });
  } finally {
    stopAuthority();
  }
}

/** Chromium reads file names by the locale: under one that knows no Chinese, files with Chinese names can't be dropped. */
function utf8Locale() {
  if (process.platform !== 'linux') return {};
  const { stdout } = spawnSync('locale', ['charmap'], { encoding: 'utf8' });
  return stdout?.trim() === 'UTF-8' ? {} : { LC_ALL: 'C.UTF-8' };
}

async function tour() {
  if (real) throw new Error('no display can be reached (DISPLAY, WAYLAND_DISPLAY), and --real needs one');
  const folder = inRoot('test-results', 'tour');
  mkdirSync(folder, { recursive: true });
  say('no display can be reached: running the guided tour in a virtual one instead');
  const script = inRoot('e2e', 'tour.ts');
  if (!existsSync(script)) throw new Error('e2e/tour.ts is missing');
  const code = await withXvfb((env) => runTo(nodePath(), [script, '--out', folder], env));
  console.log(
    code === 0
      ? `The tour's pictures and the stamped document are in ${folder}`
      : 'The tour did not come to its end.',
  );
  return code;
}

/** @returns {Promise<string>} the practice world as JSON */
function practice(/** @type {string} */ folder, /** @type {string[]} */ ...more) {
  return new Promise((resolve, reject) => {
    const cli = inRoot('out', 'main', 'cli.js');
    const child = spawn(nodePath(), [cli, 'practice', 'up', '--dir', folder, '--seed', ...more, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (part) => {
      output += part;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`the practice world could not be made${output ? `: ${output.trim()}` : ''}`));
    });
  });
}
