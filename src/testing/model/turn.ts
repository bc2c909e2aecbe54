// One turn of the model: gets over what stands in the way, then takes the step that is due. Knows no dialect and no HTTP.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { unreachable } from '../../core/failure.ts';
import type { OfferedTool } from './choose-tool.ts';
import { chooseTool } from './choose-tool.ts';
import { type Answer, type Conversation, findScene, type Move, type Refusal } from './conversation.ts';
import { type Due, findDue, type Reset, type Step } from './directives.ts';
import type { Tally } from './tally.ts';

/** What comes of a request. */
export type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'refusal'; readonly refusal: Refusal; readonly retryAfterSeconds: number | null }
  | { readonly kind: 'drop' };

/** What a script that is at its end says, and who has none. */
const LAST_WORD = 'Done.';

/** Takes the turn that is due. Waits as long as the script says; rejects when `signal` ends the wait. */
export async function takeTurn(
  conversation: Conversation,
  { tally, signal }: { readonly tally: Tally; readonly signal: AbortSignal },
): Promise<Outcome> {
  const scene = findScene(conversation.messages);
  if (!scene.ok) {
    const refusal: Refusal = { status: 400, sentence: scene.failure.sentence, resetAt: null };
    return { kind: 'refusal', refusal, retryAfterSeconds: null };
  }
  const { script, turns } = scene.value;
  const due = findDue(script, turns);
  for (const { at, hurdle } of due.hurdles) {
    switch (hurdle.op) {
      case 'sleep':
        await wait(hurdle.ms, undefined, { signal });
        break;
      case 'error':
        if (!tally.meet(script, at, hurdle.times)) break;
        return {
          kind: 'refusal',
          refusal: describeError(hurdle.status, due),
          retryAfterSeconds: hurdle.retryAfterSeconds,
        };
      case 'drop':
        if (tally.meet(script, at, hurdle.times)) return { kind: 'drop' };
        break;
      default:
        unreachable(hurdle);
    }
  }
  const move = makeMove(due.step, conversation.tools);
  const id = randomUUID().replaceAll('-', '');
  return { kind: 'answer', answer: { id, model: conversation.model, move, usage: due.usage } };
}

function makeMove(step: Step | null, tools: readonly OfferedTool[]): Move {
  if (step === null) return { kind: 'say', text: LAST_WORD };
  if (step.op === 'say') return { kind: 'say', text: step.text };
  const call = chooseTool(step, tools);
  return call === null
    ? { kind: 'say', text: `No tool is offered that could do @${step.op}.` }
    : { kind: 'call', call };
}

function describeError(status: number, { reset }: Due): Refusal {
  const sentence = `The script says that this request fails with ${status}.`;
  return { status, sentence, resetAt: reset === null ? null : resolveReset(reset) };
}

function resolveReset({ seconds, from }: Reset): number {
  return from === 'now' ? Math.ceil(Date.now() / 1000) + seconds : seconds;
}
