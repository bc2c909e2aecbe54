// Runs the tests whose titles carry a mark of the fault table and writes the table of `docs/reliability.md`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { startVitest } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));
const document = join(root, 'docs/reliability.md');

/** Runs all marked tests to their end and gives how each ended. */
async function runMarked() {
  // how long they take is nothing to the table
  const options = { root, watch: false, testNamePattern: '\\[F\\d+\\]', testTimeout: 600_000 };
  const vitest = await startVitest('test', [], options);
  const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
  const marked = tests.filter(({ fullName }) => /\[F\d+\]/.test(fullName));
  await vitest.close();
  return marked.map((test) => {
    const { state, note } = test.result();
    return { title: test.fullName, state: state === 'pending' ? 'skipped' : state, note: note ?? null };
  });
}

// Inside the repository, so that the bundle finds the packages it leaves out.
const scratch = mkdtempSync(join(root, 'node_modules', '.weft-faults-'));
try {
  const outfile = join(scratch, 'fault-table.mjs');
  const contents = `
    export * from './test/tidy/fault-table.ts';
    export * from './test/tidy/faults.ts';
    export * from './test/tidy/repository.ts';
  `;
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'warning',
  });
  const table = await import(pathToFileURL(outfile).href);
  const results = await runMarked();
  const marks = table.findMarks(table.readFiles(table.listPaths().filter(table.mayHoldMarks)));
  const drawn = table.drawTable(table.FAULTS, { marks, results });
  writeFileSync(document, table.placeTable(readFileSync(document, 'utf8'), drawn));
  if (results.some(({ state }) => state === 'failed')) process.exitCode = 1;
  console.log('docs/reliability.md');
} finally {
  rmSync(scratch, { recursive: true });
}
