// The check of a run that is over, on a real repository: silent when all is well, loud when git, processes or files differ.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGitPort } from '../../src/adapters/git/git-port.ts';
import { createJournalStore } from '../../src/adapters/journal/file-journal.ts';
import { createProcessPort } from '../../src/adapters/process/process-port.ts';
import { createFiles } from '../../src/adapters/system/files.ts';
import type { Event } from '../../src/core/event.ts';
import { verifyRun, type Witnesses } from '../../src/engine/verify-run.ts';
import { openStage, type Stage } from '../end-to-end/rig.ts';

let stage: Stage;
let run: string;
let witnesses: Witnesses;

beforeAll(async () => {
  stage = await openStage();
  const work = (name: string) => [{ write: { path: `${name}.txt`, text: name } }, { commit: name }];
  await stage.script([
    [{ id: 'one', acts: work('one') }],
    [{ id: 'two', dependsOn: ['one'], acts: work('two') }],
  ]);
  ({ run } = await stage.run());
  const git = await createGitPort(stage.repo.path);
  if (!git.ok) throw new Error(git.failure.sentence);
  witnesses = {
    repository: stage.repo.path,
    stateDir: join(stage.repo.path, '.weft'),
    git: git.value,
    process: createProcessPort(),
    files: createFiles(),
    journals: createJournalStore(),
  };
});
afterAll(() => stage.remove());

async function accusations(changes: Partial<Witnesses> = {}): Promise<readonly string[]> {
  const found = await verifyRun({ ...witnesses, ...changes }, run);
  if (!found.ok) throw new Error(found.failure.sentence);
  return found.value.flatMap(({ id, wrong }) => wrong.map((sentence) => `${id}: ${sentence}`));
}

/** The journal with some facts told otherwise. */
function retold(change: (event: Event) => Event): Partial<Witnesses> {
  const { journals } = witnesses;
  const read: typeof journals.read = async (dir) => {
    const opened = await journals.read(dir);
    if (!opened.ok) return opened;
    const records = opened.value.records.map((record) => ({ ...record, event: change(record.event) }));
    return { ok: true, value: { ...opened.value, records } };
  };
  return { journals: { ...journals, read } };
}

test('a run that went well', async () => {
  const found = await verifyRun(witnesses, run);
  if (!found.ok) throw new Error(found.failure.sentence);
  expect(found.value.filter(({ state }) => state === 'broken')).toEqual([]);
  const looked = Object.fromEntries(found.value.map(({ id, looked: words }) => [id, words]));
  expect(looked['I5']).toContain('2 commits on the target');
  expect(looked['I2']).toContain('2 attempts that are over');
  expect(looked['I9']).toContain('2 tasks in the last picture');
  expect(await stage.app.verify(run)).toEqual(found);
});

test('a target that was moved back', async () => {
  const tip = await stage.repo.git('rev-parse', 'main');
  await stage.repo.git('update-ref', 'refs/heads/main', 'main~1');
  expect(await accusations()).toEqual([`I5: ${tip}, by which two landed, is not on main`]);
  await stage.repo.git('update-ref', 'refs/heads/main', tip);
  expect(await accusations()).toEqual([]);
});

test('a commit that no ref holds any more', async () => {
  const ref = `refs/weft/landed/${run}/one`;
  const head = await stage.repo.git('rev-parse', ref);
  await stage.repo.git('update-ref', '-d', ref);
  expect(await accusations()).toEqual([`I1: ${head}, the last commit of one, is held by no ref of weft's`]);
  await stage.repo.git('update-ref', ref, head);
});

test('a branch and a worktree that are left', async () => {
  const path = join(stage.repo.around, 'left');
  const branch = `weft/${run}/one/work`;
  await stage.repo.git(
    'worktree',
    'add',
    '-q',
    '-b',
    branch,
    '--lock',
    '--reason',
    `weft run=${run} task=one`,
    path,
  );
  const wrongs = await accusations();
  expect(wrongs).toEqual([
    `I12: the worktree ${path} is left over`,
    `I12: the branch ${branch} is left over`,
  ]);
  await stage.repo.git('worktree', 'remove', '-f', '-f', path);
  await stage.repo.git('branch', '-q', '-D', branch);
});

test('an agent that lives on', async () => {
  const wrongs = await accusations({ process: { ...witnesses.process, isAlive: () => true } });
  expect(wrongs.filter((wrong) => /^I2: process \d+ of (one|two)\/1 still runs/.test(wrong))).toHaveLength(2);
});

test('a picture that the journal does not give', async () => {
  const path = join(stage.repo.path, '.weft', 'runs', run, 'view.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"phase":"merged"', '"phase":"failed"'));
  expect(await accusations()).toEqual([
    expect.stringMatching(/^I9: the engine saw ….*failed.* and the journal gives …/),
  ]);
  await writeFile(path, text);
});

test('a landing that git tells otherwise, and kept work that is gone', async () => {
  const wrongs = await accusations(
    retold((event) => {
      if (event.type === 'task.swept' && event.task === 'one')
        return { ...event, rescue: 'refs/weft/rescue/gone' };
      const isVerdict =
        event.type === 'attempt.verified' || event.type === 'candidate.built' || event.type === 'task.landed';
      if (!isVerdict || event.task !== 'two') return event;
      return { ...event, tree: '1'.repeat(40) as typeof event.tree };
    }),
  );
  expect(wrongs).toContainEqual(
    expect.stringMatching(/^I5: .* has the tree .*, and 1{40} was verified for two$/),
  );
  expect(wrongs).toContain('I11: refs/weft/rescue/gone, which kept the work of one, is gone');
});

test('a run that was never begun', async () => {
  await mkdir(join(stage.repo.path, '.weft', 'runs', 'empty'), { recursive: true });
  await writeFile(join(stage.repo.path, '.weft', 'runs', 'empty', 'journal.jsonl'), '');
  expect(await verifyRun(witnesses, 'empty')).toMatchObject({ ok: false, failure: { kind: 'corrupt' } });
});
