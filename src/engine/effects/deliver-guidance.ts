// Hands waiting guidance to an agent that hears it while it works.
import { join } from 'node:path';
import type { Effect } from '../../core/effect.ts';
import { ok } from '../../core/failure.ts';
import { HEAR_MS } from '../../core/limits.ts';
import { runsOwnCommand } from '../../core/role.ts';
import { type AttemptState, type TaskState, taskOf } from '../../core/state.ts';
import type { AgentPort } from '../../ports/agent.ts';
import type { InputMessage } from '../../ports/process.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { attemptDirOf } from '../places.ts';

type DeliverGuidance = Extract<Effect, { kind: 'deliver-guidance' }>;

const STATUS_FILE = 'status.json';

/**
 * Performs `deliver-guidance`. The number of a text is its place in all that this attempt is told, by its prompt too, from 1
 * on (0 is the prompt's own). After a crash before the record it is the same, and the agent does not hear the text again.
 */
export async function deliverGuidance(effect: DeliverGuidance, context: EffectContext): Performed {
  const ts = taskOf(context.state, effect.task);
  const { attempt } = ts;
  if (attempt === null) throw new Error('Internal error: no attempt to guide');
  const messages = listMessages(ts, attempt);
  return attempt.steerable === 'file'
    ? forward(effect, context, { tell: tellerOf(context, ts, attempt), messages })
    : write(effect, context, messages);
}

/**
 * Numbers of the messages that an agent took from its status file before it ended, should that not be a fact yet;
 * undefined: there is nothing to add to what is known.
 */
export async function findHeard(
  effect: Pick<DeliverGuidance, 'task' | 'attempt'>,
  context: EffectContext,
): Promise<readonly number[] | undefined> {
  const ts = taskOf(context.state, effect.task);
  const { attempt } = ts;
  if (attempt?.steerable !== 'file' || ts.guidance.length === 0) return undefined;
  const tell = tellerOf(context, ts, attempt);
  const { heard } = await tell(statusFileOf(effect, context), listMessages(ts, attempt));
  return heard === null ? undefined : Array.from({ length: heard }, (_, at) => at + 1);
}

function listMessages({ guidance }: TaskState, attempt: AttemptState): readonly InputMessage[] {
  const told = attempt.guidance.length;
  return guidance.map((text, at) => ({ number: told + at + 1, text }));
}

function statusFileOf(
  { task, attempt }: Pick<DeliverGuidance, 'task' | 'attempt'>,
  { parts }: EffectContext,
): string {
  return join(attemptDirOf(parts.places, task, attempt), STATUS_FILE);
}

async function write(
  { task, attempt }: DeliverGuidance,
  { parts }: EffectContext,
  messages: readonly InputMessage[],
): Performed {
  const dir = attemptDirOf(parts.places, task, attempt);
  let count = 0;
  for (const { number, text } of messages) {
    const written = await parts.process.writeInput(dir, { number, text: asLine(number, text) });
    if (!written.ok && count === 0) return written;
    if (!written.ok) break;
    count += 1;
  }
  return ok([{ type: 'guidance.delivered', task, attempt, count }]);
}

/** One JSON line per message: a line break in the text must not become a second message. */
function asLine(number: number, text: string): string {
  return `${JSON.stringify({ type: 'guidance', number, text })}\n`;
}

/** Time between two looks whether the agent took it. */
const LOOK_MS = 250;

type Tell = NonNullable<AgentPort['tell']>;

/** Waits until the agent took it from its status file. Who asked and does not is ended, and told by its next prompt. */
async function forward(
  effect: DeliverGuidance,
  context: EffectContext,
  { tell, messages }: { readonly tell: Tell; readonly messages: readonly InputMessage[] },
): Performed {
  const { task, attempt } = effect;
  const { signal } = context;
  const { clock } = context.parts;
  const path = statusFileOf(effect, context);
  const told = (messages.at(0)?.number ?? 1) - 1;
  let stuckAt: number | null = null;
  while (!signal.aborted) {
    const { heard, isStuck } = await tell(path, messages);
    if (heard !== null) return ok([{ type: 'guidance.delivered', task, attempt, count: heard - told }]);
    stuckAt = isStuck ? (stuckAt ?? clock.monoMs()) : null;
    if (stuckAt !== null && clock.monoMs() - stuckAt >= HEAR_MS)
      return ok([{ type: 'attempt.parked', task, attempt }]);
    await clock.sleep(LOOK_MS, signal);
  }
  return ok([]);
}

function tellerOf({ parts, state }: EffectContext, ts: TaskState, attempt: AttemptState): Tell {
  const isOwn = runsOwnCommand(state, attempt.role) && ts.task.run !== null;
  const kind = isOwn ? 'command' : state.policy.agents[attempt.agent]?.kind;
  const tell = parts.agents.get(kind ?? 'command')?.tell;
  if (tell === undefined) throw new Error(`Internal error: ${kind} has no status file to look into`);
  return tell;
}
