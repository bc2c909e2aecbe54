// When verified work goes into the queue. With a forge it will become a pull request first; here it is queued at once.
import type { RecordEffect } from '../effect.ts';
import type { RunState, TaskState } from '../state.ts';

/** Tells whether a human still has to approve the landing. */
export function needsApproval(state: RunState, ts: TaskState): boolean {
  return !ts.approved && (state.policy.integrate === 'human' || ts.task.type === 'hybrid');
}

/** Queues verified work that nobody has to look at, or that somebody approved; null: a human's word is missing. */
export function admitToQueue(state: RunState, ts: TaskState): RecordEffect | null {
  if (needsApproval(state, ts)) return null;
  return { kind: 'record', event: { type: 'task.queued', task: ts.task.id } };
}
