// Names of branches, folders and refs, made from ids that nobody can be trusted to have chosen well.
import type { RunId, TaskId } from './model.ts';
import { slugId } from './plan/slug.ts';
import type { RunState } from './state.ts';

/** Branch a task works on: the policy's pattern with run and task filled in. */
export function branchOf(state: RunState, task: TaskId): string {
  return fillIn(state.policy.worktrees.branch, state.run, task);
}

function fillIn(pattern: string, run: RunId | null, task: TaskId): string {
  return pattern.replaceAll('{run}', run ?? 'run').replaceAll('{task}', slugId(task));
}

/** Environment tag by which the processes of an attempt are found again. */
export function tagOf(run: RunId, task: TaskId, attempt: number): string {
  return `${run}/${slugId(task)}/${attempt}`;
}

/** Ref below which the unlanded work of a task is kept. */
export function rescueRefOf(run: RunId, task: TaskId): string {
  return `refs/weft/rescue/${run}/${slugId(task)}`;
}

/** Ref that keeps a candidate reachable while it is being checked. */
export function candidateRefOf(run: RunId, task: TaskId): string {
  return `refs/weft/cand/${run}/${slugId(task)}`;
}
