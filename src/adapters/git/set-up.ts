// Remembers what a set-up command made of a clean checkout, and for which dependencies. Does not run the command.
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitFields, type Place, runBeside, splitFields } from './exec.ts';
import { exists } from './metadata.ts';

const NOTE = 'weft-set-up';
const MAX_MADE = 1_000;
const MAX_FILES = 500_000;
const LIST_MS = 600_000;

/** Files that say what a project depends on, in whatever folder they are. */
const MANIFESTS: readonly string[] = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
  'Cargo.toml',
  'Cargo.lock',
  'go.mod',
  'go.sum',
  'requirements*.txt',
  'pyproject.toml',
  'poetry.lock',
  'uv.lock',
  'Gemfile*',
  'composer.json',
  'composer.lock',
];

interface Note {
  /** Digest of the command and of all manifests. */
  readonly of: string;
  /** What is there beside the tracked files, as `git clean` is told to leave it. */
  readonly made: readonly string[];
  /** The files in it, each with what changes whenever the file does. */
  readonly files: readonly (readonly [path: string, stamp: string])[];
}

/** A checkout: where git runs for it, and the folder of its metadata. */
export interface SetUpPlace {
  readonly place: Place;
  readonly dir: string;
}

/**
 * Finds what the set-up made of a checkout whose index holds the commit in question. Null: it has to run (again), and
 * what may be left of an earlier one is not noted any more.
 */
export async function findSetUp(at: SetUpPlace, command: string): Promise<readonly string[] | null> {
  const note = await readNote(at.dir);
  if (note !== null && note.of === (await digest(at.place, command)) && (await restore(at.place, note)))
    return note.made;
  await forgetSetUp(at.dir);
  return null;
}

/** Notes that the command ran to its end for the commit that is checked out. */
export async function noteSetUp(at: SetUpPlace, command: string): Promise<void> {
  const made = await gitFields(at.place, { args: ['ls-files', '-z', '--others', '--directory'] });
  // it could not be told to git clean; the command runs again instead
  if (made.length > MAX_MADE || made.some((path) => path.includes('\n'))) return;
  const files = await listFiles(at.place, made);
  if (files === null) return;
  const note: Note = { of: await digest(at.place, command), made, files: [...files] };
  const half = join(at.dir, `${NOTE}.half`);
  await writeFile(half, JSON.stringify(note));
  await rename(half, join(at.dir, NOTE));
}

/** Tells whether a set-up is noted. */
export function isSetUp(dir: string): Promise<boolean> {
  return exists(join(dir, NOTE));
}

/** Takes the note away. */
export async function forgetSetUp(dir: string): Promise<void> {
  await rm(join(dir, NOTE), { force: true });
}

/** Words for `git clean` that name exactly these paths. */
export function excludePaths(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => ['-e', `/${path.replaceAll(/[\\*?[\] ]/g, String.raw`\$&`)}`]);
}

async function digest(place: Place, command: string): Promise<string> {
  const patterns = MANIFESTS.map((name) => `:(glob)**/${name}`);
  const manifests = await gitFields(place, { args: ['ls-files', '-s', '-z', '--', ...patterns] });
  return createHash('sha256')
    .update([command, ...manifests].join('\0'))
    .digest('hex');
}

/**
 * Takes away what came to the noted files since; false when one of them is another now. Gates run what agents wrote: what
 * one task's gates leave behind must not decide over the next one's.
 */
async function restore(place: Place, note: Note): Promise<boolean> {
  const now = await listFiles(place, note.made);
  if (now === null) return false;
  for (const [path, stamp] of note.files) {
    if (now.get(path) !== stamp) return false;
    now.delete(path);
  }
  for (const path of now.keys())
    await rm(join(place.cwd, Buffer.from(path, 'latin1').toString()), { force: true });
  return true;
}

/** Files below the paths with inode, size and time of their last change, which no program can set; null: that cannot be known. */
async function listFiles(place: Place, paths: readonly string[]): Promise<Map<string, string> | null> {
  if (paths.length === 0) return new Map();
  const call = { cwd: place.cwd, timeoutMs: LIST_MS, encoding: 'latin1' } as const;
  const starts = paths.map((path) => `./${path}`);
  const end = await runBeside(
    place,
    'find',
    [...starts, '!', '-type', 'd', '-printf', '%p\\0%i %s %C@\\0'],
    call,
  );
  if (end.code !== 0) return null;
  const fields = splitFields(end.stdout);
  const files = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) files.set(fields[at] ?? '', fields[at + 1] ?? '');
  return files.size > MAX_FILES ? null : files;
}

async function readNote(dir: string): Promise<Note | null> {
  try {
    return JSON.parse(await readFile(join(dir, NOTE), 'utf8')) as Note;
  } catch {
    // none, or one that a power cut damaged
    return null;
  }
}
