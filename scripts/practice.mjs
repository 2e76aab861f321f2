// Where the practice world of `npm start` lies, and its authority as a child of ours.
import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { nodePath } from './setup/index.mjs';
import { inRoot } from './setup/paths.mjs';

/** The folder for programs' data of the person who runs this. */
function dataFolder() {
  if (process.platform === 'win32') return process.env.APPDATA ?? path.join(homedir(), 'AppData', 'Roaming');
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Application Support');
  return process.env.XDG_DATA_HOME || path.join(homedir(), '.local', 'share');
}

export const practiceFolder = () => path.join(dataFolder(), 'YinKey', 'practice');

export const authorityProgram = () => inRoot('softhsm-fixtures', 'authority', 'run.ts');

/**
 * Starts the authority of a practice world, or finds the one that runs.
 * @param {string} folder
 * @returns {Promise<{ line: string, stop: () => void }>} what it says of itself; `stop` ends the one started here
 * @throws Error when it can't be started
 */
export function startAuthority(folder) {
  return new Promise((resolve, reject) => {
    const child = spawn(nodePath(), [authorityProgram(), '--dir', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    lines.once('line', (line) => resolve({ line, stop: () => void child.kill('SIGTERM') }));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the practice authority ended (${code})`)));
  });
}
