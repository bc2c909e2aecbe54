// Following a file: growth, truncation, replacement, a late beginning, an end, and one very long line.
import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { followLines } from '../../../src/adapters/process/tail.ts';
import { breakGround, eventually, type Ground } from './ground.ts';

let ground: Ground;
let path: string;
let stop: AbortController;
let ended: AbortController;
let lines: string[];
let offsets: number[];
let following: Promise<number> | null;

beforeEach(() => {
  ground = breakGround();
  path = join(ground.root, 'out.jsonl');
  stop = new AbortController();
  ended = new AbortController();
  lines = [];
  offsets = [];
  following = null;
});
afterEach(async () => {
  stop.abort();
  await following;
  await ground.sweep();
});

function follow(fromOffset = 0, maxLineBytes?: number): Promise<number> {
  following = followLines(path, {
    fromOffset,
    signal: stop.signal,
    ended: ended.signal,
    onLine: (line) => {
      lines.push(`${line.bytes}${line.truncated ? '…' : ''}`);
      offsets.push(line.offset);
    },
    ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
  });
  return following;
}

const linesAre = (...expected: string[]) => eventually(() => lines.join('|') === expected.join('|'));

it('delivers what is there and what comes, in whole lines', async () => {
  writeFileSync(path, 'one\ntw');
  void follow();
  await linesAre('one');
  appendFileSync(path, 'o\nthree\n');
  await linesAre('one', 'two', 'three');
  expect(offsets).toEqual([0, 4, 8]);
});

it('waits for a file that is not there yet', async () => {
  void follow();
  writeFileSync(path, 'late\n');
  await linesAre('late');
});

it('goes on at an offset, and tells where to go on', async () => {
  writeFileSync(path, 'one\ntwo\nthr');
  const going = follow(4);
  await linesAre('two');
  stop.abort();
  expect(await going).toBe(8);
  expect(lines).toEqual(['two']);
});

it('delivers the unfinished last line once the writer has ended', async () => {
  writeFileSync(path, 'one\nlast');
  const going = follow();
  await linesAre('one');
  appendFileSync(path, ' words');
  ended.abort();
  expect(await going).toBe(14);
  expect(lines).toEqual(['one', 'last words']);
});

it('reads to the end of a file whose writer had ended before', async () => {
  writeFileSync(path, 'one\ntwo');
  ended.abort();
  expect(await follow()).toBe(7);
  expect(lines).toEqual(['one', 'two']);
});

it('begins again when the file is truncated', async () => {
  writeFileSync(path, 'before the cut\n');
  void follow();
  await linesAre('before the cut');
  truncateSync(path, 0);
  appendFileSync(path, 'after\n');
  await linesAre('before the cut', 'after');
});

it('begins again when the file is replaced, after the end of the old one', async () => {
  writeFileSync(path, 'old\n');
  void follow();
  await linesAre('old');
  renameSync(path, `${path}.1`);
  appendFileSync(`${path}.1`, 'old too\n');
  writeFileSync(path, 'a newer and longer one\n');
  await linesAre('old', 'old too', 'a newer and longer one');
});

it('reads from the beginning when the offset lies behind the end', async () => {
  writeFileSync(path, 'short\n');
  void follow(1_000);
  await linesAre('short');
  expect(offsets).toEqual([0]);
});

it('cuts a line of a gigabyte and stays small [F14]', async () => {
  // sparse: nothing of it is on the disk, and all of it is read
  writeFileSync(path, '');
  truncateSync(path, 1_000_000_000);
  appendFileSync(path, '\nnext\n');
  const before = process.memoryUsage().rss;
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  ended.abort();
  await follow(0, 1024);
  clearInterval(timer);
  expect(lines).toEqual([`${'\0'.repeat(1024)}…`, 'next']);
  expect(most - before).toBeLessThan(64 * 1024 * 1024);
});
