// The state of a run from what its journal gave: a snapshot and the facts after it, or all facts. Knows no files.
import { evolve } from '../core/evolve/evolve.ts';
import { createState, type RunState } from '../core/state.ts';
import { restoreState } from '../core/state-codec.ts';
import type { Opened } from '../ports/journal.ts';

/** Recovers the state after the last record. Once only: the snapshot's data becomes part of the state. */
export function recoverState({ snapshot, records }: Pick<Opened, 'snapshot' | 'records'>): RunState {
  const state = snapshot === null ? createState() : restoreState(snapshot);
  for (const record of records) evolve(state, record);
  return state;
}
