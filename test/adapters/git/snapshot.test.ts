// Snapshots of a worktree in which somebody works: what is in them, what they leave alone, what bounds them.
import {
  appendFile,
  chmod,
  mkdir,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import { createRig, type Rig, sentence, value, type Worktree } from './rig.ts';

const REF = 'refs/weft/radar/run-1/api';

let rig: Rig;
let tree: Worktree;
beforeEach(async () => {
  rig = await createRig();
  await rig.repo.write('src/a.txt', 'a\n');
  await rig.repo.write('.gitignore', 'out/\n');
  await rig.repo.commit('more');
  tree = await rig.start('api');
});
afterEach(() => rig.remove());

async function look(known: Oid | null = null): Promise<Oid> {
  const made = value(await rig.port.snapshot({ worktree: tree.path, base: tree.base, ref: REF, known }));
  if (made === null) throw new Error('it could not be told');
  return made;
}

function show(commit: Oid, path: string): Promise<string> {
  return rig.repo.git('show', `${commit}:${path}`);
}

function list(commit: Oid): Promise<string> {
  return rig.repo.git('ls-tree', '-r', '--name-only', commit);
}

test('without changes it is where the branch is', async () => {
  expect(await look()).toBe(tree.base);
  const commit = await tree.commit({ 'b.txt': 'b\n' });
  expect(await look()).toBe(commit);
});

test('it holds changed, new, deleted and staged files, links and modes, and no ignored ones', async () => {
  await tree.write('src/a.txt', 'changed\n');
  await tree.write('new/b.txt', 'b\n');
  await tree.write('staged.txt', 's\n');
  await tree.git('add', 'staged.txt');
  await rm(join(tree.path, 'README.md'));
  await tree.write('out/built.txt', 'o\n');
  await symlink('src', join(tree.path, 'link'));
  await tree.write('run.sh', 'true\n');
  await chmod(join(tree.path, 'run.sh'), 0o755);
  const commit = await look();
  expect(await list(commit)).toBe('.gitignore\nlink\nnew/b.txt\nrun.sh\nsrc/a.txt\nstaged.txt');
  expect(await show(commit, 'src/a.txt')).toBe('changed');
  expect(await rig.repo.git('ls-tree', commit, 'run.sh', 'link')).toMatch(/^120000 .*\n100755 /);
  expect(await rig.repo.git('rev-parse', `${commit}^`)).toBe(tree.base);
  expect(await rig.repo.git('rev-parse', REF)).toBe(commit);
});

test('the same files give the same commit, and what was undone is gone', async () => {
  await tree.write('src/a.txt', 'changed\n');
  const first = await look();
  expect(await look(first)).toBe(first);
  await tree.write('src/a.txt', 'chang_d\n');
  const second = await look(first);
  expect(await show(second, 'src/a.txt')).toBe('chang_d');
  await tree.write('src/a.txt', 'a\n');
  expect(await look(second)).toBe(tree.base);
});

test('it goes along with commits, resets and what is staged in between', async () => {
  await tree.write('b.txt', 'b\n');
  await look();
  const head = await tree.commit({ 'c.txt': 'c\n' });
  await tree.write('d.txt', 'd\n');
  const commit = await look();
  expect(await rig.repo.git('rev-parse', `${commit}^`)).toBe(head);
  expect(await list(commit)).toBe('.gitignore\nREADME.md\nb.txt\nc.txt\nd.txt\nsrc/a.txt');
  await tree.git('reset', '-q', '--hard', tree.base);
  expect(await list(await look())).toBe('.gitignore\nREADME.md\nd.txt\nsrc/a.txt');
});

test('a change of the same size within one tick of the clock is seen', async () => {
  const file = join(tree.path, 'src/a.txt');
  await tree.write('src/a.txt', 'b\n');
  const at = new Date();
  await utimes(file, at, at);
  await tree.git('add', 'src/a.txt');
  await writeFile(file, 'c\n');
  await utimes(file, at, at);
  expect(await show(await look(), 'src/a.txt')).toBe('c');
});

test('the index of who works there stays as it is, and its lock is no hindrance', async () => {
  const gitDir = await tree.git('rev-parse', '--absolute-git-dir');
  await tree.write('src/a.txt', 'changed\n');
  await writeFile(join(gitDir, 'index.lock'), '');
  const before = await readFile(join(gitDir, 'index'));
  const commit = await look();
  expect(await show(commit, 'src/a.txt')).toBe('changed');
  expect(await readFile(join(gitDir, 'index'))).toEqual(before);
  await rm(join(gitDir, 'index.lock'));
  expect(await tree.git('status', '--porcelain')).toBe(' M src/a.txt');
});

test('the ref keeps it from being cleared away; without it the next look begins anew', async () => {
  await tree.write('src/a.txt', 'changed\n');
  const commit = await look();
  await rig.repo.git('gc', '-q', '--prune=now');
  expect(await rig.port.resolve(commit)).toBe(commit);
  await rig.port.unpin('refs/weft/radar/run-1');
  await rig.repo.git('gc', '-q', '--prune=now');
  await tree.write('b.txt', 'b\n');
  const again = await rig.port.snapshot({ worktree: tree.path, base: tree.base, ref: REF, known: commit });
  const made = again.ok ? again.value : await look(commit);
  expect(await show(made as Oid, 'src/a.txt')).toBe('changed');
});

test('a lock that a killed look left is no hindrance for long', async () => {
  await tree.write('src/a.txt', 'changed\n');
  const first = await look();
  const gitDir = await tree.git('rev-parse', '--absolute-git-dir');
  await writeFile(join(gitDir, 'weft-radar', 'index.lock'), '');
  await tree.write('src/a.txt', 'once more\n');
  await rig.port.snapshot({ worktree: tree.path, base: tree.base, ref: REF, known: first });
  expect(await show(await look(first), 'src/a.txt')).toBe('once more');
}, 30_000);

test('in the middle of a merge nothing is told', async () => {
  await rig.repo.git('branch', 'side', await rig.commitOn(tree.base, { 'src/a.txt': 'side\n' }));
  await tree.commit({ 'src/a.txt': 'mine\n' });
  await expect(tree.git('merge', '-q', 'side')).rejects.toThrow();
  const seen = await rig.port.snapshot({ worktree: tree.path, base: tree.base, ref: REF, known: null });
  expect(value(seen)).toBeNull();
});

test('very large files stay out, and what is too much is not told', async () => {
  await writeFile(join(tree.path, 'huge.bin'), '');
  await truncate(join(tree.path, 'huge.bin'), 17 * 1024 * 1024);
  await tree.write('small.txt', 's\n');
  expect(await list(await look())).toBe('.gitignore\nREADME.md\nsmall.txt\nsrc/a.txt');
  await mkdir(join(tree.path, 'many'));
  for (let at = 0; at <= 5_000; at += 1) await appendFile(join(tree.path, 'many', `${at}`), '');
  const seen = await rig.port.snapshot({ worktree: tree.path, base: tree.base, ref: REF, known: null });
  expect(value(seen)).toBeNull();
});

test('a worktree that is gone is a failure, and one that is removed takes everything of a look along', async () => {
  await tree.write('b.txt', 'b\n');
  await look();
  const gitDir = await tree.git('rev-parse', '--absolute-git-dir');
  const rescue = 'refs/weft/rescue/run-1/api';
  value(await rig.port.removeWorktree({ path: tree.path, branch: tree.branch, landed: null, rescue }));
  const gone = await rig.port.snapshot({ worktree: tree.path, base: tree.base, ref: REF, known: null });
  expect(sentence(gone)).not.toBe('');
  await expect(readFile(join(gitDir, 'weft-radar', 'index'))).rejects.toThrow();
});
