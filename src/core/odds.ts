// How many tasks are tried together: the better they do, the more. Knows nothing of who they are.
import type { RunState } from './state.ts';

/** By how much an older case counts less than the one after it. */
const FADE = 0.97;
/** As if a few had been seen before the first: one in ten refused. */
const PRIOR: Readonly<RunState['odds']> = { landed: 3.6, refused: 0.4 };

/** Takes note of one more case. */
export function noteOdds({ odds }: RunState, outcome: keyof RunState['odds']): void {
  odds.landed *= FADE;
  odds.refused *= FADE;
  odds[outcome] += 1;
}

/** The chance that work is refused which passed its gates alone, as far as this run has shown. */
export function chanceOfRefusal({ odds }: RunState): number {
  const refused = odds.refused + PRIOR.refused;
  return refused / (refused + odds.landed + PRIOR.landed);
}

/** Sizes of a batch below a chance of refusal: about as likely to pass as not is best; from a source of half of them on alone. */
const SIZES: readonly (readonly [below: number, size: number])[] = [
  [0.04, 16],
  [0.12, 8],
  [0.25, 4],
  [0.38, 2],
];

/** The most tasks that are to be tried together now. */
export function sizeOfBatch(state: RunState): number {
  // there each tree that lands was tried as such
  if (state.isProtected || state.hasMergeQueue) return 1;
  const chance = chanceOfRefusal(state);
  const size = SIZES.find(([below]) => chance < below)?.[1] ?? 1;
  return Math.min(size, state.policy.merge.batch ?? MAX_BATCH);
}

/** The most that are ever tried together. */
export const MAX_BATCH = 16;
