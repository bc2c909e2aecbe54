// Words for a task that somebody put into its status file: what of them is news, and what follows. Each counts once, however
// often the file is written anew with them in it.
import { isLanding } from './batch.ts';
import { type Command, judgeCommand } from './decide/command.ts';
import type { Event } from './event.ts';
import { isTerminal } from './lifecycle.ts';
import type { RunState, TaskState } from './state.ts';

const MAX_CHARS = 32_768;
/** Controls other than tab and newline, and format characters: they hide or reorder what people read. */
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

/** Words as they were found. */
export interface Found {
  readonly text: string;
  /** Messages that had been taken when the file was written that they were put into; null: it does not say. */
  readonly taken: number | null;
}

/** Reads what is in the field for a message; null: no words. */
export function readForwarded(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.replace(/\r\n?/g, '\n').replace(INVISIBLE, '').trim().slice(0, MAX_CHARS).trim();
  return text === '' ? null : text;
}

/**
 * Tells whether words have not been taken yet. Who read the file before a message was taken, and writes it back later, brings
 * that message again; who read it after means what it says, though it be the same words.
 */
export function isNews({ forwarded }: TaskState, { text, taken }: Found): boolean {
  const { count, latest } = forwarded;
  const since = taken === null ? Math.min(1, count) : count - taken;
  return since <= 0 || !latest.slice(-since).includes(text);
}

/** Tells whether words can reach its agent, now or in its next attempt. */
export function canHear(state: RunState, ts: TaskState): boolean {
  return ts.task.type !== 'manual' && !isTerminal(ts.phase) && !isLanding(state.index.line, ts);
}

/** What follows from words: the answer to its open question, else guidance. Empty: they cannot be taken. */
export function takeForwarded(state: RunState, ts: TaskState, text: string): readonly Event[] {
  const { id } = ts.task;
  const command: Command =
    ts.question === null
      ? { kind: 'guide', task: id, text }
      : { kind: 'answer', task: id, option: null, text };
  const judged = judgeCommand(state, command);
  if (!judged.ok) return [];
  const forwarded = { number: ts.forwarded.count + 1, text };
  // what a person said elsewhere as well is taken out of the file all the same
  const events: readonly Event[] =
    judged.value.events.length > 0 ? judged.value.events : [{ type: 'guidance.given', task: id, text }];
  return events.map((event) =>
    event.type === 'guidance.given' || event.type === 'question.answered' ? { ...event, forwarded } : event,
  );
}
