// What the answers of planners and reviewers do to a task. Decides nothing: what follows a refusal is a fact of its own.
import type { Event } from '../event.ts';
import { unreachable } from '../failure.ts';
import type { RunMs, WorkPlan } from '../model.ts';
import { type AttemptState, isLive, type TaskState } from '../state.ts';
import { keepGuidance, summarize, uncharge } from './ending.ts';

type AnswerEvent = Extract<
  Event,
  { readonly type: 'attempt.planned' | 'attempt.reviewed' | 'attempt.unanswered' }
>;

/** A human wants the task done without one. */
const NO_PLAN: WorkPlan = { milestones: [], doNotTouch: [] };

/** Applies what a planner or reviewer answered. */
export function evolveAnswer(ts: TaskState, attempt: AttemptState, event: AnswerEvent, ms: RunMs): void {
  if (ts.phase !== 'verifying') return;
  switch (event.type) {
    case 'attempt.unanswered':
      attempt.answer = { kind: 'unanswered', detail: event.detail };
      return;
    case 'attempt.planned':
      if (attempt.role !== 'plan') return;
      if (event.outside.length > 0) {
        attempt.answer = { kind: 'plan', outside: event.outside };
        return;
      }
      ts.plan = event.plan;
      uncharge(ts, attempt);
      keepGuidance(ts, attempt);
      return conclude(ts, attempt, { phase: 'waiting', ms });
    case 'attempt.reviewed':
      if (attempt.verified?.tree !== event.tree) return;
      // told something while it was reviewed: the answer is about work that is not finished
      if (!ts.unreviewed || ts.guidance.length > 0) return;
      if (event.review.status === 'approve') return approve(ts, attempt, ms);
      attempt.answer = { kind: 'review', review: event.review };
      return;
    default:
      unreachable(event);
  }
}

function approve(ts: TaskState, attempt: AttemptState, ms: RunMs): void {
  ts.unreviewed = false;
  ts.requests = [];
  conclude(ts, attempt, { phase: 'committed', ms });
}

function conclude(
  ts: TaskState,
  attempt: AttemptState,
  of: { readonly phase: 'waiting' | 'committed'; readonly ms: RunMs },
): void {
  summarize(ts, attempt, { cause: null, detail: '' }, of.ms);
  ts.feedback = null;
  ts.phase = of.phase;
}

/** A review that wants something else ends the wait for one: there is work to do first. */
export function noteRequest(ts: TaskState, attempt: AttemptState): void {
  if (attempt.answer?.kind !== 'review') return;
  ts.unreviewed = false;
  ts.requests.push(attempt.answer.review.changes);
}

/** A human said something about work that waits for its review: it goes back, and who reviews it is ended. */
export function recallReview(ts: TaskState): void {
  if (!ts.unreviewed) return;
  ts.unreviewed = false;
  ts.retryAt = null;
  if (isLive(ts) && ts.attempt?.role === 'review') ts.attempt.stop ??= 'asked';
}

/** A human takes it upon themselves: the task is done without a plan, or its verified work is good as it is. */
export function passOver(ts: TaskState, attempt: AttemptState): void {
  if (attempt.role === 'plan') {
    ts.plan = NO_PLAN;
    return;
  }
  ts.unreviewed = false;
  ts.requests = [];
  ts.phase = 'committed';
}
