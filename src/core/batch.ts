// The batch of tasks that is on its way to the target: each candidate stands on the one before it, so that one verdict speaks
// for all up to there. Knows nothing of gates or git.
import { clashesOf } from './clashes.ts';
import type { LandingLine } from './landing-line.ts';
import type { Oid } from './model.ts';
import type { Overlap, RunState, TaskState } from './state.ts';

/** The commit that the next candidate is built on; null: the batch is empty, it is built on the target. */
export function topOf({ batch }: LandingLine): { readonly ts: TaskState; readonly commit: Oid } | null {
  const ts = batch.at(-1);
  return ts?.candidate == null ? null : { ts, commit: ts.candidate.commit };
}

/** Tells whether nobody joins the batch any more. */
export function isClosed({ batch }: LandingLine): boolean {
  return batch.at(-1)?.candidate?.closes === true;
}

/** How many of the batch, from its front, have passed together; 0: none. */
export function countPassed({ batch }: LandingLine): number {
  return batch.findLastIndex((ts) => ts.candidate?.verified === true) + 1;
}

/** How many of the batch, from its front, are known to fail together: the last of them may be the culprit; null: none are. */
export function countFailing({ batch }: LandingLine): number | null {
  const at = batch.findIndex((ts) => ts.candidateRejected !== null);
  return at < 0 ? null : at + 1;
}

/** Tells whether a task is about to land, or landing: that cannot be called back. */
export function isLanding(line: LandingLine, ts: TaskState): boolean {
  const at = line.batch.indexOf(ts);
  return at >= 0 && at < countPassed(line);
}

/** The first of the batch with whose work a task's is known to conflict, or null: they do not land together. */
export function findClash(state: RunState, ts: TaskState): Overlap | null {
  const clashes = clashesOf(state, ts);
  if (clashes.size === 0) return null;
  const met = state.index.line.batch.find(({ task }) => clashes.has(task.id));
  return (met && clashes.get(met.task.id)) ?? null;
}

/** A new candidate joins at the end. The caller has seen that it stands on the last one. */
export function join({ batch }: LandingLine, ts: TaskState): void {
  batch.push(ts);
}

/** Takes a task out that is not on its way any more, and all who stand on it. Gives the others that changed. */
export function settleBatch(line: LandingLine, ts: TaskState): readonly TaskState[] {
  const at = line.batch.indexOf(ts);
  if (at < 0 || isOnItsWay(ts)) return [];
  // what stands on work that landed goes on
  return at === 0 && ts.phase === 'merged' ? leave(line, { from: 0, count: 1 }) : cut(line, at);
}

/** Drops the batch from a place on: what is built on is not what it was. Gives those that changed. */
export function cut(line: LandingLine, from: number): readonly TaskState[] {
  return leave(line, { from, count: line.batch.length - from });
}

function leave(
  line: LandingLine,
  { from, count }: { readonly from: number; readonly count: number },
): readonly TaskState[] {
  const gone = line.batch.splice(from, count);
  const changed: TaskState[] = [];
  for (const ts of gone) {
    changed.push(ts);
    if (ts.phase !== 'queued') continue;
    ts.candidate = null;
    if (!line.troubled.has(ts)) ts.candidateRejected = null;
  }
  for (const ts of line.aside) {
    if (gone.every(({ task }) => task.id !== ts.aside)) continue;
    ts.aside = null;
    changed.push(ts);
  }
  return changed;
}

/** Tells whether a task in the batch may stay there. */
function isOnItsWay(ts: TaskState): boolean {
  return (
    ts.phase === 'queued' &&
    !ts.paused &&
    ts.held === null &&
    ts.candidate !== null &&
    ts.rewritten === null &&
    (ts.moved === null || ts.attempt?.accepted === true)
  );
}

/** The batch as the tasks tell of it, for an index that is built anew. */
export function findBatch(tasks: readonly TaskState[]): readonly TaskState[] {
  const members = tasks.filter((ts) => ts.candidate !== null && isOnItsWay(ts));
  const byBase = new Map(members.map((ts) => [ts.candidate?.base, ts]));
  const commits = new Set(members.map((ts) => ts.candidate?.commit));
  const batch: TaskState[] = [];
  // nothing stands before the first but the target
  let next = members.find((ts) => !commits.has(ts.candidate?.base as Oid) || ts.candidate?.empty === true);
  while (next !== undefined && batch.length < members.length) {
    batch.push(next);
    next = byBase.get(next.candidate?.commit);
  }
  return batch;
}
