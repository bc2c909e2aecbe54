// Submodules in worktrees and clean checkouts: from the main checkout's copy, without a network; nothing unpublished is lost.
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runTestGit } from '../../../src/testing/temp-repo.ts';
import { ADA, createRig, type Rig, sentence, specOf, value, type Worktree, writeDeep } from './rig.ts';

const ANY = ['-c', 'protocol.file.allow=always'];

let rig: Rig;
let origin: string;
beforeEach(async () => {
  rig = await createRig();
  origin = join(rig.repo.around, 'origin of lib');
  await runTestGit(rig.repo.around, ['init', '-q', '-b', 'main', origin]);
  await release('one');
  await rig.repo.git(...ANY, 'submodule', '--quiet', 'add', '--name', 'a name', origin, 'libs/lib');
  await rig.repo.commit('submodule');
  // nothing may be asked of it from now on
  const never = join(rig.repo.around, 'gitconfig');
  await writeFile(never, '[protocol "file"]\n\tallow = never\n');
  process.env['GIT_CONFIG_GLOBAL'] = never;
});
afterEach(async () => {
  process.env['GIT_CONFIG_GLOBAL'] = '/dev/null';
  await rig.remove();
});

async function release(text: string): Promise<string> {
  await writeDeep(join(origin, 'lib.txt'), `${text}\n`);
  await runTestGit(origin, ['add', '-A']);
  await runTestGit(origin, ['commit', '-q', '-m', text]);
  return runTestGit(origin, ['rev-parse', 'HEAD']);
}

/** Brings the main checkout's copy to a commit and commits that. */
async function bump(commit: string): Promise<void> {
  const lib = join(rig.repo.path, 'libs/lib');
  await runTestGit(lib, [...ANY, 'fetch', '-q']);
  await runTestGit(lib, ['checkout', '-q', commit]);
  await rig.repo.commit('bump');
}

function lib(worktree: { readonly path: string }): string {
  return join(worktree.path, 'libs/lib');
}

async function commitInside(task: Worktree): Promise<string> {
  await writeDeep(join(lib(task), 'lib.txt'), 'by an agent\n');
  await runTestGit(lib(task), ['commit', '-q', '-a', '-m', 'inside']);
  return runTestGit(lib(task), ['rev-parse', 'HEAD']);
}

async function odd(task: Worktree): Promise<string | null> {
  value(await rig.port.commitLeftovers({ worktree: task.path, message: 'left', author: ADA }));
  return value(await rig.port.inspect({ worktree: task.path, branch: task.branch, base: task.base })).odd;
}

async function remove(task: Worktree): Promise<string | null> {
  const { path, branch } = task;
  const landed = await rig.port.resolve(branch);
  return value(await rig.port.removeWorktree({ path, branch, landed, rescue: 'refs/weft/rescue/s' })).kept;
}

describe('a worktree', () => {
  test('has them at the commits it names, and goes with them', async () => {
    const before = await readFile(join(rig.repo.path, '.git/config'), 'utf8');
    const first = await rig.start('first');
    await bump(await release('two'));
    const second = await rig.start('second');
    expect(await readFile(join(lib(first), 'lib.txt'), 'utf8')).toBe('one\n');
    expect(await readFile(join(lib(second), 'lib.txt'), 'utf8')).toBe('two\n');
    for (const task of [first, second]) {
      expect(await task.git('status', '--porcelain')).toBe('');
      expect(await task.git('submodule', 'status')).toMatch(/^ [0-9a-f]+ libs\/lib/);
      expect(await runTestGit(lib(task), ['remote', 'get-url', 'origin'])).toBe(origin);
      expect(await odd(task)).toBeNull();
      expect(await remove(task)).toBeNull();
      expect(existsSync(task.path)).toBe(false);
    }
    expect(await readFile(join(rig.repo.path, '.git/config'), 'utf8')).toBe(before);
    expect(await runTestGit(join(rig.repo.path, 'libs/lib'), ['fsck', '--strict', '--no-dangling'])).toBe('');
  });

  test('whose making was killed gets them by one more', async () => {
    const wanted = specOf({ worktrees: rig.worktrees, task: 'a', base: await rig.head() });
    const flags = ['--lock', '--reason', wanted.reason, '-b', wanted.branch];
    await rig.repo.git('worktree', 'add', '-q', ...flags, wanted.path);
    await writeDeep(join(rig.repo.path, '.git/worktrees/a/modules/a name/config'), '[core]\n');
    value(await rig.port.ensureWorktree(wanted));
    expect(await readFile(join(lib(wanted), 'lib.txt'), 'utf8')).toBe('one\n');
  });

  test('leaves out what the main checkout does not have', async () => {
    await rig.repo.git('submodule', 'deinit', '-q', '-f', 'libs/lib');
    await rm(join(rig.repo.path, '.git/modules'), { recursive: true });
    const task = await rig.start('a');
    expect(existsSync(join(lib(task), 'lib.txt'))).toBe(false);
    expect(await odd(task)).toBeNull();
    expect(await remove(task)).toBeNull();
  });

  test('whose commit is nowhere says so, and what would help', async () => {
    const unknown = await release('two');
    await rig.repo.git('update-index', '--cacheinfo', `160000,${unknown},libs/lib`);
    await rig.repo.git('commit', '-q', '-m', 'bump');
    const wanted = specOf({ worktrees: rig.worktrees, task: 'a', base: await rig.head() });
    const said = sentence(await rig.port.ensureWorktree(wanted));
    expect(said).toContain(`The submodule libs/lib has no commit ${unknown.slice(0, 12)}`);
    expect(said).toContain(`Fetch it in ${join(rig.repo.path, 'libs/lib')}.`);
    await runTestGit(join(rig.repo.path, 'libs/lib'), [...ANY, 'fetch', '-q']);
    value(await rig.port.ensureWorktree(wanted));
    expect(await readFile(join(lib(wanted), 'lib.txt'), 'utf8')).toBe('two\n');
  });

  test('with a name that leads elsewhere makes nothing there', async () => {
    await rig.repo.write('.gitmodules', '[submodule "../../evil"]\n\tpath = libs/lib\n\turl = x\n');
    await rig.repo.commit('evil');
    const task = await rig.start('a');
    expect(existsSync(join(lib(task), 'lib.txt'))).toBe(false);
  });
});

describe('a commit made inside', () => {
  test('is odd and keeps the worktree until a remote has it', async () => {
    const task = await rig.start('a');
    await commitInside(task);
    expect(await odd(task)).toContain('Its submodule libs/lib is at a commit that none of');
    expect(await remove(task)).toContain('The repository libs/lib inside it has work that is nowhere else.');
    await runTestGit(lib(task), [...ANY, 'push', '-q', 'origin', 'HEAD:refs/heads/agent']);
    expect(await odd(task)).toBeNull();
    expect(await remove(task)).toBeNull();
  });

  test('that was not committed keeps the worktree too', async () => {
    const task = await rig.start('a');
    await writeDeep(join(lib(task), 'lib.txt'), 'changed\n');
    expect(await odd(task)).toBeNull();
    expect(await remove(task)).toContain('The repository libs/lib inside it');
  });
});

test('a clean checkout has them, and is clean in them too', async () => {
  const path = join(rig.worktrees, '.gates', '0');
  const ensure = async (): Promise<string> => {
    const commit = await rig.head();
    value(await rig.port.ensureCheckout({ path, commit, reason: 'weft gates' }));
    expect(await rig.port.isUntouched({ path, commit })).toBe(true);
    return readFile(join(path, 'libs/lib/lib.txt'), 'utf8');
  };
  expect(await ensure()).toBe('one\n');
  await writeDeep(join(path, 'libs/lib/lib.txt'), 'changed by a gate\n');
  await writeDeep(join(path, 'libs/lib/left.txt'), 'left by a gate\n');
  await bump(await release('two'));
  expect(await ensure()).toBe('two\n');
  expect(existsSync(join(path, 'libs/lib/left.txt'))).toBe(false);
  value(await rig.port.removeCheckout(path));
  expect(await rig.port.listWorktrees()).toEqual([]);
});
