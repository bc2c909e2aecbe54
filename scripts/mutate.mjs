// Breaks src/core in small ways and counts what the tests notice: npm run mutate [-- path…]. Writes docs/mutation.md.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawPage } from './mutation-page.mjs';
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

const paths = process.argv.slice(2);
if (!existsSync(tool)) run('npm', ['ci', '--prefix', 'mutate', '--no-audit', '--no-fund']);
const narrow = paths.length === 0 ? [] : ['--mutate', paths.join(',')];
run(process.execPath, [tool, 'run', 'mutate/stryker.config.mjs', ...narrow]);
const { files } = JSON.parse(readFileSync(report, 'utf8'));
sortOutTypes(files);
writeFileSync(join(root, 'docs/mutation.md'), drawPage(files));
