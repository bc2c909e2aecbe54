// What `weft merge` leaves of runs that are here: worktrees and branches go where nothing is lost, and stay where something is.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { MergeRow } from '../../src/core/merge-table.ts';
import { type Forge, startForge } from '../../src/testing/forge/forge.ts';
import { runTestGit } from '../../src/testing/temp-repo.ts';
import { createVirtualClock, given, look, openPort, REPO } from '../adapters/forge/github/rig.ts';
import { type Ended, journalSays, startWeft } from './cli.ts';
import { openStage, type Stage, type TestTask } from './rig.ts';

let stage: Stage;
let forge: Forge;
beforeEach(async () => {
  stage = await openStage();
  forge = await startForge({ now: () => Date.now() - 600_000, repositories: [{ name: REPO }] });
});
afterEach(async () => {
  await forge.close();
  await stage.remove();
});

function writing(id: string): TestTask {
  return { id, acts: [{ write: { path: `${id}.txt`, text: `${id}\n` } }] };
}

interface Place {
  readonly path: string;
  readonly branch: string;
}

/** Brings the target and the tasks' branches to the forge, with a pull request each; gives where their worktrees are. */
async function publish(run: string, tasks: readonly string[]): Promise<Readonly<Record<string, Place>>> {
  const { repo, app } = stage;
  const url = forge.gitUrl(REPO).replace('://', '://x:forge-token@');
  await repo.git('remote', 'add', 'origin', forge.gitUrl(REPO));
  await repo.git('push', '-q', '--force', url, 'main:main');
  const port = openPort(forge, createVirtualClock());
  const places: Record<string, Place> = {};
  for (const { task, path, branch } of await app.worktrees()) {
    if (branch === null || !tasks.includes(task)) continue;
    places[task] = { path, branch };
    await repo.git('push', '-q', url, `${branch}:${branch}`);
    const marker = `<!-- weft run=${run} task=${task} -->`;
    given(await port.ensurePull({ marker, branch, base: 'main', title: task, body: '', isDraft: false }));
  }
  return places;
}

function merge(): Promise<Ended> {
  const env = { GH_ENTERPRISE_TOKEN: 'forge-token', WEFT_GITHUB_API: forge.url };
  return startWeft(stage.repo.path, ['merge', '--json'], env).ended;
}

function notesOf({ out }: Ended): Readonly<Record<string, readonly string[]>> {
  const { pulls } = JSON.parse(out) as { readonly pulls: readonly MergeRow[] };
  expect(pulls.map(({ verdict }) => verdict)).toEqual(pulls.map(() => 'merge'));
  return Object.fromEntries(pulls.map(({ task, notes }) => [task, notes]));
}

function branches(): Promise<string> {
  return stage.repo.git('for-each-ref', '--format=%(refname:short)', 'refs/heads/weft');
}

test('a worktree with nothing but what was merged goes, and its run goes on with that; others stay and are named', async () => {
  await stage.script([[writing('plain')], [writing('dirty')], [writing('ahead')]], { integrate: 'human' });
  const { run, outcome } = await stage.run({ strategy: 'merge' });
  expect(outcome).toBe('blocked');
  const places = await publish(run, ['plain', 'dirty', 'ahead']);
  const { plain, dirty, ahead } = places;
  if (plain === undefined || dirty === undefined || ahead === undefined) throw new Error('no worktrees');
  await writeFile(join(dirty.path, 'more.txt'), 'more\n');
  await runTestGit(ahead.path, ['commit', '-q', '--allow-empty', '-m', 'more']);
  const head = await stage.repo.git('rev-parse', plain.branch);
  const ended = await merge();
  const why = 'it holds something else than what was merged';
  expect(notesOf(ended)).toEqual({
    plain: [],
    dirty: [`worktree ${dirty.path} stays: ${why}`],
    ahead: [`worktree ${ahead.path} stays: ${why}`],
  });
  expect(ended.code).toBe(0);
  expect([plain, dirty, ahead].map(({ path }) => existsSync(path))).toEqual([false, true, true]);
  expect((await branches()).split('\n')).toEqual([ahead.branch, dirty.branch].sort());
  expect(await stage.repo.git('rev-parse', `refs/weft/landed/${run}/plain`)).toBe(head);
  expect(await look(forge, 'for-each-ref', '--format=%(refname:short)', 'refs/heads')).toBe('main');
  // the way of merging and the words are those of the run
  expect(await look(forge, 'log', '--first-parent', '--format=%s', '-3', 'main')).toMatch(
    /Task plain \(#\d\)/,
  );
  expect(await look(forge, 'log', '-1', '--format=%P', 'main')).toContain(' ');
  expect(await look(forge, 'log', '-1', '--format=%b', 'main')).toContain(`Weft-Run: ${run}`);

  await stage.repo.git('pull', '-q', '--ff-only', 'origin', 'main');
  const resumed = await stage.app.resume(run, {}, { stay: false });
  if (!resumed.ok) throw new Error(resumed.failure.sentence);
  expect(await resumed.value.outcome).toBe('complete');
});

test('an engine that leads the run is left to clear away for itself', async () => {
  await stage.script([[writing('plain')]], { integrate: 'human' });
  const engine = startWeft(stage.repo.path, ['run', 'tracks.yaml', '--stay']);
  onTestFinished(() => void engine.child.kill('SIGKILL'));
  const run = await journalSays(stage.repo.path, '"attempt.verified"', engine);
  const { plain } = await publish(run, ['plain']);
  expect(notesOf(await merge())).toEqual({ plain: [] });
  expect(existsSync(plain?.path ?? '')).toBe(true);
  expect(await branches()).toBe(plain?.branch);
  engine.child.kill('SIGINT');
  await engine.ended;
});

test('what was merged of a run that is not here stays to be looked at', async () => {
  await stage.script([[writing('plain')]], { integrate: 'human' });
  const { run } = await stage.run();
  const { plain } = await publish(run, ['plain']);
  await writeFile(join(stage.app.stateDir, 'runs', run, 'journal.jsonl'), '');
  expect(notesOf(await merge())).toEqual({
    plain: [`worktree ${plain?.path} stays: its run is not here, or cannot be read`],
  });
  expect(existsSync(plain?.path ?? '')).toBe(true);
});
