// The few files of the engine, on a real file system. Knows nothing of what is in them.
import { type FSWatcher, watch } from 'node:fs';
import { access, constants, mkdir, open, readdir, rm, rmdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FilesPort } from '../../ports/files.ts';
import { replaceFile } from '../journal/atomic-file.ts';

/** Creates the files port. */
export function createFiles(): FilesPort {
  return {
    makeDir: async (path) => {
      await mkdir(path, { recursive: true, mode: 0o700 });
    },
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
    exists: (path) => isAccessible(path, constants.F_OK),
    isWritable: async (path) => {
      // what is not there yet is made below the nearest folder that is
      let at = path;
      while (!(await isAccessible(at, constants.F_OK)) && dirname(at) !== at) at = dirname(at);
      return isAccessible(at, constants.W_OK);
    },
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

async function isAccessible(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}

async function readText(path: string, maxBytes: number): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.min(size, maxBytes));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function watchDir(path: string, changed: () => void): () => void {
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(path, { persistent: false }, changed);
    // a folder that vanishes has nothing more to tell
    watcher.on('error', () => watcher?.close());
  } catch {
    watcher = null;
  }
  return () => watcher?.close();
}
