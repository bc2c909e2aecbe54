// Takes away locks that a killed git left behind, once it is certain that nobody holds them. Knows nothing of what they keep.
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLeftByWeft } from './index-lock.ts';
import { isOurs, readEntries } from './metadata.ts';
import { haveEnded, type LiveProcess, listOpenFiles } from './processes.ts';
import { listGitsAtWork, OURS, type Repository } from './repository.ts';

const KEPT = 'weft-kept';
const MAX_KEPT = 20;
const MAX_DEPTH = 12;
const SECOND_LOOK_MS = 200;
/** Age from which a lock counts as left behind where processes cannot be seen. */
const BLIND_AGE_MS = 60_000;
/** Age from which a lock of ours may be taken away although gits are at work, and how long their end is waited for. */
const OWN_AGE_MS = 3_000;
const OUTLIVE_MS = 3_000;

/** A lock as it was seen; the same one if it is seen so again. */
interface Lock {
  readonly path: string;
  readonly inode: number;
  readonly modifiedMs: number;
  /** Of a ref or a worktree that is ours alone. */
  readonly isOwn: boolean;
}

/** Names locks that no live process can own. */
export async function surveyLocks(repo: Repository): Promise<readonly string[]> {
  const abandoned = await findAbandoned(repo, await findLocks(repo));
  return abandoned.map(({ path }) => relative(repo.commonDir, path));
}

/** Moves locks aside that no live process can own; returns their names. Waits a few seconds at most. */
export async function sweepLocks(repo: Repository): Promise<readonly string[]> {
  const seen = await findLocks(repo);
  if (seen.length === 0) return [];
  const gits = await listGitsAtWork(repo, await listFolders(repo));
  // a lock made and released between two looks is not the one that was judged
  await sleep(SECOND_LOOK_MS);
  const abandoned = new Set([...(await findAbandoned(repo, seen)), ...(await findOutlived(seen, gits))]);
  const swept: string[] = [];
  for (const lock of abandoned) {
    const now = await lookAt(lock.path);
    if (now?.inode !== lock.inode || now.modifiedMs !== lock.modifiedMs) continue;
    await putAside(repo, lock.path);
    swept.push(relative(repo.commonDir, lock.path));
  }
  return swept;
}

async function findAbandoned(repo: Repository, locks: readonly Lock[]): Promise<readonly Lock[]> {
  if (locks.length === 0) return [];
  const gits = await listGitsAtWork(repo, await listFolders(repo));
  const open = listOpenFiles();
  if (gits === null || open === null) return locks.filter((lock) => isOlder(lock, BLIND_AGE_MS));
  // who is at work in the repository may wait for just this lock
  return locks.filter(({ path }) => isLeftByWeft(path) || (gits.length === 0 && !open.has(path)));
}

/**
 * Locks of ours that are still there when all those have ended who worked when they were seen, one of whom it was if anybody
 * alive held them. There is always some git at work while agents are.
 */
async function findOutlived(
  locks: readonly Lock[],
  gits: readonly LiveProcess[] | null,
): Promise<readonly Lock[]> {
  const own = locks.filter((lock) => lock.isOwn && isOlder(lock, OWN_AGE_MS));
  if (own.length === 0 || gits === null || !(await haveEnded(gits, OUTLIVE_MS))) return [];
  const open = listOpenFiles();
  return own.filter(({ path }) => open?.has(path) === false);
}

/** By wall time, as that of the file: a clock that was set back makes us wait longer. */
function isOlder({ modifiedMs }: Lock, ms: number): boolean {
  return Date.now() - modifiedMs > ms;
}

/** Where gits of the repository work. */
async function listFolders(repo: Repository): Promise<readonly string[]> {
  const linked = (await readEntries(repo)).map(({ path }) => path);
  return [repo.root, repo.commonDir, ...linked.filter((path) => path !== null)];
}

/** Locks that our own git may have left: of refs, of shared files, of the main checkout, of worktrees of ours. */
async function findLocks(repo: Repository): Promise<readonly Lock[]> {
  const own = (await readEntries(repo)).filter(isOurs).map(({ dir }) => dir);
  const flat = [repo.commonDir, join(repo.commonDir, 'reftable'), ...own];
  const deep = [join(repo.commonDir, 'refs'), ...own.map((dir) => join(dir, 'refs'))];
  const paths = [
    ...(await Promise.all(flat.map((dir) => listLocks(dir, 0)))).flat(),
    ...(await Promise.all(deep.map((dir) => listLocks(dir, MAX_DEPTH)))).flat(),
  ];
  const ours = [join(repo.commonDir, OURS), ...own.map((dir) => join(dir, '/'))];
  const locks = await Promise.all(
    paths.map(async (path) => {
      const seen = await lookAt(path);
      return seen === null ? null : { ...seen, path, isOwn: ours.some((dir) => path.startsWith(dir)) };
    }),
  );
  return locks.filter((lock) => lock !== null);
}

async function listLocks(dir: string, depth: number): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
    const path = join(dir, entry.name);
    // git makes the latter while it holds the lock of the old one, and does not make it where there is one
    const isLock = entry.name.endsWith('.lock') || entry.name === 'packed-refs.new';
    if (entry.isFile() && isLock) found.push(path);
    if (entry.isDirectory() && depth > 0) found.push(...(await listLocks(path, depth - 1)));
  }
  return found;
}

async function lookAt(path: string): Promise<Pick<Lock, 'inode' | 'modifiedMs'> | null> {
  const stats = await stat(path).catch(() => null);
  return stats === null ? null : { inode: stats.ino, modifiedMs: stats.mtimeMs };
}

/** Keeps a copy of the newest ones: a lock may hold an index that somebody still wants to look at. */
async function putAside(repo: Repository, path: string): Promise<void> {
  const kept = join(repo.commonDir, KEPT);
  await mkdir(kept, { recursive: true });
  const name = relative(repo.commonDir, path).replaceAll('/', '%');
  await rename(path, join(kept, `${Date.now()}-${name}`));
  const names = (await readdir(kept)).sort();
  for (const old of names.slice(0, -MAX_KEPT)) await rm(join(kept, old), { force: true });
}
