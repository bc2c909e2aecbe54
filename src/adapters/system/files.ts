// The few files of the engine, on a real file system. Knows nothing of what is in them.
import { closeSync, constants, type FSWatcher, fstatSync, openSync, readSync, watch } from 'node:fs';
import { access, lstat, mkdtemp, readdir, rm, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FilesPort } from '../../ports/files.ts';
import { replaceFile } from '../journal/atomic-file.ts';
import { codeOf, makeDirs } from './make-dirs.ts';

/** Creates the files port. */
export function createFiles(): FilesPort {
  return {
    makeDir: (path) => makeDirs(path, 0o700),
    readText,
    replace: replaceFile,
    remove: (path) => rm(path, { recursive: true, force: true }),
    removeEmpty: async (path) => {
      await rmdir(path).catch(() => undefined);
    },
    list: async (path) => {
      try {
        return (await readdir(path)).sort();
      } catch {
        return [];
      }
    },
    exists: (path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    writtenAt: (path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => null,
      ),
    findObstacle,
    freeBytes: async (path) => {
      try {
        const { bavail, bsize } = await statfs(path);
        return bavail * bsize;
      } catch {
        return null;
      }
    },
    watchDir,
  };
}

/** What is not there yet would be made below the nearest folder that is: something is made there, and taken away. */
async function findObstacle(path: string): Promise<string | null> {
  let at = path;
  while (!(await isThere(at)) && dirname(at) !== at) at = dirname(at);
  try {
    if (!(await stat(at)).isDirectory()) return `${at} is not a folder`;
    await rmdir(await mkdtemp(join(at, '.weft-probe-')));
    return null;
  } catch (error) {
    return `nothing can be made in ${at} (${codeOf(error)})`;
  }
}

/** A link that leads nowhere is there, too. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => !['ENOENT', 'ENOTDIR'].includes(codeOf(error)),
  );
}

/** At once: these files are small, and handing them to another thread takes ten times as long as reading them. */
async function readText(path: string, maxBytes: number): Promise<string | null> {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(Math.min(fstatSync(file).size, maxBytes));
      return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function watchDir(path: string, changed: (name: string | null) => void): () => void {
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(path, { persistent: false }, (_event, name) => changed(name));
    // a folder that vanishes has nothing more to tell
    watcher.on('error', () => watcher?.close());
  } catch {
    watcher = null;
  }
  return () => watcher?.close();
}
