// Removing worktrees: what is rescued, and what stays where it is.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listProcesses } from '../../../src/adapters/git/processes.ts';
import type { Oid } from '../../../src/core/model.ts';
import { runTestGit } from '../../../src/testing/temp-repo.ts';
import { createRig, type Rig, value, type Worktree } from './rig.ts';

let rig: Rig;
let task: Worktree;
beforeEach(async () => {
  rig = await createRig();
  await rig.repo.write('.gitignore', 'ignored/\nnode_modules/\n');
  await rig.repo.commit('ignore');
  task = await rig.start('a');
});
afterEach(() => rig.remove());

async function remove(
  landed: Oid | null = null,
): Promise<{ readonly rescue: string | null; readonly kept: string | null }> {
  const rescue = 'refs/weft/rescue/run-1/a';
  return value(await rig.port.removeWorktree({ path: task.path, branch: task.branch, landed, rescue }));
}

async function expectGone(): Promise<void> {
  await rig.port.close();
  expect(existsSync(task.path)).toBe(false);
  expect(existsSync(rig.worktrees)).toBe(false);
  expect(await rig.port.resolve(`refs/heads/${task.branch}`)).toBeNull();
  expect(await rig.repo.git('for-each-ref', '--format=%(refname)', 'refs/weft/start')).toBe('');
  expect(await rig.port.listWorktrees()).toEqual([]);
}

async function filesAt(ref: string | null): Promise<string> {
  return rig.repo.git('ls-tree', '-r', '--name-only', `${ref}`);
}

describe('what is rescued', () => {
  test('nothing, when nothing was done', async () => {
    await task.write('ignored/cache', 'cache\n');
    expect(await remove()).toEqual({ rescue: null, kept: null });
    await expectGone();
  });

  test('nothing, when the head has landed', async () => {
    const head = await task.commit({ 'a.txt': 'a\n' });
    expect(await remove(head)).toEqual({ rescue: null, kept: null });
    await expectGone();
  });

  test('commits beyond what has landed', async () => {
    const landed = await task.commit({ 'a.txt': 'a\n' });
    const later = await task.commit({ 'b.txt': 'b\n' });
    const { rescue } = await remove(landed);
    expect(await rig.port.resolve(rescue ?? '')).toBe(later);
    await expectGone();
  });

  test('changed, staged, deleted and untracked files, on top of the commits', async () => {
    const head = await task.commit({ 'a.txt': 'a\n', 'gone.txt': 'gone\n' });
    await task.write('a.txt', 'changed\n');
    await task.write('staged.txt', 'staged\n');
    await task.git('add', 'staged.txt');
    await rm(join(task.path, 'gone.txt'));
    await task.write('new/ä b.txt', 'new\n');
    await task.write('ignored/x', 'x\n');
    await symlink(join(rig.repo.path, 'node_modules'), join(task.path, 'node_modules'));
    const { rescue } = await remove(head);
    expect(await filesAt(rescue)).toBe('.gitignore\nREADME.md\na.txt\n"new/\\303\\244 b.txt"\nstaged.txt');
    expect(await rig.repo.git('show', `${rescue}:a.txt`)).toBe('changed');
    expect(await rig.port.resolve(`${rescue}^`)).toBe(head);
    await expectGone();
  });

  test('commits on a detached HEAD, together with the branch', async () => {
    const onBranch = await task.commit({ 'a.txt': 'a\n' });
    await task.git('checkout', '-q', '--detach', 'HEAD~1');
    const loose = await task.commit({ 'b.txt': 'b\n' });
    const { rescue } = await remove();
    for (const commit of [onBranch, loose]) {
      expect(
        await rig.port.isAncestor({ ancestor: commit, of: (await rig.port.resolve(rescue ?? '')) ?? loose }),
      ).toBe(true);
    }
    await expectGone();
  });

  test('the branch, when somebody deleted the folder', async () => {
    const head = await task.commit({ 'a.txt': 'a\n' });
    await rm(task.path, { recursive: true });
    expect(await rig.port.resolve((await remove()).rescue ?? '')).toBe(head);
    await expectGone();
  });

  test('a half-finished merge with its conflict', async () => {
    await task.commit({ 'README.md': 'ours\n' });
    await rig.repo.write('README.md', 'theirs\n');
    await rig.repo.commit('theirs');
    await task.git('merge', 'main').catch(() => undefined);
    const { rescue } = await remove();
    expect(await rig.repo.git('show', `${rescue}:README.md`)).toContain('<<<<<<<');
    await expectGone();
  });
});

describe('what stays', () => {
  test('worktrees that weft did not make, the main checkout and folders of others', async () => {
    const foreign = join(rig.repo.around, 'foreign');
    await rig.repo.git('worktree', 'add', '-q', '-b', 'theirs', foreign);
    const folder = join(rig.repo.around, 'folder');
    await mkdir(folder);
    const ask = { branch: 'theirs', landed: null, rescue: 'refs/weft/rescue/x' };
    for (const path of [foreign, rig.repo.path, folder]) {
      const removed = value(await rig.port.removeWorktree({ ...ask, path }));
      expect(removed.kept).not.toBeNull();
      expect(existsSync(path)).toBe(true);
    }
    expect(await rig.port.resolve('theirs')).not.toBeNull();
  });

  test('a branch that somebody has checked out', async () => {
    await task.git('checkout', '-q', '--detach');
    await rig.repo.git('switch', '-q', task.branch);
    expect((await remove()).kept).toContain(`is checked out at ${rig.repo.path}`);
    expect(existsSync(task.path)).toBe(true);
  });

  test.runIf(listProcesses() !== null)('a worktree that a process works in', async () => {
    const child = spawn('sleep', ['60'], { cwd: task.path, stdio: 'ignore' });
    await new Promise((resolve) => child.once('spawn', resolve));
    expect((await remove()).kept).toContain(`sleep (${child.pid})`);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect((await remove()).kept).toBeNull();
    await expectGone();
  });

  test('a repository inside it that has work of its own; a mere clone goes', async () => {
    const inner = join(task.path, 'inner');
    await runTestGit(task.path, ['clone', '-q', rig.repo.path, inner]);
    await writeFile(join(inner, 'x.txt'), 'x\n');
    expect((await remove()).kept).toContain('The repository inner/ inside it');
    await rm(join(inner, 'x.txt'));
    expect(await remove()).toEqual({ rescue: null, kept: null });
    await expectGone();
  });
});

test('folders without write permission go too', async () => {
  await task.write('ignored/cache/x', 'x\n');
  await chmod(join(task.path, 'ignored/cache'), 0o555);
  expect(await remove()).toEqual({ rescue: null, kept: null });
  await expectGone();
});

test('a removal killed after the folder had gone is ended by one more', async () => {
  await task.commit({ 'a.txt': 'a\n' });
  await mkdir(join(rig.worktrees, '.weft-trash'));
  await rename(task.path, join(rig.worktrees, '.weft-trash', 'a-1'));
  const { rescue } = await remove();
  expect(await filesAt(rescue)).toContain('a.txt');
  await rig.port.repair([rig.worktrees]);
  await expectGone();
});

test('submodules do not hinder it', async () => {
  const module = join(rig.repo.around, 'module');
  await runTestGit(rig.repo.around, ['init', '-q', '-b', 'main', module]);
  await runTestGit(module, ['commit', '-q', '--allow-empty', '-m', 'module']);
  await rig.repo.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', module, 'sub');
  await rig.repo.commit('submodule');
  task = await rig.start('a2');
  await task.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'update', '--init');
  const before = await readFile(join(rig.repo.path, '.git/config'), 'utf8');
  expect(
    value(await rig.port.inspect({ worktree: task.path, branch: task.branch, base: task.base })).odd,
  ).toBeNull();
  const removed = await rig.port.removeWorktree({
    path: task.path,
    branch: task.branch,
    landed: null,
    rescue: 'refs/weft/rescue/s',
  });
  expect(value(removed)).toEqual({ rescue: null, kept: null });
  expect(await readFile(join(rig.repo.path, '.git/config'), 'utf8')).toBe(before);
});
