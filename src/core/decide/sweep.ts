// What is cleared away after a task ended, or before it starts anew.
import { isForgeResting } from '../backoff.ts';
import type { WorkEffect } from '../effect.ts';
import type { RunMs } from '../model.ts';
import type { RunState, TaskState } from '../state.ts';

/** Removes the worktree of a landed or cancelled task, and of one that starts anew. Failed work stays for a look. */
export function sweepTask(state: RunState, ts: TaskState, now: RunMs): readonly WorkEffect[] {
  const ended = (ts.phase === 'merged' || ts.phase === 'cancelled') && ts.swept === null && ts.attempts > 0;
  if (!ended && !ts.wipe) return [];
  if (ts.trouble !== null && ts.trouble.retryAt > now) return [];
  // what is at the forge is cleared away with it
  if (ended && ts.offered.length > 0 && isForgeResting(state, now)) return [];
  const key = `${ts.task.id}/${ts.attempts}/sweep-task`;
  return [{ kind: 'sweep-task', key, task: ts.task.id, attempt: ts.attempts }];
}
