// Candidates: the three strategies, stacked work, conflicts, attributes, spellings.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import { built, createRig, type Rig, value } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
  await rig.repo.write('text.txt', 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n');
  await rig.repo.commit('text');
});
afterEach(() => rig.remove());

type Strategy = 'merge' | 'squash' | 'rebase';
const STRATEGIES: readonly Strategy[] = ['merge', 'squash', 'rebase'];

interface Change {
  readonly base: Oid;
  readonly head: Oid;
  readonly strategy: Strategy;
  readonly target?: Oid;
}

async function candidate(change: Change): ReturnType<Rig['port']['buildCandidate']> {
  const target = change.target ?? (await rig.head());
  return rig.port.buildCandidate({ ...change, target, message: 'task: done\n', pin: 'batch/1' });
}

async function filesAt(commit: Oid): Promise<string> {
  return rig.repo.git('ls-tree', '-r', '--name-only', commit);
}

/** Commits on the main checkout's branch, as the user or an earlier landing would. */
async function onMain(files: Readonly<Record<string, string>>): Promise<Oid> {
  for (const [path, text] of Object.entries(files)) await rig.repo.write(path, text);
  await rig.repo.commit('on main');
  return rig.head();
}

describe('each strategy', () => {
  for (const strategy of STRATEGIES) {
    test(`${strategy} puts the change on a target that has moved, and is pinned`, async () => {
      const task = await rig.start('a');
      const head = await task.commit({ 'a.txt': 'a\n' });
      const target = await onMain({ 'main.txt': 'main\n' });
      const { commit, tree, empty } = built(await candidate({ base: task.base, head, strategy }));
      expect(empty).toBe(false);
      expect(await filesAt(commit)).toBe('README.md\na.txt\nmain.txt\ntext.txt');
      expect(await rig.port.treeOf(commit)).toBe(tree);
      expect(await rig.port.isAncestor({ ancestor: target, of: commit })).toBe(true);
      expect(await rig.port.isAncestor({ ancestor: head, of: commit })).toBe(strategy === 'merge');
      expect(await rig.port.resolve('refs/weft/cand/batch/1')).toBe(commit);
    });

    test(`${strategy} of the same question gives the same commit`, async () => {
      const task = await rig.start('a');
      const head = await task.commit({ 'a.txt': 'a\n' });
      await onMain({ 'main.txt': 'main\n' });
      const first = built(await candidate({ base: task.base, head, strategy }));
      expect(built(await candidate({ base: task.base, head, strategy })).commit).toBe(first.commit);
    });

    test(`${strategy} names the files in conflict and builds nothing`, async () => {
      const task = await rig.start('a');
      const head = await task.commit({ 'text.txt': 'ours\n', 'b.txt': 'b\n', 'übel.txt': 'a\n' });
      await onMain({ 'text.txt': 'theirs\n', 'übel.txt': 'b\n' });
      const result = value(await candidate({ base: task.base, head, strategy }));
      expect(result).toEqual({ kind: 'conflict', files: ['text.txt', 'übel.txt'] });
      expect(await rig.port.resolve('refs/weft/cand/batch/1')).toBeNull();
    });

    test(`${strategy} of what the target has already is empty`, async () => {
      const task = await rig.start('a');
      const head = await task.commit({ 'a.txt': 'a\n' });
      const target = await onMain({ 'a.txt': 'a\n' });
      const { commit, empty } = built(await candidate({ base: task.base, head, strategy }));
      expect({ commit, empty }).toEqual({ commit: target, empty: true });
    });

    test(`${strategy} obeys the target's merge drivers, whatever is checked out`, async () => {
      await onMain({ '.gitattributes': 'CHANGES merge=union\n', CHANGES: 'start\n' });
      const task = await rig.start('a');
      const head = await task.commit({ CHANGES: 'start\nfrom the task\n' });
      const target = await onMain({ CHANGES: 'start\nfrom main\n' });
      await rig.repo.git('checkout', '-q', 'HEAD~3');
      const { commit } = built(await candidate({ base: task.base, head, strategy, target }));
      expect(await rig.repo.git('show', `${commit}:CHANGES`)).toBe('start\nfrom main\nfrom the task');
    });
  }

  test('the author is the agent, the committer is the user', async () => {
    const task = await rig.start('a');
    await task.git(
      '-c',
      'user.name=x',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'x',
      '--author',
      'Ada <ada@example.org>',
    );
    await task.write('a.txt', 'a\n');
    const author = { name: 'Ada', email: 'ada@example.org' };
    const head = value(await rig.port.commitLeftovers({ worktree: task.path, message: 'left', author }));
    if (head === null) throw new Error('nothing was left');
    const { commit } = built(await candidate({ base: task.base, head, strategy: 'squash' }));
    const format = '--format=%an <%ae> %cn <%ce>|%B';
    const shown = await rig.repo.git('log', '-1', format, commit);
    expect(shown.trim()).toBe('Ada <ada@example.org> Uma User <uma@example.org>|task: done');
    await rig.repo.git('config', '--unset', 'user.name');
    await rig.repo.git('config', '--unset', 'user.email');
    const nobody = built(await candidate({ base: task.base, head, strategy: 'squash' }));
    expect(await rig.repo.git('log', '-1', '--format=%cn <%ce>', nobody.commit)).toBe(
      'weft <weft@localhost>',
    );
  });
});

describe('rebase', () => {
  test('replays each commit with its author, date and message', async () => {
    const task = await rig.start('a');
    await task.commit({ 'a.txt': 'a\n' });
    await task.write('b.txt', 'b\n');
    await task.git('add', '-A');
    const author = ['--author', 'Bo <bo@example.org>', '--date', '2020-02-02T02:02:02+0200'];
    await task.git('commit', '-q', '-m', 'subject\n\nbody', ...author);
    const target = await onMain({ 'main.txt': 'main\n' });
    const head = (await rig.port.resolve(task.branch)) ?? target;
    const { commit, note } = built(await candidate({ base: task.base, head, strategy: 'rebase' }));
    expect(note).toBeUndefined();
    const log = await rig.repo.git('log', '--format=%an|%ad|%s', '--date=iso', `${target}..${commit}`);
    const [last, first] = log.split('\n');
    expect(last).toBe('Bo|2020-02-02 02:02:02 +0200|subject');
    expect(first).toMatch(/^Uma User\|.*\|change a\.txt$/);
    expect(await rig.repo.git('log', '-1', '--format=%b', commit)).toBe('body\n');
  });

  test('keeps the commits themselves when the target has not moved', async () => {
    const task = await rig.start('a');
    const head = await task.commit({ 'a.txt': 'a\n' });
    expect(built(await candidate({ base: task.base, head, strategy: 'rebase' })).commit).toBe(head);
  });

  test('a branch with a merge in it is squashed, and says so', async () => {
    const task = await rig.start('a');
    await task.commit({ 'a.txt': 'a\n' });
    await onMain({ 'main.txt': 'main\n' });
    await task.git('merge', '-q', '--no-edit', 'main');
    const head = await task.commit({ 'b.txt': 'b\n' });
    const target = await onMain({ 'later.txt': 'later\n' });
    const result = built(await candidate({ base: task.base, head, strategy: 'rebase' }));
    expect(result.note).toBe('Squashed, not rebased: the branch has merges in it.');
    expect(await rig.repo.git('rev-list', '--count', `${target}..${result.commit}`)).toBe('1');
    expect(await filesAt(result.commit)).toBe('README.md\na.txt\nb.txt\nlater.txt\nmain.txt\ntext.txt');
  });
});

describe('where the change starts', () => {
  for (const strategy of ['squash', 'rebase'] as const) {
    test(`${strategy} of work stacked on a squashed task has no conflict with it`, async () => {
      const first = await rig.start('first');
      const firstHead = await first.commit({ 'text.txt': 'one\ntwo\nTHREE\nfour\nfive\nsix\nseven\n' });
      const second = await rig.start('second', firstHead);
      const head = await second.commit({ 'text.txt': 'one\ntwo\nthree, twice\nfour\nfive\nsix\nseven\n' });
      const landed = built(await candidate({ base: first.base, head: firstHead, strategy: 'squash' })).commit;
      const { commit } = built(await candidate({ base: firstHead, head, strategy, target: landed }));
      expect(await rig.repo.git('show', `${commit}:text.txt`)).toContain('three, twice');
      const plain = await rig.repo.git('merge-tree', '--write-tree', landed, head).catch(() => 'conflict');
      expect(plain).toBe('conflict');
    });
  }

  test('a branch that merged the target in is measured from there', async () => {
    const task = await rig.start('a');
    await task.commit({ 'a.txt': 'a\n' });
    await onMain({ 'text.txt': 'one\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n' });
    await task.git('merge', '-q', '--no-edit', 'main');
    const head = await task.commit({ 'b.txt': 'b\n' });
    await onMain({ 'text.txt': 'one\ntwo\nthree\nfour\nfive\nsix\n7\n' });
    const { commit } = built(await candidate({ base: task.base, head, strategy: 'squash' }));
    expect(await rig.repo.git('show', `${commit}:text.txt`)).toContain('7');
  });

  test('a branch rebased onto the target does not undo what it stood on', async () => {
    const first = await rig.start('first');
    const firstHead = await first.commit({ 'first.txt': 'first\n' });
    const second = await rig.start('second', firstHead);
    await second.commit({ 'second.txt': 'second\n' });
    await onMain({ 'first.txt': 'first\n' });
    await second.git('rebase', '-q', '--onto', 'main', firstHead);
    const head = (await rig.port.resolve(second.branch)) ?? firstHead;
    const { commit } = built(await candidate({ base: firstHead, head, strategy: 'squash' }));
    expect(await filesAt(commit)).toBe('README.md\nfirst.txt\nsecond.txt\ntext.txt');
  });
});

test('spellings that differ only in case are in conflict where the file system folds case', async () => {
  const task = await rig.start('a');
  const head = await task.commit({ 'src/Foo.ts': 'Foo\n' });
  await onMain({ 'src/foo.ts': 'foo\n' });
  const change = { base: task.base, head, strategy: 'squash' } as const;
  expect(built(await candidate(change)).empty).toBe(false);
  await rig.repo.git('config', 'core.ignorecase', 'true');
  expect(value(await candidate(change))).toEqual({ kind: 'conflict', files: ['src/Foo.ts', 'src/foo.ts'] });
});

test('a renamed file takes along what the target changed in it', async () => {
  const task = await rig.start('a');
  await task.git('mv', 'text.txt', 'moved.txt');
  const head = await task.commit({});
  await onMain({ 'text.txt': 'zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\n' });
  const { commit } = built(await candidate({ base: task.base, head, strategy: 'squash' }));
  expect(await rig.repo.git('show', `${commit}:moved.txt`)).toMatch(/^zero\n/);
});
