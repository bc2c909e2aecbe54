// That a task has landed by the candidate it has, as a fact. Looks at nothing.
import type { Event } from '../../core/event.ts';
import type { TaskId } from '../../core/model.ts';
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
