// The git port, made of the files beside it. Turns what they throw into failures; decides nothing.
import type { Result } from '../../core/failure.ts';
import type { GitPort } from '../../ports/git.ts';
import { buildCandidate } from './candidate.ts';
import {
  ensureCheckout,
  isCheckoutSetUp,
  isUntouched,
  noteCheckoutSetUp,
  removeCheckout,
} from './checkout.ts';
import { commitPaths } from './commit-paths.ts';
import { countChanges } from './count-changes.ts';
import { writePatch } from './diff.ts';
import { attempt, GitError, gitText, isLockFailure } from './exec.ts';
import { followMoved } from './forward.ts';
import { furnish } from './furnish.ts';
import { commitLeftovers, inspectWorktree } from './inspect.ts';
import { findLandingTip, land } from './land.ts';
import { findBranch, listLinked } from './listing.ts';
import { sweepLocks } from './locks.ts';
import { findLastWithout, listLost } from './lost.ts';
import { gitDirOf, placeOf } from './metadata.ts';
import { removeWorktree } from './remove.ts';
import { repair, surveyRepair } from './repair.ts';
import {
  createMutex,
  createMutexes,
  deleteRefs,
  findCommit,
  findMergeBase,
  findTree,
  isAncestor,
  moveRef,
  OURS,
  openRepository,
  type Repository,
} from './repository.ts';
import { noteSettings } from './shared-settings.ts';
import { takeSnapshot } from './snapshot.ts';
import { tryMerge } from './try-merge.ts';
import { watchBranch } from './watch.ts';
import { ensureWorktree } from './worktree.ts';

/** The git port on a repository of this machine. */
export interface LocalGit extends GitPort {
  /** Version of the git program: `2.39.5`. */
  readonly version: string;
  /** Real path of the checkout that the port was opened in. */
  readonly checkout: string;
}

/** Opens the repository that a folder lies in; fails when it cannot be worked on, and says what would help. */
export async function createGitPort(folder: string): Promise<Result<LocalGit>> {
  const opened = await attempt(() => openRepository(folder));
  return opened.ok ? { ok: true, value: makePort(opened.value) } : opened;
}

function makePort(repo: Repository): LocalGit {
  const run = <T>(work: () => Promise<T>): Promise<Result<T>> => attemptUnlocked(repo, work);
  // a checkout that another landing is bringing forward would look like one with changes of the user
  const inTurn = createMutex();
  // what somebody is making right now looks like what a killed process left half-made
  const inFolder = createMutexes();
  return {
    repository: repo.root,
    version: repo.version,
    checkout: repo.checkout,
    resolve: (revision) => findCommit(repo.main, revision),
    currentBranch: () => findBranch(repo, repo.checkout),
    isAncestor: (what) => isAncestor(repo.main, what),
    treeOf: (commit) => findTree(repo.main, commit),
    mergeBase: (one, other) => findMergeBase(repo.main, one, other),
    ensureWorktree: (spec) => inFolder(spec.path, () => run(() => ensureWorktree(repo, spec))),
    noteSettings: (worktree) =>
      run(async () => noteSettings(repo, gitDirOf(repo, await placeOf(repo, worktree)))),
    furnish: (worktree) => run(() => furnish(repo, worktree)),
    ensureCheckout: (where) => run(() => ensureCheckout(repo, where)),
    isSetUp: (path) => isCheckoutSetUp(repo, path),
    noteSetUp: (what) => run(() => noteCheckoutSetUp(repo, what)),
    isUntouched: (where) => isUntouched(repo, where),
    commitLeftovers: (what) => run(() => commitLeftovers(repo, what)),
    followBranch: (what) => run(() => followMoved(repo, what)),
    commitPaths: (what) => run(() => commitPaths(repo, what)),
    inspect: (what) => run(() => inspectWorktree(repo, what)),
    countChanges: (what) => inFolder(what.worktree, () => run(() => countChanges(repo, what))),
    diff: (what) => run(() => writePatch(repo, what)),
    buildCandidate: (what) => run(() => buildCandidate(repo, what)),
    listLost: (what) => run(() => listLost(repo, what)),
    lastWithout: (what) => findLastWithout(repo, what),
    // a git at work in a worktree would keep it from being removed
    snapshot: (what) => inFolder(what.worktree, () => run(() => takeSnapshot(repo, what))),
    tryMerge: (what) => run(() => tryMerge(repo, what)),
    landingTip: (branch) => run(() => findLandingTip(repo, branch)),
    land: (what) => run(() => inTurn(() => land(repo, what))),
    removeWorktree: (what) => inFolder(what.path, () => run(() => removeWorktree(repo, what))),
    removeCheckout: (path) => run(() => removeCheckout(repo, path)),
    listWorktrees: () => listLinked(repo),
    repair: (roots, { dryRun } = { dryRun: false }) => (dryRun ? surveyRepair(repo) : repair(repo, roots)),
    moveBranch: ({ branch, from, to }) =>
      run(async () => {
        const ref = `refs/heads/${branch}`;
        if ((await findCommit(repo.main, ref)) === to) return true;
        return moveRef(repo, { ref, from, to, note: 'weft: somebody moved it at the forge' });
      }),
    pin: async (ref, commit) => {
      checkRef(ref);
      unwrap(await run(() => moveRef(repo, { ref, to: commit, note: 'weft: pin' })));
    },
    unpin: async (prefix) => {
      checkRef(prefix);
      unwrap(await run(() => unpin(repo, prefix)));
    },
    watchBranch: (branch, moved) => watchBranch(repo, branch, moved),
    close: async () => {
      await repo.exclusive(() => repo.pool.drain());
      await repo.trash.settled();
      await repo.refs.close();
      await repo.main.shared?.objects.close();
      await repo.main.shared?.programs.close();
    },
  };
}

/** Does the work; when a lock bars it that nobody holds any more, takes the lock away and does the work once more. */
async function attemptUnlocked<T>(repo: Repository, work: () => Promise<T>): Promise<Result<T>> {
  const first = await attempt(work);
  if (first.ok || !isLockFailure(first.failure)) return first;
  const swept = await repo.exclusive(() => sweepLocks(repo));
  return swept.length === 0 ? first : attempt(work);
}

function unwrap(done: Result<unknown>): void {
  if (!done.ok) throw new GitError(done.failure);
}

/** Drops the ref of that name and those below it, in one transaction. */
async function unpin(repo: Repository, prefix: string): Promise<void> {
  const name = prefix.replace(/\/+$/, '');
  // where a ref is, there is none below it
  const at = await findCommit(repo.main, name);
  if (at !== null) return deleteRefs(repo, [{ ref: name, at }]);
  const refs = await gitText(repo.main, 'for-each-ref', '--format=delete %(refname) %(objectname)', name);
  await repo.refs.write(refs.split('\n').filter(Boolean));
}

function checkRef(ref: string): void {
  if (!ref.startsWith(OURS)) throw new Error(`Internal error: not a ref of weft: ${ref}`);
}
