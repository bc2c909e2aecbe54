// Files that are shared with programs of others, on a real file system. Knows nothing of what is in them.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  type FSWatcher,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Changed, Seen, SharedFile, SharedFilesPort } from '../../ports/shared-files.ts';
import { codeOf } from './make-dirs.ts';

/** Size of a file that is read. */
const MAX_BYTES = 256 * 1024;
/** Looks at a file that somebody is writing into, and the rest between two of them, in ms. */
const LOOKS = 20;
const REST_MS = 1;

type Folder = Omit<SharedFile, 'name'>;

/** Creates the port for a home folder. */
export function createSharedFiles(home: string): SharedFilesPort {
  return { home, list, look, replace, link, rename, remove, watch: watchFolder };
}

function list(folder: Folder, most: number): readonly string[] {
  const path = openFolder(folder, false);
  if (path.why !== null) return [];
  try {
    return readdirSync(path.at).sort().slice(0, most);
  } catch {
    return [];
  }
}

function look(file: SharedFile): Seen {
  const folder = openFolder(file, false);
  if (folder.why !== null) return folder.isThere ? { kind: 'odd', why: folder.why } : { kind: 'none' };
  const path = join(folder.at, file.name);
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return { kind: 'none' };
    if (found.isSymbolicLink()) return { kind: 'link', to: readlinkSync(path) };
    if (!found.isFile()) return { kind: 'odd', why: `${path} is no file` };
    if (found.size > MAX_BYTES) return { kind: 'odd', why: `${path} is larger than any that weft writes` };
    return withFile(path, (opened) => ({ kind: 'text', text: readAll(opened) }));
  } catch (error) {
    return { kind: 'odd', why: `${path} cannot be read (${codeOf(error)})` };
  }
}

function replace(file: SharedFile, { seen, text }: { readonly seen: Seen; readonly text: string }): Changed {
  return change(file, (path, temp) => {
    writeFileSync(temp, text, { mode: 0o600, flag: 'wx' });
    if (seen.kind === 'none') return create(temp, path);
    if (seen.kind !== 'text') return { kind: 'stale' };
    return withFile(path, (old): Changed => {
      // who wrote in place is seen by the text, who put another file there by the file
      const isSame = readAll(old) === seen.text && fstatSync(old).ino === lstatSync(path).ino;
      if (!isSame) return { kind: 'stale' };
      renameSync(temp, path);
      // whoever had opened the old file in that moment writes where nobody will look any more
      const late = readSettled(old, seen.text);
      return late === seen.text ? { kind: 'done' } : { kind: 'overtaken', text: late };
    });
  });
}

function link(file: SharedFile, { seen, to }: { readonly seen: Seen; readonly to: string }): Changed {
  return change(file, (path, temp) => {
    symlinkSync(to, temp);
    const now = lstatSync(path, { throwIfNoEntry: false });
    if (seen.kind !== 'link' && now !== undefined) return { kind: 'stale' };
    if (seen.kind === 'link' && (now?.isSymbolicLink() !== true || readlinkSync(path) !== seen.to))
      return { kind: 'stale' };
    renameSync(temp, path);
    return { kind: 'done' };
  });
}

function rename(file: SharedFile, name: string): Changed {
  return change(file, (path) => {
    const other = join(path, '..', name);
    if (lstatSync(other, { throwIfNoEntry: false }) !== undefined)
      return { kind: 'refused', why: `${path} and ${name} beside it are there already` };
    renameSync(path, other);
    return { kind: 'done' };
  });
}

function remove(file: SharedFile, text: string): void {
  const seen = look(file);
  if (seen.kind === 'text' && seen.text === text) rmSync(join(file.root, file.folder, file.name));
}

/** Makes the folder and changes something in it; a temporary file is gone afterwards, whatever happens. */
function change(file: SharedFile, act: (path: string, temp: string) => Changed): Changed {
  const folder = openFolder(file, true);
  if (folder.why !== null) return { kind: 'refused', why: folder.why };
  const path = join(folder.at, file.name);
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    return act(path, temp);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ELOOP') return { kind: 'stale' };
    return { kind: 'refused', why: `${path} cannot be written (${codeOf(error)})` };
  } finally {
    rmSync(temp, { force: true });
  }
}

/** A file that is new must not take the place of one that somebody else made meanwhile. */
function create(temp: string, path: string): Changed {
  try {
    linkSync(temp, path);
    return { kind: 'done' };
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return { kind: 'stale' };
    throw error;
  }
}

interface Opened {
  readonly at: string;
  /** Null: it can be used. */
  readonly why: string | null;
  readonly isThere: boolean;
}

/** Walks down to a folder, without following links; makes what is missing where that is wanted. */
function openFolder({ root, folder }: Folder, isMade: boolean): Opened {
  let at = root;
  for (const part of folder.split('/')) {
    at = join(at, part);
    try {
      if (isMade && lstatSync(at, { throwIfNoEntry: false }) === undefined) makeFolder(at);
      const found = lstatSync(at, { throwIfNoEntry: false });
      if (found === undefined) return { at, why: `${at} is not there`, isThere: false };
      if (!found.isDirectory()) return { at, why: `${at} is no folder`, isThere: true };
    } catch (error) {
      const verb = isMade ? 'made' : 'looked at';
      return { at, why: `${at} cannot be ${verb} (${codeOf(error)})`, isThere: codeOf(error) !== 'ENOTDIR' };
    }
  }
  return { at, why: null, isThere: true };
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function withFile<T>(path: string, use: (opened: number) => T): T {
  const opened = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    return use(opened);
  } finally {
    closeSync(opened);
  }
}

function readAll(opened: number): string {
  const buffer = Buffer.alloc(Math.min(fstatSync(opened).size, MAX_BYTES));
  return buffer.toString('utf8', 0, readSync(opened, buffer, 0, buffer.length, 0));
}

/** What is in a file once nobody writes into it any more: one that is empty, or grows, is being written. */
function readSettled(opened: number, before: string): string {
  let last = readAll(opened);
  if (last === before) return last;
  for (let looks = 0; looks < LOOKS; looks += 1) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REST_MS);
    const now = readAll(opened);
    if (now === last && now !== '') return now;
    last = now;
  }
  return last;
}

function watchFolder(folder: Folder, changed: (name: string | null) => void): () => void {
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(join(folder.root, folder.folder), { persistent: false }, (_event, name) => changed(name));
    // a folder that vanishes has nothing more to tell
    watcher.on('error', () => watcher?.close());
  } catch {
    watcher = null;
  }
  return () => watcher?.close();
}
