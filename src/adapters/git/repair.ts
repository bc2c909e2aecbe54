// Mends what a git that was killed left behind: locks, half-made metadata, trash. Proves first that nobody is at it.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { attempt } from './exec.ts';
import { underIndexLock } from './index-lock.ts';
import { isInterrupted, mendInterrupted } from './interrupted.ts';
import { surveyLocks, sweepLocks } from './locks.ts';
import { dropEntry, gitDirOf, isOurs, listCheckouts, mendCommonDirs, readEntries } from './metadata.ts';
import { isGitAtWork, type Repository } from './repository.ts';

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
  const mended: string[] = [];
  for (const place of await listCheckouts(repo)) {
    const checkout = { place, gitDir: gitDirOf(repo, place) };
    if (!isInterrupted(checkout.gitDir)) continue;
    const done = await attempt(() => underIndexLock(checkout, () => mendInterrupted(checkout)));
    if (done.ok && done.value !== 'locked') mended.push(place.cwd);
  }
  return mended;
}

/** Says in sentences what `repair` would take away now; changes nothing. */
export async function surveyRepair(repo: Repository): Promise<readonly string[]> {
  const locks = await surveyLocks(repo);
  const unborn = await findUnborn(repo);
  return [
    ...locks.map((lock) => `Would take away the lock ${lock}.`),
    ...unborn.map(({ id }) => `Would drop the metadata ${id} of a worktree that was never made.`),
  ];
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

/** Folders that may hold a trash folder: of the metadata, and beside every worktree there may have been; a root may be one. */
async function findFolders(repo: Repository, roots: readonly string[]): Promise<readonly string[]> {
  const beside = (await readEntries(repo))
    .filter(isOurs)
    .map(({ path }) => (path === null ? null : dirname(path)));
  const below = await Promise.all(roots.map((root) => listFolders(root)));
  return [
    ...new Set([
      repo.commonDir,
      ...roots,
      ...roots.map((root) => dirname(root)),
      ...below.flat(),
      ...beside.filter((folder) => folder !== null),
    ]),
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
