// Orders a graph and finds its shortest cycle. Knows tasks only as numbers; `graph[a]` lists what `a` depends on.

/** Lists, for each node, the nodes it depends on. */
export type Graph = readonly (readonly number[])[];

/** Bounds the edges followed in search of a shorter cycle; beyond it the shortest one found so far is given. */
export const MAX_STEPS = 20_000_000;

/** Sorts the nodes so that each comes after what it depends on; nodes on or behind a cycle are left out. O(V + E). */
export function sortGraph(graph: Graph): number[] {
  const dependents = invertGraph(graph);
  const open = graph.map((dependencies) => dependencies.length);
  const sorted: number[] = [];
  open.forEach((count, node) => {
    if (count === 0) sorted.push(node);
  });
  for (let at = 0; at < sorted.length; at += 1) {
    for (const next of dependents[sorted[at] as number] as readonly number[]) {
      const left = (open[next] as number) - 1;
      open[next] = left;
      if (left === 0) sorted.push(next);
    }
  }
  return sorted;
}

/** Lists, for each node, the nodes that depend on it. */
export function invertGraph(graph: Graph): Graph {
  const inverted: number[][] = graph.map(() => []);
  graph.forEach((dependencies, node) => {
    for (const dependency of dependencies) (inverted[dependency] as number[]).push(node);
  });
  return inverted;
}

/**
 * Finds the shortest cycle, as nodes of which each depends on the next and the last on the first; null when there is
 * none. Every cycle passes the head of some back edge of a depth-first search, so only these are searched from: one
 * cycle among 100,000 tasks costs one search.
 */
export function findShortestCycle(graph: Graph): readonly number[] | null {
  const sorted = sortGraph(graph);
  if (sorted.length === graph.length) return null;
  const settled = new Uint8Array(graph.length);
  for (const node of sorted) settled[node] = 1;
  const search = {
    graph,
    parents: new Int32Array(graph.length),
    stamps: new Int32Array(graph.length),
    steps: 0,
  };
  let best = null as readonly number[] | null;
  for (const head of findBackEdgeHeads(graph, settled)) {
    if (best !== null && search.steps > MAX_STEPS) break;
    const limit: number = best?.length ?? graph.length + 1;
    best = searchCycle(search, head, limit) ?? best;
    if (best !== null && best.length === 1) break;
  }
  if (best === null) throw new Error('Internal error: a graph without order has no cycle');
  const start = best.indexOf(best.reduce((one, other) => Math.min(one, other)));
  return [...best.slice(start), ...best.slice(0, start)];
}

/** Gathers the nodes that a depth-first search meets again while it is still below them. */
function findBackEdgeHeads(graph: Graph, settled: Uint8Array): readonly number[] {
  const heads = new Set<number>();
  const below = new Uint8Array(graph.length);
  const nextEdge = new Int32Array(graph.length);
  const path: number[] = [];
  for (let root = 0; root < graph.length; root += 1) {
    if (settled[root] === 1) continue;
    path.push(root);
    below[root] = 1;
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const next = graph[node]?.[nextEdge[node] as number];
      nextEdge[node] = (nextEdge[node] as number) + 1;
      if (next === undefined) {
        below[node] = 0;
        settled[node] = 1;
        path.pop();
      } else if (below[next] === 1) {
        heads.add(next);
      } else if (settled[next] === 0) {
        below[next] = 1;
        path.push(next);
      }
    }
  }
  return [...heads];
}

interface CycleSearch {
  readonly graph: Graph;
  readonly parents: Int32Array;
  /** Says which search met a node last: its head plus one. */
  readonly stamps: Int32Array;
  steps: number;
}

/** Finds the shortest way from a node back to itself, if it is shorter than `limit`. */
function searchCycle(search: CycleSearch, head: number, limit: number): readonly number[] | null {
  const { graph, parents, stamps } = search;
  const stamp = head + 1;
  let layer = [head];
  for (let length = 1; length < limit && layer.length > 0; length += 1) {
    const following: number[] = [];
    for (const node of layer) {
      for (const next of graph[node] as readonly number[]) {
        search.steps += 1;
        if (next === head) return tracePath(parents, { from: head, to: node });
        if (stamps[next] === stamp) continue;
        stamps[next] = stamp;
        parents[next] = node;
        following.push(next);
      }
    }
    layer = following;
  }
  return null;
}

function tracePath(parents: Int32Array, { from, to }: { from: number; to: number }): readonly number[] {
  const path = [to];
  for (let node = to; node !== from; ) {
    node = parents[node] as number;
    path.push(node);
  }
  return path.reverse();
}
