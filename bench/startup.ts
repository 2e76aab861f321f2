import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { electronPath } from '../scripts/setup/electron.mjs';
import { type Figure, median } from './report.ts';

/** A window that does nothing but show a line: what Electron itself needs. */
const BARE_MAIN = `
const { app, BrowserWindow } = require('electron');
app.on('window-all-closed', () => app.quit());
app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 1280, height: 800 });
  window.loadFile('index.html');
});`;
/** Usable in the frame after the first, as our page reckons it. */
const BARE_PAGE = `<!doctype html><title>bare</title><p>ready</p><script>
requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('yinkey:usable')));
</script>`;

const PROBE = path.join(import.meta.dirname, 'startup-probe.cjs');
const WITHIN = 60_000; // milliseconds

/** Milliseconds after the spawn. */
interface Start {
  /** The window object was made. */
  began: number;
  /** The page's address was gone to. */
  navigation: number;
  /** The page was parsed. */
  parsed: number;
  /** On the screen and usable. */
  usable: number;
}

/** One start, timed from the spawn by the clock that all processes of the machine share. */
async function startOnce(args: string[]): Promise<Start> {
  const spawned = Date.now();
  const child = spawn(electronPath(), [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...args], {
    env: { ...process.env, NODE_OPTIONS: `--require=${PROBE}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  let deadline: NodeJS.Timeout | undefined;
  try {
    const told = await new Promise<Start & { shown: number }>((resolve, reject) => {
      let text = '';
      child.stderr.on('data', (data: Buffer) => {
        text += data.toString();
        const match = /^yinkey-bench (.*)$/m.exec(text);
        if (match) resolve(JSON.parse(match[1]!));
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`the window ended early: ${text}`)));
      deadline = setTimeout(() => reject(new Error(`the window did not become usable: ${text}`)), WITHIN);
    });
    return {
      began: told.began - spawned,
      navigation: told.navigation - spawned,
      parsed: told.parsed - spawned,
      usable: Math.max(told.usable, told.shown) - spawned,
    };
  } finally {
    clearTimeout(deadline);
    child.kill('SIGKILL');
    await gone;
  }
}

/** (a) Start to usable window, in turns with a bare Electron window, so that both meet the same machine. */
export async function startup(options: { root: string; folder: string; rounds: number }): Promise<Figure[]> {
  const bareFolder = path.join(options.folder, 'bare');
  mkdirSync(bareFolder);
  writeFileSync(path.join(bareFolder, 'package.json'), '{"name":"bare","main":"main.js"}');
  writeFileSync(path.join(bareFolder, 'main.js'), BARE_MAIN);
  writeFileSync(path.join(bareFolder, 'index.html'), BARE_PAGE);
  const bare: Start[] = [];
  const ours: Start[] = [];
  // Two rounds first, which fill the caches of disk and code, make the store, and are not counted.
  for (let round = -2; round < options.rounds; round++) {
    const first = await startOnce([bareFolder, `--user-data-dir=${path.join(bareFolder, 'data')}`]);
    const second = await startOnce([options.root, `--user-data=${path.join(options.folder, 'client')}`]);
    if (round < 0) continue;
    bare.push(first);
    ours.push(second);
  }
  const of = (starts: Start[], key: keyof Start) => median(starts.map((start) => start[key]));
  const stage = (name: string, key: keyof Start): Figure => ({
    part: 'a',
    name,
    value: of(ours, key),
    unit: 'ms',
    ratio: of(ours, key) / of(bare, key),
    against: `bare Electron, ${of(bare, key).toFixed(0)} ms`,
  });
  return [
    stage('start: window made', 'began'),
    stage('start: page gone to', 'navigation'),
    stage('start: page parsed', 'parsed'),
    { ...stage('start to usable window', 'usable'), limit: 1.5, samples: ours.map(({ usable }) => usable) },
  ];
}
