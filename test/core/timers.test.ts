// Moments at which time alone changes a decision.
import { expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { type RunMs, runMs, taskId } from '../../src/core/model.ts';
import type { RunState } from '../../src/core/state.ts';
import { deadlineOf, fireTimers, nextTimer } from '../../src/core/timers.ts';
import { bring, buildState, buildTask, facts, find, play } from './build.ts';

const a = taskId('a');
const MINUTE = 60_000;
const BUDGET = { budget: { minutes: 10, tokens: null, usd: null } };
const PAUSE: Event = { type: 'run.paused' };
const crash = (state: RunState, id: string, after: number): RunState => {
  const then = { kind: 'retry' as const, at: runMs(state.ms + after) };
  const of = { task: taskId(id), attempt: 1, cause: 'agent-crashed', detail: 'x' } as const;
  return play(bring(state, id, 'working'), [{ type: 'attempt.failed', ...of, then }]);
};
const next = (state: RunState, now: RunMs = state.ms): number | null => {
  const at = nextTimer(state, now);
  return at === null ? null : at - state.ms;
};

test.each<[string, (state: RunState) => unknown, number | null]>([
  ['waits', () => null, null],
  ['works', (s) => bring(s, 'a', 'working'), 10 * MINUTE],
  ['asks', (s) => play(bring(s, 'a', 'working'), [facts.asked(s, 'a')]), null],
  ['ended', (s) => bring(s, 'a', 'verifying'), null],
  [
    'is being stopped',
    (s) => play(bring(s, 'a', 'working'), [{ type: 'task.paused', task: a, agent: 'stop' }]),
    null,
  ],
])('the time of a task that %s', (_name, happen, expected) => {
  const state = buildState([buildTask('a')], BUDGET);
  happen(state);
  const at = deadlineOf(state, find(state, 'a'));
  expect(at === null ? null : at - state.ms).toBe(expected);
});

test('the earliest moment that still matters is next', () => {
  const state = buildState([buildTask('a'), buildTask('b'), buildTask('c')], BUDGET);
  expect(next(state)).toBeNull();
  bring(state, 'a', 'working');
  crash(state, 'b', 5 * MINUTE);
  crash(state, 'c', 7 * MINUTE);
  expect(next(state)).toBe(5 * MINUTE);
  // nobody starts in a run that pauses, but time is up for those who work
  play(state, [PAUSE]);
  expect(next(state)).toBe(10 * MINUTE);
  play(state, [facts.exited(state, 'a')]);
  expect(next(state)).toBeNull();
  play(state, [{ type: 'run.unpaused' }]);
  expect(next(state)).toBe(5 * MINUTE);
});

test('of several that work in a run that pauses, the first one to be late is next', () => {
  const state = buildState([buildTask('a'), buildTask('b'), buildTask('c'), buildTask('d')], BUDGET);
  crash(state, 'd', MINUTE);
  bring(state, 'c', 'working', MINUTE);
  bring(state, 'a', 'working', MINUTE);
  bring(state, 'b', 'working', MINUTE);
  play(state, [PAUSE, facts.exited(state, 'c')]);
  expect(nextTimer(state, state.ms)).toBe(deadlineOf(state, find(state, 'a')));
  expect(deadlineOf(state, find(state, 'a'))).toBeLessThan(deadlineOf(state, find(state, 'b')) as number);
});

test('a moment that has come is due until it is taken', () => {
  const state = crash(buildState([buildTask('a')]), 'a', MINUTE);
  const at = runMs(state.ms + MINUTE);
  expect(next(state, at)).toBe(MINUTE);
  fireTimers(state, at);
  expect([state.index.now, next(state, at)]).toEqual([at, null]);
  fireTimers(state, runMs(at - 1));
  expect(state.index.now).toBe(at);
});
