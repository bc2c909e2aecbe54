// The part of the git contract about worktrees and checkouts: made, found again, finished, and read after an attempt.
import { expect, test } from 'vitest';
import { AUTHOR, type GitBench, NOWHERE, specFor, startTask, tipOf } from './bench.ts';
import { value } from './rig.ts';

const refused = { ok: false, failure: { kind: 'environment' } };

/** Making and finding worktrees and checkouts. */
export function worktrees(at: () => GitBench): void {
  making(at);
  finding(at);
  checkouts(at);
}

function making(at: () => GitBench): void {
  test('a new one has its branch at its base, locked under its reason', async () => {
    const bench = at();
    const spec = specFor(bench, 'new', await tipOf(bench));
    const made = value(await bench.port.ensureWorktree(spec));
    expect(made).toEqual({ path: spec.path, head: spec.base, reused: false });
    expect(await bench.port.resolve(spec.branch)).toBe(spec.base);
    const { path, branch, base: head, reason: lockReason } = spec;
    expect(await bench.port.listWorktrees()).toEqual([{ path, branch, head, lockReason, prunable: false }]);
  });

  test('asked for many times at once, one is made', async () => {
    const bench = at();
    const spec = specFor(bench, 'once', await tipOf(bench));
    const asked = [1, 2, 3].map(() => bench.port.ensureWorktree(spec));
    for (const made of await Promise.all(asked)) expect(value(made)).toMatchObject({ head: spec.base });
    expect(await bench.port.listWorktrees()).toHaveLength(1);
  });

  test('one on a branch that another checkout has, or on no commit, is refused and not begun', async () => {
    const bench = at();
    const task = await startTask(bench, 'first');
    const before = [await bench.refs(), await bench.port.listWorktrees()];
    const second = { ...specFor(bench, 'second', task.base), branch: task.branch };
    expect(await bench.port.ensureWorktree(second)).toMatchObject(refused);
    const mains = { ...specFor(bench, 'third', task.base), branch: 'main' };
    expect(await bench.port.ensureWorktree(mains)).toMatchObject(refused);
    expect(await bench.port.ensureWorktree(specFor(bench, 'lost', NOWHERE))).toMatchObject(refused);
    expect([await bench.refs(), await bench.port.listWorktrees()]).toEqual(before);
  });

  test("another's is refused, unless it is one that tasks of a run share", async () => {
    const bench = at();
    const task = await startTask(bench, 'first');
    const before = [await bench.refs(), await bench.port.listWorktrees()];
    const spec = specFor(bench, 'first', task.base);
    const ofAnother = { ok: false, failure: { kind: 'usage' } };
    const reasons = [spec.reason.replace('run=', 'run=x'), `${spec.reason}x`];
    for (const reason of reasons)
      expect(await bench.port.ensureWorktree({ ...spec, branch: 'other/x', reason })).toMatchObject(
        ofAnother,
      );
    expect(await bench.port.ensureWorktree({ ...spec, reason: reasons[0] as string })).toMatchObject(
      ofAnother,
    );
    expect([await bench.refs(), await bench.port.listWorktrees()]).toEqual(before);
    const shared = await bench.port.ensureWorktree({ ...spec, reason: reasons[1] as string });
    expect(value(shared)).toMatchObject({ path: spec.path, reused: true });
  });

  test('where nothing was begun, a branch is taken when nobody has committed on it, and begins at the base', async () => {
    const bench = at();
    const early = await tipOf(bench);
    const base = await bench.user.commit({ 'a.txt': 'a\n' });
    const first = { ...specFor(bench, 'one', base), isFirst: true };
    await bench.setRef(`refs/heads/${first.branch}`, early);
    expect(value(await bench.port.ensureWorktree(first))).toEqual({
      path: first.path,
      head: base,
      reused: false,
    });
    const second = { ...specFor(bench, 'two', base), isFirst: true };
    const foreign = await bench.commitOn([early], { 'b.txt': 'b\n' });
    await bench.setRef(`refs/heads/${second.branch}`, foreign);
    expect(await bench.port.ensureWorktree(second)).toMatchObject({ ok: false, failure: { kind: 'usage' } });
    expect(await bench.port.resolve(second.branch)).toBe(foreign);
    expect(value(await bench.port.ensureWorktree({ ...second, isFirst: false })).reused).toBe(true);
  });

  test('a half-made one is finished', async () => {
    const bench = at();
    await bench.user.commit({ 'a.txt': 'a\n' });
    const spec = specFor(bench, 'half', await tipOf(bench));
    await bench.leaveHalfMade(spec);
    const port = await bench.reopen();
    await port.repair([bench.worktrees]);
    expect(value(await port.ensureWorktree(spec))).toEqual({
      path: spec.path,
      head: spec.base,
      reused: false,
    });
    expect(await bench.at(spec.path).read('a.txt')).toBe('a\n');
    expect(await port.listWorktrees()).toHaveLength(1);
    const seen = value(await port.inspect({ worktree: spec.path, branch: spec.branch, base: spec.base }));
    expect(seen).toMatchObject({ head: spec.base, files: [], odd: null });
    const again = { worktree: spec.path, message: 'left', author: AUTHOR };
    expect(value(await port.commitLeftovers(again))).toBeNull();
  });
}

function finding(at: () => GitBench): void {
  test('made again it is found, with what was left in it and the start that was recorded', async () => {
    const bench = at();
    const task = await startTask(bench, 'again');
    const done = await task.commit({ 'a.txt': 'a\n' });
    await task.write('note.txt', 'half done\n');
    const newer = await bench.user.commit({ 'b.txt': 'b\n' });
    for (const port of [bench.port, await bench.reopen()]) {
      const made = value(await port.ensureWorktree(specFor(bench, 'again', newer)));
      expect(made).toEqual({ path: task.path, head: task.base, reused: true });
    }
    expect(await task.read('note.txt')).toBe('half done\n');
    expect(await bench.port.resolve(task.branch)).toBe(done);
  });

  test('one whose folder was deleted comes back from its branch [F22]', async () => {
    const bench = at();
    const task = await startTask(bench, 'lost');
    const done = await task.commit({ 'a.txt': 'a\n' });
    await bench.deleteFolder(task.path);
    expect(await bench.port.listWorktrees()).toMatchObject([{ path: task.path, prunable: true }]);
    const made = value(await bench.port.ensureWorktree(specFor(bench, 'lost', task.base)));
    expect(made).toEqual({ path: task.path, head: task.base, reused: true });
    expect(await bench.port.resolve(task.branch)).toBe(done);
    expect(await task.read('a.txt')).toBe('a\n');
    expect(await bench.port.listWorktrees()).toMatchObject([{ path: task.path, prunable: false }]);
  });

  test('what a deleted one had committed beside its branch stays in a ref [F22]', async () => {
    const bench = at();
    const task = await startTask(bench, 'loose');
    await task.detach();
    const loose = await task.commit({ 'a.txt': 'a\n' });
    await bench.deleteFolder(task.path);
    value(await bench.port.ensureWorktree(specFor(bench, 'loose', task.base)));
    const kept = await Promise.all((await bench.refs()).map((ref) => bench.port.resolve(ref)));
    expect(kept).toContain(loose);
  });

  test('on a branch that came from elsewhere it starts where the branch left the base', async () => {
    const bench = at();
    const first = await tipOf(bench);
    const head = await bench.commitOn([first], { 'a.txt': 'a\n' });
    const base = await bench.user.commit({ 'b.txt': 'b\n' });
    const spec = specFor(bench, 'adopted', base);
    await bench.setRef(`refs/heads/${spec.branch}`, head);
    for (const _ of [1, 2]) {
      const made = value(await bench.port.ensureWorktree(spec));
      expect(made).toEqual({ path: spec.path, head: first, reused: true });
    }
    expect(await bench.at(spec.path).read('a.txt')).toBe('a\n');
  });
}

function checkouts(at: () => GitBench): void {
  test('a checkout has exactly the tree that is asked for, whatever was done to it', async () => {
    const bench = at();
    const { port } = bench;
    const one = await bench.commitOn([await tipOf(bench)], { 'a.txt': 'a\n' });
    const other = await bench.commitOn([one], { 'a.txt': 'changed\n', 'b.txt': 'b\n' });
    const path = `${bench.worktrees}/.gates/0`;
    const reason = 'weft gates';
    const hands = bench.at(path);
    for (const commit of [other, other, one]) {
      value(await port.ensureCheckout({ path, commit, reason }));
      expect(await port.isUntouched({ path, commit })).toBe(true);
      expect(await hands.read('b.txt')).toBe(commit === other ? 'b\n' : null);
    }
    expect(await port.isUntouched({ path, commit: other })).toBe(false);
    for (const file of ['a.txt', 'beside.txt']) {
      await hands.write(file, 'of a gate\n');
      expect(await port.isUntouched({ path, commit: one })).toBe(false);
      value(await port.ensureCheckout({ path, commit: one, reason }));
      expect(await port.isUntouched({ path, commit: one })).toBe(true);
    }
    expect(await port.listWorktrees()).toMatchObject([{ path, branch: null, head: one }]);
  });

  test('a checkout that was deleted is made anew, one of no commit is refused, removing may be repeated', async () => {
    const bench = at();
    const { port } = bench;
    const commit = await tipOf(bench);
    const path = `${bench.worktrees}/.gates/0`;
    value(await port.ensureCheckout({ path, commit, reason: 'weft gates' }));
    await bench.deleteFolder(path);
    await expect(port.isUntouched({ path, commit })).rejects.toThrow();
    value(await port.ensureCheckout({ path, commit, reason: 'weft gates' }));
    expect(await port.isUntouched({ path, commit })).toBe(true);
    expect(await port.ensureCheckout({ path, commit: NOWHERE, reason: 'weft gates' })).toMatchObject(refused);
    for (const _ of [1, 2]) value(await port.removeCheckout(path));
    expect(await port.listWorktrees()).toEqual([]);
  });
}

/** Committing what is left, and reading what an attempt did. */
export function looking(at: () => GitBench): void {
  leftovers(at);
  inspecting(at);
  sharing(at);
}

function leftovers(at: () => GitBench): void {
  test('what is left is committed once', async () => {
    const bench = at();
    const task = await startTask(bench, 'left');
    const what = { worktree: task.path, message: 'left', author: AUTHOR };
    expect(value(await bench.port.commitLeftovers(what))).toBeNull();
    await task.write('src/a.txt', 'a\n');
    const made = value(await bench.port.commitLeftovers(what));
    expect(made).not.toBeNull();
    expect(await bench.port.resolve(task.branch)).toBe(made);
    expect(await bench.textAt(task.branch, 'src/a.txt')).toBe('a\n');
    expect(value(await bench.port.commitLeftovers(what))).toBeNull();
    expect(await bench.port.resolve(task.branch)).toBe(made);
  });

  test('of what is left only what matches the paths is committed', async () => {
    const bench = at();
    const task = await startTask(bench, 'some');
    await task.write('src/a.txt', 'a\n');
    await task.write('docs/b.txt', 'b\n');
    const what = { worktree: task.path, message: 'left', author: AUTHOR };
    expect(value(await bench.port.commitLeftovers({ ...what, paths: ['src/**'] }))).not.toBeNull();
    expect(value(await bench.port.commitLeftovers({ ...what, paths: ['src/**'] }))).toBeNull();
    expect(await bench.textAt(task.branch, 'docs/b.txt')).toBeNull();
    expect(await task.read('docs/b.txt')).toBe('b\n');
    expect(value(await bench.port.commitLeftovers(what))).not.toBeNull();
    expect(await bench.textAt(task.branch, 'docs/b.txt')).toBe('b\n');
  });

  test('off its branch, or without a worktree, nothing is committed', async () => {
    const bench = at();
    const task = await startTask(bench, 'odd');
    await task.detach();
    await task.write('a.txt', 'a\n');
    const what = { worktree: task.path, message: 'left', author: AUTHOR };
    expect(value(await bench.port.commitLeftovers(what))).toBeNull();
    expect(await bench.port.listWorktrees()).toMatchObject([{ branch: null, head: task.base }]);
    const nowhere = { ...what, worktree: `${bench.worktrees}/none` };
    expect(await bench.port.commitLeftovers(nowhere)).toMatchObject(refused);
  });
}

function inspecting(at: () => GitBench): void {
  test('files follow a branch that was moved, where nobody changed them [F25]', async () => {
    const bench = at();
    const task = await startTask(bench, 'moved');
    const from = await task.commit({ 'a.txt': 'a\n' });
    const move = async (text: string): Promise<void> =>
      bench.setRef(`refs/heads/${task.branch}`, await bench.commitOn([task.base], { 'b.txt': text }));
    const what = { worktree: task.path, from };
    value(await bench.port.followBranch(what));
    expect(await task.read('a.txt')).toBe('a\n');
    await move('b\n');
    value(await bench.port.followBranch(what));
    value(await bench.port.followBranch(what));
    expect([await task.read('a.txt'), await task.read('b.txt')]).toEqual([null, 'b\n']);
    const moved = await tipOf(bench, task.branch);
    await task.write('b.txt', 'mine\n');
    await move('c\n');
    value(await bench.port.followBranch({ worktree: task.path, from: moved }));
    expect(await task.read('b.txt')).toBe('mine\n');
  });

  test('head, tree and what was added, changed and deleted since the base are told, twice the same', async () => {
    const bench = at();
    await bench.user.commit({ 'changed.txt': 'one\n', 'deleted.txt': 'one\ntwo\n' });
    const task = await startTask(bench, 'seen');
    await task.commit({ 'added.txt': 'one\ntwo\nthree\n', 'changed.txt': 'two\n' });
    await task.delete('deleted.txt');
    const head = await task.commit({});
    await task.write('uncommitted.txt', 'x\n');
    const what = { worktree: task.path, branch: task.branch, base: task.base };
    for (const _ of [1, 2]) {
      const seen = value(await bench.port.inspect(what));
      expect(seen).toEqual({
        head,
        tree: await bench.port.treeOf(head),
        files: [
          { path: 'added.txt', added: 3, deleted: 0 },
          { path: 'changed.txt', added: 1, deleted: 1 },
          { path: 'deleted.txt', added: 0, deleted: 2 },
        ],
        odd: null,
      });
    }
    const nowhere = { ...what, worktree: `${bench.worktrees}/none` };
    expect(await bench.port.inspect(nowhere)).toMatchObject(refused);
  });

  test('a head that is not on the branch is told, and is what is looked at [F25]', async () => {
    const bench = at();
    const task = await startTask(bench, 'odd');
    const what = { worktree: task.path, branch: task.branch, base: task.base };
    await task.detach();
    const loose = await task.commit({ 'a.txt': 'a\n' });
    expect(value(await bench.port.inspect(what))).toMatchObject({
      head: loose,
      files: [{ path: 'a.txt' }],
      odd: expect.stringContaining(task.branch),
    });
    await task.switchTo('elsewhere');
    expect(value(await bench.port.inspect(what))).toMatchObject({ head: loose, odd: expect.any(String) });
  });

  test('a branch that lost its base, and one that is gone, are told [F25]', async () => {
    const bench = at();
    const task = await startTask(bench, 'lost');
    const stranger = await bench.commitOn([], { 'c.txt': 'c\n' });
    const what = { worktree: task.path, branch: task.branch, base: stranger };
    expect(value(await bench.port.inspect(what)).odd).toEqual(expect.any(String));
    const gone = { ...what, base: task.base, branch: 'weft/no/such' };
    expect(value(await bench.port.inspect(gone)).odd).toContain('weft/no/such');
  });
}

function sharing(at: () => GitBench): void {
  test('from a shared worktree only what is claimed is taken; branch and files stay as they are', async () => {
    const bench = at();
    await bench.user.commit({ 'src/gone.txt': 'x\n', 'src/kept.txt': 'x\n' });
    const task = await startTask(bench, 'shared');
    await task.write('src/a.txt', 'a\n');
    await task.write('docs/b.txt', 'b\n');
    await task.delete('src/gone.txt');
    const { path: worktree, base } = task;
    const what = {
      worktree,
      base,
      patterns: ['src/**'],
      message: 'm',
      author: AUTHOR,
      pin: 'refs/weft/shared/x',
    };
    const taken = value(await bench.port.commitPaths(what));
    expect(taken.files).toEqual([
      { path: 'src/a.txt', added: 1, deleted: 0 },
      { path: 'src/gone.txt', added: 0, deleted: 1 },
    ]);
    expect(await bench.parentsOf(taken.head)).toEqual([base]);
    expect(await bench.port.resolve(what.pin)).toBe(taken.head);
    expect(await bench.textAt(taken.head, 'docs/b.txt')).toBeNull();
    expect(await bench.textAt(taken.head, 'src/kept.txt')).toBe('x\n');
    expect(value(await bench.port.commitPaths(what)).tree).toBe(taken.tree);
    expect(await bench.port.resolve(task.branch)).toBe(base);
    expect(await task.read('docs/b.txt')).toBe('b\n');
    expect(await task.read('src/gone.txt')).toBeNull();
  });

  test('when nothing is claimed there is nothing but the base', async () => {
    const bench = at();
    const task = await startTask(bench, 'shared');
    await task.write('docs/b.txt', 'b\n');
    const { path: worktree, base } = task;
    const what = {
      worktree,
      base,
      patterns: ['src/**'],
      message: 'm',
      author: AUTHOR,
      pin: 'refs/weft/shared/x',
    };
    const tree = await bench.port.treeOf(base);
    expect(value(await bench.port.commitPaths(what))).toEqual({ head: base, tree, files: [], odd: null });
    expect(await bench.port.resolve(what.pin)).toBe(base);
    const nowhere = { ...what, worktree: `${bench.worktrees}/none` };
    expect(await bench.port.commitPaths(nowhere)).toMatchObject(refused);
  });
}
