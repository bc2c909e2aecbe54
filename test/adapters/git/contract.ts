// What every git port keeps to, on a real repository or in the virtual world. Run with `gitContract(name, make)`.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AUTHOR, build, type GitBench, NOWHERE, startTask, tipOf } from './bench.ts';
import { candidates } from './contract-candidate.ts';
import { landing } from './contract-land.ts';
import { unfinished } from './contract-radar.ts';
import { removal } from './contract-remove.ts';
import { looking, worktrees } from './contract-worktree.ts';
import { value } from './rig.ts';

/** Runs the contract against a port; `make` gives a fresh repository with one on it. */
export function gitContract(name: string, make: () => Promise<GitBench>): void {
  describe(`git port: ${name}`, () => {
    let bench: GitBench;
    beforeEach(async () => {
      bench = await make();
    });
    afterEach(() => bench.close());
    const at = (): GitBench => bench;
    describe('questions', () => questions(at));
    describe('worktrees', () => worktrees(at));
    describe('looking at work', () => looking(at));
    describe('candidates', () => candidates(at));
    describe('unfinished work', () => unfinished(at));
    describe('landing', () => landing(at));
    describe('removal', () => removal(at));
    describe('helper refs and locks', () => helperRefs(at));
    test('a task goes from worktree to target, and nothing of it stays', () => wholeWay(bench));
    test('the checkout of the user stays as it is through all but landing', () => quietWay(bench));
  });
}

function questions(at: () => GitBench): void {
  test('a revision is a branch, a ref, a commit or HEAD, or nothing', async () => {
    const bench = at();
    const { port } = bench;
    const tip = await bench.user.commit({ 'a.txt': 'a\n' });
    for (const name of ['main', 'refs/heads/main', 'HEAD', tip]) expect(await port.resolve(name)).toBe(tip);
    for (const name of ['no such', '-x', 'refs/heads/mai', NOWHERE])
      expect(await port.resolve(name)).toBeNull();
  });

  test('the branch is that of the main checkout', async () => {
    const { port, user } = at();
    expect(await port.currentBranch()).toBe('main');
    await user.switchTo('side');
    expect(await port.currentBranch()).toBe('side');
    await user.detach();
    expect(await port.currentBranch()).toBeNull();
  });

  test('histories are compared', async () => {
    const bench = at();
    const { port } = bench;
    const first = await tipOf(bench);
    const one = await bench.commitOn([first], { 'a.txt': 'a\n' });
    const other = await bench.commitOn([first], { 'b.txt': 'b\n' });
    const stranger = await bench.commitOn([], { 'c.txt': 'c\n' });
    expect(await port.isAncestor({ ancestor: first, of: one })).toBe(true);
    expect(await port.isAncestor({ ancestor: one, of: one })).toBe(true);
    expect(await port.isAncestor({ ancestor: one, of: first })).toBe(false);
    expect(await port.mergeBase(one, other)).toBe(first);
    expect(await port.mergeBase(first, one)).toBe(first);
    expect(await port.mergeBase(one, stranger)).toBeNull();
    const same = await bench.commitOn([one], { 'a.txt': 'a\n' });
    expect(await port.treeOf(same)).toBe(await port.treeOf(one));
    expect(await port.treeOf(other)).not.toBe(await port.treeOf(one));
    await expect(port.treeOf(NOWHERE)).rejects.toThrow();
  });
}

function helperRefs(at: () => GitBench): void {
  test('pinning keeps a commit, unpinning drops a name and those below it; both may be repeated', async () => {
    const bench = at();
    const { port } = bench;
    const before = await bench.refs();
    const commit = await bench.commitOn([await tipOf(bench)], { 'a.txt': 'a\n' });
    for (const ref of ['refs/weft/a/b', 'refs/weft/a/b', 'refs/weft/a/c/d', 'refs/weft/ab']) {
      await port.pin(ref, commit);
    }
    expect(await port.resolve('refs/weft/a/c/d')).toBe(commit);
    await port.pin('refs/weft/ab', await tipOf(bench));
    expect(await port.resolve('refs/weft/ab')).toBe(await tipOf(bench));
    await port.unpin('refs/weft/a/');
    await port.unpin('refs/weft/a');
    expect(await bench.refs()).toEqual([...before, 'refs/weft/ab'].sort());
    await port.unpin('refs/weft/ab');
    expect(await bench.refs()).toEqual(before);
  });

  test('neither touches refs of others, and what is not there cannot be pinned', async () => {
    const bench = at();
    const { port } = bench;
    const before = await bench.refs();
    const tip = await tipOf(bench);
    await expect(port.pin('refs/heads/x', tip)).rejects.toThrow('Internal error');
    await expect(port.unpin('refs/heads')).rejects.toThrow('Internal error');
    await expect(port.pin('refs/weft/x', NOWHERE)).rejects.toThrow();
    expect(await bench.refs()).toEqual(before);
  });

  test('repair takes away the lock of a killed git and says so, once', async () => {
    const bench = at();
    const task = await startTask(bench, 'locked');
    await bench.leaveLock(`refs/heads/${task.branch}`);
    const port = await bench.reopen();
    expect((await port.repair([bench.worktrees])).join()).toContain(task.branch);
    expect(await port.repair([bench.worktrees])).toEqual([]);
    const what = { path: task.path, branch: task.branch, landed: null, rescue: 'refs/weft/rescue/x' };
    expect(value(await port.removeWorktree(what))).toEqual({ rescue: null, kept: null });
  });

  test('the lock of a live git stays until that lets go', async () => {
    const bench = at();
    const { port } = bench;
    const tip = await tipOf(bench);
    await port.pin('refs/weft/busy', tip);
    const later = await bench.commitOn([tip], { 'a.txt': 'a\n' });
    const letGo = await bench.holdLock('refs/weft/busy');
    expect(await port.repair([bench.worktrees])).toEqual([]);
    await letGo();
    await port.pin('refs/weft/busy', later);
    expect(await port.resolve('refs/weft/busy')).toBe(later);
  });
}

async function wholeWay(bench: GitBench): Promise<void> {
  const { port } = bench;
  const before = await bench.refs();
  const task = await startTask(bench, 'one');
  await task.write('src/a.txt', 'a\n');
  const left = value(await port.commitLeftovers({ worktree: task.path, message: 'work', author: AUTHOR }));
  const seen = value(await port.inspect({ worktree: task.path, branch: task.branch, base: task.base }));
  expect(seen).toMatchObject({ head: left, odd: null });
  expect(seen.files).toEqual([{ path: 'src/a.txt', added: 1, deleted: 0 }]);
  const tip = value(await port.landingTip('main'));
  expect(tip).toEqual({ ref: 'main', oid: task.base, diverged: null });
  const commit = await build(bench, { base: task.base, head: seen.head, pin: 'refs/weft/cand/run-1/one' });
  expect(await port.treeOf(commit)).toBe(seen.tree);
  const gate = `${bench.worktrees}/.gates/0`;
  value(await port.ensureCheckout({ path: gate, commit, reason: 'weft gates' }));
  expect(await port.isUntouched({ path: gate, commit })).toBe(true);
  const landed = await port.land({ branch: 'main', from: tip.oid, to: commit, note: 'weft: land one' });
  expect(value(landed)).toEqual({ kind: 'landed', ref: 'main', detour: null });
  const { path, branch } = task;
  const gone = await port.removeWorktree({ path, branch, landed: seen.head, rescue: 'refs/weft/rescue/one' });
  expect(value(gone)).toEqual({ rescue: null, kept: null });
  value(await port.removeCheckout(gate));
  await port.unpin('refs/weft/cand/run-1');
  expect(await bench.user.read('src/a.txt')).toBe('a\n');
  expect(await bench.refs()).toEqual(before);
  expect(await port.listWorktrees()).toEqual([]);
}

async function quietWay(bench: GitBench): Promise<void> {
  const { port } = bench;
  await bench.user.commit({ 'mine.txt': 'one\n' });
  await bench.user.write('mine.txt', 'changed by the user\n');
  await bench.user.write('untracked.txt', 'mine\n');
  const before = await bench.picture();
  const task = await startTask(bench, 'quiet');
  const head = await task.commit({ 'a.txt': 'a\n' });
  await task.write('b.txt', 'b\n');
  value(await port.furnish(task.path));
  value(await port.furnish(task.path));
  value(await port.commitLeftovers({ worktree: task.path, message: 'left', author: AUTHOR }));
  value(await port.inspect({ worktree: task.path, branch: task.branch, base: task.base }));
  for (const strategy of ['merge', 'squash', 'rebase'] as const) {
    const commit = await build(bench, { base: task.base, head, strategy });
    value(await port.ensureCheckout({ path: `${bench.worktrees}/gate`, commit, reason: 'weft gates' }));
  }
  await port.repair([bench.worktrees]);
  const { path, branch } = task;
  value(await port.removeWorktree({ path, branch, landed: null, rescue: 'refs/weft/rescue/quiet' }));
  await port.close();
  expect(await bench.picture()).toBe(before);
}
