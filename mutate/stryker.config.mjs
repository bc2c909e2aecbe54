// How src/core is broken, and where what comes of it is kept. scripts/mutate.mjs starts it.

export default {
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'mutate/vitest.config.mjs' },
  coverageAnalysis: 'perTest',
  mutate: ['src/core/**/*.ts'],
  ignorePatterns: ['/dist', '/mutate/node_modules', '/mutate/reports'],
  concurrency: 2,
  // a busy machine must not make a slow test look like one that hangs
  timeoutMS: 10_000,
  tempDirName: '.stryker-tmp',
  incremental: true,
  incrementalFile: 'mutate/reports/incremental.json',
  reporters: ['json'],
  jsonReporter: { fileName: 'mutate/reports/mutation.json' },
};
