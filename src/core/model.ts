// The nouns of weft as plain data: tasks, plans, policies. Knows nothing of time, disks or machines.
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { NoticePolicy } from './notice-policy.ts';
import type { PullPolicy } from './pull.ts';

/** Names a task; unique within a plan. */
export type TaskId = string & { readonly __brand: 'TaskId' };
/** Names a run. */
export type RunId = string & { readonly __brand: 'RunId' };
/** A full hexadecimal git object name. */
export type Oid = string & { readonly __brand: 'Oid' };
/** Milliseconds on the run's own clock: never goes back, survives restarts, stands still while the machine sleeps. */
export type RunMs = number & { readonly __brand: 'RunMs' };

/** Brands a checked string as a task id. */
export function taskId(text: string): TaskId {
  return text as TaskId;
}
/** Brands a checked string as a run id. */
export function runId(text: string): RunId {
  return text as RunId;
}
/** Brands a checked string as an object name. */
export function oid(text: string): Oid {
  return text as Oid;
}
/** Brands a number as run-clock milliseconds. */
export function runMs(value: number): RunMs {
  return value as RunMs;
}

/** Where a task stands. The table of moves is in `lifecycle.ts`. */
export type Phase =
  | 'waiting'
  | 'spawned'
  | 'working'
  | 'verifying'
  | 'committed'
  | 'pr_created'
  | 'queued'
  | 'merged'
  | 'failed'
  | 'cancelled';

/** When a dependency counts as satisfied. */
export type EdgeOn = 'verified' | 'submitted' | 'merged';
/** What the dependent's worktree starts from. */
export type EdgeBase = 'target' | 'stacked';

/** Says that a task needs another one. */
export interface Edge {
  readonly task: TaskId;
  readonly on: EdgeOn;
  readonly base: EdgeBase;
}

/** Raises the tier of checks when a changed file matches one of the patterns. */
export interface Trigger {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly tier: 1 | 2;
}

/** Shell command lines that must exit 0, by tier; tier 0 always runs. */
export interface Gates {
  readonly tier0: readonly string[];
  readonly tier1: readonly string[];
  readonly tier2: readonly string[];
  readonly triggers: readonly Trigger[];
}

/** What an attempt is for. Only `implement` works on the task's branch; the others read, and their answer is what counts. */
export type Role = 'plan' | 'implement' | 'review';

/** How likely a change is to break something; high work has to pass the gates of tier 1. */
export type Risk = 'low' | 'medium' | 'high';

/** One part of a plan. */
export interface Milestone {
  readonly goal: string;
  /** Paths that it may change; empty: not said. */
  readonly filesExpected: readonly string[];
  /** What shows that it is done; at least one. */
  readonly doneChecks: readonly string[];
  readonly risk: Risk;
}

/** How a planner wants a task done: at least one milestone. */
export interface WorkPlan {
  readonly milestones: readonly Milestone[];
  /** Paths or things that are to stay as they are. */
  readonly doNotTouch: readonly string[];
}

/** What a reviewer says of a task's change. */
export interface Review {
  readonly status: 'approve' | 'request_changes' | 'reject';
  /** What is to be changed, or why it is rejected. */
  readonly changes: readonly string[];
}

/** automated: an agent does it · manual: a human does it and says `weft done` · hybrid: an agent does it, a human approves it. */
export type TaskType = 'automated' | 'manual' | 'hybrid';

/** Unit of work, as compiled. */
export interface Task {
  readonly id: TaskId;
  readonly title: string;
  /** Markdown text for the agent, without frontmatter. */
  readonly body: string;
  /** Where it came from, for people: `tasks/api.md`, `bd-12`, `#123`. */
  readonly ref: string;
  /** Name of the source adapter: `track-file`, `beads` … */
  readonly source: string;
  readonly track: string | null;
  /** Normalised path patterns it may touch; null: undeclared, not checked and never in collision. */
  readonly owns: readonly string[] | null;
  readonly edges: readonly Edge[];
  /** 0 is the most urgent, 4 the least; 2 by default. */
  readonly priority: number;
  /** Key of `Policy.agents`. */
  readonly agent: string;
  /** Model and effort that its agent is to use, by the agent's own names; absent: as the agent is configured. */
  readonly model?: string;
  readonly effort?: string;
  /** Shell command line of the task's own; wins over the agent's. */
  readonly run: string | null;
  readonly type: TaskType;
  /** The task's own gates in place of the policy's; null: the policy's. */
  readonly gates: Gates | null;
  /** Least tier of checks asked for by the task. */
  readonly tier: 0 | 1 | 2;
  /** Expected duration from earlier runs, in ms; null: unknown. */
  readonly estimateMs: number | null;
  /** Where it will probably work, likeliest first, when it claims nothing; only orders work. Absent: nobody knows. */
  readonly guess?: readonly Guess[];
}

/** One place where a task will probably work. */
export interface Guess {
  /** Normalised path pattern. */
  readonly pattern: string;
  /** How sure that is, up to 1. */
  readonly weight: number;
  /** The task's text, what tasks like it changed, or what itself changed so far. */
  readonly from: 'text' | 'history' | 'work';
}

/** Validated graph of tasks, in the order the source gave them. */
export interface Plan {
  readonly tasks: readonly Task[];
}

/** How one agent of the configuration is started. */
export interface AgentConfig {
  /** Name of an agent adapter: `command`, `script`, `claude`, `codex`, `acp`. */
  readonly kind: string;
  /** Shell command line (kind `command`). */
  readonly run?: string;
  /** Scenario file, relative to the repository (kind `script`). */
  readonly scenario?: string;
  /** Program of an agent that weft knows (kinds `claude`, `codex`, `acp`); absent: by its usual name on PATH. */
  readonly program?: string;
  /** Name of an agent that weft knows, or a program and its arguments (kind `acp`); one of the two. */
  readonly preset?: string;
  readonly command?: readonly string[];
  /** Model, effort and mode by the agent's own names; absent: as the agent is configured. */
  readonly model?: string;
  readonly effort?: string;
  readonly mode?: string;
  /** `auto` (default): what stays inside the claim is allowed · `ask`: people are asked each time. */
  readonly approvals?: 'auto' | 'ask';
  /** The checks of tier 0 are run whenever it ends its turn, and it is told what fails (kinds that converse). */
  readonly checks?: boolean;
  /** Requests to its model until it ends its turn, and US dollars of an attempt (kind `claude`); absent: no limit of ours. */
  readonly maxTurns?: number;
  readonly maxUsd?: number;
  /** Names of environment variables passed through beside the base allowlist. */
  readonly env?: readonly string[];
  /** `Name <address>` for the trailer of what lands; absent: as the kind is known, empty: nobody. */
  readonly coAuthor?: string;
  /** Attempts of this agent at once; absent: only the global limit. */
  readonly max?: number;
}

/** What may be used up; null: no limit. */
export interface Budget {
  readonly minutes: number | null;
  /** Read and written, as agents count them. */
  readonly tokens: number | null;
  readonly usd: number | null;
}

/** All limits and choices of a run as one value; stored in the journal, so that a resume acts alike. */
export interface Policy {
  /** Branch that work lands on. */
  readonly target: string;
  readonly integrate: 'human' | 'auto';
  readonly isolation: 'worktree' | 'shared';
  readonly collisionPolicy: 'serialize' | 'force' | 'fail';
  /** When work changes that others are built on: their agents are told (absent: so), they start anew, or they go on. */
  readonly stacks?: 'tell' | 'restart' | 'leave';
  /** What happens to files outside the claim: back to the agent and then fail, or ask the human at once. */
  readonly outside: 'fail' | 'ask';
  readonly maxAgents: number;
  /** Attempts of one track at once; null: no limit beside the global one. */
  readonly maxPerTrack: number | null;
  readonly agent: string;
  readonly agents: Readonly<Record<string, AgentConfig>>;
  readonly gates: Gates;
  readonly merge: {
    readonly strategy: 'merge' | 'squash' | 'rebase' | 'fast-forward';
    /** Message of what lands, with places like `{title}`; absent: title and reference. */
    readonly message?: string;
    /** Who resolves a conflict: a human is asked (default), or its agent tries first. */
    readonly conflicts?: 'ask' | 'agent';
    /** Merge driver for files that conflict; absent: mergiraf when it is there. Empty: none. */
    readonly driver?: string;
    /** Tasks that are tried together, at most; absent: as many as do well. */
    readonly batch?: number;
  };
  /** Work becomes pull requests at the forge, and lands there; absent: it lands here. */
  readonly pullRequests?: PullPolicy;
  /** Time of an attempt, tokens and money of a task. */
  readonly budget: Budget & {
    /** Of the whole run; absent: no limit. */
    readonly run?: Budget;
  };
  readonly setup: string | null;
  /** `root`: folder for what weft makes beside its state; `path`: of a task's worktree, absent: `{root}/{run}/{task}`. */
  readonly worktrees: { readonly root: string; readonly path?: string; readonly branch: string };
  /** Who plans a task before it is done and reviews it after: the name of an agent, `true` for the task's own, `false` for nobody. */
  readonly phases: { readonly plan: string | boolean; readonly review: string | boolean };
  /** Templates of prompts, from `.weft/agents/`; absent: weft's own words in their usual order. */
  readonly prompts: Readonly<Partial<Record<Role, string>>>;
  /** Skips the plan and review phases. */
  readonly fast: boolean;
  /** Unfinished work is tried against other work while it is written; agents at work are told, once for each pair of tasks. */
  readonly radar: { readonly enabled: boolean; readonly tell: boolean };
  /** Files kept for programs of others: a status file a session, logs and processes of workers; absent: none. */
  readonly statusFiles?: readonly ('issues' | 'streams')[];
  /** How people are called; absent: by the terminals that show the run. */
  readonly notify?: NoticePolicy;
  readonly limits: Limits;
}

/** No checks at all. */
export const NO_GATES: Gates = { tier0: [], tier1: [], tier2: [], triggers: [] };

/** The policy in force unless configuration and flags say otherwise. */
export const DEFAULT_POLICY: Policy = {
  target: 'main',
  integrate: 'human',
  isolation: 'worktree',
  collisionPolicy: 'serialize',
  outside: 'fail',
  maxAgents: 4,
  maxPerTrack: null,
  agent: 'claude',
  agents: {},
  gates: NO_GATES,
  merge: { strategy: 'squash' },
  budget: { minutes: 120, tokens: null, usd: null },
  setup: null,
  worktrees: { root: '../{repo}.weft', branch: 'weft/{run}/{task}/work' },
  phases: { plan: false, review: false },
  prompts: {},
  fast: false,
  radar: { enabled: true, tell: false },
  limits: DEFAULT_LIMITS,
};

/**
 * Why an agent did not get to the end of its turn: the model or the way to it failed · requests are refused · nobody is
 * logged in · its program is not there · a limit of its own · it was interrupted · there is nothing to go on with · it makes no sense to weft.
 */
export type FaultKind =
  | 'api-error'
  | 'limit'
  | 'login'
  | 'missing'
  | 'own-limit'
  | 'interrupted'
  | 'no-session'
  | 'protocol';

/** What an agent, or its host, says went wrong. */
export interface AgentFault {
  readonly kind: FaultKind;
  readonly text: string;
  /** Requests are refused until then, ms since 1970; null: not said. */
  readonly untilMs: number | null;
}

/** Why an attempt ended without an accepted result. */
export type Cause =
  | 'start-failed' // worktree or process could not be made
  | 'setup-failed' // the workspace set-up command failed
  | 'agent-missing' // the agent's program cannot be found
  | 'agent-crashed' // exit code other than 0
  | 'agent-killed' // ended by a signal that was not ours
  | 'out-of-memory' // ended by a SIGKILL that was not ours, perhaps by a kernel without memory
  | 'agent-lost' // gone without an exit code
  | 'model-failed' // the model did not answer, or refused to
  | 'limit-reached' // requests are refused until a limit is lifted
  | 'login-missing' // nobody is logged in, or the key is refused
  | 'turn-limit' // a limit of the agent's own on turns, tokens or money
  | 'no-changes' // nothing changed and no reason given
  | 'outside-claim' // files outside the claim
  | 'worktree-odd' // HEAD moved away, a rebase left open
  | 'gate-failed' // a gate exited with another code than 0
  | 'gate-timeout' // the gates took too long
  | 'conflict' // does not merge with the target
  | 'work-vanished' // merging, it left out what one side has
  | 'no-result' // a planner or reviewer gave no answer that can be read
  | 'plan-scope' // the plan names files outside the claim
  | 'changes-requested' // the review asks for changes
  | 'review-rejected' // the review turns the work down
  | 'review-loop' // the review goes in circles
  | 'time-budget' // the attempt's time is used up
  | 'budget' // its budget of tokens or money is used up
  | 'run-budget' // the run's budget of time, tokens or money is used up
  | 'asked' // ended to wait for an answer
  | 'stopped' // stopped by a human or by the run's end
  | 'ci-failed' // checks of the forge failed on its pull request
  | 'landing-blocked' // verified work cannot be put onto the target
  | 'branch-moved' // somebody moved or deleted its branch after it was verified
  | 'target-rewritten' // the target lacks what it had
  | 'internal-error'; // an effect threw: a bug of weft's

/** One choice of a question. `then` is what weft does when it is chosen. */
export interface Option {
  readonly label: string;
  /** retry: another attempt with the answer as guidance · accept: take the work as it is · inspect: look at it anew, where its branch is now · hold: a human works in the worktree, then `weft resume TASK` · give-up: fail the task. */
  readonly then: 'retry' | 'accept' | 'inspect' | 'hold' | 'give-up';
}

/** What needs a human's decision. */
export interface Question {
  /** `task/n`, unique in the run. */
  readonly id: string;
  readonly task: TaskId;
  readonly from: 'agent' | 'weft';
  readonly cause: Cause;
  readonly text: string;
  readonly options: readonly Option[];
  /** Files it is about, at most 100. */
  readonly files: readonly string[];
}

/** One command line of a gate and how it went. */
export interface GateResult {
  readonly command: string;
  readonly tier: 0 | 1 | 2;
  /** null: killed by the time limit. */
  readonly exit: number | null;
  readonly elapsedMs: number;
  /** Path of the kept output. */
  readonly output: string;
}

/** What a person said of lines of a task's work. */
export interface Comment {
  /** Commit that was looked at. */
  readonly head: Oid;
  /** Relative to the root of the repository. */
  readonly path: string;
  /** First and last line, counted from 1. */
  readonly line: number;
  readonly to: number;
  /** Those lines. */
  readonly quote: string;
  readonly text: string;
}

/** One changed file of a diff, with lines added and deleted (0/0 for binary files). */
export interface ChangedFile {
  readonly path: string;
  readonly added: number;
  readonly deleted: number;
}

/** Names one process beyond doubt: a pid alone may be reused. */
export interface Identity {
  readonly bootId: string;
  readonly pidNs: string;
  readonly pid: number;
  /** Start time in clock ticks since boot (field 22 of stat), or the platform's nearest. */
  readonly startTicks: number;
}

/** Whether an agent hears people while it works; `file`: where it looks into its status file. */
export type Steering = boolean | 'file';

/** How a process ended; `code` and `signal` null: unknown, it is gone without a word. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}
