// Moves the target to a verified commit, by compare-and-swap. The only place where a branch of the user's moves.
import type { Effect } from '../../core/effect.ts';
import { ok } from '../../core/failure.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';

type LandCandidate = Extract<Effect, { kind: 'land-candidate' }>;

/** Performs `land-candidate`. */
export async function landCandidate(effect: LandCandidate, context: EffectContext): Performed {
  const { parts, state } = context;
  const candidate = taskOf(state, effect.task).candidate;
  if (candidate === null) throw new Error('Internal error: nothing to land');
  const { commit, base } = effect;
  const of = { task: effect.task, tree: candidate.tree, base, by: 'weft' as const };
  const target = state.policy.target;
  if (candidate.empty) {
    return ok([
      { type: 'task.landed', ...of, commit: base, ref: target, detour: 'nothing was left to land' },
    ]);
  }
  const note = `weft: land ${effect.task}`;
  const landing = await parts.git.land({ branch: target, from: base, to: commit, note });
  if (!landing.ok) return landing;
  if (landing.value.kind === 'stale') {
    return ok([{ type: 'landing.stale', task: effect.task, actual: landing.value.actual }]);
  }
  const { ref, detour } = landing.value;
  return ok([{ type: 'task.landed', ...of, commit, ref, detour }]);
}
