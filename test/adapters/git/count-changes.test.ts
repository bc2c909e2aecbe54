// How much lies in a worktree in which somebody works: committed, changed and new files alike, and nothing of it disturbed.
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRig, type Rig, value, type Worktree } from './rig.ts';

let rig: Rig;
let tree: Worktree;
beforeEach(async () => {
  rig = await createRig();
  await rig.repo.write('a.txt', 'one\ntwo\n');
  await rig.repo.write('b.txt', 'b\n');
  await rig.repo.write('.gitignore', 'out\n');
  await rig.repo.commit('more');
  tree = await rig.start('api');
});
afterEach(() => rig.remove());

async function count(): Promise<unknown> {
  return value(await rig.port.countChanges({ worktree: tree.path, branch: tree.branch }));
}

test('nothing was changed at first', async () => {
  expect(await count()).toEqual({ files: 0, added: 0, deleted: 0 });
});

test('counts what is committed, changed, deleted and new, and not what is ignored or no text', async () => {
  await tree.commit({ 'c.txt': '1\n2\n3\n' });
  await writeFile(join(tree.path, 'a.txt'), 'one\n2\nthree\n');
  await rm(join(tree.path, 'b.txt'));
  await writeFile(join(tree.path, 'new.txt'), 'x\ny');
  await writeFile(join(tree.path, 'bytes'), Buffer.from([0, 10, 10]));
  await writeFile(join(tree.path, 'out'), 'x\n');
  await symlink('/etc/hostname', join(tree.path, 'link'));
  const index = await rig.repo.git('-C', tree.path, 'rev-parse', '--git-path', 'index');
  const before = await readFile(join(tree.path, index)).catch(() => readFile(index));
  expect(await count()).toEqual({ files: 6, added: 3 + 2 + 2, deleted: 1 + 1 });
  const after = await readFile(join(tree.path, index)).catch(() => readFile(index));
  expect(after.equals(before)).toBe(true);
});

test('a branch that weft did not start, and a worktree that is gone, cannot be counted', async () => {
  expect((await rig.port.countChanges({ worktree: tree.path, branch: 'other' })).ok).toBe(false);
  await rm(tree.path, { recursive: true });
  expect((await rig.port.countChanges({ worktree: tree.path, branch: tree.branch })).ok).toBe(false);
});
