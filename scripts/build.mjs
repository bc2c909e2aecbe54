// Builds `dist/`: a small entry, everything that it loads on demand, the acting agent of the demo, and the simulation.
import { chmodSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

/** What the entry imports on demand is one file, so that core and ports are there once. */
const gatherApp = {
  name: 'gather-app',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\// }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './app.cjs', external: true } : undefined,
    );
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
  legalComments: 'none',
};

await Promise.all([
  build({
    ...common,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/weft.cjs',
    plugins: [gatherApp],
    define: { WEFT_VERSION: JSON.stringify(version) },
    // a plain require starts quicker than the loader of modules
    supported: { 'dynamic-import': false },
  }),
  build({
    ...common,
    stdin: {
      contents: "export * from './src/compose.ts'; export * from './src/surfaces/cli/commands.ts';",
      resolveDir: root,
      loader: 'ts',
    },
    outfile: 'dist/app.cjs',
  }),
  build({ ...common, entryPoints: ['src/testing/script-agent/main.ts'], outfile: 'dist/script-agent.cjs' }),
  build({
    ...common,
    entryPoints: ['src/testing/simulate-main.ts'],
    outfile: 'dist/simulate.mjs',
    format: 'esm',
  }),
]);
chmodSync(`${root}/dist/weft.cjs`, 0o755);
