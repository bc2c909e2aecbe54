// What becomes of a task's merge: what it is to merge, what it merged, when that is settled.
import type { AttemptState, Inspected, TaskState } from '../state.ts';

/** Work that conflicts is merged by its agent or a human: what they must not lose is kept until it goes on its way again. */
export function noteToMerge(ts: TaskState, { inspected }: AttemptState): void {
  if (ts.conflict === null || inspected === null) return;
  const { base: ours, files } = ts.conflict;
  ts.toMerge = { ours, theirs: inspected.head, files, sides: 'both' };
}

/** What was made of both sides was found good, or a human took it: from here on its own side is its agent's again. */
export function settleMerge(ts: TaskState, { inspected, accepted }: AttemptState): void {
  if (ts.toMerge === null || inspected?.merged === undefined) return;
  const { granted = [] } = ts.toMerge;
  if (accepted)
    ts.toMerge = { ...ts.toMerge, sides: 'neither', granted: [...granted, ...(inspected.vanished ?? [])] };
  else if (ts.toMerge.sides === 'both') ts.toMerge = { ...ts.toMerge, sides: 'ours' };
}

/** What it merged by itself is looked at like what it was told to merge. */
export function noteMerged(ts: TaskState, { merged }: Inspected): void {
  if (merged === undefined) return;
  const known = ts.toMerge?.theirs === merged.theirs ? ts.toMerge : null;
  const granted = known?.granted === undefined ? {} : { granted: known.granted };
  ts.toMerge = { ...merged, files: known?.files ?? [], ...granted };
}
