// Agents that are barred: who waits for them, until when, and what starts them again.
import { describe, expect, test } from 'vitest';
import { findBar } from '../../src/core/bars.ts';
import { nextDeadline } from '../../src/core/decide/decide.ts';
import { outcomeOf } from '../../src/core/decide/rest.ts';
import type { Event } from '../../src/core/event.ts';
import { explainTask } from '../../src/core/explain.ts';
import { type AgentConfig, type AgentFault, type Option, runMs, taskId } from '../../src/core/model.ts';
import type { RunState } from '../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play, sayDecisions, settle } from './build.ts';

const AGENTS: Readonly<Record<string, AgentConfig>> = {
  claude: { kind: 'claude' },
  deep: { kind: 'claude', model: 'big' },
  codex: { kind: 'codex' },
  wrapped: { kind: 'acp', preset: 'claude-agent-acp' },
  gemini: { kind: 'acp', preset: 'gemini' },
  own: { kind: 'acp', command: ['mine'] },
  line: { kind: 'command', run: 'mine' },
};

/** Task a fails by its agent's fault; b has the same agent, c another of that kind, d one of another kind. */
function failBy(fault: Partial<AgentFault>): RunState {
  const state = endBy(fault);
  play(state, [facts.inspected(state, 'a', { files: [], fileCount: 0 })]);
  settle(state);
  return state;
}

/** As it was before anybody had looked what task a left. */
function endBy(fault: Partial<AgentFault>): RunState {
  const tasks = [
    buildTask('a', { agent: 'claude' }),
    buildTask('b', { agent: 'claude' }),
    buildTask('c', { agent: 'deep' }),
    buildTask('d', { agent: 'codex' }),
  ];
  const state = buildState(tasks, { maxAgents: 1, agents: AGENTS });
  bring(state, 'a', 'working');
  const exited: Event = {
    type: 'attempt.exited',
    task: taskId('a'),
    attempt: 1,
    exit: { code: 1, signal: null },
    reason: null,
    fault: { kind: 'limit', text: 'No.', untilMs: null, ...fault },
    heard: [],
  };
  play(state, [exited]);
  return state;
}

const answer = (then: Option['then']): Event => ({
  type: 'question.answered',
  task: taskId('a'),
  id: 'a/1',
  text: 'so',
  then,
});
const starts = (state: RunState, at = state.ms): string[] =>
  sayDecisions(state, at).filter((each) => /spawned/.test(each));

describe('an agent that just ended', () => {
  test.each(['limit', 'login', 'missing'] as const)('of %s: nobody starts with it meanwhile', (kind) => {
    const state = endBy({ kind });
    expect(starts(state)).toEqual(['record attempt.spawned d']);
    play(state, [{ type: 'task.paused', task: taskId('a'), agent: 'finish' }]);
    expect(starts(state)).toEqual(['record attempt.spawned b']);
  });

  test('of its own fault: others start', () => {
    expect(starts(endBy({ kind: 'api-error' }))).toEqual(['record attempt.spawned b']);
  });

  test('two that end together wait for one time', () => {
    const state = buildState([buildTask('a', { agent: 'claude' }), buildTask('b', { agent: 'claude' })], {
      agents: AGENTS,
    });
    for (const id of ['a', 'b']) {
      bring(state, id, 'working');
      const fault = { kind: 'limit' as const, text: 'No.', untilMs: state.updatedAt + 90_000 };
      play(state, [{ ...facts.exited(state, id, { code: 1, signal: null }), fault } as Event]);
    }
    for (const id of ['b', 'a']) {
      play(state, [facts.inspected(state, id)]);
      settle(state);
    }
    expect(starts(state)).toEqual([]);
    expect(nextDeadline(state, state.ms)).toBe(state.ms + 90_000);
    expect(sayDecisions(state, 90_000).join()).toContain('spawned');
  });
});

describe('a limit of the provider', () => {
  test('holds for the kind until the stated moment, and is not counted as a try [F6]', () => {
    const state = failBy({ untilMs: 0 });
    const until = failBy({ untilMs: state.updatedAt + 90_000 });
    const { retryAt, charged, question } = find(until, 'a');
    expect({ charged, question }).toEqual({ charged: 0, question: null });
    expect(retryAt).toBe(until.ms + 90_000);
    expect(starts(until)).toEqual([]);
    expect(find(until, 'd').phase).toBe('spawned');
  });

  test('is over when its time has come, for all that wait', () => {
    const state = failBy({});
    const at = find(state, 'a').retryAt ?? runMs(0);
    expect(explainTask(state, find(state, 'b'), state.ms)).toMatch(
      /^waits for claude for at most 1 min: a limit of its provider is reached$/,
    );
    play(state, [{ type: 'task.cancelled', task: taskId('d') }]);
    play(state, [{ type: 'attempt.stopped', task: taskId('d'), attempt: 1, survivors: [] }]);
    settle(state);
    expect(starts(state)).toEqual([]);
    expect(nextDeadline(state, state.ms)).toBe(at);
    expect(starts(state, at)).toHaveLength(1);
  });

  test('is over even when the task that met it is held', () => {
    const state = failBy({});
    const at = find(state, 'a').retryAt ?? runMs(0);
    play(state, [{ type: 'task.paused', task: taskId('a'), agent: 'finish' }]);
    play(state, [{ type: 'task.cancelled', task: taskId('d') }]);
    play(state, [{ type: 'attempt.stopped', task: taskId('d'), attempt: 1, survivors: [] }]);
    settle(state);
    expect(nextDeadline(state, state.ms)).toBe(at);
    expect(starts(state, at)).toEqual(['record attempt.spawned b']);
  });

  test.each([
    ['in the past', -5_000],
    ['in a year', 365 * 24 * 3_600_000],
  ])('that is said to end %s is waited for within bounds', (_, offset) => {
    const now = failBy({}).updatedAt;
    const { retryAt } = find(failBy({ untilMs: now + offset }), 'a');
    expect(retryAt).toBeGreaterThan(now === 0 ? 0 : 1_000);
    expect(retryAt).toBeLessThan(9 * 24 * 3_600_000);
  });
});

describe('an agent that is not logged in', () => {
  test('is asked about once, and nobody else tries meanwhile [F42]', () => {
    const state = failBy({ kind: 'login' });
    expect(find(state, 'a').question?.options.map(({ then }) => then)).toEqual(['retry', 'hold', 'give-up']);
    expect(find(state, 'a').charged).toBe(0);
    expect(explainTask(state, find(state, 'c'), state.ms)).toBe(
      'waits for claude, which is not logged in: mend that, then `weft answer a`',
    );
    play(state, [{ type: 'task.cancelled', task: taskId('d') }]);
    play(state, [{ type: 'attempt.stopped', task: taskId('d'), attempt: 1, survivors: [] }]);
    settle(state);
    expect(starts(state)).toEqual([]);
    expect(outcomeOf(state)).toBe('blocked');
  });

  test.each<[Option['then'], string]>([
    ['retry', 'a'],
    ['give-up', 'b'],
    ['hold', 'b'],
  ])('after the answer %s the next one tries', (then, first) => {
    const state = failBy({ kind: 'login' });
    play(state, [{ type: 'task.cancelled', task: taskId('d') }]);
    play(state, [{ type: 'attempt.stopped', task: taskId('d'), attempt: 1, survivors: [] }]);
    settle(state);
    play(state, [answer(then)]);
    expect(starts(state)).toEqual([`record attempt.spawned ${first}`]);
  });
});

test('an agent that is not there fails its task; others wait until that is restarted [F42]', () => {
  const state = failBy({ kind: 'missing' });
  expect(find(state, 'a')).toMatchObject({ phase: 'failed', failure: { cause: 'agent-missing' } });
  expect(explainTask(state, find(state, 'b'), state.ms)).toBe(
    'waits for claude, which cannot be run: mend that, then `weft restart a`',
  );
  play(state, [{ type: 'task.cancelled', task: taskId('d') }]);
  play(state, [{ type: 'attempt.stopped', task: taskId('d'), attempt: 1, survivors: [] }]);
  settle(state);
  expect(starts(state)).toEqual([]);
  play(state, [{ type: 'task.restarted', task: taskId('a') }]);
  expect(starts(state)).toHaveLength(1);
});

test.each([
  ['deep', true],
  ['wrapped', true],
  ['codex', false],
  ['gemini', false],
  ['own', false],
  ['line', false],
])('agent %s shares the account of claude: %s', (agent, shares) => {
  expect(findBar(failBy({ kind: 'login' }), agent) !== null).toBe(shares);
});
