// Counters and queues that make a decision cost what changed, not what exists. All of it can be rebuilt from the state.
import { type ClaimIndex, createClaimIndex, holdClaim, releaseClaim } from './claim/claim-index.ts';
import { compilePattern, type Pattern } from './claim/pattern.ts';
import { createHeap, type Heap, peekHeap, popHeap, pushHeap } from './heap.ts';
import { type Edge, type Phase, type RunMs, runMs, type TaskId } from './model.ts';
import type { RunState, TaskState } from './state.ts';

/** Waiting tasks with the same claims: when one of them cannot start because of a claim, none can. */
export interface ReadyGroup {
  readonly key: string;
  readonly tasks: Heap<TaskState>;
  /** Where it is: in the ready heap, or parked behind a claim's holder. */
  place: 'ready' | 'parked' | 'idle';
}

/** A moment at which a task must be looked at again. */
interface Timer {
  readonly at: RunMs;
  readonly task: TaskId;
}

/** See the file's first line. */
export interface ScheduleIndex {
  readonly dependents: Map<TaskId, TaskId[]>;
  /** Unsatisfied edges per task. */
  readonly blockers: Map<TaskId, number>;
  /** Longest expected path to the end of the plan, in ms. */
  readonly remaining: Map<TaskId, number>;
  readonly patterns: Map<TaskId, readonly Pattern[]>;
  readonly claims: ClaimIndex;
  readonly groups: Map<string, ReadyGroup>;
  readonly ready: Heap<ReadyGroup>;
  /** Groups behind the holder of a claim. */
  readonly behind: Map<TaskId, ReadyGroup[]>;
  /** Tasks behind a full lane: `track:x`, `agent:y`. */
  readonly lanes: Map<string, TaskId[]>;
  /** Tasks that are in a group's heap. */
  readonly grouped: Set<TaskId>;
  readonly timers: Heap<Timer>;
  /** Tasks that may have a next step of their own. */
  readonly open: Set<TaskId>;
  readonly queued: Set<TaskId>;
  /** Tasks that use a slot, and the counts by lane. */
  readonly slots: Set<TaskId>;
  readonly slotsByLane: Map<string, number>;
  readonly phases: Map<Phase, number>;
  /** Phase each task was last counted under. */
  readonly counted: Map<TaskId, Phase>;
  /** The latest moment the index was asked about. */
  now: RunMs;
}

/** An index of nothing. */
export function createIndex(): ScheduleIndex {
  const remaining = new Map<TaskId, number>();
  const sooner = (a: TaskState, b: TaskState): boolean => startsBefore(remaining, a, b);
  return {
    dependents: new Map(),
    blockers: new Map(),
    remaining,
    patterns: new Map(),
    claims: createClaimIndex(),
    groups: new Map(),
    ready: createHeap((a, b) => {
      const [left, right] = [peekHeap(a.tasks), peekHeap(b.tasks)];
      if (left === undefined || right === undefined) return left !== undefined;
      return sooner(left, right);
    }),
    behind: new Map(),
    lanes: new Map(),
    grouped: new Set(),
    timers: createHeap((a, b) => a.at < b.at),
    open: new Set(),
    queued: new Set(),
    slots: new Set(),
    slotsByLane: new Map(),
    phases: new Map(),
    counted: new Map(),
    now: runMs(0),
  };
}

/** Urgent first, then the longest remaining path, then the plan's order. */
function startsBefore(remaining: ReadonlyMap<TaskId, number>, a: TaskState, b: TaskState): boolean {
  if (a.task.priority !== b.task.priority) return a.task.priority < b.task.priority;
  const [left, right] = [remaining.get(a.task.id) ?? 0, remaining.get(b.task.id) ?? 0];
  return left === right ? a.order < b.order : left > right;
}

/** Builds the parts that only the plan decides; call once all tasks are in the state. */
export function indexPlan(state: RunState): void {
  const { index } = state;
  for (const ts of state.tasks.values()) {
    index.patterns.set(
      ts.task.id,
      ts.task.owns === null ? [] : ts.task.owns.map((text) => compilePattern(text)),
    );
    index.blockers.set(ts.task.id, ts.task.edges.length);
    for (const edge of ts.task.edges) {
      const list = index.dependents.get(edge.task);
      if (list === undefined) index.dependents.set(edge.task, [ts.task.id]);
      else list.push(ts.task.id);
    }
  }
  measurePaths(state);
  for (const ts of state.tasks.values()) refreshTask(state, ts);
}

/** Longest remaining path of each task; unknown durations count as the median of the known ones. */
function measurePaths(state: RunState): void {
  const known = [...state.tasks.values()].flatMap((ts) => ts.task.estimateMs ?? []).sort((a, b) => a - b);
  const median = known[known.length >> 1] ?? 60_000;
  const { dependents, remaining } = state.index;
  const open = new Map<TaskId, number>();
  const done: TaskId[] = [];
  for (const id of state.tasks.keys()) {
    const count = dependents.get(id)?.length ?? 0;
    open.set(id, count);
    if (count === 0) done.push(id);
  }
  for (let id = done.pop(); id !== undefined; id = done.pop()) {
    const ts = state.tasks.get(id);
    if (ts === undefined) continue;
    let longest = 0;
    for (const next of dependents.get(id) ?? []) longest = Math.max(longest, remaining.get(next) ?? 0);
    remaining.set(id, longest + (ts.task.estimateMs ?? median));
    for (const edge of ts.task.edges) {
      const left = (open.get(edge.task) ?? 1) - 1;
      open.set(edge.task, left);
      if (left === 0) done.push(edge.task);
    }
  }
}

/** Tells whether the dependency counts as satisfied in that phase. */
export function satisfies(edge: Edge, phase: Phase): boolean {
  switch (edge.on) {
    case 'merged':
      return phase === 'merged';
    case 'submitted':
      return phase === 'merged' || phase === 'queued' || phase === 'pr_created';
    case 'verified':
      return phase === 'merged' || phase === 'queued' || phase === 'pr_created' || phase === 'committed';
  }
}

/** Tells whether nothing but slots, claims and time keeps the task from starting. */
export function isStartable(state: RunState, ts: TaskState): boolean {
  return (
    ts.phase === 'waiting' &&
    ts.task.type !== 'manual' &&
    !ts.paused &&
    !ts.wipe &&
    ts.question === null &&
    (state.index.blockers.get(ts.task.id) ?? 0) === 0
  );
}

/** A slot is taken from the decision to start until the process is gone, but for the time it waits for an answer. */
function usesSlot(ts: TaskState): boolean {
  return (
    ts.phase === 'spawned' || (ts.phase === 'working' && (ts.question === null || ts.attempt?.stop != null))
  );
}

function lanesOf(ts: TaskState): string[] {
  const agent = `agent:${ts.attempt?.agent ?? ts.task.agent}`;
  return ts.task.track === null ? [agent] : [agent, `track:${ts.task.track}`];
}

/** Brings the index up to date with one task; call after every change of it. O(dependents) when its phase moved. */
export function refreshTask(state: RunState, ts: TaskState): void {
  const { index } = state;
  const id = ts.task.id;
  const before = index.counted.get(id);
  if (before !== ts.phase) movePhase(state, ts, before);
  refreshSlot(state, ts);
  refreshClaim(state, ts);
  if (ts.phase === 'queued') index.queued.add(id);
  else index.queued.delete(id);
  if (mayHaveStep(ts)) index.open.add(id);
  else index.open.delete(id);
  setTimers(state, ts);
  if (isStartable(state, ts)) enterReady(state, ts);
}

function movePhase(state: RunState, ts: TaskState, before: Phase | undefined): void {
  const { index } = state;
  const id = ts.task.id;
  index.counted.set(id, ts.phase);
  if (before !== undefined) index.phases.set(before, (index.phases.get(before) ?? 1) - 1);
  index.phases.set(ts.phase, (index.phases.get(ts.phase) ?? 0) + 1);
  for (const next of index.dependents.get(id) ?? []) {
    const dependent = state.tasks.get(next);
    if (dependent === undefined) continue;
    for (const edge of dependent.task.edges) {
      if (edge.task !== id) continue;
      const was = before !== undefined && satisfies(edge, before);
      const is = satisfies(edge, ts.phase);
      if (was !== is) index.blockers.set(next, (index.blockers.get(next) ?? 0) + (is ? -1 : 1));
    }
    if (isStartable(state, dependent)) enterReady(state, dependent);
  }
  // who waits behind a holder may go on when the holder stops working, not only when it lets go
  wakeBehind(state, id);
}

function refreshSlot(state: RunState, ts: TaskState): void {
  const { slots, slotsByLane } = state.index;
  const uses = usesSlot(ts);
  if (uses === slots.has(ts.task.id)) return;
  if (uses) slots.add(ts.task.id);
  else slots.delete(ts.task.id);
  for (const lane of lanesOf(ts)) {
    slotsByLane.set(lane, (slotsByLane.get(lane) ?? 0) + (uses ? 1 : -1));
    if (!uses) wakeLane(state, lane);
  }
}

function refreshClaim(state: RunState, ts: TaskState): void {
  const { index } = state;
  const id = ts.task.id;
  const held = index.claims.holdings.has(id);
  if (ts.holdsClaim === held) return;
  if (ts.holdsClaim) {
    holdClaim(index.claims, id, index.patterns.get(id) ?? []);
  } else {
    releaseClaim(index.claims, id);
    wakeBehind(state, id);
  }
}

function mayHaveStep(ts: TaskState): boolean {
  switch (ts.phase) {
    case 'waiting':
      return ts.wipe;
    case 'merged':
    case 'cancelled':
      return ts.swept === null && ts.attempts > 0;
    case 'failed':
      return false;
    case 'queued':
      return false;
    default:
      return true;
  }
}

function setTimers(state: RunState, ts: TaskState): void {
  const { timers } = state.index;
  const id = ts.task.id;
  if (ts.phase === 'waiting' && ts.retryAt !== null && ts.retryAt > state.ms) {
    pushHeap(timers, { at: ts.retryAt, task: id });
  }
  if (ts.trouble !== null && ts.trouble.retryAt > state.ms) {
    pushHeap(timers, { at: ts.trouble.retryAt, task: id });
  }
  const deadline = deadlineOf(state, ts);
  if (deadline !== null) pushHeap(timers, { at: deadline, task: id });
}

/** When the working attempt's time is used up, or null. Waiting for an answer is not charged. */
export function deadlineOf(state: RunState, ts: TaskState): RunMs | null {
  const { attempt } = ts;
  const { minutes } = state.policy.budget;
  if (minutes === null || ts.phase !== 'working' || attempt === null || attempt.startedAt === null)
    return null;
  if (attempt.stop !== null || ts.question !== null) return null;
  return (attempt.startedAt + attempt.waitedMs + minutes * 60_000) as RunMs;
}

/** Earliest moment at which time alone changes a decision, or null. Drops timers that no longer matter. */
export function nextTimer(state: RunState, now: RunMs): RunMs | null {
  const { timers } = state.index;
  for (let top = peekHeap(timers); top !== undefined; top = peekHeap(timers)) {
    if (top.at <= now) return top.at;
    const ts = state.tasks.get(top.task);
    const awaited =
      ts !== undefined &&
      (ts.trouble?.retryAt === top.at ||
        deadlineOf(state, ts) === top.at ||
        (ts.phase === 'waiting' && ts.retryAt === top.at));
    if (awaited) return top.at;
    popHeap(timers);
  }
  return null;
}

/** Takes due timers out and makes their tasks candidates for a step. */
export function fireTimers(state: RunState, now: RunMs): void {
  const { timers } = state.index;
  state.index.now = now;
  for (let top = peekHeap(timers); top !== undefined && top.at <= now; top = peekHeap(timers)) {
    popHeap(timers);
    const ts = state.tasks.get(top.task);
    if (ts !== undefined && isStartable(state, ts)) enterReady(state, ts);
  }
}

function groupKey(ts: TaskState): string {
  const { owns, edges, id } = ts.task;
  if (owns === null) return '';
  // what a stacked task may ignore differs from its like, so it must not wait as one of them
  const own = edges.some((edge) => edge.base === 'stacked') || ts.holdsClaim;
  return own ? `${owns.join('\n')}\n\n${id}` : owns.join('\n');
}

/** Puts a startable task where the next decision finds it. */
export function enterReady(state: RunState, ts: TaskState): void {
  const { index } = state;
  if (index.grouped.has(ts.task.id) || (ts.retryAt ?? 0) > index.now) return;
  const key = groupKey(ts);
  let group = index.groups.get(key);
  if (group === undefined) {
    const tasks = createHeap<TaskState>((a, b) => startsBefore(index.remaining, a, b));
    group = { key, tasks, place: 'idle' };
    index.groups.set(key, group);
  }
  const first = peekHeap(group.tasks);
  pushHeap(group.tasks, ts);
  index.grouped.add(ts.task.id);
  if (group.place === 'idle') {
    group.place = 'ready';
    pushHeap(index.ready, group);
  } else if (group.place === 'ready' && first !== peekHeap(group.tasks)) {
    // its rank changed under the heap: queue it once more, the older entry is skipped when met
    pushHeap(index.ready, group);
  }
}

/** Takes the group with the best task out of the ready heap; null when there is none. */
export function takeGroup(state: RunState): ReadyGroup | null {
  const { index } = state;
  for (;;) {
    const group = popHeap(index.ready);
    if (group === undefined) return null;
    if (group.place !== 'ready') continue;
    if (peekHeap(group.tasks) === undefined) {
      forgetGroup(state, group);
      continue;
    }
    group.place = 'idle';
    return group;
  }
}

/** Takes the best task out of a group. */
export function takeTask(state: RunState, group: ReadyGroup): TaskState | null {
  const ts = popHeap(group.tasks);
  if (ts === undefined) return null;
  state.index.grouped.delete(ts.task.id);
  return ts;
}

/** Puts a group back into the ready heap, or forgets it when it is empty. */
export function returnGroup(state: RunState, group: ReadyGroup): void {
  if (peekHeap(group.tasks) === undefined) {
    forgetGroup(state, group);
    return;
  }
  group.place = 'ready';
  pushHeap(state.index.ready, group);
}

function forgetGroup(state: RunState, group: ReadyGroup): void {
  group.place = 'idle';
  state.index.groups.delete(group.key);
}

/** Parks a group until the holder of a claim moves or lets go. */
export function parkBehind(state: RunState, group: ReadyGroup, holder: TaskId): void {
  group.place = 'parked';
  const list = state.index.behind.get(holder);
  if (list === undefined) state.index.behind.set(holder, [group]);
  else list.push(group);
}

/** Parks a task until a lane has room. */
export function parkInLane(state: RunState, ts: TaskState, lane: string): void {
  const list = state.index.lanes.get(lane);
  if (list === undefined) state.index.lanes.set(lane, [ts.task.id]);
  else list.push(ts.task.id);
}

function wakeBehind(state: RunState, holder: TaskId): void {
  const groups = state.index.behind.get(holder);
  if (groups === undefined) return;
  state.index.behind.delete(holder);
  for (const group of groups) returnGroup(state, group);
}

function wakeLane(state: RunState, lane: string): void {
  const ids = state.index.lanes.get(lane);
  if (ids === undefined) return;
  state.index.lanes.delete(lane);
  for (const id of ids) {
    const ts = state.tasks.get(id);
    if (ts !== undefined && isStartable(state, ts)) enterReady(state, ts);
  }
}
