// Settings of the whole repository that an agent changes: the inspection of its attempt names them.
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRig, type Rig, value, type Worktree, writeDeep } from './rig.ts';

let rig: Rig;
let task: Worktree;
beforeEach(async () => {
  rig = await createRig();
  await writeDeep(join(rig.repo.path, '.git/hooks/pre-push'), '#!/bin/sh\n');
  task = await rig.start('a');
  value(await rig.port.noteSettings(task.path));
  await task.commit({ 'a.txt': 'a\n' });
});
afterEach(() => rig.remove());

async function odd(): Promise<string | null> {
  const { path, branch, base } = task;
  return value(await rig.port.inspect({ worktree: path, branch, base })).odd;
}

const CHANGED: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['config core.fsmonitor', () => task.git('config', 'core.fsmonitor', 'touch canary')],
  ['config alias.st', () => task.git('config', 'alias.st', '!touch canary')],
  ['config', () => writeDeep(join(rig.repo.path, '.git/config'), '[broken\n')],
  [
    'config.worktree core.editor',
    () => writeDeep(join(rig.repo.path, '.git/config.worktree'), '[core]\n\teditor = x\n'),
  ],
  ['hooks/post-checkout', () => writeDeep(join(rig.repo.path, '.git/hooks/post-checkout'), '#!/bin/sh\n')],
  ['hooks/pre-push', () => writeDeep(join(rig.repo.path, '.git/hooks/pre-push'), '#!/bin/sh\nx\n')],
  ['hooks/pre-push', () => chmod(join(rig.repo.path, '.git/hooks/pre-push'), 0o755)],
  ['hooks/pre-push', () => rm(join(rig.repo.path, '.git/hooks/pre-push'))],
  ['info/attributes', () => writeDeep(join(rig.repo.path, '.git/info/attributes'), '* filter=x\n')],
];
for (const [at, [name, change]] of CHANGED.entries()) {
  test(`${at + 1}: ${name}`, async () => {
    expect(await odd()).toBeNull();
    await change();
    if (at === 2) return expect((await rig.port.inspect({ worktree: task.path, ...task })).ok).toBe(false);
    expect(await odd()).toBe(
      `Settings of the whole repository were changed while it worked, by it or beside it: ${name}.`,
    );
    // the next attempt is not blamed for what the one before did
    value(await rig.port.noteSettings(task.path));
    expect(await odd()).toBeNull();
  });
}

test('what everyday commands write there is fine', async () => {
  await task.git('config', 'user.name', 'Somebody Else');
  await task.git('config', 'branch.x.remote', 'origin');
  await task.git('config', 'submodule.lib.url', 'https://example.org/lib');
  await task.git('branch', '--set-upstream-to=main');
  await mkdir(join(rig.repo.path, '.git/info'), { recursive: true });
  expect(await odd()).toBeNull();
});

test('a change is held against one of those at work, and named again when it is asked again', async () => {
  const other = await rig.start('other');
  for (const { path } of [task, other]) value(await rig.port.noteSettings(path));
  await task.git('config', 'core.pager', 'x');
  const seen = async ({ path, branch, base }: Worktree): Promise<string | null> =>
    value(await rig.port.inspect({ worktree: path, branch, base })).odd;
  expect(await seen(task)).toContain('config core.pager');
  expect(await seen(other)).toBeNull();
  expect(await seen(task)).toContain('config core.pager');
});
