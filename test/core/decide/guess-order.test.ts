// Guesses of where tasks will work order their starts, and keep nobody from a free slot.
import { describe, expect, test } from 'vitest';
import type { Policy, Task } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, find, settle } from '../build.ts';

/** Starts all that can start now; gives the tasks in the order of their starts. */
function startAll(state: RunState): string[] {
  const before = new Set([...state.index.slots]);
  settle(state);
  return [...state.index.slots].filter((id) => !before.has(id));
}

function starts(tasks: readonly Task[], policy: Partial<Policy>): string[] {
  return startAll(buildState(tasks, policy));
}

describe('guesses', () => {
  const at = (...patterns: readonly string[]): Partial<Task> => ({
    guess: patterns.map((pattern) => ({ pattern, weight: 1, from: 'text' })),
  });
  const api = at('src/api/**');

  test.each<[string, readonly Task[], number, string[]]>([
    [
      'who will probably meet nobody goes before who will',
      [buildTask('a', api), buildTask('b', at('src/api/auth.ts')), buildTask('c', at('docs/**'))],
      2,
      ['a', 'c'],
    ],
    ['nobody is kept from a free slot', [buildTask('a', api), buildTask('b', api)], 2, ['a', 'b']],
    [
      'a claim counts like a guess',
      [buildTask('a', { owns: ['src/**'] }), buildTask('b', api), buildTask('c')],
      2,
      ['a', 'c'],
    ],
    [
      'urgent ones go first all the same',
      [buildTask('a', { ...api, priority: 1 }), buildTask('b', { ...api, priority: 1 }), buildTask('c')],
      2,
      ['a', 'b'],
    ],
    [
      'what is guessed of a task that says what it owns counts for nothing',
      [buildTask('a', { ...api, owns: ['x/**'] }), buildTask('b', api), buildTask('c')],
      2,
      ['a', 'b'],
    ],
  ])('%s', (_name, tasks, maxAgents, expected) => {
    expect(starts(tasks, { maxAgents })).toEqual(expected);
  });

  test('who meets work waits no longer than that, and what was seen to be changed counts', () => {
    const tasks = [buildTask('a', at('docs/**')), buildTask('b', at('a.ts')), buildTask('c')];
    const state = buildState(tasks, { maxAgents: 1, integrate: 'human' });
    expect(startAll(state)).toEqual(['a']);
    bring(state, 'a', 'committed');
    // `a` changed the file that `b` is expected to change, and has not landed
    expect(find(state, 'a').task.guess?.map(({ pattern }) => pattern)).toEqual(['a.ts', 'docs/**']);
    expect(startAll(state)).toEqual(['c']);
    bring(state, 'c', 'committed');
    expect(startAll(state)).toEqual(['b']);
  });
});
