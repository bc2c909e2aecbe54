// The next step of a task in each phase, and what speaks against an attempt.
import { describe, expect, test } from 'vitest';
import { nextDeadline } from '../../../src/core/decide/decide.ts';
import type { EffectKind } from '../../../src/core/effect.ts';
import type { Event, StopReason } from '../../../src/core/event.ts';
import { explainTask } from '../../../src/core/explain.ts';
import { type Exit, type Policy, runMs, type Task, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, changed, facts, find, play, sayDecisions, settle } from '../build.ts';

const a = taskId('a');

function begin(over: Partial<Task> = {}, policy: Partial<Policy> = {}): RunState {
  return buildState([buildTask('a', over)], policy);
}

const pauseIt: Event = { type: 'task.paused', task: a, agent: 'finish' };
const stopIt: Event = { type: 'task.paused', task: a, agent: 'stop' };
const cancelIt: Event = { type: 'task.cancelled', task: a };
const restartIt: Event = { type: 'task.restarted', task: a };
const guideIt: Event = { type: 'guidance.given', task: a, text: 'use tabs' };
const stopRun: Event = { type: 'run.stopping', agents: 'stop' };

describe('each phase has its step', () => {
  test.each<[string, (state: RunState) => void, string[]]>([
    ['spawned: start', (state) => bring(state, 'a', 'spawned'), ['start-attempt a']],
    ['working: watch', (state) => bring(state, 'a', 'working'), ['watch-attempt a']],
    [
      'working, to be stopped: stop and watch',
      (state) => play(bring(state, 'a', 'working'), [stopIt]),
      ['watch-attempt a', 'stop-attempt a'],
    ],
    [
      'spawned, to be stopped: stop',
      (state) => play(bring(state, 'a', 'spawned'), [cancelIt]),
      ['stop-attempt a'],
    ],
    ['verifying: look first', (state) => bring(state, 'a', 'verifying'), ['inspect-attempt a']],
    [
      'looked at: check',
      (state) => play(bring(state, 'a', 'verifying'), [facts.inspected(state, 'a')]),
      ['verify-attempt a'],
    ],
    ['verified: into the queue', (state) => bring(state, 'a', 'committed'), ['record task.queued a']],
    ['queued: build', (state) => bring(state, 'a', 'queued'), ['build-candidate a']],
    ['landed: clear away', (state) => bring(state, 'a', 'merged'), ['sweep-task a']],
    [
      'landed and cleared away: nothing',
      (state) => play(bring(state, 'a', 'merged'), [facts.swept('a')]),
      [],
    ],
    ['cancelled before it began: nothing', (state) => play(state, [cancelIt]), []],
    [
      'cancelled at work: clear away',
      (state) => play(bring(state, 'a', 'verifying'), [cancelIt]),
      ['sweep-task a'],
    ],
    [
      'started anew: clear away first',
      (state) => play(bring(state, 'a', 'verifying'), [restartIt]),
      ['sweep-task a'],
    ],
    [
      'failed: left for a look',
      (state) => play(state, [{ type: 'task.failed', task: a, cause: 'internal-error', sentence: 'x' }]),
      [],
    ],
  ])('%s', (_name, happen, expected) => {
    const state = begin();
    happen(state);
    expect(sayDecisions(state)).toEqual(expected);
  });

  test('a task of a human’s has no step', () => {
    expect(sayDecisions(begin({ type: 'manual' }))).toEqual([]);
  });
});

describe('what holds still', () => {
  test.each<[string, Event[], string[]]>([
    ['a paused task is not verified further', [pauseIt], []],
    ['a run that stops verifies nothing further', [stopRun], []],
    ['a run that drains does', [{ type: 'run.stopping', agents: 'finish' }], ['inspect-attempt a']],
    ['a paused run does', [{ type: 'run.paused' }], ['inspect-attempt a']],
  ])('%s', (_name, events, expected) => {
    expect(sayDecisions(play(bring(begin(), 'a', 'verifying'), events))).toEqual(expected);
  });

  test('a paused task does not go into the queue', () => {
    expect(sayDecisions(play(bring(begin(), 'a', 'committed'), [pauseIt]))).toEqual([]);
  });

  test('a run that stops ends live agents, and the work goes on later without being charged', () => {
    const state = play(bring(begin(), 'a', 'working'), [stopRun]);
    expect(sayDecisions(state)).toEqual(['watch-attempt a', 'stop-attempt a']);
    play(state, [facts.stopped(state, 'a')]);
    expect(find(state, 'a')).toMatchObject({ phase: 'waiting', charged: 0 });
    expect(sayDecisions(state)).toEqual([]);
  });
});

describe('approval', () => {
  test.each<[string, Partial<Task>, Partial<Policy>, Event[], string[]]>([
    ['auto needs none', {}, { integrate: 'auto' }, [], ['record task.queued a']],
    ['human needs one', {}, { integrate: 'human' }, [], []],
    [
      'human gave one',
      {},
      { integrate: 'human' },
      [{ type: 'task.approved', task: a }],
      ['record task.queued a'],
    ],
    ['a hybrid task needs one always', { type: 'hybrid' }, { integrate: 'auto' }, [], []],
  ])('%s', (_name, over, policy, events, expected) => {
    const state = bring(begin(over, policy), 'a', 'committed');
    expect(sayDecisions(play(state, events))).toEqual(expected);
  });
});

describe('what speaks against an attempt', () => {
  const check = (
    of: {
      readonly exit?: Exit;
      readonly reason?: string;
      readonly seen?: Parameters<typeof facts.inspected>[2];
      readonly events?: Event[];
      readonly rejected?: number | null;
    },
    expected: string | null,
  ): void => {
    const state = bring(begin({ owns: ['x/**'] }), 'a', 'working');
    play(state, [
      ...(of.events ?? []),
      facts.exited(state, 'a', of.exit, of.reason ?? null),
      facts.inspected(state, 'a', of.seen),
    ]);
    if (of.rejected !== undefined) play(state, [facts.rejected(state, 'a', of.rejected)]);
    settle(state);
    const { history, phase } = find(state, 'a');
    expect(phase === 'verifying' ? null : history.at(-1)?.cause).toBe(expected);
  };
  const nothing = { files: [], fileCount: 0 };

  test('a clean end with changes is checked', () => check({}, null));
  test('exit code', () => check({ exit: { code: 2, signal: null } }, 'agent-crashed'));
  test('signal', () => check({ exit: { code: null, signal: 'SIGSEGV' } }, 'agent-killed'));
  test('a SIGKILL of somebody else’s [F9]', () => {
    check({ exit: { code: null, signal: 'SIGKILL' } }, 'out-of-memory');
  });
  test('no program [F42]', () => check({ exit: { code: 127, signal: null } }, 'agent-missing'));
  test('not executable', () => check({ exit: { code: 126, signal: null } }, 'agent-missing'));
  test('gone, and not everything committed', () => {
    check({ exit: { code: null, signal: null }, seen: { leftovers: true } }, 'agent-lost');
  });
  test('gone, and all is committed: it may have been in the middle', () => {
    check({ exit: { code: null, signal: null } }, 'agent-lost');
  });
  test('nothing changed', () => check({ seen: nothing }, 'no-changes'));
  test('nothing changed, for a stated reason', () => check({ seen: nothing, reason: 'all is well' }, null));
  test('outside the claim', () => check({ seen: { outside: ['y.ts'] } }, 'outside-claim'));
  test('a half-done rebase', () => check({ seen: { odd: 'a rebase was left open' } }, 'worktree-odd'));
  test('a failing gate', () => check({ rejected: 1 }, 'gate-failed'));
  test('a gate that took too long', () => check({ rejected: null }, 'gate-timeout'));
  test('guidance that came while it worked', () => check({ events: [guideIt] }, 'asked'));

  test('the complaint names files and claim', () => {
    const state = bring(begin({ owns: ['x/**'] }), 'a', 'verifying');
    const outside = Array.from({ length: 12 }, (_, at) => `y${at}.ts`);
    settle(play(state, [facts.inspected(state, 'a', { outside })]));
    expect(find(state, 'a').feedback?.detail).toMatchInlineSnapshot(
      `"It changed files outside its claim (x/**): y0.ts, y1.ts, y2.ts, y3.ts, y4.ts, y5.ts, y6.ts, y7.ts, y8.ts, y9.ts and 2 more."`,
    );
  });

  test('accepted work is not complained of, but its gates have to pass', () => {
    const state = bring(begin({ owns: ['x/**'] }, { outside: 'ask' }), 'a', 'verifying');
    settle(play(state, [facts.inspected(state, 'a', { outside: ['y.ts'] })]));
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'take it', then: 'accept' }]);
    expect(sayDecisions(state)).toEqual(['verify-attempt a']);
    settle(play(state, [facts.rejected(state, 'a')]));
    expect(find(state, 'a').history.at(-1)?.cause).toBe('gate-failed');
  });

  test('work accepted after a stop without an exit code does not check for ever', () => {
    const state = bring(begin(), 'a', 'working');
    play(state, [facts.asked(state, 'a'), { type: 'attempt.parked', task: a, attempt: 1 }]);
    play(state, [facts.stopped(state, 'a')]);
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'take it', then: 'accept' }]);
    play(state, [facts.inspected(state, 'a'), facts.rejected(state, 'a')]);
    expect(sayDecisions(state)).toEqual(['record attempt.failed a']);
  });
});

describe('stops', () => {
  const stopFor = (state: RunState): StopReason | null => find(state, 'a').attempt?.stop ?? null;

  test.each<[string, Event, string, boolean]>([
    ['cancel', cancelIt, 'cancelled', false],
    ['stop', stopIt, 'waiting', false],
    ['restart', restartIt, 'waiting', true],
  ])('%s ends the agent first', (_name, event, phase, wipe) => {
    const state = play(bring(begin(), 'a', 'working'), [event]);
    expect(find(state, 'a').phase).toBe('working');
    play(state, [facts.stopped(state, 'a')]);
    expect(find(state, 'a')).toMatchObject({ phase, wipe, charged: 0 });
  });

  test('the human’s last word wins over an earlier stop', () => {
    const state = play(bring(begin(), 'a', 'working'), [stopIt, restartIt]);
    expect(stopFor(state)).toBe('restarted');
    play(state, [cancelIt]);
    expect(stopFor(state)).toBe('cancelled');
  });

  test('a start that fails while it is being cancelled is cancelled, not failed', () => {
    const state = play(bring(begin(), 'a', 'spawned'), [cancelIt]);
    play(state, [{ type: 'attempt.start-failed', task: a, attempt: 1, cause: 'agent-missing', detail: 'x' }]);
    expect(sayDecisions(state)).toEqual(['stop-attempt a']);
    play(state, [facts.stopped(state, 'a')]);
    expect(find(state, 'a').phase).toBe('cancelled');
  });

  test('an end that was seen is not watched for again', () => {
    const state = play(bring(begin(), 'a', 'working'), [stopIt]);
    play(state, [facts.exited(state, 'a', { code: null, signal: 'SIGTERM' })]);
    expect(sayDecisions(state)).toEqual(['stop-attempt a']);
  });

  test('given up while its agent lived, a task has failed', () => {
    const state = bring(begin(), 'a', 'working');
    play(state, [facts.asked(state, 'a')]);
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'no', then: 'give-up' }]);
    play(state, [facts.stopped(state, 'a')]);
    expect(find(state, 'a')).toMatchObject({ phase: 'failed', failure: { cause: 'asked' } });
  });

  test('whoever wants to work by hand has the worktree alone', () => {
    const state = bring(begin(), 'a', 'working');
    play(state, [facts.asked(state, 'a')]);
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'I do it', then: 'hold' }]);
    expect(sayDecisions(state)).toEqual(['watch-attempt a', 'stop-attempt a']);
    play(state, [facts.stopped(state, 'a')]);
    expect(find(state, 'a')).toMatchObject({ phase: 'waiting', paused: true });
  });
});

describe('the time budget', () => {
  const policy: Partial<Policy> = { budget: { minutes: 1, tokens: null, usd: null } };

  test('ends the attempt at its minute, and the task is given up', () => {
    const state = bring(begin({}, policy), 'a', 'working');
    expect(nextDeadline(state, state.ms)).toBe(state.ms + 60_000);
    expect(sayDecisions(state, 59_999)).toEqual(['watch-attempt a']);
    expect(sayDecisions(state, 60_000)).toEqual(['record attempt.timed-out a']);
    settle(state, 60_000);
    expect(sayDecisions(state)).toEqual(['watch-attempt a', 'stop-attempt a']);
    settle(play(state, [facts.stopped(state, 'a')]));
    expect(find(state, 'a')).toMatchObject({ phase: 'failed', failure: { cause: 'time-budget' } });
  });

  test('is told of from four fifths on', () => {
    const state = bring(begin({}, policy), 'a', 'working');
    const explain = (ms: number): string => explainTask(state, find(state, 'a'), runMs(state.ms + ms));
    expect(explain(47_000)).toBe('at work (at most 1 min)');
    expect(explain(48_500)).toBe('at work (at most 1 min); its time ends within 12 s');
    expect(explain(61_000)).toBe('at work (at most 1 min); its time ends within 0 s');
  });

  test('does not count the time in which a question was open', () => {
    const state = bring(begin({}, policy), 'a', 'working');
    play(state, [facts.started(state, 'a', true)]);
    const began = state.ms;
    play(state, [facts.asked(state, 'a')], 10_000);
    expect(nextDeadline(state, state.ms)).toBeNull();
    play(state, [facts.asked(state, 'a', 'Or that one?')], 40_000);
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'no', then: 'hold' }], 50_000);
    expect(find(state, 'a').attempt?.waitedMs).toBe(90_000);
    expect(state.ms - began).toBe(100_000);
  });
});

describe('effects that fail', () => {
  const fail = (state: RunState, effect: EffectKind, times = 1): RunState => {
    for (let at = 0; at < times; at += 1) play(state, [facts.trouble(state, 'a', effect)]);
    return state;
  };

  test('wait longer each time, and the timer says how long', () => {
    const state = bring(begin(), 'a', 'verifying');
    for (const wait of [1_000, 2_000, 4_000, 8_000]) {
      fail(state, 'inspect-attempt');
      expect(sayDecisions(state)).toEqual([]);
      expect(nextDeadline(state, state.ms)).toBe(state.ms + wait);
      expect(sayDecisions(state, wait)).toEqual(['inspect-attempt a']);
    }
  });

  test.each<[EffectKind, Parameters<typeof bring>[2], string | undefined]>([
    ['start-attempt', 'spawned', 'start-failed'],
    ['inspect-attempt', 'verifying', 'internal-error'],
    ['build-candidate', 'queued', 'landing-blocked'],
    ['land-candidate', 'queued', 'landing-blocked'],
  ])('%s is given up after five times', (effect, phase, cause) => {
    const state = fail(bring(begin(), 'a', phase), effect, 5);
    expect(sayDecisions(state)).toEqual(['record attempt.failed a']);
    settle(state);
    expect(find(state, 'a').history.at(-1)?.cause).toBe(cause);
  });

  test('watching is never given up, and never hot', () => {
    const state = fail(bring(begin(), 'a', 'working'), 'watch-attempt', 9);
    expect(sayDecisions(state)).toEqual([]);
    const at = nextDeadline(state, state.ms) ?? state.ms;
    expect(at - state.ms).toBe(256_000);
    expect(sayDecisions(state, 256_000)).toEqual(['watch-attempt a']);
  });

  test('guidance that cannot be delivered is left for the next attempt', () => {
    const state = bring(begin(), 'a', 'spawned');
    play(state, [facts.started(state, 'a', true), guideIt]);
    expect(sayDecisions(state)).toEqual(['watch-attempt a', 'deliver-guidance a']);
    fail(state, 'deliver-guidance', 5);
    expect(sayDecisions(state, 999_999)).toEqual(['watch-attempt a']);
    settle(play(state, [facts.exited(state, 'a'), facts.inspected(state, 'a')]));
    expect(find(state, 'a').attempt).toMatchObject({ n: 2, guidance: ['use tabs'] });
  });

  test('a worktree that cannot be removed stays, with the reason', () => {
    const state = fail(bring(begin(), 'a', 'merged'), 'sweep-task', 5);
    settle(state);
    expect(find(state, 'a').swept?.kept).toBe(
      'what it left could not be cleared away, 5 times: the disk is full',
    );
  });

  test('any other fact of the task ends the trouble', () => {
    const state = fail(bring(begin(), 'a', 'verifying'), 'inspect-attempt', 3);
    play(state, [facts.inspected(state, 'a', { files: [changed('b.ts')] })]);
    expect(find(state, 'a').trouble).toBeNull();
  });

  test('trouble of a paused task keeps nobody waiting', () => {
    const state = fail(bring(begin(), 'a', 'verifying'), 'inspect-attempt');
    expect(nextDeadline(play(state, [{ type: 'run.stopping', agents: 'stop' }]), state.ms)).toBeNull();
  });
});
