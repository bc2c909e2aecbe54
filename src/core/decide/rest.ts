// How a run stands when nothing moves any more.
import type { WorkEffect } from '../effect.ts';
import type { Outcome } from '../event.ts';
import type { RunMs } from '../model.ts';
import { countBlockers } from '../schedule-index.ts';
import { isWatched } from '../source.ts';
import { isUntouched, type RunState, taskOf } from '../state.ts';
import { waitsForPeople } from './pull.ts';

/** What is left when nothing can go on. Time budget before failure, failure before a human's turn. */
export function outcomeOf(state: RunState): Outcome {
  const { index, tasks } = state;
  const count = (phase: 'merged' | 'cancelled' | 'failed'): number => index.phases.get(phase) ?? 0;
  const withheld = [...tasks.values()].filter((ts) => isUntouched(ts) && ts.withheld !== null).length;
  const over = count('merged') + count('cancelled');
  // where all there is is kept back, nothing was done yet
  if (over + withheld === tasks.size && (over > 0 || withheld === 0)) return 'complete';
  if (state.stopping !== null) return 'stopped';
  if (needsHuman(state)) return 'blocked';
  const failed = [...tasks.values()].filter((ts) => ts.phase === 'failed');
  if (failed.length > 0 && failed.every((ts) => ts.failure?.cause === 'time-budget')) return 'timeout';
  return failed.length > 0 ? 'failed' : 'blocked';
}

/** Tells whether its sources alone may let a run go on that nothing else moves: others work on what its tasks wait for. */
export function waitsForSources(state: RunState): boolean {
  if (!state.sources.some(isWatched)) return false;
  for (const ts of state.tasks.values()) {
    if (!isUntouched(ts) || ts.withheld !== null) continue;
    const waited = ts.task.edges.map((edge) => taskOf(state, edge.task));
    if (waited.some((other) => isUntouched(other) && other.withheld !== null)) return true;
  }
  return false;
}

/**
 * Tells whether a run that could rest looks at its sources once more before it does: what was added or became free while it
 * did the last of its work is not left behind. One look is enough after which nothing happened, whether it succeeded or
 * not; what it finds is work, and after that there is another one. `seenAt` is how many facts there were after the last
 * look; null: there was none.
 */
export function owesLook(
  state: RunState,
  now: { readonly outcome: Outcome; readonly facts: number; readonly seenAt: number | null },
): boolean {
  if (now.outcome === 'stopped' || now.outcome === 'timeout') return false;
  return state.sources.some(isWatched) && now.facts !== now.seenAt;
}

/** Tells whether an effect does nothing but wait for what people may do. */
export function isIdle(state: RunState, effect: WorkEffect, now: RunMs): boolean {
  const ts = taskOf(state, effect.task);
  if (effect.kind === 'watch-attempt') return ts.question !== null && ts.attempt?.stop === null;
  if (effect.kind !== 'watch-pull') return false;
  if (ts.phase === 'waiting' || ts.phase === 'failed') return true;
  // what people did while no engine ran is looked at in any case
  if (ts.pull?.isFresh !== true) return false;
  // what lands from here gets on without being watched
  const landsHere = ts.phase === 'queued' && (ts.paused || ts.pull?.enqueued !== true);
  return landsHere || state.stopping !== null || waitsForPeople(state, ts, now);
}

/** Tells whether a human's word alone would let some task go on. */
function needsHuman(state: RunState): boolean {
  const { index } = state;
  if (state.paused) return true;
  for (const ts of state.tasks.values()) {
    if (ts.phase === 'merged' || ts.phase === 'failed' || ts.phase === 'cancelled') continue;
    if (ts.question !== null || ts.paused || index.line.held.has(ts)) return true;
    const waitsForFailed = ts.task.edges.some((edge) => isDead(state, edge.task));
    if (waitsForFailed) continue;
    if (ts.phase === 'committed' || ts.phase === 'pr_created') return true;
    if (ts.phase === 'waiting' && ts.task.type === 'manual' && countBlockers(state, ts) === 0) return true;
  }
  return false;
}

/** Tells whether a dependency can no longer be satisfied by itself. */
export function isDead(state: RunState, id: Parameters<typeof taskOf>[1]): boolean {
  const { phase } = taskOf(state, id);
  return phase === 'failed' || phase === 'cancelled';
}
