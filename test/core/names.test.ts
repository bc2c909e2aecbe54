// Names of branches, tags and refs: whatever the id, git and shells take them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { taskId } from '../../src/core/model.ts';
import {
  branchOf,
  candidateRefOf,
  gateTagOf,
  landedRefOf,
  nameRun,
  rescueRefOf,
  sharedBranchOf,
  sharedRefOf,
  tagOf,
} from '../../src/core/names.ts';
import { buildState } from './build.ts';

const all = (id: string): string[] => {
  const state = buildState([]);
  const task = taskId(id);
  const refs = [rescueRefOf, candidateRefOf, sharedRefOf, landedRefOf].map((name) => name(state, task));
  return [branchOf(state, task), tagOf(state, task, 3), ...refs];
};

test('of a plain id', () => {
  expect(all('api')).toEqual([
    'weft/r1/api/work',
    'r1/api/3',
    'refs/weft/rescue/r1/api',
    'refs/weft/cand/r1/api',
    'refs/weft/shared/r1/api',
    'refs/weft/landed/r1/api',
  ]);
});

test('the branch follows the policy’s pattern', () => {
  const state = buildState([], { worktrees: { root: '..', branch: 'agents/{task}-{run}' } });
  expect(branchOf(state, taskId('api'))).toBe('agents/api-r1');
  const shared = buildState([], { worktrees: { root: '..', branch: '{repo}/{task}' } });
  expect(branchOf(shared, taskId('api'))).toBe('repo/api');
});

test('of any id: safe letters only, and no two ids share a name', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (one, other) => {
      for (const name of all(one)) expect(name).toMatch(/^[a-z0-9/-]+$/);
      if (one !== other) expect(all(one)).not.toEqual(all(other));
    }),
  );
});

test('no task’s tag is a gate’s', () => {
  const state = buildState([]);
  expect(gateTagOf(state, 2)).toBe('r1/.gates/2');
  expect(tagOf(state, taskId('.gates'), 2)).not.toBe(gateTagOf(state, 2));
});

test('no task’s branch is the shared one', () => {
  const state = buildState([]);
  for (const id of ['shared', '.shared-', 'Shared']) {
    expect(branchOf(state, taskId(id))).not.toBe(sharedBranchOf(state));
  }
  expect(sharedBranchOf(state)).toMatch(/^weft\/r1\/shared-[0-9a-f]{8}\/work$/);
});

test.each<[string, string, readonly string[], string]>([
  ['the first', '2026-11-22T08:42:46.900Z', [], '20261122-084246-ab12'],
  ['after an earlier one', '2026-11-22T08:42:46Z', ['20261121-235959-ffff'], '20261122-084246-ab12'],
  ['in the same second', '2026-11-22T08:42:46.999Z', ['20261122-084246-ffff'], '20261122-084247-ab12'],
  ['at the end of a year', '2026-12-31T23:59:59Z', ['20261231-235959-0000'], '20270101-000000-ab12'],
  ['when the clock was put back', '2026-11-22T08:00:00Z', ['20261122-090000-0000'], '20261122-090001-ab12'],
  ['beside what is no run', '2026-11-22T08:42:46Z', ['notes', '99999999-999999-x'], '20261122-084246-ab12'],
])('a run that begins %s', (_when, at, names, expected) => {
  expect(nameRun({ wallMs: Date.parse(at), names, chance: 'ab12' })).toBe(expected);
});
