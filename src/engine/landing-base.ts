// Looks whether a tip holds what a task depends on: what landed beside the target may not be there yet. Changes nothing.
import type { Event } from '../core/event.ts';
import type { Oid, TaskId } from '../core/model.ts';
import { type RunState, type TaskState, taskOf } from '../core/state.ts';
import type { GitPort } from '../ports/git.ts';

type Git = Pick<GitPort, 'isAncestor' | 'landingTip'>;

/** A dependency of the task that landed beside the target and that the tip lacks, with the ref that has it; or null. */
export async function findLacking(
  git: Git,
  state: RunState,
  of: { readonly ts: TaskState; readonly tip: Oid },
): Promise<{ readonly on: TaskId; readonly ref: string } | null> {
  for (const { task: on } of of.ts.task.edges) {
    const { landed } = taskOf(state, on);
    if (landed === null || landed.ref === state.policy.target) continue;
    if (!(await git.isAncestor({ ancestor: landed.commit, of: of.tip }))) return { on, ref: landed.ref };
  }
  return null;
}

/** Tasks whose landing was held and need not be any more, as facts. */
export async function findFreed(git: Git, state: RunState): Promise<readonly Event[]> {
  const held = [...state.index.line.held];
  if (held.length === 0) return [];
  const tip = await git.landingTip(state.policy.target);
  if (!tip.ok) return [];
  const events: Event[] = [];
  for (const ts of held) {
    const lacking = await findLacking(git, state, { ts, tip: tip.value.oid });
    if (lacking === null) events.push({ type: 'landing.freed', task: ts.task.id });
  }
  return events;
}
