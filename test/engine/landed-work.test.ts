// Whether landed work is still there, with git as a small graph of commits.
import { expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import type { RunState } from '../../src/core/state.ts';
import { lookAtLanded } from '../../src/engine/landed-work.ts';
import { bring, buildState, buildTask, facts, hash, play } from '../core/build.ts';

const A = hash('a candidate');
const B = hash('b candidate');
const ASIDE = { ref: 'weft/integration', detour: 'The checkout is in the way.' };

/** Two tasks that landed one on the other; `over` says how. */
function land(over: { readonly a?: object; readonly b?: object } = {}): RunState {
  const state = buildState([buildTask('a'), buildTask('b'), buildTask('c')]);
  for (const [id, base] of [['a', hash('target')] as const, ['b', A] as const]) {
    bring(state, id, 'queued', 1);
    play(state, [facts.built(id, { base }), facts.candidateVerified(id)], 1);
    play(state, [{ ...facts.landed(id), ...over[id === 'a' ? 'a' : 'b'] } as Event], 1);
  }
  return state;
}

function gitOf(branches: Readonly<Record<string, readonly string[]>>): {
  readonly git: Parameters<typeof lookAtLanded>[0];
  readonly asked: string[];
} {
  const asked: string[] = [];
  const tips = new Map(Object.entries(branches).map(([name, held]) => [held[0] ?? '', { name, held }]));
  return {
    asked,
    git: {
      resolve: async (name) => {
        const held = branches[name.replace('refs/heads/', '')];
        return held === undefined ? null : ((held[0] ?? null) as never);
      },
      isAncestor: async ({ ancestor, of }) => {
        asked.push(ancestor.slice(0, 8));
        return tips.get(of)?.held.includes(ancestor) === true;
      },
    },
  };
}

test('all there: one question for a chain of landings', async () => {
  const { git, asked } = gitOf({ main: [B, A] });
  expect(await lookAtLanded(git, land())).toEqual({ aside: null, gone: [] });
  expect(asked).toHaveLength(1);
});

test('the last landing was taken off the target', async () => {
  const { git } = gitOf({ main: [A] });
  const gone = [{ task: 'b', commit: B, ref: 'main' }];
  expect(await lookAtLanded(git, land())).toEqual({ aside: null, gone });
});

test('the target is gone', async () => {
  const { gone } = await lookAtLanded(gitOf({}).git, land());
  expect(gone.map(({ task }) => task)).toEqual(['a', 'b']);
});

test.each<[string, Readonly<Record<string, readonly string[]>>, readonly string[], readonly string[]]>([
  ['is still beside the target', { main: ['old'], 'weft/integration': [B, A] }, ['a', 'b'], []],
  ['was merged by a person', { main: ['merge', B, A], 'weft/integration': [B, A] }, [], []],
  ['was merged, and the branch deleted', { main: ['merge', B, A] }, [], []],
  ['is nowhere', { main: ['old'] }, [], ['a', 'b']],
])('what landed aside %s', async (_name, branches, aside, gone) => {
  const seen = await lookAtLanded(gitOf(branches).git, land({ a: ASIDE, b: ASIDE }));
  expect(seen.aside?.tasks ?? []).toEqual(aside);
  expect(seen.gone.map(({ task }) => task)).toEqual(gone);
});

test('a git that gives no answer is no proof', async () => {
  const git = {
    resolve: () => Promise.reject(new Error('no git')),
    isAncestor: () => Promise.resolve(false),
  };
  expect(await lookAtLanded(git, land({ b: ASIDE }))).toEqual({
    aside: { ref: 'weft/integration', tasks: ['b'] },
    gone: [],
  });
});
