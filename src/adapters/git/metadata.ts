// The folders below `<git dir>/worktrees` that git keeps per linked worktree: reading, mending and dropping them.
// Knows nothing of what is checked out where. These files are read where they are needed, many times for each task: handing
// a read of some bytes to another thread takes ten times as long as the read.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { giveUp, type Place } from './exec.ts';
import { canonical, findCommit, isGitAtWork, moveRef, type Repository } from './repository.ts';

/** Content of every `commondir`; an empty one makes every git command of the repository fail. */
const COMMON_DIR = '../..';
/** Written by us after a checkout is complete; a worktree without it was never handed to anybody. */
const READY = 'weft-ready';
const OURS = 'weft ';

/** Metadata of one linked worktree. */
export interface Entry {
  /** Name of the metadata folder. */
  readonly id: string;
  /** The metadata folder. */
  readonly dir: string;
  /** The worktree's folder, or null when the metadata does not say. */
  readonly path: string | null;
  /** Why it is locked; null: it is not. */
  readonly reason: string | null;
  readonly ready: boolean;
}

/** Metadata whose worktree is known. */
export type PlacedEntry = Entry & { readonly path: string };

/** Reads the metadata of all linked worktrees. */
export async function readEntries(repo: Repository): Promise<readonly Entry[]> {
  const root = join(repo.commonDir, 'worktrees');
  return Promise.all(listFolder(root).map((id) => readEntry(root, id)));
}

async function readEntry(root: string, id: string): Promise<Entry> {
  const dir = join(root, id);
  const gitFile = await readLine(join(dir, 'gitdir'));
  const reason = await readLine(join(dir, 'locked'));
  const ready = await exists(join(dir, READY));
  return { id, dir, path: gitFile === null || gitFile === '' ? null : dirname(gitFile), reason, ready };
}

/** Where the metadata of a path was found last; looked at first, never believed. */
const idsByPath = new WeakMap<Repository, Map<string, string>>();

/** Finds the metadata of the worktree at a path. */
export async function findEntry(repo: Repository, path: string): Promise<PlacedEntry | null> {
  const wanted = await canonical(path);
  const ids = idsByPath.get(repo) ?? new Map<string, string>();
  idsByPath.set(repo, ids);
  const known = ids.get(wanted);
  if (known !== undefined) {
    const entry = await readEntry(join(repo.commonDir, 'worktrees'), known);
    if (entry.path === wanted) return { ...entry, path: wanted };
    ids.delete(wanted);
  }
  for (const entry of await readEntries(repo)) {
    if (entry.path === null || (await canonical(entry.path)) !== wanted) continue;
    ids.set(wanted, entry.id);
    return { ...entry, path: wanted };
  }
  return null;
}

/** Tells whether we made the worktree: its lock reason says so. */
export function isOurs(entry: Entry): boolean {
  return entry.reason?.startsWith(OURS) ?? false;
}

/** Refuses lock reasons by which a worktree would not be known as ours again. */
export function checkReason(reason: string): void {
  if (!reason.startsWith(OURS) || reason.includes('\n')) {
    throw new Error(`Internal error: not a lock reason of ours: ${reason}`);
  }
}

/** Notes that the checkout is complete. */
export async function markReady(entry: Entry): Promise<void> {
  await writeFile(join(entry.dir, READY), '');
}

/**
 * Where git runs for the worktree at a path. Everything that the worktree's own `.git` could say is given by variables,
 * so a worktree whose `.git` was replaced cannot lead our git elsewhere.
 */
export async function placeOf(repo: Repository, path: string): Promise<Place> {
  if ((await canonical(path)) === repo.root) return repo.main;
  const entry = await findEntry(repo, path);
  if (entry === null) giveUp(`${path} is not a worktree of ${repo.root}.`);
  if ((await readLine(join(entry.dir, 'commondir'))) !== COMMON_DIR) {
    giveUp(`The metadata of the worktree ${path} was changed: commondir.`, `Look at ${entry.dir}.`);
  }
  return placeOfEntry(repo, entry);
}

/** Where git runs for a worktree whose metadata is at hand. */
export function placeOfEntry(repo: Repository, entry: PlacedEntry): Place {
  const env = { GIT_DIR: entry.dir, GIT_COMMON_DIR: repo.commonDir, GIT_WORK_TREE: entry.path };
  return { ...repo.main, cwd: entry.path, env };
}

/** Lists the main checkout and the worktrees whose folder is known. */
export async function listCheckouts(repo: Repository): Promise<readonly Place[]> {
  const linked = (await readEntries(repo)).flatMap((entry) =>
    entry.path === null ? [] : [placeOfEntry(repo, { ...entry, path: entry.path })],
  );
  return [repo.main, ...linked];
}

/** Git directory of a place. */
export function gitDirOf(repo: Repository, place: Place): string {
  return place.env['GIT_DIR'] ?? repo.commonDir;
}

/** Rewrites each `commondir` that a killed git left empty or unwritten; returns the names of those mended. */
export async function mendCommonDirs(repo: Repository): Promise<readonly string[]> {
  const mended: string[] = [];
  const root = join(repo.commonDir, 'worktrees');
  for (const id of listFolder(root)) {
    const file = join(root, id, 'commondir');
    if (await readLine(file)) continue;
    const entry = await readEntry(root, id);
    if (entry.path === null) continue;
    // a git that makes a worktree right now writes the file itself in a moment
    if ((await isGitAtWork(repo, [repo.root, entry.path])) === true) continue;
    await writeFile(file, `${COMMON_DIR}\n`);
    mended.push(entry.id);
  }
  return mended;
}

/** Drops the metadata of a worktree of ours whose folder is gone or was never complete. */
export async function dropEntry(repo: Repository, entry: Entry): Promise<void> {
  await repo.trash.discard(entry.dir, repo.commonDir);
}

/** Keeps the commits that a detached HEAD leads to under `refs/weft/rescue/`, before the metadata that names it goes. */
export async function keepDetachedHead(repo: Repository, entry: Entry): Promise<void> {
  const head = (await readLine(join(entry.dir, 'HEAD'))) ?? '';
  if (!/^[0-9a-f]{40,64}$/.test(head) || /^0+$/.test(head)) return;
  const commit = await findCommit(repo.main, head);
  const ref = `refs/weft/rescue/${entry.id}-${head.slice(0, 12)}`;
  if (commit !== null) await moveRef(repo, { ref, to: commit, note: 'weft: its worktree is gone' });
}

/** Makes the worktree's `.git` file anew when it is missing. */
export async function restoreLink(entry: PlacedEntry): Promise<void> {
  const file = join(entry.path, '.git');
  if (await exists(file)) return;
  await mkdir(entry.path, { recursive: true });
  await writeFile(file, `gitdir: ${entry.dir}\n`);
}

/** Tells whether the worktree's `.git` file still leads to its metadata. */
export async function isLinked(entry: PlacedEntry): Promise<boolean> {
  return (await readLine(join(entry.path, '.git'))) === `gitdir: ${entry.dir}`;
}

/** First line of a small file, or null when it cannot be read. */
export async function readLine(file: string): Promise<string | null> {
  try {
    return readFileSync(file, 'utf8').split('\n')[0] ?? '';
  } catch {
    return null;
  }
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Tells whether something is there, without following a link. */
export async function exists(path: string): Promise<boolean> {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // a file where a folder should be
    return false;
  }
}
