// Hands waiting guidance to an agent that listens while it works.
import type { Effect } from '../../core/effect.ts';
import { ok } from '../../core/failure.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { attemptDirOf } from '../places.ts';

type DeliverGuidance = Extract<Effect, { kind: 'deliver-guidance' }>;

/**
 * Performs `deliver-guidance`. The number of a text is its place in all that this attempt is told, by its prompt too, from 1
 * on (0 is the prompt's own). After a crash before the record it is the same, and the agent does not hear the text again.
 */
export async function deliverGuidance(effect: DeliverGuidance, context: EffectContext): Performed {
  const { parts, state } = context;
  const { attempt, guidance } = taskOf(state, effect.task);
  if (attempt === null) throw new Error('Internal error: no attempt to guide');
  const texts = [...guidance];
  const told = attempt.guidance.length;
  const dir = attemptDirOf(parts.places, effect.task, effect.attempt);
  let count = 0;
  for (const text of texts) {
    const written = await parts.process.writeInput(dir, {
      number: told + count + 1,
      text: asLine(told + count + 1, text),
    });
    if (!written.ok && count === 0) return written;
    if (!written.ok) break;
    count += 1;
  }
  return ok([{ type: 'guidance.delivered', task: effect.task, attempt: effect.attempt, count }]);
}

/** One JSON line per message: a line break in the text must not become a second message. */
function asLine(number: number, text: string): string {
  return `${JSON.stringify({ type: 'guidance', number, text })}\n`;
}
