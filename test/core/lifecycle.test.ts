// The table of moves: well formed, and drawn in the docs exactly as it is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drawLifecycle, isAllowed, isTerminal, MOVES } from '../../src/core/lifecycle.ts';

describe('lifecycle', () => {
  test('the page of the docs contains exactly the drawing', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/lifecycle.md'), 'utf8');
    const drawings = [...page.matchAll(/```mermaid\n([^`]*)```/g)].map((found) => found[1]);
    expect(drawings).toEqual([drawLifecycle()]);
  });

  test('every move is in the table once', () => {
    const moves = MOVES.flatMap((row) => row.on.map((on) => `${row.from} ${row.to} ${on}`));
    expect(new Set(moves).size).toBe(moves.length);
    const pairs = MOVES.map((row) => `${row.from} ${row.to}`);
    expect(new Set(pairs).size).toBe(pairs.length);
  });

  test('what landed never moves again; failed and cancelled only by a human', () => {
    const out = MOVES.filter((row) => isTerminal(row.from));
    expect(out.filter((row) => row.from === 'merged')).toEqual([]);
    expect(out.map(({ from, to, on }) => `${from} ${to} ${on.join()}`)).toEqual([
      'failed merged task.landed',
      'failed waiting task.restarted',
      'cancelled waiting task.restarted',
    ]);
  });

  test('a move is allowed by the fact that causes it alone', () => {
    expect(isAllowed({ from: 'waiting', to: 'spawned', on: 'attempt.spawned' })).toBe(true);
    expect(isAllowed({ from: 'waiting', to: 'spawned', on: 'attempt.started' })).toBe(false);
    expect(isAllowed({ from: 'waiting', to: 'working', on: 'attempt.spawned' })).toBe(false);
    expect(isAllowed({ from: 'merged', to: 'waiting', on: 'task.restarted' })).toBe(false);
  });
});
