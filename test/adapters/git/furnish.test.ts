// Furnishing: local files by `.worktreeinclude`, dependency folders by their lockfiles; copies, never links.
import { existsSync } from 'node:fs';
import { chmod, lstat, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fingerprintCheckout } from '../../../src/testing/temp-repo.ts';
import { createRig, type Rig, value, type Worktree } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
  await rig.repo.write('.gitignore', 'node_modules/\n.env*\nsecret/\nbuild/\n');
  await rig.repo.write('package.json', '{}');
  await rig.repo.write('package-lock.json', '{"v":1}');
  await rig.repo.write('packages/ä/package.json', '{}');
  await rig.repo.commit('package');
});
afterEach(() => rig.remove());

async function furnished(task = 'a'): Promise<Worktree> {
  const worktree = await rig.start(task);
  value(await rig.port.furnish(worktree.path));
  return worktree;
}

async function expectClean(worktree: Worktree): Promise<void> {
  expect(await worktree.git('status', '--porcelain')).toBe('');
}

test('copies what .worktreeinclude names and git ignores, with mode and links', async () => {
  const { repo } = rig;
  await repo.write(
    '.worktreeinclude',
    '.env*\n!.env.production\nsecret/**/*.key\nREADME.md\nuntracked.txt\n',
  );
  await repo.write('.env', 'KEY=1\n');
  await repo.write('.env.production', 'KEY=2\n');
  await repo.write('secret/deep/a b.key', 'key\n');
  await repo.write('secret/other.txt', 'other\n');
  await repo.write('untracked.txt', 'not ignored\n');
  await chmod(join(repo.path, 'secret/deep/a b.key'), 0o600);
  await symlink('.env', join(repo.path, '.env.local'));
  const before = await fingerprintCheckout(repo.path);
  const task = await furnished();
  expect(await readFile(join(task.path, '.env'), 'utf8')).toBe('KEY=1\n');
  expect((await stat(join(task.path, 'secret/deep/a b.key'))).mode & 0o777).toBe(0o600);
  expect(await readlink(join(task.path, '.env.local'))).toBe('.env');
  for (const path of ['.env.production', 'secret/other.txt', 'untracked.txt']) {
    expect(existsSync(join(task.path, path))).toBe(false);
  }
  await expectClean(task);
  expect(await fingerprintCheckout(repo.path)).toBe(before);
});

test('leaves files that are there, and does not follow a link out of the worktree', async () => {
  await rig.repo.write('.worktreeinclude', '.env\nsecret/\n');
  await rig.repo.write('.env', 'main\n');
  await rig.repo.write('secret/key', 'key\n');
  const task = await rig.start('a');
  await writeFile(join(task.path, '.env'), 'own\n');
  await symlink(rig.repo.around, join(task.path, 'secret'));
  value(await rig.port.furnish(task.path));
  expect(await readFile(join(task.path, '.env'), 'utf8')).toBe('own\n');
  expect(existsSync(join(rig.repo.around, 'key'))).toBe(false);
});

test('copies dependency folders, those of workspaces too', async () => {
  await rig.repo.write('node_modules/pkg/index.js', 'root\n');
  await symlink('../packages/ä', join(rig.repo.path, 'node_modules/workspace'));
  await rig.repo.write('packages/ä/node_modules/pkg/index.js', 'nested\n');
  const task = await furnished();
  expect((await lstat(join(task.path, 'node_modules'))).isSymbolicLink()).toBe(false);
  expect(await readFile(join(task.path, 'node_modules/pkg/index.js'), 'utf8')).toBe('root\n');
  expect(await readlink(join(task.path, 'node_modules/workspace'))).toBe('../packages/ä');
  expect(await readFile(join(task.path, 'packages/ä/node_modules/pkg/index.js'), 'utf8')).toBe('nested\n');
  await writeFile(join(task.path, 'node_modules/pkg/index.js'), 'changed by the agent\n');
  expect(await readFile(join(rig.repo.path, 'node_modules/pkg/index.js'), 'utf8')).toBe('root\n');
  await expectClean(task);
});

const REASONS: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['the lockfile differs', () => rig.repo.write('package-lock.json', '{"v":2}')],
  ['another lockfile came', () => rig.repo.write('pnpm-lock.yaml', 'x')],
  [
    'there is no lockfile',
    async () => {
      await rig.repo.git('rm', '-q', 'package-lock.json');
      await rig.repo.commit('no lockfile');
    },
  ],
  [
    'git would not ignore the copy',
    async () => {
      await rig.repo.write('.gitignore', '');
      await rig.repo.git('commit', '-qam', 'ignore nothing');
      await writeFile(join(rig.repo.path, '.git/info/exclude'), '');
    },
  ],
  ['the worktree has one', () => Promise.resolve()],
];
for (const [name, prepare] of REASONS) {
  test(`copies no dependency folder when ${name}`, async () => {
    await rig.repo.write('node_modules/pkg/index.js', 'root\n');
    await prepare();
    const task = await rig.start('a');
    if (name === 'the worktree has one') await task.write('node_modules/own', 'own\n');
    value(await rig.port.furnish(task.path));
    expect(existsSync(join(task.path, 'node_modules/pkg'))).toBe(false);
  });
}

test('has nothing to do twice', async () => {
  await rig.repo.write('node_modules/pkg/index.js', 'root\n');
  const task = await furnished();
  await writeFile(join(task.path, 'node_modules/pkg/index.js'), 'changed\n');
  value(await rig.port.furnish(task.path));
  expect(await readFile(join(task.path, 'node_modules/pkg/index.js'), 'utf8')).toBe('changed\n');
});
