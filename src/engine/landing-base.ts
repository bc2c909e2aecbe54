// Looks whether the target holds what it should before something lands on it: what was there, and what the task depends
// on. Changes nothing.
import type { Event } from '../core/event.ts';
import type { Oid, TaskId } from '../core/model.ts';
import { targetRefOf } from '../core/names.ts';
import { type RunState, type TaskState, taskOf } from '../core/state.ts';
import type { GitPort, LandingTip } from '../ports/git.ts';
import { lookAtLanded } from './landed-work.ts';

type Git = Pick<GitPort, 'isAncestor' | 'landingTip'>;

const MAX_NAMED = 100;

/** That somebody rewrote the target and no human said yet what that means, as a fact; or null. */
export async function findRewriting(
  git: Pick<GitPort, 'isAncestor' | 'resolve'>,
  state: RunState,
  of: {
    readonly task: TaskId;
    readonly tip: LandingTip;
    /** What the target held for sure when the tip was asked for. */
    readonly held: Oid | null;
  },
): Promise<Event | null> {
  const { target } = state.policy;
  // people may have said in the meantime that it is well as it is
  const from = state.targetHolds === null ? null : of.held;
  // the very commit that is built upon, or the target may be rewritten between two looks
  const to = of.tip.ref === target ? of.tip.oid : await git.resolve(targetRefOf(state.policy));
  if (from === null || to === null || to === from) return null;
  if (await git.isAncestor({ ancestor: from, of: to })) return null;
  const { gone } = await lookAtLanded(git, state);
  return {
    type: 'target.rewritten',
    task: of.task,
    from,
    to,
    gone: gone.map((each) => each.task).slice(0, MAX_NAMED),
  };
}

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
