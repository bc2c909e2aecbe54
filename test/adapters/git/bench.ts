// What the git contract needs of a repository besides the port, real or virtual, and the shortest ways to ask for it.
import { type Oid, oid } from '../../../src/core/model.ts';
import type { GitPort, WorktreeSpec } from '../../../src/ports/git.ts';
import { value } from './rig.ts';

/** Texts by path. */
export type Texts = Readonly<Record<string, string>>;

/** What somebody with a checkout does in it. */
export interface Hands {
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string | null>;
  /** Writes files and commits everything; returns the commit. */
  commit(files: Texts): Promise<Oid>;
  delete(path: string): Promise<void>;
  /** Leaves HEAD on its commit without a branch. */
  detach(): Promise<void>;
  /** Checks out a branch, made where HEAD is when there is none. */
  switchTo(branch: string): Promise<void>;
}

/** A repository with one commit on `main`, which its user has checked out, and a port on it. */
export interface GitBench {
  readonly port: GitPort;
  /** A second port that knows nothing of what the first has done, as after a restart of the engine. */
  reopen(): Promise<GitPort>;
  /** Folder for worktrees; not there yet. */
  readonly worktrees: string;
  readonly user: Hands;
  /** All that a user could see changed in the checkout, as one text. */
  picture(): Promise<string>;
  /** The worktree at a path, as an agent has it. */
  at(path: string): Hands;
  /** Adds a commit that no ref leads to; without parents it begins a history of its own. */
  commitOn(parents: readonly Oid[], files: Texts): Promise<Oid>;
  parentsOf(commit: Oid): Promise<readonly Oid[]>;
  /** Text of a file in a commit, or null. */
  textAt(revision: string, path: string): Promise<string | null>;
  setRef(ref: string, commit: Oid): Promise<void>;
  /** Names of all refs, sorted. */
  refs(): Promise<readonly string[]>;
  /** Deletes the folder of a worktree behind git's back. */
  deleteFolder(path: string): Promise<void>;
  /** What a killed git of ours leaves: a worktree that is known and was not filled. */
  leaveHalfMade(spec: WorktreeSpec): Promise<void>;
  /** What a killed removal leaves: the branch, and nothing of its worktree. */
  leaveHalfRemoved(path: string): Promise<void>;
  /** What a killed git of ours leaves: the lock of a ref. */
  leaveLock(ref: string): Promise<void>;
  /** A live git of the user's holds the lock of a ref; returns how to let go, which fails when somebody took it away. */
  holdLock(ref: string): Promise<() => Promise<void>>;
  /** A process works in the folder; returns how to end it. */
  occupy(path: string): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Who the contract's agents are. */
export const AUTHOR = { name: 'Ada Agent', email: 'ada@example.org' };
/** A name that no commit has. */
export const NOWHERE: Oid = oid('0123456789abcdef0123456789abcdef01234567');

/** What is asked of the port for a task's worktree. */
export function specFor(bench: GitBench, task: string, base: Oid): WorktreeSpec {
  return {
    path: `${bench.worktrees}/${task}`,
    branch: `weft/run-1/${task}/work`,
    base,
    reason: `weft run=run-1 task=${task}`,
  };
}

/** The commit that `main` is at. */
export async function tipOf(bench: GitBench, branch = 'main'): Promise<Oid> {
  const tip = await bench.port.resolve(`refs/heads/${branch}`);
  if (tip === null) throw new Error(`there is no ${branch}`);
  return tip;
}

/** Makes the worktree of a task from the tip of `main`. */
export async function startTask(bench: GitBench, task: string): Promise<WorktreeSpec & Hands> {
  const spec = specFor(bench, task, await tipOf(bench));
  value(await bench.port.ensureWorktree(spec));
  return { ...spec, ...bench.at(spec.path) };
}

/** Asks for a candidate; what is not said is the usual. */
export async function ask(
  bench: GitBench,
  of: { readonly base: Oid; readonly head: Oid } & Partial<Parameters<GitPort['buildCandidate']>[0]>,
): ReturnType<GitPort['buildCandidate']> {
  const target = of.target ?? (await tipOf(bench));
  const usual = { strategy: 'squash', message: 'done\n', pin: 'refs/weft/cand/run-1/task' } as const;
  return bench.port.buildCandidate({ ...usual, ...of, target });
}

/** Asks for a candidate that must be built, and returns its commit. */
export async function build(...of: Parameters<typeof ask>): Promise<Oid> {
  const built = value(await ask(...of));
  if (built.kind !== 'built') throw new Error(`in conflict: ${built.files.join(', ')}`);
  return built.commit;
}
