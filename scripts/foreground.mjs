import { spawn } from 'node:child_process';

/**
 * Runs a program in the foreground; signals to us are passed on.
 * @returns {Promise<number>} its exit code
 */
export function runTo(
  /** @type {string} */ command,
  /** @type {string[]} */ args,
  env = {},
  cwd = process.cwd(),
) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
    const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, pass);
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
