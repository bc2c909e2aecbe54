// Reads what a planner or reviewer answered. Whether the answer is taken is decided by others.
import { join } from 'node:path';
import { findOutside } from '../../core/claim/match.ts';
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { ok } from '../../core/failure.ts';
import type { WorkPlan } from '../../core/model.ts';
import { patternsOf } from '../../core/schedule-index.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { attemptDirOf } from '../places.ts';
import { endProcesses } from './stop-attempt.ts';

type InspectAttempt = Extract<Effect, { kind: 'inspect-attempt' }>;

const MAX_OUTSIDE = 100;

/** Performs `inspect-attempt` for an attempt that only reads. */
export async function readAnswer(effect: InspectAttempt, context: EffectContext): Performed {
  const { parts, state } = context;
  const { attempt } = taskOf(state, effect.task);
  // who goes on writing could change the answer after it was read
  await endProcesses(effect, context);
  const dir = attemptDirOf(parts.places, effect.task, effect.attempt);
  const places = { resultFile: join(dir, 'result.json'), outputFile: join(dir, 'out.jsonl') };
  const of = { task: effect.task, attempt: effect.attempt };
  const unanswered = (detail: string): Event => ({ type: 'attempt.unanswered', ...of, detail });
  if (attempt?.role === 'plan') {
    const plan = await parts.readPlan(places);
    if (!plan.ok) return ok([unanswered(plan.failure.sentence)]);
    const outside = findOutsidePlan(effect, context, plan.value);
    return ok([{ type: 'attempt.planned', ...of, plan: plan.value, outside }]);
  }
  if (attempt?.verified == null) throw new Error('Internal error: nothing was verified to be reviewed');
  const review = await parts.readReview(places);
  if (!review.ok) return ok([unanswered(review.failure.sentence)]);
  return ok([{ type: 'attempt.reviewed', ...of, tree: attempt.verified.tree, review: review.value }]);
}

/** Files that a plan expects to change although the task does not own them. */
function findOutsidePlan(
  effect: InspectAttempt,
  { state }: EffectContext,
  plan: WorkPlan,
): readonly string[] {
  if (taskOf(state, effect.task).task.owns === null) return [];
  const patterns = patternsOf(state, taskOf(state, effect.task));
  const expected = new Set(plan.milestones.flatMap(({ filesExpected }) => filesExpected));
  return findOutside(patterns, [...expected]).slice(0, MAX_OUTSIDE);
}
