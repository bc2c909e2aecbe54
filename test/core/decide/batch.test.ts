// Batches of the merge queue: who lands together, how the one who fails is found, and what that costs in runs of the gates.
import { describe, expect, test } from 'vitest';
import { placesToProbe } from '../../../src/core/decide/queue.ts';
import type { WorkEffect } from '../../../src/core/effect.ts';
import type { Event } from '../../../src/core/event.ts';
import { explainTask } from '../../../src/core/explain.ts';
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import { type Policy, taskId } from '../../../src/core/model.ts';
import { chanceOfRefusal, sizeOfBatch } from '../../../src/core/odds.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, gate, hash, play, settle } from '../build.ts';

test.each<[string, Parameters<typeof placesToProbe>[0], number[]]>([
  ['nothing is known: all together', { failing: null, size: 8, slots: 1 }, [8]],
  ['with room: all, and the parts of it', { failing: null, size: 8, slots: 2 }, [8, 4]],
  ['all fail together: half of them', { failing: 8, size: 8, slots: 1 }, [4]],
  ['thirds with two slots', { failing: 9, size: 16, slots: 2 }, [3, 6]],
  ['two fail together: the first', { failing: 2, size: 8, slots: 4 }, [1]],
  ['the first fails: once more, alone', { failing: 1, size: 8, slots: 4 }, [1]],
  ['one alone', { failing: null, size: 1, slots: 3 }, [1]],
])('%s', (_name, of, places) => {
  expect(placesToProbe(of)).toEqual(places);
});

function queue(names: string, policy: Partial<Policy> = {}): RunState {
  const ids = [...names];
  const state = buildState(
    ids.map((id) => buildTask(id)),
    { maxAgents: 30, ...policy },
  );
  for (const id of ids) bring(state, id, 'queued', 1);
  return state;
}

interface World {
  /** Tells whether the gates pass with these tasks on the target, all that landed before included. */
  readonly passes: (tasks: readonly string[]) => boolean;
  /** Tells whether a task merges onto these. */
  readonly merges?: (task: string, onto: readonly string[]) => boolean;
}

interface Outcome {
  /** Moves of the target, each with who landed by it. */
  readonly moves: string[];
  readonly refused: string[];
  /** Who was tried together each time; what is run once more is marked. */
  readonly runs: string[];
}

/** Plays the queue to its end in a world of our own. */
function land(state: RunState, world: World): Outcome {
  const out: Outcome = { moves: [], refused: [], runs: [] };
  const landed: string[] = [];
  const commits = new Map<string, readonly string[]>([[hash('target'), []]]);
  const refused = (): readonly string[] =>
    [...state.tasks.values()].filter((ts) => ts.refusals > 0 || ts.question !== null).map((ts) => ts.task.id);
  for (let steps = 0; steps < 100_000; steps += 1) {
    const work = settle(state).filter((effect): effect is WorkEffect => /candidate$/.test(effect.kind));
    for (const id of refused()) if (!out.refused.includes(id)) out.refused.push(id);
    const [step] = work;
    if (step === undefined) return out;
    if (step.kind === 'build-candidate') build(state, step, { commits, landed, world });
    else if (step.kind === 'land-candidate') {
      landed.push(...step.tasks);
      out.moves.push(step.tasks.join(' '));
      play(
        state,
        step.tasks.map((id) => ({
          ...facts.landed(id),
          commit: commitOf(state, id),
          base: baseOf(state, id),
        })),
      );
    } else if (step.kind === 'verify-candidate') {
      const { task, commit, tree } = step;
      const together = commits.get(commit) ?? [];
      const again = step.key.endsWith('/again') ? ' again' : '';
      out.runs.push(`${together.filter((id) => !landed.includes(id)).join(' ')}${again}`);
      const passed = world.passes(together);
      const of = { task, commit, gates: [gate('npm test', passed ? 0 : 1)] };
      play(state, [
        passed
          ? { type: 'candidate.verified', ...of, tree }
          : { type: 'candidate.rejected', ...of, excerpt: 'a test failed' },
      ]);
    }
  }
  throw new Error('the queue does not come to an end');
}

const commitOf = (state: RunState, id: string) => find(state, id).candidate?.commit ?? hash('none');
const baseOf = (state: RunState, id: string) => find(state, id).candidate?.base ?? hash('none');

function build(
  state: RunState,
  step: Extract<WorkEffect, { kind: 'build-candidate' }>,
  of: { commits: Map<string, readonly string[]>; landed: readonly string[]; world: World },
): void {
  const { task, behind } = step;
  const onto = behind === null ? of.landed : (of.commits.get(behind.commit) ?? []);
  const base = behind?.commit ?? hash(`target ${of.landed.join()}`);
  const place = { base, ...(behind === null ? {} : { behind: behind.task }) };
  if (of.world.merges?.(task, onto) === false) {
    play(state, [{ type: 'candidate.conflicted', task, ...place, files: ['x'] }]);
    return;
  }
  const commit = hash(`${task} on ${onto.join()} ${of.commits.size}`);
  of.commits.set(commit, [...onto, task]);
  play(state, [facts.built(task, { ...place, commit, tree: hash(`tree ${commit}`) })]);
}

const without =
  (...bad: string[]) =>
  (tasks: readonly string[]): boolean =>
    !tasks.some((id) => bad.includes(id));

describe('who lands together', () => {
  test('all do by one move when they pass together', () => {
    expect(land(queue('abcdefgh'), { passes: without() })).toEqual({
      moves: ['a b c d e f g h'],
      refused: [],
      runs: ['a b c d e f g h'],
    });
  });

  test('who fails is found by halves, tried alone once more, and goes back; the others land', () => {
    expect(land(queue('abcdefgh'), { passes: without('f') })).toEqual({
      moves: ['a b c d', 'e', 'g h'],
      refused: ['f'],
      runs: ['a b c d e f g h', 'a b c d', 'e f', 'e', 'f again', 'g h'],
    });
  });

  test('of two that pass alone and fail together the later one goes back', () => {
    const passes = (tasks: readonly string[]): boolean => !(tasks.includes('b') && tasks.includes('g'));
    expect(land(queue('abcdefgh'), { passes })).toMatchObject({ refused: ['g'] });
  });

  test('a gate that fails by accident refuses nobody, and that it did is known', () => {
    let runs = 0;
    const passes = (): boolean => {
      runs += 1;
      return runs !== 1;
    };
    const state = queue('abcd');
    expect(land(state, { passes })).toEqual({
      moves: ['a b', 'c', 'd'],
      refused: [],
      runs: ['a b c d', 'a b', 'c', 'd again'],
    });
    expect(find(state, 'd').flaky).toEqual(['npm test']);
    expect(find(state, 'a').flaky).toEqual([]);
  });

  test('who conflicts with one before it is tried again without it, and asked about only then', () => {
    const merges = (task: string, onto: readonly string[]): boolean => !(task === 'b' && onto.includes('a'));
    const state = queue('abc');
    expect(land(state, { passes: without(), merges })).toMatchObject({ moves: ['a c'], refused: ['b'] });
    expect(find(state, 'b').question).toMatchObject({ cause: 'conflict', files: ['x'] });
  });

  test('who conflicts only with one that goes back lands', () => {
    const merges = (task: string, onto: readonly string[]): boolean => !(task === 'b' && onto.includes('a'));
    const outcome = land(queue('abc'), { passes: without('a'), merges });
    expect(outcome).toMatchObject({ refused: ['a'] });
    expect(outcome.moves.join(' ').split(' ').sort()).toEqual(['b', 'c']);
  });

  test('one after the other when the policy says so', () => {
    const outcome = land(queue('abc', { merge: { strategy: 'squash', batch: 1 } }), { passes: without() });
    expect(outcome.moves).toEqual(['a', 'b', 'c']);
  });
});

describe('what happens beside it', () => {
  const closed = (names = 'abcd'): RunState => {
    const state = queue(names);
    const commits = new Map<string, readonly string[]>();
    for (;;) {
      const step = settle(state).find((effect) => effect.kind === 'build-candidate');
      if (step?.kind !== 'build-candidate') return state;
      build(state, step, { commits, landed: [], world: { passes: without() } });
    }
  };
  const names = (state: RunState): string => state.index.line.batch.map((ts) => ts.task.id).join('');
  const wanted = (state: RunState): string[] =>
    settle(state)
      .map((effect) => ('key' in effect ? effect.key : effect.kind))
      .filter((key) => /candidate/.test(key));

  test('who comes later waits for the next batch', () => {
    const state = closed('abc');
    const before = wanted(state);
    expect(before).toEqual([expect.stringMatching(/^c\/1\/verify-candidate/)]);
    const more = queue('abcd');
    expect(find(more, 'd').phase).toBe('queued');
    expect(names(state)).toBe('abc');
  });

  const byHand = (id: string): Event => ({ ...facts.landed(id), by: 'human' }) as Event;
  test.each<[string, Event, string]>([
    ['paused', { type: 'task.paused', task: taskId('c'), agent: 'finish' }, 'ab'],
    ['cancelled', { type: 'task.cancelled', task: taskId('c') }, 'ab'],
    ['restarted', { type: 'task.restarted', task: taskId('a') }, ''],
    ['merged by hand', byHand('b'), 'a'],
    ['first and merged by hand', byHand('a'), 'bcd'],
    ['told more', { type: 'guidance.given', task: taskId('b'), text: 'more' }, 'a'],
    [
      'on a branch that moved',
      { type: 'branch.moved', task: taskId('b'), from: hash('b head'), to: null, ahead: false },
      'a',
    ],
    ['next, and the target moved', { type: 'landing.stale', task: taskId('c'), actual: hash('x') }, ''],
  ])('one that is %s takes those with it that stand on it', (_name, event, left) => {
    const state = closed();
    play(state, [event]);
    expect(names(state)).toBe(left);
    for (const ts of state.tasks.values()) {
      const isIn = left.includes(ts.task.id);
      if (ts.phase === 'queued') expect([ts.task.id, ts.candidate !== null]).toEqual([ts.task.id, isIn]);
    }
    expect(wanted(state).length).toBeGreaterThan(0);
  });

  test('a candidate that was built on what is not the last any more counts for nothing', () => {
    const state = closed('ab');
    play(state, [{ type: 'task.paused', task: taskId('a'), agent: 'finish' }]);
    play(state, [facts.built('b', { base: hash('gone'), behind: taskId('a') })]);
    expect(find(state, 'b').candidate).toBeNull();
  });

  test('who is about to land cannot be called back, with all that land by the same verdict', () => {
    const state = closed();
    const { commit = hash('x'), tree = hash('x') } = find(state, 'c').candidate ?? {};
    play(state, [{ type: 'candidate.verified', task: taskId('c'), commit, tree, gates: [gate('npm test')] }]);
    expect(explainTask(state, find(state, 'a'), state.ms)).toBe('is landing, together with b, c, d');
    expect(find(state, 'a').landedTree).toBe(tree);
    expect(wanted(state)).toEqual([`c/1/land-candidate/${commit}`]);
  });
});

describe('the size of a batch', () => {
  test('grows with what lands and shrinks with what is refused', () => {
    const state = queue('a');
    expect(sizeOfBatch(state)).toBe(8);
    state.odds = { landed: 30, refused: 0 };
    expect(sizeOfBatch(state)).toBe(16);
    state.odds = { landed: 10, refused: 3 };
    expect(sizeOfBatch(state)).toBe(4);
    state.odds = { landed: 5, refused: 5 };
    expect(sizeOfBatch(state)).toBe(1);
  });
});

/** A sequence of numbers in [0, 1) that depends on the seed alone. */
function createRandom(seed: number): () => number {
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs per landed task that no way of testing groups can beat. */
const limitOf = (p: number): number => (-p * Math.log2(p) - (1 - p) * Math.log2(1 - p)) / (1 - p);

describe('what it costs', () => {
  const TASKS = 1_500;
  const measure = (p: number, flake = 0) => {
    const random = createRandom(Math.round(p * 1_000) + 7);
    const ids = Array.from({ length: TASKS }, (_, at) => `t${at}`);
    const bad = new Set(ids.filter(() => random() < p));
    const state = buildState(
      ids.map((id) => buildTask(id)),
      { maxAgents: 10, limits: { ...DEFAULT_LIMITS, attempts: 1 } },
    );
    for (const id of ids) bring(state, id, 'queued', 1);
    const passes = (tasks: readonly string[]): boolean =>
      !tasks.some((id) => bad.has(id)) && random() >= flake;
    const { runs, refused } = land(state, { passes });
    const landed = [...state.tasks.values()]
      .filter((ts) => ts.phase === 'merged')
      .map((ts) => ts.task.id as string);
    const again = runs.filter((run) => run.endsWith(' again')).length;
    return { state, runs: runs.length, again, landed, bad, refused };
  };

  test.each([0.02, 0.05, 0.1, 0.2, 0.3])('one in %d refused: near what is possible', (p) => {
    const { runs, again, landed, bad, state } = measure(p);
    expect(landed.filter((id) => bad.has(id))).toEqual([]);
    expect(landed).toHaveLength(TASKS - bad.size);
    const share = bad.size / TASKS;
    expect((runs - again) / landed.length / limitOf(share)).toBeLessThan(1.15);
    expect(runs / landed.length / limitOf(share)).toBeLessThan(1.4);
    expect(chanceOfRefusal(state)).toBeGreaterThan(p / 4);
  });

  test('gates that fail by accident once in twenty runs refuse hardly anybody who is good', () => {
    const { landed, bad, refused } = measure(0.05, 0.05);
    expect(landed.filter((id) => bad.has(id))).toEqual([]);
    const wronged = refused.filter((id) => !bad.has(id));
    expect(wronged.length / TASKS).toBeLessThan(0.01);
  });
});

test('who conflicted keeps its place: it does not wait behind all who came since', () => {
  const state = buildState(
    ['a', 'b', 'c'].map((id) => buildTask(id)),
    { maxAgents: 9 },
  );
  bring(state, 'a', 'queued');
  const came = find(state, 'a').queuedAt;
  bring(state, 'b', 'queued', 60_000);
  play(state, [{ type: 'candidate.conflicted', task: taskId('a'), base: hash('x'), files: ['x'] }]);
  settle(state);
  expect(find(state, 'a')).toMatchObject({ phase: 'waiting', queuedAt: came, refusals: 0 });
});
