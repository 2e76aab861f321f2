// Child processes of the set-up. They never get our standard input (a PIN may be waiting there), and what they print
// is kept and shown only when they fail.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import path from 'node:path';
import { root } from './paths.mjs';

const KEPT = 64 * 1024;

/**
 * @typedef {{ cwd?: string, env?: Record<string, string | undefined>, timeout?: number }} RunOptions
 * `timeout` in milliseconds.
 */

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>} what it printed, both streams together
 * @throws Error with the end of its output when it fails
 */
export async function run(command, args, options = {}) {
  const result = await attempt(command, args, options);
  if (result.ok) return result.output;
  const lines = result.output.trimEnd().split('\n');
  // The reason stands first or last, depending on the program.
  const shown = lines.length > 50 ? [...lines.slice(0, 20), '...', ...lines.slice(-30)] : lines;
  throw new Error([`${path.basename(command)} ${args.join(' ')}: ${result.reason}`, ...shown].join('\n'));
}

/**
 * Like run, but a failure is an answer.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ ok: boolean, reason: string, output: string }>}
 */
export function attempt(command, args, { cwd = root, env = {}, timeout } = {}) {
  // An empty file as standard input, opened here: 'ignore' would do, this also works for tools that insist on a file.
  const input = openSync(devNull, 'r');
  return new Promise((resolve) => {
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString('utf8')).slice(-KEPT);
    };
    const batch = process.platform === 'win32' && command.endsWith('.cmd');
    const child = spawn(batch ? `"${command}"` : command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: [input, 'pipe', 'pipe'],
      shell: batch,
      windowsHide: true,
      ...(timeout ? { timeout, killSignal: 'SIGKILL' } : {}),
    });
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => {
      closeSync(input);
      resolve({ ok: false, reason: error.message, output });
    });
    child.on('close', (code, signal) => {
      if (child.pid === undefined) return; // 'error' has answered
      closeSync(input);
      resolve({ ok: code === 0, reason: signal ? `ended by ${signal}` : `exit code ${code}`, output });
    });
  });
}

/**
 * Runs npm: the one that runs us when there is one, else the one beside our Node, else the one on the path.
 * @param {string[]} args
 * @param {RunOptions} [options]
 */
export function npm(args, options = {}) {
  const beside = [process.env.npm_execpath, npmBeside()].find(
    (file) => file?.endsWith('.js') && existsSync(file),
  );
  // npm under the machine's own Node: the one in node_modules may be replaced while it runs.
  if (beside) return run(systemNode(), [beside, ...args], options);
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

function systemNode() {
  const own = process.env.npm_node_execpath;
  if (own && existsSync(own) && !own.startsWith(path.join(root, 'node_modules'))) return own;
  if (!process.execPath.startsWith(path.join(root, 'node_modules'))) return process.execPath;
  return onPath(process.platform === 'win32' ? 'node.exe' : 'node') ?? process.execPath;
}

function npmBeside() {
  const folder = path.dirname(systemNode());
  return [
    path.join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find((file) => existsSync(file));
}

/**
 * The first program of that name on the path, outside this checkout.
 * @param {string} name
 * @returns {string | undefined}
 */
export function onPath(name) {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => folder !== '' && !path.resolve(folder).startsWith(path.join(root, 'node_modules')))
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));
}
