// Moments at which time alone changes a decision. Knows no clock: it is told what the time is.
import { wakeAll } from './backoff.ts';
import { liftBars, nextLift } from './bars.ts';
import { peekHeap, popHeap, pushHeap } from './heap.ts';
import type { RunMs } from './model.ts';
import { settleTimeOf } from './pull-standing.ts';
import { enterReady, isStartable } from './ready-groups.ts';
import { runDeadlineOf } from './spending.ts';
import type { RunState, TaskState } from './state.ts';

/** A moment at which a task must be looked at again. */
export interface Timer {
  readonly at: RunMs;
  readonly ts: TaskState;
}

/** Sets the timers of a task that may have a step; who waits for a start gets one when the ready queue turns it away. */
export function setTimers(state: RunState, ts: TaskState): void {
  const { timers } = state.index;
  if (ts.trouble !== null && ts.trouble.retryAt > state.ms) pushHeap(timers, { at: ts.trouble.retryAt, ts });
  for (const at of [deadlineOf(state, ts), endOfRunFor(state, ts), settleTimeOf(state, ts)])
    if (at !== null) pushHeap(timers, { at, ts });
}

/** When the working attempt's time is used up, or null. Waiting for an answer is not charged. */
export function deadlineOf(state: RunState, ts: TaskState): RunMs | null {
  const { attempt } = ts;
  const { minutes } = state.policy.budget;
  if (minutes === null || ts.phase !== 'working' || attempt === null || attempt.startedAt === null)
    return null;
  if (attempt.stop !== null || ts.question !== null) return null;
  return (attempt.startedAt + attempt.waitedMs + minutes * 60_000) as RunMs;
}

/** When the run's time is up for an agent at work, or null. */
function endOfRunFor(state: RunState, ts: TaskState): RunMs | null {
  const isLive = ts.phase === 'spawned' || ts.phase === 'working';
  return isLive && ts.attempt?.stop === null && ts.question === null ? runDeadlineOf(state) : null;
}

/** Earliest moment at which time alone changes a decision, or null. Drops timers that no longer matter. */
export function nextTimer(state: RunState, now: RunMs): RunMs | null {
  if (state.paused || state.stopping !== null) return earliest(nextOfHeld(state), nextOfForge(state));
  return earliest(earliest(nextLift(state, now), nextAwaited(state, now)), nextOfForge(state));
}

function earliest(one: RunMs | null, other: RunMs | null): RunMs | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

/** Times that a run which is to end waits for a forge that stumbles: some seconds. */
const STUMBLES = 3;

/** When the forge may be asked again, if anybody waits for that. */
function nextOfForge({ forgeTrouble, index, stopping }: RunState): RunMs | null {
  if (forgeTrouble === null || forgeTrouble === index.awake || stopping === 'stop') return null;
  const { kind, failures } = forgeTrouble;
  // who wants the run to end does not want to wait for what may take an hour
  if (stopping === 'finish' && (kind !== 'environment' || failures > STUMBLES)) return null;
  const isInNeed = [...index.open.keys()].some(({ phase }) => phase !== 'failed');
  const isWaitedFor = isInNeed || index.line.ready.size > 0 || index.line.batch.length > 0;
  return isWaitedFor ? forgeTrouble.retryAt : null;
}

function nextAwaited(state: RunState, now: RunMs): RunMs | null {
  const { timers } = state.index;
  for (let top = peekHeap(timers); top !== undefined; top = peekHeap(timers)) {
    if (top.at <= now || isStepAwaited(state, top) || isStartAwaited(state, top)) return top.at;
    popHeap(timers);
  }
  return null;
}

/** While nothing may start, starts are not waited for; but their timers stay, since a human may let the run go on. */
function nextOfHeld(state: RunState): RunMs | null {
  let next: RunMs | null = null;
  for (const timer of state.index.timers.items) {
    if (next !== null && timer.at >= next) continue;
    if (isStepAwaited(state, timer)) next = timer.at;
  }
  return next;
}

/** Tells whether a task that began has a step at that moment. What a pause holds back is asked for again after it. */
function isStepAwaited(state: RunState, { ts, at }: Timer): boolean {
  if (deadlineOf(state, ts) === at || endOfRunFor(state, ts) === at || settleTimeOf(state, ts) === at)
    return true;
  if (ts.trouble?.retryAt !== at) return false;
  // what people do at the forge with a paused task is seen all the same
  if (ts.trouble.effect === 'watch-pull' && state.stopping !== 'stop') return true;
  const held = ts.paused || state.stopping === 'stop';
  return !held || ts.phase === 'spawned' || ts.phase === 'working' || ts.wipe || ts.endedAt !== null;
}

/** Tells whether a task that waits to be tried again is tried at that moment. */
function isStartAwaited(state: RunState, { ts, at }: Timer): boolean {
  return ts.retryAt === at && isStartable(state, ts);
}

/** Once the forge has been left alone for long enough, what needs it is looked at again. */
function wakeForge(state: RunState): void {
  const { forgeTrouble, index } = state;
  if (forgeTrouble === index.awake || (forgeTrouble !== null && forgeTrouble.retryAt > index.now)) return;
  index.awake = forgeTrouble;
  if (forgeTrouble !== null) wakeAll(state);
}

/** Takes due timers out: their tasks are looked at again, and may start. */
export function fireTimers(state: RunState, now: RunMs): void {
  const { index } = state;
  if (index.now < now) index.now = now;
  liftBars(state, index.now);
  wakeForge(state);
  for (let top = peekHeap(index.timers); top !== undefined && top.at <= now; top = peekHeap(index.timers)) {
    popHeap(index.timers);
    if (index.open.has(top.ts)) index.due.add(top.ts);
    if (isStartable(state, top.ts)) enterReady(state, top.ts);
  }
}
