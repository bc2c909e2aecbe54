// Takes up what somebody put onto the branch of a task at the forge: it is brought here, and what was verified is kept beside it.
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import { forgeRefOf, rescueRefOf } from '../../core/names.ts';
import { isMeant } from '../../core/pull-standing.ts';
import { type TaskState, taskOf } from '../../core/state.ts';
import type { EffectFailure } from '../forge-failure.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { findMove } from './find-move.ts';
import { asResult, forgeOf } from './forge-call.ts';

type AdoptPush = Extract<Effect, { kind: 'adopt-push' }>;

/** What a look at the forge needs. */
export type Looking = Pick<EffectContext, 'parts' | 'state'>;

/** Performs `adopt-push`. */
export async function adoptPush(effect: AdoptPush, context: EffectContext): Performed {
  const { state } = context;
  const ts = taskOf(state, effect.task);
  const { pull, attempt } = ts;
  if (pull?.note == null || attempt === null) throw new Error('Internal error: nobody pushed anything');
  const into = forgeRefOf(state, effect.task);
  const fetched = await forgeOf(context).fetch({ branch: attempt.branch, into });
  if (!fetched.ok) return asResult(fetched);
  const at = fetched.value;
  if (at === null) return fail({ kind: 'environment', sentence: `The forge has no ${attempt.branch} now.` });
  if (!isMeant(pull, at)) return adoptWork(context, ts, at);
  // what was seen there is not there any more: nothing of it counts
  const seen = { failing: [], waiting: [], ignored: [], reported: 0, isMergeable: null };
  const note = { ...pull.note, ...seen, head: at };
  return ok([{ type: 'pull.noted', task: effect.task, note, remarks: [] }]);
}

/** Moves the branch here to what is on the one there; who moved the one here is heard first. */
export async function adoptWork(
  context: Looking,
  ts: TaskState,
  to: Oid,
): Promise<Result<readonly Event[], EffectFailure>> {
  const { parts, state } = context;
  const from = ts.attempt?.inspected?.head;
  if (ts.attempt === null || from === undefined) throw new Error('Internal error: there is no work yet');
  const move = await findMove(context, ts);
  if (move !== null) return ok([move]);
  // where people said that they want it may be somewhere else than the work they let land
  const at = ts.moved === null ? from : ts.moved.to;
  if (at === null) return ok([{ type: 'branch.moved', task: ts.task.id, from, to: null, ahead: false }]);
  const ahead = await parts.git.isAncestor({ ancestor: from, of: to });
  for (const kept of new Set([from, at]))
    if (!(await parts.git.isAncestor({ ancestor: kept, of: to })))
      await parts.git.pin(`${rescueRefOf(state, ts.task.id)}/${kept.slice(0, 12)}`, kept);
  const moved = await parts.git.moveBranch({ branch: ts.attempt.branch, from: at, to });
  if (!moved.ok) return moved;
  if (!moved.value)
    return fail({ kind: 'environment', sentence: `Somebody moves ${ts.attempt.branch} here.` });
  return ok([{ type: 'branch.moved', task: ts.task.id, from, to, ahead, atForge: true }]);
}
