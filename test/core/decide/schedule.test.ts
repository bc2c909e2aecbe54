// Which task starts next, and what keeps the others.
import { describe, expect, test } from 'vitest';
import { decide, nextDeadline } from '../../../src/core/decide/decide.ts';
import type { Event, PolicyChange } from '../../../src/core/event.ts';
import { explainTask } from '../../../src/core/explain.ts';
import { type Policy, runMs, type Task, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import {
  bring,
  buildState,
  buildsOn,
  buildTask,
  facts,
  find,
  hash,
  play,
  sayDecisions,
  settle,
} from '../build.ts';

/** Starts all that can start now; gives the tasks in the order of their starts. */
function startAll(state: RunState, ms = 0): string[] {
  const before = new Set([...state.index.slots]);
  settle(state, ms);
  return [...state.index.slots].filter((id) => !before.has(id));
}

function starts(tasks: readonly Task[], policy: Partial<Policy> = {}): string[] {
  return startAll(buildState(tasks, policy));
}

function resume(state: RunState, policy: Partial<Policy>): RunState {
  const overrides: readonly PolicyChange[] = [];
  return play(state, [{ type: 'run.resumed', overrides, policy: { ...state.policy, ...policy } }]);
}

describe('a lack of memory', () => {
  const starve = (state: RunState, id: string): RunState => {
    bring(state, id, 'working');
    play(state, [facts.exited(state, id, { code: null, signal: 'SIGKILL' }), facts.inspected(state, id)]);
    return state;
  };

  test.each([
    [3, 2],
    [1, 1],
  ])('%i at once become %i until its task got over it [F9]', (maxAgents, fewer) => {
    const tasks = ['a', 'b', 'c', 'd'].map((id) => buildTask(id));
    const state = starve(buildState(tasks, { maxAgents }), 'a');
    settle(state);
    expect(state.index.slots.size).toBe(fewer);
    expect(find(state, 'a').history.at(-1)?.cause).toBe('out-of-memory');
    expect(explainTask(state, find(state, 'd'), state.ms)).toContain(`${fewer} of ${fewer} are taken`);
    expect(explainTask(state, find(state, 'd'), state.ms)).toContain('memory may have run out for a');
    play(state, [{ type: 'task.cancelled', task: taskId('a') }]);
    settle(state);
    expect(state.index.slots.size).toBe(maxAgents);
  });
});

describe('order', () => {
  test.each<[string, readonly Task[], string[]]>([
    ['the plan’s order', [buildTask('b'), buildTask('a')], ['b', 'a']],
    ['urgent ones first', [buildTask('a'), buildTask('b', { priority: 0 })], ['b', 'a']],
    [
      'the longest remaining path first',
      [buildTask('short'), buildTask('long'), buildTask('end', { after: ['long'] })],
      ['long', 'short'],
    ],
    [
      'learned durations count',
      [
        buildTask('a', { estimateMs: 1_000 }),
        buildTask('b', { estimateMs: 9_000 }),
        buildTask('end', { after: ['a'], estimateMs: 2_000 }),
      ],
      ['b', 'a'],
    ],
    [
      'priority outweighs the path',
      [buildTask('a', { priority: 1 }), buildTask('b'), buildTask('end', { after: ['b'] })],
      ['a', 'b'],
    ],
    ['a human’s task is never started', [buildTask('a', { type: 'manual' })], []],
  ])('%s', (_name, tasks, expected) => {
    expect(starts(tasks)).toEqual(expected);
  });

  test('a better one that becomes ready later comes first, whichever group it is in', () => {
    const owns = ['x/**'];
    const state = buildState(
      [
        buildTask('first'),
        buildTask('a', { owns }),
        buildTask('b', { priority: 1 }),
        buildTask('late', { owns, priority: 0, after: ['first'] }),
      ],
      { maxAgents: 1 },
    );
    play(state, [{ type: 'task.paused', task: taskId('b'), agent: 'finish' }]);
    bring(state, 'first', 'merged');
    play(state, [{ type: 'task.unpaused', task: taskId('b') }]);
    expect(startAll(state)).toEqual(['late']);
    bring(state, 'late', 'merged');
    expect(startAll(state)).toEqual(['b']);
  });
});

describe('dependencies', () => {
  test.each([
    ['merged', ['queued'], 'merged'],
    ['submitted', ['committed'], 'queued'],
    ['verified', ['verifying'], 'committed'],
  ] as const)('an edge on %s is satisfied in time', (on, before, at) => {
    const edges = [{ task: taskId('a'), on, base: 'target' as const }];
    for (const [phase, expected] of [...before.map((phase) => [phase, []] as const), [at, ['b']] as const]) {
      const state = buildState([buildTask('a'), buildTask('b', { edges })], { integrate: 'human' });
      bring(state, 'a', phase);
      expect(startAll(state), phase).toEqual(expected);
    }
  });

  test('work that goes back takes its satisfaction back', () => {
    const state = buildState([buildTask('a'), buildTask('b', { edges: [buildsOn('a')] })], {
      integrate: 'human',
      maxAgents: 1,
    });
    bring(state, 'a', 'committed');
    expect(sayDecisions(state)).toEqual(['record attempt.spawned b']);
    play(state, [{ type: 'guidance.given', task: taskId('a'), text: 'once more' }]);
    expect(sayDecisions(state)).toEqual(['record attempt.spawned a']);
  });

  test('a stacked start names the commit it builds on, until that has landed', () => {
    const spawn = (state: RunState): Event | undefined =>
      decide(state, state.ms).flatMap((effect) => (effect.kind === 'record' ? [effect.event] : []))[0];
    const tasks = [buildTask('a'), buildTask('b', { edges: [buildsOn('a')] })];
    const stacked = bring(buildState(tasks, { integrate: 'human' }), 'a', 'committed');
    expect(spawn(stacked)).toMatchObject({ task: 'b', stackedOn: { task: 'a', commit: hash('a head') } });
    const landed = bring(buildState(tasks), 'a', 'merged');
    settle(play(landed, [facts.swept('a')]));
    expect(find(landed, 'b').attempt?.stackedOn).toBeNull();
  });
});

describe('slots', () => {
  const five = ['a', 'b', 'c', 'd', 'e'];

  test('the run has at most maxAgents', () => {
    expect(
      starts(
        five.map((id) => buildTask(id)),
        { maxAgents: 2 },
      ),
    ).toEqual(['a', 'b']);
  });

  test('a track has at most maxPerTrack, and the others go on', () => {
    const tasks = five.map((id) => buildTask(id, { track: id < 'd' ? 't' : 'u' }));
    expect(starts(tasks, { maxPerTrack: 1 })).toEqual(['a', 'd']);
  });

  test('an agent has at most its max', () => {
    const agents = { mine: { kind: 'command', max: 1 }, other: { kind: 'command' } };
    const tasks = five.map((id) => buildTask(id, { agent: id < 'd' ? 'mine' : 'other' }));
    expect(starts(tasks, { agents })).toEqual(['a', 'd', 'e']);
  });

  test('a freed lane wakes who waits for it', () => {
    const state = buildState([buildTask('a', { track: 't' }), buildTask('b', { track: 't' })], {
      maxPerTrack: 1,
    });
    expect(startAll(state)).toEqual(['a']);
    bring(state, 'a', 'verifying');
    expect(startAll(state)).toEqual(['b']);
  });

  test('a task that asks while its agent lives lends its slot, until it is stopped', () => {
    const state = buildState([buildTask('a'), buildTask('b')], { maxAgents: 1 });
    bring(state, 'a', 'working');
    expect(startAll(state)).toEqual([]);
    play(state, [facts.asked(state, 'a')]);
    expect(startAll(state)).toEqual(['b']);
  });

  test.each<[string, Partial<Policy>, Partial<Policy>]>([
    ['more agents', { maxAgents: 1 }, { maxAgents: 2 }],
    ['more per track', { maxPerTrack: 1 }, { maxPerTrack: 2 }],
    ['claims forced', {}, { collisionPolicy: 'force' }],
  ])('a resume with %s starts who waited for that', (_name, before, after) => {
    const owns = before.maxAgents === undefined && before.maxPerTrack === undefined ? ['x/**'] : null;
    const tasks = ['a', 'b'].map((id) => buildTask(id, { track: 't', owns }));
    const state = buildState(tasks, before);
    expect(startAll(state)).toEqual(['a']);
    expect(startAll(resume(state, after))).toEqual(['b']);
  });
});

describe('claims', () => {
  const api = buildTask('api', { owns: ['src/api/**'] });
  const auth = buildTask('auth', { owns: ['src/api/auth/**'] });
  const free = buildTask('free', { owns: ['docs/**'] });

  test('serialize: who collides waits, the others start', () => {
    expect(starts([api, auth, free])).toEqual(['api', 'free']);
  });

  test('force: all start, and the start says past whom', () => {
    const state = buildState([api, auth, free], { collisionPolicy: 'force' });
    expect(startAll(state)).toEqual(['api', 'auth', 'free']);
    expect(state.claims.map((record) => [record.task, record.forced])).toEqual([
      ['api', []],
      ['auth', ['api']],
      ['free', []],
    ]);
  });

  test('a claim is held while the work waits for its landing', () => {
    const state = buildState([api, auth], { integrate: 'human' });
    for (const phase of ['spawned', 'working', 'verifying', 'committed'] as const) {
      bring(state, 'api', phase);
      expect(startAll(state), phase).toEqual([]);
    }
    bring(state, 'api', 'merged');
    expect(startAll(state)).toEqual(['auth']);
  });

  test('a claim is let go by a failure, and all who waited are looked at again', () => {
    const state = buildState([api, auth, buildTask('other', { owns: ['src/**'] })]);
    expect(startAll(state)).toEqual(['api']);
    play(state, [{ type: 'task.failed', task: taskId('api'), cause: 'internal-error', sentence: 'x' }]);
    expect(startAll(state)).toEqual(['auth']);
  });

  test('a restarted task does not take back a claim that somebody else holds by now', () => {
    const state = buildState([api, auth]);
    bring(state, 'api', 'working');
    play(state, [{ type: 'task.failed', task: taskId('api'), cause: 'internal-error', sentence: 'x' }]);
    expect(startAll(state)).toEqual(['auth']);
    play(state, [{ type: 'task.restarted', task: taskId('api') }, facts.swept('api')]);
    expect(find(state, 'api').holdsClaim).toBe(false);
    expect(startAll(state)).toEqual([]);
    bring(state, 'auth', 'verifying');
    play(state, [facts.inspected(state, 'auth'), facts.rejected(state, 'auth')]);
    settle(state);
    expect(find(state, 'auth').phase).toBe('spawned');
  });

  test('a task that waits to be tried again is not parked behind itself', () => {
    const owns = ['x/**'];
    const state = buildState(
      [
        buildTask('gatekeeper'),
        buildTask('a', { owns }),
        buildTask('urgent', { owns, priority: 0, after: ['gatekeeper'] }),
      ],
      { maxAgents: 1 },
    );
    play(state, [{ type: 'task.paused', task: taskId('gatekeeper'), agent: 'finish' }]);
    expect(startAll(state)).toEqual(['a']);
    bring(state, 'a', 'working');
    play(state, [{ type: 'task.unpaused', task: taskId('gatekeeper') }]);
    bring(state, 'gatekeeper', 'merged');
    bring(state, 'a', 'verifying');
    settle(state);
    play(state, [facts.inspected(state, 'a'), facts.rejected(state, 'a')]);
    settle(state);
    expect(find(state, 'a')).toMatchObject({ phase: 'spawned', attempts: 2 });
  });

  test('who is stacked on a holder passes it while it does not work, and the other way round', () => {
    const owns = ['x/**'];
    const state = buildState([buildTask('a', { owns }), buildTask('b', { owns, edges: [buildsOn('a')] })], {
      integrate: 'human',
    });
    bring(state, 'a', 'committed');
    expect(startAll(state)).toEqual(['b']);
    bring(state, 'b', 'working');
    play(state, [{ type: 'guidance.given', task: taskId('a'), text: 'once more' }]);
    expect(startAll(state)).toEqual([]);
    bring(state, 'b', 'verifying');
    expect(startAll(state)).toEqual(['a']);
  });
});

describe('time', () => {
  test('a failed attempt starts again at its time, not before, and the timer says when', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'verifying');
    play(state, [facts.inspected(state, 'a')]);
    const at = runMs(state.ms + 700);
    play(state, [
      {
        type: 'attempt.failed',
        task: taskId('a'),
        attempt: 1,
        cause: 'agent-crashed',
        detail: 'x',
        then: { kind: 'retry', at },
      },
    ]);
    expect(sayDecisions(state)).toEqual([]);
    expect(nextDeadline(state, state.ms)).toBe(at);
    expect(decide(state, runMs(at - 1))).toEqual([]);
    expect(decide(state, at)).toMatchObject([{ kind: 'record', event: { type: 'attempt.spawned' } }]);
  });

  test('guidance and an answer end the wait', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'working');
    play(state, [facts.asked(state, 'a'), facts.exited(state, 'a')]);
    expect(sayDecisions(state)).toEqual([]);
    const answered: Event = {
      type: 'question.answered',
      task: taskId('a'),
      id: 'a/1',
      text: 'this',
      then: 'retry',
    };
    play(state, [answered]);
    expect(sayDecisions(state)).toEqual(['record attempt.spawned a']);
  });

  test('nobody waits for a start that a pause or a stop forbids; afterwards the time counts again', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'spawned');
    play(state, [
      { type: 'attempt.start-failed', task: taskId('a'), attempt: 1, cause: 'setup-failed', detail: 'x' },
    ]);
    settle(state);
    const at = find(state, 'a').retryAt;
    expect(nextDeadline(state, state.ms)).toBe(at);
    play(state, [{ type: 'run.paused' }]);
    expect(nextDeadline(state, state.ms)).toBeNull();
    play(state, [{ type: 'run.unpaused' }]);
    expect(nextDeadline(state, state.ms)).toBe(at);
    play(state, [{ type: 'task.paused', task: taskId('a'), agent: 'finish' }]);
    expect(nextDeadline(state, state.ms)).toBeNull();
    play(state, [{ type: 'task.unpaused', task: taskId('a') }]);
    expect(nextDeadline(state, state.ms)).toBe(at);
    play(state, [{ type: 'run.stopping', agents: 'finish' }]);
    expect(nextDeadline(state, state.ms)).toBeNull();
    resume(state, {});
    expect(nextDeadline(state, state.ms)).toBe(at);
  });

  test('a resume with another time budget sets the clock anew', () => {
    const budget = (minutes: number): Policy['budget'] => ({ minutes, tokens: null, usd: null });
    const state = bring(buildState([buildTask('a')], { budget: budget(10) }), 'a', 'working');
    expect(nextDeadline(state, state.ms)).toBe(state.ms + 600_000);
    resume(state, { budget: budget(5) });
    expect(nextDeadline(state, state.ms)).toBe(state.ms + 300_000);
  });
});

describe('standing still', () => {
  test.each<[string, Event]>([
    ['paused', { type: 'run.paused' }],
    ['stopping', { type: 'run.stopping', agents: 'finish' }],
    ['at rest', { type: 'run.rested', outcome: 'stopped' }],
  ])('a run that is %s starts nothing', (_name, event) => {
    expect(sayDecisions(play(buildState([buildTask('a')]), [event]))).toEqual([]);
  });

  test('a resume ends the pause of the run', () => {
    const state = play(buildState([buildTask('a')]), [{ type: 'run.paused' }]);
    expect(sayDecisions(resume(state, {}))).toEqual(['record attempt.spawned a']);
  });

  test('a state without a run decides nothing', () => {
    const state = buildState([buildTask('a')]);
    expect(decide({ ...state, run: null }, state.ms)).toEqual([]);
  });
});
