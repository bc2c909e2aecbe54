// Files are replaced whole or not at all, and nothing is left lying about.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createAtomically,
  replaceFile,
  sweepTemps,
  writeAtomically,
} from '../../../src/adapters/journal/atomic-file.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weft-atomic-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe.each([
  ['writeAtomically', writeAtomically],
  ['replaceFile', replaceFile],
])('%s', (_name, write) => {
  test('makes and replaces a private file, of text or bytes', async () => {
    const path = join(root, 'view.json');
    await write(path, 'old');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await write(path, Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(root)).toEqual(['view.json']);
  });

  test('leaves no temporary file behind when the replacing fails [F16]', async () => {
    mkdirSync(join(root, 'view.json'));
    await expect(write(join(root, 'view.json'), 'text')).rejects.toThrow();
    expect(readdirSync(root)).toEqual(['view.json']);
    await expect(write(join(root, 'missing', 'view.json'), 'text')).rejects.toThrow('ENOENT');
  });

  test('many writers at once leave one whole file', async () => {
    const path = join(root, 'view.json');
    const texts = Array.from({ length: 30 }, (_, index) => `${index}`.repeat(5_000));
    await Promise.all(texts.map((text) => write(path, text)));
    expect(texts).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(root)).toEqual(['view.json']);
  });
});

test('the sweep takes temporary files of dead processes and no others', async () => {
  const gone = spawnSync('true').pid;
  const kept = [`a.${process.pid}-0123456789ab.tmp`, 'mine.tmp', 'view.json'];
  for (const name of [...kept, `view.json.${gone}-0123456789ab.tmp`]) writeFileSync(join(root, name), '');
  expect(await sweepTemps(root)).toBe(1);
  expect(readdirSync(root).sort()).toEqual(kept);
});

test('of many who create a file at once one succeeds, and its text is the one that is there', async () => {
  const path = join(root, 'claim');
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, index) => createAtomically(path, `${index}`)),
  );
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(readFileSync(path, 'utf8')).toBe(`${made.indexOf(true)}`);
  expect(readdirSync(root)).toEqual(['claim']);
});
