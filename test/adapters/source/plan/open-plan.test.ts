// Which format a plan has that somebody named.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPlan } from '../../../../src/adapters/source/plan/open-plan.ts';
import { type Files, withFiles } from '../scene.ts';

test.each<[string | null, Files, unknown]>([
  [null, { '.plan/x/tasks/a.md': '' }, { kind: 'plan-folder', path: '.plan' }],
  [null, { 'IMPLEMENTATION_PLAN.md': '' }, { kind: 'plan-file', path: 'IMPLEMENTATION_PLAN.md' }],
  ['todo.md', { 'todo.md': '' }, { kind: 'plan-file', path: 'todo.md' }],
  ['.takt/tasks.yaml', { '.takt/tasks.yaml': 'tasks: []' }, { kind: 'takt', path: '.takt/tasks.yaml' }],
  ['t.yaml', { 't.yaml': 'tasks:\n  - title: a\n' }, { kind: 'ralphy', path: 't.yaml' }],
  ['t.yaml', { 't.yaml': 'tasks:\n  - name: a\n    status: pending\n' }, { kind: 'takt', path: 't.yaml' }],
])('%j', (path, files, spec) =>
  withFiles(files, (repository) => {
    const cwd = join(repository, 'deep');
    mkdirSync(cwd);
    expect(findPlan(path, { cwd, checkout: repository, repository })).toEqual({ ok: true, value: spec });
  }),
);

test.each<[string | null, Files, string]>([
  [null, {}, 'There is no plan here.'],
  ['x.md', {}, 'The plan "x.md" does not exist.'],
  ['t.yaml', { 't.yaml': 'tracks: []' }, '"t.yaml" is a track file.'],
])('%j is refused', (path, files, sentence) =>
  withFiles(files, (repository) => {
    const found = findPlan(path, { cwd: repository, checkout: repository, repository });
    expect(found).toMatchObject({ ok: false, failure: { sentence } });
  }),
);
