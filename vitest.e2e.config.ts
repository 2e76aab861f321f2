import { defineConfig } from 'vitest/config';

// Tests in the real Electron window, one file after the other.
export default defineConfig({
  test: {
    include: ['e2e/**/*.spec.ts'],
    environment: 'node',
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    // A state is waited for, however long a busy machine takes to come to it.
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: 120_000,
    silent: 'passed-only',
  },
});
