// What a person is offered when weft cannot go on by itself.
import { expect, test } from 'vitest';
import { failAttempt } from '../../../src/core/decide/judge.ts';
import type { Cause, Question, Role } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play } from '../build.ts';

/** A task whose attempt of that role is at work, in a run where nothing is tried twice. */
function begin(role: Role): RunState {
  const phases = { plan: role === 'plan', review: role === 'review' };
  const limits = { ...buildState([]).policy.limits, attempts: 1 };
  const state = buildState([buildTask('a')], { phases, limits, outside: 'ask' });
  bring(state, 'a', 'working');
  if (role !== 'review') return state;
  bring(state, 'a', 'verifying');
  play(state, [facts.inspected(state, 'a'), facts.verified(state, 'a')]);
  return bring(state, 'a', 'working');
}

function ask(role: Role, cause: Cause, files?: readonly string[]): Question {
  const state = begin(role);
  const of = { cause, detail: 'It is so.', ...(files === undefined ? {} : { files }) };
  const event = failAttempt(state, find(state, 'a'), of, state.ms);
  const then = event.type === 'attempt.failed' ? event.then : null;
  if (then?.kind !== 'ask') throw new Error(`nobody is asked about ${cause}`);
  return then.question;
}

const AGAIN = 'retry: Let the agent try again (add what it should know).';
const HOLD = 'hold: I do it myself in the worktree, then `weft done TASK`.';
const ACCEPT = 'accept: Take the work as it is.';
const GIVE_UP = 'give-up: Give this task up.';

test.each<[Role, Cause, readonly string[]]>([
  ['implement', 'gate-failed', [AGAIN, HOLD, GIVE_UP]],
  ['implement', 'landing-blocked', ['accept: Try to land it again.', HOLD, GIVE_UP]],
  ['implement', 'conflict', ['retry: Let the agent resolve the conflict.', HOLD, GIVE_UP]],
  ['implement', 'outside-claim', [ACCEPT, AGAIN, GIVE_UP]],
  ['implement', 'no-changes', ['accept: Nothing had to be changed: take it.', AGAIN, GIVE_UP]],
  [
    'plan',
    'plan-scope',
    ['retry: Let it be planned again (add what it should know).', 'accept: Do it without a plan.', GIVE_UP],
  ],
  ['review', 'no-result', ['retry: Let it be reviewed again.', ACCEPT, HOLD, GIVE_UP]],
  ['review', 'review-rejected', [AGAIN, ACCEPT, HOLD, GIVE_UP]],
  ['review', 'review-loop', [AGAIN, ACCEPT, HOLD, GIVE_UP]],
])('%s that ended with %s', (role, cause, expected) => {
  expect(ask(role, cause).options.map(({ then, label }) => `${then}: ${label}`)).toEqual(expected);
});

test('the question says what it is about, with a hundred files at most', () => {
  const files = Array.from({ length: 101 }, (_, at) => `f${at}`);
  const about = { id: 'a/1', task: 'a', from: 'weft', cause: 'outside-claim', text: 'It is so.' };
  expect(ask('implement', 'outside-claim', files)).toMatchObject({ ...about, files: files.slice(0, 100) });
  expect(ask('implement', 'conflict').files).toEqual([]);
});
