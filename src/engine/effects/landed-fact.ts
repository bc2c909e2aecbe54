// That a task has landed by the candidate it has, as a fact. Looks at nothing.
import type { Event } from '../../core/event.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { Policy, TaskId } from '../../core/model.ts';
import { type CandidateState, taskOf } from '../../core/state.ts';
import type { EffectContext } from '../perform.ts';

/** How tasks landed. */
interface Way {
  readonly ref: string;
  readonly detour: string | null;
}

/**
 * Takes down by which candidates tasks are about to land; what it gives says, as facts, that they did. By then the state
 * may know others: who looks at the forge may have seen that some are merged, and what stood on them is tried anew.
 */
export function noteLanding(
  { state }: Pick<EffectContext, 'state'>,
  tasks: readonly TaskId[],
): (way: Way) => readonly Event[] {
  const noted = tasks.map((task) => {
    const { candidate } = taskOf(state, task);
    if (candidate === null) throw new Error('Internal error: nothing to land');
    return { task, candidate };
  });
  return (way) =>
    noted
      .filter(({ task }) => !isTerminal(taskOf(state, task).phase))
      .map(({ task, candidate }) => sayLanded(task, candidate, way));
}

function sayLanded(task: TaskId, candidate: CandidateState, { ref, detour }: Way): Event {
  const { commit, tree, base, empty } = candidate;
  const of = { task, commit, tree, base, ref, by: 'weft' as const };
  return { type: 'task.landed', ...of, detour: empty ? 'nothing was left to land' : detour };
}

/** Says that it was merged at the forge as what nobody had verified. */
export function describeOther({ target }: Policy): string {
  return `somebody moved ${target} in the moment of the merge, so another tree landed than the one that was verified`;
}
