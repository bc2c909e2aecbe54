// What the tools of a worker may do for their one attempt. The tools are written against this page; compose.ts makes it real.
import type { Result } from '../../core/failure.ts';

/** What a worker says of its work; replaces what it said before. */
export type Report =
  | {
      readonly status: 'planning' | 'working';
      readonly note: string;
      /** Ids of the parts that are finished so far; absent: as said before. */
      readonly finished?: readonly string[];
    }
  | { readonly status: 'complete'; readonly summary: string; readonly reason: string | null };

/** What a worker wants to know. */
export interface Question {
  readonly question: string;
  /** Labels to choose from; empty: any words will do. */
  readonly options: readonly string[];
  /** What it tried already. */
  readonly tried: readonly string[];
}

/** Files a worker would like to change beside its own. */
export interface Wish {
  /** Path patterns as in a task's `owns`. */
  readonly patterns: readonly string[];
  readonly why: string;
}

/** What became of a wish; the sentence is for the worker. */
export interface Claimed {
  readonly granted: boolean;
  /** Another task holds some of the files: people may decide. */
  readonly isHeld: boolean;
  readonly sentence: string;
}

/** One attempt as its agent's tools see it. Calls throw what the disk says. */
export interface WorkerDesk {
  /** The task's text; null: it cannot be read. */
  readTask(): Promise<string | null>;
  report(report: Report): Promise<void>;
  /** Asks, and waits up to a minute for the answer; null: it comes later, with the next words to the agent. */
  ask(question: Question, signal: AbortSignal): Promise<string | null>;
  /** What people said since the last call, oldest first. */
  readGuidance(): Promise<readonly string[]>;
  claim(wish: Wish): Promise<Claimed>;
}

/** One line of the input without its line end. */
export interface InputLine {
  readonly text: string;
  /** True when it was longer than the limit and its rest is lost. */
  readonly truncated: boolean;
}

/** What a server is made of beside its tools. */
export interface WorkerWorld {
  /** The desk of the attempt that the environment names; failure `usage` when it names none, or not a whole one. */
  openDesk(): Promise<Result<WorkerDesk>>;
  /** Calls back for each line of the input, cut at `maxBytes`; resolves at its end. */
  readLines(maxBytes: number, onLine: (line: InputLine) => void): Promise<void>;
}
