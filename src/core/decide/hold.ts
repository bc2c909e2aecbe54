// Whether a task had better not go on with its work now: another's, which it conflicts with, lands by itself before it. Whoever
// waits for that merges once instead of twice. Looks at nothing but facts.
import { clashesOf, landsByItself } from '../clashes.ts';
import { startsBefore } from '../ready-groups.ts';
import { nextRole } from '../role.ts';
import { type RunState, type TaskState, taskOf } from '../state.ts';

/** Work that lands first, and the files in which both conflict. */
export interface Ahead {
  readonly ts: TaskState;
  readonly files: readonly string[];
}

/** The work that a task's next attempt had better wait for, or null. Who has done nothing yet waits for nobody. */
export function findAhead(state: RunState, ts: TaskState): Ahead | null {
  if (ts.attempt === null || nextRole(state, ts) !== 'implement') return null;
  for (const [id, { files }] of clashesOf(state, ts)) {
    const other = taskOf(state, id);
    if (landsByItself(state, other) && isBefore(state, other, ts)) return { ts: other, files };
  }
  return null;
}

/**
 * Nobody waits for the less urgent. Of the others, those wait for each other's end that were at work already, or start
 * before it in any case: those who keep coming do not keep it from starting.
 */
function isBefore({ index }: RunState, other: TaskState, ts: TaskState): boolean {
  if (other.task.priority > ts.task.priority) return false;
  const began = other.attempt?.spawnedAt ?? ts.phaseAt;
  return began <= ts.phaseAt || startsBefore(index.remaining, other, ts);
}
