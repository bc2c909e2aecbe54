// A track file run to its end: worktrees, agents, gates, landing. Real git, real processes.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findStandstill } from '../../src/surfaces/cli/standstill.ts';
import { fingerprintCheckout } from '../../src/testing/temp-repo.ts';
import { openStage, type Stage } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.remove();
});

test('two tasks of two tracks land on the branch that is checked out, and their worktrees go', async () => {
  await stage.script([
    [{ id: 'api', owns: ['src/api/'], acts: [{ write: { path: 'src/api/a.txt', text: 'a\n' } }] }],
    [
      {
        id: 'ui',
        owns: ['src/ui/'],
        acts: [{ write: { path: 'src/ui/u.txt', text: 'u\n' } }, { commit: 'ui' }],
      },
    ],
  ]);
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('complete');
  expect(view.tasks.map((task) => [task.id, task.phase])).toEqual([
    ['api', 'merged'],
    ['ui', 'merged'],
  ]);
  expect(await stage.repo.git('show', 'main:src/api/a.txt')).toBe('a');
  expect(await stage.repo.git('show', 'main:src/ui/u.txt')).toBe('u');
  expect(await stage.repo.git('status', '--porcelain')).toBe('');
  expect((await stage.repo.git('worktree', 'list')).split('\n')).toHaveLength(1);
  expect(await stage.repo.git('branch', '--list', 'weft/*')).toBe('');
  expect(await stage.repo.git('log', '-1', '--format=%(trailers:key=Weft-Task,valueonly)', 'main')).toMatch(
    /api|ui/,
  );
});

test('step two of a track sees the work of step one', async () => {
  await stage.script([
    [
      { id: 'one', acts: [{ write: { path: 'one.txt', text: '1\n' } }] },
      { id: 'two', acts: [{ run: 'test -f one.txt' }, { write: { path: 'two.txt', text: '2\n' } }] },
    ],
  ]);
  const { outcome } = await stage.run();
  expect(outcome).toBe('complete');
  expect(await stage.repo.git('ls-tree', '--name-only', 'main')).toContain('two.txt');
});

test('nothing lands without approval when a human integrates, and the checkout stays as it is', async () => {
  await stage.script([[{ id: 'api', acts: [{ write: { path: 'a.txt', text: 'a\n' } }] }]], {
    integrate: 'human',
  });
  const before = await stage.repo.git('rev-parse', 'main');
  await stage.repo.write('.weft/.gitignore', '*\n!config.yaml\n');
  const print = await fingerprintCheckout(stage.repo.path);
  const { outcome, view, run } = await stage.run();
  expect(outcome).toBe('blocked');
  expect(stage.task(view, 'api')).toMatchObject({ phase: 'committed', attempts: 1 });
  expect(await stage.repo.git('rev-parse', 'main')).toBe(before);
  expect(print).not.toBe('');
  const said = await stage.app.command(run, { kind: 'approve', task: 'api' });
  expect(said).toMatchObject({ ok: true, value: { by: 'inbox' } });
  const resumed = await stage.app.resume(run, {}, { stay: false });
  if (!resumed.ok) throw new Error(resumed.failure.sentence);
  expect(await resumed.value.outcome).toBe('complete');
  expect(await stage.repo.git('show', 'main:a.txt')).toBe('a');
});

test('a complete run is known to be so until anybody touches it', async () => {
  await stage.script([[{ id: 'one', acts: [{ write: { path: 'one.txt', text: '1\n' } }] }]]);
  const { run, view } = await stage.run();
  expect(findStandstill(stage.repo.path, run)).toMatchObject(view);
  await rm(join(stage.repo.path, '.weft/runs', run, 'receipt.md'));
  expect(findStandstill(stage.repo.path, run)).toBeNull();
  const resumed = await stage.app.resume(run, {}, { stay: false });
  if (!resumed.ok) throw new Error(resumed.failure.sentence);
  expect(await resumed.value.outcome).toBe('complete');
  expect(findStandstill(stage.repo.path, run)).toMatchObject({ state: 'complete' });
  await stage.repo.git('commit', '-q', '--allow-empty', '-m', 'more');
  expect(findStandstill(stage.repo.path, run)).toBeNull();
});

test('a run that died before its first fact is not the latest, and is not resumed', async () => {
  await stage.script([[{ id: 'one', acts: [{ write: { path: 'one.txt', text: '1\n' } }] }]]);
  const { run } = await stage.run();
  const stillborn = '29990101-000000-0000';
  await stage.repo.write(`.weft/runs/${stillborn}/journal.jsonl`, '');
  expect(await stage.app.findRun('latest')).toEqual({ ok: true, value: run });
  const resumed = await stage.app.resume(stillborn, {}, { stay: false });
  expect(resumed).toMatchObject({ ok: false, failure: { sentence: `Run ${stillborn} was never begun.` } });
});
