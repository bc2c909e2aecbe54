// The merge queue: tasks go onto one target in order, several at once as long as they do well; who fails goes back alone.
import { isForgeResting, isResting } from '../backoff.ts';
import { countFailing, countPassed, findClash, isClosed, topOf } from '../batch.ts';
import type { Effect, RecordEffect, WorkEffect } from '../effect.ts';
import type { Event } from '../event.ts';
import { firstReady, firstTroubled, headOfLine } from '../landing-line.ts';
import { MAX_TROUBLE } from '../limits.ts';
import type { RunMs } from '../model.ts';
import { sizeOfBatch } from '../odds.ts';
import type { RunState, TaskState } from '../state.ts';
import { complainOfConflict } from './conflict.ts';
import { failAttempt, type Trouble } from './judge.ts';
import { needsApproval } from './submit.ts';

/** The next steps of the queue: a choice to record alone, or the work of the batch that is on its way. */
export function landNext(state: RunState, now: RunMs): readonly Effect[] {
  const { line } = state.index;
  if (state.stopping === 'stop' || line.asking.size > 0) return [];
  const choice = choose(state, now);
  if (choice !== null) return [record(choice)];
  const passed = countPassed(line);
  if (passed > 0) return landStep(state, passed, now);
  if (isClosed(line)) return probe(state, now);
  return gather(state, now);
}

/** The task that lands next: one that is decided about, else the first of the batch, else the first who waits. */
export function findHead({ index }: RunState): TaskState | null {
  return headOfLine(index.line);
}

/** Tells whether all it was built on is on the target already. */
export function mayLand({ index }: RunState, ts: TaskState): boolean {
  return !ts.paused && index.unlanded[ts.order] === 0;
}

/** Fills the batch; when nobody joins any more, it is closed and tried. */
function gather(state: RunState, now: RunMs): readonly Effect[] {
  const { line } = state.index;
  const { batch } = line;
  if (isForgeResting(state, now)) return [];
  const next = batch.length < sizeOfBatch(state) ? findNext(state, now) : null;
  if (next === null) {
    const last = batch.at(-1);
    return last === undefined ? [] : [record({ type: 'batch.closed', task: last.task.id })];
  }
  const top = topOf(line);
  const behind = top === null ? null : { task: top.ts.task.id, commit: top.commit };
  const name = `${next.task.id}/${next.attempts}/build-candidate`;
  const key = behind === null ? name : `${name}/${behind.commit}`;
  return [{ kind: 'build-candidate', key, task: next.task.id, attempt: next.attempts, behind }];
}

/** The first that may join the batch. What lacks people's word is only put onto the target: nothing lands with that. */
function findNext(state: RunState, now: RunMs): TaskState | null {
  const { line } = state.index;
  const [first] = line.batch;
  if (first !== undefined && needsApproval(state, first)) return null;
  return firstReady(
    line,
    (ts) =>
      isResting(ts, 'build-candidate', now) ||
      findClash(state, ts) !== null ||
      (first !== undefined && needsApproval(state, ts)),
  );
}

/** Finds the first who fails: the longest part that passes lands, and who is left at the front is tried alone once more. */
function probe(state: RunState, now: RunMs): readonly Effect[] {
  const { batch } = state.index.line;
  const failing = countFailing(state.index.line);
  return placesToProbe({ failing, size: batch.length, slots: state.policy.limits.landingSlots }).flatMap(
    (place) => verifyStep(batch[place - 1], now),
  );
}

/** How many of the batch, from its front, are tried together, for each slot; `failing` of them are known to fail, null: not known. */
export function placesToProbe(of: {
  readonly failing: number | null;
  readonly size: number;
  readonly slots: number;
}): readonly number[] {
  const { failing, size, slots } = of;
  if (failing === 1) return [1];
  const parts =
    failing === null
      ? Array.from({ length: slots }, (_, at) => Math.ceil((size * (slots - at)) / slots))
      : Array.from({ length: slots }, (_, at) => Math.round((failing * (at + 1)) / (slots + 1)));
  const most = failing === null ? size : failing - 1;
  return [...new Set(parts.map((part) => Math.min(most, Math.max(1, part))))];
}

function verifyStep(ts: TaskState | undefined, now: RunMs): readonly WorkEffect[] {
  if (ts?.candidate == null || isResting(ts, 'verify-candidate', now)) return [];
  const { commit, tree } = ts.candidate;
  const again = ts.candidateRejected === null ? '' : '/again';
  const key = `${ts.task.id}/${ts.attempts}/verify-candidate/${commit}${again}`;
  const of = { task: ts.task.id, attempt: ts.attempts };
  return [{ kind: 'verify-candidate', key, ...of, commit, tree }];
}

/** Lands the first of the batch that passed together, by one move of the target. */
function landStep(state: RunState, passed: number, now: RunMs): readonly WorkEffect[] {
  if (isForgeResting(state, now)) return [];
  const together = state.index.line.batch.slice(0, passed);
  const [first] = together;
  const last = together.at(-1);
  if (first?.candidate == null || last?.candidate == null || isResting(last, 'land-candidate', now))
    return [];
  const { commit } = last.candidate;
  return [
    {
      kind: 'land-candidate',
      key: `${last.task.id}/${last.attempts}/land-candidate/${commit}`,
      task: last.task.id,
      attempt: last.attempts,
      commit,
      base: first.candidate.base,
      tasks: together.map((ts) => ts.task.id),
    },
  ];
}

/** What becomes of a task that cannot land as it is; null: there is none. */
function choose(state: RunState, now: RunMs): Event | null {
  const ts = firstTroubled(state.index.line);
  return ts === null ? null : failAttempt(state, ts, complainOf(state, ts), now);
}

function complainOf(state: RunState, ts: TaskState): Trouble {
  const { candidateRejected, trouble } = ts;
  if (trouble !== null && trouble.count >= MAX_TROUBLE)
    return { cause: 'landing-blocked', detail: trouble.detail };
  if (ts.conflict !== null) return complainOfConflict(state, ts);
  if (candidateRejected !== null) {
    const timedOut = candidateRejected.gates.some((gate) => gate.exit === null);
    return { cause: timedOut ? 'gate-timeout' : 'gate-failed', detail: candidateRejected.excerpt };
  }
  if (ts.rewritten !== null) return complainOfRewriting(state, ts.rewritten);
  if (ts.moved !== null) return complainOfMove(ts.attempt?.branch ?? '', ts.moved);
  throw new Error('Internal error: nothing to complain of');
}

/** Says that somebody moved a branch that was verified. */
export function complainOfMove(branch: string, { from, to }: NonNullable<TaskState['moved']>): Trouble {
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

function record(event: Event): RecordEffect {
  return { kind: 'record', event };
}
