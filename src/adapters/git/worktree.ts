// Makes worktrees, finishes half-made ones and finds those already there. Knows nothing of agents or attempts.
import { access, constants, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { Oid } from '../../core/model.ts';
import { judgePlace } from '../../core/place.ts';
import type { WorktreeMade, WorktreeSpec } from '../../ports/git.ts';
import { codeOf, makeDirs } from '../system/make-dirs.ts';
import { GitError, git, gitText, giveUp, runGit, splitFields } from './exec.ts';
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
  const { branch, isFirst = false } = spec;
  const base = await needCommit(repo.main, spec.base);
  const { entry, fresh } = await repo.exclusive(() =>
    claimEntry(repo, {
      path: spec.path,
      reason: spec.reason,
      branch,
      prepare: (path) => prepareBranch(repo, { path, branch, base, isFirst }),
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
  /** Branch that it has; tasks that share one worktree know it by that. Absent: none. */
  readonly branch?: string;
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
  if (found === null) await checkPlace(repo, path);
  else await checkOwner(repo, found, claim);
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
  await hideFolder(repo, dirname(path));
  await makeFolder(dirname(path));
  const target = await claim.prepare(path);
  const flags = ['--no-checkout', '--lock', '--reason', claim.reason];
  await gitText(repo.main, 'worktree', 'add', ...flags, ...target);
  const entry = await findEntry(repo, path);
  if (entry === null || !isOurs(entry))
    giveUp(`git said it had made the worktree ${path}, but it is not there.`);
  return { entry, fresh: true };
}

/** Gives up over what a person has to mend: trying once more is no help. */
function refuse(sentence: string, hint: string): never {
  throw new GitError({ kind: 'usage', sentence, hint });
}

/** Refuses a place where a worktree would be in the way of the repository. */
async function checkPlace(repo: Repository, path: string): Promise<void> {
  const folder = relative(repo.root, dirname(path));
  const tracked = isInside(folder) && (await hasFiles(repo, folder));
  const problem = judgePlace({ path, repository: repo.root, gitDir: repo.commonDir, tracked });
  if (problem !== null) refuse(`No worktree can be made at ${path}: it ${problem.sentence}.`, problem.hint);
}

/** Keeps git from looking into a new folder of worktrees that lies in the repository. */
async function hideFolder(repo: Repository, path: string): Promise<void> {
  const folder = relative(repo.root, path);
  if (!isInside(folder)) return;
  const { code } = await runGit(repo.main, { args: ['check-ignore', '--quiet', `${folder}/x`] });
  if (code === 0) return;
  const names = folder.split('/');
  for (let depth = 1; depth <= names.length; depth += 1) {
    const around = names.slice(0, depth).join('/');
    if (await hasFiles(repo, around)) continue;
    const home = join(repo.root, around);
    await makeFolder(home);
    // what people keep there is not to be hidden from them
    if ((await readdir(home)).length === 0) await writeFile(join(home, '.gitignore'), '*\n');
    return;
  }
}

/** Tells whether a path, relative to the repository, lies in it. */
function isInside(path: string): boolean {
  return !/^\.\.(?:\/|$)/.test(path) && !isAbsolute(path);
}

/** Tells whether git has files right in a folder; what keeps it from looking into worktrees there may be one. */
async function hasFiles(repo: Repository, folder: string): Promise<boolean> {
  const args = ['ls-tree', '-z', '--name-only', 'HEAD', ...(folder === '' ? [] : [`${folder}/`])];
  const { code, stdout } = await runGit(repo.main, { args });
  return code === 0 && splitFields(stdout).some((name) => name !== `${folder}/.gitignore`);
}

/** Refuses a worktree that is somebody else's. */
async function checkOwner(repo: Repository, found: PlacedEntry, claim: EntryClaim): Promise<void> {
  const { reason } = found;
  if (!isOurs(found))
    refuse(
      `${found.path} is a worktree that weft did not make.`,
      `Put it elsewhere with \`git worktree move ${found.path} ${found.path}-mine\`, or name another place with \`worktrees.path\` in .weft/config.yaml.`,
    );
  if (reason === claim.reason) return;
  const isOfRun = reason?.split(' task=')[0] === claim.reason.split(' task=')[0];
  const isShared =
    isOfRun && claim.branch !== undefined && (await findBranch(repo, found.path)) === claim.branch;
  if (!isShared)
    refuse(
      `${found.path} is the worktree of ${reason?.replace(/^weft /, '')}.`,
      `See \`weft worktree list\`; remove it with \`weft worktree remove ${/task=(\S+)/.exec(reason ?? '')?.[1] ?? 'TASK'}\`, or put {run} into \`worktrees.path\` in .weft/config.yaml.`,
    );
}

/** What trying once more is no help against. */
const HOPELESS = new Set(['ENOTDIR', 'EEXIST', 'EROFS', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);

async function makeFolder(folder: string): Promise<void> {
  try {
    await makeDirs(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    if (!HOPELESS.has(codeOf(error))) throw error;
    refuse(
      `No worktree can be made in ${folder} (${codeOf(error)}).`,
      'Mend that folder, or name another place with `worktrees.root` in .weft/config.yaml.',
    );
  }
}

/** Deals with a folder that no metadata speaks of: only what surely was a worktree of this repository is moved aside. */
async function clearOrphan(repo: Repository, path: string): Promise<void> {
  const names = await readdir(path).catch(() => null);
  if (names === null ? !(await exists(path)) : names.length === 0) return;
  const link = await readLine(join(path, '.git'));
  if (names === null || link?.startsWith(`gitdir: ${join(repo.commonDir, 'worktrees')}/`) !== true) {
    const what = link === null ? 'a worktree' : 'a worktree of this repository';
    refuse(
      `${path} exists and is not ${what}.`,
      `Put it elsewhere, such as with \`mv ${path} ${path}.mine\`.`,
    );
  }
  if (names.length === 1) return repo.trash.discard(path);
  await rename(path, `${path}.kept-${Date.now().toString(36)}`);
}

/** Makes the branch at its start, or checks that the one there is free and, where nothing was begun yet, has nothing of its own. */
async function prepareBranch(
  repo: Repository,
  of: { readonly path: string; readonly branch: string; readonly base: Oid; readonly isFirst: boolean },
): Promise<readonly string[]> {
  const { path, branch, base } = of;
  const ref = `refs/heads/${branch}`;
  const add = [path, branch];
  const head = await findCommit(repo.main, ref);
  if (head === null) {
    await checkBranchName(repo, branch);
    // one transaction; a branch that appears meanwhile makes git refuse both
    const moves = [`update ${startRefOf(branch)} ${base}`, `create ${ref} ${base}`];
    await repo.refs.write(moves);
    return add;
  }
  const [holder] = await findHolders(repo, branch);
  if (holder !== undefined) {
    const hint = holder.prunable
      ? 'Its folder is gone: `git worktree prune` forgets it.'
      : `Check out another branch there: \`git -C ${holder.path} checkout --detach\`.`;
    giveUp(`The branch ${branch} is checked out at ${holder.path}.`, hint);
  }
  if (!of.isFirst) return add;
  if (!(await isBare(repo, { branch, head, base })))
    refuse(
      `The branch ${branch} is there already, with commits that are not of this task.`,
      `Look with \`git log ${branch}\`, rename it with \`git branch -m ${branch} ${branch}-mine\`, or put {run} into \`worktrees.branch\` in .weft/config.yaml.`,
    );
  // left behind empty: what is begun now begins where all others do
  if (head !== base)
    await repo.refs.write([`update ${startRefOf(branch)} ${base}`, `update ${ref} ${base} ${head}`]);
  return add;
}

/** Tells whether nobody has committed anything on a branch: it stands where it was started, or on the way to the base. */
export async function isBare(
  repo: Repository,
  of: { readonly branch: string; readonly head: Oid; readonly base: Oid | null },
): Promise<boolean> {
  const { branch, head, base } = of;
  if ((await findCommit(repo.main, startRefOf(branch))) === head) return true;
  return base !== null && (await findMergeBase(repo.main, head, base)) === head;
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
