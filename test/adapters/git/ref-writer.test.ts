// Refs written through a git that stays.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRefWriter, type RefWriter } from '../../../src/adapters/git/ref-writer.ts';
import { createTempRepo, type TempRepo } from '../../../src/testing/temp-repo.ts';
import { gitsOf } from './struck.ts';

let repo: TempRepo;
let refs: RefWriter;
let head: string;
beforeEach(async () => {
  repo = await createTempRepo();
  head = await repo.git('rev-parse', 'HEAD');
  refs = createRefWriter({ cwd: repo.path, env: {} });
});
afterEach(async () => {
  await refs.close();
  expect(gitsOf(repo.path)).toEqual([]);
  await repo.remove();
});

const list = (): Promise<string> => repo.git('for-each-ref', '--format=%(refname)', 'refs/weft');

test('many calls, some side by side, are one process', async () => {
  await refs.write([]);
  expect(gitsOf(repo.path)).toHaveLength(0);
  await refs.write([`create refs/weft/a ${head}`, `create refs/weft/b ${head}`]);
  const [pid] = gitsOf(repo.path);
  await Promise.all([refs.write([`delete refs/weft/a ${head}`]), refs.write([`update refs/weft/c ${head}`])]);
  expect(await list()).toBe('refs/weft/b\nrefs/weft/c');
  expect(gitsOf(repo.path)).toEqual([pid]);
});

test('all of a call is done or nothing, and what is refused is said', async () => {
  await refs.write([`create refs/weft/there ${head}`]);
  const lines = [`create refs/weft/new ${head}`, `create refs/weft/there ${head}`];
  await expect(refs.write(lines)).rejects.toThrow(/reference already exists/);
  expect(await list()).toBe('refs/weft/there');
  await refs.write([`create refs/weft/next ${head}`]);
  expect(await list()).toBe('refs/weft/next\nrefs/weft/there');
});

test('one refusal spoils no other call that waits', async () => {
  const calls = [`create refs/weft/a ${head}`, 'create refs/weft/b nonsense', `create refs/weft/c ${head}`];
  const done = await Promise.allSettled(calls.map((line) => refs.write([line])));
  expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await list()).toBe('refs/weft/a\nrefs/weft/c');
});

test('a lock that somebody holds for a moment is waited for', async () => {
  const lock = join(repo.path, '.git/refs/weft/a.lock');
  await refs.write([`create refs/weft/a ${head}`]);
  await writeFile(lock, '');
  const writing = refs.write([`delete refs/weft/a ${head}`]);
  await rm(lock);
  await writing;
  expect(await list()).toBe('');
});
