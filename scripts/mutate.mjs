// Breaks src/core in small ways and counts what the tests notice: npm run mutate [-- path…].
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawPage, drawResults } from './mutation-page.mjs';
import { createTypeCheck } from './mutation-types.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tool = join(root, 'mutate/node_modules/@stryker-mutator/core/bin/stryker.js');
const report = join(root, 'mutate/reports/mutation.json');

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** What survived but would not compile is no mutant at all; stryker's own checker would ask before every test run. */
function sortOutTypes(files) {
  const refuses = createTypeCheck(root);
  for (const [path, { source, mutants }] of Object.entries(files)) {
    for (const mutant of mutants) {
      const open = mutant.status === 'Survived' || mutant.status === 'NoCoverage';
      if (open && refuses({ path, source, mutant })) mutant.status = 'CompileError';
    }
  }
}

/** Files and folders to be measured; none: all, and only then is the page written. */
const paths = process.argv.slice(2).map((path) => path.replace(/\/$/, ''));
const globs = paths.map((path) => (path.endsWith('.ts') ? path : `${path}/**/*.ts`));
if (!existsSync(tool)) run('npm', ['ci', '--prefix', 'mutate', '--no-audit', '--no-fund']);
const narrow = paths.length === 0 ? [] : ['--mutate', globs.join(',')];
run(process.execPath, [tool, 'run', 'mutate/stryker.config.mjs', ...narrow]);
const measured = Object.entries(JSON.parse(readFileSync(report, 'utf8')).files);
const wanted = measured.filter(([name]) => paths.length === 0 || paths.some((path) => name.startsWith(path)));
const files = Object.fromEntries(wanted);
sortOutTypes(files);
if (paths.length === 0) writeFileSync(join(root, 'docs/mutation.md'), drawPage(files));
else process.stdout.write(drawResults(files));
