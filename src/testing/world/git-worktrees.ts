// Worktrees of the world's git: made, finished and read, and what a kill in the middle leaves of each step.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import type { GitPort, Inspection, WorktreeMade, WorktreeSpec } from '../../ports/git.ts';
import { findAway } from './forge-store.ts';
import type { GitCalls } from './git-port.ts';
import { halfRemove, indexLock, removeIn } from './git-removal.ts';
import {
  addCommit,
  changedPaths,
  changesBetween,
  commitOf,
  commitWorktree,
  dirtyPaths,
  filesOf,
  findHolder,
  headOf,
  isAncestorOf,
  leaveLock,
  mergeBaseOf,
  type Tree,
  type Worktree,
} from './git-store.ts';
import { claimsMeet, findTask, noteAgentCommit } from './oracle.ts';
import { answer, count } from './scheduler.ts';
import type { World } from './world.ts';

type CheckoutCalls = Pick<
  GitPort,
  'ensureCheckout' | 'isSetUp' | 'noteSetUp' | 'isUntouched' | 'removeCheckout'
>;
type WorktreeCalls = Pick<
  GitPort,
  | 'ensureWorktree'
  | 'noteSettings'
  | 'furnish'
  | 'ensureCheckout'
  | 'isSetUp'
  | 'noteSetUp'
  | 'isUntouched'
  | 'commitLeftovers'
  | 'followBranch'
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
    noteSettings: () => change('git.noteSettings', { locks: [], act: () => ok(undefined) }),
    furnish: (path) =>
      change('git.furnish', {
        locks: [],
        act: () => {
          const found = findWorktree(world, path);
          return found.ok ? ok(undefined) : found;
        },
      }),
    commitLeftovers: ({ worktree: path, paths }) =>
      change(`git.commitLeftovers ${path}`, {
        locks: [indexLock(path)],
        act: () => commitIn(world, path, paths ?? null),
        half: () => leaveLock(git, indexLock(path)),
      }),
    followBranch: ({ worktree: path, from }) =>
      change(`git.followBranch ${path}`, {
        locks: [indexLock(path)],
        act: () => followIn(world, path, from),
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
    ...checkoutCalls(calls),
  };
}

/** The calls about the checkouts that gates run in. */
function checkoutCalls({ world, ask, change }: GitCalls): CheckoutCalls {
  const { git } = world;
  return {
    ensureCheckout: ({ path, commit, reason, setUp }) =>
      change(`git.ensureCheckout ${path}`, {
        locks: [indexLock(path)],
        act: () => {
          if (findAway(world, commit) !== null) return missing(commit);
          const files = new Map(filesOf(git, commit));
          const before = git.worktrees.get(path)?.setUp;
          const made = { path, branch: null, detached: commit, files, reason, ready: true, folder: true };
          git.worktrees.set(path, setUp !== undefined && before === setUp ? { ...made, setUp } : made);
          return ok(undefined);
        },
        half: () => leaveLock(git, indexLock(path)),
      }),
    isSetUp: (path) => ask('git.isSetUp', () => git.worktrees.get(path)?.setUp !== undefined),
    noteSetUp: ({ path, setUp }) =>
      change('git.noteSetUp', {
        locks: [],
        act: () => {
          const worktree = git.worktrees.get(path);
          if (worktree === undefined) return fail({ kind: 'environment', sentence: `${path} is not there` });
          worktree.setUp = setUp;
          return ok(undefined);
        },
      }),
    isUntouched: ({ path, commit }) =>
      ask('git.isUntouched', () => {
        const worktree = git.worktrees.get(path);
        if (worktree === undefined || !worktree.folder) throw new Error(`${path} is not there`);
        return worktree.detached === commit && dirtyPaths(git, worktree).length === 0;
      }),
    removeCheckout: (path) =>
      change(`git.removeCheckout ${path}`, {
        locks: [],
        act: () => {
          git.worktrees.delete(path);
          return ok(undefined);
        },
      }),
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
  if (findAway(world, spec.base) !== null) return missing(spec.base);
  const found = git.worktrees.get(spec.path);
  if (found !== undefined && isAnothers(found, spec))
    return fail({ kind: 'usage', sentence: `${spec.path} is the worktree of ${found.reason}.` });
  if (found?.ready === true && found.folder) {
    return ok({ path: spec.path, head: recordStart(world, spec), reused: true });
  }
  const holder = findHolder(git, spec);
  if (holder !== null) {
    return fail({ kind: 'environment', sentence: `${spec.branch} is checked out at ${holder.path}.` });
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
  if (spec.isFirst === true && git.refs.has(ref)) {
    if (!isBare(world, spec))
      return fail({ kind: 'usage', sentence: `${spec.branch} has commits that are not of this task.` });
    beginBranch(world, spec);
  }
  if (!git.refs.has(ref)) beginBranch(world, spec);
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
  const start = recordStart(world, spec);
  return ok({ path: spec.path, head: start, reused: head !== start });
}

/** Tasks that share a worktree know it by its branch. */
function isAnothers(found: Worktree, { reason, branch }: WorktreeSpec): boolean {
  const runOf = (text: string): string | undefined => text.split(' task=')[0];
  return found.reason !== reason && (runOf(found.reason) !== runOf(reason) || found.branch !== branch);
}

/** Tells whether nobody has committed anything on the branch. */
function isBare({ git }: World, { branch, base }: WorktreeSpec): boolean {
  const head = git.refs.get(`refs/heads/${branch}`) as Oid;
  return git.refs.get(`refs/weft/start/${branch}`) === head || isAncestorOf(git, head, base);
}

function beginBranch({ git }: World, spec: WorktreeSpec): void {
  git.refs.set(`refs/weft/start/${spec.branch}`, spec.base);
  git.refs.set(`refs/heads/${spec.branch}`, spec.base);
}

/** Start of the branch as recorded; for a branch that came without a record, where it leaves the base. */
function recordStart({ git }: World, spec: WorktreeSpec): Oid {
  const ref = `refs/weft/start/${spec.branch}`;
  const head = git.refs.get(`refs/heads/${spec.branch}`);
  const left = head === undefined ? null : mergeBaseOf(git, head, spec.base);
  const start = git.refs.get(ref) ?? left ?? spec.base;
  git.refs.set(ref, start);
  return start;
}

function missing(commit: Oid): Result<never> {
  return fail({ kind: 'environment', sentence: `There is no commit ${commit}.` });
}

function findWorktree(world: World, path: string): Result<Worktree> {
  const worktree = world.git.worktrees.get(path);
  if (worktree?.folder === true) return ok(worktree);
  return fail({ kind: 'environment', sentence: `${path} is not there` });
}

/** A killed `worktree add`: a branch alone, or metadata without a checkout, or metadata that stops every git command. */
function halfMake(world: World, spec: WorktreeSpec): void {
  const { git } = world;
  if (git.worktrees.get(spec.path)?.ready === true) return;
  const ref = `refs/heads/${spec.branch}`;
  if (findAway(world, spec.base) !== null || findHolder(git, spec) !== null) return;
  if (!git.refs.has(ref)) beginBranch(world, spec);
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

/** Commits what is left, or of it what matches the patterns; off its branch a commit would make things worse. */
function commitIn(world: World, path: string, patterns: readonly string[] | null): Result<Oid | null> {
  const found = findWorktree(world, path);
  if (!found.ok) return found;
  const worktree = found.value;
  if (worktree.branch === null) return ok(null);
  const { files } = worktree;
  if (patterns !== null) {
    const head = headOf(world.git, worktree);
    worktree.files = takeMatching({
      from: files,
      onto: head === null ? new Map() : filesOf(world.git, head),
      patterns,
    });
  }
  const made = commitWorktree(world.git, worktree, 'weft');
  worktree.files = files;
  const task = findTask(world, ({ id }) => path.endsWith(`/${id}`));
  if (made !== null && task !== undefined) noteAgentCommit(world, made, task.id);
  return ok(made);
}

/** The files follow the branch when nobody changed them since. */
function followIn({ git }: World, path: string, from: Oid): Result<void> {
  const worktree = git.worktrees.get(path);
  const head = worktree === undefined ? null : headOf(git, worktree);
  if (worktree === undefined || head === null) return ok(undefined);
  if (changedPaths(filesOf(git, from), worktree.files).length === 0)
    worktree.files = new Map(filesOf(git, head));
  return ok(undefined);
}

/** The contents of one tree, with what matches the patterns as it is in another. */
function takeMatching(of: {
  readonly from: Tree;
  readonly onto: Tree;
  readonly patterns: readonly string[];
}): Map<string, string> {
  const files = new Map(of.onto);
  for (const path of changedPaths(of.onto, of.from)) {
    if (!claimsMeet([path], of.patterns)) continue;
    const text = of.from.get(path);
    if (text === undefined) files.delete(path);
    else files.set(path, text);
  }
  return files;
}

function inspectIn(world: World, what: Parameters<GitPort['inspect']>[0]): Result<Inspection> {
  const { git } = world;
  const found = findWorktree(world, what.worktree);
  if (!found.ok) return found;
  const head = headOf(git, found.value) ?? what.base;
  const files = changesBetween(filesOf(git, what.base), filesOf(git, head));
  return ok({
    head,
    tree: commitOf(git, head).tree,
    files,
    odd: findOddity(world, found.value, { ...what, head }),
  });
}

function findOddity(
  { git }: World,
  worktree: Worktree,
  of: { readonly branch: string; readonly base: Oid; readonly head: Oid },
): string | null {
  if (!git.refs.has(`refs/heads/${of.branch}`)) return `Its branch ${of.branch} was deleted.`;
  if (worktree.branch !== of.branch) return `HEAD is not on ${of.branch}.`;
  return isAncestorOf(git, of.base, of.head)
    ? null
    : 'Its branch no longer contains the commit it started from.';
}

/** Takes from a shared worktree what matches the patterns, on top of the base. */
function commitPathsIn(world: World, what: Parameters<GitPort['commitPaths']>[0]): Result<Inspection> {
  const { git } = world;
  const found = findWorktree(world, what.worktree);
  if (!found.ok) return found;
  const base = filesOf(git, what.base);
  const files = takeMatching({ from: found.value.files, onto: base, patterns: what.patterns });
  const changed = changesBetween(base, files);
  const head = changed.length === 0 ? what.base : addCommit(git, { files, parents: [what.base], by: 'weft' });
  git.refs.set(what.pin, head);
  return ok({ head, tree: commitOf(git, head).tree, files: changed, odd: null });
}
