// Leftovers and inspection: what is committed for the agent, what is read, what is called odd.
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Inspection } from '../../../src/ports/git.ts';
import { runTestGit } from '../../../src/testing/temp-repo.ts';
import { ADA, createRig, type Rig, value, type Worktree } from './rig.ts';

let rig: Rig;
let task: Worktree;
beforeEach(async () => {
  rig = await createRig();
  await rig.repo.write('.gitignore', 'node_modules/\n');
  await rig.repo.write('old.txt', 'one\ntwo\n');
  await rig.repo.commit('old');
  task = await rig.start('a');
});
afterEach(() => rig.remove());

async function takeLeftovers(paths?: readonly string[]): Promise<string | null> {
  const what = { worktree: task.path, message: 'left\n\n# not a comment', author: ADA };
  return value(await rig.port.commitLeftovers({ ...what, ...(paths === undefined ? {} : { paths }) }));
}

async function inspect(): Promise<Inspection> {
  return value(await rig.port.inspect({ worktree: task.path, branch: task.branch, base: task.base }));
}

describe('leftovers', () => {
  test('nothing left, nothing committed', async () => {
    expect(await takeLeftovers()).toBeNull();
    expect((await inspect()).files).toEqual([]);
  });

  test('everything that is work, under the given name', async () => {
    await task.write('new/ü x.txt', 'x\n');
    await task.write('old.txt', 'one\n2\nthree\n');
    await rm(join(task.path, 'README.md'));
    await task.write('staged.txt', 's\n');
    await task.git('add', 'staged.txt');
    await task.write('node_modules/pkg/index.js', 'x\n');
    const head = await takeLeftovers();
    const { files, ...seen } = await inspect();
    expect(seen.head).toBe(head);
    expect(files).toEqual([
      { path: 'README.md', added: 0, deleted: 1 },
      { path: 'new/ü x.txt', added: 1, deleted: 0 },
      { path: 'old.txt', added: 2, deleted: 1 },
      { path: 'staged.txt', added: 1, deleted: 0 },
    ]);
    const shown = await task.git('log', '-1', '--format=%an <%ae>|%cn|%B');
    expect(shown.trim()).toBe('Ada Agent <ada@example.org>|Ada Agent|left\n\n# not a comment');
    expect(await takeLeftovers()).toBeNull();
  });

  test('a file staged as deleted, and a rename', async () => {
    await task.git('rm', '-q', 'README.md');
    await task.git('mv', 'old.txt', 'new.txt');
    await takeLeftovers();
    expect((await inspect()).files).toEqual([
      { path: 'README.md', added: 0, deleted: 1 },
      { path: 'new.txt', added: 2, deleted: 0 },
      { path: 'old.txt', added: 0, deleted: 2 },
    ]);
  });

  test('names that are not text', async () => {
    const name = Buffer.concat([Buffer.from(`${task.path}/`), Buffer.from([0x62, 0xff, 0xfe])]);
    await writeFile(name, 'x\n');
    await task.write(':(glob)*', 'x\n');
    await task.write('-n', 'x\n');
    await takeLeftovers();
    expect(await task.git('status', '--porcelain')).toBe('');
    expect((await inspect()).files).toHaveLength(3);
  });

  test('what the sparse checkout of the user would leave out', async () => {
    await rig.repo.git('sparse-checkout', 'set', 'small');
    await task.write('big/x.txt', 'x\n');
    await takeLeftovers();
    expect((await inspect()).files.map((file) => file.path)).toContain('big/x.txt');
  });

  test('a link in place of a folder, and a folder in place of a file', async () => {
    await task.write('dir/a.txt', 'a\n');
    await takeLeftovers();
    await rm(join(task.path, 'dir'), { recursive: true });
    await symlink('elsewhere', join(task.path, 'dir'));
    await rm(join(task.path, 'old.txt'));
    await task.write('old.txt/inner', 'x\n');
    await takeLeftovers();
    expect(await task.git('status', '--porcelain')).toBe('');
  });

  test('neither links in place of dependency folders nor repositories within', async () => {
    await symlink('/somewhere', join(task.path, 'node_modules'));
    await runTestGit(task.path, ['clone', '-q', rig.repo.path, 'clone']);
    await runTestGit(task.path, ['init', '-q', 'empty']);
    expect(await takeLeftovers()).toBeNull();
    await task.write('a.txt', 'a\n');
    await takeLeftovers();
    expect((await inspect()).files.map(({ path }) => path)).toEqual(['a.txt']);
  });

  test('only the given patterns, and nothing else that is staged', async () => {
    await task.write('src/a.ts', 'a\n');
    await task.write('src/deep/b.ts', 'b\n');
    await task.write('other.txt', 'o\n');
    await task.git('add', 'other.txt');
    await takeLeftovers(['src/**']);
    expect((await inspect()).files.map(({ path }) => path)).toEqual(['src/a.ts', 'src/deep/b.ts']);
    expect(await task.git('status', '--porcelain')).toBe('A  other.txt');
  });

  test('hooks, signing and templates of the user stay out of it', async () => {
    await writeFile(join(rig.repo.path, '.git/hooks/pre-commit'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await rig.repo.git('config', 'commit.gpgsign', 'true');
    await rig.repo.git('config', 'gpg.program', 'false');
    await task.write('a.txt', 'a\n');
    expect(await takeLeftovers()).not.toBeNull();
  });

  test('not in the middle of a conflict', async () => {
    await task.commit({ 'old.txt': 'ours\n' });
    const main = await rig.commitOn(task.base, { 'old.txt': 'theirs\n' });
    await task.git('merge', main).catch(() => undefined);
    expect(await takeLeftovers()).toBeNull();
    expect((await inspect()).odd).toBe('A merge was left open.');
  });
});

describe('what is odd', () => {
  const deeds: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    ['a detached HEAD', () => task.git('checkout', '-q', '--detach'), /^HEAD is detached, not on weft/],
    ['another branch', () => task.git('switch', '-q', '-c', 'mine'), /^HEAD is on mine, not on weft/],
    [
      'a deleted branch',
      () => rig.repo.git('update-ref', '-d', `refs/heads/${task.branch}`),
      /was deleted\.$/,
    ],
    [
      'a branch set back',
      async () => {
        await task.git('reset', '-q', '--hard', 'HEAD~2');
      },
      /no longer contains the commit it started from/,
    ],
    [
      'a rebase left open',
      async () => {
        await task.commit({ 'old.txt': 'ours\n' });
        await task
          .git('rebase', await rig.commitOn(task.base, { 'old.txt': 'theirs\n' }))
          .catch(() => undefined);
      },
      /^A rebase was left open\.$/,
    ],
    [
      'a cherry-pick left open',
      async () => {
        await task.commit({ 'old.txt': 'ours\n' });
        await task
          .git('cherry-pick', await rig.commitOn(task.base, { 'old.txt': 'theirs\n' }))
          .catch(() => undefined);
      },
      /^A cherry-pick was left open\.$/,
    ],
    [
      'a committed clone',
      async () => {
        await runTestGit(task.path, ['clone', '-q', rig.repo.path, 'clone']);
        await task.commit({});
      },
      /commits repositories that \.gitmodules does not name: clone/,
    ],
    [
      'a replaced .git',
      async () => {
        await rm(join(task.path, '.git'));
        await runTestGit(rig.repo.around, ['init', '-q', task.path]);
      },
      /^Its \.git file was replaced\.$/,
    ],
  ];
  for (const [name, deed, expected] of deeds) {
    test(name, async () => {
      await task.commit({ 'a.txt': 'a\n' });
      await deed();
      expect((await inspect()).odd).toMatch(expected);
    });
  }

  test('a deleted branch still shows the work that was on it [F25]', async () => {
    const head = await task.commit({ 'a.txt': 'a\n' });
    await rig.repo.git('update-ref', '-d', `refs/heads/${task.branch}`);
    expect(await inspect()).toMatchObject({ head, files: [{ path: 'a.txt', added: 1, deleted: 0 }] });
  });

  test('a submodule is not', async () => {
    await runTestGit(rig.repo.around, ['init', '-q', 'module']);
    await runTestGit(join(rig.repo.around, 'module'), ['commit', '-q', '--allow-empty', '-m', 'x']);
    await task
      .git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../module', 'sub')
      .catch(() =>
        task.git(
          '-c',
          'protocol.file.allow=always',
          'submodule',
          '--quiet',
          'add',
          join(rig.repo.around, 'module'),
          'sub',
        ),
      );
    await takeLeftovers();
    expect((await inspect()).odd).toBeNull();
  });
});

test('a worktree cannot make our git run what its own .git says', async () => {
  const canary = join(rig.repo.around, 'canary');
  await rm(join(task.path, '.git'));
  await runTestGit(rig.repo.around, ['init', '-q', task.path]);
  await writeFile(
    join(task.path, '.git/config'),
    `[core]\n\tfsmonitor = "touch '${canary}'; false"\n[filter "x"]\n\tclean = "touch '${canary}'; cat"\n`,
  );
  await task.write('.git/info/attributes', '* filter=x\n');
  await task.write('a.txt', 'a\n');
  await takeLeftovers();
  await inspect();
  await expect(readFile(canary)).rejects.toThrow('ENOENT');
});

test('a changed commondir is refused', async () => {
  await writeFile(join(rig.repo.path, '.git/worktrees/a/commondir'), '/elsewhere/.git\n');
  const result = await rig.port.inspect({ worktree: task.path, branch: task.branch, base: task.base });
  expect(result.ok ? '' : result.failure.sentence).toContain('was changed: commondir');
});

test('files of one claim are taken out of a shared worktree without touching its index', async () => {
  await task.write('src/a.ts', 'a\n');
  await task.write('docs/b.md', 'b\n');
  await task.git('add', 'docs/b.md');
  const index = await readFile(join(rig.repo.path, '.git/worktrees/a/index'));
  const what = {
    worktree: task.path,
    base: task.base,
    message: 'mine',
    author: ADA,
    pin: 'refs/weft/shared/a',
  };
  const seen = value(await rig.port.commitPaths({ ...what, patterns: ['src/**'] }));
  expect(seen.files).toEqual([{ path: 'src/a.ts', added: 1, deleted: 0 }]);
  expect(await rig.port.resolve('refs/weft/shared/a')).toBe(seen.head);
  expect(await rig.port.resolve(`${seen.head}^`)).toBe(task.base);
  expect(await readFile(join(rig.repo.path, '.git/worktrees/a/index'))).toEqual(index);
  const none = value(await rig.port.commitPaths({ ...what, patterns: ['nothing/**'] }));
  expect(none).toMatchObject({ head: task.base, files: [] });
});

test('what is hidden from git is work like any other', async () => {
  await task.write('old.txt', 'hidden\n');
  await task.git('update-index', '--assume-unchanged', 'old.txt');
  await task.write('README.md', 'hidden too\n');
  await task.git('update-index', '--skip-worktree', 'README.md');
  await takeLeftovers();
  expect((await inspect()).files.map((file) => file.path)).toEqual(['README.md', 'old.txt']);
});
