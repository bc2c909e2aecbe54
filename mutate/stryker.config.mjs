// How src/core is broken, and where what comes of it is kept. scripts/mutate.mjs starts it.

export default {
  plugins: ['./mutate/runner.mjs'],
  testRunner: 'in-process',
  coverageAnalysis: 'perTest',
  mutate: ['src/core/**/*.ts'],
  ignorePatterns: ['/dist', '/mutate/node_modules', '/mutate/reports'],
  concurrency: 2,
  // a busy machine must not make a slow test look like one that hangs
  timeoutMS: 5_000,
  tempDirName: '.stryker-tmp',
  incremental: true,
  incrementalFile: 'mutate/reports/incremental.json',
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: 'mutate/reports/mutation.json' },
};
