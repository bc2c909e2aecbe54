// What becomes of work whose pull request is open: it waits, goes back to its agent, or goes on to land. Calls nobody.
import { isForgeResting, isResting } from '../backoff.ts';
import type { RecordEffect, WorkEffect } from '../effect.ts';
import type { Event } from '../event.ts';
import type { RunMs } from '../model.ts';
import type { PullRecord, PullRemark, PullVerdict } from '../pull.ts';
import { isToBeShelved, verdictOf } from '../pull-standing.ts';
import type { RunState, TaskState } from '../state.ts';
import { complainOfConflict } from './conflict.ts';
import { failAttempt } from './judge.ts';
import { complainOfMove } from './queue.ts';
import { becomesPull, needsApproval } from './submit.ts';

/** The steps of a task whose pull request is open, or the choice that comes before any. */
export function pullSteps(
  state: RunState,
  ts: TaskState,
  of: { readonly now: RunMs; readonly isHeld: boolean },
): readonly WorkEffect[] | RecordEffect {
  const { now, isHeld } = of;
  const watch = watchPull(state, ts, now);
  const verdict = verdictOf(state, ts, now);
  if (ts.pull === null || verdict === null || isHeld) return watch;
  const choice = choose(state, ts, { pull: ts.pull, verdict, now });
  if (choice !== null) return { kind: 'record', event: choice };
  const mayGoOn = verdict.kind === 'merge' && !needsApproval(state, ts) && state.hasMergeQueue;
  if (!mayGoOn || isForgeResting(state, now) || isResting(ts, 'enqueue-pull', now)) return watch;
  const { head } = ts.pull;
  const key = `${ts.task.id}/${ts.attempts}/enqueue-pull/${head}`;
  return [...watch, { kind: 'enqueue-pull', key, task: ts.task.id, attempt: ts.attempts, head }];
}

function choose(
  state: RunState,
  ts: TaskState,
  of: { readonly pull: PullRecord; readonly verdict: PullVerdict; readonly now: RunMs },
): Event | null {
  const { pull, verdict, now } = of;
  const { id } = ts.task;
  if (verdict.kind === 'over')
    return verdict.state === 'closed' ? { type: 'task.cancelled', task: id } : null;
  if (ts.moved !== null)
    return failAttempt(state, ts, complainOfMove(ts.attempt?.branch ?? '', ts.moved), now);
  if (pull.pending.length > 0) return tellRemarks(ts, pull.pending);
  if (pull.left !== null) {
    const detail = `The merge queue of the forge let go of it: ${pull.left}.`;
    return failAttempt(state, ts, { cause: 'ci-failed', detail }, now);
  }
  if (verdict.kind === 'return') return sendBack(state, ts, { pull, verdict, now });
  if (verdict.kind !== 'merge' || needsApproval(state, ts) || state.hasMergeQueue) return null;
  return { type: 'task.queued', task: id };
}

function sendBack(
  state: RunState,
  ts: TaskState,
  of: {
    readonly pull: PullRecord;
    readonly verdict: Extract<PullVerdict, { readonly kind: 'return' }>;
    readonly now: RunMs;
  },
): Event | null {
  const { pull, verdict, now } = of;
  switch (verdict.cause) {
    case 'ci-failed': {
      const output = pull.excerpt === null ? '' : `\n\n${pull.excerpt}`;
      const detail = `On its pull request #${pull.number}, ${verdict.sentence}.${output}`;
      return failAttempt(state, ts, { cause: 'ci-failed', detail }, now);
    }
    case 'conflict':
      // in which files is found out first
      return ts.conflict === null ? null : failAttempt(state, ts, complainOfConflict(state, ts), now);
    case 'changes-requested':
      // what was asked for was told and acted on: who asked has to look again
      return null;
  }
}

const MAX_TOLD = 50;

/** What people said at the forge goes to the agent as theirs. */
function tellRemarks({ task, pull }: TaskState, pending: readonly PullRemark[]): Event {
  const told = pending.slice(0, MAX_TOLD);
  const list = told.map(({ path, line, author, body }) => {
    const where = path === null ? 'all of it' : line === null ? path : `${path}:${line}`;
    const text = body.trim() === '' ? 'Changes are asked for, without saying which.' : body.trim();
    return `- ${author} on ${where}:\n${text
      .split('\n')
      .map((each) => `  ${each}`)
      .join('\n')}`;
  });
  return {
    type: 'guidance.given',
    task: task.id,
    text: `Your work was reviewed in pull request #${pull?.number}. Act on each of these remarks:\n${list.join('\n')}`,
    remarks: told.map(({ id }) => id),
  };
}

/** Looks at the pull request for as long as the task has one that may change. */
export function watchPull(state: RunState, ts: TaskState, now: RunMs): readonly WorkEffect[] {
  if (ts.pull === null || isForgeResting(state, now) || isResting(ts, 'watch-pull', now)) return [];
  const key = `${ts.task.id}/${ts.attempts}/watch-pull/${ts.pull.number}`;
  return [{ kind: 'watch-pull', key, task: ts.task.id, attempt: ts.attempts }];
}

/** The step that calls it a draft. */
export function shelvePull(state: RunState, ts: TaskState, now: RunMs): readonly WorkEffect[] {
  if (!isToBeShelved(ts) || isForgeResting(state, now) || isResting(ts, 'shelve-pull', now)) return [];
  const key = `${ts.task.id}/${ts.attempts}/shelve-pull`;
  return [{ kind: 'shelve-pull', key, task: ts.task.id, attempt: ts.attempts }];
}

/** Tells whether nothing but a human's word is missing for verified work to land. */
export function awaitsApproval(state: RunState, ts: TaskState): boolean {
  if (ts.paused || !needsApproval(state, ts)) return false;
  if (ts.phase === 'committed') return !becomesPull(state, ts);
  return ts.phase === 'pr_created' && verdictOf(state, ts, state.index.now)?.kind === 'merge';
}

/** Tells whether only people can say how it goes on: at the forge, or with `weft approve`. */
export function waitsForPeople(state: RunState, ts: TaskState, now: RunMs): boolean {
  if (ts.phase !== 'pr_created') return false;
  const verdict = verdictOf(state, ts, now);
  if (verdict === null || ts.pull === null) return false;
  if (ts.paused) return true;
  if (verdict.kind === 'merge') return needsApproval(state, ts);
  if (verdict.kind === 'wait') return verdict.on === 'review';
  return verdict.kind === 'return' && verdict.cause === 'changes-requested' && ts.pull.pending.length === 0;
}
