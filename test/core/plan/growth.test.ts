// What sources have by now against the plan of a run: what is new, revised, withheld, over, and what is left out.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/core/event.ts';
import {
  type Cause,
  oid,
  type Phase,
  type Policy,
  runMs,
  type Task,
  taskId,
} from '../../../src/core/model.ts';
import type { TaskDraft } from '../../../src/core/plan/draft.ts';
import { growPlan, listWithheld, planSupply, type Supply } from '../../../src/core/plan/growth.ts';
import type { Standing } from '../../../src/core/source.ts';
import { type RunState, serializeState } from '../../../src/core/state.ts';
import { bring, buildPolicy, buildState, facts, find, play } from '../build.ts';
import { draft, planOf } from './drafts.ts';

const HELD: Standing = { kind: 'held', why: 'taken by ada' };
const DONE: Standing = { kind: 'done' };
const DROPPED: Standing = { kind: 'dropped', why: 'closed as not planned' };

function supplyOf(drafts: readonly TaskDraft[], standings: Readonly<Record<string, Standing>> = {}): Supply {
  return { drafts, standings: new Map(Object.entries(standings)) };
}

/** A run that began with these drafts. */
function runOf(drafts: readonly TaskDraft[], policy: Partial<Policy> = {}): RunState {
  return buildState(planOf(drafts, buildPolicy(policy)).tasks, policy);
}

function grow(state: RunState, supply: Supply): ReturnType<typeof growPlan> {
  return growPlan(state, supply, {});
}

/** Events in short: `+c<a,b`, `~a`, `a withheld: why`, `a settled`, `a cancelled: why`. */
function say(events: readonly Event[]): string[] {
  return events.flatMap((event): string[] => {
    switch (event.type) {
      case 'plan.changed':
        return [
          ...event.added.map((task) => `+${sayTask(task)}`),
          ...event.revised.map((task) => `~${sayTask(task)}`),
        ];
      case 'task.withheld':
        return [`${event.task} ${event.why === null ? 'is free' : `withheld: ${event.why}`}`];
      case 'task.settled':
        return [`${event.task} settled`];
      case 'task.cancelled':
        return [`${event.task} cancelled: ${event.why}`];
      default:
        return [`? ${event.type}`];
    }
  });
}

function sayTask({ id, edges }: Task): string {
  return edges.length === 0 ? id : `${id}<${edges.map(({ task }) => task).join(',')}`;
}

const [A, B] = [draft('a'), draft('b', { needs: ['a'] })];

describe('new tasks', () => {
  test.each<[string, Supply, readonly string[]]>([
    ['what is known is no news', supplyOf([A, B]), []],
    ['a source that has nothing any more takes nothing away', supplyOf([]), []],
    ['one comes after the others', supplyOf([draft('c'), A, B]), ['+c']],
    ['one that depends on a known one', supplyOf([A, B, draft('c', { needs: ['b'] })]), ['+c<b']],
    [
      'several that depend on each other, in any order',
      supplyOf([draft('d', { needs: ['c'] }), draft('c')]),
      ['+d<c', '+c'],
    ],
    ['one that waits for what is done', supplyOf([draft('c', { needs: ['x'] })], { x: DONE }), ['+c']],
    ['one that waits for what was dropped', supplyOf([draft('c', { needs: ['x'] })], { x: DROPPED }), ['+c']],
    [
      'what is done here and there is still waited for here',
      supplyOf([draft('c', { needs: ['a'] })], { a: DONE }),
      ['+c<a', 'a settled'],
    ],
    [
      'one that is held comes, and is not begun',
      supplyOf([draft('c')], { c: HELD }),
      ['+c', 'c withheld: taken by ada'],
    ],
    ['one that is done does not come', supplyOf([draft('c')], { c: DONE }), []],
    ['one that was dropped does not come', supplyOf([draft('c')], { c: DROPPED }), []],
    ['one that waits for nothing there is is left out', supplyOf([draft('c', { needs: ['x'] })]), []],
    [
      'a circle is left out, and the others come',
      supplyOf([draft('c', { needs: ['d'] }), draft('d', { needs: ['c'] }), draft('e'), draft('f')]),
      ['+e', '+f'],
    ],
    [
      'what waits for one that is left out is left out too',
      supplyOf([draft('c', { needs: ['x'] }), draft('d', { needs: ['c'] }), draft('e')]),
      ['+e'],
    ],
    [
      'what waits for one that comes later in the list is not left out with its neighbour',
      supplyOf([draft('c', { needs: ['e'] }), draft('d', { needs: ['x'] }), draft('e'), draft('f')]),
      ['+e', '+f', '+c<e'],
    ],
    [
      'of two with one id none comes',
      supplyOf([draft('c'), draft('c', { title: 'twin' }), draft('d')]),
      ['+c', '+d'],
    ],
    ['an id that cannot be a name is left out', supplyOf([draft('../c'), draft('d')]), ['+d']],
  ])('%s', (_name, supply, expected) => {
    expect(say(grow(runOf([A, B]), supply).events)).toEqual(expected);
  });

  test('what is left out is said, and why', () => {
    const { diagnostics } = grow(runOf([A]), supplyOf([draft('c', { needs: ['x'] }), draft('e')]));
    expect(diagnostics.map(({ sentence }) => sentence)).toEqual([expect.stringContaining('"x"')]);
  });

  test('claims that meet under the policy `fail` keep one out', () => {
    const state = runOf([draft('a', { owns: ['src/**'] })], { collisionPolicy: 'fail' });
    const supply = supplyOf([draft('b', { owns: ['src/x'] }), draft('c', { owns: ['docs/**'] })]);
    expect(say(grow(state, supply).events)).toEqual(['+c']);
  });
});

describe('revised tasks', () => {
  const later = draft('b', { title: 'Another title', body: 'More of it' });

  test('what nobody has begun becomes what its source says', () => {
    const state = runOf([A, B]);
    const { events } = grow(state, supplyOf([A, later]));
    expect(say(events)).toEqual(['~b']);
    play(state, events);
    expect(find(state, 'b').task).toMatchObject({ title: 'Another title', body: 'More of it', edges: [] });
  });

  test.each<[Phase]>([['spawned'], ['working'], ['verifying'], ['committed'], ['queued'], ['merged']])(
    'what is %s stays what it was',
    (phase) => {
      const state = bring(runOf([draft('b')]), 'b', phase);
      expect(grow(state, supplyOf([later])).events).toEqual([]);
    },
  );

  test('what another source has under the same id is not it', () => {
    expect(grow(runOf([A]), supplyOf([draft('a', { source: 'other', title: 'Theirs' })])).events).toEqual([]);
  });

  test('what was learned of it stays', () => {
    const guess = { pattern: 'src/x', weight: 1, from: 'text' } as const;
    const [task] = planOf([draft('a')], buildPolicy()).tasks;
    const state = buildState([{ ...(task as Task), estimateMs: 9_000, guess: [guess] }]);
    expect(grow(state, supplyOf([draft('a')])).events).toEqual([]);
    const { events } = grow(state, supplyOf([draft('a', { title: 'T' })]));
    expect(events).toMatchObject([{ revised: [{ title: 'T', estimateMs: 9_000, guess: [guess] }] }]);
  });

  test('one that would be no part of a plan any more stays as it was, and keeps no new one out', () => {
    const state = runOf([A, B]);
    const { events, diagnostics } = grow(state, supplyOf([draft('a', { needs: ['gone'] }), B, draft('c')]));
    expect(say(events)).toEqual(['+c']);
    expect(diagnostics[0]?.sentence).toContain('"gone"');
  });

  test('a dependency on one that came with it, and on one that is over', () => {
    const state = runOf([A, B]);
    const supply = supplyOf([A, draft('b', { needs: ['c', 'x'] }), draft('c')], { x: DONE });
    expect(say(grow(state, supply).events)).toEqual(['+c', '~b<c']);
  });
});

type Make = (state: RunState) => unknown;
const asked: Make = (s) => {
  bring(s, 'a', 'working');
  return play(s, [facts.asked(s, 'a'), facts.exited(s, 'a')]);
};
const failed: Make = (s) =>
  play(s, [{ type: 'task.failed', task: taskId('a'), cause: 'agent-crashed', sentence: 'x' }]);
const withheld: Make = (s) => play(s, [{ type: 'task.withheld', task: taskId('a'), why: 'taken by ada' }]);
/** An attempt that failed; what it changed, and why. */
const fail = (s: RunState, cause: Cause): RunState =>
  play(s, [
    {
      ...{ type: 'attempt.failed', task: taskId('a'), attempt: find(s, 'a').attempts, cause, detail: 'no' },
      then: { kind: 'retry', at: runMs(0) },
    } as Event,
  ]);
const left =
  (...files: readonly string[]): Make =>
  (s) => {
    bring(s, 'a', 'verifying');
    const tip = files.length === 0 ? { head: oid('0'.repeat(40)), base: oid('0'.repeat(40)) } : {};
    play(s, [facts.inspected(s, 'a', { ...tip, fileCount: files.length })]);
    return fail(s, 'gate-failed');
  };
const restarted: Make = (s) =>
  play(left('a')(s) as RunState, [{ type: 'task.restarted', task: taskId('a') }]);
const notStarted: Make = (s) => {
  play(s, [facts.spawned(s, 'a')]);
  return fail(s, 'start-failed');
};
const to =
  (phase: Phase): Make =>
  (s) =>
    bring(s, 'a', phase);

describe('standings of tasks of the plan', () => {
  const free: Standing | null = null;
  test.each<[string, Make, Standing | null, readonly string[]]>([
    ['free and not begun', () => 0, free, []],
    ['held and not begun', () => 0, HELD, ['a withheld: taken by ada']],
    ['done and not begun', () => 0, DONE, ['a settled']],
    ['dropped and not begun', () => 0, DROPPED, ['a cancelled: closed as not planned']],
    ['free again', withheld, free, ['a is free']],
    ['still held', withheld, HELD, []],
    ['held for another reason', withheld, { kind: 'held', why: 'put off' }, ['a withheld: put off']],
    ['done while held', withheld, DONE, ['a settled']],
    ['dropped while held', withheld, DROPPED, ['a cancelled: closed as not planned']],
    ...(['spawned', 'working', 'verifying'] as const).flatMap(
      (phase): [string, Make, Standing | null, readonly string[]][] => [
        [`held and ${phase}: it is ours`, to(phase), HELD, []],
        [`free and ${phase}`, to(phase), free, []],
        [`done and ${phase}: it is taken as its agent's word`, to(phase), DONE, []],
        [`dropped and ${phase}`, to(phase), DROPPED, ['a cancelled: closed as not planned']],
      ],
    ),
    ['done and waiting for an answer: there may be work', asked, DONE, []],
    ['done, and the last attempt left work', left('src/a.ts'), DONE, []],
    ['done, and the last attempt left nothing', left(), DONE, ['a settled']],
    ['done, and a person wanted it anew', restarted, DONE, []],
    ['done, and no agent could be started', notStarted, DONE, ['a settled']],
    ['done, and a later agent could not be started', (s) => notStarted(left('a')(s) as RunState), DONE, []],
    ['dropped, and the last attempt left work', left('a'), DROPPED, ['a cancelled: closed as not planned']],
    ['dropped and waiting for an answer', asked, DROPPED, ['a cancelled: closed as not planned']],
    ...(['committed', 'queued', 'merged'] as const).flatMap(
      (phase): [string, Make, Standing | null, readonly string[]][] =>
        [HELD, DONE, DROPPED].map((standing) => [
          `${standing.kind} and ${phase}: people decide here`,
          to(phase),
          standing,
          [],
        ]),
    ),
    ['held and failed', failed, HELD, []],
    ['done and failed', failed, DONE, []],
    ['dropped and failed', failed, DROPPED, []],
  ])('%s', (_name, make, standing, expected) => {
    const state = runOf([draft('a')]);
    make(state);
    const supply = supplyOf([draft('a')], standing === null ? {} : { a: standing });
    const { events } = grow(state, supply);
    expect(say(events)).toEqual(expected);
    play(state, events);
    expect(grow(state, supply).events).toEqual([]);
  });

  test('what its source does not show is not said to be free', () => {
    const state = runOf([draft('a')]);
    withheld(state);
    expect(grow(state, supplyOf([])).events).toEqual([]);
  });
});

describe('what a plan begins with', () => {
  const supply = supplyOf([draft('a', { needs: ['x', 'y', 'b'] }), draft('b'), draft('x'), draft('y')], {
    b: HELD,
    x: DONE,
    y: DROPPED,
    z: HELD,
  });

  test('is what is not over, with what is over as met', () => {
    const tasks = planSupply(supply);
    expect(tasks.map(({ id }) => id.value)).toEqual(['a', 'b']);
    expect(tasks[0]?.dependencies.map(({ task }) => task)).toEqual(['b']);
  });

  test('and what of it is not begun is said', () => {
    const { tasks } = planOf(planSupply(supply));
    expect(say(listWithheld(tasks, supply))).toEqual(['b withheld: taken by ada']);
  });
});

describe('laws', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
  const standing = fc.constantFrom<Standing | null>(null, null, null, HELD, DONE, DROPPED);
  const drafts = fc.subarray([...ids]).chain((some) =>
    fc.tuple(
      ...some.map((id) =>
        fc
          .record({
            needs: fc.subarray([...ids, 'x'], { maxLength: 2 }),
            title: fc.constantFrom('T', 'U'),
            owns: fc.constantFrom(null, ['src/**'], ['src/a']),
          })
          .map((parts) => draft(id, parts)),
      ),
    ),
  );
  const supplies = fc.record({
    drafts,
    standings: fc
      .tuple(...ids.map(() => standing))
      .map((all) => new Map(all.flatMap((one, at) => (one === null ? [] : [[ids[at] as string, one]])))),
  });
  const phases = fc.tuple(fc.constantFrom<Phase>('waiting', 'working', 'committed', 'merged'));

  test('after its facts there is no news, nothing is lost, nothing comes twice, and what was begun stays', () => {
    fc.assert(
      fc.property(fc.array(supplies, { minLength: 1, maxLength: 3 }), phases, (all, [phase]) => {
        const state = bring(runOf([draft('a')]), 'a', phase);
        for (const supply of all) {
          const before = [...state.tasks.keys()];
          const begun = find(state, 'a').task;
          const { events, diagnostics } = grow(state, supply);
          play(state, events);
          // what could not be taken may be, once others are over
          if (diagnostics.length > 0) play(state, grow(state, supply).events);
          expect([...state.tasks.keys()].slice(0, before.length)).toEqual(before);
          if (phase !== 'waiting') expect(find(state, 'a').task).toBe(begun);
          for (const { task } of state.tasks.values())
            for (const edge of task.edges) expect(state.tasks.has(edge.task)).toBe(true);
          const picture = serializeState(state);
          expect(say(grow(state, supply).events)).toEqual([]);
          expect(serializeState(state)).toBe(picture);
        }
      }),
      { numRuns: 200 },
    );
  });
});
