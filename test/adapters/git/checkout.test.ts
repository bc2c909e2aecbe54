// Verification checkouts: exact on first use and on every later one, whatever a gate did in between.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import { runTestGit } from '../../../src/testing/temp-repo.ts';
import { createRig, type Rig, sentence, value, writeDeep } from './rig.ts';

let rig: Rig;
let path: string;
let one: Oid;
let two: Oid;
beforeEach(async () => {
  rig = await createRig();
  path = join(rig.worktrees, '.gates', '0');
  const lock = { 'package-lock.json': '1', '.gitignore': 'node_modules/\n*.log\n', 'dir/file.txt': 'one\n' };
  one = await rig.commitOn(await rig.head(), lock);
  two = await rig.commitOn(one, { 'dir/file.txt': null, dir: 'a file now\n' });
});
afterEach(() => rig.remove());

async function ensure(commit: Oid): Promise<void> {
  value(await rig.port.ensureCheckout({ path, commit, reason: 'weft gates' }));
  expect(await rig.port.isUntouched({ path, commit })).toBe(true);
  expect(await git('rev-parse', 'HEAD')).toBe(commit);
  expect(await git('symbolic-ref', '-q', 'HEAD').catch(() => 'detached')).toBe('detached');
}

function git(...args: readonly string[]): Promise<string> {
  return runTestGit(path, args);
}

test('it goes from commit to commit', async () => {
  await ensure(one);
  expect(await readFile(join(path, 'dir/file.txt'), 'utf8')).toBe('one\n');
  await ensure(two);
  expect(await readFile(join(path, 'dir'), 'utf8')).toBe('a file now\n');
  await ensure(one);
});

describe('what a gate may have done is seen, and gone at the next use', () => {
  const deeds: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['changed a file', () => writeFile(join(path, 'README.md'), 'changed\n')],
    ['deleted a file', () => rm(join(path, 'README.md'))],
    ['left a file', () => writeFile(join(path, 'left.txt'), 'left\n')],
    [
      'left a repository',
      async () => {
        await git('init', '-q', 'inner');
        await writeFile(join(path, 'inner/x'), 'x');
      },
    ],
    ['committed', () => git('commit', '-q', '--allow-empty', '-m', 'x')],
    [
      'staged',
      async () => {
        await writeFile(join(path, 'left.txt'), 'left\n');
        await git('add', 'left.txt');
      },
    ],
    [
      'hidden a change',
      async () => {
        await git('update-index', '--assume-unchanged', 'README.md');
        await writeFile(join(path, 'README.md'), 'changed\n');
      },
    ],
    [
      'hidden a change otherwise',
      async () => {
        await git('update-index', '--skip-worktree', 'README.md');
        await writeFile(join(path, 'README.md'), 'changed\n');
      },
    ],
  ];
  for (const [name, deed] of deeds) {
    test(name, async () => {
      await ensure(one);
      await deed();
      expect(await rig.port.isUntouched({ path, commit: one })).toBe(false);
      await ensure(one);
      expect(await readFile(join(path, 'README.md'), 'utf8')).toBe('start\n');
      expect(existsSync(join(path, 'left.txt'))).toBe(false);
      expect(existsSync(join(path, 'inner'))).toBe(false);
    });
  }

  test('switched to a branch: the branch does not move', async () => {
    await ensure(one);
    await git('switch', '-q', '-c', 'made-by-a-gate');
    await ensure(two);
    expect(await rig.port.resolve('made-by-a-gate')).toBe(one);
  });

  test('left ignored files: they are no change, but gone', async () => {
    await ensure(one);
    await writeFile(join(path, 'test.log'), 'x');
    expect(await rig.port.isUntouched({ path, commit: one })).toBe(true);
    await ensure(one);
    expect(existsSync(join(path, 'test.log'))).toBe(false);
  });

  test('deleted everything', async () => {
    await ensure(one);
    await rm(path, { recursive: true });
    await ensure(one);
  });
});

test('what the gates of one commit left decides nothing for the next', async () => {
  await ensure(one);
  const left = ['node_modules/pkg/index.js', 'a.log'].map((file) => join(path, file));
  for (const file of left) await writeDeep(file, 'x');
  await ensure(two);
  for (const file of left) expect(existsSync(file)).toBe(false);
});

test('a creation that was killed is finished by one more', async () => {
  const flags = ['--no-checkout', '--lock', '--reason', 'weft gates', '--detach'];
  await rig.repo.git('worktree', 'add', '-q', ...flags, path, one);
  await ensure(one);
});

test('a sparse checkout of the user hides nothing', async () => {
  await rig.repo.git('update-ref', 'refs/heads/main', one);
  await rig.repo.git('reset', '-q', '--hard');
  await rig.repo.git('sparse-checkout', 'set', 'nothing');
  await ensure(one);
  expect(existsSync(join(path, 'dir/file.txt'))).toBe(true);
});

test('files that differ right after a checkout are named', async () => {
  const crlf = await rig.commitOn(one, { 'w.txt': 'a\r\n', '.gitattributes': '*.txt text eol=lf\n' });
  const result = await rig.port.ensureCheckout({ path, commit: crlf, reason: 'weft gates' });
  expect(sentence(result)).toMatch(/w\.txt differs.*line endings/);
});

test('removing it twice is the same as once; what is not ours stays', async () => {
  await ensure(one);
  value(await rig.port.removeCheckout(path));
  value(await rig.port.removeCheckout(path));
  expect(await rig.port.listWorktrees()).toEqual([]);
  await mkdir(path, { recursive: true });
  await rig.repo.git('worktree', 'add', '-q', '--detach', path);
  expect(sentence(await rig.port.removeCheckout(path))).toContain('weft did not make');
  expect(existsSync(path)).toBe(true);
});
