import { defineConfig } from 'vitest/config';

// Unit and integration tests, in plain Node. Those in the real window have vitest.e2e.config.ts.
export default defineConfig({
  test: {
    include: ['{src,softhsm-fixtures,scripts,bench,e2e}/**/*.test.{ts,tsx}'],
    environment: 'node',
    // Processes, not threads: a PKCS#11 driver keeps one state for each process.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    silent: 'passed-only',
  },
});
