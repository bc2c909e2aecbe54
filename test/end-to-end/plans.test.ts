// Plans in files as tasks of the real command line: ticked off as they land, and looked at again while the run goes on.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTempRepo, type TempRepo } from '../../src/testing/temp-repo.ts';
import { journalSays, startWeft, weft } from './cli.ts';
import { type Step, type TestTask, writeScript } from './rig.ts';
import { letGo, task, waitFor } from './shop.ts';

/** Opens a repository with a plan in it, committed. */
async function openRepo(
  agents: readonly TestTask[],
  files: Readonly<Record<string, string>>,
): Promise<TempRepo> {
  const repo = await createTempRepo();
  onTestFinished(() => repo.remove());
  for (const [path, text] of Object.entries(files)) await repo.write(path, text);
  await writeScript(repo, [agents], { gates: { tier0: ['true'] } });
  return repo;
}

function work(id: string): readonly Step[] {
  return task(id).acts as readonly Step[];
}

async function phases({ path }: TempRepo): Promise<Readonly<Record<string, string>>> {
  const { tasks } = JSON.parse((await weft(path, 'status', '--json')).out) as {
    tasks: readonly { id: string; phase: string }[];
  };
  return Object.fromEntries(tasks.map(({ id, phase }) => [id, phase]));
}

describe('a plan', () => {
  it.each([
    [
      'checklist',
      'PLAN.md',
      '# Plan\n\n## API\n\n- [ ] Add route\n- [ ] Add auth\n',
      ['add-route', 'add-auth'],
      '# Plan\n\n## API\n\n- [x] Add route\n- [x] Add auth\n',
    ],
    [
      'list of ralphy',
      'list.yaml',
      'tasks:\n  - title: Left\n    completed: false\n  - title: Right\n    completed: false\n',
      ['left', 'right'],
      'tasks:\n  - title: Left\n    completed: true\n  - title: Right\n    completed: true\n',
    ],
  ])('that is a %s is ticked off as its tasks land', async (_, path, text, ids, after) => {
    const repo = await openRepo(
      ids.map((id) => task(id)),
      { [path]: text },
    );
    const { code, out, err } = await weft(repo.path, 'run', 'plan', path);
    expect(code, out + err).toBe(0);
    expect(await phases(repo)).toEqual(Object.fromEntries(ids.map((id) => [id, 'merged'])));
    expect(await readFile(join(repo.path, path), 'utf8')).toBe(after);
    for (const id of ids) expect(await repo.git('show', `HEAD:${id}.txt`)).toBe(`${id} text`);
  });

  it('that is a folder or takt’s queue is found and done', async () => {
    const record = '    created_at: "2026-01-01"\n    started_at: null\n    completed_at: null\n';
    const repo = await openRepo([task('e2e.001_set_up'), task('e2e.002_build'), task('add-login')], {
      '.plan/e2e/tasks/001_set_up.md': '# Task 001: Set up\n',
      '.plan/e2e/tasks/002_build.md': '# Task 002: Build\n\n## Dependencies\n\n- 001_set_up\n',
      '.takt/tasks.yaml': `tasks:\n  - name: add-login\n    status: pending\n    content: Add it.\n${record}`,
    });
    const folder = await weft(repo.path, 'run', 'plan');
    expect(folder.code, folder.out + folder.err).toBe(0);
    expect(await phases(repo)).toEqual({ 'e2e.001_set_up': 'merged', 'e2e.002_build': 'merged' });
    const queue = await weft(repo.path, 'run', 'plan', '.takt/tasks.yaml');
    expect(queue.code, queue.out + queue.err).toBe(0);
    expect(await phases(repo)).toEqual({ 'add-login': 'merged' });
  });

  it('whose failed task was begun anew goes on with its run when it is typed again', async () => {
    const fails: TestTask = { id: 'first', acts: { 1: [{ exit: 127 }], default: work('first') } };
    const repo = await openRepo([fails], { 'PLAN.md': '# P\n\n- [ ] first\n' });
    expect((await weft(repo.path, 'run', 'plan', 'PLAN.md')).code).toBe(1);
    expect((await weft(repo.path, 'restart', 'first')).out).toContain('first starts anew');
    const { code, out } = await weft(repo.path, 'run', 'plan', 'PLAN.md');
    expect(code, out).toBe(0);
    expect(out).toMatch(/^run \S+ goes on/);
    expect(await phases(repo)).toEqual({ first: 'merged' });
  });

  it('that changes while the run goes on is picked up', async () => {
    const waits: TestTask = { id: 'first', acts: [waitFor('go'), ...work('first')] };
    const repo = await openRepo([waits, task('late')], { 'PLAN.md': '# P\n\n- [ ] first\n' });
    const running = startWeft(repo.path, ['run', 'plan', 'PLAN.md']);
    await journalSays(repo.path, '"attempt.started"', running);
    await repo.write('PLAN.md', '# P\n\n- [ ] first\n- [ ] late\n');
    await journalSays(repo.path, '"plan.changed"', running);
    await letGo({ repo }, 'go');
    const { code, out } = await running.ended;
    expect(code, out).toBe(0);
    expect(await phases(repo)).toEqual({ first: 'merged', late: 'merged' });
  });
});

describe('several sources at once', () => {
  it('are one plan', async () => {
    const repo = await openRepo([task('one'), task('two')], { 'PLAN.md': '# P\n\n- [ ] two-of-plan\n' });
    const dry = await weft(repo.path, 'run', 'tracks.yaml', 'plan', 'PLAN.md', '--dry-run');
    expect(dry.code, dry.err).toBe(0);
    for (const id of ['one', 'two', 'two-of-plan']) expect(dry.out).toContain(id);
  });

  it('that have a task of the same name are refused with both places', async () => {
    const repo = await openRepo([task('one')], { 'PLAN.md': '# P\n\n- [ ] one\n' });
    const { code, err } = await weft(repo.path, 'run', 'tracks.yaml', 'plan', 'PLAN.md', '--dry-run');
    expect(code).toBe(2);
    expect(err).toMatch(/"?one"?/);
    expect(err).toContain('PLAN.md');
    expect(err).toContain('tracks.yaml');
  });
});
