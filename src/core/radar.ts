// The conflict radar: whose unfinished work is looked at where, which pairs have to be tried again, what of it is news, and
// what comes first. Knows nothing of git.
import type { Event } from './event.ts';
import { isTerminal } from './lifecycle.ts';
import type { Oid, TaskId } from './model.ts';
import { isLive, type Overlap, type RunState, type TaskState } from './state.ts';

/** Overlaps that a run knows at once. */
export const MAX_OVERLAPS = 500;
/** Tasks whose work takes part at once. */
export const MAX_WORKS = 300;
/** Files that are named of one overlap. */
const MAX_FILES = 100;

/** Where the unfinished work of a task is to be seen. */
export type Sighting =
  /** In its worktree; `live`: its agent is at work there, and waits for nobody. */
  | {
      readonly kind: 'worktree';
      readonly path: string;
      readonly base: Oid;
      readonly attempt: number;
      readonly live: boolean;
    }
  | { readonly kind: 'commit'; readonly head: Oid; readonly base: Oid }
  /** It is about to be known again; until then it is as it was. */
  | { readonly kind: 'as-before' };

/** Two pieces of work; `other` null: what is on the target. The task is the earlier in the plan. */
export interface Pair {
  readonly task: TaskId;
  readonly other: TaskId | null;
}

/** Finds all unfinished work, in the order of the plan. Tasks that share a worktree have no work of their own to be seen. */
export function sightWork(state: RunState): ReadonlyMap<TaskId, Sighting> {
  const found = new Map<TaskId, Sighting>();
  if (state.policy.isolation === 'shared') return found;
  for (const ts of state.tasks.values()) {
    if (found.size >= MAX_WORKS) break;
    const sighting = sight(ts);
    if (sighting !== null) found.set(ts.task.id, sighting);
  }
  return found;
}

function sight(ts: TaskState): Sighting | null {
  const { attempt } = ts;
  if (attempt === null || isTerminal(ts.phase) || ts.wipe) return null;
  // who reviews carries on what was inspected
  const { inspected, worktree, base } = attempt;
  if (inspected !== null) return { kind: 'commit', head: inspected.head, base: inspected.base };
  if (attempt.role === 'plan') return null;
  if (ts.phase === 'spawned' || ts.phase === 'verifying') return { kind: 'as-before' };
  if (worktree === null || base === null) return null;
  return {
    kind: 'worktree',
    path: worktree,
    base,
    attempt: attempt.n,
    live: isLive(ts) && ts.question === null,
  };
}

/** Pairs of one piece of work, or of the target (null), with all work there is. */
export function pairsOf(
  state: RunState,
  of: { readonly changed: TaskId | null; readonly works: Iterable<TaskId> },
): readonly Pair[] {
  const { changed } = of;
  const works = [...of.works];
  if (changed === null) return works.map((task) => ({ task, other: null }));
  const others = works.filter((task) => task !== changed).map((task) => orderPair(state, changed, task));
  return [{ task: changed, other: null }, ...others];
}

function orderPair(state: RunState, one: TaskId, other: TaskId): Pair {
  const [first, second] = [state.tasks.get(one)?.order ?? 0, state.tasks.get(other)?.order ?? 0];
  return first < second ? { task: one, other } : { task: other, other: one };
}

/** Names a pair: a text that no other pair has. */
export function keyOfPair({ task, other }: Pair): string {
  return JSON.stringify([task, other]);
}

/** What is news in the answer for a pair: the files in which it conflicts, none when it merges. */
export function judgePair(state: RunState, pair: Pair, files: readonly string[]): Event | null {
  const { task, other } = pair;
  const known = state.overlaps.find((each) => each.task === task && each.other === other);
  if (files.length === 0) return known === undefined ? null : { type: 'overlap.gone', task, other };
  const named = [...files].sort().slice(0, MAX_FILES);
  if (known === undefined && state.overlaps.length >= MAX_OVERLAPS) return null;
  const isSame = known !== undefined && named.join('\0') === known.files.join('\0');
  return isSame ? null : { type: 'overlap.found', task, other, files: named };
}

/** Overlaps of work that is not there any more. */
export function findLost(state: RunState, works: ReadonlyMap<TaskId, unknown>): readonly Event[] {
  return state.overlaps
    .filter(({ task, other }) => !works.has(task) || (other !== null && !works.has(other)))
    .map(({ task, other }) => ({ type: 'overlap.gone', task, other }));
}

/** Orders overlaps: most files first, then the oldest. */
export function rankOverlaps(overlaps: readonly Overlap[]): readonly Overlap[] {
  return [...overlaps].sort((one, other) => other.files.length - one.files.length || one.since - other.since);
}
