// Calls a pull request a draft while its work is being gone on with.
import type { Effect } from '../../core/effect.ts';
import { ok } from '../../core/failure.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { asResult, forgeOf } from './forge-call.ts';

type ShelvePull = Extract<Effect, { kind: 'shelve-pull' }>;

/** Performs `shelve-pull`. Where there are no drafts, or it is over by now, it stays as it is. */
export async function shelvePull(effect: ShelvePull, context: EffectContext): Performed {
  const { pull } = taskOf(context.state, effect.task);
  if (pull === null) throw new Error('Internal error: no pull request to shelve');
  const done = await forgeOf(context).updatePull({ number: pull.number, isDraft: true });
  if (!done.ok && done.failure.kind !== 'refused') return asResult(done);
  return ok([{ type: 'pull.shelved', task: effect.task }]);
}
