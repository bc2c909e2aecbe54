// Takes away what an ended task has at the forge: a branch goes only once its pull request is over, so that no proof is lost.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid, TaskId } from '../../core/model.ts';
import { type TaskState, taskOf } from '../../core/state.ts';
import type { ForgePort } from '../../ports/forge.ts';
import { type EffectFailure, failureOf } from '../forge-failure.ts';
import type { EffectContext } from '../perform.ts';

/** Takes away what a task has at the forge: an open pull request is closed, the branch of one that is over goes. */
export async function clearForge(
  context: EffectContext,
  of: { readonly task: TaskId; readonly forge: ForgePort },
): Promise<Result<void, EffectFailure>> {
  const ts = taskOf(context.state, of.task);
  const { pull, attempt } = ts;
  if (pull === null || attempt === null) return ok(undefined);
  const over = await waitForEnd(context, { forge: of.forge, ts });
  if (!over.ok) return over;
  const gone = await of.forge.deleteBranch({ branch: attempt.branch, expected: over.value });
  // somebody has put something else there: that is theirs
  return gone.ok || gone.failure.kind === 'refused' ? ok(undefined) : fail(failureOf(gone.failure));
}

/** Time that the forge has to see that what landed was its pull request. */
const PROOF_MS = 30_000;
const LOOK_MS = 2_000;

/** The head of its pull request, once that is over; one that did not become merged is closed. */
async function waitForEnd(
  { parts, signal, state }: EffectContext,
  { forge, ts }: { readonly forge: ForgePort; readonly ts: TaskState },
): Promise<Result<Oid, EffectFailure>> {
  const { pull, phase, landed } = ts;
  if (pull === null) throw new Error('Internal error: no pull request to end');
  const until = parts.clock.monoMs() + (phase === 'merged' ? PROOF_MS : 0);
  for (;;) {
    const seen = (await forge.observe([pull.number])).get(pull.number);
    if (seen === undefined)
      return fail({ kind: 'environment', sentence: `The forge shows no #${pull.number}.` });
    if (!seen.ok) return fail(failureOf(seen.failure));
    if (seen.value.state !== 'open') return ok(seen.value.head);
    if (signal.aborted || parts.clock.monoMs() >= until) {
      const body =
        landed === null
          ? `This task was cancelled. What was done is kept under \`refs/weft/rescue/${state.run}\`.`
          : `This landed on ${landed.ref} as ${landed.commit}.`;
      const marker = `<!-- weft end=${ts.task.id} -->`;
      const said = await forge.comment({ number: pull.number, marker, body });
      const closed = said.ok ? await forge.close(pull.number) : said;
      return closed.ok ? ok(seen.value.head) : fail(failureOf(closed.failure));
    }
    await parts.clock.sleep(LOOK_MS, signal);
  }
}
