// Who depends on a task, and how long the way from it to the end of the plan is: packed, by order. Knows no phases.
import type { Edge } from './model.ts';
import type { TaskState } from './state.ts';

/** Who depends on whom. The dependents of a task are neighbours in the lists, from `starts` of its order to the next one. */
export interface Dependents {
  readonly starts: Uint32Array;
  /** Order of each dependent. */
  readonly tasks: Uint32Array;
  /** Which of the dependent's own edges it is. */
  readonly edges: Uint32Array;
}

/** A task that depends on another, and how. */
export interface Dependent {
  readonly ts: TaskState;
  readonly edge: Edge;
}

type TasksById = ReadonlyMap<string, TaskState>;

/** Packs who depends on each of the tasks, which are in the order of the plan. */
export function packDependents(tasks: readonly TaskState[], byId: TasksById): Dependents {
  const starts = new Uint32Array(tasks.length + 1);
  for (const { task } of tasks) for (const edge of task.edges) count(starts, orderOf(byId, edge) + 1);
  for (let at = 0; at < tasks.length; at += 1) starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0);
  const next = starts.slice();
  const size = starts[tasks.length] ?? 0;
  const packed: Dependents = { starts, tasks: new Uint32Array(size), edges: new Uint32Array(size) };
  for (const { task, order } of tasks) {
    task.edges.forEach((edge, own) => {
      const below = orderOf(byId, edge);
      const at = next[below] ?? 0;
      packed.tasks[at] = order;
      packed.edges[at] = own;
      count(next, below);
    });
  }
  return packed;
}

/** The dependents of one task, in the order of the plan. */
export function listDependents(
  { starts, tasks: orders, edges }: Dependents,
  tasks: readonly TaskState[],
  { order }: TaskState,
): readonly Dependent[] {
  const found: Dependent[] = [];
  for (let at = starts[order] ?? 0; at < (starts[order + 1] ?? 0); at += 1) {
    const ts = tasks[orders[at] ?? 0];
    const edge = ts?.task.edges[edges[at] ?? 0];
    if (ts !== undefined && edge !== undefined) found.push({ ts, edge });
  }
  return found;
}

/** What a task without an estimate is taken for when no task has one, in ms. */
const USUAL_MS = 60_000;

/** Longest remaining path of each task, in ms; unknown durations count as the median of the known ones. */
export function measurePaths(
  tasks: readonly TaskState[],
  byId: TasksById,
  { starts, tasks: dependents }: Dependents,
): Float64Array {
  const known = tasks.flatMap(({ task }) => task.estimateMs ?? []).sort((a, b) => a - b);
  const median = known[known.length >> 1] ?? USUAL_MS;
  const remaining = new Float64Array(tasks.length);
  /** Dependents of each task that are not measured yet. */
  const open = new Uint32Array(tasks.length);
  const done: TaskState[] = [];
  for (const ts of tasks) {
    open[ts.order] = (starts[ts.order + 1] ?? 0) - (starts[ts.order] ?? 0);
    if (open[ts.order] === 0) done.push(ts);
  }
  for (let ts = done.pop(); ts !== undefined; ts = done.pop()) {
    let longest = 0;
    for (let at = starts[ts.order] ?? 0; at < (starts[ts.order + 1] ?? 0); at += 1) {
      longest = Math.max(longest, remaining[dependents[at] ?? 0] ?? 0);
    }
    remaining[ts.order] = longest + (ts.task.estimateMs ?? median);
    for (const edge of ts.task.edges) {
      const below = tasks[orderOf(byId, edge)];
      if (below === undefined) continue;
      open[below.order] = (open[below.order] ?? 1) - 1;
      if (open[below.order] === 0) done.push(below);
    }
  }
  return remaining;
}

function orderOf(byId: TasksById, { task }: Edge): number {
  const found = byId.get(task);
  if (found === undefined) throw new Error(`Internal error: unknown task ${task}`);
  return found.order;
}

function count(counters: Uint32Array, at: number): void {
  counters[at] = (counters[at] ?? 0) + 1;
}
