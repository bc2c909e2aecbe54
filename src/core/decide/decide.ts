// What is to be done now: the one place where the parts of the policy come together. Pure; costs what is at work, not what exists.
import type { Effect } from '../effect.ts';
import type { RunMs } from '../model.ts';
import type { RunState } from '../state.ts';
import { nextTimer } from '../timers.ts';
import { landNext } from './queue.ts';
import { startReady } from './schedule.ts';
import { superviseTasks } from './supervise.ts';

/**
 * The effects that state and time ask for. When a choice is due, it is the only one returned: once it is a fact, the
 * rest is asked for again. An effect stays in the answer until a fact ends it; one that left the answer is obsolete.
 */
export function decide(state: RunState, now: RunMs): Effect[] {
  if (state.rested !== null || state.run === null) return [];
  const effects = [...superviseTasks(state, now), ...landNext(state, now)];
  const choice = effects.find((effect) => effect.kind === 'record') ?? startReady(state, now);
  return choice === null || choice === undefined ? effects : [choice];
}

/** When time alone changes the answer, or null. */
export function nextDeadline(state: RunState, now: RunMs): RunMs | null {
  return nextTimer(state, now);
}
