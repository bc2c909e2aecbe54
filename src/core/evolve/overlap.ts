// What the radar's facts do: a list of what would not merge right now. Knows nothing of how that is found out.
import { clashesOf, dropClash, noteClash } from '../clashes.ts';
import type { Event } from '../event.ts';
import { isTerminal } from '../lifecycle.ts';
import type { RunMs, TaskId } from '../model.ts';
import { MAX_OVERLAPS } from '../radar.ts';
import { wakeBehind } from '../ready-groups.ts';
import { guessAnew, refreshTask } from '../schedule-index.ts';
import { type Overlap, type RunState, taskOf } from '../state.ts';

/** A fact about two pieces of work. */
export type OverlapEvent = Extract<Event, { readonly type: 'overlap.found' | 'overlap.gone' }>;

/** Applies one fact of the radar; of work that is over it changes nothing. */
export function evolveOverlap(state: RunState, event: OverlapEvent, ms: RunMs): void {
  const { task, other } = event;
  const at = state.overlaps.findIndex((each) => each.task === task && each.other === other);
  if (event.type === 'overlap.gone') {
    if (at === -1) return;
    state.overlaps.splice(at, 1);
    dropClash(state.index.clashes, event);
    for (const id of sidesOf(event)) lookAgain(state, id);
    return;
  }
  const known = state.overlaps[at];
  if (known === undefined) {
    if (state.overlaps.length >= MAX_OVERLAPS || !sidesOf(event).every((id) => isOpen(state, id))) return;
    const found = { task, other, files: event.files, since: ms };
    state.overlaps.push(found);
    noteClash(state.index.clashes, found);
  } else {
    known.files = event.files;
  }
  for (const id of sidesOf(event)) {
    const ts = taskOf(state, id);
    guessAnew(
      state,
      ts,
      event.files.map((path) => ({ path })),
    );
    refreshTask(state, ts);
  }
}

function sidesOf({ task, other }: Pick<Overlap, 'task' | 'other'>): readonly TaskId[] {
  return other === null ? [task] : [task, other];
}

/** Whoever waited since the two clashed may go on. */
function lookAgain(state: RunState, id: TaskId): void {
  wakeBehind(state, id);
  refreshTask(state, taskOf(state, id));
}

/** Forgets what is known of a task's work: it landed, or is nobody's any more. */
export function dropOverlaps(state: RunState, task: TaskId): void {
  if (state.overlaps.length === 0) return;
  const others = [...clashesOf(state, taskOf(state, task)).keys()];
  state.overlaps = state.overlaps.filter((each) => each.task !== task && each.other !== task);
  dropClash(state.index.clashes, { task, other: null });
  for (const other of others) dropClash(state.index.clashes, { task, other });
  for (const other of others) lookAgain(state, other);
}

function isOpen(state: RunState, task: TaskId): boolean {
  const ts = state.tasks.get(task);
  return ts !== undefined && !isTerminal(ts.phase) && !ts.wipe;
}
