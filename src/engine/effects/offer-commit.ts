// Moves the branch of a task at the forge, from nothing but what weft itself or the task's own work has there.
import { ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import { forgeRefOf, rescueRefOf } from '../../core/names.ts';
import type { TaskState } from '../../core/state.ts';
import type { EffectFailure } from '../forge-failure.ts';
import type { EffectContext } from '../perform.ts';
import { adoptWork, type Looking } from './adopt-push.ts';
import { asResult, forgeOf } from './forge-call.ts';

/**
 * Puts a commit onto the branch of a task at the forge. Null: it is there; facts: somebody has put something there, which is
 * taken up first.
 */
export async function offerCommit(
  context: EffectContext,
  ts: TaskState,
  commit: Oid,
): Promise<Result<Parameters<EffectContext['emit']>[0] | null, EffectFailure>> {
  const forge = forgeOf(context);
  const branch = ts.attempt?.branch ?? '';
  const expected = ts.pull === null ? null : (ts.pull.note?.head ?? ts.pull.head);
  const isKnown = expected === null || isOwn(ts, expected);
  if (isKnown) {
    if (expected !== null && expected === ts.pull?.head)
      await keepReplaced(context, ts, { expected, commit });
    const pushed = await forge.push({ branch, commit, expected });
    if (pushed.ok) return ok(null);
    if (pushed.failure.kind !== 'refused') return asResult(pushed);
  }
  // an engine that was killed may have put there what it could not write down any more
  const into = forgeRefOf(context.state, ts.task.id);
  const fetched = await forge.fetch({ branch, into });
  if (!fetched.ok) return asResult(fetched);
  const at = fetched.value;
  if (at === commit) return ok(null);
  if (at !== null && !(await mayReplace(context, ts, at))) return adoptWork(context, ts, at);
  if (at !== null) await keepReplaced(context, ts, { expected: at, commit });
  const again = await forge.push({ branch, commit, expected: at });
  return again.ok ? ok(null) : asResult(again);
}

/** What a push takes off the branch is kept here. */
async function keepReplaced(
  context: Looking,
  { task }: TaskState,
  { expected, commit }: { readonly expected: Oid; readonly commit: Oid },
): Promise<void> {
  if (await isBelow(context, expected, commit)) return;
  const ref = `${rescueRefOf(context.state, task.id)}/${expected.slice(0, 12)}`;
  await context.parts.git.pin(ref, expected);
}

/** Tells whether weft may have put a commit there. */
function isOwn({ pull, offered }: TaskState, commit: Oid): boolean {
  return offered.includes(commit) || commit === pull?.head || pull?.ours.includes(commit) === true;
}

/** Tells whether nobody misses a commit that is replaced: it is weft's, in the work, or people said that the work counts. */
async function mayReplace(context: Looking, ts: TaskState, at: Oid): Promise<boolean> {
  const { moved, attempt } = ts;
  if (isOwn(ts, at) || (attempt?.accepted === true && moved?.to === at)) return true;
  const work = attempt?.inspected?.head;
  return work !== undefined && isBelow(context, at, work);
}

function isBelow({ parts }: Looking, commit: Oid, of: Oid): Promise<boolean> {
  return parts.git.isAncestor({ ancestor: commit, of });
}
