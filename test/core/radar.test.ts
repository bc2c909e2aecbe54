// The conflict radar's side of the core: where work is seen, which pairs are tried, what is news, who is told.
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/decide/decide.ts';
import type { Event } from '../../src/core/event.ts';
import { runMs, taskId } from '../../src/core/model.ts';
import {
  findLost,
  judgePair,
  keyOfPair,
  MAX_OVERLAPS,
  pairsOf,
  rankOverlaps,
  sightWork,
} from '../../src/core/radar.ts';
import type { RunState } from '../../src/core/state.ts';
import { viewRun } from '../../src/core/view.ts';
import { bring, buildState, buildTask, facts, find, play } from './build.ts';

const [a, b, c] = [taskId('a'), taskId('b'), taskId('c')];
const pair = { task: a, other: b };

function begin(policy: Parameters<typeof buildState>[1] = {}): RunState {
  return buildState([buildTask('a'), buildTask('b'), buildTask('c')], policy);
}

function found(files: readonly string[], other = pair.other): Event {
  return { type: 'overlap.found', task: a, other, files };
}

describe('where work is seen', () => {
  test.each([
    ['waiting', undefined],
    ['spawned', 'as-before'],
    ['working', 'worktree'],
    ['verifying', 'as-before'],
    ['committed', 'commit'],
    ['queued', 'commit'],
    ['merged', undefined],
  ] as const)('%s: %s', (phase, kind) => {
    const state = bring(begin({ integrate: 'human' }), 'a', phase);
    expect(sightWork(state).get(a)?.kind).toBe(kind);
  });

  test('nowhere when all tasks share a worktree', () => {
    const state = bring(begin({ isolation: 'shared' }), 'a', 'working');
    expect(sightWork(state).size).toBe(0);
  });

  test('not while it is planned', () => {
    const state = bring(begin({ phases: { plan: true, review: false } }), 'a', 'working');
    expect(find(state, 'a').attempt?.role).toBe('plan');
    expect(sightWork(state).size).toBe(0);
  });
});

describe('which pairs are tried again', () => {
  test('those of what changed, each named from the earlier task', () => {
    const pairs = pairsOf(begin(), { changed: b, works: [a, b, c] });
    expect(pairs).toEqual([
      { task: b, other: null },
      { task: a, other: b },
      { task: b, other: c },
    ]);
  });

  test('a new target is tried against all work', () => {
    expect(pairsOf(begin(), { changed: null, works: [a, c] })).toEqual([
      { task: a, other: null },
      { task: c, other: null },
    ]);
  });

  test('the same pair has one name from either side', () => {
    const state = begin();
    const names = [a, b].flatMap((changed) => pairsOf(state, { changed, works: [a, b] }).map(keyOfPair));
    expect(new Set(names).size).toBe(3);
  });
});

describe('what is news', () => {
  test('a conflict, other files, and its end, each once', () => {
    const state = begin();
    expect(judgePair(state, pair, [])).toBeNull();
    const first = judgePair(state, pair, ['z.ts', 'b.ts']);
    expect(first).toEqual(found(['b.ts', 'z.ts']));
    play(state, [first as Event], 10);
    const since = state.overlaps[0]?.since;
    expect(judgePair(state, pair, ['b.ts', 'z.ts'])).toBeNull();
    play(state, [judgePair(state, pair, ['b.ts']) as Event], 10);
    expect(state.overlaps).toEqual([{ ...pair, files: ['b.ts'], since }]);
    play(state, [judgePair(state, pair, []) as Event]);
    expect(state.overlaps).toEqual([]);
  });

  test('at most a hundred files are named', () => {
    const files = Array.from({ length: 150 }, (_, at) => `${at}.ts`);
    expect(judgePair(begin(), pair, files)).toMatchObject({ files: { length: 100 } });
  });

  test('what is over is forgotten with its task', () => {
    const state = begin();
    for (const id of ['a', 'b']) bring(state, id, 'working');
    play(state, [found(['x.ts']), found(['x.ts'], taskId('c')), found(['x.ts'], null as never)]);
    play(state, [{ type: 'task.cancelled', task: c }]);
    expect(state.overlaps.map(({ other }) => other)).toEqual([b, null]);
    bring(state, 'a', 'merged');
    expect(state.overlaps).toEqual([]);
    play(state, [found(['x.ts'])]);
    expect(state.overlaps).toEqual([]);
  });

  test('work that is gone is in conflict with nothing', () => {
    const state = play(begin(), [found(['x.ts'])]);
    expect(findLost(state, new Map([[a, 1]]))).toEqual([{ type: 'overlap.gone', task: a, other: b }]);
    expect(findLost(state, new Map([a, b].map((id) => [id, 1])))).toEqual([]);
  });

  test('more than the run can know of is not told', () => {
    const many = Array.from({ length: MAX_OVERLAPS + 2 }, (_, at) => buildTask(`t${at}`));
    const state = buildState(many);
    for (const { id } of many) play(state, [{ type: 'overlap.found', task: id, other: null, files: ['x'] }]);
    expect(state.overlaps.length).toBe(MAX_OVERLAPS);
    expect(judgePair(state, { task: taskId(`t${MAX_OVERLAPS}`), other: null }, ['x'])).toBeNull();
  });
});

test('the picture names them, the most important first, with the time', () => {
  const state = begin();
  expect(viewRun(state, state.ms).conflicts).toBeUndefined();
  play(state, [{ type: 'overlap.found', task: c, other: null, files: ['x'] }, found(['x', 'y'])], 60_000);
  const [first, second] = viewRun(state, state.ms).conflicts ?? [];
  expect(first).toEqual({ task: 'a', with: 'b', files: ['x', 'y'], since: '2026-01-02T03:06:05.000Z' });
  expect(second).toMatchObject({ task: 'c', with: null, since: '2026-01-02T03:05:05.000Z' });
});

test('most files come first, then the oldest', () => {
  const overlap = (other: string, files: number, since: number) => ({
    task: a,
    other: taskId(other),
    files: Array.from({ length: files }, (_, at) => `${at}`),
    since: runMs(since),
  });
  const ranked = rankOverlaps([overlap('b', 1, 5), overlap('c', 3, 9), overlap('d', 1, 2)]);
  expect(ranked.map(({ other }) => other)).toEqual(['c', 'd', 'b']);
});

describe('who is told', () => {
  const tell = { enabled: true, tell: true };
  const warnings = (state: RunState): readonly string[] => {
    const told: string[] = [];
    for (;;) {
      const [effect] = decide(state, state.ms);
      if (effect?.kind !== 'record') return told;
      if (effect.event.type === 'guidance.given') told.push(`${effect.event.task}: ${effect.event.text}`);
      play(state, [effect.event]);
    }
  };
  const work = (state: RunState, id: string, steerable: boolean): RunState => {
    bring(state, id, 'spawned');
    return play(state, [facts.started(state, id, steerable)]);
  };

  test('both agents, once, however often it comes and goes', () => {
    const state = work(work(begin({ radar: tell }), 'a', true), 'b', true);
    play(state, [found(['src/x.ts'])]);
    const told = warnings(state);
    expect(told.length).toBe(2);
    expect(told[0]).toMatch(/^a: .*"Title of b" \(b\).*src\/x\.ts/);
    expect(told[1]).toMatch(/^b: .*"Title of a" \(a\)/);
    play(state, [{ type: 'overlap.gone', ...pair }, found(['src/y.ts'])]);
    expect(warnings(state)).toEqual([]);
    expect(find(state, 'a').guidance.length).toBe(1);
  });

  test('nobody unless it is wanted, of the target, or who cannot hear', () => {
    const silent = work(work(begin(), 'a', true), 'b', true);
    expect(warnings(play(silent, [found(['x'])]))).toEqual([]);
    const deaf = work(work(begin({ radar: tell }), 'a', false), 'b', true);
    play(deaf, [{ type: 'overlap.found', task: b, other: null, files: ['x'] }]);
    expect(warnings(deaf)).toEqual([]);
    play(deaf, [found(['x'])]);
    expect(warnings(deaf).map((text) => text.slice(0, 2))).toEqual(['b:']);
  });
});
