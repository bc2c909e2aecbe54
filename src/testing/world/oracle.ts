// What truly happened: the world's own ledger, and the questions it answers without asking the code under test.
import type { Recorded } from '../../core/event.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { Edge, Oid, Task, TaskId } from '../../core/model.ts';
import { createState, type RunState, type TaskState, taskOf } from '../../core/state.ts';
import { createForgeSeen, type ForgeSeen } from './forge-seen.ts';
import type { Dropped } from './git-merge.ts';
import { commitOf } from './git-store.ts';
import { CHECK } from './scene.ts';
import type { World } from './world.ts';

/** See the file's first line. */
export interface Oracle {
  /** Replay of what is durable, one record at a time. */
  shadow: RunState;
  readonly records: Recorded[];
  /** Trees on which a gate was seen to pass, by its command. */
  readonly passed: Map<string, Set<Oid>>;
  /** Trees that a reviewer approved, or that people made on top of a pull request. */
  readonly approved: Set<Oid>;
  /** Attempts whose work a person took as it is, as `task/attempt`. */
  readonly accepted: Set<string>;
  /** Commits that would land: whose they are and what they were built on. */
  readonly candidates: Map<Oid, { readonly task: TaskId; readonly base: Oid }>;
  /** Moves of the target or the integration branch that weft made, by task. */
  readonly landings: Map<TaskId, Oid[]>;
  /** Commits that ever landed, whatever people did to the target later. */
  readonly landed: Map<TaskId, Oid>;
  /** Work that people merged by hand. */
  readonly merged: Set<TaskId>;
  /** Tasks whose branch people moved while nobody was landing them, until it is looked at. */
  readonly moved: Set<TaskId>;
  /** What the journal says landed on the target last, until a person takes the target as it is. */
  holds: Oid | null;
  /** The user's checkout as its user left it. */
  checkout: string;
  /** Words of people in the journal: each is there once. */
  readonly said: Set<string>;
  /** What each engine brought about. */
  readonly done: Set<string>;
  /** What agents left out, merging. */
  readonly dropped: Dropped[];
  readonly agentCommits: { readonly commit: Oid; readonly task: TaskId }[];
  /** Run clock before which a task must not start again. */
  readonly notBefore: Map<TaskId, number>;
  /** Attempts that count, and words of people that allow one more. */
  readonly tries: Map<TaskId, number>;
  /** How often people gave the run as much again. */
  allowances: number;
  /** Guidance that people were told is taken. */
  readonly promised: { readonly task: TaskId; readonly text: string }[];
  readonly atForge: ForgeSeen;
}

/** A ledger of nothing. */
export function createOracle(): Oracle {
  return {
    shadow: createState(),
    records: [],
    passed: new Map(),
    approved: new Set(),
    accepted: new Set(),
    candidates: new Map(),
    landings: new Map(),
    landed: new Map(),
    merged: new Set(),
    moved: new Set(),
    holds: null,
    checkout: '',
    said: new Set(),
    done: new Set(),
    dropped: [],
    agentCommits: [],
    notBefore: new Map(),
    tries: new Map(),
    allowances: 0,
    promised: [],
    atForge: createForgeSeen(),
  };
}

/** The first task of the plan as it is by now that fits. */
export function findTask({ oracle }: World, fits: (task: Task) => boolean): Task | undefined {
  for (const { task } of oracle.shadow.tasks.values()) if (fits(task)) return task;
  return undefined;
}

/** Tells whether a task takes a slot. */
export function isRunning(ts: TaskState): boolean {
  return (
    ts.phase === 'spawned' || (ts.phase === 'working' && (ts.question === null || ts.attempt?.stop != null))
  );
}

/** Attempts at once: fewer, but one, while a task has not got over a lack of memory. */
export function slotsOf({ oracle, scene }: World): number {
  const { maxAgents } = scene.policy;
  const starved = [...oracle.shadow.tasks.values()].some(
    (ts) => !isTerminal(ts.phase) && ts.feedback?.cause === 'out-of-memory',
  );
  return starved ? Math.max(1, maxAgents - 1) : maxAgents;
}

/** Judged by what the world saw, not by what the journal says. */
export function isSatisfied(world: World, edge: Edge): boolean {
  const { oracle } = world;
  const ts = taskOf(oracle.shadow, edge.task);
  const landed =
    oracle.landed.has(edge.task) ||
    oracle.merged.has(edge.task) ||
    (ts.phase === 'merged' && (ts.task.type === 'manual' || ts.attempt === null || isNothing(ts)));
  if (landed || edge.on === 'merged') return landed;
  const tree = ts.attempt?.inspected?.tree;
  const verified = tree !== undefined && isVerified(world, tree);
  const isSubmitted = ts.phase === 'queued' || ts.phase === 'pr_created';
  return verified && (isSubmitted || (edge.on === 'verified' && ts.phase === 'committed'));
}

/** It landed by there being nothing to land. */
function isNothing(ts: TaskState): boolean {
  return ts.landed?.detour === 'nothing was left to land';
}

/** Judged by what the run can know: what landed while no engine looked is news to it. */
export function isKnownSatisfied(world: World, edge: Edge): boolean {
  const { phase } = taskOf(world.oracle.shadow, edge.task);
  if (phase === 'merged') return true;
  if (phase === 'queued' || phase === 'pr_created') return edge.on !== 'merged';
  return phase === 'committed' && edge.on === 'verified';
}

/** Tells whether the least of the gates was seen to pass on exactly that tree. */
export function isVerified(world: World, tree: Oid): boolean {
  return world.oracle.passed.get(CHECK)?.has(tree) === true;
}

/** A gate passed on the files that lay there. */
export function notePassed(world: World, command: string, tree: Oid): void {
  const { passed } = world.oracle;
  const trees = passed.get(command);
  if (trees === undefined) passed.set(command, new Set([tree]));
  else trees.add(tree);
}

/** A reviewer approved the commit that it saw. */
export function noteApproval(world: World, commit: Oid): void {
  world.oracle.approved.add(commitOf(world.git, commit).tree);
}

/** Tells whether what a task is about to land was approved, taken by a person as it is, or changes nothing. */
export function isReviewed(world: World, task: TaskId): boolean {
  const { oracle } = world;
  const ts = taskOf(oracle.shadow, task);
  const seen = ts.attempt?.inspected;
  if (seen == null || oracle.accepted.has(`${task}/${ts.attempts}`)) return true;
  return oracle.approved.has(seen.tree) || commitOf(world.git, seen.base).tree === seen.tree;
}

/** Overlap of the few patterns that scenes use, by hand: it shares nothing with the code under test. */
export function claimsMeet(one: readonly string[] | null, other: readonly string[] | null): boolean {
  const covers = (a: string, b: string): boolean =>
    a.endsWith('/**') ? b.startsWith(a.slice(0, -2)) : a === b;
  return (one ?? []).some((a) => (other ?? []).some((b) => covers(a, b) || covers(b, a)));
}

/** Who asks whether the run may have more than its budget; null: nobody. */
export function findAsking({ oracle }: World): TaskState | null {
  return [...oracle.shadow.tasks.values()].find((ts) => ts.question?.cause === 'run-budget') ?? null;
}

/** Tells whether a task's claim keeps another from starting: it has begun, is not final, and they are not stacked. */
export function isInTheWay(world: World, ts: TaskState, other: TaskState): boolean {
  if (other.attempt === null || other.wipe || isTerminal(other.phase)) return false;
  if (!claimsMeet(ts.task.owns, other.task.owns)) return false;
  const live = other.phase === 'spawned' || other.phase === 'working';
  return live || !(isStacked(world, ts, other) || isStacked(world, other, ts));
}

function isStacked(world: World, upper: TaskState, lower: TaskState): boolean {
  for (const edge of upper.phase === 'merged' ? [] : upper.task.edges) {
    if (edge.base !== 'stacked') continue;
    if (edge.task === lower.task.id) return true;
    return isStacked(world, taskOf(world.oracle.shadow, edge.task), lower);
  }
  return false;
}

/** Tells whether the run knows that the work of both would not merge, and the other's lands with nobody's help. */
export function isAhead(world: World, ts: TaskState, other: TaskState): boolean {
  const { overlaps } = world.oracle.shadow;
  const ids = [ts.task.id, other.task.id];
  const isKnown = overlaps.some(
    (each) => each.other !== null && ids.includes(each.task) && ids.includes(each.other),
  );
  return ts !== other && isKnown && landsAlone(world, other);
}

function landsAlone({ oracle: { shadow }, scene }: World, ts: TaskState): boolean {
  const { phase, task } = ts;
  const isForPeople = (scene.policy.integrate === 'human' || task.type === 'hybrid') && !ts.approved;
  const isRefused = shadow.overlaps.some((each) => each.task === task.id && each.other === null);
  if (isForPeople || isRefused || ts.paused || ts.question !== null) return false;
  if (task.edges.some((edge) => taskOf(shadow, edge.task).phase !== 'merged')) return false;
  if (phase === 'spawned' || phase === 'working') return ts.attempt?.stop === null;
  if (phase !== 'queued') return phase === 'verifying' || phase === 'committed';
  const asks = [...shadow.tasks.values()].some(({ question }) => question?.cause === 'target-rewritten');
  return ts.held === null && !asks;
}

/** An agent made a commit: it stays reachable until its work landed or a person discards it. */
export function noteAgentCommit(world: World, commit: Oid, task: TaskId): void {
  world.oracle.agentCommits.push({ commit, task });
}
