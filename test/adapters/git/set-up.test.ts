// What a set-up command made of a clean checkout: it stays while its dependencies do, and nothing else stays with it.
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGitPort } from '../../../src/adapters/git/git-port.ts';
import type { Oid } from '../../../src/core/model.ts';
import type { GitPort } from '../../../src/ports/git.ts';
import { createRig, type Rig, value, writeDeep } from './rig.ts';

const COMMAND = 'install';

let rig: Rig;
let path: string;
let one: Oid;
let two: Oid;
beforeEach(async () => {
  rig = await createRig();
  path = join(rig.worktrees, '.gates', '0');
  one = await rig.commitOn(await rig.head(), {
    '.gitignore': '/venv*/\nlib/**/out/\n*.log\n',
    'lib/a/pyproject.toml': 'one\n',
    'lib/a/code.py': 'one\n',
  });
  two = await rig.commitOn(one, { 'lib/a/code.py': 'two\n' });
});
afterEach(() => rig.remove());

async function ensure(commit: Oid, port: GitPort = rig.port, setUp: string = COMMAND): Promise<boolean> {
  value(await port.ensureCheckout({ path, commit, reason: 'weft gates', setUp }));
  expect(await port.isUntouched({ path, commit })).toBe(true);
  return port.isSetUp(path);
}

const MADE = ['venv [a] b/bin/python', 'lib/a/out/built', 'made.log'];

async function setUp(): Promise<void> {
  for (const file of MADE) await writeDeep(join(path, file), 'made\n');
  value(await rig.port.noteSetUp({ path, setUp: COMMAND }));
}

function left(): readonly string[] {
  return MADE.filter((file) => existsSync(join(path, file)));
}

test('what it made stays from commit to commit, what gates left goes', async () => {
  expect(await ensure(one)).toBe(false);
  await setUp();
  await writeDeep(join(path, 'lib/b/out/left'), 'by a gate\n');
  await writeFile(join(path, 'test.log'), 'by a gate\n');
  expect(await ensure(two)).toBe(true);
  expect(left()).toEqual(MADE);
  expect(existsSync(join(path, 'lib/b'))).toBe(false);
  expect(existsSync(join(path, 'test.log'))).toBe(false);
  expect(await readFile(join(path, 'lib/a/code.py'), 'utf8')).toBe('two\n');
});

test('what gates put into it goes, and what they change in it asks for it again', async () => {
  await ensure(one);
  await setUp();
  await writeDeep(join(path, 'venv [a] b/cache/left'), 'by a gate\n');
  expect(await ensure(two)).toBe(true);
  expect(existsSync(join(path, 'venv [a] b/cache/left'))).toBe(false);
  await writeFile(join(path, 'venv [a] b/bin/python'), 'else\n');
  expect(await ensure(one)).toBe(false);
  expect(left()).toEqual([]);
});

test('the note outlives the engine', async () => {
  await ensure(one);
  await setUp();
  const next = value(await createGitPort(rig.repo.path));
  await next.repair([rig.worktrees]);
  expect(await ensure(two, next)).toBe(true);
  await next.close();
});

test('killed before its end, it begins on a clean checkout', async () => {
  await ensure(one);
  for (const file of MADE) await writeDeep(join(path, file), 'half\n');
  expect(await ensure(one)).toBe(false);
  expect(left()).toEqual([]);
});

for (const file of [
  'lib/a/pyproject.toml',
  'requirements-dev.txt',
  'x/y/Gemfile.lock',
  'bun.lockb',
  'go.sum',
]) {
  test(`another ${file} asks for it again`, async () => {
    await ensure(one);
    await setUp();
    const other = await rig.commitOn(two, { [file]: 'other\n' });
    expect(await ensure(other)).toBe(false);
    expect(left()).toEqual([]);
    // and it stays so until it has run
    expect(await ensure(one)).toBe(false);
  });
}

test('so does another command, a file of its own that is gone, and a new checkout', async () => {
  await ensure(one);
  await setUp();
  expect(await ensure(one, rig.port, 'another command')).toBe(false);
  await setUp();
  expect(await ensure(one)).toBe(true);
  await rm(join(path, 'venv [a] b'), { recursive: true });
  expect(await ensure(one)).toBe(false);
  await setUp();
  value(await rig.port.removeCheckout(path));
  expect(await ensure(one)).toBe(false);
});

test('without a command nothing that is noted stays', async () => {
  await ensure(one);
  await setUp();
  value(await rig.port.ensureCheckout({ path, commit: one, reason: 'weft gates' }));
  expect(await rig.port.isSetUp(path)).toBe(false);
  expect(left()).toEqual([]);
});
