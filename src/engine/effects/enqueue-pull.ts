// Puts a pull request into the forge's own merge queue, which lands it when its checks pass there.
import type { Effect } from '../../core/effect.ts';
import { ok } from '../../core/failure.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { asResult, forgeOf } from './forge-call.ts';

type EnqueuePull = Extract<Effect, { kind: 'enqueue-pull' }>;

/** Performs `enqueue-pull`. */
export async function enqueuePull(effect: EnqueuePull, context: EffectContext): Performed {
  const { pull } = taskOf(context.state, effect.task);
  if (pull === null) throw new Error('Internal error: no pull request to enqueue');
  const { head } = effect;
  const done = await forgeOf(context).enqueue({ number: pull.number, head });
  if (!done.ok) return asResult(done);
  return ok([{ type: 'pull.enqueued', task: effect.task, head }]);
}
