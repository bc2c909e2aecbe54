// The machine's clocks behind the clock port. Knows nothing of runs.
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { ClockPort } from '../../ports/clock.ts';

/** Longest single timer of Node; longer sleeps would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Creates the clock of this machine. Its monotonic side stands still while the machine sleeps. */
export function createClock(): ClockPort {
  return {
    wallMs: () => Date.now(),
    monoMs: () => performance.now(),
    sleep: async (ms, signal) => {
      const options = signal === undefined ? {} : { signal };
      // an abort ends the sleep early, which is all the caller asked for
      await sleepFor(Math.min(ms, LONGEST_TIMER_MS), undefined, options).catch(() => undefined);
    },
  };
}
