// Use of the model: counted once per conversation, held to the budget, and gone on with when a human says so.
import { describe, expect, test } from 'vitest';
import { nextDeadline } from '../../src/core/decide/decide.ts';
import type { Event } from '../../src/core/event.ts';
import { explainTask } from '../../src/core/explain.ts';
import { type Budget, type Policy, runMs, taskId } from '../../src/core/model.ts';
import {
  describeRunSpending,
  dollarsLeft,
  shareOfBudget,
  shareOfRunBudget,
  sumSpending,
} from '../../src/core/spending.ts';
import type { RunState } from '../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play, sayDecisions, settle } from './build.ts';

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

describe('the budget of a run', () => {
  const run = { minutes: null, tokens: null, usd: null };
  const two = (budget: Policy['budget']): RunState => {
    const state = buildState([buildTask('a'), buildTask('b'), buildTask('c')], { budget, maxAgents: 2 });
    return bring(bring(state, 'a', 'working'), 'b', 'working');
  };
  const stopped = (task: string, attempt = 1): Event => ({
    type: 'attempt.stopped',
    task: taskId(task),
    attempt,
    survivors: [],
  });

  test.each<[string, Partial<Budget>, Event[], number, string]>([
    ['tokens of all its tasks', { tokens: 100 }, [used('s', 60), used('t', 20)], 0.8, '80 of 100 tokens'],
    [
      'a sum told again',
      { tokens: 100 },
      [used('s', 60), used('s', 60), used('s', 10)],
      0.6,
      '60 of 100 tokens',
    ],
    ['money', { usd: 4 }, [used('s', 5, 1), used('s', 5, 2), used('t', 5, 1)], 0.75, '$3.00 of $4.00'],
    ['money that nobody tells of', { usd: 4 }, [used('s', 5)], 0, ''],
  ])('counts %s', (_name, budget, events, share, words) => {
    const state = play(two({ ...run, run: { ...run, ...budget } }), events);
    expect(shareOfRunBudget(state, state.ms)).toBe(share);
    expect(describeRunSpending(state, state.ms)).toBe(words);
  });

  test('is asked for once more when it is used up, by one of those at work; all wait for the answer', () => {
    const state = play(two({ ...run, run: { ...run, tokens: 100 } }), [used('s', 100)]);
    expect(explainTask(state, find(state, 'b'), state.ms)).toMatch(/; the run 100 of 100 tokens$/);
    settle(state);
    play(state, [stopped('a')]);
    settle(state);
    play(state, [stopped('b')]);
    settle(state);
    expect(find(state, 'a').question).toMatchObject({
      cause: 'run-budget',
      text: "The run's budget is used up: 100 of 100 tokens.",
      options: [{ then: 'retry' }, { then: 'hold' }, { then: 'give-up' }],
    });
    expect(find(state, 'b')).toMatchObject({ question: null, phase: 'waiting', charged: 0 });
    expect(sayDecisions(state).filter((each) => /spawned/.test(each))).toEqual([]);
    expect(explainTask(state, find(state, 'c'), state.ms)).toBe(
      'waits: the budget of the run is used up; `weft answer a 1` lets it go on',
    );
    play(state, [{ type: 'question.answered', task: taskId('a'), id: 'a/1', text: 'yes', then: 'retry' }]);
    settle(state);
    expect(['a', 'b', 'c'].map((name) => find(state, name).phase).sort()).toEqual([
      'spawned',
      'spawned',
      'waiting',
    ]);
    expect(shareOfRunBudget(state, state.ms)).toBe(0.5);
  });

  test('in minutes is over at its moment, and asked about when the next one would start', () => {
    const state = two({ ...run, run: { ...run, minutes: 10 } });
    const end = runMs(state.startedMs + 600_000);
    expect(nextDeadline(state, state.ms)).toBe(end);
    expect(sayDecisions(state, end - 1 - state.ms)).not.toContain('record attempt.overspent a');
    expect(sayDecisions(state, end - state.ms)).toEqual(['record attempt.overspent a']);
    const late = buildState([buildTask('a')], { budget: { ...run, run: { ...run, minutes: 10 } } });
    bring(late, 'a', 'spawned');
    expect(sayDecisions(late, 600_000)).toEqual(['record attempt.overspent a']);
  });

  test('who waits for an answer is left to wait', () => {
    const state = two({ ...run, run: { ...run, tokens: 100 } });
    const question = {
      id: 'b/1',
      task: taskId('b'),
      from: 'agent',
      cause: 'asked',
      text: '?',
      options: [],
      files: [],
    } as const;
    play(state, [{ type: 'question.asked', task: taskId('b'), attempt: 1, question }, used('s', 100)]);
    expect(sayDecisions(state)).toEqual(['record attempt.overspent a']);
    settle(state);
    play(state, [stopped('a')]);
    settle(state);
    expect(find(state, 'b')).toMatchObject({
      phase: 'working',
      question: { id: 'b/1' },
      attempt: { stop: null },
    });
  });
});

test('dollars are left of the task and of the run, and each allowance adds to them', () => {
  const left = (budget: Partial<Policy['budget']>, ...events: Event[]): number | null => {
    const state = working(budget, ...events);
    return dollarsLeft(state, find(state, 'a'));
  };
  const run = (usd: number): Budget => ({ minutes: null, tokens: null, usd });
  expect(left({ tokens: 5 }, used('s', 1, 1))).toBeNull();
  expect(left({ usd: 2 })).toBe(2);
  expect(left({ usd: 2 }, used('s', 1, 0.5))).toBe(1.5);
  expect(left({ usd: 2, run: run(1) }, used('s', 1, 0.5))).toBe(0.5);
  expect(left({ usd: 2 }, used('s', 1, 3))).toBe(0);
});

test('who ends well with its budget used up has its work looked at; more is asked for when it has to go on', () => {
  const state = working({ usd: 1 }, used('s', 1, 1.5));
  settle(state);
  expect(find(state, 'a').attempt?.stop).toBe('budget');
  play(state, [{ ...facts.exited(state, 'a'), fault: null } as Event]);
  expect(find(state, 'a')).toMatchObject({ phase: 'verifying', question: null });
  play(state, [facts.inspected(state, 'a')]);
  expect(sayDecisions(state)).toEqual(['verify-attempt a']);
  play(state, [facts.rejected(state, 'a')]);
  settle(state);
  expect(find(state, 'a')).toMatchObject({
    phase: 'waiting',
    feedback: { cause: 'gate-failed' },
    question: { cause: 'budget', text: 'Its budget is used up: $1.50 of $1.00.' },
  });
  const id = find(state, 'a').question?.id ?? '';
  play(state, [{ type: 'question.answered', task: taskId('a'), id, text: 'Go on.', then: 'retry' }]);
  expect(sayDecisions(state)).toEqual(['record attempt.spawned a']);
});

test('who stops at a limit of its own because nothing is left is not started again', () => {
  const state = working({ usd: 1 }, used('s', 1, 1));
  const fault = { kind: 'own-limit' as const, text: 'Stopped.', untilMs: null };
  play(state, [{ ...facts.exited(state, 'a', { code: 1, signal: null }), fault } as Event]);
  play(state, [facts.inspected(state, 'a')]);
  settle(state);
  expect(find(state, 'a').question).toMatchObject({ cause: 'budget' });
});

test.each([
  [0.5, 15_000, '15 of 30 s'],
  [2, 90_000, '1 of 2 min'],
  [60, 120_000, '2 of 60 min'],
])('time of a run of %s min is told in a sensible unit', (minutes, ms, words) => {
  const state = working({ run: { minutes, tokens: null, usd: null } });
  expect(describeRunSpending(state, runMs(state.startedMs + ms))).toBe(words);
});
