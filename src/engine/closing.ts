// Notes that a run is complete and cleared up, so that going on with it has nothing to look for. Decides nothing.
import { join } from 'node:path';
import type { Mark } from '../core/journal-codec.ts';
import { targetRefOf } from '../core/names.ts';
import type { RunState } from '../core/state.ts';
import { lookAtLanded } from './landed-work.ts';
import type { Parts } from './parts.ts';

/** The journal's last record, and the tip of the target when it was last seen to hold all that landed. */
export interface Closing {
  readonly seq: number;
  readonly epoch: number;
  readonly tip: string;
}

/** Looks whether a run is complete and all of it on the target; null: somebody has to look again. */
export async function findClosing(parts: Parts, state: RunState, last: Mark): Promise<Closing | null> {
  if (state.rested !== 'complete') return null;
  // first: what happens to the target while it is looked at is not covered by the note
  const tip = await parts.git.resolve(targetRefOf(state.policy));
  const { aside, gone } = await lookAtLanded(parts.git, state);
  if (tip === null || aside !== null || gone.length > 0) return null;
  return { seq: last.seq, epoch: last.epoch, tip };
}

/**
 * Writes `closed.json`, when nothing is left to clear up. The note is worth nothing as soon as the journal or the target has
 * moved, and is made again by the next engine.
 */
export async function noteClosing({ files, places }: Parts, note: Closing): Promise<void> {
  await files.replace(join(places.runDir, 'closed.json'), `${JSON.stringify(note)}\n`);
}
