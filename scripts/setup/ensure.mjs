// What bin/yinkey runs when something may be missing: packages, the compiled addon, the build. No window, no Electron.
// Usage: node ensure.mjs [--practice]
import { build } from '../build.mjs';
import { setUp } from './index.mjs';
import { say } from './progress.mjs';

try {
  await setUp({ practice: process.argv.includes('--practice') });
  await build();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
