// Mends what a git that was killed left behind: locks, half-made metadata, trash. Proves first that nobody is at it.
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempt } from './exec.ts';
import { isLeftByWeft, underIndexLock } from './index-lock.ts';
import { isInterrupted, mendInterrupted } from './interrupted.ts';
import { dropEntry, gitDirOf, isOurs, mendCommonDirs, placeOfEntry, readEntries } from './metadata.ts';
import { listOpenFiles } from './processes.ts';
import { isGitAtWork, type Repository } from './repository.ts';

const KEPT = 'weft-kept';
const MAX_KEPT = 20;
const MAX_DEPTH = 12;
const SECOND_LOOK_MS = 200;
/** Age from which a lock counts as left behind where processes cannot be seen. */
const BLIND_AGE_MS = 60_000;

/** Mends the repository and the folders of worktrees below `roots`; says in sentences what was mended. */
export async function repair(repo: Repository, roots: readonly string[]): Promise<readonly string[]> {
  return repo.exclusive(async () => {
    const mended = await mendCommonDirs(repo);
    const locks = await sweepLocks(repo);
    const putBack = await mendCheckouts(repo);
    const dropped = await dropUnborn(repo);
    for (const folder of await findFolders(repo, roots)) {
      await repo.pool.sweep(folder);
      await repo.trash.empty(folder);
    }
    await discardHalfCopies(repo, roots);
    return [
      ...mended.map((id) => `Completed the metadata of the worktree ${id}.`),
      ...locks.map((lock) => `Took away the lock ${lock}, which no process holds any more.`),
      ...putBack.map((path) => `Put back what a landing that was cut off had begun to change in ${path}.`),
      ...dropped.map((id) => `Dropped the metadata ${id} of a worktree that was never made.`),
    ];
  });
}

/** Finishes with fast-forwards that were cut off; gives the checkouts. */
async function mendCheckouts(repo: Repository): Promise<readonly string[]> {
  const linked = (await readEntries(repo)).flatMap((entry) =>
    entry.path === null ? [] : [placeOfEntry(repo, { ...entry, path: entry.path })],
  );
  const mended: string[] = [];
  for (const place of [repo.main, ...linked]) {
    const checkout = { place, gitDir: gitDirOf(repo, place) };
    if (!isInterrupted(checkout.gitDir)) continue;
    const done = await attempt(() => underIndexLock(checkout, () => mendInterrupted(checkout)));
    if (done.ok && done.value !== 'locked') mended.push(place.cwd);
  }
  return mended;
}

/** Says in sentences what `repair` would take away now; changes nothing. */
export async function surveyRepair(repo: Repository): Promise<readonly string[]> {
  const locks = await findAbandoned(repo, await findLocks(repo));
  const unborn = await findUnborn(repo);
  return [
    ...locks.map(({ path }) => `Would take away the lock ${relative(repo.commonDir, path)}.`),
    ...unborn.map(({ id }) => `Would drop the metadata ${id} of a worktree that was never made.`),
  ];
}

/** A lock as it was seen; the same one if it is seen so again. */
interface Lock {
  readonly path: string;
  readonly inode: number;
  readonly modifiedMs: number;
}

/** Moves locks aside that no live process can own; returns their names. */
export async function sweepLocks(repo: Repository): Promise<readonly string[]> {
  const seen = await findAbandoned(repo, await findLocks(repo));
  if (seen.length === 0) return [];
  // a lock made and released between two looks is not the one that was judged
  await sleep(SECOND_LOOK_MS);
  const swept: string[] = [];
  for (const lock of await findAbandoned(repo, seen)) {
    const now = await lookAt(lock.path);
    if (now?.inode !== lock.inode || now.modifiedMs !== lock.modifiedMs) continue;
    await putAside(repo, lock.path);
    swept.push(relative(repo.commonDir, lock.path));
  }
  return swept;
}

async function findAbandoned(repo: Repository, locks: readonly Lock[]): Promise<readonly Lock[]> {
  if (locks.length === 0) return [];
  const entries = await readEntries(repo);
  const folders = [
    repo.root,
    repo.commonDir,
    ...entries.map(({ path }) => path).filter((path) => path !== null),
  ];
  const isBusy = await isGitAtWork(repo, folders);
  const open = listOpenFiles();
  if (isBusy === null || open === null)
    return locks.filter(({ modifiedMs }) => Date.now() - modifiedMs > BLIND_AGE_MS);
  // who is at work in the repository may wait for just this lock
  return locks.filter(({ path }) => isLeftByWeft(path) || (!isBusy && !open.has(path)));
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
  return (await Promise.all(paths.map(lookAt))).filter((lock) => lock !== null);
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

async function lookAt(path: string): Promise<Lock | null> {
  const stats = await stat(path).catch(() => null);
  return stats === null ? null : { path, inode: stats.ino, modifiedMs: stats.mtimeMs };
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

/** Metadata folders that a killed `git worktree add` left before it had written where the worktree is. */
async function dropUnborn(repo: Repository): Promise<readonly string[]> {
  const unborn = await findUnborn(repo);
  for (const entry of unborn) await dropEntry(repo, entry);
  return unborn.map(({ id }) => id);
}

async function findUnborn(repo: Repository): Promise<Awaited<ReturnType<typeof readEntries>>> {
  const unborn = (await readEntries(repo)).filter((entry) => entry.path === null && !entry.ready);
  return unborn.length === 0 || (await isGitAtWork(repo, [repo.root, repo.commonDir])) !== false
    ? []
    : unborn;
}

/** Folders that may hold a trash folder: of the metadata, and beside every worktree there may have been. */
async function findFolders(repo: Repository, roots: readonly string[]): Promise<readonly string[]> {
  const beside = (await readEntries(repo))
    .filter(isOurs)
    .map(({ path }) => (path === null ? null : dirname(path)));
  const below = await Promise.all(roots.map((root) => listFolders(root)));
  return [
    ...new Set([repo.commonDir, ...roots, ...below.flat(), ...beside.filter((folder) => folder !== null)]),
  ];
}

async function listFolders(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
}

/** Dependency folders whose copying was cut short. */
async function discardHalfCopies(repo: Repository, roots: readonly string[]): Promise<void> {
  for (const root of roots) {
    for (const folder of [...(await listFolders(root)), root]) {
      for (const path of await listFolders(folder)) {
        if (/^\..+\.weft-copy$/.test(basename(path))) await repo.trash.discard(path);
      }
    }
  }
}
