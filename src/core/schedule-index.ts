// Counters and queues that make a decision cost what changed, not what exists. All of it can be rebuilt from the state.
import { type ClaimIndex, createClaimIndex, holdClaim, releaseClaim } from './claim/claim-index.ts';
import { compilePattern, type Pattern } from './claim/pattern.ts';
import { needsApproval } from './decide/submit.ts';
import { createHeap, type Heap } from './heap.ts';
import { type Edge, type Phase, type RunMs, runMs, type TaskId } from './model.ts';
import {
  enterReady,
  isStartable,
  type Lane,
  leaveReady,
  openLane,
  type ReadyEntry,
  type ReadyGroup,
  startsBefore,
  wakeBehind,
} from './ready-groups.ts';
import type { RunState, TaskState } from './state.ts';
import { setTimers, type Timer } from './timers.ts';

/** A task that depends on another, and how: looked for among its own edges, a wide fan-in would cost the square of its width. */
interface Dependent {
  readonly id: TaskId;
  readonly edge: Edge;
}

/** See the file's first line. */
export interface ScheduleIndex {
  readonly dependents: Map<TaskId, Dependent[]>;
  /** Unsatisfied edges per task. */
  readonly blockers: Map<TaskId, number>;
  /** Longest expected path to the end of the plan, in ms. */
  readonly remaining: Map<TaskId, number>;
  readonly patterns: Map<TaskId, readonly Pattern[]>;
  readonly claims: ClaimIndex;
  readonly groups: Map<string, ReadyGroup>;
  readonly ready: Heap<ReadyEntry>;
  /** Groups behind the holder of a claim. */
  readonly behind: Map<TaskId, ReadyGroup[]>;
  /** Tasks behind a full lane: `track:x`, `agent:y`. */
  readonly lanes: Map<string, Lane>;
  /** Lanes that may have room for who waits there. */
  readonly openLanes: Set<string>;
  /** The group each ready task is in. */
  readonly grouped: Map<TaskId, ReadyGroup>;
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
  return {
    dependents: new Map(),
    blockers: new Map(),
    remaining,
    patterns: new Map(),
    claims: createClaimIndex(),
    groups: new Map(),
    ready: createHeap((a, b) => startsBefore(remaining, a.first, b.first)),
    behind: new Map(),
    lanes: new Map(),
    openLanes: new Set(),
    grouped: new Map(),
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
      const dependent: Dependent = { id: ts.task.id, edge };
      if (list === undefined) index.dependents.set(edge.task, [dependent]);
      else list.push(dependent);
    }
  }
  measurePaths(state);
  for (const ts of state.tasks.values()) refreshTask(state, ts);
}

/** Builds the whole index again; call when the policy changed, since every park and timer was judged by the old one. */
export function rebuildIndex(state: RunState): void {
  const { now } = state.index;
  state.index = createIndex();
  state.index.now = now;
  indexPlan(state);
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
    for (const next of dependents.get(id) ?? []) longest = Math.max(longest, remaining.get(next.id) ?? 0);
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
  if (mayHaveStep(state, ts)) index.open.add(id);
  else index.open.delete(id);
  setTimers(state, ts);
  settleReady(state, ts);
}

/** Ready is exactly who could start: what lingers in a group after its start could be parked there behind itself. */
function settleReady(state: RunState, ts: TaskState): void {
  if (isStartable(state, ts)) enterReady(state, ts);
  else leaveReady(state, ts);
}

function movePhase(state: RunState, ts: TaskState, before: Phase | undefined): void {
  const { index } = state;
  const id = ts.task.id;
  index.counted.set(id, ts.phase);
  if (before !== undefined) index.phases.set(before, (index.phases.get(before) ?? 1) - 1);
  index.phases.set(ts.phase, (index.phases.get(ts.phase) ?? 0) + 1);
  for (const { id: next, edge } of index.dependents.get(id) ?? []) {
    const dependent = state.tasks.get(next);
    if (dependent === undefined) continue;
    const was = before !== undefined && satisfies(edge, before);
    const is = satisfies(edge, ts.phase);
    if (was !== is) index.blockers.set(next, (index.blockers.get(next) ?? 0) + (is ? -1 : 1));
    settleReady(state, dependent);
  }
  // who is stacked with a holder may go on when that stops working, not only when it lets go
  if (isWorking(before) !== isWorking(ts.phase)) wakeBehind(state, id);
}

function isWorking(phase: Phase | undefined): boolean {
  return phase === 'spawned' || phase === 'working';
}

function refreshSlot(state: RunState, ts: TaskState): void {
  const { slots, slotsByLane } = state.index;
  const uses = usesSlot(ts);
  if (uses === slots.has(ts.task.id)) return;
  if (uses) slots.add(ts.task.id);
  else slots.delete(ts.task.id);
  for (const lane of lanesOf(ts)) {
    slotsByLane.set(lane, (slotsByLane.get(lane) ?? 0) + (uses ? 1 : -1));
    if (!uses) openLane(state, lane);
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

function mayHaveStep(state: RunState, ts: TaskState): boolean {
  switch (ts.phase) {
    case 'waiting':
      return ts.wipe;
    case 'merged':
    case 'cancelled':
      return ts.swept === null && ts.attempts > 0;
    case 'committed':
      return !needsApproval(state, ts);
    case 'failed':
    case 'queued':
      return false;
    default:
      return true;
  }
}
