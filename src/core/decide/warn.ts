// Whether an agent at work is to be told that what it writes comes too close to what another writes. Off unless the policy
// says so. Looks at nothing but facts.
import type { RecordEffect } from '../effect.ts';
import type { TaskId } from '../model.ts';
import { type Overlap, type RunState, type TaskState, taskOf } from '../state.ts';

/** The next warning, as the guidance that it is; each of two tasks hears of the other once, while its agent can hear. */
export function warnNext(state: RunState): RecordEffect | null {
  if (!state.policy.radar.tell) return null;
  for (const overlap of state.overlaps) {
    const { task, other } = overlap;
    if (other === null) continue;
    const warning = warn(state, overlap, task, other) ?? warn(state, overlap, other, task);
    if (warning !== null) return warning;
  }
  return null;
}

function warn(state: RunState, { files }: Overlap, task: TaskId, other: TaskId): RecordEffect | null {
  const ts = taskOf(state, task);
  if (!hears(ts) || ts.warnedOf.includes(other)) return null;
  return {
    kind: 'record',
    event: { type: 'guidance.given', task, text: writeWarning(state, other, files), overlap: other },
  };
}

/** Tells whether an agent at work takes words in by the way; anybody else would hear them in another attempt, which is not worth one. */
export function hears({ phase, attempt, question }: TaskState): boolean {
  if (phase !== 'working' || question !== null || attempt === null) return false;
  return attempt.steerable === true && attempt.stop === null && attempt.role === 'implement';
}

const NAMED = 3;

function writeWarning(state: RunState, other: TaskId, files: readonly string[]): string {
  const { title } = taskOf(state, other).task;
  const rest = files.length - NAMED;
  const where = `${files.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return `The work on "${title}" (${other}), which is going on beside yours, changes the same lines in ${where}. Keep your change there as small as you can and stay with what your task needs; you need not stop.`;
}
