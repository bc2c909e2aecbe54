// Names of effects: what is under way is known by them, over restarts.
import { expect, test } from 'vitest';
import { NO_GATES } from '../../../src/core/model.ts';
import { bring, buildState, buildTask, decideAfter, facts, hash, play, settle } from '../build.ts';

test('an effect is named by task, attempt and kind; a landing by its commit as well', () => {
  const state = buildState([buildTask('a')], { gates: { ...NO_GATES, tier0: ['npm test'] } });
  const keys = (): readonly string[] =>
    decideAfter(state).flatMap((effect) => (effect.kind === 'record' ? [] : [effect.key]));
  bring(state, 'a', 'spawned');
  expect(keys()).toEqual(['a/1/start-attempt']);
  bring(state, 'a', 'working');
  expect(keys()).toEqual(['a/1/watch-attempt']);
  bring(state, 'a', 'verifying');
  expect(keys()).toEqual(['a/1/inspect-attempt']);
  play(state, [facts.inspected(state, 'a')]);
  expect(keys()).toEqual(['a/1/verify-attempt']);
  play(state, [facts.verified(state, 'a'), facts.queued('a')]);
  expect(keys()).toEqual(['a/1/build-candidate']);
  play(state, [facts.built('a')]);
  settle(state);
  expect(keys()).toEqual([`a/1/verify-candidate/${hash('a candidate')}`]);
  play(state, [facts.candidateVerified('a')]);
  expect(keys()).toEqual([`a/1/land-candidate/${hash('a candidate')}`]);
  play(state, [facts.landed('a')]);
  expect(keys()).toEqual(['a/1/sweep-task']);
});
