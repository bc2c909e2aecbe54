// Queued work in the order in which it lands. Knows nothing of how a landing goes.
import { createHeap, type Heap, peekHeap, popHeap, pushHeap } from './heap.ts';
import type { RunMs } from './model.ts';
import type { TaskState } from './state.ts';

/** A task's place in the line, as of when it came. */
interface Place {
  readonly ts: TaskState;
  readonly at: RunMs;
}

/** See the file's first line. */
export interface LandingLine {
  /** May hold places of tasks that left, or came back later. */
  readonly places: Heap<Place>;
  /** Who may land now. */
  readonly ready: Set<TaskState>;
  /** Whose landing has begun. */
  readonly begun: Set<TaskState>;
  /** Who waits for what it depends on to be on the target, too. */
  readonly held: Set<TaskState>;
  /** Over whom a human is asked what a rewritten target means: nobody lands meanwhile. */
  readonly asking: Set<TaskState>;
}

/** A line without anybody. */
export function createLine(): LandingLine {
  const nobody = { ready: new Set<TaskState>(), begun: new Set<TaskState>(), held: new Set<TaskState>() };
  return { places: createHeap(landsBefore), ...nobody, asking: new Set() };
}

/** Urgent first, then who waits longest, then the plan's order. */
function landsBefore(a: Place, b: Place): boolean {
  if (a.ts.task.priority !== b.ts.task.priority) return a.ts.task.priority < b.ts.task.priority;
  return a.at === b.at ? a.ts.order < b.ts.order : a.at < b.at;
}

/** Puts a task where it belongs; `unlanded` is on how many tasks it stands that are not on the target yet. */
export function settleInLine(line: LandingLine, ts: TaskState, unlanded: number): void {
  if (ts.question?.cause === 'target-rewritten') line.asking.add(ts);
  else line.asking.delete(ts);
  const isHeld = ts.phase === 'queued' && ts.held !== null;
  if (isHeld) line.held.add(ts);
  else line.held.delete(ts);
  const waits = ts.phase === 'queued' && !ts.paused && !isHeld;
  if (waits && hasBegun(ts)) line.begun.add(ts);
  else line.begun.delete(ts);
  if (!waits || unlanded > 0) line.ready.delete(ts);
  else if (!line.ready.has(ts)) {
    line.ready.add(ts);
    pushHeap(line.places, placeOf(ts));
  }
}

function hasBegun(ts: TaskState): boolean {
  return (
    ts.candidate !== null ||
    ts.conflict !== null ||
    ts.candidateRejected !== null ||
    ts.rewritten !== null ||
    (ts.moved !== null && ts.attempt?.accepted !== true)
  );
}

function placeOf(ts: TaskState): Place {
  return { ts, at: ts.queuedAt ?? (0 as RunMs) };
}

/** The task that lands now: the one already on its way, else the first of the line. */
export function headOfLine({ asking, begun, ready, places }: LandingLine): TaskState | null {
  if (asking.size > 0) return null;
  let head: Place | null = null;
  for (const ts of begun) {
    const place = placeOf(ts);
    if (head === null || landsBefore(place, head)) head = place;
  }
  if (head !== null) return head.ts;
  for (let top = peekHeap(places); top !== undefined; top = peekHeap(places)) {
    if (ready.has(top.ts) && top.at === placeOf(top.ts).at) return top.ts;
    popHeap(places);
  }
  return null;
}
