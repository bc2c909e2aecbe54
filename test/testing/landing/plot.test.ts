// What a round of the landing proof is made of.
import { expect, test } from 'vitest';
import { applyEdit, type Edit, plotRound } from '../../../src/testing/landing/plot.ts';

test('a round follows from its seed', () => {
  expect(plotRound({ tasks: 50, seed: 4 })).toEqual(plotRound({ tasks: 50, seed: 4 }));
  expect(plotRound({ tasks: 50, seed: 5 })).not.toEqual(plotRound({ tasks: 50, seed: 4 }));
});

test('about one task in ten breaks the gate and one gate run in twenty fails by accident', () => {
  const rounds = Array.from({ length: 20 }, (_, seed) => plotRound({ tasks: 200, seed }));
  const parts = rounds.flatMap((plot) => plot.parts);
  const breaking = parts.filter(({ character }) => character !== 'good').length / parts.length;
  expect(breaking).toBeGreaterThan(0.07);
  expect(breaking).toBeLessThan(0.13);
  expect(new Set(parts.map(({ character }) => character)).size).toBe(4);
  const shaky = rounds.reduce((sum, plot) => sum + plot.shaky.length, 0) / (rounds.length * 200 * 30);
  expect(shaky).toBeGreaterThan(0.04);
  expect(shaky).toBeLessThan(0.06);
  expect(new Set(rounds.map(({ strategy }) => strategy)).size).toBe(3);
});

test('each task has its place in one track, and none stands on one that never lands', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const { parts, tracks } = plotRound({ tasks: 100, seed });
    expect(tracks.flat()).toEqual(parts.map(({ task }) => task));
    const byName = new Map(parts.map((part) => [part.task, part]));
    for (const track of tracks) {
      for (const [at, task] of track.entries()) expect(byName.get(task)?.after).toBe(track[at - 1] ?? null);
      for (const task of track.slice(0, -1)) expect(byName.get(task)?.character).not.toBe('hopeless');
    }
  }
});

const EDITS: readonly (readonly [Edit['kind'], number, readonly string[], string | null])[] = [
  ['insert', 0, ['x', 'a', 'b', 'c'], null],
  ['insert', 0.99, ['a', 'b', 'x', 'c'], null],
  ['append', 0, ['a', 'b', 'c', 'x'], null],
  ['replace', 0.5, ['a', 'x', 'c'], 'b'],
  ['delete', 0.5, ['a', 'c'], 'b'],
];

test.each(EDITS)('%s at %d', (kind, at, lines, gone) => {
  const edit = { file: 'f', kind, at, text: 'x' };
  expect(applyEdit(['a', 'b', 'c'], edit)).toEqual({ lines, gone });
});

test('what is empty can be changed', () => {
  const edit = { file: 'f', kind: 'replace', at: 0.5, text: 'x' } as const;
  expect(applyEdit([], edit)).toEqual({ lines: ['x'], gone: null });
});
