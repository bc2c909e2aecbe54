// What truly happened at the forge of the world, for the oracle. Knows no rules of a forge and changes nothing there.
import type { Oid } from '../../core/model.ts';
import type { MergeMethod } from '../../ports/forge.ts';

/** A pull request that was opened. */
export interface Opening {
  readonly number: number;
  readonly marker: string;
  readonly branch: string;
  readonly base: string;
}

/** A pull request that came onto its base. */
export interface Merging {
  readonly number: number;
  readonly marker: string;
  readonly head: Oid;
  /** Commit on the base. */
  readonly commit: Oid;
  /** `push`: the base got the head by a push; `queue`: by the merge queue. */
  readonly how: MergeMethod | 'push' | 'queue';
  readonly by: string;
  readonly title: string;
  readonly message: string;
}

/** A push of weft's, and what it took away. */
export interface Pushing {
  readonly branch: string;
  /** Null: it deleted the branch. */
  readonly to: Oid | null;
  readonly expected: Oid | null;
  readonly actual: Oid | null;
  /** `stale`: the lease did not match; `same`: it stood there already. */
  readonly result: 'moved' | 'same' | 'stale' | 'forbidden';
  /** Commits of people that no branch has any more. */
  readonly lost: readonly Oid[];
}

/** A call made before a wait was over that its engine had been told of. */
export interface Early {
  readonly call: string;
  readonly atMs: number;
  /** What was left of the wait. */
  readonly waitMs: number;
}

/** Something said on a pull request. */
export interface Saying {
  readonly number: number;
  readonly marker: string;
  /** Comment on a line that it answers; null: it is below the pull request. */
  readonly comment: number | null;
}

/** See the file's first line. Everything in it is in the order in which it happened. */
export interface ForgeLedger {
  readonly opened: Opening[];
  readonly merged: Merging[];
  readonly pushed: Pushing[];
  readonly early: Early[];
  readonly said: Saying[];
  /** Pull requests whose marker a person took out: weft cannot know them again. */
  readonly disowned: Set<number>;
  /** How often the forge was called, by call. */
  readonly calls: Map<string, number>;
}

/** A ledger of nothing. */
export function createForgeLedger(): ForgeLedger {
  return { opened: [], merged: [], pushed: [], early: [], said: [], disowned: new Set(), calls: new Map() };
}

/** Says what weft did more than once: pull requests of a task, merges of a task, remarks; not beside one that is disowned. */
export function listRepeated({ opened, merged, said, disowned }: ForgeLedger): readonly string[] {
  const times = new Map<string, number>();
  const see = (what: string): void => {
    times.set(what, (times.get(what) ?? 0) + 1);
  };
  for (const { number, marker } of opened) if (!disowned.has(number)) see(`pull request of ${marker}`);
  for (const { number, marker } of merged) if (!disowned.has(number)) see(`merge of ${marker}`);
  for (const { number, marker, comment } of said) see(`${marker} on #${number}, in answer to ${comment}`);
  return [...times].filter(([, count]) => count > 1).map(([what, count]) => `${count} × ${what}`);
}

/** Pushes of weft's that took commits of people away, or whose lease did not match. */
export function listRoughPushes({ pushed }: ForgeLedger): readonly Pushing[] {
  return pushed.filter(({ result, lost }) => result === 'stale' || lost.length > 0);
}
