// Run as a program of its own, under the Node of the lockfile: fetches the official Electron with the means of the
// `electron` package (its mirror and proxy settings, its checksums) and prints the ZIP's path.
// Usage: node electron-download.mjs <temporary folder>
import { createRequire } from 'node:module';

const TIME_TO_ANSWER = 8_000; // milliseconds until the first bytes
const TIME_WITHOUT_BYTES = 30_000; // milliseconds

const require = createRequire(import.meta.url);
const electron = require('electron/package.json');
const checksums = require('electron/checksums.json');
const fromElectron = createRequire(require.resolve('electron/package.json'));
const { downloadArtifact } = await import(fromElectron.resolve('@electron/get'));

const abort = new AbortController();
let bytes = 0;
let deadline = setTimeout(giveUp, TIME_TO_ANSWER);
function giveUp() {
  abort.abort(new Error(bytes === 0 ? 'the download server does not answer' : 'the download stopped'));
}

try {
  const zip = await downloadArtifact({
    version: electron.version,
    artifactName: 'electron',
    platform: process.platform,
    arch: process.arch,
    checksums,
    tempDirectory: process.argv[2],
    downloadOptions: {
      quiet: true,
      signal: abort.signal,
      getProgressCallback: async (/** @type {{ transferred: number }} */ progress) => {
        bytes = progress.transferred;
        clearTimeout(deadline);
        deadline = setTimeout(giveUp, TIME_WITHOUT_BYTES);
      },
    },
  });
  clearTimeout(deadline);
  console.log(zip);
} catch (error) {
  clearTimeout(deadline);
  const { message, cause } = /** @type {Error} */ (error);
  console.error(cause instanceof Error ? `${message} (${cause.message})` : message);
  process.exit(1);
}
