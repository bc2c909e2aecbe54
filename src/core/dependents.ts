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
  /** 1: the task is built on work of another that has not landed, or another one is on its. */
  readonly stacked: Uint8Array;
}

/** A task that depends on another, and how. */
export interface Dependent {
  readonly ts: TaskState;
  readonly edge: Edge;
}

/** Packs who depends on each of the tasks, which are in the order of the plan. */
export function packDependents(
  tasks: readonly TaskState[],
  byId: ReadonlyMap<string, TaskState>,
): Dependents {
  const below = listBelow(tasks, byId);
  const starts = new Uint32Array(tasks.length + 1);
  for (const order of below) count(starts, order + 1);
  for (let at = 0; at < tasks.length; at += 1) starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0);
  const next = starts.slice();
  const packed: Dependents = {
    starts,
    tasks: new Uint32Array(below.length),
    edges: new Uint32Array(below.length),
    stacked: new Uint8Array(tasks.length),
  };
  let edgesBefore = 0;
  for (const { task, order } of tasks) {
    for (let own = 0; own < task.edges.length; own += 1) {
      const other = below[edgesBefore + own] ?? 0;
      const at = next[other] ?? 0;
      count(next, other);
      packed.tasks[at] = order;
      packed.edges[at] = own;
      if (task.edges[own]?.base === 'stacked') packed.stacked[order] = packed.stacked[other] = 1;
    }
    edgesBefore += task.edges.length;
  }
  return packed;
}

/** The order of whom each edge of each task points to. */
function listBelow(tasks: readonly TaskState[], byId: ReadonlyMap<string, TaskState>): Uint32Array {
  const below = new Uint32Array(tasks.reduce((sum, { task }) => sum + task.edges.length, 0));
  let at = 0;
  for (const { task } of tasks) {
    for (const edge of task.edges) {
      const other = byId.get(edge.task);
      if (other === undefined) throw new Error(`Internal error: unknown task ${edge.task}`);
      below[at] = other.order;
      at += 1;
    }
  }
  return below;
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
  { starts, tasks: above }: Dependents,
): Float64Array {
  const known = tasks.flatMap(({ task }) => task.estimateMs ?? []).sort((a, b) => a - b);
  const median = known[known.length >> 1] ?? USUAL_MS;
  const remaining = new Float64Array(tasks.length);
  for (const order of sortUpwards(tasks, starts, above).reverse()) {
    let longest = 0;
    for (let at = starts[order] ?? 0; at < (starts[order + 1] ?? 0); at += 1) {
      longest = Math.max(longest, remaining[above[at] ?? 0] ?? 0);
    }
    remaining[order] = longest + (tasks[order]?.task.estimateMs ?? median);
  }
  return remaining;
}

/** Orders of the tasks, each one after all that it depends on. */
function sortUpwards(tasks: readonly TaskState[], starts: Uint32Array, above: Uint32Array): Uint32Array {
  const open = Uint32Array.from(tasks, ({ task }) => task.edges.length);
  const sorted = new Uint32Array(tasks.length);
  let end = 0;
  for (let order = 0; order < tasks.length; order += 1) if (open[order] === 0) sorted[end++] = order;
  for (let next = 0; next < end; next += 1) {
    const order = sorted[next] ?? 0;
    for (let at = starts[order] ?? 0; at < (starts[order + 1] ?? 0); at += 1) {
      const dependent = above[at] ?? 0;
      open[dependent] = (open[dependent] ?? 1) - 1;
      if (open[dependent] === 0) sorted[end++] = dependent;
    }
  }
  return sorted;
}

function count(counters: Uint32Array, at: number): void {
  counters[at] = (counters[at] ?? 0) + 1;
}
