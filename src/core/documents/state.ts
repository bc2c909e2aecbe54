// `state.json`: the whole run at one moment, with the field names that track-file users' scripts read; our own facts stand beside.
import type { Phase, RunMs } from '../model.ts';
import { type Activity, describeActivity } from '../role.ts';
import { isLive, type RunState, type TaskState } from '../state.ts';
import { iso, wallTime } from '../wall-time.ts';
import {
  attemptFolderOf,
  attemptIdOf,
  currentStepOf,
  errorOf,
  groupTracks,
  refOf,
  resultOf,
  type StepResult,
  statusOf,
  type Track,
  type TrackStatus,
  trackIdOf,
} from './track.ts';

/** How a run stands, in the older words. */
export type RunStatus = 'running' | 'complete' | 'stopped' | 'failed';

/** One step of a track; `task_id` and what follows it are weft's own. */
export interface StepDocument {
  readonly task_path: string;
  readonly allowlist?: readonly string[];
  readonly owns_raw?: readonly string[];
  readonly owns_normalized?: readonly string[];
  readonly depends_on?: readonly string[];
  /** Latest attempt, as `task/attempt`. */
  readonly run_id?: string;
  /** Its folder, relative to the run's. */
  readonly run_dir?: string;
  readonly result?: StepResult;
  readonly task_id: string;
  readonly phase: Phase;
  /** What is under way in that phase; absent when nothing is. */
  readonly activity?: Activity;
  readonly attempts: number;
  readonly branch?: string;
  readonly worktree?: string;
  readonly commit?: string;
}

/** One track. */
export interface TrackDocument {
  readonly id: string;
  readonly name: string;
  readonly status: TrackStatus;
  readonly current_step: number;
  readonly error?: string;
  readonly steps: readonly StepDocument[];
}

/** One acquire or release of a claim. */
export interface ClaimEventDocument {
  readonly timestamp: string;
  readonly action: 'acquire' | 'release';
  readonly track_id: string;
  readonly run_id: string;
  readonly claims: readonly string[];
  readonly owns_raw: readonly string[];
  readonly owns_normalized: readonly string[];
  readonly task_id: string;
  /** Holders whose claims it met and, by policy `force`, passed over. */
  readonly forced?: readonly string[];
}

/** Who holds a pattern. */
export interface FileClaimDocument {
  readonly track_id: string;
  readonly run_id?: string;
  readonly owns_raw: readonly string[];
  readonly owns_normalized: readonly string[];
  readonly task_id: string;
}

/** The choices of a run. */
export interface PolicyDocument {
  readonly collision_policy: 'serialize' | 'force' | 'fail';
  /** Agents at once. */
  readonly parallel: number;
  readonly fast: boolean;
  /** Failed attempts are tried again, within `max_attempts`. */
  readonly auto_resume: boolean;
  readonly ownership_required: boolean;
  readonly time_budget_minutes: number | null;
  /** weft counts attempts, not ticks. */
  readonly max_ticks: null;
  readonly max_attempts: number;
  readonly worktree: boolean;
  readonly target: string;
  readonly integrate: 'human' | 'auto';
}

/** The file `state.json`. */
export interface StateDocument {
  readonly schema_version: 1;
  readonly orchestrator_id: string;
  readonly repo_path: string;
  readonly started_at: string;
  readonly updated_at: string;
  readonly ended_at?: string;
  readonly status: RunStatus;
  readonly outcome?: string;
  readonly tracks: readonly TrackDocument[];
  readonly active_runs: Readonly<Record<string, string>>;
  readonly file_claims: Readonly<Record<string, FileClaimDocument>>;
  readonly claim_events: readonly ClaimEventDocument[];
  readonly policy: PolicyDocument;
  readonly collision_policy: 'serialize' | 'force' | 'fail';
  readonly time_budget_minutes: number | null;
  readonly max_ticks: null;
  readonly fast: boolean;
}

/** Writes the state down. `now` is the run clock. */
export function documentState(state: RunState, now: RunMs): StateDocument {
  const policy = documentPolicy(state);
  return {
    schema_version: 1,
    orchestrator_id: state.run ?? '',
    repo_path: state.repository,
    started_at: iso(state.startedAt),
    updated_at: iso(state.updatedAt),
    ...endOf(state),
    status: runStatusOf(state),
    ...(state.rested === null ? {} : { outcome: state.rested }),
    tracks: groupTracks(state).map((track) => documentTrack(state, track, now)),
    active_runs: documentActive(state),
    file_claims: documentHoldings(state),
    claim_events: documentClaims(state),
    policy,
    collision_policy: policy.collision_policy,
    time_budget_minutes: policy.time_budget_minutes,
    max_ticks: policy.max_ticks,
    fast: policy.fast,
  };
}

/** How the run stands. A run that waits for a human or was stopped can go on, so it is stopped, not failed. */
export function runStatusOf(state: RunState): RunStatus {
  switch (state.rested) {
    case null:
      return 'running';
    case 'complete':
    case 'failed':
      return state.rested;
    default:
      return 'stopped';
  }
}

/** When the run came to rest, if it did. */
export function endOf(state: RunState): { readonly ended_at?: string } {
  return state.restedMs === null ? {} : { ended_at: wallTime(state, state.restedMs) };
}

/** Attempts that are live now, by track; of several in one track the first. */
export function documentActive(state: RunState): Readonly<Record<string, string>> {
  const active: [string, string][] = [];
  const seen = new Set<string>();
  for (const ts of state.index.open.keys()) {
    if (!isLive(ts) || seen.has(trackIdOf(ts))) continue;
    seen.add(trackIdOf(ts));
    active.push([trackIdOf(ts), `${ts.task.id}/${ts.attempts}`]);
  }
  return Object.fromEntries(active);
}

/** Every acquire and release of a claim, in order. */
export function documentClaims(state: RunState): readonly ClaimEventDocument[] {
  return state.claims.map((record) => {
    const ts = state.tasks.get(record.task);
    return {
      timestamp: iso(record.at),
      action: record.action,
      track_id: ts === undefined ? record.task : trackIdOf(ts),
      run_id: `${record.task}/${record.attempt}`,
      claims: record.patterns,
      owns_raw: record.patterns,
      owns_normalized: record.patterns,
      task_id: record.task,
      ...(record.forced.length === 0 ? {} : { forced: record.forced }),
    };
  });
}

function documentTrack(state: RunState, track: Track, now: RunMs): TrackDocument {
  const error = errorOf(state, track, now);
  return {
    id: track.id,
    name: track.id,
    status: statusOf(state, track),
    current_step: currentStepOf(track),
    ...(error === null ? {} : { error }),
    steps: track.steps.map((ts) => documentStep(state, ts, now)),
  };
}

function documentStep(state: RunState, ts: TaskState, now: RunMs): StepDocument {
  const { owns, edges } = ts.task;
  const result = resultOf(ts, now);
  return {
    task_path: ts.task.ref,
    ...(owns === null ? {} : { allowlist: owns, owns_raw: owns, owns_normalized: owns }),
    ...(edges.length === 0 ? {} : { depends_on: edges.map((edge) => refOf(state, edge.task)) }),
    ...attemptIdOf(ts),
    ...attemptFolderOf(ts),
    ...(result === null ? {} : { result }),
    task_id: ts.task.id,
    phase: ts.phase,
    ...describeActivity(ts),
    attempts: ts.attempts,
    ...(ts.attempt === null ? {} : { branch: ts.attempt.branch }),
    ...(ts.attempt?.worktree == null ? {} : { worktree: ts.attempt.worktree }),
    ...(ts.landed === null ? {} : { commit: ts.landed.commit }),
  };
}

/** Who holds which pattern now; under policy `force` the latest of several holders. */
function documentHoldings(state: RunState): Readonly<Record<string, FileClaimDocument>> {
  const held: [string, FileClaimDocument][] = [];
  for (const id of state.index.claims.holdings.keys()) {
    const ts = state.tasks.get(id as TaskState['task']['id']);
    if (ts === undefined) continue;
    const owns = ts.task.owns ?? [];
    const claim = {
      track_id: trackIdOf(ts),
      ...attemptIdOf(ts),
      owns_raw: owns,
      owns_normalized: owns,
      task_id: ts.task.id,
    };
    for (const pattern of owns) held.push([pattern, claim]);
  }
  return Object.fromEntries(held);
}

function documentPolicy(state: RunState): PolicyDocument {
  const { policy } = state;
  return {
    collision_policy: policy.collisionPolicy,
    parallel: policy.maxAgents,
    fast: policy.fast,
    auto_resume: true,
    ownership_required: policy.isolation === 'shared',
    time_budget_minutes: policy.budget.minutes,
    max_ticks: null,
    max_attempts: policy.limits.attempts,
    worktree: policy.isolation === 'worktree',
    target: policy.target,
    integrate: policy.integrate,
  };
}
