// The merge queue: one task at a time onto one target, in order; a target that moved makes every verdict stale.
import type { Effect } from '../effect.ts';
import { headOfLine } from '../landing-line.ts';
import type { RunMs } from '../model.ts';
import type { RunState, TaskState } from '../state.ts';
import { failAttempt, type Trouble } from './judge.ts';
import { isResting, MAX_TROUBLE } from './supervise.ts';

/** The next step of the task at the head of the queue, or null. */
export function landNext(state: RunState, now: RunMs): Effect | null {
  if (state.stopping === 'stop') return null;
  const ts = findHead(state);
  return ts === null ? null : landStep(state, ts, now);
}

/** The task that lands now: the one already on its way, else the most urgent, longest waiting one that may land. */
export function findHead({ index }: RunState): TaskState | null {
  return headOfLine(index.line);
}

/** Tells whether all it was built on is on the target already. */
export function mayLand({ index }: RunState, ts: TaskState): boolean {
  return !ts.paused && index.unlanded[ts.order] === 0;
}

function landStep(state: RunState, ts: TaskState, now: RunMs): Effect | null {
  const of = { task: ts.task.id, attempt: ts.attempts };
  const name = `${ts.task.id}/${ts.attempts}`;
  const { candidate, conflict, candidateRejected, trouble } = ts;
  if (trouble !== null && trouble.count >= MAX_TROUBLE) {
    const blocked = { cause: 'landing-blocked', detail: trouble.detail } as const;
    return { kind: 'record', event: failAttempt(state, ts, blocked, now) };
  }
  if (conflict !== null) {
    const detail = `It conflicts with ${state.policy.target} in ${conflict.files.join(', ')}.`;
    const event = failAttempt(state, ts, { cause: 'conflict', detail, files: conflict.files }, now);
    return { kind: 'record', event };
  }
  if (candidateRejected !== null) {
    const timedOut = candidateRejected.gates.some((gate) => gate.exit === null);
    const cause = timedOut ? 'gate-timeout' : 'gate-failed';
    const event = failAttempt(state, ts, { cause, detail: candidateRejected.excerpt }, now);
    return { kind: 'record', event };
  }
  if (ts.rewritten !== null) {
    const event = failAttempt(state, ts, complainOfRewriting(state, ts.rewritten), now);
    return { kind: 'record', event };
  }
  if (ts.moved !== null && ts.attempt?.accepted !== true) {
    const event = failAttempt(state, ts, complainOfMove(ts.attempt?.branch ?? '', ts.moved), now);
    return { kind: 'record', event };
  }
  if (candidate === null) {
    if (isResting(ts, 'build-candidate', now)) return null;
    return { kind: 'build-candidate', key: `${name}/build-candidate`, ...of };
  }
  const { commit, tree, base } = candidate;
  if (!candidate.verified) {
    if (isResting(ts, 'verify-candidate', now)) return null;
    return { kind: 'verify-candidate', key: `${name}/verify-candidate/${commit}`, ...of, commit, tree };
  }
  if (isResting(ts, 'land-candidate', now)) return null;
  return { kind: 'land-candidate', key: `${name}/land-candidate/${commit}`, ...of, commit, base };
}

function complainOfMove(branch: string, { from, to }: NonNullable<TaskState['moved']>): Trouble {
  const verified = from.slice(0, 12);
  const what = to === null ? 'deleted' : `moved to ${to.slice(0, 12)}, which does not contain that`;
  const detail = `Somebody has interfered: ${verified} was verified, and then its branch ${branch} was ${what}. Nothing of it is lost.`;
  return { cause: 'branch-moved', detail };
}

function complainOfRewriting(
  { policy: { target } }: RunState,
  { from, to, gone }: NonNullable<TaskState['rewritten']>,
): Trouble {
  const few = gone.slice(0, 10).join(', ');
  const more = gone.length > 10 ? ` and ${gone.length - 10} more` : '';
  const loss = gone.length === 0 ? '' : ` Gone from it: ${few}${more}.`;
  const detail = `Somebody has rewritten ${target}: it is at ${to.slice(0, 12)}, which does not contain ${from.slice(0, 12)} any more.${loss} Nothing lands until you say so.`;
  return { cause: 'target-rewritten', detail };
}
