// The run's own clock: goes on over restarts, never back, and stands still while the machine sleeps.
import { type RunMs, runMs } from '../core/model.ts';
import type { ClockPort } from '../ports/clock.ts';

/** Milliseconds of the run so far. */
export type RunClock = () => RunMs;

/** Starts the clock where the latest fact left it; time without an engine counts as the wall clock tells it, if it went on. */
export function startRunClock(
  clock: ClockPort,
  last: { readonly ms: RunMs; readonly at: number } | null,
): RunClock {
  const away = last === null ? 0 : Math.max(0, clock.wallMs() - last.at);
  const base = (last?.ms ?? 0) + away;
  const start = clock.monoMs();
  return () => runMs(Math.round(base + Math.max(0, clock.monoMs() - start)));
}
