// `handoffs/complete.json` and `handoffs/stop.json`: the last word of a run, for whoever takes over. A stop names its cause.
import type { Outcome } from '../event.ts';
import { explainTask } from '../explain.ts';
import type { Cause, RunMs } from '../model.ts';
import type { RunState, TaskState } from '../state.ts';
import { nextCommand, viewRun } from '../view.ts';
import { iso } from '../wall-time.ts';
import { documentActive, runStatusOf } from './state.ts';
import { causeOf, type StopFamily, stopReasonOf, stopReasonOfRun } from './stop-reason.ts';
import { attemptIdOf, groupTracks, stoppedStepOf, type Track } from './track.ts';

/** Where a run stopped; `task_id` and what follows it are weft's own. */
export interface StoppedTrack {
  readonly track_id: string;
  readonly step_index: number;
  readonly run_id?: string;
  readonly stop_reason: string;
  readonly task_id: string;
  readonly cause: Cause;
  /** One sentence. */
  readonly sentence: string;
  readonly suggested_fix: string;
}

/** The files `complete.json` and `stop.json`, and what `orchestrate wait --json` prints. */
export interface HandoffDocument {
  readonly schema_version: 1;
  readonly orchestrator_id: string;
  /** The run's folder, relative to the repository. */
  readonly orchestrator_dir: string;
  readonly repo_root: string;
  readonly status: 'running' | 'complete' | 'stopped';
  readonly stop_reason?: string;
  readonly stop_reason_family?: StopFamily;
  readonly resume_command?: string;
  readonly last_failed_track?: StoppedTrack;
  /** Attempts whose questions are open, as `task/attempt`. */
  readonly blocking_run_ids?: readonly string[];
  readonly tracks: { readonly completed: number; readonly total: number };
  readonly steps: { readonly completed: number; readonly total: number; readonly cancelled: number };
  readonly active_runs: Readonly<Record<string, string>>;
  readonly elapsed_ms: number;
  readonly ts: string;
  readonly outcome?: Outcome;
  /** The one best next command, with the reason. */
  readonly next?: { readonly command: string; readonly reason: string };
  /** What each task that is not over waits for, at most 100. */
  readonly waiting?: readonly { readonly task_id: string; readonly reason: string }[];
}

const MAX_WAITING = 100;

/** Writes the last word; for a run that goes on, how it stands. `now` is the run clock. */
export function documentHandoff(state: RunState, now: RunMs): HandoffDocument {
  const tracks = groupTracks(state);
  const status = runStatusOf(state);
  return {
    schema_version: 1,
    orchestrator_id: state.run ?? '',
    orchestrator_dir: `.weft/runs/${state.run ?? ''}`,
    repo_root: state.repository,
    status: status === 'failed' ? 'stopped' : status,
    ...(state.rested === null || state.rested === 'complete' ? {} : describeStop(state, { tracks, now })),
    tracks: { completed: tracks.filter((track) => track.steps.every(isOver)).length, total: tracks.length },
    steps: {
      completed: state.index.phases.get('merged') ?? 0,
      total: state.tasks.size,
      cancelled: state.index.phases.get('cancelled') ?? 0,
    },
    active_runs: documentActive(state),
    elapsed_ms: Math.max(0, (state.restedMs ?? now) - state.startedMs),
    ts: iso(state.updatedAt),
    ...(state.rested === null ? {} : { outcome: state.rested }),
  };
}

function describeStop(
  state: RunState,
  of: { readonly tracks: readonly Track[]; readonly now: RunMs },
): Partial<HandoffDocument> {
  const outcome = state.rested ?? 'stopped';
  const { reason, family } = stopReasonOfRun(outcome);
  const last = findStopped(state, of);
  const asking = [...state.tasks.values()].filter((ts) => ts.question !== null && ts.attempts > 0);
  const next = nextCommand(viewRun(state, of.now));
  return {
    stop_reason: reason,
    ...(family === null ? {} : { stop_reason_family: last?.family ?? family }),
    resume_command: `weft resume ${state.run}`,
    ...(last === null ? {} : { last_failed_track: last.track }),
    ...(asking.length === 0 ? {} : { blocking_run_ids: asking.map((ts) => `${ts.task.id}/${ts.attempts}`) }),
    ...(next === null ? {} : { next }),
    waiting: [...state.tasks.values()]
      .filter((ts) => !isOver(ts) && ts.phase !== 'failed')
      .slice(0, MAX_WAITING)
      .map((ts) => ({ task_id: ts.task.id, reason: explainTask(state, ts, of.now) })),
  };
}

/** The step that stopped last: a failed one before one that waits for a human. */
function findStopped(
  state: RunState,
  of: { readonly tracks: readonly Track[]; readonly now: RunMs },
): { readonly track: StoppedTrack; readonly family: StopFamily } | null {
  const stops = of.tracks.flatMap((track) => {
    const step = stoppedStepOf(track);
    return step === null ? [] : [{ track, ...step }];
  });
  const failed = stops.filter((stop) => stop.ts.phase === 'failed');
  const last = (failed.length > 0 ? failed : stops).reduce<(typeof stops)[number] | null>(
    (best, stop) => (best === null || stop.ts.phaseAt > best.ts.phaseAt ? stop : best),
    null,
  );
  const cause = last === null ? null : causeOf(last.ts);
  if (last === null || cause === null) return null;
  const { reason, family, fix } = stopReasonOf(cause);
  const track = {
    track_id: last.track.id,
    step_index: last.index,
    ...attemptIdOf(last.ts),
    stop_reason: reason,
    task_id: last.ts.task.id,
    cause,
    sentence: explainTask(state, last.ts, of.now),
    suggested_fix: fix.replaceAll('TASK', last.ts.task.id),
  };
  return { track, family };
}

function isOver(ts: TaskState): boolean {
  return ts.phase === 'merged' || ts.phase === 'cancelled';
}
