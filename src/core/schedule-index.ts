// Counters and queues that make a decision cost what changed, not what exists. All of it can be rebuilt from the state.
import { type Bar, settleBar } from './bars.ts';
import { findBatch } from './batch.ts';
import { type ClaimIndex, createClaimIndex, holdClaim, releaseClaim } from './claim/claim-index.ts';
import { compilePattern, type Pattern } from './claim/pattern.ts';
import { type Clashes, createClashes, noteClash } from './clashes.ts';
import { becomesPull, needsApproval } from './decide/submit.ts';
import {
  type Dependent,
  type Dependents,
  listDependents,
  measurePaths,
  packDependents,
} from './dependents.ts';
import type { WorkEffect } from './effect.ts';
import { widenGuess } from './guess.ts';
import { createHeap, type Heap } from './heap.ts';
import { createLine, type LandingLine, settleInLine } from './landing-line.ts';
import { isTerminal } from './lifecycle.ts';
import { type Edge, type Phase, type RunMs, runMs, type TaskId } from './model.ts';
import type { ForgeTrouble } from './pull.ts';
import { isAsking, isLeftOpen, isToBeShelved } from './pull-standing.ts';
import {
  enterReady,
  isStartable,
  type Lane,
  leaveReady,
  openLane,
  type ReadyEntry,
  type ReadyGroup,
  releaseHeld,
  startsBefore,
  wakeBehind,
} from './ready-groups.ts';
import type { RunState, TaskState } from './state.ts';
import { setTimers, type Timer } from './timers.ts';

/** See the file's first line. Lists of numbers, and `tasks` itself, are in the order of the plan. */
export interface ScheduleIndex {
  readonly tasks: readonly TaskState[];
  readonly dependents: Dependents;
  /** Unsatisfied edges per task. */
  readonly blockers: Uint32Array;
  /** Edges per task to work that is not on the target yet. */
  readonly unlanded: Uint32Array;
  /** Longest expected path to the end of the plan, in ms. */
  readonly remaining: Float64Array;
  /** Phase each task was last counted under. */
  readonly counted: (Phase | null)[];
  /** The group each ready task is in. */
  readonly grouped: (ReadyGroup | null)[];
  readonly claims: ClaimIndex;
  /** Where work that claims nothing probably is, and the guesses of tasks that were asked about. */
  readonly guesses: ClaimIndex;
  readonly guessed: (readonly Pattern[] | null)[];
  readonly groups: Map<string, ReadyGroup>;
  readonly ready: Heap<ReadyEntry>;
  /** Groups behind the holder of a claim, or behind work that lands first. */
  readonly behind: Map<TaskId, ReadyGroup[]>;
  /** Tasks behind a full lane: `track:x`, `agent:y`. */
  readonly lanes: Map<string, Lane>;
  /** Lanes that may have room for who waits there. */
  readonly openLanes: Set<string>;
  readonly timers: Heap<Timer>;
  /** Tasks that may have a next step of their own, and the steps as last worked out. */
  readonly open: Map<TaskState, readonly WorkEffect[]>;
  /** Those of them that changed since. */
  readonly due: Set<TaskState>;
  readonly line: LandingLine;
  readonly clashes: Clashes;
  /** What tasks found out about their agents. */
  readonly bars: Map<TaskState, Bar>;
  /** Up to when bars were lifted. */
  lifted: RunMs;
  /** Tasks that use a slot, and the counts by lane. */
  readonly slots: Set<TaskId>;
  /** What each of them counts in: who gives up its slot may have nothing left by which to tell. */
  readonly slotLanes: Map<TaskId, readonly string[]>;
  readonly slotsByLane: Map<string, number>;
  /** Tasks whose agent ran out of memory and that have not got over it. */
  readonly starved: Set<TaskState>;
  readonly phases: Map<Phase, number>;
  /** Trouble with the forge after which it was asked again. */
  awake: ForgeTrouble | null;
  /** The latest moment the index was asked about. */
  now: RunMs;
}

/** An index of tasks that have not been looked at yet. */
export function createIndex(byId: ReadonlyMap<TaskId, TaskState> = new Map()): ScheduleIndex {
  const tasks = [...byId.values()];
  const dependents = packDependents(tasks, byId);
  const remaining = measurePaths(tasks, dependents);
  const edges = Uint32Array.from(tasks, ({ task }) => task.edges.length);
  return {
    tasks,
    dependents,
    blockers: edges,
    unlanded: edges.slice(),
    remaining,
    counted: tasks.map(() => null),
    grouped: tasks.map(() => null),
    claims: createClaimIndex(),
    guesses: createClaimIndex(),
    guessed: tasks.map(() => null),
    groups: new Map(),
    ready: createHeap((a, b) => startsBefore(remaining, a.first, b.first)),
    behind: new Map(),
    lanes: new Map(),
    openLanes: new Set(),
    timers: createHeap((a, b) => a.at < b.at),
    open: new Map(),
    due: new Set(),
    line: createLine(),
    clashes: createClashes(),
    bars: new Map(),
    lifted: runMs(-1),
    slots: new Set(),
    slotLanes: new Map(),
    slotsByLane: new Map(),
    starved: new Set(),
    phases: new Map(),
    awake: null,
    now: runMs(0),
  };
}

/** Builds the index anew; call when the plan is known, and when the policy changed: parks and timers were judged by the old one. */
export function indexPlan(state: RunState): void {
  const { now } = state.index;
  state.index = createIndex(state.tasks);
  state.index.now = now;
  state.index.line.batch.push(...findBatch(state.index.tasks));
  for (const overlap of state.overlaps) noteClash(state.index.clashes, overlap);
  for (const ts of state.index.tasks) refreshTask(state, ts);
}

/** Unsatisfied edges of a task. */
export function countBlockers({ index }: RunState, { order }: TaskState): number {
  return index.blockers[order] ?? 0;
}

/** Who depends on a task, and how. */
export function dependentsOf({ index }: RunState, ts: TaskState): readonly Dependent[] {
  return listDependents(index.dependents, index.tasks, ts);
}

/** A task's claims, ready to be compared; kept as long as it waits with its like. */
export function patternsOf({ index }: RunState, ts: TaskState): readonly Pattern[] {
  const group = index.grouped[ts.order] ?? null;
  if (group === null) return compileClaims(ts.task.owns);
  group.patterns ??= compileClaims(ts.task.owns);
  return group.patterns;
}

/** Brings the index up to date with the claim of a task that holds it and has more of it now. */
export function holdAnew({ index }: RunState, { task: { id, owns } }: TaskState): void {
  releaseClaim(index.claims, id);
  holdClaim(index.claims, id, compileClaims(owns));
}

/** Where a task will probably work, ready to be compared; nowhere when it says what it owns, or nobody knows. */
export function guessOf(
  { index }: RunState,
  { task: { owns, guess }, order }: TaskState,
): readonly Pattern[] {
  if (owns !== null || guess === undefined) return [];
  const known = index.guessed[order] ?? compileClaims(guess.map(({ pattern }) => pattern));
  index.guessed[order] = known;
  return known;
}

/** What a task was seen to change is where it works. */
export function guessAnew(state: RunState, ts: TaskState, files: readonly { readonly path: string }[]): void {
  if (ts.task.owns !== null || files.length === 0) return;
  const { index } = state;
  const paths = files.map(({ path }) => path);
  ts.task = { ...ts.task, guess: widenGuess(ts.task.guess ?? [], paths) };
  index.guessed[ts.order] = null;
  if (!index.guesses.holdings.has(ts.task.id)) return;
  releaseClaim(index.guesses, ts.task.id);
  holdClaim(index.guesses, ts.task.id, guessOf(state, ts));
}

function compileClaims(owns: readonly string[] | null): readonly Pattern[] {
  return (owns ?? []).map((text) => compilePattern(text));
}

/** How far on its way to the target work of a task is in a phase. */
const PROGRESS: Readonly<Record<Phase, number>> = {
  waiting: 0,
  spawned: 0,
  working: 0,
  verifying: 0,
  failed: 0,
  cancelled: 0,
  committed: 1,
  pr_created: 2,
  queued: 2,
  merged: 3,
};

/** The progress that a dependency waits for. */
const WANTED: Readonly<Record<Edge['on'], number>> = { verified: 1, submitted: 2, merged: 3 };

/** Tells whether the dependency counts as satisfied in that phase. */
export function satisfies(edge: Edge, phase: Phase): boolean {
  return PROGRESS[phase] >= WANTED[edge.on];
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
  const before = index.counted[ts.order] ?? null;
  if (before !== ts.phase) movePhase(state, ts, before);
  refreshSlot(state, ts);
  refreshClaim(state, ts);
  refreshGuess(state, ts);
  if (ts.feedback?.cause === 'out-of-memory' && !isTerminal(ts.phase)) index.starved.add(ts);
  else index.starved.delete(ts);
  settleLine(state, ts);
  settleBar(state, ts);
  releaseHeld(state, ts);
  if (mayHaveStep(state, ts)) {
    if (!index.open.has(ts)) index.open.set(ts, NO_STEPS);
    index.due.add(ts);
  } else {
    index.open.delete(ts);
    index.due.delete(ts);
  }
  setTimers(state, ts);
  settleReady(state, ts);
}

const NO_STEPS: readonly WorkEffect[] = [];

function settleLine({ index }: RunState, ts: TaskState): void {
  const unlanded = index.unlanded[ts.order] ?? 0;
  settleInLine(index.line, ts, { unlanded, clashes: index.clashes.byTask.get(ts.task.id)?.size ?? 0 });
}

/** Ready is exactly who could start: what lingers in a group after its start could be parked there behind itself. */
function settleReady(state: RunState, ts: TaskState): void {
  if (isStartable(state, ts)) enterReady(state, ts);
  else leaveReady(state, ts);
}

function movePhase(state: RunState, ts: TaskState, before: Phase | null): void {
  const { phases, counted, dependents, tasks } = state.index;
  const { phase } = ts;
  counted[ts.order] = phase;
  if (before !== null) phases.set(before, (phases.get(before) ?? 1) - 1);
  phases.set(phase, (phases.get(phase) ?? 0) + 1);
  // most moves are nobody else's business
  const hasProgress = PROGRESS[before ?? 'waiting'] !== PROGRESS[phase];
  const end = hasProgress ? (dependents.starts[ts.order + 1] ?? 0) : 0;
  for (let at = dependents.starts[ts.order] ?? 0; at < end; at += 1) {
    const dependent = tasks[dependents.tasks[at] ?? 0];
    const edge = dependent?.task.edges[dependents.edges[at] ?? 0];
    if (dependent !== undefined && edge !== undefined)
      moveDependent(state, dependent, { edge, before, phase });
  }
  // who is stacked with a holder may go on when that stops working, not only when it lets go
  if (isWorking(before) !== isWorking(phase)) wakeBehind(state, ts.task.id);
}

function moveDependent(
  state: RunState,
  ts: TaskState,
  { edge, before, phase }: { readonly edge: Edge; readonly before: Phase | null; readonly phase: Phase },
): void {
  const { blockers, unlanded } = state.index;
  const { order } = ts;
  const freed = Number(satisfies(edge, phase)) - Number(before !== null && satisfies(edge, before));
  if (freed !== 0) {
    blockers[order] = (blockers[order] ?? 0) - freed;
    settleReady(state, ts);
  }
  const landed = Number(phase === 'merged') - Number(before === 'merged');
  if (landed !== 0) {
    unlanded[order] = (unlanded[order] ?? 0) - landed;
    settleLine(state, ts);
    // a pull request that waits for what it stands on goes on with that
    if (state.index.open.has(ts)) state.index.due.add(ts);
  }
}

function isWorking(phase: Phase | null): boolean {
  return phase === 'spawned' || phase === 'working';
}

function refreshSlot(state: RunState, ts: TaskState): void {
  const { slots, slotLanes, slotsByLane } = state.index;
  const { id } = ts.task;
  const uses = usesSlot(ts);
  if (uses === slots.has(id)) return;
  const lanes = slotLanes.get(id) ?? lanesOf(ts);
  if (uses) {
    slots.add(id);
    slotLanes.set(id, lanes);
  } else {
    slots.delete(id);
    slotLanes.delete(id);
  }
  for (const lane of lanes) {
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
    holdClaim(index.claims, id, patternsOf(state, ts));
  } else {
    releaseClaim(index.claims, id);
    wakeBehind(state, id);
  }
}

/** Work is where it is guessed to be from its start until it has landed or is given up. */
function refreshGuess(state: RunState, ts: TaskState): void {
  const { guesses } = state.index;
  const { id, owns } = ts.task;
  const holds = owns === null && ts.attempt !== null && !isTerminal(ts.phase);
  if (holds === guesses.holdings.has(id)) return;
  if (holds) holdClaim(guesses, id, guessOf(state, ts));
  else releaseClaim(guesses, id);
}

function mayHaveStep(state: RunState, ts: TaskState): boolean {
  switch (ts.phase) {
    case 'waiting':
      return ts.wipe || isToBeShelved(ts) || isAsking(ts);
    case 'merged':
    case 'cancelled':
      return ts.swept === null && ts.attempts > 0;
    case 'committed':
      return becomesPull(state, ts) || !needsApproval(state, ts);
    case 'queued':
      return ts.pull !== null;
    case 'failed':
      return isLeftOpen(ts);
    default:
      return true;
  }
}
