// One kind of coding agent, translated: how it is started and how its words are read. Takes no decisions.
import type { Result } from '../core/failure.ts';
import type { AgentConfig, FaultKind, Option, Role } from '../core/model.ts';
import type { InputMessage, ProcessPort } from './process.ts';

/** Shell command lines that tell, in the worktree, whether an agent is done. */
export interface TurnChecks {
  /** At least one; in order. */
  readonly commands: readonly string[];
  /** Time for all of them. */
  readonly timeoutMs: number;
  /** Size of a failing one's output that the agent is shown. */
  readonly excerptBytes: number;
}

/** What an agent adapter is told about the attempt. */
export interface AttemptFacts {
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly role: Role;
  readonly base: string;
  /** Worktree, or the checkout that a planner or reviewer reads, absolute. */
  readonly worktree: string;
  /** Prompt file, absolute. */
  readonly promptFile: string;
  /** Status file that the agent may write, absolute. */
  readonly statusFile: string;
  /** File for the answer of a planner or reviewer, absolute. */
  readonly resultFile: string;
  /** Folder for temporary files of this attempt only, absolute. */
  readonly tempDir: string;
  /** First of ten TCP ports set aside for this attempt. */
  readonly portBase: number;
  /** The task's own command line, or null. */
  readonly command: string | null;
  /** The user's checkout, absolute. */
  readonly repository: string;
  /** Folder of the attempt, absolute. */
  readonly dir: string;
  /** Patterns of the task's claim; null: it may change every file. */
  readonly owns: readonly string[] | null;
  /** Model and effort that the task asks for, by the agent's own names; null: as the agent is configured. */
  readonly model: string | null;
  readonly effort: string | null;
  /** Conversation of an earlier attempt to go on with, and what to say in it (absolute path), or null. */
  readonly resume: { readonly session: string; readonly promptFile: string } | null;
  /** What people have said to the task so far, in order; it is in the prompt as well. */
  readonly told: readonly string[];
  /** What shows that somebody acts for this attempt, for weft's tools; null: it gets none. */
  readonly token: string | null;
  /** What can be run when the agent ends its turn; null: nothing. */
  readonly checks: TurnChecks | null;
  /** How long an agent may wait for its model before people are asked. */
  readonly retryMs: number;
  /** Cap of what is kept of what it prints. */
  readonly outputBytes: number;
  /** US dollars that are left for it; absent: as much as its agent is configured to use. */
  readonly maxUsd?: number;
  /** Branch or commit the work is to land on; an agent that resolves a conflict merges it in. Absent: not known. */
  readonly target?: string;
}

/** What to start. */
export interface Launch {
  readonly argv: readonly [string, ...string[]];
  /** Added to the allowlisted environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of variables that it gets beside the allowlisted ones when weft has them. */
  readonly pass?: readonly string[];
  readonly stdin: 'none' | 'prompt' | 'fifo';
  /** Files that have to be there before it starts, absolute paths. */
  readonly files?: readonly { readonly path: string; readonly text: string }[];
}

/** What an agent says in its status file. */
export interface AgentStatus {
  readonly status: 'registered' | 'planning' | 'working' | 'stuck' | 'complete' | 'cancelled';
  /** Why it is stuck (the question), or null. */
  readonly stuckReason: string | null;
  readonly options: readonly Option[];
  /** Why nothing had to be changed, or null. */
  readonly reason: string | null;
  /** What it is doing, in one line, or null. */
  readonly note: string | null;
  /** Parts of its task that are finished and committed, by their ids: at most 1,000 of at most 200 characters. */
  readonly finished: readonly string[];
}

/** How a session ended; `fault` null: its agent says that it has done what it was asked. */
export interface SessionEnd {
  readonly fault: FaultKind | null;
  /** Its last words, or what went wrong. */
  readonly text: string;
}

/** What the host of a session keeps in its file for weft: last values, replaced as a whole. Everything in it is a claim. */
export interface SessionReport {
  /** Id under which the conversation can be gone on with. */
  readonly session: string | null;
  /** Numbers of the messages that the agent has in its context, beside those of its prompt. */
  readonly heard: readonly number[];
  /** What it waits for an answer to. */
  readonly ask: { readonly id: string; readonly text: string; readonly labels: readonly string[] } | null;
  /** Use of the model by the whole conversation. */
  readonly spending: { readonly input: number; readonly output: number; readonly usd: number | null } | null;
  /** Why it waits for the model, or null. */
  readonly waits: string | null;
  /** Requests are refused until then (ms since 1970; null: not said). */
  readonly limit: { readonly untilMs: number | null; readonly text: string } | null;
  readonly doing: string | null;
  /** Files it was about, latest first. */
  readonly files: readonly string[];
  readonly end: SessionEnd | null;
}

/** Where a planner or reviewer may have put its answer: its result file, and what it printed. Absolute paths. */
export interface AnswerPlaces {
  readonly resultFile: string;
  readonly outputFile: string;
}

/** One turn that an agent was given to see whether it works. */
export interface Trial {
  /** Null: it answered; `late`: it did not, in the time it had. */
  readonly fault: FaultKind | 'late' | null;
  /** Its last words, or what went wrong. */
  readonly text: string;
  /** They are what it was asked to say: some agents end a turn well without having reached their model. */
  readonly isAsAsked: boolean;
  readonly elapsedMs: number;
}

/** What is known of an agent beside where its program is. */
export interface ProbeDetails {
  /** What it is talked to in. */
  readonly protocol: 'stream-json' | 'app-server' | 'ACP' | 'command' | 'script';
  /** What its program says of its version; null: it was not asked, or said nothing that is one. */
  readonly version: string | null;
  /** Name of the variable, or path of the file, that seems to let it in; null: not known. */
  readonly login: string | null;
  /** Null: there was none. */
  readonly trial: Trial | null;
}

/** What a probe may do beside looking. */
export interface ProbeMeans {
  /** Gives the agent a turn. */
  readonly trial: boolean;
  /** The environment that a child gets, see `Launch.pass` and `Launch.env`. */
  readonly environment: (wish: {
    readonly pass: readonly string[];
    readonly set: Readonly<Record<string, string>>;
  }) => Readonly<Record<string, string>>;
  readonly run: ProcessPort['run'];
}

/** How an agent looks from here (doctor). */
export interface Probe {
  readonly found: boolean;
  /** One sentence for people. */
  readonly sentence: string;
  readonly hint?: string;
  readonly details?: ProbeDetails;
}

/** What is known of messages that were put where an agent looks. */
export interface Told {
  /** It took all up to this number; null: none of them yet. */
  readonly heard: number | null;
  /** It waits for an answer. */
  readonly isStuck: boolean;
}

/** One agent kind. */
export interface AgentPort {
  readonly kind: string;
  launch(config: AgentConfig, facts: AttemptFacts): Result<Launch>;
  /**
   * Puts messages, together, into the status file of an agent that looks into it, and tells whether it took them. To be
   * called again until it did: what is there already stays as it is. Numbers go up, the least comes first. Absent: this
   * kind does not look there.
   */
  tell?(statusFile: string, messages: readonly InputMessage[]): Promise<Told>;
  /** Without means it only looks, and runs nothing of the agent. */
  probe(config: AgentConfig, repository: string, means?: ProbeMeans): Promise<Probe>;
}
