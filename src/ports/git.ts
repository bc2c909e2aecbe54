// What weft asks of git. Each call reads its post-condition back; none trusts an exit code. Knows nothing of tasks' meaning.
import type { Result } from '../core/failure.ts';
import type { Merging } from '../core/merging.ts';
import type { ChangedFile, Oid, Policy } from '../core/model.ts';

/** How a worktree is to be. */
export interface WorktreeSpec {
  readonly path: string;
  readonly branch: string;
  /** Commit the branch starts from when it does not exist yet. */
  readonly base: Oid;
  /** Lock reason: `weft run=… task=…`; whose worktree it is. */
  readonly reason: string;
  /** Nothing was begun there yet: a branch with commits of its own is somebody else's. */
  readonly isFirst?: boolean;
}

/** What was made of a worktree. */
export interface WorktreeMade {
  readonly path: string;
  /** Commit the branch was started from: its head when made, the recorded start when reused. */
  readonly head: Oid;
  /** An earlier attempt's worktree, with what it left in it. */
  readonly reused: boolean;
}

/** The state of one worktree after an attempt. */
export interface Inspection {
  readonly head: Oid;
  readonly tree: Oid;
  readonly files: readonly ChangedFile[];
  /** What is odd (HEAD on another branch, a rebase or merge left open, foreign refs moved), or null. */
  readonly odd: string | null;
}

/** How much was changed. */
export interface ChangeCount {
  readonly files: number;
  readonly added: number;
  readonly deleted: number;
}

/** A change as text. */
export interface Patch {
  readonly text: string;
  /** There was more than fits. */
  readonly cut: boolean;
}

/** A commit that would land, built without a checkout. */
export type Candidate =
  | {
      readonly kind: 'built';
      readonly commit: Oid;
      readonly tree: Oid;
      readonly empty: boolean;
      /** Why it was not built as asked (a branch with merges in it is squashed, not rebased). */
      readonly note?: string;
    }
  | {
      readonly kind: 'conflict';
      readonly files: readonly string[];
      /** Lines that would be gone by what resolves it without anybody; absent: nothing resolves it. */
      readonly vanished?: readonly string[];
    };

/** What became of moving the target. */
export type Landing =
  | { readonly kind: 'landed'; readonly ref: string; readonly detour: string | null }
  | { readonly kind: 'stale'; readonly actual: Oid };

/** Where the next candidate for a branch is built on. */
export interface LandingTip {
  /** `weft/integration` while it strictly contains the branch's tip, else the branch itself. */
  readonly ref: string;
  readonly oid: Oid;
  /**
   * Tip of `weft/integration` when it holds landings that the branch lacks and the branch holds commits that it lacks:
   * the two must be merged (by a candidate or a person) before the checkout may be passed by again.
   */
  readonly diverged: Oid | null;
}

/** Identity for commits weft makes. */
export interface Person {
  readonly name: string;
  readonly email: string;
}

/** One linked worktree as git lists it. */
export interface ListedWorktree {
  readonly path: string;
  readonly branch: string | null;
  readonly head: Oid | null;
  readonly lockReason: string | null;
  /** Its folder is gone. */
  readonly prunable: boolean;
}

/** What is to be taken out of a shared worktree, on top of which commit, and the ref that keeps it. */
export interface PathsToCommit {
  readonly worktree: string;
  readonly base: Oid;
  readonly patterns: readonly string[];
  readonly message: string;
  readonly author: Person;
  readonly pin: string;
}

/** The question that a candidate answers: the change from `base` to `head`, on the target. */
export interface CandidateSpec {
  readonly target: Oid;
  readonly base: Oid;
  readonly head: Oid;
  readonly strategy: Policy['merge']['strategy'];
  /** Command line that git calls for files that conflict, as `merge.<driver>.driver` of its configuration; absent: none. */
  readonly driver?: string;
  readonly message: string;
  readonly pin: string;
}

/** A commit, and the one that the work in it began at. */
export interface Work {
  readonly head: Oid;
  readonly base: Oid;
}

/** git, for one repository. Failures are `environment` unless said otherwise. */
export interface GitPort {
  /** Absolute path of the main checkout. */
  readonly repository: string;
  /** Object a revision names, or null. */
  resolve(revision: string): Promise<Oid | null>;
  /** Branch of the checkout that the port was opened in, or null when detached; it need not have a commit. */
  currentBranch(): Promise<string | null>;
  isAncestor(what: { readonly ancestor: Oid; readonly of: Oid }): Promise<boolean>;
  treeOf(commit: Oid): Promise<Oid>;
  /** A best common ancestor, or null when the histories share none. */
  mergeBase(one: Oid, other: Oid): Promise<Oid | null>;

  /** Makes the worktree, or finishes a half-made one, or finds the one there. Idempotent. Failure `usage`: its place is no use. */
  ensureWorktree(spec: WorktreeSpec): Promise<Result<WorktreeMade>>;
  /**
   * Notes for a worktree how the settings that all worktrees share are: configuration, hooks, attributes. `inspect` calls
   * it odd when they are not so any more.
   */
  noteSettings(worktree: string): Promise<Result<void>>;
  /** Copies `.worktreeinclude` files and dependency folders into a worktree that lacks them. */
  furnish(worktree: string): Promise<Result<void>>;
  /** Puts the commit's exact tree into a detached, clean worktree (made on first use, reused after). */
  ensureCheckout(where: {
    readonly path: string;
    readonly commit: Oid;
    readonly reason: string;
    /** Command that sets checkouts up: what it made stays as long as the command and all dependency files do. */
    readonly setUp?: string;
  }): Promise<Result<void>>;
  /** Tells whether the command that the checkout was last asked for with has run there for these dependencies. */
  isSetUp(checkout: string): Promise<boolean>;
  /** Notes that the set-up command has run to its end in a checkout; the note outlives this process. */
  noteSetUp(what: { readonly path: string; readonly setUp: string }): Promise<Result<void>>;
  /** Tells whether the checkout still has exactly that commit's tree and nothing beside it. */
  isUntouched(where: { readonly path: string; readonly commit: Oid }): Promise<boolean>;
  /** Commits what is left uncommitted; only `paths` patterns when given (shared worktree). Null: nothing was left. */
  commitLeftovers(what: {
    readonly worktree: string;
    readonly message: string;
    readonly author: Person;
    readonly paths?: readonly string[];
  }): Promise<Result<Oid | null>>;
  /** Brings the files of a worktree to where its branch was moved from `from`; they stay where changes of somebody's are. */
  followBranch(what: { readonly worktree: string; readonly from: Oid }): Promise<Result<void>>;
  /** Commits on `base` only what matches the patterns, as it lies in a worktree that tasks share; keeps it under `pin`. */
  commitPaths(what: PathsToCommit): Promise<Result<Inspection>>;
  /** Reads head, tree and the diff against `base`. */
  inspect(what: {
    readonly worktree: string;
    readonly branch: string;
    readonly base: Oid;
  }): Promise<Result<Inspection>>;
  /** Counts what lies in a worktree beyond the start of its branch, committed or not, while somebody works there. */
  countChanges(what: { readonly worktree: string; readonly branch: string }): Promise<Result<ChangeCount>>;
  /** Writes the change from one commit to another as a patch of at most `maxBytes`, whole lines. */
  diff(what: { readonly from: Oid; readonly to: Oid; readonly maxBytes: number }): Promise<Result<Patch>>;
  /**
   * Builds the commit that would land and pins it under `refs/weft/cand/…`. For `squash` and `rebase` the change is
   * what lies between `base` and `head`; for `merge` git's own merge base decides.
   */
  buildCandidate(what: CandidateSpec): Promise<Result<Candidate>>;
  /**
   * Makes a commit of what lies in a worktree right now, on its HEAD (on `base` when that does not contain it), and keeps it
   * under `ref`; the same files give the same commit. Ignored files and very large ones stay out. Null: it cannot be told,
   * since a merge or rebase is open there, or it is too much to look at. `known` is what the last call gave. The
   * worktree's own index is neither changed nor locked.
   */
  snapshot(what: {
    readonly worktree: string;
    readonly base: Oid;
    readonly ref: string;
    readonly known: Oid | null;
  }): Promise<Result<Oid | null>>;
  /**
   * Lists the files in which the change in `work` does not merge with `onto`, as a candidate for `onto` would be built;
   * empty: they merge. Leaves nothing in the repository.
   */
  tryMerge(what: { readonly work: Work; readonly onto: Work }): Promise<Result<readonly string[]>>;
  /**
   * Lists what somebody who merged `ours` and `theirs` left out of `result`, as lines to read: of `ours` what nothing was in
   * the way of; of `sides` what was in conflict, and of both, where `files` were to be merged, also others of `theirs` that are
   * given up; marks of conflicts that stayed in. Nothing is listed as long as `result` does not contain `ours`.
   */
  listLost(what: {
    readonly ours: Oid;
    readonly theirs: Oid;
    readonly result: Oid;
    readonly files: readonly string[];
    readonly sides: Exclude<Merging['sides'], 'none'>;
  }): Promise<Result<readonly string[]>>;
  /**
   * The last commit that the branch was at before it contained `commit`, with work that is not in that, rather one that has
   * nothing in common with it beyond `since`; null: none is known.
   */
  lastWithout(what: {
    readonly branch: string;
    readonly commit: Oid;
    readonly since: Oid;
  }): Promise<Oid | null>;
  /** Finds the tip that a candidate for the branch starts from and `land` compares with. */
  landingTip(branch: string): Promise<Result<LandingTip>>;
  /**
   * Moves the branch from `from` to `to` by compare-and-swap; brings a clean checkout of the user forward with
   * `merge --ff-only`; when that checkout is dirty or has moved, lands on `weft/integration` and says why. Changes at or below
   * `kept` paths do not count as dirt: sources write there how tasks stand.
   */
  land(what: {
    readonly branch: string;
    readonly from: Oid;
    readonly to: Oid;
    readonly note: string;
    readonly kept?: readonly string[];
  }): Promise<Result<Landing>>;
  /**
   * Removes a worktree and its branch. Uncommitted or unlanded work is kept under a ref below `rescue` first (its name is
   * returned); when it cannot be kept, the worktree stays and the reason is returned.
   */
  removeWorktree(what: {
    readonly path: string;
    readonly branch: string;
    /** Commits that count as landed; the branch's head beyond them is rescued. */
    readonly landed: Oid | null;
    readonly rescue: string;
    /** Lock reason of who may be removed: what is another's there stays, and counts as gone. Absent: whoever it is of ours. */
    readonly reason?: string;
    /** Nothing was begun there: a branch with commits of its own, and without that worktree, is somebody else's and stays. */
    readonly isFirst?: boolean;
  }): Promise<Result<{ readonly rescue: string | null; readonly kept: string | null }>>;
  /** Removes a clean checkout that gates ran in. Nothing in it is anybody's work. */
  removeCheckout(path: string): Promise<Result<void>>;
  listWorktrees(): Promise<readonly ListedWorktree[]>;
  /** Sweeps locks and half-made metadata that a killed git of ours left behind; says what it mended, or would mend. */
  repair(roots: readonly string[], options?: { readonly dryRun: boolean }): Promise<readonly string[]>;
  /**
   * Moves a branch from a commit to another by compare-and-swap, without the files of a worktree that has it. False: it
   * stands elsewhere than at either of them.
   */
  moveBranch(what: {
    readonly branch: string;
    readonly from: Oid;
    readonly to: Oid;
  }): Promise<Result<boolean>>;
  /** Keeps a commit reachable under a ref of ours (`refs/weft/…`). */
  pin(ref: string, commit: Oid): Promise<void>;
  /** Drops refs below a prefix of ours (`refs/weft/…`). */
  unpin(prefix: string): Promise<void>;
  /** Resolves when what was removed, or put aside to be used again, is gone from the disk too. */
  close(): Promise<void>;
  /** Calls back after a branch moved (file events, debounced); returns how to stop. */
  watchBranch(branch: string, moved: () => void): () => void;
}
