// Queued work: in the order in which it lands, and the batch that is on its way. Knows nothing of how a landing goes.
import { createHeap, type Heap, peekHeap, popHeap, pushHeap, walkHeap } from './heap.ts';
import { MAX_TROUBLE } from './limits.ts';
import type { RunMs } from './model.ts';
import type { TaskState } from './state.ts';

/** A task's place in the line, as of when it came. */
interface Place {
  readonly ts: TaskState;
  readonly at: number;
}

/** See the file's first line. */
export interface LandingLine {
  /** May hold places of tasks that left, or came back later. */
  readonly places: Heap<Place>;
  /** Who may join the batch now. */
  readonly ready: Set<TaskState>;
  /** With how many others that are not on the target its work clashes, for those with whom it does with any. */
  readonly clashes: Map<TaskState, number>;
  /** On their way together, in the order in which they land: each candidate is built on the one before. */
  readonly batch: TaskState[];
  /** Whose landing has to be decided about before anybody goes on. */
  readonly troubled: Set<TaskState>;
  /** Who does not go onto one of the batch, and is tried again without it. */
  readonly aside: Set<TaskState>;
  /** Who waits for what it depends on to be on the target, too. */
  readonly held: Set<TaskState>;
  /** Over whom a human is asked what a rewritten target means: nobody lands meanwhile. */
  readonly asking: Set<TaskState>;
}

/** A line without anybody. */
export function createLine(): LandingLine {
  const nobody = (): Set<TaskState> => new Set();
  const sets = { ready: nobody(), troubled: nobody(), aside: nobody(), held: nobody(), asking: nobody() };
  return { places: createHeap(landsBefore), batch: [], clashes: new Map(), ...sets };
}

/**
 * What it costs to be refused once, and to clash with one more whose work will have to be done again: others of its priority
 * that came within this time after it go first. Nobody is passed over for longer because of others.
 */
const PENALTY_MS = 10 * 60_000;
/** More clashes cost nothing more. */
const MOST_CLASHES = 6;

/** Urgent first, then who waits longest, then the plan's order. */
function landsBefore(a: Place, b: Place): boolean {
  if (a.ts.task.priority !== b.ts.task.priority) return a.ts.task.priority < b.ts.task.priority;
  return a.at === b.at ? a.ts.order < b.ts.order : a.at < b.at;
}

function placeOf({ clashes }: LandingLine, ts: TaskState): Place {
  const penalties = ts.refusals + Math.min(clashes.get(ts) ?? 0, MOST_CLASHES);
  return { ts, at: (ts.queuedAt ?? (0 as RunMs)) + PENALTY_MS * penalties };
}

/** On how many tasks that are not on the target yet a task stands, and with how many it clashes. */
export interface Others {
  readonly unlanded: number;
  readonly clashes: number;
}

/** Puts a task where it belongs. */
export function settleInLine(line: LandingLine, ts: TaskState, { unlanded, clashes }: Others): void {
  const before = line.clashes.get(ts) ?? 0;
  if (clashes === 0) line.clashes.delete(ts);
  else line.clashes.set(ts, clashes);
  const isHeld = ts.phase === 'queued' && ts.held !== null;
  // what is in the forge's own queue lands there
  const waits = ts.phase === 'queued' && !ts.paused && !isHeld && ts.pull?.enqueued !== true;
  const troubled = waits && isTroubled(ts);
  keep(line.asking, ts, ts.question?.cause === 'target-rewritten');
  keep(line.held, ts, isHeld);
  keep(line.troubled, ts, troubled);
  keep(line.aside, ts, waits && ts.aside !== null);
  const isReady = waits && unlanded === 0 && !troubled && ts.aside === null && !line.batch.includes(ts);
  if (isReady && (!line.ready.has(ts) || before !== clashes)) pushHeap(line.places, placeOf(line, ts));
  keep(line.ready, ts, isReady);
}

function keep(set: Set<TaskState>, ts: TaskState, belongs: boolean): void {
  if (belongs) set.add(ts);
  else set.delete(ts);
}

/** Refusals of the same candidate after which it is no accident. */
export const CONFIRMED = 2;

function isTroubled(ts: TaskState): boolean {
  return (
    ts.conflict !== null ||
    (ts.candidateRejected !== null && ts.candidateRejected.times >= CONFIRMED) ||
    ts.rewritten !== null ||
    (ts.trouble !== null && ts.trouble.count >= MAX_TROUBLE) ||
    (ts.moved !== null && ts.attempt?.accepted !== true)
  );
}

/** The task to be decided about next, or null. */
export function firstTroubled(line: LandingLine): TaskState | null {
  let first: Place | null = null;
  for (const ts of line.troubled) {
    const place = placeOf(line, ts);
    if (first === null || landsBefore(place, first)) first = place;
  }
  return first?.ts ?? null;
}

/** The first of those who may join the batch, but for those passed over; null: there is nobody. */
export function firstReady(
  line: LandingLine,
  isPassedOver: (ts: TaskState) => boolean = () => false,
): TaskState | null {
  const { places } = line;
  for (let top = peekHeap(places); top !== undefined && !isValid(line, top); top = peekHeap(places))
    popHeap(places);
  for (const place of walkHeap(places)) if (isValid(line, place) && !isPassedOver(place.ts)) return place.ts;
  return null;
}

function isValid(line: LandingLine, { ts, at }: Place): boolean {
  return line.ready.has(ts) && at === placeOf(line, ts).at;
}

/** The task that lands next, or null. */
export function headOfLine(line: LandingLine): TaskState | null {
  if (line.asking.size > 0) return null;
  return firstTroubled(line) ?? line.batch[0] ?? firstReady(line);
}
