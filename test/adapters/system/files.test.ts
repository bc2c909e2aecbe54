// The files of this machine keep the contract, and what only a real disk has: modes.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFiles } from '../../../src/adapters/system/files.ts';
import { type FilesBench, filesContract } from './files-contract.ts';

async function createBench(): Promise<FilesBench> {
  const root = await mkdtemp(join(tmpdir(), 'weft-files-'));
  return { port: createFiles(), root, close: () => rm(root, { recursive: true }) };
}

filesContract('on disk', createBench);

test('folders and files are private to the user', async () => {
  const { port, root, close } = await createBench();
  onTestFinished(close);
  await port.makeDir(join(root, 'a'));
  await port.replace(join(root, 'a/b'), 'b');
  expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(root, 'a/b'))).mode & 0o777).toBe(0o600);
});

test('of a place that is not there the room is not known', async () => {
  const { port, root, close } = await createBench();
  onTestFinished(close);
  expect(await port.freeBytes(join(root, 'none'))).toBeNull();
  expect(await port.freeBytes(root)).toBeGreaterThan(0);
});
