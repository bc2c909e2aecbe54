// Hands waiting guidance to an agent that listens while it works.
import type { Effect } from '../../core/effect.ts';
import { ok } from '../../core/failure.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { attemptDirOf } from '../places.ts';

type DeliverGuidance = Extract<Effect, { kind: 'deliver-guidance' }>;

/** Performs `deliver-guidance`. */
export async function deliverGuidance(effect: DeliverGuidance, context: EffectContext): Performed {
  const { parts, state } = context;
  const texts = [...taskOf(state, effect.task).guidance];
  const dir = attemptDirOf(parts.places, effect.task, effect.attempt);
  const written = await parts.process.writeInput(dir, texts.map(asLine).join(''));
  if (!written.ok) return written;
  return ok([
    { type: 'guidance.delivered', task: effect.task, attempt: effect.attempt, count: texts.length },
  ]);
}

/** One JSON line per message: a line break in the text must not become a second message. */
function asLine(text: string): string {
  return `${JSON.stringify({ type: 'guidance', text })}\n`;
}
