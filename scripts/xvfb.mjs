// A display of our own for windows that nobody has to see: Xvfb on a free number, behind a cookie, gone when we are.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onPath } from './setup/run.mjs';

const READY_WITHIN = 20_000; // milliseconds
const SCREEN = '1600x1200x24';

/**
 * Runs `work` with a virtual display.
 * @template T
 * @param {(env: { DISPLAY: string, XAUTHORITY: string }) => Promise<T>} work gets what to add to a child's environment
 * @returns {Promise<T>}
 * @throws Error when Xvfb is missing or doesn't start
 */
export async function withXvfb(work) {
  const display = await start();
  try {
    return await work(display.env);
  } finally {
    display.stop();
  }
}

async function start() {
  if (!onPath('Xvfb')) throw new Error('Xvfb is needed: sudo apt-get install --no-install-recommends xvfb');
  const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-display-'));
  const authority = path.join(folder, 'authority');
  writeFileSync(authority, cookieFile(), { mode: 0o600 });
  // The shell waits on a pipe that this process holds open. However this process ends, the pipe closes, and the
  // shell ends Xvfb and clears up.
  const guard =
    'folder=$1; shift; Xvfb "$@" 0</dev/null & server=$!; exec 3>&-; cat >/dev/null; ' +
    'kill $server 2>/dev/null; wait $server; rm -rf "$folder"';
  const server = spawn(
    'sh',
    [
      '-c',
      guard,
      'sh',
      folder,
      '-displayfd',
      '3',
      '-screen',
      '0',
      SCREEN,
      '-nolisten',
      'tcp',
      '-auth',
      authority,
    ],
    { stdio: ['pipe', 'ignore', 'pipe', 'pipe'], detached: true },
  );
  server.unref();
  const stop = () => {
    server.stdin?.destroy();
  };
  try {
    const number = await displayNumber(server);
    return { env: { DISPLAY: `:${number}`, XAUTHORITY: authority }, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Xvfb writes the number it took to descriptor 3 once it takes clients. */
function displayNumber(/** @type {import('node:child_process').ChildProcess} */ server) {
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    const fail = (/** @type {string} */ reason) => reject(new Error(`Xvfb ${reason}\n${complaint.trim()}`));
    const deadline = setTimeout(() => fail('does not start'), READY_WITHIN);
    server.stderr?.on('data', (part) => {
      complaint = (complaint + part).slice(-2000);
    });
    server.once('error', (error) => fail(error.message));
    server.stdio[3]?.on('data', (part) => {
      said += part;
      if (!said.includes('\n')) return;
      clearTimeout(deadline);
      resolve(said.trim());
    });
    server.stdio[3]?.once('end', () => {
      clearTimeout(deadline);
      fail('ended at once');
    });
  });
}

/** One MIT-MAGIC-COOKIE-1 in the format of Xauthority files, for any host and display (FamilyWild). */
function cookieFile() {
  const field = (/** @type {Buffer} */ content) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(content.length);
    return Buffer.concat([length, content]);
  };
  return Buffer.concat([
    Buffer.from([0xff, 0xff]),
    field(Buffer.alloc(0)),
    field(Buffer.alloc(0)),
    field(Buffer.from('MIT-MAGIC-COOKIE-1')),
    field(randomBytes(16)),
  ]);
}

/**
 * Can a window be shown? Other systems than Linux always say yes.
 * @returns {Promise<boolean>}
 */
export async function displayReachable() {
  if (process.platform !== 'linux') return true;
  const { DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR } = process.env;
  if (WAYLAND_DISPLAY && (await answers({ path: path.resolve(XDG_RUNTIME_DIR ?? '/', WAYLAND_DISPLAY) })))
    return true;
  const parts = /^(?:unix)?(?:\/\S+\/)?([^:/]*):(\d+)/.exec(DISPLAY ?? '');
  if (!parts) return false;
  const [, host, number] = parts;
  if (host) return answers({ host, port: 6000 + Number(number) });
  return (
    (await answers({ path: `/tmp/.X11-unix/X${number}` })) || answers({ path: `\0/tmp/.X11-unix/X${number}` })
  );
}

function answers(/** @type {import('node:net').NetConnectOpts} */ where) {
  return new Promise((resolve) => {
    const socket = connect({ ...where, timeout: 2000 });
    const end = (/** @type {boolean} */ yes) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
