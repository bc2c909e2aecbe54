// What the radar's facts do: a list of what would not merge right now. Knows nothing of how that is found out.
import type { Event } from '../event.ts';
import { isTerminal } from '../lifecycle.ts';
import type { RunMs, TaskId } from '../model.ts';
import { MAX_OVERLAPS } from '../radar.ts';
import type { RunState } from '../state.ts';

/** A fact about two pieces of work. */
export type OverlapEvent = Extract<Event, { readonly type: 'overlap.found' | 'overlap.gone' }>;

/** Applies one fact of the radar; of work that is over it changes nothing. */
export function evolveOverlap(state: RunState, event: OverlapEvent, ms: RunMs): void {
  const { task, other } = event;
  const at = state.overlaps.findIndex((each) => each.task === task && each.other === other);
  if (event.type === 'overlap.gone') {
    if (at !== -1) state.overlaps.splice(at, 1);
    return;
  }
  const known = state.overlaps[at];
  if (known !== undefined) {
    known.files = event.files;
    return;
  }
  if (state.overlaps.length >= MAX_OVERLAPS || !isOpen(state, task)) return;
  if (other !== null && !isOpen(state, other)) return;
  state.overlaps.push({ task, other, files: event.files, since: ms });
}

/** Forgets what is known of a task's work: it landed, or is nobody's any more. */
export function dropOverlaps(state: RunState, task: TaskId): void {
  if (state.overlaps.length === 0) return;
  state.overlaps = state.overlaps.filter((each) => each.task !== task && each.other !== task);
}

function isOpen(state: RunState, task: TaskId): boolean {
  const ts = state.tasks.get(task);
  return ts !== undefined && !isTerminal(ts.phase) && !ts.wipe;
}
