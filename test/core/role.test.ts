// Whose turn it is: which part of a task comes next, and who takes it.
import { expect, test } from 'vitest';
import type { Policy, Role } from '../../src/core/model.ts';
import {
  agentFor,
  describeActivity,
  hasReview,
  isInReview,
  nextRole,
  runsOwnCommand,
} from '../../src/core/role.ts';
import type { RunState } from '../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play } from './build.ts';

const begin = (policy: Partial<Policy> = {}): RunState => buildState([buildTask('a')], policy);

test.each<[string, Partial<Policy>, Role, boolean]>([
  ['nobody else has a part', {}, 'implement', false],
  ['its own agent plans', { phases: { plan: true, review: false } }, 'plan', false],
  ['another one plans and reviews', { phases: { plan: 'p', review: 'r' } }, 'plan', true],
  ['fast leaves both out', { phases: { plan: true, review: true }, fast: true }, 'implement', false],
])('%s', (_name, policy, first, review) => {
  const state = begin(policy);
  expect(nextRole(state, find(state, 'a'))).toBe(first);
  expect(hasReview(state)).toBe(review);
});

test.each<[Policy['phases'], Role, string, boolean]>([
  [{ plan: 'p', review: 'r' }, 'plan', 'p', false],
  [{ plan: 'p', review: 'r' }, 'review', 'r', false],
  [{ plan: 'p', review: 'r' }, 'implement', 'mine', true],
  [{ plan: true, review: false }, 'plan', 'mine', true],
])('with %j, who is to %s is %s', (phases, role, agent, own) => {
  const state = begin({ phases });
  expect(agentFor(state, find(state, 'a'), role)).toBe(agent);
  expect(runsOwnCommand(state, role)).toBe(own);
});

test('from plan to work to review', () => {
  const state = begin({ phases: { plan: true, review: true } });
  const look = (): readonly unknown[] => {
    const ts = find(state, 'a');
    return [nextRole(state, ts), describeActivity(ts).activity ?? null, isInReview(ts)];
  };
  expect(look()).toEqual(['plan', null, false]);
  bring(state, 'a', 'working');
  expect(look()).toEqual(['plan', 'planning', false]);
  bring(state, 'a', 'verifying');
  expect(look()[1]).toBe('planning');
  play(state, [facts.planned(state, 'a')]);
  expect(look()).toEqual(['implement', null, false]);
  bring(state, 'a', 'working');
  expect(look()).toEqual(['implement', 'implementing', false]);
  bring(state, 'a', 'verifying');
  expect(look()[1]).toBe('verifying');
  play(state, [facts.inspected(state, 'a')]);
  play(state, [facts.verified(state, 'a')]);
  expect(look()).toEqual(['review', null, false]);
  bring(state, 'a', 'spawned');
  expect(look()).toEqual(['review', 'reviewing', true]);
  bring(state, 'a', 'verifying');
  expect(look()).toEqual(['review', 'reviewing', true]);
  play(state, [facts.reviewed(state, 'a')]);
  expect(look().slice(1)).toEqual([null, false]);
});
