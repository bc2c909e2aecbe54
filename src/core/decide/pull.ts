// What becomes of work whose pull request is open: it waits, goes back to its agent, or goes on to land. Calls nobody.
import { isForgeResting, isResting } from '../backoff.ts';
import { isLanding } from '../batch.ts';
import type { EffectKind, RecordEffect, WorkEffect } from '../effect.ts';
import type { Event } from '../event.ts';
import type { RunMs } from '../model.ts';
import type { PullRecord, PullRemark, PullVerdict } from '../pull.ts';
import { isAsking, isOut, isToBeShelved, settleTimeOf, verdictOf } from '../pull-standing.ts';
import type { RunState, TaskState } from '../state.ts';
import { complainOfConflict } from './conflict.ts';
import { failAttempt } from './judge.ts';
import { complainOfMove } from './queue.ts';
import { becomesPull, needsApproval, submit } from './submit.ts';

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
  if (verdict.kind === 'moved') return [...watch, ...adoptPush(state, ts, now)];
  const mayGoOn = verdict.kind === 'merge' && !needsApproval(state, ts) && state.hasMergeQueue;
  if (!mayGoOn || isForgeResting(state, now) || isResting(ts, 'enqueue-pull', now)) return watch;
  const { head } = ts.pull;
  const key = `${ts.task.id}/${ts.attempts}/enqueue-pull/${head}`;
  return [...watch, { kind: 'enqueue-pull', key, task: ts.task.id, attempt: ts.attempts, head }];
}

/** The steps of a task about which people are asked: they may have said it at the forge. */
export function askingSteps(
  state: RunState,
  ts: TaskState,
  now: RunMs,
): readonly WorkEffect[] | RecordEffect {
  if (!isAsking(ts)) return [];
  const isClosed = verdictOf(state, ts, now)?.kind === 'over';
  if (isClosed) return { kind: 'record', event: { type: 'task.cancelled', task: ts.task.id } };
  return watchPull(state, ts, now);
}

/** The steps of a task that is about to land beside the landing itself, or the choice that comes before any. */
export function queuedSteps(
  state: RunState,
  ts: TaskState,
  of: { readonly now: RunMs; readonly isHeld: boolean },
): readonly WorkEffect[] | RecordEffect {
  const { now, isHeld } = of;
  const watch = watchPull(state, ts, now);
  const verdict = verdictOf(state, ts, now);
  // what is landing cannot be called back
  if (verdict === null || isHeld || isLanding(state.index.line, ts)) return watch;
  if (verdict.kind === 'over' && verdict.state === 'closed')
    return { kind: 'record', event: { type: 'task.cancelled', task: ts.task.id } };
  if (isUnasked(ts)) return { kind: 'record', event: askWhoseWork(state, ts, now) };
  if (verdict.kind === 'moved') return [...watch, ...adoptPush(state, ts, now)];
  const settledAt = settleTimeOf(state, ts);
  if (ts.pull === null || !isOut(ts.pull) || settledAt === null || now < settledAt) return watch;
  const why = ts.pull.note?.dequeued ?? 'it does not say why';
  const detail = `The merge queue of the forge let go of it: ${why}.`;
  return { kind: 'record', event: failAttempt(state, ts, { cause: 'ci-failed', detail }, now) };
}

/** What becomes of verified work: people's deeds come first, then it is offered or queued. */
export function committedSteps(
  state: RunState,
  ts: TaskState,
  now: RunMs,
): readonly WorkEffect[] | RecordEffect {
  if (!becomesPull(state, ts)) return submit(state, ts, now);
  if (ts.pull?.note?.state === 'closed')
    return { kind: 'record', event: { type: 'task.cancelled', task: ts.task.id } };
  if (isUnasked(ts)) return { kind: 'record', event: askWhoseWork(state, ts, now) };
  return submit(state, ts, now);
}

/** Tells whether somebody moved its branch, and nobody has said yet what that means. */
function isUnasked({ moved, attempt }: TaskState): boolean {
  return moved !== null && attempt?.accepted !== true;
}

function askWhoseWork(state: RunState, ts: TaskState, now: RunMs): Event {
  if (ts.moved === null) throw new Error('Internal error: nobody moved it');
  return failAttempt(state, ts, complainOfMove(ts.attempt?.branch ?? '', ts.moved), now);
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
  if (isUnasked(ts)) return askWhoseWork(state, ts, now);
  // what somebody put there is brought here first
  if (verdict.kind === 'moved') return null;
  if (pull.pending.length > 0) return tellRemarks(ts, pull.pending);
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
      if (ts.conflict !== null) return failAttempt(state, ts, complainOfConflict(state, ts), now);
      // it merges here, where its own part of it is known: as that, it will merge there too
      return needsApproval(state, ts) && !isToBeOffered(state, ts)
        ? null
        : { type: 'task.queued', task: ts.task.id };
    case 'changes-requested':
      // what was asked for was told and acted on: who asked has to look again
      return null;
  }
}

/** Tells whether work is to be put onto the target, once, for people to merge it there. */
function isToBeOffered({ index }: RunState, { order, pull, attempt }: TaskState): boolean {
  return index.unlanded[order] === 0 && pull?.head === attempt?.inspected?.head;
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
  if (ts.pull === null || isForgeResting(state, now) || isLater(ts, 'watch-pull', now)) return [];
  const key = `${ts.task.id}/${ts.attempts}/watch-pull/${ts.pull.number}`;
  return [{ kind: 'watch-pull', key, task: ts.task.id, attempt: ts.attempts }];
}

/** Brings here what somebody put onto its branch. */
function adoptPush(state: RunState, ts: TaskState, now: RunMs): readonly WorkEffect[] {
  if (ts.pull === null || isForgeResting(state, now) || isLater(ts, 'adopt-push', now)) return [];
  const key = `${ts.task.id}/${ts.attempts}/adopt-push/${ts.pull.note?.head}`;
  return [{ kind: 'adopt-push', key, task: ts.task.id, attempt: ts.attempts }];
}

/** Tells whether the effect failed a moment ago; it is never given up, only begun again later and later. */
function isLater({ trouble }: TaskState, kind: EffectKind, now: RunMs): boolean {
  return trouble?.effect === kind && trouble.retryAt > now;
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
  if (ts.phase !== 'pr_created') return false;
  const verdict = verdictOf(state, ts, state.index.now);
  return verdict?.kind === 'merge' || (verdict !== null && mergesHere(ts, verdict));
}

/** Tells whether the forge cannot merge it as it is there, and weft can, or will once what it stands on has landed. */
export function mergesHere({ conflict }: TaskState, verdict: PullVerdict): boolean {
  return verdict.kind === 'return' && verdict.cause === 'conflict' && conflict === null;
}

/** Tells whether only people can say how it goes on: at the forge, or with `weft approve`. */
export function waitsForPeople(state: RunState, ts: TaskState, now: RunMs): boolean {
  if (ts.phase !== 'pr_created') return false;
  const verdict = verdictOf(state, ts, now);
  if (verdict === null || ts.pull === null) return false;
  if (ts.paused) return true;
  if (verdict.kind === 'merge') return needsApproval(state, ts);
  if (verdict.kind === 'wait') return verdict.on === 'review';
  if (verdict.kind !== 'return') return false;
  if (verdict.cause === 'conflict') return needsApproval(state, ts);
  return verdict.cause === 'changes-requested' && ts.pull.pending.length === 0;
}
