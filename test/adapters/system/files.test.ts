// The files of this machine keep the contract, and what only a real disk has: modes.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
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

test('a pipe is not waited for', async () => {
  const { port, root, close } = await createBench();
  onTestFinished(close);
  execFileSync('mkfifo', [join(root, 'pipe')]);
  expect(await port.readText(join(root, 'pipe'), 100)).toBe('');
});

test('of a place that is not there the room is not known', async () => {
  const { port, root, close } = await createBench();
  onTestFinished(close);
  expect(await port.freeBytes(join(root, 'none'))).toBeNull();
  expect(await port.freeBytes(root)).toBeGreaterThan(0);
});

test('what keeps a folder from being made is named', async () => {
  const { port, root, close } = await createBench();
  onTestFinished(close);
  await writeFile(join(root, 'file'), '');
  await symlink('nowhere', join(root, 'link'));
  expect(await port.findObstacle(join(root, 'file'))).toBe(`${root}/file is not a folder`);
  expect(await port.findObstacle(join(root, 'file/a/b'))).toBe(`${root}/file is not a folder`);
  expect(await port.findObstacle(join(root, 'link/a'))).toMatch(/^nothing can be made in .*link \(ENOENT\)$/);
  expect(await port.findObstacle('/proc/x/y')).toMatch(/^nothing can be made in \/proc \(E\w+\)$/);
  expect(await port.list(root)).toEqual(['file', 'link']);
});

test.runIf(existsSync('/proc/self'))('where nothing can be made, making a folder ends', async () => {
  const { port, root, close } = await createBench();
  onTestFinished(close);
  await expect(port.makeDir('/proc/x/y')).rejects.toThrow();
  await writeFile(join(root, 'file'), '');
  await expect(port.makeDir(join(root, 'file'))).rejects.toThrow('EEXIST');
  await expect(port.makeDir(join(root, 'file/a'))).rejects.toThrow('ENOTDIR');
});
