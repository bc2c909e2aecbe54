// Clears a task's worktree, branch and refs away; what did not land is kept under a rescue ref first.
import type { Effect } from '../../core/effect.ts';
import { ok } from '../../core/failure.ts';
import {
  branchOf,
  candidateRefOf,
  forgeRefOf,
  landedRefOf,
  rescueRefOf,
  sharedRefOf,
} from '../../core/names.ts';
import { wasStarted } from '../../core/role.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { attemptDirOf, mayMeetOthers, readingOf, reasonOf, worktreeOf } from '../places.ts';
import { clearForge } from './clear-forge.ts';
import { findMove } from './find-move.ts';
import { endProcesses } from './stop-attempt.ts';

type SweepTask = Extract<Effect, { kind: 'sweep-task' }>;

/** Performs `sweep-task`. */
export async function sweepTask(effect: SweepTask, context: EffectContext): Performed {
  const { parts, state } = context;
  const ts = taskOf(state, effect.task);
  await endProcesses(effect, context);
  await parts.files.remove(attemptDirOf(parts.places, effect.task, 0));
  if (ts.history.some((past) => past.role !== 'implement')) {
    const gone = await parts.git.removeCheckout(readingOf(parts.places, effect.task));
    if (!gone.ok) return gone;
  }
  if (state.policy.isolation === 'shared') {
    await parts.git.unpin(sharedRefOf(state, effect.task));
    return ok([{ type: 'task.swept', task: effect.task, rescue: null, kept: null }]);
  }
  const landed = ts.phase === 'merged' ? (ts.attempt?.inspected?.head ?? null) : null;
  // squashed or rebased, the agent's own commits are on no branch any more: they stay to be looked at
  if (landed !== null) await parts.git.pin(landedRefOf(state, effect.task), landed);
  // a branch that was moved holds something else: what was verified is kept beside it
  else await findMove(context, ts);
  const removed = await parts.git.removeWorktree({
    path: worktreeOf(parts.places, state.policy, effect.task),
    branch: ts.attempt?.branch ?? branchOf(state, effect.task),
    landed,
    rescue: rescueRefOf(state, effect.task),
    reason: reasonOf(state, effect.task),
    ...(mayMeetOthers(state.policy) && !wasStarted(ts) ? { isFirst: true } : {}),
  });
  if (!removed.ok) return removed;
  await parts.git.unpin(candidateRefOf(state, effect.task));
  await parts.git.unpin(forgeRefOf(state, effect.task));
  if (parts.forge !== null && !ts.wipe) {
    const cleared = await clearForge(context, { task: effect.task, forge: parts.forge });
    if (!cleared.ok) return cleared;
  }
  return ok([{ type: 'task.swept', task: effect.task, ...removed.value }]);
}
