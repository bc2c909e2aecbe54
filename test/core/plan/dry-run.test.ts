// The picture of a run: waves within slots, lanes and claims, and what it says of each task.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY, type Plan, type Policy } from '../../../src/core/model.ts';
import { pictureRun, planWaves } from '../../../src/core/plan/dry-run.ts';
import { draft, planOf, track } from './drafts.ts';

function waves(plan: Plan, policy: Partial<Policy> = {}): string {
  return planWaves(plan, { ...DEFAULT_POLICY, ...policy })
    .map((wave) => wave.join(' '))
    .join(' | ');
}

describe('planWaves', () => {
  const owns = ['src/**'];

  test('slots, longest path first', () => {
    const plan = planOf([draft('a'), draft('b'), ...track('T', [draft('c'), draft('d'), draft('e')])]);
    expect(waves(plan, { maxAgents: 2 })).toBe('c a | d b | e');
  });
  test('urgent ones first', () => {
    expect(waves(planOf([draft('a'), draft('b', { priority: 0 })]), { maxAgents: 1 })).toBe('b | a');
  });
  test('claims that meet are not together, but under force they are', () => {
    const plan = planOf([
      draft('a', { owns }),
      draft('b', { owns: ['src/b/**'] }),
      draft('c'),
      draft('d', { owns }),
    ]);
    expect(waves(plan)).toBe('a c | b | d');
    expect(waves(plan, { collisionPolicy: 'force' })).toBe('a b c d');
  });
  test('limits of tracks and agents', () => {
    const plan = planOf([
      draft('a', { track: 'T' }),
      draft('b', { track: 'T' }),
      draft('c', { agent: 'codex' }),
      draft('d', { agent: 'codex' }),
    ]);
    const agents = { codex: { kind: 'codex', max: 1 } };
    expect(waves(plan, { maxPerTrack: 1, agents })).toBe('a c | b d');
  });
  test('of equals the first, of two tracks each its own', () => {
    const plan = planOf([
      draft('a', { track: 'T' }),
      draft('b', { track: 'U' }),
      draft('c', { track: 'T' }),
      draft('d'),
      draft('e'),
    ]);
    expect(waves(plan, { maxPerTrack: 1, maxAgents: 9 })).toBe('a b d e | c');
  });
  test('what is held, and what comes after it, is in none', () => {
    const needs = (id: string, ...on: readonly string[]): ReturnType<typeof draft> =>
      draft(id, { needs: on });
    const plan = planOf([draft('a'), draft('b'), needs('c', 'a', 'b'), needs('d', 'c'), needs('e', 'a')]);
    const held = new Map(plan.tasks.filter(({ id }) => id === 'b').map(({ id }) => [id, 'taken by ada']));
    expect(planWaves(plan, DEFAULT_POLICY, held)).toEqual([['a'], ['e']]);
    const { tasks } = pictureRun(plan, DEFAULT_POLICY, { run: 'r', repo: 'x', held });
    expect(tasks.map(({ id, wave, held: why }) => [id, wave, why])).toEqual([
      ['a', 1, undefined],
      ['b', null, 'taken by ada'],
      ['c', null, undefined],
      ['d', null, undefined],
      ['e', 2, undefined],
    ]);
  });
  test('what humans do takes no slot', () => {
    expect(
      waves(planOf([draft('m', { type: 'manual' }), draft('a'), draft('b', { needs: ['m'] })]), {
        maxAgents: 1,
      }),
    ).toBe('m a | b');
  });

  test('every task is in one wave, behind its dependencies, within slots and apart from colliding claims', () => {
    const tasks = fc.array(
      fc.record({
        needs: fc.uniqueArray(fc.nat(20), { maxLength: 3 }),
        claim: fc.option(fc.constantFrom('a', 'b', 'b/c')),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(tasks, fc.integer({ min: 1, max: 4 }), (drafts, maxAgents) => {
        const plan = planOf(
          drafts.map(({ needs, claim }, at) =>
            draft(`t${at}`, {
              needs: needs.filter((other) => other < at).map((other) => `t${other}`),
              owns: claim === null ? null : [`${claim}/**`],
            }),
          ),
        );
        const waveOf = new Map<string, number>();
        planWaves(plan, { ...DEFAULT_POLICY, maxAgents }).forEach((wave, at) => {
          expect(wave.length).toBeLessThanOrEqual(maxAgents);
          const roots = plan.tasks
            .filter((task) => wave.includes(task.id))
            .flatMap((task) => task.owns?.map((one) => one[0]) ?? []);
          expect(new Set(roots).size).toBe(roots.length);
          for (const id of wave) {
            expect(waveOf.has(id)).toBe(false);
            waveOf.set(id, at);
          }
        });
        expect(waveOf.size).toBe(plan.tasks.length);
        for (const task of plan.tasks) {
          for (const edge of task.edges) {
            expect(waveOf.get(edge.task)).toBeLessThan(waveOf.get(task.id) as number);
          }
        }
      }),
    );
  });

  test('100,000 tasks are pictured', () => {
    const plan = planOf(
      Array.from({ length: 100_000 }, (_, at) => draft(`t${at}`, { owns: [`src/${at % 500}/**`] })),
    );
    expect(planWaves(plan, DEFAULT_POLICY)).toHaveLength(25_000);
  });
});

test('pictureRun tells who meets whom where the disk knows one spelling', () => {
  const plan = planOf([draft('a', { owns: ['A.ts'] }), draft('b', { owns: ['a.ts'] })]);
  const meetings = (foldCase?: boolean): number => {
    const names = { run: 'RUN', repo: 'shop', ...(foldCase === undefined ? {} : { foldCase }) };
    return pictureRun(plan, DEFAULT_POLICY, names).collisions.length;
  };
  expect([meetings(), meetings(false), meetings(true)]).toEqual([0, 0, 1]);
});

test('pictureRun tells branches, agents, waves and who meets whom', () => {
  const plan = planOf([
    draft('a', { owns: ['src/api/**'] }),
    draft('b', { owns: ['src/**'], run: 'make b' }),
    draft('m', { type: 'manual', needs: ['a'] }),
  ]);
  const picture = pictureRun(plan, DEFAULT_POLICY, { run: 'RUN', repo: 'shop' });
  expect(picture.tasks.map(({ id, agent, run, branch, wave }) => ({ id, agent, run, branch, wave }))).toEqual(
    [
      { id: 'a', agent: 'claude', run: null, branch: 'weft/RUN/a/work', wave: 1 },
      { id: 'b', agent: null, run: 'make b', branch: 'weft/RUN/b/work', wave: 2 },
      { id: 'm', agent: null, run: null, branch: null, wave: 2 },
    ],
  );
  expect(picture.collisions).toMatchObject([
    { first: 'a', second: 'b', left: 'src/api/**', right: 'src/**' },
  ]);
});
