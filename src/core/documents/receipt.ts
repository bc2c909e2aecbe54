// `receipt.json`: what a run did, task by task, with the evidence. Facts only; what is not known is null.

import { explainTask } from '../explain.ts';
import { findAside, type LandedAside, type LandedGone, type LandedWork } from '../landed.ts';
import type { Cause, GateResult, Phase, Role, RunMs } from '../model.ts';
import { sumSpending } from '../spending.ts';
import type { AttemptSummary, RunState, TaskState } from '../state.ts';
import { iso, wallTime } from '../wall-time.ts';
import { type ClaimEventDocument, documentClaims, type RunStatus, runStatusOf } from './state.ts';
import { causeOf, stopReasonOf } from './stop-reason.ts';
import { attemptIdOf, elapsedOf, resultOf, trackIdOf } from './track.ts';

export { renderReceipt } from './receipt-text.ts';

/** One gate and how it went; `exit` null: ended by the time limit. */
export interface GateReceipt {
  readonly command: string;
  readonly tier: 0 | 1 | 2;
  readonly exit: number | null;
  readonly elapsed_ms: number;
}

/** The checks that a task's latest work went through; `passed` null: none ran to a verdict. */
export interface VerificationReceipt {
  readonly passed: boolean | null;
  readonly tree: string | null;
  readonly gates: readonly GateReceipt[];
  readonly elapsed_ms: number;
  /** Commands that failed and then passed on the same tree; absent: none. */
  readonly flaky?: readonly string[];
}

/** One ended attempt; `cause` null: it did what it was for. */
export interface AttemptReceipt {
  readonly attempt: number;
  /** `plan` and `review` attempts read, `implement` attempts work. */
  readonly role: Role;
  readonly cause: Cause | null;
  readonly detail: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_ms: number;
  /** Processes that could not be ended. */
  readonly survivors: readonly number[];
}

/** How a task reached the target. */
export interface MergeReceipt {
  readonly commit: string;
  readonly ref: string;
  readonly detour: string | null;
  readonly by: 'weft' | 'human';
  readonly at: string;
  /** How it came about where git alone could not merge; absent: it could. */
  readonly note?: string;
}

/** One task. */
export interface TaskReceipt {
  readonly task_path: string;
  readonly task_id: string;
  readonly title: string;
  readonly track: string;
  readonly run_id?: string;
  readonly status: 'finished' | 'stopped' | 'pending';
  readonly phase: Phase;
  readonly stop_reason?: string;
  readonly cause?: Cause;
  /** Why it stands where it stands; absent when it landed. */
  readonly reason?: string;
  readonly suggested_fix?: string;
  readonly milestones_completed: number;
  readonly checkpoint_sha?: string;
  readonly duration_ms: number;
  readonly intervention?: { readonly receipt_path: null; readonly reason: string };
  readonly attempts: number;
  /** Latest 20 ended attempts. */
  readonly history: readonly AttemptReceipt[];
  readonly verification: VerificationReceipt;
  readonly files_changed: number;
  readonly lines_added: number;
  readonly lines_deleted: number;
  /** US dollars; null: the agent does not tell. */
  readonly cost_usd: number | null;
  /** Newest commit of its branch, then the commit on the target. */
  readonly commits: readonly string[];
  readonly pr: number | null;
  readonly pr_url?: string;
  readonly merge: MergeReceipt | null;
}

/** A failure, be it of a task that ended or of one that was tried again. */
export interface FailureReceipt {
  readonly task_id: string;
  readonly attempt: number;
  readonly cause: Cause;
  /** The agent never began to work. */
  readonly launch: boolean;
  /** It ended the task. */
  readonly final: boolean;
  readonly detail: string;
}

/** A stop reason, how often it was met, and what helps. */
export interface TopStopReason {
  readonly reason: string;
  readonly count: number;
  readonly suggested_fix: string;
  readonly tasks: readonly string[];
}

/** The file `receipt.json`. */
export interface ReceiptDocument {
  readonly schema_version: '1';
  readonly orchestration_id: string;
  readonly status: RunStatus;
  readonly outcome: string;
  readonly target: string;
  /** Landed work that the target lacks: `ref` has it. Absent: it has all of it. */
  readonly landed_aside?: LandedAside;
  /** Landed work whose ref does not contain it any more. */
  readonly landed_gone?: readonly LandedGone[];
  readonly started_at: string;
  readonly completed_at?: string;
  readonly duration_ms: number;
  readonly summary: {
    readonly tasks_total: number;
    readonly tasks_completed: number;
    readonly tasks_stopped: number;
    readonly tasks_pending: number;
    readonly tasks_failed: number;
    readonly tasks_cancelled: number;
    readonly interventions_count: number;
    readonly total_checkpoints: number;
    readonly attempts: number;
    readonly files_changed: number;
    readonly lines_added: number;
    readonly lines_deleted: number;
    readonly work_ms: number;
    readonly verification_ms: number;
    readonly cost_usd: number | null;
  };
  readonly tasks: readonly TaskReceipt[];
  readonly top_stop_reasons: readonly TopStopReason[];
  readonly failures: readonly FailureReceipt[];
  readonly claim_events: readonly ClaimEventDocument[];
}

const LAUNCH: ReadonlySet<Cause> = new Set(['start-failed', 'setup-failed', 'agent-missing']);
/** Ends of attempts that are nobody's failure. */
const BLAMELESS: ReadonlySet<Cause> = new Set(['asked', 'stopped', 'changes-requested']);

/** Writes the receipt. `now` is the run clock; without a look at git, what landed is believed to be where it landed. */
export function documentReceipt(state: RunState, now: RunMs, work?: LandedWork): ReceiptDocument {
  const { aside, gone } = work ?? { aside: findAside(state), gone: [] };
  const tasks = [...state.tasks.values()].map((ts) => documentTask(state, ts, now));
  return {
    schema_version: '1',
    orchestration_id: state.run ?? '',
    status: runStatusOf(state),
    outcome: state.rested ?? 'running',
    target: state.policy.target,
    ...(aside === null ? {} : { landed_aside: aside }),
    ...(gone.length === 0 ? {} : { landed_gone: gone }),
    started_at: iso(state.startedAt),
    ...(state.restedMs === null ? {} : { completed_at: wallTime(state, state.restedMs) }),
    duration_ms: Math.max(0, (state.restedMs ?? now) - state.startedMs),
    summary: sumUp(state, tasks),
    tasks,
    top_stop_reasons: countReasons(tasks),
    failures: [...state.tasks.values()].flatMap(listFailures),
    claim_events: documentClaims(state),
  };
}

function documentTask(state: RunState, ts: TaskState, now: RunMs): TaskReceipt {
  const { task } = ts;
  // what a human did is not known by a commit
  const landed = task.type === 'manual' ? null : ts.landed;
  const seen = ts.attempt?.inspected ?? null;
  const commits = [seen?.head, landed?.commit].filter((commit) => commit !== undefined);
  const checkpoint = landed?.commit ?? (ts.attempt?.verified == null ? undefined : seen?.head);
  return {
    task_path: task.ref,
    task_id: task.id,
    title: task.title,
    track: trackIdOf(ts),
    ...attemptIdOf(ts),
    phase: ts.phase,
    ...describeEnd(state, ts, now),
    milestones_completed: ts.phase === 'merged' ? Math.max(1, ts.plan?.milestones.length ?? 0) : 0,
    ...(checkpoint === undefined ? {} : { checkpoint_sha: checkpoint }),
    duration_ms: elapsedOf(ts, now),
    ...describeIntervention(ts),
    attempts: ts.attempts,
    history: ts.history.map((past) => documentAttempt(state, past)),
    verification: documentVerification(ts),
    files_changed: seen?.fileCount ?? 0,
    lines_added: seen?.added ?? 0,
    lines_deleted: seen?.deleted ?? 0,
    cost_usd: sumSpending(ts)?.usd ?? null,
    commits: [...new Set(commits)],
    pr: ts.pull?.number ?? null,
    ...(ts.pull === null ? {} : { pr_url: ts.pull.url }),
    merge: landed === null ? null : documentMerge(state, ts, landed),
  };
}

function describeEnd(
  state: RunState,
  ts: TaskState,
  now: RunMs,
): Pick<TaskReceipt, 'status' | 'stop_reason' | 'cause' | 'reason' | 'suggested_fix'> {
  if (ts.phase === 'merged') return { status: 'finished' };
  const reason = explainTask(state, ts, now);
  const cause = causeOf(ts);
  if (cause === null || resultOf(ts, now) === null) return { status: 'pending', reason };
  const stop = stopReasonOf(cause);
  const suggested_fix = stop.fix.replaceAll('TASK', ts.task.id);
  return { status: 'stopped', stop_reason: stop.reason, cause, reason, suggested_fix };
}

/** A human's part in it: what was asked last, or that the work was done by hand. */
function describeIntervention(ts: TaskState): Pick<TaskReceipt, 'intervention'> {
  if (ts.task.type === 'manual' && ts.phase === 'merged') {
    return { intervention: { receipt_path: null, reason: 'done by hand' } };
  }
  if (ts.questions === 0) return {};
  const times = ts.questions === 1 ? 'one question' : `${ts.questions} questions`;
  const open = ts.question === null ? 'answered' : 'the last one is open';
  return { intervention: { receipt_path: null, reason: `${times}, ${open}` } };
}

function documentAttempt(state: RunState, past: AttemptSummary): AttemptReceipt {
  return {
    attempt: past.n,
    role: past.role,
    cause: past.cause,
    detail: past.detail,
    started_at: wallTime(state, past.startedAt),
    ended_at: wallTime(state, past.endedAt),
    duration_ms: Math.max(0, past.endedAt - past.startedAt),
    survivors: past.survivors,
  };
}

function documentMerge(
  state: RunState,
  { candidate }: TaskState,
  landed: NonNullable<TaskState['landed']>,
): MergeReceipt {
  const { commit, ref, detour, by, at } = landed;
  const note = candidate === null || candidate.note === null ? {} : { note: candidate.note };
  return { commit, ref, detour, by, at: wallTime(state, at), ...note };
}

/** The latest verdict: on what landed, else on what would land, else on the attempt's own tree. */
function documentVerification(ts: TaskState): VerificationReceipt {
  const { attempt, candidateRejected } = ts;
  if (ts.landedGates.length > 0) {
    const flaky = ts.flaky.length === 0 ? {} : { flaky: ts.flaky };
    return { ...verdict(true, ts.landedGates, ts.landedTree), ...flaky };
  }
  if (candidateRejected !== null) return verdict(false, candidateRejected.gates, ts.candidate?.tree ?? null);
  if (attempt?.rejected != null)
    return verdict(false, attempt.rejected.gates, attempt.inspected?.tree ?? null);
  if (attempt?.verified != null) return verdict(true, attempt.verified.gates, attempt.verified.tree);
  return verdict(null, [], null);
}

function verdict(
  passed: boolean | null,
  gates: readonly GateResult[],
  tree: string | null,
): VerificationReceipt {
  return {
    passed,
    tree,
    gates: gates.map(({ command, tier, exit, elapsedMs }) => ({
      command,
      tier,
      exit,
      elapsed_ms: elapsedMs,
    })),
    elapsed_ms: gates.reduce((sum, gate) => sum + gate.elapsedMs, 0),
  };
}

function sumUp(state: RunState, tasks: readonly TaskReceipt[]): ReceiptDocument['summary'] {
  const count = (holds: (task: TaskReceipt) => boolean): number => tasks.filter(holds).length;
  const sum = (of: (task: TaskReceipt) => number): number => tasks.reduce((all, task) => all + of(task), 0);
  const costs = tasks.flatMap((task) => task.cost_usd ?? []);
  return {
    tasks_total: tasks.length,
    tasks_completed: count((task) => task.status === 'finished'),
    tasks_stopped: count((task) => task.status === 'stopped'),
    tasks_pending: count((task) => task.status === 'pending'),
    tasks_failed: count((task) => task.phase === 'failed'),
    tasks_cancelled: count((task) => task.phase === 'cancelled'),
    interventions_count: [...state.tasks.values()].reduce((all, ts) => all + ts.questions, 0),
    total_checkpoints: count((task) => task.checkpoint_sha !== undefined),
    attempts: sum((task) => task.attempts),
    files_changed: sum((task) => task.files_changed),
    lines_added: sum((task) => task.lines_added),
    lines_deleted: sum((task) => task.lines_deleted),
    work_ms: sum((task) => task.history.reduce((all, past) => all + past.duration_ms, 0)),
    verification_ms: sum((task) => task.verification.elapsed_ms),
    cost_usd: costs.length === 0 ? null : costs.reduce((all, cost) => all + cost, 0),
  };
}

function countReasons(tasks: readonly TaskReceipt[]): readonly TopStopReason[] {
  const byCause = new Map<Cause, TaskReceipt[]>();
  for (const task of tasks) {
    if (task.cause === undefined) continue;
    const alike = byCause.get(task.cause);
    if (alike === undefined) byCause.set(task.cause, [task]);
    else alike.push(task);
  }
  return [...byCause]
    .map(([cause, alike]) => {
      const { reason, fix } = stopReasonOf(cause);
      const only = alike.length === 1 ? alike[0] : undefined;
      return {
        reason,
        count: alike.length,
        suggested_fix: only === undefined ? fix : fix.replaceAll('TASK', only.task_id),
        tasks: alike.map((task) => task.task_id),
      };
    })
    .sort((a, b) => b.count - a.count);
}

function listFailures(ts: TaskState): readonly FailureReceipt[] {
  const failures = ts.history.flatMap((past): FailureReceipt[] => {
    if (past.cause === null || BLAMELESS.has(past.cause)) return [];
    const final = ts.phase === 'failed' && past.n === ts.attempts;
    const of = { task_id: ts.task.id, attempt: past.n, cause: past.cause, detail: past.detail };
    return [{ ...of, launch: LAUNCH.has(past.cause), final }];
  });
  if (ts.phase !== 'failed' || ts.failure === null || failures.some((each) => each.final)) return failures;
  const { cause, sentence } = ts.failure;
  const of = { task_id: ts.task.id, attempt: ts.attempts, cause, detail: sentence };
  return [...failures, { ...of, launch: LAUNCH.has(cause), final: true }];
}
