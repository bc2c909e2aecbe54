// Several tasks on their way to the target together: real git, real gates, one of them at fault.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, type Stage, type TestTask } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.remove();
});

/** A gate that notes what it saw and fails when two files meet that do not go together. */
function gate(log: string): string {
  return `ls *.txt | tr '\\n' ' ' >> '${log}'; echo >> '${log}'; ! { test -f c.txt && test -f f.txt; }`;
}

const writes = (id: string): TestTask => ({
  id,
  owns: [`${id}.txt`, `${id}2.txt`],
  acts: {
    default: [{ write: { path: `${id}.txt`, text: `${id}\n` } }],
    '2': [{ run: `git rm -q ${id}.txt` }, { write: { path: `${id}2.txt`, text: `${id}\n` } }],
  },
});

/** Approves all, which leaves one to be asked about; gives where each task is then, and after how many attempts. */
async function approveAll(run: string): Promise<readonly string[]> {
  expect((await stage.app.command(run, { kind: 'approve', task: null })).ok).toBe(true);
  const led = await stage.app.resume(run, {}, { stay: false });
  if (!led.ok) throw new Error('it does not resume');
  expect(await led.value.outcome).toBe('blocked');
  const view = await stage.app.view(run);
  if (!view.ok) throw new Error(view.failure.sentence);
  return view.value.tasks.map((task) => `${task.id} ${task.phase} ${task.attempts}`);
}

test('eight that wait land by few runs of the gates; who does not go with the others goes back alone', async () => {
  const log = join(stage.repo.path, '..', 'runs.log');
  await stage.script(
    [...'abcdefgh'].map((id) => [writes(id)]),
    { integrate: 'human', gates: { tier0: [gate(log)] } },
  );
  const { run } = await stage.run();
  const alone = readFileSync(log, 'utf8').trim().split('\n');
  expect(alone).toHaveLength(8);
  expect(await approveAll(run)).toEqual([
    'a merged 1',
    'b merged 1',
    'c merged 1',
    'd merged 1',
    'e merged 1',
    'f committed 2',
    'g merged 1',
    'h merged 1',
  ]);
  // f's second try has a run of its own; the rest is what landing seven took
  const landing = readFileSync(log, 'utf8').trim().split('\n').length - alone.length - 1;
  expect(landing).toBeLessThanOrEqual(7);
  const commits = (await stage.repo.git('rev-list', '--first-parent', '-7', 'main')).split('\n');
  for (const commit of commits) {
    const files = await stage.repo.git('ls-tree', '--name-only', commit);
    expect(files.includes('c.txt') && files.includes('f.txt')).toBe(false);
  }
  const found = await stage.app.verify(run);
  if (!found.ok) throw new Error(found.failure.sentence);
  expect(found.value.flatMap((each) => each.wrong)).toEqual([]);
});

test('a stacked task that takes the target in is measured from there once what it stood on has landed squashed', async () => {
  const low: TestTask = {
    id: 'low',
    owns: ['low.txt'],
    acts: { default: [{ write: { path: 'low.txt', text: 'low\n' } }] },
  };
  const top: TestTask = {
    id: 'top',
    owns: ['top*.txt'],
    acts: {
      default: [{ write: { path: 'top.txt', text: 'top\n' } }],
      '2': [{ merge: true }, { run: 'git mv top.txt top2.txt' }],
    },
  };
  const gates = { tier0: ['! { test -f top.txt && test -f other.txt; }'] };
  await stage.script([[low, top]], { integrate: 'human', gates });
  const { run } = await stage.run();
  await stage.repo.write('other.txt', 'other\n');
  await stage.repo.commit('meanwhile');
  expect(await approveAll(run)).toEqual(['low merged 1', 'top committed 2']);
});
