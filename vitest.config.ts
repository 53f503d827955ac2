import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Most of a test's time is waiting for processes and time-outs: one worker less than cores leaves half of two idle.
    maxWorkers: Math.max(3, availableParallelism()),
  },
});
