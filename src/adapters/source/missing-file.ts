// Finds the markdown file somebody probably meant. Knows nothing of what is in the files.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findNearest } from '../../core/plan/nearest.ts';

const MAX_DEPTH = 4;
const MAX_ENTRIES = 20_000;
const MAX_FOUND = 5_000;
const SKIPPED = new Set(['node_modules', '.git']);

/** Lists the markdown files of a repository, near the root first; stops at 4 levels or 20,000 directory entries. */
export function listMarkdown(repository: string): readonly string[] {
  const found: string[] = [];
  let entriesLeft = MAX_ENTRIES;
  let layer = [''];
  for (let depth = 0; depth < MAX_DEPTH && layer.length > 0; depth += 1) {
    const next: string[] = [];
    for (const directory of layer) {
      for (const entry of listDirectory(join(repository, directory))) {
        entriesLeft -= 1;
        if (entriesLeft < 0 || found.length >= MAX_FOUND) return found;
        const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
        if (entry.isDirectory() && !SKIPPED.has(entry.name)) next.push(path);
        else if (entry.isFile() && /\.(?:md|markdown)$/i.test(entry.name)) found.push(path);
      }
    }
    layer = next;
  }
  return found;
}

/** Finds the file with the same name elsewhere, or with nearly the same path, or with nearly the same name. */
export function findMeantFile(path: string, files: readonly string[]): string | null {
  const name = baseName(path);
  const twin = files.find((file) => baseName(file) === name || baseName(file) === `${name}.md`);
  if (twin !== undefined) return twin;
  const near = findNearest(path, files);
  if (near !== null) return near;
  const nearName = findNearest(name, files.map(baseName));
  return nearName === null ? null : (files.find((file) => baseName(file) === nearName) ?? null);
}

function listDirectory(path: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(path);
  } catch {
    return [];
  }
}

function readEntries(path: string): import('node:fs').Dirent[] {
  return readdirSync(path, { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1));
}

function baseName(path: string): string {
  return path.slice(path.replaceAll('\\', '/').lastIndexOf('/') + 1);
}
