// What is left on disk after runs: listed with what is in it, cleared away without losing anything.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Cleaned } from '../../src/surfaces/app.ts';
import { openStage, type Stage } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.remove();
});

/** A task that commits nothing and fails, and one that fails with work in its worktree. */
async function fail(config: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const limits = { attempts: 1 };
  const failing = (id: string, run: string): never => [{ id, acts: [], frontmatter: { run } }] as never;
  await stage.script([failing('bare', 'exit 3'), failing('full', 'echo work > work.txt; exit 3')], {
    limits,
    ...config,
  });
  const { run, outcome } = await stage.run();
  expect(outcome).toBe('failed');
  return run;
}

async function list(): Promise<readonly string[]> {
  const worktrees = await stage.app.worktrees();
  return worktrees
    .map(({ task, keep, holds }) => `${task.replace(/kept-.*/, 'kept')}: ${keep ?? holds}`)
    .sort();
}

async function clean(options: { readonly dryRun: boolean; readonly force: boolean }): Promise<Cleaned> {
  const cleaned = await stage.app.clean(null, options);
  if (!cleaned.ok) throw new Error(cleaned.failure.sentence);
  return cleaned.value;
}

test('a worktree that holds work stays, unless it is forced away into a ref that is named [F45]', async () => {
  const run = await fail();
  const [first] = await stage.app.worktrees();
  const root = dirname(first?.path ?? '');
  expect(await list()).toEqual(['bare: null', 'full: commits that did not land']);
  await writeFile(join(root, 'full', 'more.txt'), 'more\n');
  const holds = 'uncommitted changes and commits that did not land';
  expect(await list()).toEqual(['bare: null', `full: ${holds}`]);
  const reason = `it holds ${holds}; \`weft worktree clean --force\` would keep that under refs/weft/rescue/${run}/full`;
  for (const dryRun of [true, false]) {
    const { removed, kept } = await clean({ dryRun, force: false });
    expect(kept).toEqual([{ path: join(root, 'full'), reason }]);
    expect(removed).toContainEqual({ path: join(root, 'bare'), rescue: null });
  }
  expect(await readFile(join(root, 'full', 'work.txt'), 'utf8')).toBe('work\n');
  const foreseen = await clean({ dryRun: true, force: true });
  expect(foreseen.removed).toEqual([{ path: join(root, 'full'), rescue: `refs/weft/rescue/${run}/full` }]);
  const { removed, kept } = await clean({ dryRun: false, force: true });
  expect(kept).toEqual([]);
  const [gone] = removed;
  expect(gone?.rescue).toMatch(new RegExp(`^refs/weft/rescue/${run}/full/`));
  for (const name of ['work', 'more']) {
    expect(await stage.repo.git('show', `${gone?.rescue}:${name}.txt`)).toBe(name);
  }
});

test('prune leaves worktrees of runs that are there, and removes those of runs that are gone', async () => {
  const run = await fail();
  const before = await list();
  expect(await stage.app.prune({ dryRun: false })).toEqual({ dropped: [], removed: [], kept: [] });
  expect(await list()).toEqual(before);
  await rm(join(stage.app.stateDir, 'runs', run), { recursive: true });
  const foreseen = await stage.app.prune({ dryRun: true });
  const pruned = await stage.app.prune({ dryRun: false });
  expect(pruned).toEqual(foreseen);
  expect(pruned.kept.map(({ path }) => path.split('/').at(-1))).toEqual(['full']);
  expect(pruned.removed.map(({ path }) => path.split('/').at(-1))).toEqual(['bare']);
});

test('a journal that cannot be read is no reason to remove anything, and doctor names it', async () => {
  const run = await fail();
  const journal = join(stage.app.stateDir, 'runs', run, 'journal.jsonl');
  const lines = (await readFile(journal, 'utf8')).split('\n');
  lines[1] = `${lines[1]?.slice(0, -5)}xxxxx`;
  await writeFile(journal, lines.join('\n'));
  for (const name of await readdir(dirname(journal))) {
    if (name.startsWith('snapshot')) await rm(join(dirname(journal), name));
  }
  const reason = `the journal of run ${run} cannot be read`;
  expect(await list()).toContain(`full: ${reason}`);
  const { removed, kept } = await stage.app.prune({ dryRun: false });
  expect(removed).toEqual([]);
  expect(new Set(kept.map((each) => each.reason))).toEqual(new Set([reason]));
  const checks = await stage.app.check(null);
  expect(checks.find(({ name }) => name === `run ${run}`)?.state).toBe('warning');
});

test('folders that were moved aside are named, and never touched', async () => {
  const run = await fail();
  const [first] = await stage.app.worktrees();
  const aside = `${join(dirname(first?.path ?? ''), 'full')}.kept-abc`;
  await mkdir(aside);
  const named = 'weft moved it aside to make room for a worktree; look into it, then delete it by hand';
  expect(await list()).toContain(`full.kept: ${named}`);
  expect((await stage.app.prune({ dryRun: false })).kept).toEqual([{ path: aside, reason: named }]);
  await clean({ dryRun: false, force: true });
  expect(existsSync(aside)).toBe(true);
  expect(run).not.toBe('');
});

test('beside worktrees at places of their own only what was moved aside there is named', async () => {
  const run = await fail({ worktrees: { path: '../{repo}-issue-{id}', branch: 'issue-{id}' } });
  expect(await list()).toEqual(['bare: null', 'full: commits that did not land']);
  const [own, foreign] = ['repo-issue-full.kept-abc', 'holiday.kept-abc'].map((name) =>
    join(stage.repo.around, name),
  );
  for (const path of [own, foreign]) await mkdir(path as string);
  expect((await stage.app.worktrees()).map(({ path }) => path)).toContain(own);
  expect((await stage.app.worktrees()).map(({ path }) => path)).not.toContain(foreign);
  // a run that nobody remembers leaves its places to the next one, and its work is kept all the same
  await rm(join(stage.app.stateDir, 'runs', run), { recursive: true });
  await stage.script([[{ id: 'full', acts: [], frontmatter: { run: 'echo better > work.txt' } }]], {
    worktrees: { path: '../{repo}-issue-{id}', branch: 'issue-{id}' },
  });
  expect((await stage.run()).outcome).toBe('complete');
  const kept = await stage.repo.git('for-each-ref', '--format=%(refname)', `refs/weft/rescue/${run}`);
  expect(await stage.repo.git('show', `${kept}:work.txt`)).toBe('work');
  expect(await stage.repo.git('show', 'main:work.txt')).toBe('better');
});
