// One kind of coding agent, translated: how it is started and how its words are read. Takes no decisions.
import type { Result } from '../core/failure.ts';
import type { AgentConfig, Option, Role } from '../core/model.ts';

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
  /** Branch or commit the work is to land on; an agent that resolves a conflict merges it in. Absent: not known. */
  readonly target?: string;
}

/** What to start. */
export interface Launch {
  readonly argv: readonly [string, ...string[]];
  /** Added to the allowlisted environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: 'none' | 'prompt' | 'fifo';
}

/** What an agent says in its status file. */
export interface AgentStatus {
  readonly status: 'registered' | 'planning' | 'working' | 'stuck' | 'complete' | 'cancelled';
  /** Why it is stuck (the question), or null. */
  readonly stuckReason: string | null;
  readonly options: readonly Option[];
  /** Why nothing had to be changed, or null. */
  readonly reason: string | null;
}

/** Where a planner or reviewer may have put its answer: its result file, and what it printed. Absolute paths. */
export interface AnswerPlaces {
  readonly resultFile: string;
  readonly outputFile: string;
}

/** How an agent looks from here (doctor). */
export interface Probe {
  readonly found: boolean;
  /** One sentence for people. */
  readonly sentence: string;
  readonly hint?: string;
}

/** One agent kind. */
export interface AgentPort {
  readonly kind: string;
  launch(config: AgentConfig, facts: AttemptFacts): Result<Launch>;
  probe(config: AgentConfig, repository: string): Promise<Probe>;
}
