// Moves the target to a verified commit, by compare-and-swap. The only place where a branch of the user's moves.
import type { Effect } from '../../core/effect.ts';
import { ok } from '../../core/failure.ts';
import { isWatched } from '../../core/source.ts';
import type { RunState } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { landAtForge, landNothing } from './land-at-forge.ts';
import { noteLanding } from './landed-fact.ts';

type LandCandidate = Extract<Effect, { kind: 'land-candidate' }>;

/** Plans in which their own tasks are ticked off. */
function listWritten({ sources }: RunState): readonly string[] {
  return sources.flatMap((spec) => ('path' in spec && isWatched(spec) ? [spec.path] : []));
}

/** Performs `land-candidate`: all of its tasks land by one move. */
export async function landCandidate(effect: LandCandidate, context: EffectContext): Performed {
  const { parts, state } = context;
  const { commit, base, tasks } = effect;
  const { target } = state.policy;
  if (commit === base && parts.forge !== null) return landNothing(effect, context);
  const sayLanded = noteLanding(context, tasks);
  if (commit === base) return ok(sayLanded({ ref: target, detour: null }));
  const others = tasks.length > 1 ? ` and ${tasks.length - 1} before it` : '';
  const note = `weft: land ${effect.task}${others}`;
  if (parts.forge !== null) return landAtForge(effect, context, parts.forge);
  const kept = listWritten(state);
  const landing = await parts.git.land({ branch: target, from: base, to: commit, note, kept });
  if (!landing.ok) return landing;
  if (landing.value.kind === 'stale') {
    return ok([{ type: 'landing.stale', task: effect.task, actual: landing.value.actual }]);
  }
  const { ref, detour } = landing.value;
  return ok(sayLanded({ ref, detour }));
}
