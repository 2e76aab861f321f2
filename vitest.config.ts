import { defineConfig } from 'vitest/config';

// Unit and integration tests, in plain Node. Those in the real window have vitest.e2e.config.ts.
export default defineConfig({
  test: {
    include: ['{src,softhsm-fixtures,scripts,bench,e2e}/**/*.test.{ts,tsx}'],
    environment: 'node',
    // Processes, not threads: a PKCS#11 driver keeps one state for each process.
    pool: 'forks',
    // More than two cores' worth: most of the time is spent waiting for drivers, deadlines and other programs.
    maxWorkers: 3,
    testTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    silent: 'passed-only',
  },
});
