// Files that are shared with programs of others: put there in one step, never through a link, and never over what was not seen.
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSharedFiles } from '../../../src/adapters/system/shared-files.ts';
import type { SharedFile } from '../../../src/ports/shared-files.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weft-shared-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const shared = createSharedFiles('/nowhere');
const file = (name = 'a.json'): SharedFile => ({ root, folder: 'x/y', name });
const path = (name = 'a.json'): string => join(root, 'x/y', name);
const NONE = { kind: 'none' } as const;

function put(text: string): void {
  expect(shared.replace(file(), { seen: shared.look(file()), text })).toEqual({ kind: 'done' });
}

describe('replace', () => {
  test('makes folders and a file for the user alone, and leaves nothing else', () => {
    put('one');
    put('two');
    expect(readFileSync(path(), 'utf8')).toBe('two');
    expect([statSync(path()).mode & 0o777, statSync(join(root, 'x')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(readdirSync(join(root, 'x/y'))).toEqual(['a.json']);
  });

  test('does nothing when the file is another one than was seen, by its text or by itself', () => {
    put('one');
    const seen = shared.look(file());
    appendFileSync(path(), '!');
    expect(shared.replace(file(), { seen, text: 'two' })).toEqual({ kind: 'stale' });
    expect(readFileSync(path(), 'utf8')).toBe('one!');
    expect(shared.replace(file(), { seen: NONE, text: 'two' })).toEqual({ kind: 'stale' });
    rmSync(path());
    expect(shared.replace(file(), { seen, text: 'two' })).toEqual({ kind: 'stale' });
    expect(readdirSync(join(root, 'x/y'))).toEqual([]);
  });

  test('the old file stays whole for who has it open', () => {
    put('one');
    linkSync(path(), path('kept'));
    put('two');
    expect(readFileSync(path('kept'), 'utf8')).toBe('one');
  });

  test.each(['x', 'x/y'])('refuses to go through a link at %s', (at) => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'weft-elsewhere-'));
    if (at === 'x/y') mkdirSync(join(root, 'x'));
    symlinkSync(elsewhere, join(root, at));
    expect(shared.look(file()).kind).toBe('odd');
    expect(shared.list(file(), 9)).toEqual([]);
    const done = shared.replace(file(), { seen: NONE, text: 'one' });
    expect(done).toEqual({ kind: 'refused', why: `${join(root, at)} is no folder` });
    expect(readdirSync(elsewhere)).toEqual([]);
    rmSync(elsewhere, { recursive: true });
  });

  test('a root that is a link itself is as good as what it leads to', () => {
    const linked = `${root}-link`;
    symlinkSync(root, linked);
    const done = shared.replace({ ...file(), root: linked }, { seen: NONE, text: 'one' });
    expect(done).toEqual({ kind: 'done' });
    rmSync(linked);
    expect(readFileSync(path(), 'utf8')).toBe('one');
  });

  test('says what is in the way', () => {
    writeFileSync(join(root, 'x'), '');
    expect(shared.replace(file(), { seen: NONE, text: 'one' })).toEqual({
      kind: 'refused',
      why: `${join(root, 'x')} is no folder`,
    });
    expect(shared.replace({ ...file(), root: '/proc' }, { seen: NONE, text: 'one' }).kind).toBe('refused');
  });
});

describe('look', () => {
  test('tells a link, a folder, and what is too large from a text', () => {
    mkdirSync(join(root, 'x/y'), { recursive: true });
    expect(shared.look(file())).toEqual(NONE);
    symlinkSync('/etc/hostname', path('link'));
    expect(shared.look(file('link'))).toEqual({ kind: 'link', to: '/etc/hostname' });
    mkdirSync(path('folder'));
    expect(shared.look(file('folder')).kind).toBe('odd');
    writeFileSync(path('large'), 'x'.repeat(300_000));
    expect(shared.look(file('large')).kind).toBe('odd');
    writeFileSync(path(), 'text');
    expect(shared.look(file())).toEqual({ kind: 'text', text: 'text' });
  });

  test.skipIf(process.getuid?.() === 0)('a file that must not be read is odd', () => {
    put('one');
    chmodSync(path(), 0);
    expect(shared.look(file()).kind).toBe('odd');
  });
});

describe('link', () => {
  test('is put in one step over a link that was seen, and over nothing else', () => {
    expect(shared.link(file('log'), { seen: shared.look(file('log')), to: '../one' })).toEqual({
      kind: 'done',
    });
    expect(shared.link(file('log'), { seen: shared.look(file('log')), to: '../two' })).toEqual({
      kind: 'done',
    });
    expect(readlinkSync(path('log'))).toBe('../two');
    expect(shared.link(file('log'), { seen: { kind: 'link', to: '../one' }, to: '../x' })).toEqual({
      kind: 'stale',
    });
    put('text');
    expect(shared.link(file(), { seen: NONE, to: '../x' })).toEqual({ kind: 'stale' });
    expect(readFileSync(path(), 'utf8')).toBe('text');
  });
});

test('rename keeps what has the other name already', () => {
  put('one');
  expect(shared.rename(file(), 'b')).toEqual({ kind: 'done' });
  put('two');
  expect(shared.rename(file(), 'b').kind).toBe('refused');
  expect([readFileSync(path(), 'utf8'), readFileSync(path('b'), 'utf8')]).toEqual(['two', 'one']);
});

test('remove takes only what was expected there', () => {
  put('42\n');
  shared.remove(file(), '43\n');
  expect(existsSync(path())).toBe(true);
  shared.remove(file(), '42\n');
  expect(existsSync(path())).toBe(false);
  symlinkSync('/etc/hostname', path());
  shared.remove(file(), '42\n');
  expect(lstatSync(path()).isSymbolicLink()).toBe(true);
});

test('a watcher hears of files that are replaced and written in place', async () => {
  put('one');
  const heard: (string | null)[] = [];
  let ring: () => void = () => undefined;
  const stop = shared.watch(file(), (name) => {
    heard.push(name);
    ring();
  });
  const hears = async (act: () => void): Promise<void> => {
    heard.length = 0;
    const rung = new Promise<void>((done) => {
      ring = done;
    });
    act();
    await rung;
  };
  await hears(() => writeFileSync(path(), 'two'));
  writeFileSync(path('new'), 'three');
  await hears(() => renameSync(path('new'), path()));
  stop();
  expect(heard.length).toBeGreaterThan(0);
});
