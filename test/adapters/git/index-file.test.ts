// What stands out in an index, beside git's own word.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type IndexEntries, parseIndex, readIndex } from '../../../src/adapters/git/index-file.ts';
import { createTempRepo, type TempRepo } from '../../../src/testing/temp-repo.ts';

let repo: TempRepo;
let index: string;
beforeEach(async () => {
  repo = await createTempRepo();
  index = join(repo.path, '.git/index');
});
afterEach(() => repo.remove());

const NOTHING: IndexEntries = { marked: [], gitlinks: [] };

/** What git says is in the index. */
async function ask(): Promise<IndexEntries> {
  const fields = (await repo.git('ls-files', '-v', '-s', '-z')).split('\0').filter(Boolean);
  const entries = fields.map((field) => {
    const [, mark = '', mode = '', path = ''] = /^(\S) (\d+) \S+ \d\t(.*)$/s.exec(field) ?? [];
    return { mark, mode, bytes: path };
  });
  return {
    marked: entries.filter(({ mark }) => /[hsS]/.test(mark)).map(({ mark, bytes }) => ({ mark, bytes })),
    gitlinks: entries.filter(({ mode }) => mode === '160000').map(({ bytes }) => bytes),
  };
}

/** An index with each thing that stands out, beside names of many lengths. */
async function furnish(): Promise<void> {
  const blob = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';
  const commit = await repo.git('rev-parse', 'HEAD');
  const add = (mode: string, id: string, path: string): Promise<string> =>
    repo.git('update-index', '--add', '--cacheinfo', `${mode},${id},${path}`);
  for (let length = 1; length <= 20; length += 1) await add('100644', blob, 'n'.repeat(length));
  await add('100755', blob, `long/${'x'.repeat(5_000)}`);
  await add('160000', commit, 'inner');
  await add('160000', commit, `deep/${'y'.repeat(4_200)}`);
  for (const path of ['hidden', 'passed', 'both', `z/${'z'.repeat(4_095)}`]) await add('100644', blob, path);
  await repo.git('update-index', '--assume-unchanged', 'hidden', 'both', `z/${'z'.repeat(4_095)}`);
  await repo.git('update-index', '--skip-worktree', 'passed', 'both', 'inner');
}

test('what stands out is found as git finds it', async () => {
  expect(await readIndex(index)).toEqual(NOTHING);
  await furnish();
  const expected = await ask();
  expect(expected.marked).toHaveLength(5);
  expect(expected.gitlinks).toHaveLength(2);
  expect(await readIndex(index)).toEqual(expected);
});

test('entries of a merge that stopped are none that are hidden', async () => {
  await repo.write('file', 'base');
  await repo.commit('base');
  await repo.git('checkout', '-q', '-b', 'other');
  await repo.write('file', 'theirs');
  await repo.commit('theirs');
  await repo.git('checkout', '-q', '-');
  await repo.write('file', 'ours');
  await repo.commit('ours');
  await expect(repo.git('merge', 'other')).rejects.toThrow();
  expect(await readIndex(index)).toEqual(NOTHING);
});

test('there is nothing in an index that is not there', async () => {
  expect(await readIndex(join(repo.path, '.git/none'))).toEqual(NOTHING);
});

test.each([
  ['in version 4', ['update-index', '--index-version', '4']],
  ['that is split', ['update-index', '--split-index']],
])('an index %s is left to git', async (_, how) => {
  await repo.git(...how);
  expect(await readIndex(index)).toBeNull();
});

test('a damaged index is never taken for one with less in it', async () => {
  await furnish();
  const whole = await readFile(index);
  const expected = parseIndex(whole);
  for (let length = 0; length < whole.length; length += 1) {
    const read = parseIndex(whole.subarray(0, length));
    // cut off within what follows the entries, it may still tell of all of them
    if (read !== null) expect(read).toEqual(expected);
  }
  await writeFile(index, '');
  expect(await readIndex(index)).toBeNull();
});
