// How a run stands when nothing moves any more.
import { describe, expect, test } from 'vitest';
import { outcomeOf, owesLook, waitsForSources } from '../../../src/core/decide/rest.ts';
import type { Event, Outcome } from '../../../src/core/event.ts';
import { type Cause, type Task, taskId } from '../../../src/core/model.ts';
import type { SourceSpec } from '../../../src/core/source.ts';
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

describe('tasks that others have', () => {
  const BEADS: SourceSpec = { kind: 'beads', epic: null, issues: [], labels: [] };
  const withheld = (id: string): Event => ({ type: 'task.withheld', task: taskId(id), why: 'taken by ada' });
  const settled = (id: string): Event => ({ type: 'task.settled', task: taskId(id) });

  test.each<[string, Outcome, boolean, (state: RunState) => unknown]>([
    ['nothing is withheld', 'blocked', false, () => 0],
    ['the one that others wait for', 'blocked', true, (s) => play(s, [withheld('a')])],
    ['all', 'blocked', false, (s) => play(s, [withheld('a'), withheld('b')])],
    ['one that nobody waits for', 'complete', false, (s) => play(bring(s, 'a', 'merged'), [withheld('b')])],
    ['and it is finished there', 'blocked', false, (s) => play(s, [withheld('a'), settled('a')])],
    [
      'and it is free again',
      'blocked',
      false,
      (s) => play(s, [withheld('a'), { ...withheld('a'), why: null } as Event]),
    ],
    [
      'and who waits for it was cancelled',
      'complete',
      false,
      (s) => play(s, [withheld('a'), cancelled('b')]),
    ],
    [
      'and the run is to stop',
      'stopped',
      true,
      (s) => play(s, [withheld('a'), { type: 'run.stopping', agents: 'finish' }]),
    ],
  ])('%s: %s, waits for sources: %s', (_name, outcome, waits, make) => {
    const state = ab({ after: ['a'] });
    state.sources = [BEADS];
    make(state);
    expect(outcomeOf(state)).toBe(outcome);
    expect(waitsForSources(state)).toBe(waits);
  });

  test('a source that stays as it is lets nothing go on', () => {
    const state = play(ab({ after: ['a'] }), [withheld('a')]);
    expect(waitsForSources(state)).toBe(false);
    state.sources = [{ kind: 'track-file', path: 'tracks.yaml' }];
    expect(waitsForSources(state)).toBe(false);
    state.sources = [{ kind: 'track-file', path: 'tracks.yaml' }, BEADS];
    expect(waitsForSources(state)).toBe(true);
  });
});

describe('the last look', () => {
  const BEADS: SourceSpec = { kind: 'beads', epic: null, issues: [], labels: [] };
  const FILE: SourceSpec = { kind: 'track-file', path: 'tracks.yaml' };

  test.each<
    [string, boolean, SourceSpec, Outcome, { readonly facts: number; readonly seenAt: number | null }]
  >([
    ['nobody looked yet', true, BEADS, 'complete', { facts: 7, seenAt: null }],
    ['nothing happened since', false, BEADS, 'complete', { facts: 7, seenAt: 7 }],
    ['something happened since', true, BEADS, 'complete', { facts: 9, seenAt: 7 }],
    ['what is left failed', true, BEADS, 'failed', { facts: 7, seenAt: null }],
    ['what is left waits for people', true, BEADS, 'blocked', { facts: 7, seenAt: null }],
    ['it was stopped', false, BEADS, 'stopped', { facts: 7, seenAt: null }],
    ['its time is used up', false, BEADS, 'timeout', { facts: 7, seenAt: null }],
    ['its source stays as it is', false, FILE, 'complete', { facts: 7, seenAt: null }],
  ])('%s: owed %s', (_name, owed, source, outcome, counts) => {
    const state = ab();
    state.sources = [source];
    expect(owesLook(state, { outcome, ...counts })).toBe(owed);
  });
});
