// `summary.json`: tracks and steps in short, whom claims made wait, and what to do next.
import { findClaimInTheWay } from '../decide/schedule.ts';
import type { RunMs } from '../model.ts';
import { isStartable } from '../ready-groups.ts';
import type { RunState, TaskState } from '../state.ts';
import { iso } from '../wall-time.ts';
import { endOf, type RunStatus, runStatusOf } from './state.ts';
import { attemptIdOf, groupTracks, resultOf, statusOf, type Track, type TrackStatus } from './track.ts';

/** One step in short. */
export interface StepSummary {
  readonly index: number;
  readonly task: string;
  readonly run_id?: string;
  readonly status: 'pending' | 'complete' | 'stopped';
  readonly stop_reason?: string;
}

/** Two tasks whose claims met: the first waited for the second, or was forced past it. */
export interface CollisionSummary {
  readonly task: string;
  readonly holder: string;
  readonly forced: boolean;
  /** A path inside both claims, where it is known. */
  readonly witness?: string;
}

/** What to do next. */
export interface NextAction {
  readonly kind: 'resume_orchestrator' | 'fix_and_resume_run' | 'none';
  readonly command?: string;
}

/** The file `summary.json`. */
export interface SummaryDocument {
  readonly schema_version: 1;
  readonly orchestrator_id: string;
  readonly repo_root: string;
  readonly status: RunStatus;
  readonly started_at: string;
  readonly ended_at?: string;
  readonly policy: {
    readonly collision_policy: 'serialize' | 'force' | 'fail';
    readonly time_budget_minutes: number | null;
    readonly max_ticks: null;
  };
  readonly tracks: readonly {
    readonly track_id: string;
    readonly name: string;
    readonly status: TrackStatus;
    readonly steps: readonly StepSummary[];
  }[];
  readonly collisions: readonly CollisionSummary[];
  readonly next_action: NextAction;
}

/** Most collisions that are named. */
const MAX_COLLISIONS = 1_000;

/** Writes the summary. `now` is the run clock. */
export function documentSummary(state: RunState, now: RunMs): SummaryDocument {
  const { collisionPolicy, budget } = state.policy;
  return {
    schema_version: 1,
    orchestrator_id: state.run ?? '',
    repo_root: state.repository,
    status: runStatusOf(state),
    started_at: iso(state.startedAt),
    ...endOf(state),
    policy: { collision_policy: collisionPolicy, time_budget_minutes: budget.minutes, max_ticks: null },
    tracks: groupTracks(state).map((track) => ({
      track_id: track.id,
      name: track.id,
      status: statusOf(state, track),
      steps: summarizeSteps(track, now),
    })),
    collisions: findCollisions(state),
    next_action: nextActionOf(state),
  };
}

/** What to do next: a failed task has to be started anew, everything else goes on with the run. */
export function nextActionOf(state: RunState): NextAction {
  if (state.rested === 'complete') return { kind: 'none' };
  for (const ts of state.tasks.values()) {
    if (ts.phase === 'failed') return { kind: 'fix_and_resume_run', command: `weft restart ${ts.task.id}` };
  }
  return state.rested === null
    ? { kind: 'none' }
    : { kind: 'resume_orchestrator', command: `weft resume ${state.run}` };
}

function summarizeSteps(track: Track, now: RunMs): readonly StepSummary[] {
  return track.steps.map((ts, index) => {
    const result = resultOf(ts, now);
    const status = result === null ? 'pending' : result.status === 'complete' ? 'complete' : 'stopped';
    const reason = result?.stop_reason;
    return {
      index,
      task: ts.task.ref,
      ...attemptIdOf(ts),
      status,
      ...(reason === undefined ? {} : { stop_reason: reason }),
    };
  });
}

function findCollisions(state: RunState): readonly CollisionSummary[] {
  const found: CollisionSummary[] = [];
  for (const record of state.claims) {
    for (const holder of record.forced) found.push({ task: record.task, holder, forced: true });
  }
  for (const ts of state.tasks.values()) {
    if (found.length >= MAX_COLLISIONS) break;
    const waits = findWait(state, ts);
    if (waits !== null) found.push(waits);
  }
  return found.slice(0, MAX_COLLISIONS);
}

function findWait(state: RunState, ts: TaskState): CollisionSummary | null {
  if (state.policy.collisionPolicy === 'force' || !isStartable(state, ts)) return null;
  const collision = findClaimInTheWay(state, ts);
  if (collision === null) return null;
  return { task: ts.task.id, holder: collision.owner, forced: false, witness: collision.witness };
}
