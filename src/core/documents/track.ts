// Tasks grouped into tracks and steps, as track-file users know them. A task without a track is a track of its own.
import { findClaimInTheWay } from '../decide/schedule.ts';
import { explainTask } from '../explain.ts';
import type { RunMs, TaskId } from '../model.ts';
import { slugId } from '../plan/slug.ts';
import { isStartable } from '../ready-groups.ts';
import { isLive, type RunState, type TaskState } from '../state.ts';
import { causeOf, stopReasonOf } from './stop-reason.ts';

/** The tasks of one track, in the plan's order. */
export interface Track {
  readonly id: string;
  readonly steps: readonly TaskState[];
}

/** How a track stands. */
export type TrackStatus = 'pending' | 'running' | 'waiting' | 'complete' | 'stopped' | 'failed';

/** How an ended step went. */
export interface StepResult {
  readonly status: 'complete' | 'stopped' | 'timeout';
  readonly stop_reason?: string;
  readonly elapsed_ms: number;
}

/** Tracks in the order in which the plan first names them. */
export function groupTracks(state: RunState): readonly Track[] {
  const tracks = new Map<string, TaskState[]>();
  for (const ts of state.tasks.values()) {
    // a task's id may be some track's name: the prefix keeps the two apart
    const key = ts.task.track === null ? `task ${ts.task.id}` : `track ${ts.task.track}`;
    const steps = tracks.get(key);
    if (steps === undefined) tracks.set(key, [ts]);
    else steps.push(ts);
  }
  return [...tracks.values()].map((steps) => ({ id: trackIdOf(steps[0] as TaskState), steps }));
}

/** Name of the track a task belongs to. */
export function trackIdOf(ts: TaskState): string {
  return ts.task.track ?? ts.task.id;
}

/** Names one attempt in the whole of a run's files; undefined before the first. */
export function attemptIdOf(ts: TaskState): { readonly run_id?: string } {
  return ts.attempts === 0 ? {} : { run_id: `${ts.task.id}/${ts.attempts}` };
}

/** Folder of the latest attempt, relative to the run's folder. */
export function attemptFolderOf(ts: TaskState): { readonly run_dir?: string } {
  return ts.attempts === 0 ? {} : { run_dir: `attempts/${slugId(ts.task.id)}/${ts.attempts}` };
}

/** The task's reference in its source, as `depends_on` and `task_path` name it. */
export function refOf(state: RunState, id: TaskId): string {
  return state.tasks.get(id)?.task.ref ?? id;
}

/** Time from the first attempt's start to the end, or to now, in ms; 0 before the first attempt. */
export function elapsedOf(ts: TaskState, now: RunMs): number {
  const began = ts.history[0]?.startedAt ?? ts.attempt?.startedAt ?? ts.attempt?.spawnedAt;
  return began === undefined ? 0 : Math.max(0, (ts.endedAt ?? now) - began);
}

/** The result of a step that ended or that only a human can move; null for all others. */
export function resultOf(ts: TaskState, now: RunMs): StepResult | null {
  const elapsed_ms = elapsedOf(ts, now);
  if (ts.phase === 'merged') return { status: 'complete', elapsed_ms };
  const cause = causeOf(ts);
  if (cause === null || isLive(ts)) return null;
  const status = cause === 'time-budget' ? 'timeout' : 'stopped';
  return { status, stop_reason: stopReasonOf(cause).reason, elapsed_ms };
}

/** Position of the first step that is not over, or the number of steps. */
export function currentStepOf(track: Track): number {
  const at = track.steps.findIndex((ts) => !isOver(ts));
  return at === -1 ? track.steps.length : at;
}

/** The first step that keeps the track from going on, or null. */
export function stoppedStepOf(track: Track): { readonly ts: TaskState; readonly index: number } | null {
  const failed = track.steps.findIndex((ts) => ts.phase === 'failed');
  const index = failed === -1 ? track.steps.findIndex((ts) => !isOver(ts) && causeOf(ts) !== null) : failed;
  const ts = track.steps[index];
  return ts === undefined ? null : { ts, index };
}

/** How the track stands: a failed step outweighs a running one, and what runs outweighs what waits. */
export function statusOf(state: RunState, track: Track): TrackStatus {
  const { steps } = track;
  if (steps.every(isOver)) return 'complete';
  if (steps.some((ts) => ts.phase === 'failed')) return 'failed';
  if (steps.some((ts) => isLive(ts) && ts.question === null)) return 'running';
  if (steps.some((ts) => !isOver(ts) && causeOf(ts) !== null)) return 'stopped';
  if (state.rested !== null) return steps.some(hasBegun) ? 'stopped' : 'pending';
  if (steps.some(isUnderWay)) return 'running';
  const next = steps[currentStepOf(track)];
  if (next === undefined || next.attempts > 0) return 'waiting';
  const free = isStartable(state, next) && findClaimInTheWay(state, next) === null;
  return free ? 'pending' : 'waiting';
}

/** Why the track does not go on, in one sentence; null: it does, or it is complete. */
export function errorOf(state: RunState, track: Track, now: RunMs): string | null {
  const stopped = stoppedStepOf(track);
  return stopped === null ? null : `${stopped.ts.task.id}: ${explainTask(state, stopped.ts, now)}`;
}

function isOver(ts: TaskState): boolean {
  return ts.phase === 'merged' || ts.phase === 'cancelled';
}

function hasBegun(ts: TaskState): boolean {
  return ts.attempts > 0 || ts.phase !== 'waiting';
}

function isUnderWay(ts: TaskState): boolean {
  return ts.phase !== 'waiting' && !isOver(ts) && ts.phase !== 'failed';
}
