// Takes away what an ended task has at the forge: a branch goes only once its pull request is over, so that no proof is lost.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid, TaskId } from '../../core/model.ts';
import { isMeant } from '../../core/pull-standing.ts';
import { type TaskState, taskOf } from '../../core/state.ts';
import type { ForgePort, PullSeen } from '../../ports/forge.ts';
import { type EffectFailure, failureOf } from '../forge-failure.ts';
import type { EffectContext } from '../perform.ts';

/** Takes away what a task has at the forge: an open pull request is closed, the branch of one that is over goes. */
export async function clearForge(
  context: EffectContext,
  of: { readonly task: TaskId; readonly forge: ForgePort },
): Promise<Result<void, EffectFailure>> {
  const { forge } = of;
  const ts = taskOf(context.state, of.task);
  if (ts.attempt === null || ts.offered.length === 0) return ok(undefined);
  const { branch } = ts.attempt;
  const number = await findNumber(forge, ts, branch);
  if (!number.ok) return number;
  const head =
    number.value === null
      ? ok(ts.offered.at(-1) ?? null)
      : await waitForEnd(context, { forge, ts, number: number.value });
  if (!head.ok || head.value === null) return head.ok ? ok(undefined) : head;
  const gone = await forge.deleteBranch({ branch, expected: head.value });
  // somebody has put something else there: that is theirs
  return gone.ok || gone.failure.kind === 'refused' ? ok(undefined) : fail(failureOf(gone.failure));
}

/** Its pull request; one that nobody could write down any more is found by its branch. Null: there is none. */
async function findNumber(
  forge: ForgePort,
  { pull }: TaskState,
  branch: string,
): Promise<Result<number | null, EffectFailure>> {
  if (pull !== null) return ok(pull.number);
  const open = await forge.listOpen();
  if (!open.ok) return fail(failureOf(open.failure));
  return ok(open.value.find((each) => each.branch === branch)?.number ?? null);
}

/** Time that the forge has to see that what landed was its pull request. */
const PROOF_MS = 30_000;
const LOOK_MS = 2_000;

/** The head with which its branch may go, once the pull request is over: merged, or closed here. Null: others have pushed to it. */
async function waitForEnd(
  { parts, signal, state }: EffectContext,
  { forge, ts, number }: { readonly forge: ForgePort; readonly ts: TaskState; readonly number: number },
): Promise<Result<Oid | null, EffectFailure>> {
  const { phase, landed } = ts;
  const until = parts.clock.monoMs() + (phase === 'merged' ? PROOF_MS : 0);
  for (;;) {
    const seen = (await forge.observe([number])).get(number);
    if (seen === undefined) return fail({ kind: 'environment', sentence: `The forge shows no #${number}.` });
    if (!seen.ok) return fail(failureOf(seen.failure));
    if (seen.value.state !== 'open') return ok(headToDelete(ts, seen.value));
    if (signal.aborted || parts.clock.monoMs() >= until) {
      const body =
        landed === null
          ? `This task was cancelled. What was done is kept under \`refs/weft/rescue/${state.run}\`.`
          : `This landed on ${landed.ref} as ${landed.commit}.`;
      const marker = `<!-- weft end=${ts.task.id} -->`;
      const said = await forge.comment({ number, marker, body });
      const closed = said.ok ? await forge.close(number) : said;
      return closed.ok ? ok(headToDelete(ts, seen.value)) : fail(failureOf(closed.failure));
    }
    await parts.clock.sleep(LOOK_MS, signal);
  }
}

/** What was merged is not lost with its branch, nor is what is here. */
function headToDelete({ pull, offered }: TaskState, { state, head }: PullSeen): Oid | null {
  const isOwn = offered.includes(head) || (pull !== null && isMeant(pull, head));
  return state === 'merged' || isOwn ? head : null;
}
