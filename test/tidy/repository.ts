// Reads the repository's own files for the checks. Judges nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TextFile } from './source.ts';

/** Root of this repository, absolute. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', '.git', '.weft', '.stryker-tmp']);

/** Paths of all files and folders, relative, with `/`. */
export function listPaths(folder: string = ROOT): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !NOT_OURS.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      const own = relative(ROOT, path).split(sep).join('/');
      return entry.isDirectory() ? [own, ...listPaths(path)] : [own];
    });
}

/** Reads files of the repository. */
export function readFiles(paths: readonly string[]): readonly TextFile[] {
  return paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}
