// Where attributes are found in a tree, and how often it is looked at.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listAttributeFiles } from '../../../src/adapters/git/attributes.ts';
import type { Shared } from '../../../src/adapters/git/exec.ts';
import { createObjectReader } from '../../../src/adapters/git/object-reader.ts';
import { createPrograms } from '../../../src/adapters/git/programs.ts';
import { createTempRepo, type TempRepo } from '../../../src/testing/temp-repo.ts';

let repo: TempRepo;
let shared: Shared;
/** Names that were read. */
let reads: string[];
beforeEach(async () => {
  repo = await createTempRepo();
  reads = [];
  const objects = createObjectReader({ cwd: repo.path, env: {} });
  const read = (name: string): Promise<Buffer | null> => {
    reads.push(name);
    return objects.read(name);
  };
  shared = {
    commonDir: repo.path,
    objects: { ...objects, read },
    programs: createPrograms(),
    ancestry: new Map(),
  };
});
afterEach(async () => {
  await shared.objects.close();
  await repo.remove();
});

async function find(): Promise<readonly string[]> {
  return [...(await listAttributeFiles(shared, await repo.git('rev-parse', 'HEAD^{tree}')))].sort();
}

test('those of all folders are found, whatever they are called, and nothing else', async () => {
  expect(await find()).toEqual([]);
  const names = ['.gitattributes', 'a/.gitattributes', 'a/ü b/c/.gitattributes', '40000/.gitattributes'];
  for (const name of names) await repo.write(name, '* -text\n');
  for (const name of ['a/gitattributes', '.gitattributes.d/x', 'b/.gitattributes.txt'])
    await repo.write(name, 'x');
  await repo.commit('attributes');
  expect(await find()).toEqual([...names].sort());
});

test('only folders that changed are looked at again', async () => {
  for (const name of ['a/.gitattributes', 'a/b/file', 'c/other']) await repo.write(name, 'x');
  await repo.commit('one');
  await find();
  expect(reads).toHaveLength(4);
  await repo.write('c/.gitattributes', 'x');
  await repo.commit('two');
  reads = [];
  expect(await find()).toEqual(['a/.gitattributes', 'c/.gitattributes']);
  expect(reads).toHaveLength(2);
});

test('a tree that is not there is said to be missing', async () => {
  await expect(listAttributeFiles(shared, 'f'.repeat(40))).rejects.toThrow('There is no tree ffff');
});
