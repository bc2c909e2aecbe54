// That a task has landed by the candidate it has, as a fact. Looks at nothing.
import type { Event } from '../../core/event.ts';
import type { Policy, TaskId } from '../../core/model.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext } from '../perform.ts';

/** That a task has landed, as a fact. */
export function sayLanded(
  { state }: Pick<EffectContext, 'state'>,
  task: TaskId,
  { ref, detour }: { readonly ref: string; readonly detour: string | null },
): Event {
  const { candidate } = taskOf(state, task);
  if (candidate === null) throw new Error('Internal error: nothing to land');
  const { commit, tree, base, empty } = candidate;
  const of = { task, commit, tree, base, ref, by: 'weft' as const };
  return { type: 'task.landed', ...of, detour: empty ? 'nothing was left to land' : detour };
}

/** Says that it was merged at the forge as what nobody had verified. */
export function describeOther({ target }: Policy): string {
  return `somebody moved ${target} in the moment of the merge, so another tree landed than the one that was verified`;
}
