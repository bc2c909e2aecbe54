// The files port of the world: texts by path, and the folders around them.
import type { FilesPort } from '../../ports/files.ts';
import { addFolder, type Disk, isFolder, listNames, tellWatchers, writeFile } from './disk.ts';
import { checkTaken } from './promises.ts';
import { answer } from './scheduler.ts';
import type { Life, World } from './world.ts';

/** Files of the world's disk, as one engine reaches them. */
export function createWorldFiles(world: World, life: Life): FilesPort {
  const { disk } = world;
  const ask = <T>(name: string, act: () => T): Promise<T> => answer(world, life, { name, act });
  const change = (name: string, act: () => void): Promise<void> =>
    answer(world, life, {
      name,
      act,
      refused: () => {
        throw new Error('EIO: the disk refused');
      },
    });
  return {
    makeDir: (path) => ask(`files.makeDir ${path}`, () => addFolder(disk, path)),
    readText: (path, maxBytes) => ask('files.readText', () => readText(disk, path, maxBytes)),
    replace: (path, text) =>
      change(`files.replace ${path}`, () => {
        if (!isFolder(disk, parentOf(path))) throw new Error(`ENOENT: no such folder, open '${path}'`);
        writeFile(world, path, text);
      }),
    remove: (path) => change(`files.remove ${path}`, () => remove(world, path)),
    removeEmpty: (path) =>
      ask('files.removeEmpty', () => {
        if (listNames(disk, path).length === 0) disk.folders.delete(path);
      }),
    list: (path) => ask('files.list', () => listNames(disk, path)),
    exists: (path) => ask('files.exists', () => disk.files.has(path) || isFolder(disk, path)),
    findObstacle: async () => null,
    writtenAt: async () => null,
    freeBytes: async () => null,
    watchDir: (path, changed) => {
      const watcher = { dir: path, life, changed: () => changed(null) };
      if (isFolder(disk, path)) disk.watchers.push(watcher);
      return () => {
        const at = disk.watchers.indexOf(watcher);
        if (at !== -1) disk.watchers.splice(at, 1);
      };
    },
  };
}

function readText(disk: Disk, path: string, maxBytes: number): string | null {
  if (isFolder(disk, path)) throw new Error(`EISDIR: is a folder, read '${path}'`);
  return disk.files.get(path)?.slice(0, maxBytes) ?? null;
}

function remove(world: World, path: string): void {
  const { files, folders } = world.disk;
  const isInside = (name: string): boolean => name === path || name.startsWith(`${path}/`);
  for (const [name, text] of files) {
    if (!isInside(name)) continue;
    if (name.includes('/inbox/')) checkTaken(world, text);
    files.delete(name);
  }
  for (const folder of folders) if (isInside(folder)) folders.delete(folder);
  tellWatchers(world, parentOf(path));
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
