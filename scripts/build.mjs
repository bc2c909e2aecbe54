// Builds `dist/`: a small entry, everything that it loads on demand, what serves agents, what talks to GitHub, other sources of tasks, the acting
// agent of the demo, the forge of its crashes, the scripted model, the simulation, and the program that can be struck at every operation, with its
// driver, and the drivers of chaos and of the landing proof, with the latter's agent.
import { chmodSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

/**
 * What the entry imports on demand is one file, so that core and ports are there once; what serves agents is another, as
 * there is one at work beside every agent.
 */
const gatherRest = {
  name: 'gather-rest',
  setup({ onResolve }) {
    const gather = (filter, path) =>
      onResolve({ filter }, ({ kind }) => (kind === 'dynamic-import' ? { path, external: true } : undefined));
    gather(/^\.\/(?:compose|surfaces\/cli\/commands)\.ts$/, './app.cjs');
    gather(/^\.\/(?:compose\/worker|surfaces\/cli\/commands\/mcp)\.ts$/, './worker.cjs');
  },
};

/** What talks to GitHub is another, which only those load who have something to say to it. */
const keepForgeApart = {
  name: 'keep-forge-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/forge\/github\/open-github\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './forge.cjs', external: true } : undefined,
    );
  },
};

/** So is the forge of the demo's crashes. */
const keepDemoForgeApart = {
  name: 'keep-demo-forge-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/demo\/crash-forge\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './demo-forge.cjs', external: true } : undefined,
    );
  },
};

/** So are sources of tasks beside track files. */
const keepSourcesApart = {
  name: 'keep-sources-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/sources\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './sources.cjs', external: true } : undefined,
    );
  },
};

/** What zod would say in fifty languages is a fifth of the whole, and never said. */
const speakEnglish = {
  name: 'speak-english',
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

/** Ports that are composed, and by whom. */
const STRUCK = {
  [`${root}src/compose.ts`]:
    /^\.\/adapters\/(?:control\/control-port|git\/git-port|journal\/file-journal|process\/process-port|system\/files)\.ts$/,
  [`${root}src/compose/reach.ts`]: /\/forge\/github\/open-github\.ts$/,
};

/** The same program, but the ports that it is composed of are counted and can be struck. */
const strikePorts = {
  name: 'strike-ports',
  setup({ onResolve }) {
    onResolve({ filter: /\.ts$/ }, ({ importer, path }) =>
      STRUCK[importer]?.test(path) ? { path: `${root}src/testing/faulty/ports.ts` } : undefined,
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

/** An entry that has all that the files export. */
function gathered(...paths) {
  const contents = paths.map((path) => `export * from '${path}';`).join('\n');
  return { contents, resolveDir: root, loader: 'ts' };
}

await Promise.all([
  build({
    ...common,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/weft.cjs',
    plugins: [gatherRest],
    define: { WEFT_VERSION: JSON.stringify(version) },
    // a plain require starts quicker than the loader of modules
    supported: { 'dynamic-import': false },
  }),
  build({
    ...common,
    stdin: gathered('./src/compose/worker.ts', './src/surfaces/cli/commands/mcp.ts'),
    outfile: 'dist/worker.cjs',
  }),
  build({
    ...common,
    stdin: gathered('./src/compose.ts', './src/surfaces/cli/commands.ts'),
    outfile: 'dist/app.cjs',
    plugins: [speakEnglish, keepForgeApart, keepDemoForgeApart, keepSourcesApart],
  }),
  build({
    ...common,
    entryPoints: ['src/compose/sources.ts'],
    outfile: 'dist/sources.cjs',
    plugins: [speakEnglish],
  }),
  build({
    ...common,
    entryPoints: ['src/adapters/forge/github/open-github.ts'],
    outfile: 'dist/forge.cjs',
    plugins: [speakEnglish],
  }),
  build({ ...common, entryPoints: ['src/testing/demo/crash-forge.ts'], outfile: 'dist/demo-forge.cjs' }),
  build({ ...common, entryPoints: ['src/testing/script-agent/main.ts'], outfile: 'dist/script-agent.cjs' }),
  build({ ...common, entryPoints: ['src/adapters/agent/session/main.ts'], outfile: 'dist/session.cjs' }),
  build({ ...common, entryPoints: ['src/testing/model/main.ts'], outfile: 'dist/model.cjs' }),
  build({
    ...common,
    entryPoints: ['src/testing/simulate-main.ts'],
    outfile: 'dist/simulate.mjs',
    format: 'esm',
  }),
  build({
    ...common,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/faulty.cjs',
    plugins: [strikePorts, speakEnglish],
    define: { WEFT_VERSION: JSON.stringify(version) },
  }),
  build({
    ...common,
    entryPoints: ['src/testing/faulty/kill-points-main.ts'],
    outfile: 'dist/kill-points.mjs',
    format: 'esm',
  }),
  build({
    ...common,
    entryPoints: ['src/testing/faulty/chaos-main.ts'],
    outfile: 'dist/chaos.mjs',
    format: 'esm',
  }),
  build({
    ...common,
    entryPoints: {
      landing: 'src/testing/landing/landing-main.ts',
      'landing-actor': 'src/testing/landing/actor-main.ts',
    },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
  }),
]);
chmodSync(`${root}/dist/weft.cjs`, 0o755);
