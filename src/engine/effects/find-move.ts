// Tells whether a task's branch is still where its work was verified: who moves it meanwhile has something in mind.
import type { Event } from '../../core/event.ts';
import { rescueRefOf } from '../../core/names.ts';
import type { TaskState } from '../../core/state.ts';
import type { EffectContext } from '../perform.ts';

type BranchMoved = Extract<Event, { readonly type: 'branch.moved' }>;

/** The move of the branch that nobody was asked about yet, as a fact, or null. What was verified is kept by then. */
export async function findMove(
  context: Pick<EffectContext, 'parts' | 'state'>,
  ts: TaskState,
): Promise<BranchMoved | null> {
  const { parts, state } = context;
  const { attempt, moved } = ts;
  // who shares a worktree has no branch
  if (state.policy.isolation === 'shared' || attempt?.inspected == null) return null;
  const from = attempt.inspected.head;
  const to = await parts.git.resolve(`refs/heads/${attempt.branch}`);
  if (to === from || moved?.to === to) return null;
  const ahead = to !== null && (await parts.git.isAncestor({ ancestor: from, of: to }));
  if (!ahead) await parts.git.pin(`${rescueRefOf(state, ts.task.id)}/${from.slice(0, 12)}`, from);
  return { type: 'branch.moved', task: ts.task.id, from, to, ahead };
}
