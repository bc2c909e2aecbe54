// A change as people see it: streamed to who reads, stopped by who does not, and files as they are in a commit.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findPager, readFileAt, streamPatch } from '../../../src/adapters/git/show-change.ts';
import { oid } from '../../../src/core/model.ts';
import { createTempRepo, type TempRepo, testGitEnv } from '../../../src/testing/temp-repo.ts';

let repo: TempRepo;
beforeEach(async () => {
  repo = await createTempRepo();
});
afterEach(() => repo.remove());

async function commit(files: Readonly<Record<string, string>>): Promise<ReturnType<typeof oid>> {
  for (const [path, text] of Object.entries(files)) await repo.write(path, text);
  await repo.commit('work');
  return oid(await repo.git('rev-parse', 'HEAD'));
}

test('a patch comes in whole lines, with plain prefixes whatever is configured', async () => {
  await repo.git('config', 'diff.noprefix', 'true');
  await repo.git('config', 'diff.external', 'false');
  const from = await commit({ 'ä.txt': 'one\n' });
  const to = await commit({ 'ä.txt': `two\n${'x'.repeat(20_000)}\n` });
  const lines: string[] = [];
  const streamed = await streamPatch({ cwd: repo.path }, { from, to }, async (portion) => {
    lines.push(...portion);
    return true;
  });
  expect(streamed.ok).toBe(true);
  expect(lines.slice(2, 7)).toEqual(['--- a/ä.txt', '+++ b/ä.txt', '@@ -1 +1,2 @@', '-one', '+two']);
  expect(lines[7]).toMatch(/^\+x{16383}…$/);
});

test('who wants no more ends git', async () => {
  const from = await commit({ 'a.txt': '' });
  const to = await commit({ 'a.txt': 'some line of text\n'.repeat(200_000) });
  let portions = 0;
  const streamed = await streamPatch({ cwd: repo.path }, { from, to }, async () => {
    portions += 1;
    return portions < 3;
  });
  expect(streamed).toEqual({ ok: true, value: undefined });
  expect(portions).toBe(3);
});

test('commits that are not there are a failure', async () => {
  const from = await commit({ 'a.txt': 'a' });
  const streamed = await streamPatch({ cwd: repo.path }, { from, to: oid('1'.repeat(40)) }, async () => true);
  expect(streamed).toMatchObject({ ok: false, failure: { kind: 'environment' } });
});

test('a file is read as it is in the commit', async () => {
  const at = await commit({ 'src/a b.txt': 'text\n', 'image.bin': 'a\0b' });
  await repo.write('src/a b.txt', 'changed');
  const read = (path: string): Promise<string | null> =>
    readFileAt({ cwd: repo.path, env: {} }, { commit: at, path });
  expect(await read('src/a b.txt')).toBe('text\n');
  for (const path of ['image.bin', 'src', 'none.txt', '../x', '']) expect(await read(path)).toBeNull();
});

test.each<[string, Readonly<Record<string, string>>, string | null]>([
  ['GIT_PAGER', { GIT_PAGER: 'mine -x', PAGER: 'other' }, 'mine -x'],
  ['core.pager', { PAGER: 'other' }, 'configured'],
  ['cat: none', { GIT_PAGER: 'cat' }, null],
])('the pager is the one that git would use: %s', async (_name, env, expected) => {
  await repo.git('config', 'core.pager', 'configured');
  expect(findPager(repo.path, { ...testGitEnv(), ...env })).toBe(expected);
});
