// Notes that a run is complete and cleared up, so that going on with it has nothing to look for. Decides nothing.
import { join } from 'node:path';
import type { Mark } from '../core/journal-codec.ts';
import type { RunState } from '../core/state.ts';
import { lookAtLanded } from './landed-work.ts';
import type { Parts } from './parts.ts';

/**
 * Writes `closed.json`: the journal's last record, and the tip of the target when it was last seen to hold all that
 * landed. The note is worth nothing as soon as either has moved, and is made again by the next engine.
 */
export async function noteClosed(parts: Parts, state: RunState, last: Mark): Promise<void> {
  if (state.rested !== 'complete') return;
  // first: what happens to the target while it is looked at is not covered by the note
  const tip = await parts.git.resolve(`refs/heads/${state.policy.target}`);
  const { aside, gone } = await lookAtLanded(parts.git, state);
  if (tip === null || aside !== null || gone.length > 0) return;
  const note = { seq: last.seq, epoch: last.epoch, tip };
  await parts.files.replace(join(parts.places.runDir, 'closed.json'), `${JSON.stringify(note)}\n`);
}
