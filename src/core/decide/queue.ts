// The merge queue: one task at a time onto one target, in order; a target that moved makes every verdict stale.
import type { Effect } from '../effect.ts';
import type { RunMs } from '../model.ts';
import { type RunState, type TaskState, taskOf } from '../state.ts';
import { failAttempt } from './judge.ts';
import { isResting, MAX_TROUBLE } from './supervise.ts';

/** The next step of the task at the head of the queue. */
export function landNext(state: RunState, now: RunMs): Effect[] {
  if (state.stopping === 'stop') return [];
  const ts = findHead(state);
  return ts === null ? [] : landStep(state, ts, now);
}

/** The task that lands now: the one already on its way, else the most urgent, longest waiting one that may land. */
export function findHead(state: RunState): TaskState | null {
  let head: TaskState | null = null;
  for (const id of state.index.queued) {
    const ts = taskOf(state, id);
    if (ts.paused) continue;
    if (isOnItsWay(ts)) return ts;
    if (mayLand(state, ts) && (head === null || landsBefore(ts, head))) head = ts;
  }
  return head;
}

function isOnItsWay(ts: TaskState): boolean {
  return ts.candidate !== null || ts.conflict !== null || ts.candidateRejected !== null;
}

/** Tells whether all it was built on is on the target already. */
export function mayLand(state: RunState, ts: TaskState): boolean {
  return !ts.paused && ts.task.edges.every((edge) => taskOf(state, edge.task).phase === 'merged');
}

function landsBefore(a: TaskState, b: TaskState): boolean {
  if (a.task.priority !== b.task.priority) return a.task.priority < b.task.priority;
  const [left, right] = [a.queuedAt ?? 0, b.queuedAt ?? 0];
  return left === right ? a.order < b.order : left < right;
}

function landStep(state: RunState, ts: TaskState, now: RunMs): Effect[] {
  const of = { task: ts.task.id, attempt: ts.attempts };
  const name = `${ts.task.id}/${ts.attempts}`;
  const { candidate, conflict, candidateRejected, trouble } = ts;
  if (trouble !== null && trouble.count >= MAX_TROUBLE) {
    const blocked = { cause: 'landing-blocked', detail: trouble.detail } as const;
    return [{ kind: 'record', event: failAttempt(state, ts, blocked, now) }];
  }
  if (conflict !== null) {
    const detail = `It conflicts with ${state.policy.target} in ${conflict.files.join(', ')}.`;
    const event = failAttempt(state, ts, { cause: 'conflict', detail, files: conflict.files }, now);
    return [{ kind: 'record', event }];
  }
  if (candidateRejected !== null) {
    const timedOut = candidateRejected.gates.some((gate) => gate.exit === null);
    const cause = timedOut ? 'gate-timeout' : 'gate-failed';
    return [
      { kind: 'record', event: failAttempt(state, ts, { cause, detail: candidateRejected.excerpt }, now) },
    ];
  }
  if (candidate === null) {
    if (isResting(ts, 'build-candidate', now)) return [];
    return [{ kind: 'build-candidate', key: `${name}/build-candidate`, ...of }];
  }
  const { commit, tree, base } = candidate;
  if (!candidate.verified) {
    if (isResting(ts, 'verify-candidate', now)) return [];
    return [{ kind: 'verify-candidate', key: `${name}/verify-candidate/${commit}`, ...of, commit, tree }];
  }
  if (isResting(ts, 'land-candidate', now)) return [];
  return [{ kind: 'land-candidate', key: `${name}/land-candidate/${commit}`, ...of, commit, base }];
}
