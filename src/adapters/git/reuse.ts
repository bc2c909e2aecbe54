// Makes a worktree of files that an earlier one left, as if they had been checked out anew. Knows nothing of who left them.
// Their index is the one written with them before anybody touched them: whatever was changed later than that, in whatever
// way, is written anew.
import { link, mkdir, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { attempt, git, gitFields, runBeside } from './exec.ts';
import { forCheckout } from './large-files.ts';
import { type PlacedEntry, placeOfEntry } from './metadata.ts';
import type { PooledTree } from './pool.ts';
import type { Repository } from './repository.ts';
import { listGitlinks } from './status.ts';

const CHECKOUT_MS = 1_800_000;
const FIRST_INDEX = 'weft-index';
const MAX_LEFT = 10_000;

/** Where the index of a worktree's first moment is kept. */
export function firstIndexOf(entry: PlacedEntry): string {
  return join(entry.dir, FIRST_INDEX);
}

/** Keeps the index of a worktree that was just made. Where the file system has no links, the worktree will not be reused. */
export async function keepFirstIndex(entry: PlacedEntry): Promise<void> {
  // git never writes into an index, it puts another one in its place
  await link(join(entry.dir, 'index'), firstIndexOf(entry)).catch(() => undefined);
}

/** Fills a new, empty worktree with files from the pool, exactly as its HEAD has them; false: it is still to be filled. */
export async function fillFromPool(repo: Repository, entry: PlacedEntry): Promise<boolean> {
  const pooled = repo.pool.take(entry.path);
  if (pooled === null) return false;
  const filled = await attempt(() => fill(repo, entry, pooled));
  await repo.trash.discard(pooled.folder, dirname(entry.path));
  if (filled.ok && filled.value) return true;
  await repo.trash.discard(entry.path);
  for (const file of ['index', 'index.lock']) await rm(join(entry.dir, file), { force: true });
  await mkdir(entry.path, { recursive: true });
  await writeLink(entry);
  return false;
}

async function fill(repo: Repository, entry: PlacedEntry, pooled: PooledTree): Promise<boolean> {
  if (!(await strip(repo, entry, pooled))) return false;
  await unlink(join(entry.path, '.git'));
  await rmdir(entry.path);
  await rename(pooled.tree, entry.path);
  await writeLink(entry);
  await rename(pooled.index, join(entry.dir, 'index'));
  const place = await forCheckout(placeOfEntry(repo, entry));
  await git(place, { args: ['reset', '--hard', '--quiet'], timeoutMs: CHECKOUT_MS });
  // git does not look at what lies where a submodule belongs
  if ((await listGitlinks(place)).length > 0) return false;
  const args = ['status', '--porcelain', '-z', '--ignored', '--untracked-files=normal'];
  return (await gitFields(place, { args })).length === 0;
}

/** Leaves nothing but the files that nobody touched since the first index was written. False: there is too much to do. */
async function strip(repo: Repository, entry: PlacedEntry, pooled: PooledTree): Promise<boolean> {
  const { tree, index } = pooled;
  const { env, ...place } = placeOfEntry(repo, { ...entry, path: tree });
  await rm(join(tree, '.git'), { recursive: true, force: true });
  const call = { args: ['ls-files', '-z', '--others', '--directory'] };
  const left = await gitFields({ ...place, env: { ...env, GIT_INDEX_FILE: index } }, call);
  if (left.length > MAX_LEFT) return false;
  const aside = join(pooled.folder, 'left');
  await mkdir(aside);
  // sooner done than deleting them here: the folder they are in is deleted in the background
  for (const [at, path] of left.entries()) {
    await rename(join(tree, path.replace(/\/$/, '')), join(aside, String(at)));
  }
  // git compares times by the second, and passes over every `.git`
  const touched = ['(', '-name', '.git', '-o', '!', '-type', 'd', '-cnewer', index, ')'];
  const args = [tree, ...touched, '-prune', '-exec', 'rm', '-rf', '{}', '+'];
  const find = { cwd: '/', timeoutMs: CHECKOUT_MS };
  return (await runBeside(place, 'find', args, find)).code === 0;
}

async function writeLink(entry: PlacedEntry): Promise<void> {
  await writeFile(join(entry.path, '.git'), `gitdir: ${entry.dir}\n`);
}
