// The contract, where the repository may lie, and what cannot be opened.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGitPort } from '../../../src/adapters/git/git-port.ts';
import { runTestGit } from '../../../src/testing/temp-repo.ts';
import { gitContract } from './contract.ts';
import { createGitBench } from './real-bench.ts';
import { createRig, sentence, value } from './rig.ts';

gitContract('git in a folder with blanks and umlauts', createGitBench);

describe('opening', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weft-open-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function check(prepare: readonly (readonly string[])[], expected: RegExp): Promise<void> {
    for (const args of prepare) await runTestGit(folder, args);
    expect(sentence(await createGitPort(folder))).toMatch(expected);
  }

  test('a folder without a repository', () => check([], /is not in a git repository.*git init/));
  test('a repository without a commit can be looked at', async () => {
    await runTestGit(folder, ['init', '-q', '-b', 'trunk']);
    const port = value(await createGitPort(folder));
    expect(await port.currentBranch()).toBe('trunk');
    expect(await port.resolve('HEAD')).toBeNull();
    await port.close();
  });
  test('a bare repository', () => check([['init', '-q', '--bare']], /bare/));
  test('a folder that is not there', async () => {
    expect(sentence(await createGitPort(join(folder, 'gone')))).toMatch(/could not be started/);
  });

  test('a folder below the checkout, and a linked worktree, lead to the main checkout', async () => {
    const rig = await createRig();
    await mkdir(join(rig.repo.path, 'deep/down'), { recursive: true });
    await rig.repo.git('worktree', 'add', '-q', '--detach', '../linked');
    for (const from of [join(rig.repo.path, 'deep/down'), join(rig.repo.around, 'linked')]) {
      expect(value(await createGitPort(from)).repository).toBe(rig.repo.path);
    }
    await rig.repo.git('worktree', 'add', '-q', '-b', 'side', '../other');
    const other = value(await createGitPort(join(rig.repo.around, 'other')));
    expect([other.checkout, await other.currentBranch()]).toEqual([join(rig.repo.around, 'other'), 'side']);
    await rig.remove();
  });

  test('variables that steer git elsewhere are not passed on', async () => {
    const rig = await createRig();
    process.env['GIT_DIR'] = '/nowhere';
    process.env['GIT_INDEX_FILE'] = '/nowhere/index';
    try {
      expect(await rig.port.resolve('main')).toBe(await rig.head());
      expect((await rig.start('steered')).branch).toBe('weft/run-1/steered/work');
    } finally {
      delete process.env['GIT_DIR'];
      delete process.env['GIT_INDEX_FILE'];
      await rig.remove();
    }
  });
});

describe('questions', () => {
  test('are answered from the repository', async () => {
    const rig = await createRig();
    const { repo, port } = rig;
    const first = await rig.head();
    await repo.git('switch', '-q', '-c', 'side');
    await repo.commit('on the side');
    const side = await rig.head();
    expect(await port.currentBranch()).toBe('side');
    expect(await port.isAncestor({ ancestor: first, of: side })).toBe(true);
    expect(await port.isAncestor({ ancestor: side, of: first })).toBe(false);
    expect(await port.mergeBase(first, side)).toBe(first);
    expect(await port.resolve('no such')).toBeNull();
    expect(await port.resolve('-x')).toBeNull();
    await repo.git('checkout', '-q', '--detach');
    expect(await port.currentBranch()).toBeNull();
    await rig.remove();
  });

  test('refs of others are not ours to pin or drop', async () => {
    const rig = await createRig();
    await expect(rig.port.pin('refs/heads/x', await rig.head())).rejects.toThrow('Internal error');
    await expect(rig.port.unpin('refs/heads')).rejects.toThrow('Internal error');
    await rig.port.pin('refs/weft/a/b', await rig.head());
    await rig.port.pin('refs/weft/ab', await rig.head());
    await rig.port.unpin('refs/weft/a');
    expect(await rig.repo.git('for-each-ref', '--format=%(refname)', 'refs/weft')).toBe('refs/weft/ab');
    await rig.remove();
  });

  test.runIf(existsSync('/dev/shm'))('worktrees may lie on another file system', async () => {
    const rig = await createRig();
    const other = await mkdtemp('/dev/shm/weft-other-');
    const path = join(other, 'task');
    const base = await rig.head();
    value(await rig.port.ensureWorktree({ path, branch: 'weft/x', base, reason: 'weft run=1 task=x' }));
    const removed = await rig.port.removeWorktree({
      path,
      branch: 'weft/x',
      landed: null,
      rescue: 'refs/weft/rescue/x',
    });
    expect(value(removed)).toEqual({ rescue: null, kept: null });
    await rig.port.close();
    expect(existsSync(other)).toBe(false);
    await rig.remove();
  });
});
