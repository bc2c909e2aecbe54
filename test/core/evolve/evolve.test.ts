// What each fact leaves behind in the state.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/core/event.ts';
import { evolve, replay } from '../../../src/core/evolve/evolve.ts';
import type { Option } from '../../../src/core/model.ts';
import { type RunState, serializeState } from '../../../src/core/state.ts';
import {
  bring,
  buildPolicy,
  buildState,
  buildTask,
  factAfter,
  facts,
  find,
  hash,
  play,
  startRun,
} from '../build.ts';
import { a, answered, cancelled, done, failed, guided, restarted, stopIt, verifying } from './words.ts';

describe('what facts leave behind', () => {
  const begin = (): RunState => buildState([buildTask('a', { owns: ['x/**'] })]);

  test('a start takes guidance, claim and number', () => {
    const state = play(begin(), [guided]);
    play(state, [facts.spawned(state, 'a')]);
    expect(find(state, 'a')).toMatchObject({
      attempts: 1,
      charged: 1,
      guidance: [],
      holdsClaim: true,
      attempt: { n: 1, guidance: ['use tabs'], spawnedAt: state.ms, base: null },
    });
    expect(state.claims).toEqual([
      { at: state.updatedAt, action: 'acquire', task: a, attempt: 1, patterns: ['x/**'], forced: [] },
    ]);
  });

  test('the next attempt keeps base and worktree', () => {
    const state = play(verifying(begin()), []);
    play(state, [failed(state, 'retry')]);
    play(state, [facts.spawned(state, 'a')]);
    expect(find(state, 'a').attempt).toMatchObject({
      n: 2,
      base: hash('target'),
      worktree: '/repo.weft/r1/a',
      inspected: null,
      exit: null,
    });
  });

  test('a failure is remembered with cause and tree, and told the next attempt', () => {
    const state = play(verifying(begin()), []);
    play(state, [facts.inspected(state, 'a'), failed(state, 'retry')]);
    expect(find(state, 'a')).toMatchObject({
      retryAt: state.ms + 500,
      feedback: { cause: 'gate-failed', detail: 'It did not work.' },
      history: [{ n: 1, cause: 'gate-failed', tree: hash('a tree') }],
    });
  });

  test('a landing that sends work back changes the verdict on the same attempt', () => {
    const state = bring(begin(), 'a', 'queued');
    expect(find(state, 'a').history.map((past) => past.cause)).toEqual([null]);
    play(state, [facts.built('a'), failed(state, 'ask', 'conflict')]);
    expect(find(state, 'a')).toMatchObject({
      history: [{ n: 1, cause: 'conflict' }],
      candidate: null,
      queuedAt: null,
      approved: false,
    });
  });

  test('history keeps the latest twenty', () => {
    const state = begin();
    for (let times = 0; times < 25; times += 1) play(verifying(state), [failed(state, 'retry')]);
    expect(find(state, 'a').history.map((past) => past.n)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 6),
    );
  });

  test('a restart forgets failures and limits; the old worktree goes first', () => {
    const state = begin();
    for (let times = 0; times < 3; times += 1) {
      verifying(state);
      play(state, [failed(state, times === 2 ? 'give-up' : 'retry')]);
    }
    play(state, [restarted]);
    expect(find(state, 'a')).toMatchObject({ charged: 0, wipe: true, failure: null, feedback: null });
    play(state, [facts.swept('a')]);
    expect(find(state, 'a')).toMatchObject({ wipe: false, attempt: null, attempts: 3 });
    play(state, [facts.spawned(state, 'a')]);
    expect(find(state, 'a').attempt).toMatchObject({ n: 4, base: null, worktree: null });
  });

  test('work that is taken over by hand is looked at anew, and is charged once', () => {
    const state = bring(begin(), 'a', 'working');
    play(state, [facts.asked(state, 'a'), facts.exited(state, 'a')]);
    expect(find(state, 'a').charged).toBe(0);
    play(state, [guided, done]);
    expect(find(state, 'a')).toMatchObject({
      phase: 'verifying',
      guidance: [],
      attempt: { inspected: null, exit: { code: 0 } },
    });
    play(state, [failed(state, 'retry', 'asked')]);
    expect(find(state, 'a')).toMatchObject({ charged: 0, guidance: ['use tabs'] });
  });

  test('a verdict on another tree is none', () => {
    const state = play(verifying(begin()), []);
    play(state, [facts.inspected(state, 'a')]);
    play(state, [{ ...facts.verified(state, 'a'), tree: hash('other') } as Event]);
    expect(find(state, 'a').phase).toBe('verifying');
    play(state, [{ ...facts.rejected(state, 'a'), tree: hash('other') } as Event]);
    expect(find(state, 'a').attempt?.rejected).toBeNull();
  });

  test('a landing that a human cancelled too late is a fact all the same', () => {
    const state = bring(begin(), 'a', 'queued');
    play(state, [facts.built('a'), cancelled, facts.landed('a')]);
    expect(find(state, 'a')).toMatchObject({ phase: 'cancelled', landed: { commit: hash('a candidate') } });
  });

  test('a clean-up that comes late takes nothing from a task at work', () => {
    const state = play(verifying(begin()), [facts.swept('a')]);
    expect(find(state, 'a')).toMatchObject({ phase: 'verifying', swept: null });
    expect(find(state, 'a').attempt).not.toBeNull();
  });

  test('the same question is asked once; a late one of an attempt that is being ended is not asked at all', () => {
    const state = bring(begin(), 'a', 'working');
    play(state, [stopIt, facts.asked(state, 'a')]);
    expect(find(state, 'a').question).toBeNull();
    play(state, [facts.stopped(state, 'a'), facts.asked(state, 'a')]);
    expect(find(state, 'a').question).toBeNull();
  });

  test('an answer to another question is none', () => {
    const state = play(bring(begin(), 'a', 'working'), [facts.asked(begin(), 'a')]);
    play(state, [facts.asked(state, 'a')]);
    play(state, [{ ...answered('retry'), id: 'a/9' } as Event]);
    expect(find(state, 'a').question?.id).toBe('a/1');
  });

  test('a listening agent goes on with its answer, a deaf one is replaced', () => {
    const ends = [true, false].map((steerable) => {
      const state = bring(begin(), 'a', 'spawned');
      play(state, [facts.started(state, 'a', steerable), facts.asked(state, 'a'), answered('retry')]);
      return find(state, 'a').attempt?.stop;
    });
    expect(ends).toEqual([null, 'asked']);
  });

  test('pausing twice, and a stop of the run, end a live attempt once', () => {
    const state = bring(begin(), 'a', 'working');
    play(state, [stopIt, { type: 'run.stopping', agents: 'stop' }]);
    expect(find(state, 'a').attempt?.stop).toBe('stopped');
    play(state, [facts.stopped(state, 'a'), facts.stopped(state, 'a')]);
    expect(find(state, 'a')).toMatchObject({ phase: 'waiting', charged: 0, paused: true });
  });

  test('who starts while the run stops is stopped at once', () => {
    const state = play(begin(), [{ type: 'run.stopping', agents: 'stop' }]);
    play(state, [facts.spawned(state, 'a')]);
    expect(find(state, 'a').attempt?.stop).toBe('run-stopped');
  });
});

describe('facts of an attempt that is over', () => {
  const kinds: readonly ((state: RunState) => Event)[] = [
    (state) => facts.started(state, 'a'),
    (state) => facts.exited(state, 'a'),
    (state) => facts.stopped(state, 'a'),
    (state) => facts.inspected(state, 'a'),
    (state) => facts.verified(state, 'a'),
    (state) => facts.rejected(state, 'a'),
    (state) => facts.asked(state, 'a'),
    (state) => failed(state, 'give-up'),
    (state) => facts.trouble(state, 'a', 'watch-attempt'),
    () => ({ type: 'attempt.timed-out', task: a, attempt: 2 }),
    () => ({ type: 'attempt.parked', task: a, attempt: 2 }),
    () => ({ type: 'guidance.delivered', task: a, attempt: 2, count: 1 }),
    () => ({ type: 'attempt.start-failed', task: a, attempt: 2, cause: 'setup-failed', detail: 'x' }),
  ];

  test.each(kinds)('change nothing (%#)', (make) => {
    const state = play(verifying(buildState([buildTask('a')])), []);
    play(state, [failed(state, 'retry')]);
    bring(state, 'a', 'working');
    const before = serializeState(state);
    play(state, [{ ...make(state), attempt: 1 } as Event]);
    expect(serializeState(state)).toBe(before);
  });
});

describe('the run', () => {
  test('start, rest and resume', () => {
    const state = replay([startRun([buildTask('a')])]);
    expect(state).toMatchObject({
      run: 'r1',
      repository: '/repo',
      startedMs: 1_000,
      rested: null,
      resumes: 0,
    });
    play(state, [{ type: 'run.paused' }, { type: 'run.stopping', agents: 'finish' }]);
    play(state, [{ type: 'run.rested', outcome: 'stopped' }], 5);
    expect(state).toMatchObject({ rested: 'stopped', restedMs: 1_005 });
    play(state, [{ type: 'run.resumed', overrides: [], policy: buildPolicy({ maxAgents: 9 }) }]);
    expect(state).toMatchObject({ rested: null, restedMs: null, stopping: null, paused: false, resumes: 1 });
    expect(state.policy.maxAgents).toBe(9);
  });

  test('a fact of an unknown task is a bug', () => {
    const state = buildState([buildTask('a')]);
    expect(() => evolve(state, factAfter(state, facts.queued('zzz')))).toThrow(
      'Internal error: unknown task zzz',
    );
  });
});

describe('a question about an attempt under way', () => {
  const options = [
    { label: 'Let it go on.', then: 'retry' },
    { label: 'Leave it to me.', then: 'hold' },
    { label: 'Give it up.', then: 'give-up' },
  ] as const;
  const ask: Event = {
    type: 'question.asked',
    task: a,
    attempt: 1,
    question: {
      id: 'a/1',
      task: a,
      from: 'weft',
      cause: 'asked',
      text: 'It stands still.',
      options,
      files: [],
    },
    key: 'weft:retries-1',
  };
  const asked = (): RunState => {
    const state = bring(buildState([buildTask('a')]), 'a', 'spawned');
    play(state, [facts.started(state, 'a', true)]);
    return play(state, [ask]);
  };
  const answer = (then: Option['then'], text: string): Event => ({
    type: 'question.answered',
    task: a,
    id: 'a/1',
    text,
    then,
  });

  test('is no word to its agent; what people say of their own is', () => {
    const silent = play(asked(), [answer('retry', 'Let it go on.')]);
    expect(find(silent, 'a')).toMatchObject({ question: null, guidance: [], attempt: { stop: null } });
    expect(find(play(asked(), [answer('retry', 'Let it go on. Try b.')]), 'a').guidance).toEqual(['Try b.']);
    expect(find(play(asked(), [answer('retry', 'Try b.')]), 'a').guidance).toEqual(['Try b.']);
  });

  test.each([
    ['hold', { phase: 'waiting', paused: true, failure: null }],
    ['give-up', { phase: 'failed', failure: { cause: 'asked' } }],
  ] as const)('%s ends the attempt, whether it still runs or was ended to wait', (then, expected) => {
    const state = play(asked(), [answer(then, 'So.')]);
    play(state, [facts.stopped(state, 'a')]);
    expect(find(state, 'a')).toMatchObject({ ...expected, guidance: [] });
    const parked = play(asked(), [{ type: 'attempt.parked', task: a, attempt: 1 }]);
    play(parked, [facts.stopped(parked, 'a')]);
    expect(find(parked, 'a').question).not.toBeNull();
    expect(find(play(parked, [answer(then, 'So.')]), 'a')).toMatchObject({ ...expected, guidance: [] });
  });

  test('is over with the attempt, and when it is taken back', () => {
    const ended = asked();
    play(ended, [facts.exited(ended, 'a')]);
    expect(find(ended, 'a')).toMatchObject({ phase: 'verifying', question: null });
    const stopped = play(asked(), [{ type: 'task.paused', task: a, agent: 'stop' }]);
    expect(find(play(stopped, [facts.stopped(stopped, 'a')]), 'a').question).toBeNull();
    const back = play(asked(), [{ type: 'question.withdrawn', task: a, attempt: 1, id: 'a/1' }]);
    expect(find(back, 'a').question).toBeNull();
  });
});
