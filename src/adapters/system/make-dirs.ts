// Makes folders with their parents. Knows nothing of what goes into them.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and its parents; fine when it is there. Rejects with the system's error. Unlike Node's own way it ends
 * below folders such as /proc, where nothing can be made and the system says that the parent is missing.
 */
export async function makeDirs(path: string, mode = 0o777): Promise<void> {
  try {
    await makeDir(path, mode);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirs(dirname(path), mode);
    await makeDir(path, mode);
  }
}

async function makeDir(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (seen) => seen.isDirectory(),
    () => false,
  );
}

/** The system's name of an error, such as ENOENT; empty for errors of another kind. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
