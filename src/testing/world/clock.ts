// The clock of the world: time that only the scheduler moves.
import type { ClockPort } from '../../ports/clock.ts';
import { sleep } from './scheduler.ts';
import type { Life, World } from './world.ts';

/** The world's time, as one engine reads it. */
export function createWorldClock(world: World, life: Life): ClockPort {
  return {
    wallMs: () => world.monoMs + world.wallAheadMs,
    monoMs: () => world.monoMs,
    sleep: (ms, signal) => sleep(world, life, ms, signal),
  };
}
