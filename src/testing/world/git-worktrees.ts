// Worktrees of the world's git: made, finished, read and removed, and what a kill in the middle leaves of each step.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import type { GitPort, WorktreeMade, WorktreeSpec } from '../../ports/git.ts';
import type { GitCalls } from './git-port.ts';
import {
  addCommit,
  changedPaths,
  commitOf,
  commitWorktree,
  dirtyPaths,
  filesOf,
  headOf,
  isAncestorOf,
  leaveLock,
  type Worktree,
} from './git-store.ts';
import { claimsMeet, noteAgentCommit } from './oracle.ts';
import { checkRemoval } from './promises.ts';
import { answer, count } from './scheduler.ts';
import type { World } from './world.ts';

/** Name of a worktree's index lock. */
export function indexLock(path: string): string {
  return `index of ${path}`;
}

type WorktreeCalls = Pick<
  GitPort,
  | 'ensureWorktree'
  | 'furnish'
  | 'ensureCheckout'
  | 'isUntouched'
  | 'commitLeftovers'
  | 'commitPaths'
  | 'inspect'
  | 'diff'
  | 'removeWorktree'
  | 'removeCheckout'
  | 'listWorktrees'
  | 'repair'
>;

/** The calls of the port that are about worktrees. */
export function worktreeCalls(calls: GitCalls): WorktreeCalls {
  const { world, ask, change } = calls;
  const { git } = world;
  return {
    ensureWorktree: (spec) =>
      change(`git.ensureWorktree ${spec.path}`, {
        locks: [`refs/heads/${spec.branch}`],
        act: () => ensureIn(world, spec),
        half: () => halfMake(world, spec),
      }),
    furnish: () => change('git.furnish', { locks: [], act: () => ok(undefined) }),
    ensureCheckout: ({ path, commit, reason }) =>
      change(`git.ensureCheckout ${path}`, {
        locks: [indexLock(path)],
        act: () => {
          const files = new Map(filesOf(git, commit));
          const made = { path, branch: null, detached: commit, files, reason, ready: true, folder: true };
          git.worktrees.set(path, made);
          return ok(undefined);
        },
        half: () => leaveLock(git, indexLock(path)),
      }),
    isUntouched: ({ path, commit }) =>
      ask('git.isUntouched', () => {
        const worktree = git.worktrees.get(path);
        return (
          worktree?.detached === commit && changedPaths(filesOf(git, commit), worktree.files).length === 0
        );
      }),
    commitLeftovers: ({ worktree: path }) =>
      change(`git.commitLeftovers ${path}`, {
        locks: [indexLock(path)],
        act: () => commitIn(world, path),
        half: () => leaveLock(git, indexLock(path)),
      }),
    commitPaths: (what) =>
      change(`git.commitPaths ${what.pin}`, {
        locks: [what.pin],
        act: () => commitPathsIn(world, what),
        half: () => leaveLock(git, what.pin),
      }),
    inspect: (what) =>
      change(`git.inspect ${what.worktree}`, { locks: [], act: () => inspectIn(world, what) }),
    diff: ({ from, to }) =>
      change('git.diff', {
        locks: [],
        act: () => ok({ text: changedPaths(filesOf(git, from), filesOf(git, to)).join('\n'), cut: false }),
      }),
    removeWorktree: (what) =>
      change(`git.removeWorktree ${what.path}`, {
        locks: [`refs/heads/${what.branch}`],
        act: () => ok(removeIn(world, what)),
        half: () => halfRemove(world, what),
      }),
    removeCheckout: (path) =>
      change(`git.removeCheckout ${path}`, {
        locks: [],
        act: () => {
          git.worktrees.delete(path);
          return ok(undefined);
        },
      }),
    listWorktrees: () =>
      ask('git.listWorktrees', () =>
        [...git.worktrees.values()].map((worktree) => ({
          path: worktree.path,
          branch: worktree.branch,
          head: headOf(git, worktree),
          lockReason: worktree.reason,
          prunable: !worktree.folder,
        })),
      ),
    repair: () => repairIn(calls),
  };
}

/** Sweeps what killed gits of ours left; what a live git of the user's holds is not touched. */
function repairIn({ world, life }: GitCalls): Promise<readonly string[]> {
  const { git } = world;
  const act = (): readonly string[] => {
    const mended: string[] = [];
    if (git.broken) mended.push('commondir');
    git.broken = false;
    for (const [name, holder] of git.locks) {
      if (holder !== 'stale') continue;
      mended.push(name);
      git.locks.delete(name);
    }
    for (const _ of mended) count(world, 'recovery: a leftover of a killed git was swept');
    return mended;
  };
  return answer(world, life, { name: 'git.repair', act });
}

function ensureIn(world: World, spec: WorktreeSpec): Result<WorktreeMade> {
  const { git } = world;
  const ref = `refs/heads/${spec.branch}`;
  const start = `refs/weft/start/${spec.branch}`;
  const found = git.worktrees.get(spec.path);
  if (found?.ready === true && found.folder) {
    return ok({ path: spec.path, head: git.refs.get(start) ?? spec.base, reused: true });
  }
  if (found !== undefined) {
    count(
      world,
      found.ready
        ? 'recovery: a deleted worktree was made anew'
        : 'recovery: a half-made worktree was finished',
    );
    // a detached head leads to commits that nothing else may name
    if (found.detached !== null) git.refs.set(`refs/weft/rescue/${found.detached}`, found.detached);
    git.worktrees.delete(spec.path);
  }
  git.locks.delete(indexLock(spec.path));
  if (!git.refs.has(ref)) {
    git.refs.set(start, spec.base);
    git.refs.set(ref, spec.base);
  }
  const head = git.refs.get(ref) ?? spec.base;
  git.worktrees.set(spec.path, {
    path: spec.path,
    branch: spec.branch,
    detached: null,
    files: new Map(filesOf(git, head)),
    reason: spec.reason,
    ready: true,
    folder: true,
  });
  const recorded = git.refs.get(start) ?? spec.base;
  return ok({ path: spec.path, head: recorded, reused: head !== recorded });
}

/** A killed `worktree add`: a branch alone, or metadata without a checkout, or metadata that stops every git command. */
function halfMake(world: World, spec: WorktreeSpec): void {
  const { git } = world;
  if (git.worktrees.get(spec.path)?.ready === true) return;
  const ref = `refs/heads/${spec.branch}`;
  if (!git.refs.has(ref)) {
    git.refs.set(`refs/weft/start/${spec.branch}`, spec.base);
    git.refs.set(ref, spec.base);
  }
  const how = world.tape.pick(4);
  if (how === 0) return;
  if (how === 1) return leaveLock(git, ref);
  git.worktrees.set(spec.path, {
    path: spec.path,
    branch: spec.branch,
    detached: null,
    files: new Map(),
    reason: spec.reason,
    ready: false,
    folder: true,
  });
  leaveLock(git, indexLock(spec.path));
  if (how === 3) git.broken = true;
}

function commitIn(world: World, path: string): Result<Oid | null> {
  const worktree = world.git.worktrees.get(path);
  if (worktree === undefined || !worktree.folder) {
    return fail({ kind: 'environment', sentence: `${path} is not there` });
  }
  const made = commitWorktree(world.git, worktree, 'weft');
  const task = world.scene.tasks.find(({ id }) => path.endsWith(`/${id}`));
  if (made !== null && task !== undefined) noteAgentCommit(world, made, task.id);
  return ok(made);
}

function inspectIn(
  world: World,
  what: Parameters<GitPort['inspect']>[0],
): Awaited<ReturnType<GitPort['inspect']>> {
  const { git } = world;
  const worktree = git.worktrees.get(what.worktree);
  const head = git.refs.get(`refs/heads/${what.branch}`);
  if (worktree === undefined || head === undefined) {
    return fail({ kind: 'environment', sentence: `${what.worktree} is not there` });
  }
  const files = changedPaths(filesOf(git, what.base), filesOf(git, head)).map((path) => ({
    path,
    added: 1,
    deleted: 0,
  }));
  const odd = worktree.branch === what.branch ? null : 'HEAD is not on the branch of the task';
  return ok({ head, tree: commitOf(git, head).tree, files, odd });
}

/** Takes from a shared worktree what matches the patterns, on top of the base. */
function commitPathsIn(
  world: World,
  what: Parameters<GitPort['commitPaths']>[0],
): Awaited<ReturnType<GitPort['commitPaths']>> {
  const { git } = world;
  const worktree = git.worktrees.get(what.worktree);
  if (worktree === undefined || !worktree.folder) {
    return fail({ kind: 'environment', sentence: `${what.worktree} is not there` });
  }
  const base = filesOf(git, what.base);
  const files = new Map(base);
  const paths = changedPaths(base, worktree.files).filter((path) => claimsMeet([path], what.patterns));
  for (const path of paths) {
    const text = worktree.files.get(path);
    if (text === undefined) files.delete(path);
    else files.set(path, text);
  }
  const head = paths.length === 0 ? what.base : addCommit(git, { files, parents: [what.base], by: 'weft' });
  git.refs.set(what.pin, head);
  const changed = paths.map((path) => ({ path, added: 1, deleted: 0 }));
  return ok({ head, tree: commitOf(git, head).tree, files: changed, odd: null });
}

type Removal = Parameters<GitPort['removeWorktree']>[0];

function removeIn(
  world: World,
  what: Removal,
): { readonly rescue: string | null; readonly kept: string | null } {
  const { git } = world;
  const checked = checkRemoval(world, what);
  const rescue = rescueIn(world, what);
  git.worktrees.delete(what.path);
  git.locks.delete(indexLock(what.path));
  git.refs.delete(`refs/heads/${what.branch}`);
  git.refs.delete(`refs/weft/start/${what.branch}`);
  checked();
  return { rescue, kept: null };
}

/** Keeps what is uncommitted, and commits beyond what landed, under refs of their own. */
function rescueIn(world: World, what: Removal): string | null {
  const { git } = world;
  const worktree = git.worktrees.get(what.path);
  const heads = new Set<Oid>();
  const branchHead = git.refs.get(`refs/heads/${what.branch}`);
  if (branchHead !== undefined) heads.add(branchHead);
  if (worktree?.detached != null) heads.add(worktree.detached);
  if (worktree !== undefined && dirtyPaths(git, worktree).length > 0) heads.add(keepDirty(world, worktree));
  let kept: string | null = null;
  for (const head of heads) {
    if (what.landed !== null && isAncestorOf(git, head, what.landed)) continue;
    const target = git.refs.get('refs/heads/main');
    if (target !== undefined && isAncestorOf(git, head, target)) continue;
    kept = `${what.rescue}/${head}`;
    git.refs.set(kept, head);
    count(world, 'recovery: unlanded work was kept under a rescue ref');
  }
  return kept;
}

function keepDirty(world: World, worktree: Worktree): Oid {
  const head = headOf(world.git, worktree);
  return addCommit(world.git, { files: worktree.files, parents: head === null ? [] : [head], by: 'weft' });
}

/** A killed removal: the work is kept already, the folder is gone or the branch is still there. */
function halfRemove(world: World, what: Removal): void {
  const { git } = world;
  rescueIn(world, what);
  const worktree = git.worktrees.get(what.path);
  if (worktree === undefined) return;
  if (world.tape.pick(2) === 0) worktree.folder = false;
  else git.worktrees.delete(what.path);
}
