// The merge queue: one at a time, in order, on verified trees only.
import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../../../src/core/decide/rest.ts';
import type { Event } from '../../../src/core/event.ts';
import { explainTask } from '../../../src/core/explain.ts';
import { type Option, type Policy, type Task, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import {
  bring,
  buildState,
  buildTask,
  facts,
  find,
  hash,
  needs,
  play,
  sayDecisions,
  settle,
} from '../build.ts';
import { moved } from '../evolve/words.ts';

function queue(tasks: readonly Task[], policy: Partial<Policy> = {}): RunState {
  const state = buildState(tasks, { maxAgents: 9, ...policy });
  for (const task of tasks) bring(state, task.id, 'queued', 1);
  return state;
}

/** Lands all that can land; gives the order. */
function landAll(state: RunState): string[] {
  const order: string[] = [];
  for (let steps = 0; steps < 50; steps += 1) {
    const work = settle(state).find((effect) => /candidate$/.test(effect.kind));
    if (work === undefined || work.kind === 'record') return order;
    if (work.kind === 'build-candidate') {
      const { behind } = work;
      const onto = behind === null ? {} : { base: behind.commit, behind: behind.task };
      play(state, [facts.built(work.task, onto)]);
    } else if (work.kind === 'verify-candidate') play(state, [facts.candidateVerified(work.task)]);
    else if (work.kind === 'land-candidate') {
      play(state, work.tasks.map(facts.landed));
      order.push(...work.tasks);
    }
  }
  throw new Error('the queue does not come to an end');
}

describe('order', () => {
  test.each<[string, readonly Task[], string[]]>([
    ['who waits longest', ['b', 'a', 'c'].map((id) => buildTask(id)), ['b', 'a', 'c']],
    ['urgent ones first', [buildTask('a'), buildTask('b', { priority: 0 })], ['b', 'a']],
  ])('%s', (_name, tasks, expected) => {
    expect(landAll(queue(tasks))).toEqual(expected);
  });

  test('what a task depends on lands first, however urgent the task is', () => {
    const edges = [{ task: taskId('a'), on: 'verified' as const, base: 'stacked' as const }];
    expect(landAll(queue([buildTask('a'), buildTask('b', { priority: 0, edges })]))).toEqual(['a', 'b']);
  });

  test('who is on its way goes first, even when someone more urgent comes', () => {
    const state = buildState([buildTask('a'), buildTask('b', { priority: 0 })]);
    play(bring(state, 'a', 'queued'), [facts.built('a')]);
    settle(state);
    bring(state, 'b', 'queued');
    expect(sayDecisions(state)).toEqual(['verify-candidate a']);
  });
});

describe('steps', () => {
  const steps = (over: Parameters<typeof facts.built>[1], events: Event[] = []): string[] => {
    const state = play(queue([buildTask('a')]), [facts.built('a', over), ...events]);
    settle(state);
    return sayDecisions(state);
  };

  test.each<[string, Parameters<typeof facts.built>[1], Event[], string[]]>([
    ['another tree is checked', {}, [], ['verify-candidate a']],
    ['the verified tree itself lands', { tree: hash('a tree') }, [], ['land-candidate a']],
    ['nothing left to land needs no check', { empty: true }, [], ['land-candidate a']],
    ['checked, it lands', {}, [facts.candidateVerified('a')], ['land-candidate a']],
    [
      'a target that moved makes it begin anew',
      {},
      [facts.candidateVerified('a'), { type: 'landing.stale', task: taskId('a'), actual: hash('x') }],
      ['build-candidate a'],
    ],
    ['a run that stops lands nothing', {}, [{ type: 'run.stopping', agents: 'stop' }], []],
    ['a run that drains does', {}, [{ type: 'run.stopping', agents: 'finish' }], ['verify-candidate a']],
    ['a paused task stays', {}, [{ type: 'task.paused', task: taskId('a'), agent: 'finish' }], []],
  ])('%s', (_name, over, events, expected) => {
    expect(steps(over, events)).toEqual(expected);
  });

  test('a verdict on another commit counts for nothing [F26]', () => {
    const state = play(queue([buildTask('a')]), [facts.built('a')]);
    play(state, [
      {
        type: 'candidate.verified',
        task: taskId('a'),
        commit: hash('other'),
        tree: hash('other'),
        gates: [],
      },
      { type: 'candidate.rejected', task: taskId('a'), commit: hash('other'), gates: [], excerpt: 'x' },
    ]);
    settle(state);
    expect(sayDecisions(state)).toEqual(['verify-candidate a']);
  });

  test('each candidate has a key of its own', () => {
    const state = play(queue([buildTask('a')]), [facts.built('a')]);
    const key = (): string =>
      settle(state).flatMap((effect) => ('key' in effect ? [effect.key] : []))[0] ?? '';
    const first = key();
    play(state, [{ type: 'landing.stale', task: taskId('a'), actual: hash('x') }]);
    play(state, [facts.built('a', { commit: hash('second') })]);
    expect(key()).not.toBe(first);
  });

  test('while one is paused, the others land', () => {
    const state = play(queue([buildTask('a'), buildTask('b')]), [facts.built('a')]);
    play(state, [{ type: 'task.paused', task: taskId('a'), agent: 'finish' }]);
    expect(landAll(state)).toEqual(['b']);
  });
});

describe('a branch that somebody moved', () => {
  const answer = (then: Option['then']): Event => ({
    type: 'question.answered',
    task: taskId('a'),
    id: 'a/1',
    text: 'so',
    then,
  });
  const move = (to: 'ahead' | 'away' | 'nowhere', ...events: Event[]): RunState => {
    const state = play(queue([buildTask('a')], { integrate: 'human' }), [moved(to)]);
    settle(state);
    return play(state, events);
  };

  test.each<[string, RunState, string[]]>([
    ['what was added is looked at without a question', move('ahead'), ['inspect-attempt a']],
    ['a branch that is elsewhere stops the landing', move('away'), []],
    ['so does one that is gone', move('nowhere'), []],
    ['it can be looked at where it is now', move('away', answer('inspect')), ['inspect-attempt a']],
    ['what was verified can land all the same', move('nowhere', answer('accept')), ['verify-attempt a']],
  ])('%s [F25]', (_name, state, expected) => {
    expect(sayDecisions(state)).toEqual(expected);
  });

  test.each([
    [
      'away',
      ['inspect', 'accept', 'hold', 'give-up'],
      /, and then its branch weft\/r1\/a\/work was moved to /,
    ],
    ['nowhere', ['accept', 'hold', 'give-up'], /, and then its branch weft\/r1\/a\/work was deleted\./],
  ] as const)('the question about one that is %s', (to, options, text) => {
    const { question } = find(move(to), 'a');
    expect(question).toMatchObject({ cause: 'branch-moved', text: expect.stringMatching(text) });
    expect(question?.options.map(({ then }) => then)).toEqual(options);
  });

  test('what is to land as it was is approved by that, and is not asked about again for the same move', () => {
    const state = move('away', answer('accept'));
    play(state, [facts.verified(state, 'a')]);
    expect(settle(state)).toMatchObject([{ kind: 'build-candidate' }]);
    expect(find(state, 'a').moved?.to).toBe(hash('a head away'));
    play(state, [{ ...moved('nowhere') }]);
    settle(state);
    expect(find(state, 'a').question).toMatchObject({ id: 'a/2', cause: 'branch-moved' });
  });

  test('what was added needs its own approval', () => {
    const state = move('ahead');
    play(state, [facts.inspected(state, 'a'), facts.verified(state, 'a')]);
    expect(find(state, 'a')).toMatchObject({ phase: 'committed', approved: false, moved: null });
  });

  test('a move of another commit than the one that was inspected says nothing', () => {
    const state = play(queue([buildTask('a')]), [
      { type: 'branch.moved', task: taskId('a'), from: hash('other'), to: null, ahead: false },
    ]);
    expect(sayDecisions(state)).toEqual(['build-candidate a']);
  });
});

describe('work whose base is not on the target yet', () => {
  const held: Event = {
    type: 'landing.held',
    task: taskId('b'),
    on: taskId('a'),
    ref: 'weft/integration',
  };
  const hold = (...events: Event[]): RunState => {
    const state = buildState([buildTask('a'), buildTask('b', { after: ['a'] }), buildTask('c')]);
    play(bring(state, 'a', 'merged'), [facts.swept('a')]);
    bring(state, 'b', 'queued');
    return play(bring(state, 'c', 'queued', 1), [held, ...events]);
  };

  test.each<[string, Event[], string[]]>([
    ['waits, and who comes after it lands', [], ['build-candidate c']],
    ['lands when it is there', [{ type: 'landing.freed', task: taskId('b') }], ['build-candidate b']],
    [
      'is looked at again when it comes back to the queue',
      [
        { type: 'guidance.given', task: taskId('b'), text: 'x' },
        { type: 'task.cancelled', task: taskId('c') },
      ],
      ['record attempt.spawned b'],
    ],
  ])('%s', (_name, events, expected) => {
    expect(sayDecisions(hold(...events))).toEqual(expected);
  });

  test('a person has to bring the target forward, and is told how', () => {
    const state = hold({ type: 'task.cancelled', task: taskId('c') });
    expect(outcomeOf(state)).toBe('blocked');
    expect(explainTask(state, find(state, 'b'), state.ms)).toBe(
      'is in the queue until main contains a, which landed on weft/integration: `git merge weft/integration` in a clean checkout of main',
    );
  });
});

describe('a target that somebody rewrote', () => {
  const id = taskId('a');
  const rewritten: Event = {
    type: 'target.rewritten',
    task: id,
    from: hash('landed'),
    to: hash('forced'),
    gone: [taskId('z')],
  };
  const answer = (then: Option['then']): Event => ({
    type: 'question.answered',
    task: id,
    id: 'a/1',
    text: '',
    then,
  });
  const rewrite = (...events: Event[]): RunState => {
    const tasks = [buildTask('a'), buildTask('b', { priority: 0 }), buildTask('z')];
    const state = buildState(tasks, { maxAgents: 9, integrate: 'human' });
    play(bring(state, 'z', 'merged'), [facts.swept('z')]);
    bring(state, 'a', 'queued', 1);
    play(state, [rewritten]);
    settle(state);
    bring(state, 'b', 'queued', 1);
    return play(state, events);
  };

  test.each<[string, RunState, string[]]>([
    ['nothing lands until a human says what it means', rewrite(), []],
    [
      'taken as it is, what was to land is verified and lands',
      rewrite(answer('accept')),
      ['build-candidate b', 'verify-attempt a'],
    ],
    [
      'without the task it was about, the next one has its turn',
      rewrite(answer('give-up')),
      ['build-candidate b'],
    ],
    ['so it has when a human takes that task over', rewrite(answer('hold')), ['build-candidate b']],
    ['or cancels it', rewrite({ type: 'task.cancelled', task: id }), ['build-candidate b']],
  ])('%s [F27]', (_name, state, expected) => {
    expect(sayDecisions(state).filter((each) => !each.startsWith('sweep-task'))).toEqual(expected);
  });

  test('the question names what is gone, and blames nobody', () => {
    const state = rewrite();
    const { question, charged, feedback } = find(state, 'a');
    expect(question?.text).toMatch(
      /^Somebody has rewritten main: it is at \w{12}, which does not contain \w{12} any more\. Gone from it: z\. /,
    );
    expect({ charged, feedback }).toEqual({ charged: 0, feedback: null });
    expect(outcomeOf(state)).toBe('blocked');
    expect(explainTask(state, find(state, 'b'), state.ms)).toBe(
      'is in the queue until `weft answer a` says what the rewritten main means',
    );
  });

  test.each<[string, RunState, string | null]>([
    ['what it held at the start', buildState([buildTask('a')]), 'target'],
    ['what landed on it last', rewrite(), 'z candidate'],
    ['nothing once a human took it as it is', rewrite(answer('accept')), null],
    [
      'not what landed beside it',
      play(bring(buildState([buildTask('a')]), 'a', 'queued'), [
        { ...facts.landed('a'), ref: 'weft/integration' } as Event,
      ]),
      'target',
    ],
    [
      'not what a human merged',
      play(bring(buildState([buildTask('a')]), 'a', 'queued'), [
        { ...facts.landed('a'), by: 'human' } as Event,
      ]),
      'target',
    ],
  ])('the target has to contain %s', (_name, state, expected) => {
    expect(state.targetHolds).toBe(expected === null ? null : hash(expected));
  });
});

describe('what does not land', () => {
  const land = (...events: Event[]): RunState => {
    const state = play(queue([buildTask('a')], { integrate: 'human' }), events);
    play(state, [{ type: 'task.approved', task: taskId('a') }]);
    settle(state);
    return state;
  };

  test('a conflict asks, with the files', () => {
    const conflict: Event = {
      type: 'candidate.conflicted',
      task: taskId('a'),
      base: hash('x'),
      files: ['x.ts', 'y.ts'],
    };
    expect(find(land(conflict), 'a')).toMatchObject({
      phase: 'waiting',
      approved: false,
      conflict: null,
      question: {
        cause: 'conflict',
        text: expect.stringMatching(/^It conflicts with main in x\.ts, y\.ts\.\n\nBoth sides: main is at /),
        files: ['x.ts', 'y.ts'],
      },
    });
  });

  test('a red candidate goes back to the agent, which hears why', () => {
    const rejected: Event = {
      type: 'candidate.rejected',
      task: taskId('a'),
      commit: hash('a candidate'),
      gates: [],
      excerpt: 'two tests failed',
    };
    // the first time it may be an accident
    expect(find(land(facts.built('a'), rejected), 'a')).toMatchObject({ phase: 'queued', attempts: 1 });
    expect(find(land(facts.built('a'), rejected, rejected), 'a')).toMatchObject({
      phase: 'spawned',
      attempts: 2,
      candidate: null,
      feedback: { cause: 'gate-failed', detail: 'two tests failed' },
    });
  });

  test('a task whose dependency failed stays in the queue until that is restarted', () => {
    const edges = [{ ...needs('a'), on: 'verified' as const }];
    const state = buildState([buildTask('a'), buildTask('b', { edges })], { integrate: 'human' });
    bring(state, 'a', 'committed');
    bring(state, 'b', 'queued');
    play(state, [{ type: 'task.failed', task: taskId('a'), cause: 'internal-error', sentence: 'x' }]);
    expect(sayDecisions(state)).toEqual([]);
  });
});
