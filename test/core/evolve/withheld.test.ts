// What becomes of the claim and the slot of a task that its source gives to somebody else, or does not want any more.
import { expect, test } from 'vitest';
import { taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play, sayDecisions, settle } from '../build.ts';

const tasks = [buildTask('a', { owns: ['src/**'] }), buildTask('b', { owns: ['src/**'] })];
const lost = (state: RunState): RunState =>
  play(state, [{ type: 'task.withheld', task: taskId('a'), why: 'taken by ada' }]);

test('what its source drops keeps its claim until its agent is gone', () => {
  const state = bring(buildState(tasks), 'a', 'working');
  play(state, [{ type: 'task.cancelled', task: taskId('a'), why: 'nobody wants it' }]);
  expect(find(state, 'a').holdsClaim).toBe(true);
  expect(sayDecisions(state)).not.toContain('record attempt.spawned b');
  play(state, [facts.stopped(state, 'a')]);
  expect(find(state, 'a')).toMatchObject({ phase: 'cancelled', holdsClaim: false });
  expect(sayDecisions(state)).toContain('record attempt.spawned b');
});

test('who was slower with a task gives back its claim and the slot of its agent, whoever that was', () => {
  const agents = { mine: { kind: 'command' }, critic: { kind: 'command', max: 1 } } as const;
  const state = buildState(tasks, { agents, phases: { plan: 'critic', review: false } });
  settle(state);
  expect(find(state, 'a')).toMatchObject({ phase: 'spawned', attempt: { agent: 'critic' } });
  lost(state);
  expect(find(state, 'a')).toMatchObject({ phase: 'waiting', attempts: 0, holdsClaim: false });
  expect(sayDecisions(state)).toContain('record attempt.spawned b');
});

test('what is free again begins as if nobody had tried', () => {
  const state = lost(bring(buildState(tasks), 'a', 'spawned'));
  play(state, [{ type: 'task.withheld', task: taskId('a'), why: null }]);
  settle(state);
  expect(find(state, 'a')).toMatchObject({ phase: 'spawned', attempts: 1, charged: 1 });
});
