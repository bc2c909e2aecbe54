// Moves the target to a verified commit, by compare-and-swap. The only place where a branch of the user's moves.
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { ok } from '../../core/failure.ts';
import type { TaskId } from '../../core/model.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';

type LandCandidate = Extract<Effect, { kind: 'land-candidate' }>;

/** Performs `land-candidate`: all of its tasks land by one move. */
export async function landCandidate(effect: LandCandidate, context: EffectContext): Performed {
  const { parts, state } = context;
  const { commit, base, tasks } = effect;
  const { target } = state.policy;
  if (commit === base) return ok(tasks.map((task) => say(context, task, { ref: target, detour: null })));
  const others = tasks.length > 1 ? ` and ${tasks.length - 1} before it` : '';
  const note = `weft: land ${effect.task}${others}`;
  const landing = await parts.git.land({ branch: target, from: base, to: commit, note });
  if (!landing.ok) return landing;
  if (landing.value.kind === 'stale') {
    return ok([{ type: 'landing.stale', task: effect.task, actual: landing.value.actual }]);
  }
  const { ref, detour } = landing.value;
  return ok(tasks.map((task) => say(context, task, { ref, detour })));
}

/** That a task has landed, as a fact. */
function say(
  { state }: EffectContext,
  task: TaskId,
  { ref, detour }: { readonly ref: string; readonly detour: string | null },
): Event {
  const { candidate } = taskOf(state, task);
  if (candidate === null) throw new Error('Internal error: nothing to land');
  const { commit, tree, base, empty } = candidate;
  const of = { task, commit, tree, base, ref, by: 'weft' as const };
  return { type: 'task.landed', ...of, detour: empty ? 'nothing was left to land' : detour };
}
