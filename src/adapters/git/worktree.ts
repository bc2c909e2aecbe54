// Makes worktrees, finishes half-made ones and finds those already there. Knows nothing of agents or attempts.
import { access, constants, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Oid } from '../../core/model.ts';
import type { WorktreeMade, WorktreeSpec } from '../../ports/git.ts';
import { codeOf, makeDirs } from '../system/make-dirs.ts';
import { GitError, git, gitText, giveUp } from './exec.ts';
import { forCheckout } from './large-files.ts';
import { checkBranchName, findBranch, findHolders } from './listing.ts';
import {
  checkReason,
  dropEntry,
  exists,
  findEntry,
  isOurs,
  keepDetachedHead,
  markReady,
  mendCommonDirs,
  type PlacedEntry,
  placeOfEntry,
  readLine,
  restoreLink,
} from './metadata.ts';
import { waitForGit } from './processes.ts';
import { canonical, findCommit, findMergeBase, moveRef, needCommit, type Repository } from './repository.ts';
import { fillFromPool, keepFirstIndex } from './reuse.ts';
import { fillSubmodules } from './submodules.ts';

const CHECKOUT_MS = 1_800_000;
const OTHER_GIT_MS = 10_000;

/** Ref of the commit that a branch of ours was started from; keeps it reachable too. */
export function startRefOf(branch: string): string {
  return `refs/weft/start/${branch}`;
}

/** Makes the worktree, or finishes a half-made one, or finds the one there. */
export async function ensureWorktree(repo: Repository, spec: WorktreeSpec): Promise<WorktreeMade> {
  const { branch } = spec;
  const base = await needCommit(repo.main, spec.base);
  const { entry, fresh } = await repo.exclusive(() =>
    claimEntry(repo, {
      path: spec.path,
      reason: spec.reason,
      prepare: (path) => prepareBranch(repo, { path, branch, base }),
      forget: (lost) => keepDetachedHead(repo, lost),
    }),
  );
  repo.pool.open();
  if (fresh) {
    if (!(await fillFromPool(repo, entry))) await populate(repo, entry);
    await fillSubmodules(repo, placeOfEntry(repo, entry), { beside: 'keep' });
    const checkedOut = await findBranch(repo, entry.path);
    if (checkedOut !== branch)
      giveUp(`The new worktree ${entry.path} has ${checkedOut ?? 'no branch'}, not ${branch}.`);
    await keepFirstIndex(entry);
    await markReady(entry);
  }
  const start = await recordStart(repo, { branch, base });
  const head = await findCommit(repo.main, `refs/heads/${branch}`);
  return { path: entry.path, head: start, reused: !fresh || head !== start };
}

/** Fills a new worktree; only its own index is locked, so many run side by side. */
export async function populate(repo: Repository, entry: PlacedEntry): Promise<void> {
  const place = await forCheckout(placeOfEntry(repo, entry));
  await git(place, { args: ['reset', '--hard', '--quiet'], timeoutMs: CHECKOUT_MS });
  // without one, the whole tree would count as deleted
  if (!(await exists(join(entry.dir, 'index')))) {
    giveUp(`git said it had checked out ${entry.path}, but has written no index.`);
  }
}

/** What is to be found or made at a path. `prepare` returns the words that end `git worktree add`. */
export interface EntryClaim {
  readonly path: string;
  readonly reason: string;
  readonly prepare: (path: string) => Promise<readonly string[]>;
  /** Called before the metadata of a complete worktree is dropped whose folder somebody deleted. */
  readonly forget: (entry: PlacedEntry) => Promise<void>;
}

/** Finds the complete worktree at a path, or clears what is half-made there and registers a new, empty one. */
export async function claimEntry(
  repo: Repository,
  claim: EntryClaim,
): Promise<{ readonly entry: PlacedEntry; readonly fresh: boolean }> {
  checkReason(claim.reason);
  await mendCommonDirs(repo);
  const path = await canonical(claim.path);
  const found = await findEntry(repo, path);
  if (found !== null && !isOurs(found)) {
    giveUp(
      `${path} is a worktree that weft did not make.`,
      'Remove it, or choose another folder for worktrees.',
    );
  }
  if (found?.ready && (await exists(path))) {
    await restoreLink(found);
    return { entry: found, fresh: false };
  }
  if (found === null) {
    await clearOrphan(repo, path);
  } else {
    await waitForGit(path, OTHER_GIT_MS);
    if (found.ready) await claim.forget(found);
    await dropEntry(repo, found);
    if (!found.ready) await repo.trash.discard(path);
  }
  await makeRoom(dirname(path));
  const target = await claim.prepare(path);
  const flags = ['--no-checkout', '--lock', '--reason', claim.reason];
  await gitText(repo.main, 'worktree', 'add', ...flags, ...target);
  const entry = await findEntry(repo, path);
  if (entry === null || !isOurs(entry))
    giveUp(`git said it had made the worktree ${path}, but it is not there.`);
  return { entry, fresh: true };
}

/** What a person has to mend: trying once more is no help. */
const HOPELESS = new Set(['ENOTDIR', 'EEXIST', 'EROFS', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);

async function makeRoom(folder: string): Promise<void> {
  try {
    await makeDirs(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    if (!HOPELESS.has(codeOf(error))) throw error;
    throw new GitError({
      kind: 'usage',
      sentence: `No worktree can be made in ${folder} (${codeOf(error)}).`,
      hint: 'Mend that folder, or name another place with `worktrees.root` in .weft/config.yaml.',
    });
  }
}

/** Deals with a folder that no metadata speaks of: only what surely was a worktree of this repository is moved aside. */
async function clearOrphan(repo: Repository, path: string): Promise<void> {
  const names = await readdir(path).catch(() => []);
  if (names.length === 0) return;
  const link = await readLine(join(path, '.git'));
  if (link?.startsWith(`gitdir: ${join(repo.commonDir, 'worktrees')}/`) !== true) {
    giveUp(`The folder ${path} exists and is not a worktree.`, 'Move it away, then try again.');
  }
  if (names.length === 1) return repo.trash.discard(path);
  await rename(path, `${path}.kept-${Date.now().toString(36)}`);
}

/** Makes the branch at its start, or checks that the one there is free. */
async function prepareBranch(
  repo: Repository,
  of: { readonly path: string; readonly branch: string; readonly base: Oid },
): Promise<readonly string[]> {
  const { path, branch, base } = of;
  const ref = `refs/heads/${branch}`;
  const add = [path, branch];
  if ((await findCommit(repo.main, ref)) === null) {
    await checkBranchName(repo, branch);
    // one transaction; a branch that appears meanwhile makes git refuse both
    const moves = [`update ${startRefOf(branch)} ${base}`, `create ${ref} ${base}`];
    await repo.refs.write(moves);
    return add;
  }
  const [holder] = await findHolders(repo, branch);
  if (holder !== undefined) {
    const hint = holder.prunable
      ? 'Its folder is gone: git worktree prune.'
      : 'Check out another branch there.';
    giveUp(`The branch ${branch} is checked out at ${holder.path}.`, hint);
  }
  return add;
}

/** Start of the branch as recorded; for a branch that came without a record, where it leaves the base. */
async function recordStart(
  repo: Repository,
  of: { readonly branch: string; readonly base: Oid },
): Promise<Oid> {
  const ref = startRefOf(of.branch);
  const recorded = await findCommit(repo.main, ref);
  if (recorded !== null) return recorded;
  const head = await findCommit(repo.main, `refs/heads/${of.branch}`);
  const start = (head === null ? null : await findMergeBase(repo.main, head, of.base)) ?? of.base;
  await moveRef(repo, { ref, to: start, note: 'weft: start' });
  return start;
}
