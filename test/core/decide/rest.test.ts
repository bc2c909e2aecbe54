// How a run stands when nothing moves any more.
import { expect, test } from 'vitest';
import { outcomeOf } from '../../../src/core/decide/rest.ts';
import type { Event, Outcome } from '../../../src/core/event.ts';
import { type Cause, type Task, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, play } from '../build.ts';

const failed = (id: string, cause: Cause = 'agent-crashed'): Event => ({
  type: 'task.failed',
  task: taskId(id),
  cause,
  sentence: 'x',
});
const cancelled = (id: string): Event => ({ type: 'task.cancelled', task: taskId(id) });
const ab = (over: Partial<Task> & { readonly after?: readonly string[] } = {}): RunState =>
  buildState([buildTask('a'), buildTask('b', over)], { integrate: 'human' });
const ask = (state: RunState, id: string): RunState => {
  bring(state, id, 'working');
  return play(state, [facts.asked(state, id), facts.exited(state, id)]);
};

test.each<[string, Outcome, () => RunState]>([
  ['everything landed', 'complete', () => bring(bring(ab(), 'a', 'merged'), 'b', 'merged')],
  ['there was nothing to do', 'complete', () => buildState([])],
  ['the rest was cancelled', 'complete', () => play(bring(ab(), 'a', 'merged'), [cancelled('b')])],
  [
    'complete outweighs a stop',
    'complete',
    () => play(bring(bring(ab(), 'a', 'merged'), 'b', 'merged'), [{ type: 'run.stopping', agents: 'stop' }]),
  ],
  ['a human stopped it', 'stopped', () => play(ab(), [{ type: 'run.stopping', agents: 'finish' }])],
  ['one failed', 'failed', () => play(bring(ab(), 'a', 'merged'), [failed('b')])],
  ['one failed and one waits for it', 'failed', () => play(ab({ after: ['a'] }), [failed('a')])],
  [
    'all that failed ran out of time',
    'timeout',
    () => play(bring(ab(), 'a', 'merged'), [failed('b', 'time-budget')]),
  ],
  ['one ran out of time, one crashed', 'failed', () => play(ab(), [failed('a', 'time-budget'), failed('b')])],
  ['a question is open', 'blocked', () => ask(bring(ab(), 'b', 'merged'), 'a')],
  ['a question outweighs a failure', 'blocked', () => ask(play(ab(), [failed('b')]), 'a')],
  ['verified work waits for approval', 'blocked', () => bring(bring(ab(), 'b', 'merged'), 'a', 'committed')],
  [
    'a task is paused',
    'blocked',
    () => play(bring(ab(), 'b', 'merged'), [{ type: 'task.paused', task: taskId('a'), agent: 'finish' }]),
  ],
  ['the run is paused', 'blocked', () => play(ab(), [{ type: 'run.paused' }])],
  ['a human’s task is due', 'blocked', () => bring(ab({ type: 'manual' }), 'a', 'merged')],
  [
    'a human’s task waits for one that failed',
    'failed',
    () => play(ab({ type: 'manual', after: ['a'] }), [failed('a')]),
  ],
  ['one waits for a cancelled one', 'blocked', () => play(ab({ after: ['a'] }), [cancelled('a')])],
])('%s: %s', (_name, expected, make) => {
  expect(outcomeOf(make())).toBe(expected);
});

test.each<[string, Outcome, (state: RunState) => unknown]>([
  ['nothing else', 'failed', (s) => bring(s, 'a', 'merged')],
  ['a pause of the run', 'blocked', (s) => play(s, [{ type: 'run.paused' }])],
  [
    'a pause of one task',
    'blocked',
    (s) => play(s, [{ type: 'task.paused', task: taskId('a'), agent: 'finish' }]),
  ],
  ['work to approve', 'blocked', (s) => bring(s, 'a', 'committed')],
  ['work that waits for its turn', 'failed', () => null],
  ['a human’s task that is not due', 'failed', (s) => play(s, [failed('b')])],
  ['a human’s task that is due', 'blocked', (s) => bring(s, 'b', 'merged')],
  ['one that waits for a cancelled one', 'failed', (s) => play(s, [cancelled('b')])],
])('a failure and %s: %s', (_name, expected, happen) => {
  const tasks = [
    buildTask('a'),
    buildTask('b'),
    buildTask('m', { type: 'manual', after: ['b'] }),
    buildTask('x'),
  ];
  const state = play(buildState(tasks, { integrate: 'human' }), [failed('x')]);
  happen(state);
  expect(outcomeOf(state)).toBe(expected);
});
