// Candidates: the three strategies, stacked work, conflicts, attributes, spellings.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGitPort } from '../../../src/adapters/git/git-port.ts';
import type { Oid } from '../../../src/core/model.ts';
import { built, createRig, type Rig, value } from './rig.ts';

const SEVEN = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n';
const STRATEGIES = ['merge', 'squash', 'rebase'] as const;

let rig: Rig;
let start: Oid;
beforeEach(async () => {
  rig = await createRig();
  start = await rig.commitOn(await rig.head(), { 'text.txt': SEVEN });
});
afterEach(() => rig.remove());

interface Change {
  readonly target: Oid;
  readonly base?: Oid;
  readonly head: Oid;
  readonly strategy: (typeof STRATEGIES)[number] | 'fast-forward';
  readonly driver?: string;
}

async function candidate(change: Change): ReturnType<Rig['port']['buildCandidate']> {
  return rig.port.buildCandidate({ base: start, ...change, message: 'task: done\n', pin: 'batch/1' });
}

async function filesAt(commit: Oid): Promise<string> {
  return rig.repo.git('ls-tree', '-r', '--name-only', commit);
}

describe('each strategy', () => {
  for (const strategy of STRATEGIES) {
    test(`${strategy} puts the change on a target that has moved, the same way each time, and pins it`, async () => {
      const head = await rig.commitOn(start, { 'a.txt': 'a\n' });
      const target = await rig.commitOn(start, { 'main.txt': 'main\n' });
      const { commit, tree, empty } = built(await candidate({ target, head, strategy }));
      expect(empty).toBe(false);
      expect(await filesAt(commit)).toBe('README.md\na.txt\nmain.txt\ntext.txt');
      expect(await rig.port.treeOf(commit)).toBe(tree);
      expect(await rig.port.isAncestor({ ancestor: target, of: commit })).toBe(true);
      expect(await rig.port.isAncestor({ ancestor: head, of: commit })).toBe(strategy === 'merge');
      expect(await rig.port.resolve('refs/weft/cand/batch/1')).toBe(commit);
      expect(built(await candidate({ target, head, strategy })).commit).toBe(commit);
    });

    test(`${strategy} names the files in conflict and builds nothing`, async () => {
      const head = await rig.commitOn(start, { 'text.txt': 'ours\n', 'b.txt': 'b\n', 'übel.txt': 'a\n' });
      const target = await rig.commitOn(start, { 'text.txt': 'theirs\n', 'übel.txt': 'b\n' });
      const result = value(await candidate({ target, head, strategy }));
      expect(result).toEqual({ kind: 'conflict', files: ['text.txt', 'übel.txt'] });
      expect(await rig.port.resolve('refs/weft/cand/batch/1')).toBeNull();
    });

    test(`${strategy} keeps the records of an issue tracker that both sides added to`, async () => {
      const log = '.beads/interactions.jsonl';
      const head = await rig.commitOn(start, { [log]: '{"id":1}\n', 'text.txt': 'ours\n' });
      const target = await rig.commitOn(start, { [log]: '{"id":2}\n' });
      const { commit } = built(await candidate({ target, head, strategy }));
      const lines = (await rig.repo.git('show', `${commit}:${log}`)).split('\n');
      expect(lines.toSorted()).toEqual(['{"id":1}', '{"id":2}']);
      expect(await rig.repo.git('show', `${commit}:text.txt`)).toBe('ours');
      // what else is in conflict stays so
      const other = await rig.commitOn(target, { 'text.txt': 'theirs\n' });
      const result = value(await candidate({ target: other, head, strategy }));
      expect(result).toEqual({ kind: 'conflict', files: ['text.txt'] });
    });

    test(`${strategy} of what the target has already is empty`, async () => {
      const head = await rig.commitOn(start, { 'a.txt': 'a\n' });
      const target = await rig.commitOn(start, { 'a.txt': 'a\n', 'main.txt': 'main\n' });
      const { commit, empty } = built(await candidate({ target, head, strategy }));
      expect({ commit, empty }).toEqual({ commit: target, empty: true });
    });

    test(`${strategy} obeys the target's merge drivers, whatever is checked out`, async () => {
      const base = await rig.commitOn(start, {
        'docs/.gitattributes': 'CHANGES merge=union\n',
        'docs/CHANGES': 'start\n',
      });
      const head = await rig.commitOn(base, { 'docs/CHANGES': 'start\nfrom the task\n' });
      const target = await rig.commitOn(base, { 'docs/CHANGES': 'start\nfrom main\n' });
      const { commit } = built(await candidate({ target, base, head, strategy }));
      expect(await rig.repo.git('show', `${commit}:docs/CHANGES`)).toBe('start\nfrom main\nfrom the task');
    });
  }

  test('the author is the agent, the committer is the user, or weft where nobody is configured', async () => {
    const head = await rig.commitOn(start, { 'a.txt': 'a\n' });
    const target = await rig.commitOn(start, { 'b.txt': 'b\n' });
    const { commit } = built(await candidate({ target, head, strategy: 'squash' }));
    const shown = await rig.repo.git('log', '-1', '--format=%an <%ae> %cn <%ce>|%B', commit);
    expect(shown.trim()).toBe('Ada Agent <ada@example.org> Uma User <uma@example.org>|task: done');
    await rig.repo.git('config', '--remove-section', 'user');
    // who it is was asked before: what an agent configures changes nothing
    expect(built(await candidate({ target, head, strategy: 'squash' })).commit).toBe(commit);
    const later = value(await createGitPort(rig.repo.path));
    const again = {
      base: start,
      target,
      head,
      strategy: 'squash',
      message: 'task: done\n',
      pin: 'batch/1',
    } as const;
    const nobody = built(await later.buildCandidate(again));
    await later.close();
    expect(await rig.repo.git('log', '-1', '--format=%cn <%ce>', nobody.commit)).toBe(
      'weft <weft@localhost>',
    );
  });
});

describe('rebase', () => {
  test('replays each commit with its author, date and message', async () => {
    const first = await rig.commitOn(start, { 'a.txt': 'a\n' });
    const author = 'Bo <bo@example.org>';
    const head = await rig.commitOn(
      first,
      { 'b.txt': 'b\n' },
      { author, date: '1580601722 +0200', message: 'subject\n\nbody' },
    );
    const target = await rig.commitOn(start, { 'main.txt': 'main\n' });
    const { commit, note } = built(await candidate({ target, head, strategy: 'rebase' }));
    expect(note).toBeUndefined();
    const log = await rig.repo.git('log', '--format=%an|%ad|%s|%b', '--date=iso', `${target}..${commit}`);
    expect(log.split('\n').filter((line) => line !== '')).toEqual([
      'Bo|2020-02-02 02:02:02 +0200|subject|body',
      'Ada Agent|2023-11-14 22:13:20 +0000|change a.txt|',
    ]);
  });

  test('keeps the commits themselves when the target has not moved', async () => {
    const head = await rig.commitOn(start, { 'a.txt': 'a\n' });
    expect(built(await candidate({ target: start, head, strategy: 'rebase' })).commit).toBe(head);
  });

  test('a branch with a merge in it is squashed, and says so', async () => {
    const main = await rig.commitOn(start, { 'main.txt': 'main\n' });
    const first = await rig.commitOn(start, { 'a.txt': 'a\n' });
    const merged = await rig.commitOn([first, main], { 'main.txt': 'main\n' });
    const head = await rig.commitOn(merged, { 'b.txt': 'b\n' });
    const target = await rig.commitOn(main, { 'later.txt': 'later\n' });
    const result = built(await candidate({ target, head, strategy: 'rebase' }));
    expect(result.note).toBe('Squashed, not rebased: the branch has merges in it.');
    expect(await rig.repo.git('rev-list', '--count', `${target}..${result.commit}`)).toBe('1');
    expect(await filesAt(result.commit)).toBe('README.md\na.txt\nb.txt\nlater.txt\nmain.txt\ntext.txt');
  });
});

describe('where the change starts', () => {
  for (const strategy of ['squash', 'rebase'] as const) {
    test(`${strategy} of work stacked on a squashed task has no conflict with it`, async () => {
      const first = await rig.commitOn(start, { 'text.txt': SEVEN.replace('three', 'THREE') });
      const second = await rig.commitOn(first, { 'text.txt': SEVEN.replace('three', 'three, twice') });
      const main = await rig.commitOn(start, { 'main.txt': 'main\n' });
      const landed = built(await candidate({ target: main, head: first, strategy: 'squash' })).commit;
      const { commit } = built(await candidate({ target: landed, base: first, head: second, strategy }));
      expect(await rig.repo.git('show', `${commit}:text.txt`)).toContain('three, twice');
      // with git's own base it conflicts with itself, and goes on only commit by commit
      expect(built(await candidate({ target: landed, head: second, strategy: 'merge' })).note).toMatch(
        /one by one/,
      );
    });
  }

  test('a branch that merged the target in is measured from there', async () => {
    const first = await rig.commitOn(start, { 'a.txt': 'a\n' });
    const main = await rig.commitOn(start, { 'text.txt': SEVEN.replace('seven', 'SEVEN') });
    const head = await rig.commitOn([first, main], { 'text.txt': SEVEN.replace('seven', 'SEVEN') });
    const target = await rig.commitOn(main, { 'text.txt': SEVEN.replace('seven', '7') });
    const { commit } = built(await candidate({ target, head, strategy: 'squash' }));
    expect(await rig.repo.git('show', `${commit}:text.txt`)).toContain('7');
  });

  test('a branch rebased onto the target does not undo what it stood on', async () => {
    const first = await rig.commitOn(start, { 'first.txt': 'first\n' });
    const target = await rig.commitOn(start, { 'first.txt': 'first\n', 'main.txt': 'main\n' });
    const head = await rig.commitOn(target, { 'second.txt': 'second\n' });
    const { commit } = built(await candidate({ target, base: first, head, strategy: 'squash' }));
    expect(await filesAt(commit)).toBe('README.md\nfirst.txt\nmain.txt\nsecond.txt\ntext.txt');
  });
});

test('spellings that differ only in case are in conflict where the file system folds case', async () => {
  const head = await rig.commitOn(start, { 'src/Foo.ts': 'Foo\n' });
  const target = await rig.commitOn(start, { 'src/foo.ts': 'foo\n' });
  const change = { target, head, strategy: 'squash' } as const;
  expect(built(await candidate(change)).empty).toBe(false);
  await rig.repo.git('config', 'core.ignorecase', 'true');
  expect(value(await candidate(change))).toEqual({ kind: 'conflict', files: ['src/Foo.ts', 'src/foo.ts'] });
});

test('a renamed file takes along what the target changed in it', async () => {
  const head = await rig.commitOn(start, { 'text.txt': null, 'moved.txt': SEVEN });
  const target = await rig.commitOn(start, { 'text.txt': `zero\n${SEVEN}` });
  const { commit } = built(await candidate({ target, head, strategy: 'squash' }));
  expect(await rig.repo.git('show', `${commit}:moved.txt`)).toMatch(/^zero\n/);
});

describe('fast-forward', () => {
  test('lands the very commits of what stands on the target, merges and all', async () => {
    const side = await rig.commitOn(start, { 'side.txt': 's\n' });
    const work = await rig.commitOn(start, { 'a.txt': 'a\n' });
    const head = await rig.commitOn([work, side], { 'side.txt': 's\n', 'a.txt': 'a\n' });
    const { commit } = built(await candidate({ target: start, head, strategy: 'fast-forward' }));
    expect(commit).toBe(head);
  });

  test('replays on a target that has moved', async () => {
    const head = await rig.commitOn(start, { 'a.txt': 'a\n' });
    const target = await rig.commitOn(start, { 'main.txt': 'm\n' });
    const { commit } = built(await candidate({ target, head, strategy: 'fast-forward' }));
    expect(await rig.repo.git('rev-parse', `${commit}^`)).toBe(target);
  });
});

describe('what git alone cannot merge', () => {
  const text = (line: string): string => SEVEN.replace('four', line);

  test('goes on commit by commit where that works', async () => {
    // the target has the first of two changes of the line already
    const once = await rig.commitOn(start, { 'text.txt': text('4') });
    const head = await rig.commitOn(once, { 'text.txt': text('IV') });
    const target = await rig.commitOn(start, { 'text.txt': text('4'), 'main.txt': 'm\n' });
    for (const strategy of ['squash', 'merge'] as const) {
      const { commit, note } = built(await candidate({ target, head, strategy }));
      expect(await rig.repo.git('show', `${commit}:text.txt`)).toContain('IV');
      expect(await filesAt(commit)).toContain('main.txt');
      expect(note).toBe('Its commits went on one by one where all at once conflicted.');
      const parents = await rig.repo.git('show', '-s', '--format=%P', commit);
      expect(parents).toBe(strategy === 'merge' ? `${target} ${head}` : target);
    }
  });

  const conflict = async () => ({
    head: await rig.commitOn(start, { 'text.txt': text('four of theirs') }),
    target: await rig.commitOn(start, { 'text.txt': text('four of ours') }),
  });
  // takes both sides of each conflict
  const both = 'git merge-file --union %A %O %B';

  test('is asked of the merge driver, and lands with both sides in it', async () => {
    const { target, head } = await conflict();
    const result = built(await candidate({ target, head, strategy: 'squash', driver: `echo %P; ${both}` }));
    const made = await rig.repo.git('show', `${result.commit}:text.txt`);
    expect(made).toContain('four of ours\nfour of theirs');
    expect(result.note).toBe('The merge driver resolved a conflict.');
    expect(value(await candidate({ target, head, strategy: 'squash' }))).toMatchObject({ kind: 'conflict' });
  });

  test('stays a conflict when the driver loses a side, with what would be lost', async () => {
    const { target, head } = await conflict();
    const result = value(await candidate({ target, head, strategy: 'squash', driver: 'cp %B %A' }));
    expect(result).toEqual({
      kind: 'conflict',
      files: ['text.txt'],
      vanished: ['text.txt: is gone: four of ours'],
    });
  });

  test.each(['false', 'exit 129', 'no-such-program-of-weft %A', 'kill -9 $$'])(
    'stays a conflict when the driver fails: %s',
    async (driver) => {
      const { target, head } = await conflict();
      const result = await candidate({ target, head, strategy: 'squash', driver });
      expect(result.ok ? result.value : result.failure.kind).toEqual(
        driver === 'exit 129' || driver.startsWith('kill') || driver.startsWith('no-such')
          ? expect.anything()
          : { kind: 'conflict', files: ['text.txt'] },
      );
    },
  );

  test('a driver is not asked for files that have one of their own', async () => {
    await rig.commitOn(start, {});
    const base = await rig.commitOn(start, { '.gitattributes': '*.txt merge=union\n' });
    const head = await rig.commitOn(base, { 'text.txt': text('four of theirs') });
    const target = await rig.commitOn(base, { 'text.txt': text('four of ours') });
    const result = value(
      await rig.port.buildCandidate({
        base,
        target,
        head,
        strategy: 'squash',
        message: 'x',
        pin: 'b/1',
        driver: 'false',
      }),
    );
    expect(result.kind).toBe('built');
  });
});
