// When verified work goes into the queue: at once, or as a pull request first.
import { isForgeResting, isResting } from '../backoff.ts';
import type { RecordEffect, WorkEffect } from '../effect.ts';
import type { RunMs } from '../model.ts';
import type { RunState, TaskState } from '../state.ts';

/** Tells whether a human still has to approve the landing. */
export function needsApproval(state: RunState, ts: TaskState): boolean {
  return !ts.approved && (state.policy.integrate === 'human' || ts.task.type === 'hybrid');
}

/** Tells whether the task's work becomes a pull request; where nothing changed there is none to be had. */
export function becomesPull({ policy }: RunState, { attempt }: TaskState): boolean {
  return policy.pullRequests !== undefined && (attempt?.inspected?.fileCount ?? 0) > 0;
}

/** Offers verified work as a pull request, or queues what nobody has to look at; nothing: a human's word is missing. */
export function submit(state: RunState, ts: TaskState, now: RunMs): readonly WorkEffect[] | RecordEffect {
  const head = ts.attempt?.inspected?.head;
  if (head !== undefined && becomesPull(state, ts)) {
    if (isForgeResting(state, now) || isResting(ts, 'open-pull', now)) return [];
    const key = `${ts.task.id}/${ts.attempts}/open-pull/${head}`;
    return [{ kind: 'open-pull', key, task: ts.task.id, attempt: ts.attempts, head }];
  }
  if (needsApproval(state, ts)) return [];
  return { kind: 'record', event: { type: 'task.queued', task: ts.task.id } };
}
