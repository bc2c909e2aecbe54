// `weft run --dry-run` with pull requests: what the forge says to it.
import { expect, it } from 'vitest';
import { ok } from '../../../src/core/failure.ts';
import { DEFAULT_PULLS } from '../../../src/core/pull.ts';
import { createFakeApp, PLANNED, type, viewRun } from './fake-app.ts';

it('a dry run says how the forge stands that work would go to', async () => {
  const forge = (sentence: string, state: 'ok' | 'warning' = 'ok') => ({ name: 'forge', state, sentence });
  const checks = [
    { name: 'git', state: 'ok', sentence: 'git can be used' } as const,
    forge('acme/shop knows the token of GH_TOKEN as bot, who may push and merge'),
    forge('branch main is protected; it has a merge queue'),
  ];
  const dryRun = { tasks: [], waves: [], collisions: [] };
  const policy = { ...PLANNED.policy, pullRequests: DEFAULT_PULLS };
  const fake = createFakeApp(viewRun([], { state: 'stopped' }), {
    check: async () => checks,
    plan: async () => ok({ ...PLANNED, policy, dryRun } as never),
  });
  const typed = type('run tracks.yaml --dry-run', fake);
  expect(await typed.code).toBe(0);
  expect(typed.out()).toBe(`0 tasks in 0 waves · 4 at once · as pull requests onto main
forge: acme/shop knows the token of GH_TOKEN as bot, who may push and merge
forge: branch main is protected; it has a merge queue

Nothing was changed.
`);
  const json = type('run tracks.yaml --dry-run --json', fake);
  expect(await json.code).toBe(0);
  expect(JSON.parse(json.out())).toMatchObject({ checks });
});

it('a dry run says what is not begun, and why', async () => {
  const task = {
    track: null,
    type: 'automated',
    agent: 'sh',
    run: null,
    branch: null,
    owns: null,
  };
  const after = [{ task: 'b', on: 'merged', base: 'target' }];
  const dryRun = {
    tasks: [
      { ...task, id: 'a', title: 'Part a', ref: 'a', after: [], wave: 1 },
      { ...task, id: 'b', title: 'Part b', ref: 'b', after: [], held: 'taken by ada', wave: null },
      { ...task, id: 'c', title: 'Part c', ref: 'c', after, wave: null },
    ],
    waves: [['a']],
    collisions: [],
  };
  const fake = createFakeApp(viewRun([], { state: 'stopped' }), {
    plan: async () => ok({ ...PLANNED, dryRun } as never),
  });
  const typed = type('run beads --dry-run', fake);
  expect(await typed.code).toBe(0);
  expect(typed.out()).toBe(`1 task in 1 wave · 2 kept back · 4 at once · onto main

wave 1
  a  Part a · agent sh · a

kept back
  b  Part b · it waits: taken by ada · agent sh · b
  c  Part c · agent sh · after b landed · c

Nothing was changed.
`);
  const json = type('run beads --dry-run --json', fake);
  expect(await json.code).toBe(0);
  expect(JSON.parse(json.out())).toMatchObject({
    dryRun: { tasks: [{}, { held: 'taken by ada', wave: null }, {}] },
  });
});
