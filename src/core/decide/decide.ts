// What is to be done now: the one place where the parts of the policy come together. Pure; costs what changed, not what exists.
import type { Effect } from '../effect.ts';
import type { RunMs } from '../model.ts';
import type { RunState } from '../state.ts';
import { fireTimers, nextTimer } from '../timers.ts';
import { landNext } from './queue.ts';
import { restackNext } from './restack.ts';
import { startReady } from './schedule.ts';
import { chooseStep, listSteps } from './supervise.ts';
import { warnNext } from './warn.ts';

/**
 * The effects that state and time ask for. When a choice is due, it is the only one returned: once it is a fact, the
 * rest is asked for again. An effect stays in the answer until a fact ends it; one that left the answer is obsolete.
 * The landing comes first, then the others in the order in which they became wanted.
 */
export function decide(state: RunState, now: RunMs): Effect[] {
  if (state.rested !== null || state.run === null) return [];
  fireTimers(state, now);
  const choice = chooseStep(state, now);
  if (choice !== null) return [choice];
  const landing = landNext(state, now);
  const [first] = landing;
  if (first?.kind === 'record') return [first];
  const start = startReady(state);
  if (start !== null) return [start];
  const warning = restackNext(state) ?? warnNext(state);
  if (warning !== null) return [warning];
  return listSteps(
    state,
    landing.filter((effect) => effect.kind !== 'record'),
  );
}

/** When time alone changes the answer, or null. */
export function nextDeadline(state: RunState, now: RunMs): RunMs | null {
  return nextTimer(state, now);
}
