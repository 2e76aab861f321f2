// Runs one of the project's tools under the Node of the lockfile, set-up first: whatever Node the machine has.
// Usage: node scripts/tool.mjs build | bench | faults | authority | biome <arguments>
import { build } from './build.mjs';
import { runTo } from './foreground.mjs';
import { authorityProgram, practiceFolder } from './practice.mjs';
import { nodePath, setUp } from './setup/index.mjs';
import { inRoot, root } from './setup/paths.mjs';
import { say } from './setup/progress.mjs';

const [tool, ...rest] = process.argv.slice(2);

/** @type {Record<string, () => Promise<string[] | undefined>>} what to run when the preparations are made */
const TOOLS = {
  build: async () => {
    await setUp({ window: true });
    await build({ force: rest.includes('--force') });
    return undefined;
  },
  bench: async () => {
    await setUp({ window: true, practice: true, tests: true, bench: true });
    await build();
    return [inRoot('bench', 'run.ts')];
  },
  faults: async () => {
    await setUp({ practice: true, tests: true });
    await build();
    return [inRoot('e2e', 'faults', 'run.ts')];
  },
  authority: async () => {
    await setUp();
    const folder = rest.includes('--dir') ? [] : ['--dir', practiceFolder()];
    return [authorityProgram(), ...folder];
  },
  biome: async () => {
    await setUp();
    return [inRoot('node_modules', '@biomejs', 'biome', 'bin', 'biome')];
  },
};

try {
  const prepare = TOOLS[tool ?? ''];
  if (!prepare) throw new Error(`no such tool: ${tool}`);
  const command = await prepare();
  if (command) process.exitCode = await runTo(nodePath(), [...command, ...rest], {}, root);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
