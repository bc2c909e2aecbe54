// Remembers what a set-up command made of a clean checkout, and for which dependencies. Does not run the command.
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitFields, type Place } from './exec.ts';
import { exists } from './metadata.ts';

const NOTE = 'weft-set-up';
const MAX_MADE = 1_000;

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
  if (note !== null && note.of === (await digest(at.place, command)) && (await areThere(at.place, note.made)))
    return note.made;
  await forgetSetUp(at.dir);
  return null;
}

/** Notes that the command ran to its end for the commit that is checked out. */
export async function noteSetUp(at: SetUpPlace, command: string): Promise<void> {
  const made = await gitFields(at.place, { args: ['ls-files', '-z', '--others', '--directory'] });
  // it could not be told to git clean; the command runs again instead
  if (made.length > MAX_MADE || made.some((path) => path.includes('\n'))) return;
  const note: Note = { of: await digest(at.place, command), made };
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

async function areThere(place: Place, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    if (!(await exists(join(place.cwd, path)))) return false;
  }
  return true;
}

async function readNote(dir: string): Promise<Note | null> {
  try {
    return JSON.parse(await readFile(join(dir, NOTE), 'utf8')) as Note;
  } catch {
    // none, or one that a power cut damaged
    return null;
  }
}
