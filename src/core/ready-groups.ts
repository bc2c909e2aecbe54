// Who could start now, in groups of equal claims, and where those wait who cannot: behind a claim's holder, work that lands
// first, or a full lane.
import type { Pattern } from './claim/pattern.ts';
import { landsByItself } from './clashes.ts';
import { createHeap, type Heap, peekHeap, popHeap, pushHeap } from './heap.ts';
import type { TaskId } from './model.ts';
import type { RunState, TaskState } from './state.ts';

/** Waiting tasks with the same claims: when one of them cannot start because of a claim, none can. */
export interface ReadyGroup {
  readonly key: string;
  /** May hold tasks that left; the index knows who is in. */
  readonly tasks: Heap<TaskState>;
  /** The claims; null: nobody has asked yet. */
  patterns: readonly Pattern[] | null;
  /** Where it is: at its latest entry in the ready heap, parked behind another task, or nowhere. */
  place: ReadyEntry | 'parked' | null;
}

/** A group's place in the ready heap, ranked by the task that was its best when it was put there. */
export interface ReadyEntry {
  readonly group: ReadyGroup;
  readonly first: TaskState;
}

/** Tasks that wait for room in a track or with an agent. */
export interface Lane {
  readonly tasks: Heap<TaskState>;
  /** The one that was brought back to try. */
  scout: TaskState | null;
}

/** Urgent first, then the longest remaining path, then the plan's order. */
export function startsBefore(remaining: Float64Array, a: TaskState, b: TaskState): boolean {
  if (a.task.priority !== b.task.priority) return a.task.priority < b.task.priority;
  const [left, right] = [remaining[a.order] ?? 0, remaining[b.order] ?? 0];
  return left === right ? a.order < b.order : left > right;
}

/** Tells whether nothing but slots, claims and time keeps the task from starting. */
export function isStartable(state: RunState, ts: TaskState): boolean {
  return (
    ts.phase === 'waiting' &&
    ts.task.type !== 'manual' &&
    !ts.paused &&
    !ts.wipe &&
    ts.withheld === null &&
    ts.question === null &&
    state.index.blockers[ts.order] === 0
  );
}

/** Puts a startable task where the next decision finds it; one that is to be tried later comes back by a timer. */
export function enterReady(state: RunState, ts: TaskState): void {
  const { index } = state;
  if (ts.retryAt !== null && ts.retryAt > index.now) {
    leaveReady(state, ts);
    pushHeap(index.timers, { at: ts.retryAt, ts });
    return;
  }
  const key = groupKey(state, ts);
  if (index.grouped[ts.order]?.key === key) return;
  const group = index.groups.get(key) ?? createGroup(state, key);
  // what it was parked for may concern nobody any more
  const isDeserted = headOf(state, group) === null;
  pushHeap(group.tasks, ts);
  index.grouped[ts.order] = group;
  // a better first one ranks the group anew
  const isOutranked = group.place !== 'parked' && group.place?.first !== headOf(state, group);
  if (isDeserted || isOutranked) putIntoReady(state, group);
}

/** Takes a task out that cannot start any more. */
export function leaveReady(state: RunState, ts: TaskState): void {
  state.index.grouped[ts.order] = null;
}

function groupKey(state: RunState, ts: TaskState): string {
  const { owns, id } = ts.task;
  const claim = owns?.join('\n') ?? '';
  const { clashes, dependents } = state.index;
  // what a stacked task, or one that others are stacked on, may ignore differs from its like, and what its work clashes
  // with is its own affair: it waits for itself
  const stacks = owns !== null && (dependents.stacked[ts.order] === 1 || ts.holdsClaim);
  return stacks || clashes.byTask.has(id) ? `${claim}\n\n${id}` : claim;
}

function createGroup(state: RunState, key: string): ReadyGroup {
  const { index } = state;
  const tasks = createHeap<TaskState>((a, b) => startsBefore(index.remaining, a, b));
  const group: ReadyGroup = { key, tasks, patterns: null, place: null };
  index.groups.set(key, group);
  return group;
}

/** The best task of a group, or null when all have left. */
export function headOf(state: RunState, group: ReadyGroup): TaskState | null {
  for (let ts = peekHeap(group.tasks); ts !== undefined; ts = peekHeap(group.tasks)) {
    if (state.index.grouped[ts.order] === group) return ts;
    popHeap(group.tasks);
  }
  return null;
}

/** The group with the best task, left where it is; null when there is none. */
export function peekGroup(state: RunState): ReadyGroup | null {
  const { ready } = state.index;
  for (let entry = peekHeap(ready); entry !== undefined; entry = peekHeap(ready)) {
    const { group, first } = entry;
    if (group.place === entry && headOf(state, group) === first) return group;
    popHeap(ready);
    // whoever gave it this rank has left: it goes to where its best one belongs
    if (group.place === entry) returnGroup(state, group);
  }
  return null;
}

/** Puts a group back into the ready heap, or forgets it when it is empty. */
export function returnGroup(state: RunState, group: ReadyGroup): void {
  if (headOf(state, group) !== null) {
    putIntoReady(state, group);
    return;
  }
  group.place = null;
  state.index.groups.delete(group.key);
}

function putIntoReady(state: RunState, group: ReadyGroup): void {
  const first = headOf(state, group);
  if (first === null) return;
  group.place = { group, first };
  pushHeap(state.index.ready, group.place);
}

/** Parks a group until the holder of a claim moves or lets go. */
export function parkBehind(state: RunState, group: ReadyGroup, holder: TaskId): void {
  group.place = 'parked';
  const list = state.index.behind.get(holder);
  if (list === undefined) state.index.behind.set(holder, [group]);
  else list.push(group);
}

/** Parks a group until other work has landed, or does not land by itself any more. */
export function holdBack(state: RunState, group: ReadyGroup, ahead: TaskId): void {
  parkBehind(state, group, ahead);
  state.index.clashes.ahead.add(ahead);
}

/** Takes a group out of the ready heap; the caller puts it back. */
export function setAside(group: ReadyGroup): void {
  group.place = null;
}

/** Parks a task until a lane has room. */
export function parkInLane(state: RunState, ts: TaskState, name: string): void {
  const { index } = state;
  leaveReady(state, ts);
  let lane = index.lanes.get(name);
  if (lane === undefined) {
    lane = { tasks: createHeap((a, b) => startsBefore(index.remaining, a, b)), scout: null };
    index.lanes.set(name, lane);
  }
  pushHeap(lane.tasks, ts);
}

/** Notes that a lane may have room again. */
export function openLane(state: RunState, name: string): void {
  if (state.index.lanes.has(name)) state.index.openLanes.add(name);
}

/** Brings the best task of each lane with room back, one at a time: the others need not be looked at before it started or was kept. */
export function sendScouts(state: RunState, hasRoom: (lane: string) => boolean): void {
  const { index } = state;
  for (const name of index.openLanes) {
    const lane = index.lanes.get(name);
    if (lane === undefined || !hasRoom(name)) {
      index.openLanes.delete(name);
      continue;
    }
    if (lane.scout !== null && isReady(state, lane.scout)) continue;
    lane.scout = bringBack(state, lane);
    if (lane.scout === null) index.lanes.delete(name);
  }
}

function isReady(state: RunState, ts: TaskState): boolean {
  const place = state.index.grouped[ts.order]?.place ?? null;
  return place !== null && place !== 'parked';
}

/** Makes the best of a lane ready who is not so by other ways already; null: nobody is left. */
function bringBack(state: RunState, lane: Lane): TaskState | null {
  const { grouped } = state.index;
  for (let ts = popHeap(lane.tasks); ts !== undefined; ts = popHeap(lane.tasks)) {
    if (!isStartable(state, ts) || grouped[ts.order] !== null) continue;
    enterReady(state, ts);
    // else it has to wait for its time, or its group for a claim
    if (isReady(state, ts)) return ts;
  }
  return null;
}

/** Brings back who is held back behind work that does not land by itself any more; call after every change of a task. */
export function releaseHeld(state: RunState, { task }: TaskState): void {
  const { ahead } = state.index.clashes;
  // while somebody is asked what the target means, nobody who is queued lands
  const ids = state.index.line.asking.size > 0 ? [...ahead] : [task.id];
  for (const id of ids) {
    const ts = ahead.has(id) ? state.tasks.get(id) : undefined;
    if (ts === undefined || landsByItself(state, ts)) continue;
    ahead.delete(id);
    wakeBehind(state, id);
  }
}

/** Brings back who waits behind a task. */
export function wakeBehind(state: RunState, holder: TaskId): void {
  const groups = state.index.behind.get(holder);
  if (groups === undefined) return;
  state.index.behind.delete(holder);
  for (const group of groups) returnGroup(state, group);
}
