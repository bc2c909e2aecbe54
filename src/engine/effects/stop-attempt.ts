// Ends an agent and all it started. What to do with the task afterwards is not decided here.
import type { Effect } from '../../core/effect.ts';
import { ok } from '../../core/failure.ts';
import type { Role, TaskId } from '../../core/model.ts';
import { tagOf } from '../../core/names.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { attemptDirOf, mayMeetOthers, readingOf, reasonOf, worktreeOf } from '../places.ts';

type StopAttempt = Extract<Effect, { kind: 'stop-attempt' }>;

/** Performs `stop-attempt`. */
export async function stopAttempt(effect: StopAttempt, context: EffectContext): Performed {
  const survivors = await endProcesses(effect, context);
  const { parts } = context;
  const report = await parts.readSession(attemptDirOf(parts.places, effect.task, effect.attempt));
  const heard = report === null ? {} : { heard: report.heard };
  return ok([{ type: 'attempt.stopped', task: effect.task, attempt: effect.attempt, survivors, ...heard }]);
}

/** Ends every process of the attempt, known or only tagged; gives the pids that survived. */
export async function endProcesses(
  of: Pick<StopAttempt, 'task' | 'attempt'>,
  context: EffectContext,
): Promise<readonly number[]> {
  const { parts, state } = context;
  const tag = tagOf(state, of.task, of.attempt);
  const dir = attemptDirOf(parts.places, of.task, of.attempt);
  const seen = await parts.process.inspect({ dir, tag });
  const attempt = taskOf(state, of.task).attempt;
  const known = attempt?.identity ?? null;
  return parts.process.killTree({
    identity: seen.kind === 'alive' ? seen.identity : known,
    tag,
    cwd: await placeOf(context, of.task, attempt?.role ?? 'implement'),
    graceMs: state.policy.limits.graceMs,
  });
}

/** Folder in which only processes of the attempt may be; null: others' may be there as well. */
async function placeOf({ parts, state }: EffectContext, task: TaskId, role: Role): Promise<string | null> {
  if (role !== 'implement') return readingOf(parts.places, task);
  if (state.policy.isolation === 'shared') return null;
  const path = worktreeOf(parts.places, state.policy, task);
  if (!mayMeetOthers(state.policy)) return path;
  const reason = reasonOf(state, task);
  const listed = await parts.git.listWorktrees();
  return listed.find(({ lockReason }) => lockReason === reason)?.path ?? null;
}
