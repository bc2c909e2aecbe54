// The contract between the host of a session and one protocol that agents speak: lines in, lines out, and what they mean.
// Knows neither processes nor files.
import type { FaultKind } from '../../../core/model.ts';

/** Why a turn did not end as it should. */
export type Fault = FaultKind;

/** What people, or weft, are asked: an approval or a question. */
export interface Ask {
  /** Names it within the session. */
  readonly id: string;
  /** The question, with what it is about; cleaned and cut by the host. */
  readonly text: string;
  /** What can be chosen, at most nine; empty: any words will do. */
  readonly labels: readonly string[];
  /** What exactly it wants leave for, in one written form, so that leave given too late can be given again; absent: it wants none. */
  readonly leave?: string;
}

/** Use of the model by the whole conversation so far, earlier attempts of it included where the protocol counts so. */
export interface Spending {
  /** Tokens read: new, written to and read from a cache. */
  readonly input: number;
  readonly output: number;
  /** US dollars; null: the protocol does not say. */
  readonly usd: number | null;
}

/** What an agent's lines mean. */
export type News =
  /** Its conversation can be gone on with under this id. */
  | { readonly kind: 'session'; readonly id: string }
  /** A sign of life, for people; files that it is about, absolute or relative to the worktree. */
  | { readonly kind: 'doing'; readonly text: string; readonly files?: readonly string[] }
  /** A tool call failed; the same words again and again mean that it goes round in circles. */
  | { readonly kind: 'failed-call'; readonly text: string }
  /** A tool call did what it was to do. */
  | { readonly kind: 'passed-call' }
  | { readonly kind: 'spent'; readonly spending: Spending }
  | { readonly kind: 'asks'; readonly ask: Ask }
  /** It does not wait for that answer any more. */
  | { readonly kind: 'asks-no-more'; readonly id: string }
  /** A message of `say` is in its context now, or will be without anybody's doing. */
  | { readonly kind: 'heard'; readonly number: number }
  /** The model did not answer and is asked again. */
  | { readonly kind: 'retries'; readonly text: string }
  /** Requests are refused until then (ms since 1970; null: not said). */
  | { readonly kind: 'limited'; readonly untilMs: number | null; readonly text: string }
  /** The turn is over; it waits for the next words, or to be let go. */
  | {
      readonly kind: 'turn-over';
      /** Null: it says that it has done what it was asked. */
      readonly fault: FaultKind | null;
      /** Its last words, or what went wrong. */
      readonly text: string;
    };

/** News that only come in the midst of a turn. */
export const LIVELY: ReadonlySet<News['kind']> = new Set([
  'doing',
  'failed-call',
  'passed-call',
  'retries',
  'asks',
  'heard',
]);

/** What a conversation may do. */
export interface Wire {
  /** Gives the agent one line, without the line end. */
  write(line: string): void;
  tell(news: News): void;
}

/** A server of the Model Context Protocol that the agent starts for its tools. */
export interface ToolServer {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a conversation begins with. */
export interface Opening {
  readonly worktree: string;
  readonly prompt: string;
  /** Where the prompt of a new conversation is as a file, absolute. */
  readonly promptFile: string;
  /** Conversation to go on with; null: a new one. */
  readonly resume: string | null;
  /** Id that a new conversation is to have, where the protocol lets us choose: a UUID. */
  readonly session: string;
  readonly model: string | null;
  readonly effort: string | null;
  /** Mode by the agent's own name; null: the one that suits work without anybody watching. */
  readonly mode: string | null;
  /** Requests to its model in a turn, and US dollars in all, where the protocol can say so; null: as it is configured. */
  readonly maxTurns: number | null;
  readonly maxUsd: number | null;
  /** `auto`: what the guard lets pass is allowed · `ask`: people are asked each time. */
  readonly approvals: 'auto' | 'ask';
  /** Why a path, absolute or relative to the worktree, must not be written; null: it may. */
  readonly guard: (path: string) => string | null;
  readonly tools: ToolServer | null;
}

/** An answer to what was asked. */
export interface Reply {
  /** Place among the labels, from 0; null: in words only. */
  readonly choice: number | null;
  readonly text: string;
}

/** One protocol with one agent. Everything it does is in answer to a call; it keeps no timers. */
export interface Conversation {
  /** The agent's process is there. */
  begin(): void;
  /** Takes a line that the agent printed. One that cannot be understood changes nothing. */
  hear(line: string): void;
  /**
   * Hands it words of people: in the midst of a turn where the protocol can, else with the next one, which it starts by
   * itself when none is under way. `number` comes back as `heard`. The host calls it only while nothing is asked.
   */
  say(message: { readonly number: number; readonly text: string }): void;
  /** Answers what was asked; nothing happens when that is over. */
  reply(id: string, reply: Reply): void;
  /** Stops the turn. */
  interrupt(): void;
}

/** How to start an agent, and how to talk to it. */
export interface Protocol {
  /** Command line and variables, beside those that every agent gets. Absolute, or looked up on PATH. */
  launch(opening: Opening): {
    readonly argv: readonly [string, ...string[]];
    readonly env: Readonly<Record<string, string>>;
  };
  converse(opening: Opening, wire: Wire): Conversation;
}
