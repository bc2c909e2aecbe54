// Pictures how a plan would run: what runs together, what waits for what, and why. Knows nothing of disks or terminals.
import { createClaimIndex, findCollision, holdClaim } from '../claim/claim-index.ts';
import { compilePattern, type Pattern } from '../claim/pattern.ts';
import { createHeap, type Heap, peekHeap, popHeap, pushHeap } from '../heap.ts';
import type { Edge, Guess, Plan, Policy, Task, TaskId, TaskType } from '../model.ts';
import { findCollisions, graphPlan, keyClaims, type TaskCollision } from './collision.ts';
import { type Graph, invertGraph, sortGraph } from './cycle.ts';
import { nameTask } from './slug.ts';

/** One task of the picture. */
export interface DryRunTask {
  readonly id: TaskId;
  readonly title: string;
  readonly ref: string;
  readonly track: string | null;
  readonly type: TaskType;
  /** Key of `Policy.agents`; null: its own command line or a human does it. */
  readonly agent: string | null;
  readonly run: string | null;
  /** null: a human does it. */
  readonly branch: string | null;
  readonly owns: readonly string[] | null;
  /** Where it will probably work, when it says nothing of what it owns. */
  readonly guessed?: readonly Guess[];
  readonly after: readonly Edge[];
  /** Why its source does not want it begun now: `taken by ada`; absent: it may be. */
  readonly held?: string;
  /** Counts from 1; null: it would not start, as it is held or comes after what is. */
  readonly wave: number | null;
}

/** What a run of the plan would do, if every task took the same time and succeeded. */
export interface DryRun {
  readonly tasks: readonly DryRunTask[];
  /** Tasks that would run together, in the order they would start. */
  readonly waves: readonly (readonly TaskId[])[];
  /** Pairs that would not run together (or, under `force`, would meet), `MAX_COLLISIONS` at most. */
  readonly collisions: readonly TaskCollision[];
}

/** Pictures a run; `run` and `repo` stand for the names in branches that are known only then, `held` says what is not begun. */
export function pictureRun(
  plan: Plan,
  policy: Policy,
  names: {
    readonly run: string;
    readonly repo: string;
    readonly foldCase?: boolean;
    readonly held?: ReadonlyMap<TaskId, string>;
  },
): DryRun {
  const held = names.held ?? new Map<TaskId, string>();
  const waves = planWaves(plan, policy, held);
  const waveOf = new Map(waves.flatMap((wave, at) => wave.map((id) => [id, at + 1] as const)));
  const tasks = plan.tasks.map((task) => ({
    id: task.id,
    title: task.title,
    ref: task.ref,
    track: task.track,
    type: task.type,
    agent: task.type === 'manual' || task.run !== null ? null : task.agent,
    run: task.run,
    branch: task.type === 'manual' ? null : nameTask(policy.worktrees.branch, { ...names, task: task.id }),
    owns: task.owns,
    ...(task.guess === undefined ? {} : { guessed: task.guess }),
    after: task.edges,
    ...heldOf(held.get(task.id)),
    wave: waveOf.get(task.id) ?? null,
  }));
  return { tasks, waves, collisions: findCollisions(plan, { foldCase: names.foldCase === true }) };
}

function heldOf(why: string | undefined): Pick<DryRunTask, 'held'> {
  return why === undefined ? {} : { held: why };
}

/** Groups looked at for one wave before it is taken as it is: a picture need not be perfect. */
const MAX_LOOKS = 200;

/**
 * Groups the tasks by when they would run: in each wave as many as slots, tracks, agents and claims allow, urgent ones
 * and long paths first. A human's tasks take no slot. What is held, and what comes after it, is in none.
 */
export function planWaves(
  plan: Plan,
  policy: Policy,
  held: ReadonlyMap<TaskId, string> = new Map(),
): readonly (readonly TaskId[])[] {
  const graph = graphPlan(plan);
  const dependents = invertGraph(graph);
  const isHeld = plan.tasks.map(({ id }) => held.has(id));
  // nothing ever takes the one that is added away
  const open = graph.map((dependencies, task) => dependencies.length + (isHeld[task] === true ? 1 : 0));
  const queue = createQueue(plan, measurePaths(graph, dependents));
  open.forEach((count, task) => {
    if (count === 0) enqueue(queue, task);
  });
  const waves: TaskId[][] = [];
  let left = plan.tasks.length - countAfter(dependents, isHeld);
  while (left > 0) {
    const wave = fillWave(queue, policy);
    if (wave.length === 0) throw new Error('Internal error: a wave without tasks');
    left -= wave.length;
    for (const task of wave) {
      for (const next of dependents[task] as readonly number[]) {
        open[next] = (open[next] as number) - 1;
        if (open[next] === 0) enqueue(queue, next);
      }
    }
    waves.push(wave.map((task) => taskAt(plan, task).id));
  }
  return waves;
}

/** Counts these tasks and all that come after one of them. */
function countAfter(dependents: Graph, isMarked: readonly boolean[]): number {
  const left = isMarked.flatMap((is, task) => (is ? [task] : []));
  const seen = new Set(left);
  for (let task = left.pop(); task !== undefined; task = left.pop()) {
    for (const next of dependents[task] ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      left.push(next);
    }
  }
  return seen.size;
}

/** Ready tasks with the same claims: in one wave at most one of them runs, unless there are none or force is the rule. */
interface Group {
  readonly patterns: readonly Pattern[];
  readonly tasks: Heap<number>;
}

interface Queue {
  readonly plan: Plan;
  readonly groups: Map<string, Group>;
  /** Best tasks of the groups; one that is no longer its group's best is skipped when met. */
  readonly ready: Heap<number>;
  readonly manual: number[];
  readonly startsBefore: (a: number, b: number) => boolean;
}

function createQueue(plan: Plan, paths: readonly number[]): Queue {
  const startsBefore = (a: number, b: number): boolean => {
    const [one, other] = [taskAt(plan, a).priority, taskAt(plan, b).priority];
    if (one !== other) return one < other;
    return paths[a] === paths[b] ? a < b : (paths[a] as number) > (paths[b] as number);
  };
  return { plan, groups: new Map(), ready: createHeap(startsBefore), manual: [], startsBefore };
}

/** Counts the tasks on the longest path that starts at each task. */
function measurePaths(graph: Graph, dependents: Graph): readonly number[] {
  const paths = graph.map(() => 1);
  for (const task of sortGraph(graph).reverse()) {
    for (const next of dependents[task] as readonly number[]) {
      paths[task] = Math.max(paths[task] as number, (paths[next] as number) + 1);
    }
  }
  return paths;
}

function enqueue(queue: Queue, task: number): void {
  if (taskAt(queue.plan, task).type === 'manual') {
    queue.manual.push(task);
    return;
  }
  const group = findGroup(queue, task);
  pushHeap(group.tasks, task);
  if (peekHeap(group.tasks) === task) pushHeap(queue.ready, task);
}

function findGroup(queue: Queue, task: number): Group {
  const owns = taskAt(queue.plan, task).owns ?? [];
  const key = keyClaims(owns);
  let group = queue.groups.get(key);
  if (group === undefined) {
    group = { patterns: owns.map((text) => compilePattern(text)), tasks: createHeap(queue.startsBefore) };
    queue.groups.set(key, group);
  }
  return group;
}

/** Takes the next wave out of the queue. */
function fillWave(queue: Queue, policy: Policy): readonly number[] {
  const wave = queue.manual.splice(0);
  const claims = createClaimIndex();
  const lanes = new Map<string, number>();
  const waitingGroups: Group[] = [];
  const waitingTasks: number[] = [];
  let slots = policy.maxAgents;
  let looksLeft = MAX_LOOKS;
  while (slots > 0 && looksLeft > 0) {
    const task = popHeap(queue.ready);
    if (task === undefined) break;
    const group = findGroup(queue, task);
    if (peekHeap(group.tasks) !== task) continue;
    looksLeft -= 1;
    const exclusive = group.patterns.length > 0 && policy.collisionPolicy !== 'force';
    if (exclusive && findCollision(claims, group.patterns) !== null) {
      waitingGroups.push(group);
      continue;
    }
    popHeap(group.tasks);
    if (takeLanes(lanes, taskAt(queue.plan, task), policy)) {
      wave.push(task);
      slots -= 1;
      if (exclusive) holdClaim(claims, String(task), group.patterns);
    } else {
      waitingTasks.push(task);
    }
    const next = peekHeap(group.tasks);
    if (next !== undefined) pushHeap(queue.ready, next);
  }
  for (const group of waitingGroups) pushHeap(queue.ready, peekHeap(group.tasks) as number);
  for (const task of waitingTasks) enqueue(queue, task);
  return wave;
}

/** Counts a task for its track and its agent, unless one of them is full. */
function takeLanes(lanes: Map<string, number>, task: Task, policy: Policy): boolean {
  const wanted: readonly (readonly [lane: string, most: number | null])[] = [
    [`agent:${task.agent}`, policy.agents[task.agent]?.max ?? null],
    [`track:${task.track}`, task.track === null ? null : policy.maxPerTrack],
  ];
  if (wanted.some(([lane, most]) => most !== null && (lanes.get(lane) ?? 0) >= most)) return false;
  for (const [lane] of wanted) lanes.set(lane, (lanes.get(lane) ?? 0) + 1);
  return true;
}

function taskAt(plan: Plan, at: number): Task {
  return plan.tasks[at] as Task;
}
