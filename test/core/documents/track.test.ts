// How a track stands, by its steps; and what is said of one of them.
import { expect, test } from 'vitest';
import {
  attemptFolderOf,
  attemptIdOf,
  currentStepOf,
  elapsedOf,
  errorOf,
  groupTracks,
  refOf,
  resultOf,
  statusOf,
  stoppedStepOf,
  type Track,
} from '../../../src/core/documents/track.ts';
import type { Event } from '../../../src/core/event.ts';
import { type Cause, runMs, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play } from '../build.ts';

const begin = (): RunState => buildState([buildTask('a', { track: 't' }), buildTask('b', { track: 't' })]);
const trackOf = (state: RunState): Track => groupTracks(state)[0] as Track;
const fail = (id: string, cause: Cause = 'agent-lost'): Event => {
  return { type: 'task.failed', task: taskId(id), cause, sentence: 'It is gone.' };
};
const pause = (id: string): Event => ({ type: 'task.paused', task: taskId(id), agent: 'finish' });
const cancel = (id: string): Event => ({ type: 'task.cancelled', task: taskId(id) });
const REST: Event = { type: 'run.rested', outcome: 'stopped' };

/** Status, current step and the step that stopped. */
test.each<[string, (state: RunState) => unknown, string, number, string | null]>([
  ['nothing began', () => null, 'pending', 0, null],
  [
    'a failed step outweighs a running one',
    (s) => play(bring(s, 'b', 'working'), [fail('a')]),
    'failed',
    0,
    'a',
  ],
  ['and one that is stopped before it', (s) => play(s, [pause('a'), fail('b')]), 'failed', 0, 'b'],
  [
    'what runs outweighs what is paused',
    (s) => play(bring(s, 'a', 'working'), [pause('b')]),
    'running',
    0,
    'b',
  ],
  ['paused', (s) => play(s, [pause('b')]), 'stopped', 0, 'b'],
  ['one cancelled, one landed', (s) => bring(play(s, [cancel('a')]), 'b', 'merged'), 'complete', 2, null],
  ['one cancelled', (s) => play(s, [cancel('a')]), 'pending', 1, null],
  ['queued', (s) => bring(s, 'a', 'queued'), 'running', 0, null],
  ['at rest before it began', (s) => play(s, [REST]), 'pending', 0, null],
  ['at rest after the first step', (s) => play(bring(s, 'a', 'merged'), [REST]), 'stopped', 1, null],
  ['at rest with a cancelled step', (s) => play(s, [cancel('a'), REST]), 'stopped', 1, null],
])('%s', (_name, happen, status, current, stopped) => {
  const state = begin();
  happen(state);
  const track = trackOf(state);
  expect(statusOf(state, track)).toBe(status);
  expect(currentStepOf(track)).toBe(current);
  expect(stoppedStepOf(track)?.ts.task.id ?? null).toBe(stopped);
  expect(errorOf(state, track, state.ms)?.split(':')[0] ?? null).toBe(stopped);
});

test('a step that was tried and waits for its next try, or for a claim, is waiting', () => {
  const state = buildState([buildTask('a', { owns: ['x'] }), buildTask('b', { owns: ['x'] })]);
  bring(state, 'a', 'working');
  const [first, second] = groupTracks(state) as [Track, Track];
  expect(statusOf(state, second)).toBe('waiting');
  const then = { kind: 'retry' as const, at: runMs(state.ms + 5_000) };
  play(state, [
    { type: 'attempt.failed', task: taskId('a'), attempt: 1, cause: 'agent-crashed', detail: '', then },
  ]);
  expect(statusOf(state, first)).toBe('waiting');
});

test('time goes from the first attempt on, until the end', () => {
  const state = begin();
  const ts = find(state, 'a');
  expect(elapsedOf(ts, state.ms)).toBe(0);
  bring(state, 'a', 'spawned', 1_000);
  expect(elapsedOf(ts, runMs(state.ms + 500))).toBe(500);
  expect(elapsedOf(ts, runMs(0))).toBe(0);
  bring(state, 'a', 'working', 1_000);
  const began = state.ms;
  expect(elapsedOf(ts, runMs(began + 500))).toBe(500);
  bring(state, 'a', 'merged', 1_000);
  expect(elapsedOf(ts, runMs(began + 99_000))).toBe(state.ms - began);
});

test.each<[string, (state: RunState) => unknown, object | null]>([
  ['waits', () => null, null],
  ['works', (s) => bring(s, 'a', 'working'), null],
  ['works and asks', (s) => play(bring(s, 'a', 'working'), [facts.asked(s, 'a')]), null],
  ['landed', (s) => bring(s, 'a', 'merged'), { status: 'complete', elapsed_ms: 0 }],
  [
    'failed',
    (s) => play(s, [fail('a')]),
    { status: 'stopped', stop_reason: 'stalled_timeout', elapsed_ms: 0 },
  ],
  [
    'took too long',
    (s) => play(s, [fail('a', 'time-budget')]),
    { status: 'timeout', stop_reason: 'time_budget_exceeded', elapsed_ms: 0 },
  ],
])('the result of a step that %s', (_name, happen, expected) => {
  const state = begin();
  happen(state);
  expect(resultOf(find(state, 'a'), state.ms)).toEqual(expected);
});

test('names of attempts and references', () => {
  const state = buildState([buildTask('A b')]);
  const ts = find(state, 'A b');
  expect([attemptIdOf(ts), attemptFolderOf(ts)]).toEqual([{}, {}]);
  bring(state, 'A b', 'spawned');
  expect(attemptIdOf(ts)).toEqual({ run_id: 'A b/1' });
  expect(attemptFolderOf(ts).run_dir).toMatch(/^attempts\/a-b-[0-9a-f]{8}\/1$/);
  expect([refOf(state, taskId('A b')), refOf(state, taskId('gone'))]).toEqual(['tasks/A b.md', 'gone']);
});
