// The next step of a task that has begun: watch, stop, inspect, verify, or judge a failure.
import { isResting } from '../backoff.ts';
import type { EffectKind, RecordEffect, WorkEffect } from '../effect.ts';
import { describeFailed } from '../effect-words.ts';
import type { Event } from '../event.ts';
import { MAX_TROUBLE } from '../limits.ts';
import type { RunMs } from '../model.ts';
import { isLeftOpen } from '../pull-standing.ts';
import { isBudget, shareOfBudget, shareOfRunBudget } from '../spending.ts';
import type { AttemptState, RunState, TaskState } from '../state.ts';
import { deadlineOf } from '../timers.ts';
import { failAttempt, type Trouble } from './judge.ts';
import { askingSteps, committedSteps, pullSteps, queuedSteps, shelvePull, watchPull } from './pull.ts';
import { sweepTask } from './sweep.ts';
import { findRefusal, findTrouble } from './trouble.ts';

/** Works out the steps of tasks that changed; the first choice that is due, or null. It stays due until it is a fact. */
export function chooseStep(state: RunState, now: RunMs): RecordEffect | null {
  const { due, open } = state.index;
  for (const ts of due) {
    const steps = nextSteps(state, ts, now);
    if ('kind' in steps) return steps;
    due.delete(ts);
    // whose steps are new is last: the list is in the order in which they became wanted
    if (!areSame(steps, open.get(ts) ?? [])) open.delete(ts);
    open.set(ts, steps);
  }
  return null;
}

function areSame(one: readonly WorkEffect[], other: readonly WorkEffect[]): boolean {
  return one.length === other.length && one.every(({ key }, at) => key === other[at]?.key);
}

/** The work that tasks ask for, as last worked out, in the order in which it became wanted; after what is to come before it. */
export function listSteps(state: RunState, before: readonly WorkEffect[] = []): WorkEffect[] {
  const listed = [...before];
  for (const steps of state.index.open.values()) for (const step of steps) listed.push(step);
  return listed;
}

/** Steps of one task now, or the choice that comes before any. */
type Steps = readonly WorkEffect[] | RecordEffect;

function nextSteps(state: RunState, ts: TaskState, now: RunMs): Steps {
  const steps = stepsByPhase(state, ts, now);
  return 'kind' in steps ? steps : [...steps, ...shelvePull(state, ts, now)];
}

function stepsByPhase(state: RunState, ts: TaskState, now: RunMs): Steps {
  const given = giveUpOnTrouble(state, ts, now);
  if (given !== null) return record(given);
  const { attempt } = ts;
  switch (ts.phase) {
    case 'spawned':
      return attempt === null ? [] : startStep(state, ts, attempt, now);
    case 'working':
      return attempt === null ? [] : workSteps(state, ts, attempt, now);
    case 'verifying':
      return attempt === null || holdsStill(state, ts) ? [] : verifyStep(state, ts, attempt, now);
    case 'committed':
      return holdsStill(state, ts) ? [] : committedSteps(state, ts, now);
    case 'pr_created':
      return pullSteps(state, ts, { now, isHeld: holdsStill(state, ts) });
    case 'queued':
      return queuedSteps(state, ts, { now, isHeld: holdsStill(state, ts) });
    case 'waiting':
      return ts.wipe || holdsStill(state, ts) ? sweepTask(state, ts, now) : askingSteps(state, ts, now);
    case 'failed':
      return isLeftOpen(ts) ? watchPull(state, ts, now) : [];
    default:
      return sweepTask(state, ts, now);
  }
}

/** A paused task, or a run that ends now, takes no further step of its own. */
function holdsStill(state: RunState, ts: TaskState): boolean {
  return ts.paused || state.stopping === 'stop';
}

function startStep(state: RunState, ts: TaskState, attempt: AttemptState, now: RunMs): Steps {
  const failure = findStartFailure(attempt);
  if (failure !== null) return record(failAttempt(state, ts, failure, now));
  if (attempt.stop !== null) return isResting(ts, 'stop-attempt', now) ? [] : [work(ts, 'stop-attempt')];
  if (shareOfRunBudget(state, now) >= 1) return record(overspend(ts, 'run'));
  return isResting(ts, 'start-attempt', now) ? [] : [work(ts, 'start-attempt')];
}

function workSteps(state: RunState, ts: TaskState, attempt: AttemptState, now: RunMs): Steps {
  const failure = findStartFailure(attempt);
  if (failure !== null) return record(failAttempt(state, ts, failure, now));
  const watch = watchStep(ts, attempt, now);
  if (attempt.stop !== null)
    return isResting(ts, 'stop-attempt', now) ? watch : [...watch, work(ts, 'stop-attempt')];
  const deadline = deadlineOf(state, ts);
  if (deadline !== null && now >= deadline) {
    return record({ type: 'attempt.timed-out', task: ts.task.id, attempt: attempt.n });
  }
  if (shareOfBudget(state, ts) >= 1) return record(overspend(ts, 'task'));
  // who waits for an answer uses nothing up
  if (shareOfRunBudget(state, now) >= 1 && ts.question === null) return record(overspend(ts, 'run'));
  // in a status file that asks, other words would be taken for the answer
  const hears = attempt.steerable === 'file' ? ts.question === null : attempt.steerable;
  const delivers = hears && ts.guidance.length > 0 && !isResting(ts, 'deliver-guidance', now);
  return delivers ? [...watch, work(ts, 'deliver-guidance')] : watch;
}

function overspend({ task, attempts }: TaskState, budget: 'task' | 'run'): Event {
  const of = { task: task.id, attempt: attempts };
  return { type: 'attempt.overspent', ...of, ...(budget === 'run' ? { budget } : {}) };
}

/** An end that was seen is not watched for again; a watch that failed is never given up, only resumed later and later. */
function watchStep(ts: TaskState, attempt: AttemptState, now: RunMs): WorkEffect[] {
  const waits = ts.trouble?.effect === 'watch-attempt' && ts.trouble.retryAt > now;
  return waits || attempt.exit !== null ? [] : [work(ts, 'watch-attempt')];
}

/** An attempt that a human or the run ends did not fail; one whose time is up did. */
function findStartFailure({ startFailure, stop }: AttemptState): Trouble | null {
  return stop === null || isBudget(stop) ? startFailure : null;
}

/** The answer of a planner or reviewer is read as long as nothing speaks against it. */
function answerStep(state: RunState, ts: TaskState, attempt: AttemptState, now: RunMs): Steps {
  const refusal = findRefusal(ts, attempt);
  if (refusal !== null) return record(failAttempt(state, ts, refusal, now));
  return isResting(ts, 'inspect-attempt', now) ? [] : [work(ts, 'inspect-attempt')];
}

function verifyStep(state: RunState, ts: TaskState, attempt: AttemptState, now: RunMs): Steps {
  if (attempt.role !== 'implement') return answerStep(state, ts, attempt, now);
  const { inspected } = attempt;
  if (inspected === null) return isResting(ts, 'inspect-attempt', now) ? [] : [work(ts, 'inspect-attempt')];
  const trouble = findTrouble(ts, attempt);
  if (trouble !== null) return record(failAttempt(state, ts, trouble, now));
  if (isResting(ts, 'verify-attempt', now)) return [];
  return [
    { ...work(ts, 'verify-attempt'), kind: 'verify-attempt', commit: inspected.head, tree: inspected.tree },
  ];
}

/** After the same effect failed too often for reasons outside the task, the attempt ends instead of looping. */
function giveUpOnTrouble(state: RunState, ts: TaskState, now: RunMs): Event | null {
  const { trouble } = ts;
  if (trouble === null || trouble.count < MAX_TROUBLE) return null;
  const detail = `${describeFailed(trouble.effect)}, ${trouble.count} times: ${trouble.detail}`;
  switch (trouble.effect as EffectKind) {
    case 'deliver-guidance':
    case 'watch-attempt':
    case 'watch-pull':
    case 'adopt-push':
      return null;
    case 'shelve-pull':
      // where there are no drafts
      return { type: 'pull.shelved', task: ts.task.id };
    case 'open-pull':
    case 'enqueue-pull':
      return failAttempt(state, ts, { cause: 'landing-blocked', detail: trouble.detail }, now);
    case 'sweep-task':
      return { type: 'task.swept', task: ts.task.id, rescue: null, kept: detail };
    case 'start-attempt':
      return failAttempt(state, ts, { cause: 'start-failed', detail }, now);
    default:
      return failAttempt(state, ts, { cause: 'internal-error', detail }, now);
  }
}

type PlainKind =
  | 'start-attempt'
  | 'watch-attempt'
  | 'stop-attempt'
  | 'deliver-guidance'
  | 'inspect-attempt'
  | 'verify-attempt';

function work<K extends PlainKind>(ts: TaskState, kind: K): Extract<WorkEffect, { kind: K }> & { kind: K } {
  const key = `${ts.task.id}/${ts.attempts}/${kind}`;
  return { kind, key, task: ts.task.id, attempt: ts.attempts } as Extract<WorkEffect, { kind: K }> & {
    kind: K;
  };
}

function record(event: Event): RecordEffect {
  return { kind: 'record', event };
}
