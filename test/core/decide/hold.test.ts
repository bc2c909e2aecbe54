// What is known of unfinished work that conflicts holds starts back, never for good, and puts landings in order.
import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/core/decide/decide.ts';
import type { Event } from '../../../src/core/event.ts';
import { explainTask } from '../../../src/core/explain.ts';
import { type Policy, runMs, type Task, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play, sayDecisions, settle } from '../build.ts';

const [a, b] = [taskId('a'), taskId('b')];

function clash(one: string, other: string | null, files: readonly string[] = ['src/a.ts']): Event {
  return {
    type: 'overlap.found',
    task: taskId(one),
    other: other === null ? null : taskId(other),
    files,
  };
}

function explain(state: RunState, id: string): string {
  return explainTask(state, find(state, id), state.ms);
}

/** Starts all that can start now; gives the tasks in the order of their starts. */
function startAll(state: RunState): string[] {
  const before = new Set([...state.index.slots]);
  settle(state);
  return [...state.index.slots].filter((id) => !before.has(id));
}

/** `b` at work, and then `a` sent back by its gates, with work that clashes with that of `b`. */
function sentBack(policy: Partial<Policy> = {}, over: Partial<Task> = {}): RunState {
  const state = buildState([buildTask('a', over), buildTask('b'), buildTask('c')], policy);
  bring(bring(state, 'a', 'verifying'), 'b', 'working');
  play(state, [facts.inspected(state, 'a'), clash('a', 'b')]);
  return reject(state, 'a');
}

/** The facts by which `b` lands from where it is at work. */
function* landing(state: RunState): Iterable<Event> {
  bring(state, 'b', 'queued');
  yield facts.built('b');
  yield facts.candidateVerified('b');
  yield facts.landed('b');
}

function reject(state: RunState, id: string): RunState {
  play(state, [facts.rejected(state, id)], 1);
  const [fails] = decide(state, state.ms);
  if (fails?.kind !== 'record' || fails.event.type !== 'attempt.failed') throw new Error('it does not fail');
  return play(state, [fails.event]);
}

describe('a start', () => {
  test.each(['working', 'verifying', 'committed', 'queued'] as const)(
    'waits for work that is %s, and another takes the slot',
    (phase) => {
      const state = bring(sentBack(), 'b', phase);
      expect(startAll(state)).toEqual(['c']);
      expect(explain(state, 'a')).toBe('waits until b has landed: both change src/a.ts');
    },
  );

  test.each<[string, (state: RunState) => readonly Event[]]>([
    ['has landed', (state) => [...landing(state)]],
    ['has failed', () => [{ type: 'task.failed', task: b, cause: 'internal-error', sentence: 'it broke' }]],
    ['asks a human', (state) => [facts.asked(state, 'b')]],
    ['is paused', () => [{ type: 'task.paused', task: b, agent: 'finish' }]],
    ['is being ended', () => [{ type: 'task.restarted', task: b }]],
    ['merges after all', () => [{ type: 'overlap.gone', task: a, other: b }]],
    ['will be sent back since it conflicts with the target', () => [clash('b', null)]],
  ])('goes on when the other %s', (_name, happen) => {
    const state = sentBack({ maxAgents: 3 });
    expect(startAll(state)).toEqual(['c']);
    play(state, happen(state));
    expect(startAll(state)).toContain('a');
  });

  test('goes on when it merges with one after all, whatever else it clashes with', () => {
    const state = sentBack({ maxAgents: 3 });
    expect(startAll(state)).toEqual(['c']);
    bring(state, 'c', 'working');
    play(state, [facts.asked(state, 'c'), clash('a', 'c')]);
    expect(startAll(state)).toEqual([]);
    play(state, [{ type: 'overlap.gone', task: a, other: b }]);
    expect(startAll(state)).toEqual(['a']);
  });

  test.each<[string, Partial<Policy>, Partial<Task>, (state: RunState) => RunState]>([
    ['people land the other', { integrate: 'human' }, {}, (state) => state],
    ['it is more urgent', {}, { priority: 1 }, (state) => state],
    ['it is not to change anything', { phases: { plan: false, review: true } }, {}, toReview],
    ['the radar is not wanted any more', {}, {}, withoutRadar],
  ])('does not wait when %s', (_name, policy, over, happen) => {
    const state = happen(sentBack({ ...policy, maxAgents: 3 }, over));
    expect(startAll(state)).toContain('a');
  });

  function toReview(state: RunState): RunState {
    settle(state);
    bring(state, 'a', 'verifying');
    play(state, [facts.inspected(state, 'a'), facts.verified(state, 'a')]);
    expect(find(state, 'a').unreviewed).toBe(true);
    return state;
  }

  function withoutRadar(state: RunState): RunState {
    const policy = { ...state.policy, radar: { enabled: false, tell: false } };
    return play(state, [{ type: 'run.resumed', overrides: [], policy }]);
  }

  test('of work that has done nothing yet waits for nobody', () => {
    const state = buildState([buildTask('a'), buildTask('b')]);
    play(bring(state, 'b', 'working'), [clash('a', 'b')]);
    expect(startAll(state)).toEqual(['a']);
  });

  test('of two that wait one goes, and the other waits for it', () => {
    const state = buildState([buildTask('a'), buildTask('b')]);
    for (const id of ['a', 'b']) play(bring(state, id, 'verifying'), [facts.inspected(state, id)]);
    play(state, [clash('a', 'b')]);
    reject(reject(state, 'b'), 'a');
    expect(startAll(state)).toEqual(['a']);
    expect(explain(state, 'b')).toBe('waits until a has landed: both change src/a.ts');
    bring(state, 'a', 'merged');
    expect(startAll(state)).toEqual(['b']);
  });

  test('does not wait for who only came after it', () => {
    const state = buildState([buildTask('a'), buildTask('b'), buildTask('c')], { maxAgents: 3 });
    play(bring(state, 'b', 'verifying'), [facts.inspected(state, 'b')]);
    reject(state, 'b');
    bring(play(state, [facts.rejected(state, 'b')], 1), 'c', 'working');
    play(state, [clash('b', 'c')]);
    expect(startAll(state)).toContain('b');
    // `a` would have gone before it in any case
    const first = buildState([buildTask('a'), buildTask('b')], { maxAgents: 2 });
    play(bring(first, 'b', 'verifying'), [facts.inspected(first, 'b')]);
    play(reject(first, 'b'), [{ type: 'task.paused', task: b, agent: 'finish' }], 1);
    play(bring(first, 'a', 'working'), [clash('a', 'b'), { type: 'task.unpaused', task: b }]);
    expect(startAll(first)).toEqual([]);
    expect(explain(first, 'b')).toMatch(/^waits until a has landed/);
  });

  test('waits for nobody whose landing waits for it', () => {
    const edges = [{ task: a, on: 'verified' as const, base: 'stacked' as const }];
    const state = buildState([buildTask('a'), buildTask('b', { edges })]);
    bring(bring(state, 'a', 'queued'), 'b', 'queued');
    play(state, [clash('a', 'b'), { type: 'guidance.given', task: a, text: 'once more' }], 1);
    expect(startAll(state)).toEqual(['a']);
  });

  test('what a human says of the target is not waited for', () => {
    const state = bring(sentBack({ maxAgents: 3 }), 'b', 'queued');
    expect(startAll(state)).toEqual(['c']);
    bring(state, 'c', 'queued');
    play(state, [
      { type: 'target.rewritten', task: taskId('c'), from: '1' as never, to: '2' as never, gone: [] },
    ]);
    settle(state);
    expect(find(state, 'c').question?.cause).toBe('target-rewritten');
    expect(startAll(state)).toEqual([]);
    expect(find(state, 'a').phase).toBe('spawned');
  });

  test('is only put off where claims are passed over', () => {
    const state = sentBack({ collisionPolicy: 'force', maxAgents: 3 });
    expect(sayDecisions(state)).toEqual(['record attempt.spawned c']);
    expect(explain(state, 'a')).toBe('is about to start');
    expect(startAll(state)).toEqual(['c', 'a']);
    const urgent = sentBack({ collisionPolicy: 'force', maxAgents: 3 }, { priority: 1 });
    expect(sayDecisions(urgent)).toEqual(['record attempt.spawned a']);
  });

  test('of what will probably change the same files comes later, and is not held back', () => {
    const guess = [{ pattern: 'src/a.ts', weight: 1, from: 'text' as const }];
    const tasks = [buildTask('a'), buildTask('b'), buildTask('c', { guess }), buildTask('d')];
    const state = buildState(tasks, { maxAgents: 3 });
    bring(bring(state, 'a', 'working'), 'b', 'working');
    play(state, [clash('a', 'b')]);
    expect(startAll(state)).toEqual(['d']);
    bring(state, 'd', 'merged');
    expect(startAll(state)).toEqual(['c']);
  });
});

describe('a landing', () => {
  const MINUTE = 60_000;

  /** All queued, so many minutes after one another. */
  function queue(tasks: readonly Task[], minutes: number): RunState {
    const state = buildState(tasks, {
      maxAgents: 9,
      merge: { strategy: 'squash', batch: 1 } as Policy['merge'],
    });
    for (const { id } of tasks) bring(state, id, 'committed');
    for (const { id } of tasks) play(state, [facts.queued(id)], minutes * MINUTE);
    return state;
  }

  const four = ['a', 'b', 'c', 'd'].map((id) => buildTask(id));
  const star = [clash('a', 'b'), clash('a', 'c'), clash('a', 'd')];

  test.each<[string, readonly Task[], number, readonly Event[], string]>([
    ['who waits longest, as long as nothing is known', four, 1, [], 'a'],
    ['who conflicts with fewer goes first', four, 1, star, 'b'],
    ['the target itself does not count', four, 1, [clash('a', null)], 'a'],
    ['nobody is passed over for long', four, 30, star, 'a'],
    ['urgent ones go first all the same', [buildTask('a', { priority: 1 }), ...four.slice(1)], 1, star, 'a'],
  ])('%s', (_name, tasks, minutes, known, first) => {
    const state = play(queue(tasks, minutes), known);
    expect(sayDecisions(state)).toContain(`build-candidate ${first}`);
    expect(sayDecisions(buildAnew(state))).toContain(`build-candidate ${first}`);
  });

  test('what is not known any more counts for nothing', () => {
    const state = play(queue(four, 1), star);
    play(
      state,
      star.map((event) => ({ ...event, type: 'overlap.gone' }) as Event),
    );
    expect(sayDecisions(state)).toContain('build-candidate a');
  });

  test('two that are known to conflict do not land together', () => {
    const state = play(queue(four.slice(0, 3), 1), [clash('a', 'b', ['src/a.ts', 'src/b.ts'])]);
    state.policy = { ...state.policy, merge: { ...state.policy.merge, batch: 8 } };
    const built: string[] = [];
    for (let work = settle(state)[0]; work?.kind === 'build-candidate'; work = settle(state)[0]) {
      const { behind, task } = work;
      built.push(task);
      play(state, [facts.built(task, behind === null ? {} : { base: behind.commit, behind: behind.task })]);
    }
    expect(built).toEqual(['c', 'a']);
    expect(sayDecisions(state)).toEqual(['verify-candidate a']);
    expect(explain(state, 'b')).toBe('is in the queue until a has landed: both change src/a.ts and 1 more');
  });

  /** As an engine finds it that takes the run up. */
  function buildAnew(state: RunState): RunState {
    const { ms } = state;
    play(state, [{ type: 'run.resumed', overrides: [], policy: state.policy }]);
    expect(state.ms).toBe(runMs(ms));
    return state;
  }
});
