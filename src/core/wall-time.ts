// Moments for people: the run's own clock turned into wall time. Display only; nothing is decided by it.
import type { RunMs } from './model.ts';
import type { RunState } from './state.ts';

/** Writes wall time, in ms since 1970, as ISO 8601. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Wall time of a moment on the run clock, in ms since 1970, as far as the latest fact tells. */
export function wallMs(state: RunState, at: RunMs): number {
  return state.updatedAt - (state.ms - at);
}

/** The same as ISO 8601. */
export function wallTime(state: RunState, at: RunMs): string {
  return iso(wallMs(state, at));
}
