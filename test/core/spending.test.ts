// Use of the model: counted once per conversation, held to the budget, and gone on with when a human says so.
import { expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { explainTask } from '../../src/core/explain.ts';
import { type Policy, taskId } from '../../src/core/model.ts';
import { shareOfBudget, sumSpending } from '../../src/core/spending.ts';
import type { RunState } from '../../src/core/state.ts';
import { bring, buildState, buildTask, find, play, sayDecisions, settle } from './build.ts';

const used = (session: string, input: number, usd: number | null = null): Event => ({
  type: 'usage.noted',
  task: taskId('a'),
  attempt: 1,
  session,
  input,
  output: 0,
  usd,
});

function working(budget: Partial<Policy['budget']>, ...events: Event[]): RunState {
  const state = buildState([buildTask('a')], {
    budget: { minutes: null, tokens: null, usd: null, ...budget },
  });
  return play(bring(state, 'a', 'working'), events);
}

test.each<[string, Event[], { tokens: number; usd: number | null } | null]>([
  ['nothing is known', [], null],
  ['a conversation counts with its latest sum', [used('s', 10), used('s', 25)], { tokens: 25, usd: null }],
  [
    'a sum that is told again, or late, adds nothing',
    [used('s', 25, 2), used('s', 10)],
    { tokens: 25, usd: 2 },
  ],
  ['conversations add up', [used('s', 10, 1), used('t', 5, 0.5), used('u', 1)], { tokens: 16, usd: 1.5 }],
])('%s', (_name, events, sum) => {
  expect(sumSpending(find(working({}, ...events), 'a'))).toEqual(sum);
});

test.each<[string, Partial<Policy['budget']>, Event, number]>([
  ['no budget', {}, used('s', 1e9, 1e6), 0],
  ['tokens', { tokens: 100 }, used('s', 50, 9), 0.5],
  ['money', { usd: 2 }, used('s', 1e9, 1), 0.5],
  ['the larger share of both', { tokens: 100, usd: 2 }, used('s', 10, 1.5), 0.75],
  ['money that nobody tells of', { usd: 2 }, used('s', 10), 0],
])('share of the budget: %s', (_name, budget, event, share) => {
  const state = working(budget, event);
  expect(shareOfBudget(state, find(state, 'a'))).toBe(share);
});

test('from four fifths on it is told, at the whole the agent is ended and a human is asked', () => {
  const state = working({ tokens: 100 }, used('s', 79));
  const explain = (): string => explainTask(state, find(state, 'a'), state.ms);
  expect(explain()).not.toContain('tokens');
  play(state, [used('s', 80)]);
  expect(explain()).toMatch(/; it has used 80 of 100 tokens$/);
  expect(sayDecisions(state)).not.toContain('record attempt.overspent a');
  play(state, [used('s', 100)]);
  expect(sayDecisions(state)).toEqual(['record attempt.overspent a']);
  settle(state);
  play(state, [{ type: 'attempt.stopped', task: taskId('a'), attempt: 1, survivors: [] }]);
  settle(state);
  expect(find(state, 'a').question).toMatchObject({
    cause: 'budget',
    text: 'Its budget is used up: 100 of 100 tokens.',
    options: [{ then: 'retry' }, { then: 'hold' }, { then: 'give-up' }],
  });
});

test('what a human allows is as much again, and no more', () => {
  const state = working({ tokens: 100 }, used('s', 120));
  settle(state);
  play(state, [{ type: 'attempt.stopped', task: taskId('a'), attempt: 1, survivors: [] }]);
  settle(state);
  play(state, [{ type: 'question.answered', task: taskId('a'), id: 'a/1', text: 'go on', then: 'retry' }]);
  expect(shareOfBudget(state, find(state, 'a'))).toBe(0.6);
  settle(state);
  expect(find(state, 'a')).toMatchObject({ phase: 'spawned', attempts: 2 });
});
