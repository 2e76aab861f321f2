// `npm test`: sets up, builds, runs every check and test, and ends with the line "N passed, N failed".
// Options: --only static,node,e2e runs a part; whatever stands after -- goes to Vitest (paths, -t ...).
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { electronPath, nodePath, setUp } from './setup/index.mjs';
import { inCache, inRoot, root } from './setup/paths.mjs';
import { say, step } from './setup/progress.mjs';
import { withXvfb } from './xvfb.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

const bin = (/** @type {string[]} */ ...parts) => inRoot('node_modules', ...parts);

/** Each counts as one. All of them are Node programs, run by the Node of the lockfile. */
const STATIC = /** @type {const} */ ([
  { name: 'types', args: [bin('typescript', 'bin', 'tsc'), '-p', '.', '--noEmit'] },
  {
    name: 'format and lint',
    args: [bin('@biomejs', 'biome', 'bin', 'biome'), 'ci', '--colors=off', '--diagnostic-level=error'],
  },
  {
    name: 'import rules',
    args: [
      inRoot('scripts', 'import-rules.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'src',
      'softhsm-fixtures',
    ],
  },
  { name: 'unused files and exports', args: [bin('knip', 'bin', 'knip.js'), '--no-progress'] },
]);

/**
 * Reads a Vitest JSON report. A file that failed without a failed test (it doesn't even load) counts as one, and so
 * does a run that ended badly with nothing in its report to show for it.
 * @param {string | undefined} report the report's text, undefined when there is none
 * @param {number} code the runner's exit code
 * @returns {Count}
 */
export function countReport(report, code) {
  /** @type {{ testResults?: { status: string, assertionResults: { status: string }[] }[] }} */
  let content = {};
  try {
    content = JSON.parse(report ?? '');
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const file of content.testResults ?? []) {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed').length;
    const passed = file.assertionResults.filter(({ status }) => status === 'passed').length;
    count.passed += passed;
    count.failed += failed === 0 && file.status === 'failed' ? 1 : failed;
    count.skipped += file.assertionResults.length - passed - failed;
  }
  if (count.failed === 0 && (code !== 0 || count.passed === 0)) count.failed = 1;
  return count;
}

/** @returns {Promise<{ code: number, output: string }>} */
function runNode(/** @type {readonly string[]} */ args, env = {}, show = false) {
  return new Promise((resolve) => {
    const child = spawn(nodePath(), args, {
      cwd: root,
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    let output = '';
    child.stdout?.on('data', (part) => {
      output += part;
    });
    child.stderr?.on('data', (part) => {
      output += part;
    });
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** @returns {Promise<Count>} */
async function staticChecks() {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const results = await Promise.all(
    STATIC.map(async ({ name, args }) => ({ name, ...(await runNode(args)) })),
  );
  for (const { name, code, output } of results) {
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    if (code !== 0) console.log(output.trim());
    if (code === 0) count.passed += 1;
    else count.failed += 1;
  }
  return count;
}

/** @returns {Promise<Count>} */
async function vitest(/** @type {string} */ config, /** @type {string} */ name, env = {}) {
  const report = inCache('reports', `${name}.json`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const args = [
    bin('vitest', 'vitest.mjs'),
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const { code } = await runNode([...args, ...passedOn()], env, true);
  let text;
  try {
    text = readFileSync(report, 'utf8');
  } catch {
    console.log(`FAILED ${name}: the runner ended with ${code} and left no report`);
  }
  return countReport(text, code);
}

function passedOn() {
  const at = process.argv.indexOf('--');
  return at < 0 ? [] : process.argv.slice(at + 1);
}

function parts() {
  const at = process.argv.indexOf('--only');
  return at < 0 ? ['static', 'node', 'e2e'] : (process.argv[at + 1] ?? '').split(',');
}

async function main() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const add = (/** @type {Count} */ count) => {
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += count[key];
  };
  try {
    await setUp({ window: true, practice: true, tests: true });
    await build();
    const chosen = parts();
    if (chosen.includes('static')) add(await step('static checks', staticChecks));
    if (chosen.includes('node'))
      add(await step('unit and integration tests', () => vitest('vitest.config.ts', 'node')));
    if (chosen.includes('e2e')) {
      const electron = electronPath();
      const inWindow = (/** @type {Record<string, string>} */ display) =>
        vitest('vitest.e2e.config.ts', 'e2e', { ...display, YINKEY_ELECTRON: electron });
      add(
        await step('end-to-end tests', () =>
          process.platform === 'linux' ? withXvfb(inWindow) : inWindow({}),
        ),
      );
    }
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    total.failed += 1;
  }
  if (total.skipped > 0) console.log(`${total.skipped} skipped`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
