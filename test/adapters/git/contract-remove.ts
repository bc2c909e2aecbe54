// The part of the git contract about removal: what is rescued, what stays where it is, and what a repeat finds.
import { expect, test } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import type { GitPort } from '../../../src/ports/git.ts';
import { type GitBench, specFor, startTask, tipOf } from './bench.ts';
import { value } from './rig.ts';

const RESCUE = 'refs/weft/rescue/run-1/task';
const NOTHING = { rescue: null, kept: null };

/** Removing worktrees. */
export function removal(at: () => GitBench): void {
  sparing(at);
  rescuing(at);
  repeating(at);
  staying(at);
}

interface Place {
  readonly path: string;
  readonly branch: string;
}

async function remove(port: GitPort, { path, branch }: Place, landed: Oid | null = null): Promise<Removed> {
  return value(await port.removeWorktree({ path, branch, landed, rescue: RESCUE }));
}

interface Removed {
  readonly rescue: string | null;
  readonly kept: string | null;
}

/** Nothing of the worktree is left; what was rescued is below the prefix. */
async function expectGone(bench: GitBench, before: readonly string[], { rescue }: Removed): Promise<void> {
  expect(await bench.port.listWorktrees()).toEqual([]);
  expect(await bench.refs()).toEqual([...before, ...(rescue === null ? [] : [rescue])].sort());
  if (rescue !== null) expect(rescue.startsWith(`${RESCUE}/`)).toBe(true);
}

function sparing(at: () => GitBench): void {
  test("another's is not touched, nor a branch of somebody else where nothing was begun", async () => {
    const bench = at();
    const task = await startTask(bench, 'task');
    const { path, branch } = task;
    const foreign = await bench.commitOn([task.base], { 'b.txt': 'b\n' });
    await bench.setRef('refs/heads/person', foreign);
    const before = [await bench.refs(), await bench.port.listWorktrees()];
    const ask = { path, branch, landed: null, rescue: RESCUE };
    expect(value(await bench.port.removeWorktree({ ...ask, reason: 'weft run=x task=task' }))).toEqual(
      NOTHING,
    );
    const elsewhere = {
      ...ask,
      path: `${path}-2`,
      branch: 'person',
      reason: 'weft run=x task=y',
      isFirst: true,
    };
    expect(value(await bench.port.removeWorktree(elsewhere))).toEqual(NOTHING);
    expect([await bench.refs(), await bench.port.listWorktrees()]).toEqual(before);
    const { reason } = specFor(bench, 'task', task.base);
    expect(value(await bench.port.removeWorktree({ ...ask, reason }))).toEqual(NOTHING);
    expect(await bench.port.listWorktrees()).toEqual([]);
  });
}

function rescuing(at: () => GitBench): void {
  test('nothing, when nothing was done or all of it has landed', async () => {
    const bench = at();
    const before = await bench.refs();
    const idle = await startTask(bench, 'idle');
    expect(await remove(bench.port, idle)).toEqual(NOTHING);
    await expectGone(bench, before, NOTHING);
    const done = await startTask(bench, 'done');
    const head = await done.commit({ 'a.txt': 'a\n' });
    expect(await remove(bench.port, done, head)).toEqual(NOTHING);
    await expectGone(bench, before, NOTHING);
    expect(await done.read('a.txt')).toBeNull();
  });

  test('commits beyond what has landed', async () => {
    const bench = at();
    const before = await bench.refs();
    const task = await startTask(bench, 'more');
    const landed = await task.commit({ 'a.txt': 'a\n' });
    const later = await task.commit({ 'b.txt': 'b\n' });
    const removed = await remove(bench.port, task, landed);
    expect(await bench.port.resolve(`${removed.rescue}`)).toBe(later);
    await expectGone(bench, before, removed);
  });

  test('what was not committed, on top of what was [F45]', async () => {
    const bench = at();
    const before = await bench.refs();
    const task = await startTask(bench, 'dirty');
    const head = await task.commit({ 'a.txt': 'a\n', 'gone.txt': 'x\n' });
    await task.write('a.txt', 'changed\n');
    await task.write('new/b.txt', 'b\n');
    await task.delete('gone.txt');
    const removed = await remove(bench.port, task, head);
    const kept = await bench.port.resolve(`${removed.rescue}`);
    expect(await bench.parentsOf(kept ?? head)).toEqual([head]);
    expect(await bench.textAt(`${kept}`, 'a.txt')).toBe('changed\n');
    expect(await bench.textAt(`${kept}`, 'new/b.txt')).toBe('b\n');
    expect(await bench.textAt(`${kept}`, 'gone.txt')).toBeNull();
    await expectGone(bench, before, removed);
  });

  test('commits beside the branch, together with the branch', async () => {
    const bench = at();
    const before = await bench.refs();
    const task = await startTask(bench, 'loose');
    await task.detach();
    const loose = await task.commit({ 'b.txt': 'b\n' });
    const onBranch = await bench.commitOn([task.base], { 'a.txt': 'a\n' });
    await bench.setRef(`refs/heads/${task.branch}`, onBranch);
    const removed = await remove(bench.port, task);
    const kept = (await bench.port.resolve(`${removed.rescue}`)) ?? task.base;
    for (const ancestor of [loose, onBranch]) {
      expect(await bench.port.isAncestor({ ancestor, of: kept })).toBe(true);
    }
    await expectGone(bench, before, removed);
  });

  test('the branch, when the folder or all but the branch is gone', async () => {
    const bench = at();
    for (const lose of [bench.deleteFolder, bench.leaveHalfRemoved]) {
      const before = await bench.refs();
      const task = await startTask(bench, 'lost');
      const head = await task.commit({ [`${lose.name}.txt`]: 'a\n' });
      await lose(task.path);
      const removed = await remove(bench.port, task);
      expect(await bench.port.resolve(`${removed.rescue}`)).toBe(head);
      await expectGone(bench, before, removed);
    }
  });

  test('even what is on the target: only what is said to have landed counts', async () => {
    const bench = at();
    const task = await startTask(bench, 'merged');
    const head = await task.commit({ 'a.txt': 'a\n' });
    await bench.port.land({ branch: 'main', from: task.base, to: head, note: 'n' });
    const removed = await remove(bench.port, task);
    expect(await bench.port.resolve(`${removed.rescue}`)).toBe(head);
  });
}

function repeating(at: () => GitBench): void {
  test('a repeat says what the first one said, also after a restart', async () => {
    const bench = at();
    const task = await startTask(bench, 'twice');
    await task.commit({ 'a.txt': 'a\n' });
    await task.write('b.txt', 'b\n');
    const first = await remove(bench.port, task);
    expect(first.rescue).not.toBeNull();
    expect(await remove(bench.port, task)).toEqual(first);
    expect(await remove(await bench.reopen(), task)).toEqual(first);
    expect(await bench.textAt(`${first.rescue}`, 'b.txt')).toBe('b\n');
  });

  test('what never was is none to remove', async () => {
    const bench = at();
    const before = await bench.refs();
    const spec = specFor(bench, 'never', await tipOf(bench));
    expect(await remove(bench.port, spec)).toEqual(NOTHING);
    expect(await bench.refs()).toEqual(before);
  });

  test('a name that was removed can be begun anew', async () => {
    const bench = at();
    const task = await startTask(bench, 'anew');
    await task.commit({ 'a.txt': 'a\n' });
    await remove(bench.port, task);
    const base = await bench.user.commit({ 'b.txt': 'b\n' });
    const made = value(await bench.port.ensureWorktree(specFor(bench, 'anew', base)));
    expect(made).toEqual({ path: task.path, head: base, reused: false });
    expect(await task.read('a.txt')).toBeNull();
  });
}

function staying(at: () => GitBench): void {
  async function expectKept(bench: GitBench, place: Place): Promise<void> {
    const before = [await bench.refs(), await bench.port.listWorktrees()];
    const kept = await remove(bench.port, place);
    expect(kept).toEqual({ rescue: null, kept: expect.any(String) });
    expect([await bench.refs(), await bench.port.listWorktrees()]).toEqual(before);
  }

  test('a worktree in which a process works [F45]', async () => {
    const bench = at();
    const task = await startTask(bench, 'busy');
    await task.write('a.txt', 'a\n');
    const leave = await bench.occupy(task.path);
    await expectKept(bench, task);
    expect(await task.read('a.txt')).toBe('a\n');
    await leave();
    const removed = await remove(bench.port, task);
    expect(await bench.textAt(`${removed.rescue}`, 'a.txt')).toBe('a\n');
  });

  test('a branch that the user has checked out', async () => {
    const bench = at();
    const task = await startTask(bench, 'taken');
    await task.detach();
    await bench.user.switchTo(task.branch);
    await expectKept(bench, task);
  });

  test('the main checkout', async () => {
    const bench = at();
    await expectKept(bench, { path: bench.port.repository, branch: 'weft/none' });
    expect(await bench.port.currentBranch()).toBe('main');
  });
}
