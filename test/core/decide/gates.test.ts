// Which checks a change has to pass.
import { describe, expect, test } from 'vitest';
import { gatesFor, gatesOfAll } from '../../../src/core/decide/gates.ts';
import type { Event } from '../../../src/core/event.ts';
import { type Gates, type Milestone, oid, type Task, taskId } from '../../../src/core/model.ts';
import { bring, buildState, buildTask, changed, facts, find, hash, milestone, play } from '../build.ts';

const gates: Gates = {
  tier0: ['fast'],
  tier1: ['slow'],
  tier2: ['whole'],
  triggers: [
    { name: 'database', patterns: ['db/**'], tier: 2 },
    { name: 'docs', patterns: ['docs/*.md'], tier: 1 },
  ],
};

/** The commands for a change of task `a`, the first step of a track unless said otherwise. */
function check(paths: readonly string[], over: Partial<Task> = {}, fileCount = paths.length): string[] {
  const state = buildState(
    [buildTask('a', { track: 't', ...over }), buildTask('b', { track: 't', after: ['a'] })],
    {
      gates,
    },
  );
  bring(state, 'a', 'verifying');
  play(state, [facts.inspected(state, 'a', { files: paths.map(changed), fileCount })]);
  return gatesFor(state, find(state, 'a')).map((gate) => `${gate.tier} ${gate.command}`);
}

describe('tiers', () => {
  test.each<[string, string[], Partial<Task>, string[]]>([
    ['tier 0 always', ['src/a.ts'], {}, ['0 fast']],
    ['a trigger raises it', ['src/a.ts', 'docs/a.md'], {}, ['0 fast', '1 slow']],
    ['the highest trigger counts', ['docs/a.md', 'db/x.sql'], {}, ['0 fast', '1 slow', '2 whole']],
    ['the task may ask for more', ['src/a.ts'], { tier: 2 }, ['0 fast', '1 slow', '2 whole']],
    ['a task without a track is the last of its own', ['src/a.ts'], { track: null }, ['0 fast', '1 slow']],
    [
      'a task’s own gates replace the policy’s',
      ['db/x.sql'],
      { gates: { tier0: ['mine'], tier1: [], tier2: [], triggers: [] } },
      ['0 mine'],
    ],
  ])('%s', (_name, paths, over, expected) => {
    expect(check(paths, over)).toEqual(expected);
  });

  test('the last of a track gets tier 1', () => {
    const state = buildState([buildTask('a', { track: 't' }), buildTask('b', { track: 't', after: ['a'] })], {
      gates,
    });
    const commands = (id: string): string[] => gatesFor(state, find(state, id)).map((gate) => gate.command);
    expect([commands('a'), commands('b')]).toEqual([['fast'], ['fast', 'slow']]);
  });

  test.each<[Milestone['risk'][], string | null, string[]]>([
    [['low', 'medium'], 't', ['fast']],
    [['low', 'high'], 't', ['fast', 'slow']],
    [['low'], 'u', ['fast', 'slow']],
  ])('a plan with risks %j, and a dependent of track %s', (risks, track, expected) => {
    const tasks = [buildTask('a', { track: 't' }), buildTask('b', { track, after: ['a'] })];
    const state = buildState(tasks, { gates, phases: { plan: true, review: false } });
    bring(state, 'a', 'verifying');
    play(state, [facts.planned(state, 'a', { milestones: risks.map((risk) => milestone({ risk })) })]);
    expect(gatesFor(state, find(state, 'a')).map((gate) => gate.command)).toEqual(expected);
  });

  test('a list of files that was cut short may hide the one that matters', () => {
    expect(check(['src/a.ts'], {}, 600)).toEqual(['0 fast', '1 slow', '2 whole']);
  });

  test('a pattern that is none matches nothing', () => {
    const triggers = [{ name: 'odd', patterns: ['../x', ''], tier: 2 as const }];
    expect(check(['src/a.ts'], { gates: { ...gates, triggers } })).toEqual(['0 fast']);
  });
});

describe('together', () => {
  const own = (...tier0: string[]): Gates => ({ tier0, tier1: [], tier2: [], triggers: [] });
  const tasks = [
    buildTask('a', { gates: { ...own('a', 'both'), tier1: ['slow'] }, tier: 1 }),
    buildTask('b', { gates: own('both', 'b') }),
  ];

  test('each gate of each task, once, the cheap ones first', () => {
    const state = buildState(tasks);
    const members = [find(state, 'a'), find(state, 'b')];
    expect(gatesOfAll(state, members).map(({ command }) => command)).toEqual(['a', 'both', 'b', 'slow']);
  });

  test('a tree that passed its own gates has still to pass those of what is before it', () => {
    const state = buildState(tasks);
    for (const task of ['a', 'b']) bring(state, task, 'queued');
    const before = find(state, 'a').candidate;
    expect(before).toBeNull();
    const base = hash('100');
    const built = (task: string, on: string, commit: string, behind?: string): Event => ({
      type: 'candidate.built',
      task: taskId(task),
      base: oid(on),
      commit: oid(commit),
      tree: find(state, task).attempt?.verified?.tree ?? oid(''),
      empty: false,
      ...(behind === undefined ? {} : { behind: taskId(behind) }),
    });
    play(state, [built('a', base, hash('101')), built('b', hash('101'), hash('102'), 'a')]);
    expect(find(state, 'b').candidate).toMatchObject({ commit: hash('102'), verified: false });
  });
});
