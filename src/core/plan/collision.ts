// Finds tasks that may run at the same time and claim the same file. Knows nothing of attempts, clocks or policies.
import { collidePairs } from '../claim/claim-index.ts';
import { type Overlap, overlapClaims } from '../claim/overlap.ts';
import { compilePattern, type Pattern } from '../claim/pattern.ts';
import type { Plan, Task, TaskId } from '../model.ts';
import { type Graph, sortGraph } from './cycle.ts';

/** Two tasks without an order between them and a path that both claim; `left` is a pattern of `first`. */
export interface TaskCollision extends Overlap {
  readonly first: TaskId;
  readonly second: TaskId;
}

/** Bounds how many collisions are named. */
export const MAX_COLLISIONS = 20;

/** Lists for each task the numbers of those it depends on. */
export function graphPlan(plan: Plan): Graph {
  const numbers = new Map(plan.tasks.map((task, at) => [task.id, at]));
  return plan.tasks.map((task) =>
    task.edges.map((edge) => {
      const number = numbers.get(edge.task);
      if (number === undefined) throw new Error(`Internal error: edge to ${edge.task} leaves the plan`);
      return number;
    }),
  );
}

/**
 * Finds collisions between tasks that no chain of dependencies orders, `MAX_COLLISIONS` at most: none is found only
 * when there is none. Tasks with equal or colliding claims must be one chain, so only neighbours in the plan's order
 * are compared, and each is shown with the one it would have to follow.
 */
export function findCollisions(
  plan: Plan,
  options: { readonly foldCase: boolean },
): readonly TaskCollision[] {
  const classes = groupClaims(plan, options);
  const order = createOrder(graphPlan(plan));
  const rank = (task: number): number => order.ranks[task] as number;
  const found = new Map<string, TaskCollision>();
  for (const tasks of listCliques(classes)) {
    const chain = tasks.toSorted((one, other) => rank(one) - rank(other));
    for (let at = 1; at < chain.length; at += 1) {
      const [before, after] = [chain[at - 1] as number, chain[at] as number];
      if (found.has(`${before} ${after}`) || isOrdered(order, { before, after })) continue;
      found.set(`${before} ${after}`, describe(plan, { before, after }, options));
      if (found.size === MAX_COLLISIONS) return [...found.values()];
    }
  }
  return [...found.values()];
}

/** Tasks with the same claims. */
interface ClaimClass {
  readonly id: string;
  readonly patterns: readonly Pattern[];
  readonly tasks: number[];
}

function groupClaims(plan: Plan, options: { readonly foldCase: boolean }): readonly ClaimClass[] {
  const classes = new Map<string, ClaimClass>();
  plan.tasks.forEach((task, at) => {
    if (task.owns === null || task.owns.length === 0 || task.type === 'manual') return;
    const key = keyClaims(task.owns);
    const known = classes.get(key);
    if (known !== undefined) known.tasks.push(at);
    else classes.set(key, { id: key, patterns: compileAll(task.owns, options), tasks: [at] });
  });
  return [...classes.values()];
}

/** Names a set of claims; two tasks with the same name claim the same. */
export function keyClaims(owns: readonly string[]): string {
  return owns.toSorted().join('\n');
}

function compileAll(owns: readonly string[], options: { readonly foldCase: boolean }): readonly Pattern[] {
  return owns.map((text) => compilePattern(text, options));
}

/** Gives groups of tasks of which any two collide. */
function* listCliques(classes: readonly ClaimClass[]): Generator<readonly number[]> {
  for (const { tasks } of classes) yield tasks;
  const byId = new Map(classes.map((one) => [one.id, one]));
  for (const { first, second } of collidePairs(classes)) {
    yield [...(byId.get(first) as ClaimClass).tasks, ...(byId.get(second) as ClaimClass).tasks];
  }
}

interface Order {
  readonly graph: Graph;
  readonly ranks: Int32Array;
  /** Says which question met a task last. */
  readonly stamps: Int32Array;
  questions: number;
}

function createOrder(graph: Graph): Order {
  const ranks = new Int32Array(graph.length);
  sortGraph(graph).forEach((task, rank) => {
    ranks[task] = rank;
  });
  return { graph, ranks, stamps: new Int32Array(graph.length), questions: 0 };
}

/** Tells whether `after` depends on `before`, over others too; looks only at what lies between the two. */
function isOrdered(order: Order, { before, after }: { before: number; after: number }): boolean {
  order.questions += 1;
  const floor = order.ranks[before] as number;
  const open = [after];
  for (let task = open.pop(); task !== undefined; task = open.pop()) {
    for (const dependency of order.graph[task] as readonly number[]) {
      if (dependency === before) return true;
      if (order.stamps[dependency] === order.questions || (order.ranks[dependency] as number) < floor)
        continue;
      order.stamps[dependency] = order.questions;
      open.push(dependency);
    }
  }
  return false;
}

function describe(
  plan: Plan,
  { before, after }: { before: number; after: number },
  options: { readonly foldCase: boolean },
): TaskCollision {
  const [one, other] = [plan.tasks[before] as Task, plan.tasks[after] as Task];
  const overlap = overlapClaims(compileAll(one.owns ?? [], options), compileAll(other.owns ?? [], options));
  if (overlap === null) throw new Error('Internal error: colliding claims do not overlap');
  return { first: one.id, second: other.id, ...overlap };
}
