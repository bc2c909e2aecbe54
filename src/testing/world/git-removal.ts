// Removal of the world's worktrees: what stands in its way, what is kept of them first, and what a kill leaves of it.
import type { Oid } from '../../core/model.ts';
import type { GitPort } from '../../ports/git.ts';
import {
  deriveCommit,
  dirtyPaths,
  filesOf,
  findHolder,
  headOf,
  isAncestorOf,
  REPOSITORY,
} from './git-store.ts';
import { checkRemoval } from './promises.ts';
import { count } from './scheduler.ts';
import type { World } from './world.ts';

type Removal = Parameters<GitPort['removeWorktree']>[0];
type Removed = { readonly rescue: string | null; readonly kept: string | null };

/** Name of a worktree's index lock. */
export function indexLock(path: string): string {
  return `index of ${path}`;
}

/** A branch remembers what it was moved from for as long as it is there. */
export function logOf(branch: string): string {
  return `logs/refs/heads/${branch}`;
}

/** Removes the worktree, its branch and the ref of its start, once what they hold is safe. */
export function removeIn(world: World, what: Removal): Removed {
  const { git } = world;
  if (isAnothers(world, what)) return { rescue: null, kept: null };
  const why = findObstacle(world, what);
  if (why !== null) {
    count(world, 'recovery: a worktree in use was left in place');
    return { rescue: null, kept: why };
  }
  const isRepeat = !git.worktrees.has(what.path) && !git.refs.has(`refs/heads/${what.branch}`);
  const checked = checkRemoval(world, what);
  const rescue = isRepeat ? findRescued(world, what.rescue) : rescueWork(world, what);
  forgetFolder(world, what.path);
  git.refs.delete(`refs/heads/${what.branch}`);
  git.refs.delete(`refs/weft/start/${what.branch}`);
  git.refs.delete(logOf(what.branch));
  checked();
  return { rescue, kept: null };
}

/** A killed removal: the work is kept already, and of the folder, its metadata and the branch the first are gone. */
export function halfRemove(world: World, what: Removal): void {
  const { git } = world;
  if (isAnothers(world, what) || findObstacle(world, what) !== null) return;
  rescueWork(world, what);
  const worktree = git.worktrees.get(what.path);
  if (worktree === undefined) return;
  const how = world.tape.pick(3);
  if (how === 0) {
    worktree.folder = false;
    return;
  }
  forgetFolder(world, what.path);
  if (how !== 2) return;
  git.refs.delete(`refs/heads/${what.branch}`);
  git.refs.delete(logOf(what.branch));
}

/** Tells whether what is there was never of who asks. */
function isAnothers({ git }: World, { path, branch, reason, isFirst }: Removal): boolean {
  const found = git.worktrees.get(path);
  if (reason === undefined) return false;
  if (found !== undefined) return found.reason !== reason;
  const head = git.refs.get(`refs/heads/${branch}`);
  return isFirst === true && head !== undefined && git.refs.get(`refs/weft/start/${branch}`) !== head;
}

/** Says why the worktree has to stay, or null. */
function findObstacle(world: World, what: Removal): string | null {
  if (what.path === REPOSITORY) return 'It is the main checkout.';
  const holder = findHolder(world.git, what);
  if (holder?.folder === true) return `Its branch ${what.branch} is checked out at ${holder.path}.`;
  const worker = world.processes.all.find((proc) => proc.alive && proc.cwd === what.path);
  return worker === undefined ? null : `A process still works in it: ${worker.identity.pid}.`;
}

/** A detached head leads to commits that nothing else may name. */
function forgetFolder({ git }: World, path: string): void {
  const worktree = git.worktrees.get(path);
  if (worktree?.folder === false && worktree.detached !== null) {
    git.refs.set(`refs/weft/rescue/${worktree.detached}`, worktree.detached);
  }
  git.worktrees.delete(path);
  git.locks.delete(indexLock(path));
}

/** Keeps what is uncommitted, and commits beyond what landed, under one ref. */
function rescueWork(world: World, what: Removal): string | null {
  const { git } = world;
  const worktree = git.worktrees.get(what.path);
  const head = worktree?.folder === true ? headOf(git, worktree) : null;
  const loose = findLoose(world, what, head);
  const isDirty = worktree !== undefined && dirtyPaths(git, worktree).length > 0;
  const [first] = loose;
  if (!isDirty && first === undefined) return null;
  const from = 'kept before its worktree was removed';
  const parents = [...new Set([...(isDirty && head !== null ? [head] : []), ...loose])];
  const tied = (): Oid => {
    const files = isDirty ? worktree.files : filesOf(git, first as Oid);
    return deriveCommit(git, { files, parents, from });
  };
  const kept = !isDirty && first !== undefined && loose.length === 1 ? first : tied();
  count(world, 'recovery: unlanded work was kept under a rescue ref');
  git.refs.set(`${what.rescue}/${kept}`, kept);
  return `${what.rescue}/${kept}`;
}

/** Heads with commits that are nowhere safe. */
function findLoose({ git }: World, what: Removal, head: Oid | null): readonly Oid[] {
  const safe = [what.landed, git.refs.get(`refs/weft/start/${what.branch}`) ?? null];
  const loose: Oid[] = [];
  for (const commit of new Set([git.refs.get(`refs/heads/${what.branch}`) ?? null, head])) {
    if (commit === null) continue;
    const isSafe = [...safe, ...loose].some((of) => of !== null && isAncestorOf(git, commit, of));
    if (!isSafe) loose.push(commit);
  }
  return loose;
}

/** Ref that an earlier, interrupted removal kept the work under, or null. */
function findRescued({ git }: World, under: string): string | null {
  return [...git.refs.keys()].findLast((ref) => ref.startsWith(`${under}/`)) ?? null;
}
