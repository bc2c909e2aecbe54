// The state of a run: what the facts so far add up to. Plain data beside an index that can always be built again.
import type { EffectKind } from './effect.ts';
import type { Outcome, StopReason } from './event.ts';
import type { Merging, ToMerge } from './merging.ts';
import {
  type AgentFault,
  type Cause,
  type ChangedFile,
  type Comment,
  DEFAULT_POLICY,
  type Exit,
  type GateResult,
  type Identity,
  type Oid,
  type Phase,
  type Policy,
  type Question,
  type Review,
  type Role,
  type RunId,
  type RunMs,
  runMs,
  type Steering,
  type Task,
  type TaskId,
  type WorkPlan,
} from './model.ts';
import type { ForgeTrouble, PullRecord } from './pull.ts';
import { createIndex, type ScheduleIndex } from './schedule-index.ts';
import type { SourceSpec } from './source.ts';

/** What `inspect-attempt` saw. */
export interface Inspected {
  base: Oid;
  head: Oid;
  tree: Oid;
  files: readonly ChangedFile[];
  fileCount: number;
  added: number;
  deleted: number;
  outside: readonly string[];
  odd: string | null;
  leftovers: boolean;
  /** Lines that are gone from what it merged, at most 20; absent: none. */
  vanished?: readonly string[];
  merged?: Merging;
}

/** The answer of a planner or reviewer that does not settle the matter by itself, or that there was none. */
export type Answer =
  | { readonly kind: 'unanswered'; readonly detail: string }
  | { readonly kind: 'plan'; readonly outside: readonly string[] }
  | { readonly kind: 'review'; readonly review: Review };

/** One try at a task. A review carries on what it is about: base, worktree, inspection and verdict of the work. */
export interface AttemptState {
  n: number;
  role: Role;
  agent: string;
  branch: string;
  stackedOn: { task: TaskId; commit: Oid } | null;
  /** What it was told that is at now; null: it is where it was. */
  restacked: Oid | null;
  spawnedAt: RunMs;
  startedAt: RunMs | null;
  endedAt: RunMs | null;
  base: Oid | null;
  worktree: string | null;
  identity: Identity | null;
  steerable: Steering;
  /** Guidance that belongs into its prompt. */
  guidance: readonly string[];
  /** How much of it is in its prompt; the rest was delivered while it worked. */
  toldByPrompt: number;
  /** How much of it, from the first on, the conversation that the task's work is done in has heard. */
  heard: number;
  startFailure: { cause: Cause; detail: string } | null;
  exit: Exit | null;
  /** What it says went wrong, or null. */
  fault: AgentFault | null;
  reason: string | null;
  stop: StopReason | null;
  /** Counts towards the limit of attempts; what nobody is to blame for does not. */
  charged: boolean;
  /** Time spent on questions; not charged to the time budget. */
  waitedMs: number;
  /** What its agent asked last; the same words again are not a new question. */
  askedText: string | null;
  inspected: Inspected | null;
  /** A human worked on it since its agent ended. */
  byHand: boolean;
  /** A human took the work as it is. */
  accepted: boolean;
  rejected: { gates: readonly GateResult[]; excerpt: string } | null;
  verified: { tree: Oid; gates: readonly GateResult[] } | null;
  answer: Answer | null;
}

/** An ended attempt, in short. */
export interface AttemptSummary {
  n: number;
  role: Role;
  cause: Cause | null;
  detail: string;
  tree: Oid | null;
  startedAt: RunMs;
  endedAt: RunMs;
  survivors: readonly number[];
}

/** A commit on its way to the target. */
export interface CandidateState {
  base: Oid;
  commit: Oid;
  tree: Oid;
  empty: boolean;
  verified: boolean;
  /** It is the last of its batch, which is being tried. */
  closes: boolean;
  /** How it came about where git alone could not merge; null: it could. */
  note: string | null;
}

/** How a task reached the target. */
export interface Landed {
  commit: Oid;
  tree: Oid;
  ref: string;
  detour: string | null;
  by: 'weft' | 'human';
  at: RunMs;
}

/** Everything known of one task. */
export interface TaskState {
  /** As planned, but for a claim that was widened. */
  task: Task;
  /** Position in the plan. */
  order: number;
  phase: Phase;
  phaseAt: RunMs;
  /** Number of the latest attempt; 0: none yet. */
  attempts: number;
  /** Attempts that count towards the limit. */
  charged: number;
  attempt: AttemptState | null;
  /** Latest 20 ended attempts. */
  history: AttemptSummary[];
  retryAt: RunMs | null;
  paused: boolean;
  question: Question | null;
  askedAt: RunMs | null;
  /** Questions asked so far. */
  questions: number;
  /** Latest attempt in each role whose conversation can be gone on with, and the agent that had it. */
  conversations: Partial<Record<Role, { readonly agent: string; readonly attempt: number }>>;
  /** What each of its conversations has used of the model, by its id. */
  spending: Record<string, { readonly input: number; readonly output: number; readonly usd: number | null }>;
  /** How often a human let it go on beyond its budget. */
  allowances: number;
  /** Guidance not delivered yet, or to be told the next attempt again. */
  guidance: string[];
  /** How much of it, from the first on, the conversation that the task's work is done in has heard. */
  heard: number;
  /** Messages taken out of its status file so far, and the latest of them. */
  forwarded: { readonly count: number; readonly latest: readonly string[] };
  /** Tasks whose work its agent was told to come too close to. */
  warnedOf: TaskId[];
  /** What people said of lines of the work, and its agent was not told yet. */
  comments: Comment[];
  /** What the next attempt is told about the last one. */
  feedback: { cause: Cause; detail: string } | null;
  /** The accepted plan. */
  plan: WorkPlan | null;
  /** The latest work passed its gates and has to be reviewed. */
  unreviewed: boolean;
  /** Changes that reviews asked for since the work was approved or a human spoke, oldest first. */
  requests: (readonly string[])[];
  approved: boolean;
  queuedAt: RunMs | null;
  candidate: CandidateState | null;
  conflict: { base: Oid; files: readonly string[]; vanished?: readonly string[] } | null;
  toMerge: ToMerge | null;
  /** That gates failed on its candidate, and how often; it may be the fault of another that it is built on. */
  candidateRejected: { gates: readonly GateResult[]; excerpt: string; times: number } | null;
  /** The last of the batch when it was found not to go onto that; it waits until that one has landed or left. */
  aside: TaskId | null;
  /** How often the queue refused it. */
  refusals: number;
  /** Where somebody moved its branch from and to, until the work is looked at anew; to null: it was deleted. */
  moved: { from: Oid; to: Oid | null } | null;
  /** It was next to land when the target was found to lack what it had; until a human says what that means. */
  rewritten: { from: Oid; to: Oid; gone: readonly TaskId[] } | null;
  /** What it depends on and the tip of the target lacks, and the ref that has it: it lands when the tip has it. */
  held: { on: TaskId; ref: string } | null;
  pull: PullRecord | null;
  /** Commits that weft may have put onto its branch at the forge, the latest 100. */
  offered: Oid[];
  /** Earlier pull requests of it that are over. */
  pulls: number;
  landed: Landed | null;
  /** Gates that passed on the tree that landed, and that tree: the last one's of its batch. */
  landedGates: readonly GateResult[];
  landedTree: Oid | null;
  /** Commands that failed and then passed on the same tree. */
  flaky: readonly string[];
  failure: { cause: Cause; sentence: string } | null;
  /** Why its source does not want it begun now, or at all; null: it may be. */
  withheld: string | null;
  /** The end of it that its source was told last, as `endOf` names it; null: none. */
  told: string | null;
  /** Parts that its agents said are finished, by ids of its source. */
  finished: readonly string[];
  /** An effect that failed for reasons outside the task. */
  trouble: { effect: EffectKind | string; count: number; retryAt: RunMs; detail: string } | null;
  /** The worktree is to be removed before anything else (restart). */
  wipe: boolean;
  swept: { rescue: string | null; kept: string | null } | null;
  holdsClaim: boolean;
  endedAt: RunMs | null;
}

/** One acquire or release of a claim. */
export interface ClaimRecord {
  at: number;
  action: 'acquire' | 'release';
  task: TaskId;
  attempt: number;
  patterns: readonly string[];
  /** Holders whose claims it met and, by policy `force`, passed over. */
  forced: readonly TaskId[];
}

/** Work that would not merge: a task's, and another's or (null) what is on the target. The task is the earlier in the plan. */
export interface Overlap {
  task: TaskId;
  other: TaskId | null;
  files: readonly string[];
  since: RunMs;
}

/** State of one run. Owned by one loop; `evolve` is the only function that changes it. */
export interface RunState {
  run: RunId | null;
  repository: string;
  policy: Policy;
  targetOid: Oid | null;
  /** What the target must contain for work to land on it unasked; null: a human took it as it is. */
  targetHolds: Oid | null;
  tasks: Map<TaskId, TaskState>;
  paused: boolean;
  stopping: 'finish' | 'stop' | null;
  /** What all its conversations have used of the model; US dollars null: no agent says. */
  spent: { tokens: number; usd: number | null };
  /** How often a human let it go on beyond its budget. */
  allowances: number;
  /** What became of work that was queued, older cases counting less. */
  odds: { landed: number; refused: number };
  /** The forge has a merge queue of its own for the target; or it is protected there, and takes one pull request after the other. */
  hasMergeQueue: boolean;
  isProtected: boolean;
  forgeTrouble: ForgeTrouble | null;
  /** Where its tasks are from, as they were named, and what is wrong with those that cannot be reached. */
  sources: readonly SourceSpec[];
  sourceTroubles: Record<string, string>;
  rested: Outcome | null;
  startedAt: number;
  updatedAt: number;
  /** Run clock of the latest fact. */
  ms: RunMs;
  startedMs: RunMs;
  restedMs: RunMs | null;
  /** Time at rest so far, before the latest resume. */
  idleMs: number;
  resumes: number;
  /** Latest 10,000 acquires and releases. */
  claims: ClaimRecord[];
  /** What would not merge right now, at most 500, in the order in which it was found. */
  overlaps: Overlap[];
  index: ScheduleIndex;
}

/** A state before the first fact. */
export function createState(): RunState {
  return {
    run: null,
    repository: '',
    policy: DEFAULT_POLICY,
    targetOid: null,
    targetHolds: null,
    tasks: new Map(),
    paused: false,
    stopping: null,
    spent: { tokens: 0, usd: null },
    allowances: 0,
    odds: { landed: 0, refused: 0 },
    hasMergeQueue: false,
    isProtected: false,
    forgeTrouble: null,
    sources: [],
    sourceTroubles: {},
    rested: null,
    startedAt: 0,
    updatedAt: 0,
    ms: runMs(0),
    startedMs: runMs(0),
    restedMs: null,
    idleMs: 0,
    resumes: 0,
    claims: [],
    overlaps: [],
    index: createIndex(),
  };
}

/** A task before its first fact. */
export function createTaskState(task: Task, order: number, at: RunMs): TaskState {
  return {
    task,
    order,
    phase: 'waiting',
    phaseAt: at,
    attempts: 0,
    charged: 0,
    attempt: null,
    history: [],
    retryAt: null,
    paused: false,
    question: null,
    askedAt: null,
    questions: 0,
    conversations: {},
    spending: {},
    allowances: 0,
    guidance: [],
    heard: 0,
    forwarded: { count: 0, latest: [] },
    warnedOf: [],
    comments: [],
    feedback: null,
    plan: null,
    unreviewed: false,
    requests: [],
    approved: false,
    queuedAt: null,
    candidate: null,
    conflict: null,
    toMerge: null,
    candidateRejected: null,
    aside: null,
    refusals: 0,
    moved: null,
    rewritten: null,
    held: null,
    pull: null,
    offered: [],
    pulls: 0,
    landed: null,
    landedGates: [],
    landedTree: null,
    flaky: [],
    failure: null,
    withheld: null,
    told: null,
    finished: [],
    trouble: null,
    wipe: false,
    swept: null,
    holdsClaim: false,
    endedAt: null,
  };
}

/** The task's state; a missing one is a bug. */
export function taskOf(state: RunState, id: TaskId): TaskState {
  const found = state.tasks.get(id);
  if (found === undefined) throw new Error(`Internal error: unknown task ${id}`);
  return found;
}

/** The data of a state without its index, in a fixed order: equal texts mean equal states. */
export function serializeState(state: RunState): string {
  const { index: _index, tasks, ...rest } = state;
  return JSON.stringify({ ...rest, tasks: [...tasks.values()] });
}

/** Tells whether its work is verified and has not landed yet. */
export function hasVerifiedWork({ phase }: TaskState): boolean {
  return phase === 'committed' || phase === 'pr_created' || phase === 'queued';
}

/** Tells whether nobody has begun it yet. */
export function isUntouched({ phase, attempt, wipe }: TaskState): boolean {
  return phase === 'waiting' && attempt === null && !wipe;
}

/** Tells whether a process of the task's may be running or be about to run. */
export function isLive(ts: TaskState): boolean {
  return ts.phase === 'spawned' || ts.phase === 'working';
}
