// Vitest settings: what a test file is, how long it may take, and the plain closing line.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    // by default one core is kept free, and most tests wait for programs
    maxWorkers: '100%',
    // what hangs, not what is slow: a machine may be busy
    testTimeout: 180_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/plain-reporter.ts'],
  },
});
