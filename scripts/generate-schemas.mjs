// Writes `schemas/` from the definitions that check configuration, track files and task files.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
// Inside the repository, so that the bundle finds the packages it leaves out.
const scratch = mkdtempSync(join(root, 'node_modules', '.weft-schemas-'));
try {
  const outfile = join(scratch, 'json-schema.mjs');
  await build({
    entryPoints: [join(root, 'src/adapters/config/json-schema.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'warning',
  });
  const { renderSchemas } = await import(pathToFileURL(outfile).href);
  mkdirSync(join(root, 'schemas'), { recursive: true });
  for (const [name, text] of Object.entries(renderSchemas())) {
    writeFileSync(join(root, 'schemas', name), text);
    console.log(`schemas/${name}`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
