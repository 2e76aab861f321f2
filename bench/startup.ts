import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { electronPath } from '../scripts/setup/electron.mjs';
import { type Figure, median } from './report.ts';

/** A window that does nothing but show a line: what Electron itself needs. */
const bareMain = `
const { app, BrowserWindow } = require('electron');
app.on('window-all-closed', () => app.quit());
app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 1280, height: 800 });
  window.loadFile('index.html');
});`;
const barePage = `<!doctype html><title>bare</title><p>ready</p><script>
requestAnimationFrame(() => requestAnimationFrame(() => { performance.mark('yinkey:usable'); document.documentElement.dataset.usable = 'true'; }));
</script>`;

const isRoot = process.getuid?.() === 0;

/** Time from spawn until the page has marked itself usable, by the clocks of both processes (same machine). */
async function startOnce(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const spawned = Date.now();
  const child = spawn(
    electronPath(),
    [...(isRoot ? ['--no-sandbox'] : []), '--remote-debugging-port=0', ...args],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  try {
    const endpoint = await debuggerEndpoint(child);
    return (await usableAt(endpoint)) - spawned;
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

function debuggerEndpoint(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (data: Buffer) => {
      text += data.toString();
      const match = /DevTools listening on ws:\/\/([^/]+)\//.exec(text);
      if (match) resolve(match[1]!);
    });
    child.once('exit', () => reject(new Error(`ended early: ${text}`)));
  });
}

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

/** The epoch time (ms) at which the first window was marked usable. Asked for rarely, so as not to disturb. */
async function usableAt(endpoint: string): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    await pause(150);
    const targets = (await (await fetch(`http://${endpoint}/json/list`)).json()) as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const page = targets.find((target) => target.type === 'page');
    if (!page) continue;
    const value = await evaluate(
      page.webSocketDebuggerUrl,
      `(() => { const mark = performance.getEntriesByName('yinkey:usable')[0]; return mark ? performance.timeOrigin + mark.startTime : 0; })()`,
    );
    if (value > 0) return value;
  }
  throw new Error('the window did not become usable');
}

function evaluate(url: string, expression: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onerror = () => reject(new Error('no debugger'));
    socket.onopen = () =>
      socket.send(
        JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression, returnByValue: true } }),
      );
    socket.onmessage = ({ data }) => {
      const { result } = JSON.parse(String(data)) as { result: { result: { value: number } } };
      socket.close();
      resolve(result.result.value ?? 0);
    };
  });
}

/** (a) Start to usable window, in turns with a bare Electron window, so that both meet the same machine. */
export async function startup(root: string, rounds = 7): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-bench-'));
  try {
    writeFileSync(path.join(folder, 'package.json'), '{"name":"bare","main":"main.js"}');
    writeFileSync(path.join(folder, 'main.js'), bareMain);
    writeFileSync(path.join(folder, 'index.html'), barePage);
    const times = { bare: [] as number[], ours: [] as number[] };
    for (let round = -1; round < rounds; round++) {
      const bare = await startOnce([folder, `--user-data-dir=${path.join(folder, 'bare')}`], process.env);
      const ours = await startOnce([root, `--user-data=${path.join(folder, 'ours')}`], process.env);
      // The first round fills caches and makes the store.
      if (round < 0) continue;
      times.bare.push(bare);
      times.ours.push(ours);
    }
    const [bare, ours] = [median(times.bare), median(times.ours)];
    return [
      { name: 'bare Electron window, start to usable', value: bare, unit: 'ms' },
      {
        name: '(a) YinKey, start to usable window',
        value: ours,
        unit: 'ms',
        ratio: ours / bare,
        against: 'bare Electron',
        limit: 1.5,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
