// What waits after trouble: an effect that failed a moment ago, and all that needs a forge that does not answer. Decides
// nothing else.
import type { EffectKind } from './effect.ts';
import { MAX_TROUBLE } from './limits.ts';
import { type RunMs, runMs } from './model.ts';
import type { ForgeTrouble } from './pull.ts';
import type { RunState, TaskState } from './state.ts';

/** Tells whether the effect failed a moment ago and has to wait. */
export function isResting(ts: TaskState, kind: EffectKind, now: RunMs): boolean {
  const { trouble } = ts;
  if (trouble?.effect !== kind) return false;
  return trouble.retryAt > now || trouble.count >= MAX_TROUBLE;
}

/** Tells whether the forge wants to be left alone now. */
export function isForgeResting({ forgeTrouble }: RunState, now: RunMs): boolean {
  return forgeTrouble !== null && forgeTrouble.retryAt > now;
}

/** What somebody has to mend lasts longer than a bad moment of the network. */
const CAPS_MS: Readonly<Record<ForgeTrouble['kind'], number>> = {
  'rate-limited': 300_000,
  unauthorized: 300_000,
  gone: 300_000,
  environment: 30_000,
};
const FIRST_MS = 1_000;

/** All that needs the forge rests, longer each time. */
export function noteForgeTrouble(
  state: RunState,
  of: { readonly kind: ForgeTrouble['kind']; readonly waitMs: number; readonly sentence: string },
  ms: RunMs,
): void {
  const { kind, sentence, waitMs } = of;
  const before = state.forgeTrouble;
  // calls that were under way together are one trouble
  const isSame = before !== null && before.retryAt > ms;
  const failures = isSame ? before.failures : (before?.failures ?? 0) + 1;
  const pause = Math.min(FIRST_MS * 2 ** Math.max(0, failures - 1), CAPS_MS[kind]);
  const retryAt = runMs(Math.max(Math.ceil(ms + Math.max(waitMs, pause)), isSame ? before.retryAt : 0));
  state.forgeTrouble = { kind, sentence, failures, retryAt };
  wakeAll(state);
}

/** The forge has answered. What was asked of it before it wanted to be left alone ends no wait, but the next one is short. */
export function endForgeTrouble(state: RunState): void {
  if (state.forgeTrouble === null) return;
  if (isForgeResting(state, state.ms)) {
    state.forgeTrouble = { ...state.forgeTrouble, failures: 0 };
    return;
  }
  state.forgeTrouble = null;
  wakeAll(state);
}

/** Every step may be another one now. */
export function wakeAll({ index }: RunState): void {
  for (const ts of index.open.keys()) index.due.add(ts);
}
