// Where a track file is looked for, and what is said when it is nowhere.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTrackFile } from '../../../src/adapters/source/find-track-file.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'weft-find-')));
  mkdirSync(join(root, 'repo/sub'), { recursive: true });
  mkdirSync(join(root, 'linked/sub'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

/** Finds from `linked/sub` after these files were written. */
function find(path: string, ...files: readonly string[]): unknown {
  for (const file of files) writeFileSync(join(root, file), '');
  const places = { cwd: join(root, 'linked/sub'), checkout: join(root, 'linked') };
  const found = findTrackFile(path, { ...places, repository: join(root, 'repo') });
  return found.ok ? [found.value.path, found.value.root].map((each) => each.slice(root.length + 1)) : found;
}

test('from the folder it was typed in, first', () => {
  expect(find('t.yaml', 'linked/sub/t.yaml', 'linked/t.yaml', 'repo/t.yaml')).toEqual([
    'linked/sub/t.yaml',
    'linked',
  ]);
});

test('from the root of the checkout, then', () => {
  expect(find('t.yaml', 'linked/t.yaml', 'repo/t.yaml')).toEqual(['linked/t.yaml', 'linked']);
});

test('from the main checkout, at last, whose task files it may name', () => {
  expect(find('sub/t.yaml', 'repo/sub/t.yaml')).toEqual(['repo/sub/t.yaml', 'repo']);
});

test('by a way that leads elsewhere, and by an absolute path', () => {
  expect(find('../../repo/t.yaml', 'repo/t.yaml')).toEqual(['repo/t.yaml', 'repo']);
  expect(find(join(root, 't.yaml'), 't.yaml')).toEqual(['t.yaml', 'linked']);
});

test('nowhere: every place is named', () => {
  const tried = ['linked/sub/t.yaml', 'linked/t.yaml', 'repo/t.yaml'].map((file) => `"${root}/${file}"`);
  const fix = `Looked for ${tried[0]}, ${tried[1]} and ${tried[2]}. \`weft init\` writes a first one.`;
  expect(find('t.yaml')).toEqual({
    ok: false,
    failure: { position: null, sentence: 'The track file "t.yaml" does not exist.', fix },
  });
  expect(find('a\0b')).toMatchObject({ ok: false });
});
