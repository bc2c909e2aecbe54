// Words of people in a status file: put there once, with what else is in it, and when they count as heard.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { forwardMessages } from '../../../src/adapters/agent/forwarded.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weft-forwarded-'));
  path = join(dir, 'status.json');
});
afterEach(() => rmSync(dir, { recursive: true }));

const STUCK = { status: 'stuck', stuckReason: 'Which?', id: '7' };
const ONE = { number: 3, text: 'Blue.' };
const TWO = { number: 4, text: 'Or green.' };
const put = (status: object): void => writeFileSync(path, JSON.stringify(status));
const take = (): unknown => JSON.parse(readFileSync(path, 'utf8'));
const AWAITED = { heard: null, isStuck: true };
const OPEN = { heard: null, isStuck: false };

it('puts nothing where there is no status', async () => {
  expect(await forwardMessages(path, [ONE])).toEqual(OPEN);
  writeFileSync(path, '{"status":');
  expect(await forwardMessages(path, [ONE])).toEqual(OPEN);
  expect(readFileSync(path, 'utf8')).toBe('{"status":');
});

it('keeps what it does not know, and does not write again', async () => {
  put(STUCK);
  expect(await forwardMessages(path, [ONE, TWO])).toEqual(AWAITED);
  expect(take()).toEqual({ ...STUCK, forwardedMessage: 'Blue.\n\nOr green.' });
  writeFileSync(
    join(dir, 'forwarded.json'),
    readFileSync(join(dir, 'forwarded.json'), 'utf8').replace('}', ',"mark":1}'),
  );
  expect(await forwardMessages(path, [ONE, TWO])).toEqual(AWAITED);
  expect(readFileSync(join(dir, 'forwarded.json'), 'utf8')).toContain('mark');
});

it.each([
  ['goes on', { status: 'working' }, { heard: 3, isStuck: false }],
  [
    'goes on and leaves the message',
    { status: 'working', forwardedMessage: 'Blue.' },
    { heard: 3, isStuck: false },
  ],
  ['clears it', { ...STUCK, forwardedMessage: '' }, { heard: 3, isStuck: true }],
  ['asks something else', { status: 'stuck', stuckReason: 'And why?' }, { heard: 3, isStuck: true }],
])('who %s has heard', async (_, status, told) => {
  put(STUCK);
  await forwardMessages(path, [ONE]);
  put(status);
  expect(await forwardMessages(path, [ONE])).toEqual(told);
  expect(take()).toEqual(status);
});

it('who clears it so that all is as before has heard', async () => {
  const before = { status: 'working', forwardedMessage: null };
  put(before);
  expect(await forwardMessages(path, [ONE])).toEqual(OPEN);
  put(before);
  expect(await forwardMessages(path, [ONE])).toEqual({ heard: 3, isStuck: false });
  expect(take()).toEqual(before);
});

it('of two messages where only the first was there the first is heard', async () => {
  put(STUCK);
  await forwardMessages(path, [ONE]);
  put({ status: 'working' });
  expect(await forwardMessages(path, [ONE, TWO])).toEqual({ heard: 3, isStuck: false });
  expect(await forwardMessages(path, [TWO])).toEqual(OPEN);
  expect(take()).toEqual({ status: 'working', forwardedMessage: 'Or green.' });
});

it.each([
  ['asks the same in a file made anew', STUCK, { ...STUCK, beat: 1 }],
  ['works on', { status: 'working' }, { status: 'working', beat: 1 }],
])('who %s did not look, and finds it again', async (_, first, then) => {
  put(first);
  await forwardMessages(path, [ONE]);
  put(then);
  expect((await forwardMessages(path, [ONE])).heard).toBeNull();
  expect(take()).toEqual({ ...then, forwardedMessage: 'Blue.' });
});

it('a note without a message, as a crash leaves it, is no message that was heard', async () => {
  put({ ...STUCK, forwardedMessage: null });
  const before = readFileSync(path, 'utf8');
  await forwardMessages(path, [ONE]);
  const note = join(dir, 'forwarded.json');
  writeFileSync(note, readFileSync(note, 'utf8').replace('"isPut":true', '"isPut":false'));
  writeFileSync(path, before);
  expect(await forwardMessages(path, [ONE])).toEqual(AWAITED);
  expect(take()).toMatchObject({ forwardedMessage: 'Blue.' });
});

it('puts nothing that would make the file too long to read', async () => {
  put(STUCK);
  expect(await forwardMessages(path, [{ number: 1, text: 'x'.repeat(65_536) }])).toEqual(AWAITED);
  expect(take()).toEqual(STUCK);
});
