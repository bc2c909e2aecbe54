// Shortest cycles: real, and none shorter, against a plain search; and bounded work on large graphs.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findShortestCycle, type Graph, sortGraph } from '../../../src/core/plan/cycle.ts';

const graphs = fc
  .integer({ min: 1, max: 9 })
  .chain((size) =>
    fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 4 }), { minLength: size, maxLength: size }),
  );

/** Lengths of the shortest ways between all pairs (Floyd–Warshall). */
function shortestByForce(graph: Graph): number {
  const size = graph.length;
  const ways = graph.map((_, a) =>
    graph.map((__, b) => (graph[a]?.includes(b) ? 1 : Number.POSITIVE_INFINITY)),
  );
  for (let middle = 0; middle < size; middle += 1) {
    for (const row of ways) {
      row.forEach((way, b) => {
        row[b] = Math.min(way, (row[middle] as number) + (ways[middle]?.[b] as number));
      });
    }
  }
  return Math.min(...ways.map((row, a) => row[a] as number));
}

describe('findShortestCycle', () => {
  test('finds a real cycle and no shorter one exists [F39]', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const cycle = findShortestCycle(graph);
        const least = shortestByForce(graph);
        expect(cycle?.length ?? Number.POSITIVE_INFINITY).toBe(least);
        if (cycle === null) return;
        expect(new Set(cycle).size).toBe(cycle.length);
        cycle.forEach((node, at) => {
          expect(graph[node]).toContain(cycle[(at + 1) % cycle.length]);
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test.each<[Graph, readonly number[] | null]>([
    [[], null],
    [[[1], []], null],
    [[[1], [1]], [1]],
    [
      [[1], [2], [0]],
      [0, 1, 2],
    ],
    // met at its largest number, told from its smallest
    [
      [[3], [2], [3], [1]],
      [1, 2, 3],
    ],
    [
      [[1], [2], [3, 1], [0]],
      [1, 2],
    ],
  ])('of %j is %j', (graph, expected) => {
    expect(findShortestCycle(graph)).toEqual(expected);
  });

  test.each([
    ['one ring', (at: number, size: number) => [(at + 1) % size]],
    ['a ring with short cuts', (at: number, size: number) => [(at + 1) % size, (at + 2) % size]],
    ['a ring with long cuts', (at: number, size: number) => [(at + 1) % size, (at + 331) % size]],
    ['a thick ring', (at: number, size: number) => [(at + 300) % size, (at + 301 + (at % 7)) % size]],
  ])('ends on %s of 100,000', (_, edges) => {
    const graph = Array.from({ length: 100_000 }, (__, at) => edges(at, 100_000));
    expect(findShortestCycle(graph)?.length).toBeGreaterThan(1);
  });
});

test('sortGraph puts every node behind its dependencies and leaves out what waits for a cycle', () => {
  expect(sortGraph([[1], [2], []])).toEqual([2, 1, 0]);
  expect(sortGraph([[1], [0], [0], []])).toEqual([3]);
});
