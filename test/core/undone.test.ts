// Files as wholes: what of a side's changes was put back, and what only went elsewhere.
import { expect, test } from 'vitest';
import { type Change, type Entry, findUndone } from '../../src/core/undone.ts';

/** `mode content`, or nothing where there is no file. */
function entry(text: string): Entry | null {
  const [mode = '', content = ''] = text.split(' ');
  return text === '' ? null : { mode, content };
}

/** `path: before -> after`, as many as there are lines. */
function changes(...lines: readonly string[]): readonly Change[] {
  return lines.map((line) => {
    const [, path = '', before = '', after = ''] = /^(\w+): ?(.*?) ?-> ?(.*)$/.exec(line) ?? [];
    return { path, before: entry(before), after: entry(after) };
  });
}

test.each<[string, readonly string[], readonly string[], string[]]>([
  ['nothing was done beside', ['a: 6 x -> 6 y'], [], []],
  ['other files were', ['a: 6 x -> 6 y'], ['b: 6 x -> 6 y'], []],
  ['it went on', ['a: 6 x -> 6 y'], ['a: 6 y -> 6 z'], []],
  ['its content is as before', ['a: 6 x -> 6 y'], ['a: 6 y -> 6 x'], ['a content']],
  ['its mode is as before', ['a: 6 x -> 7 x'], ['a: 7 x -> 6 x'], ['a mode']],
  ['its mode is as before, its content is new', ['a: 6 x -> 7 y'], ['a: 7 y -> 6 z'], ['a mode']],
  ['its mode stayed, its content is as before', ['a: 6 x -> 7 y'], ['a: 7 y -> 7 x'], ['a content']],
  ['only its content changed, then its mode', ['a: 6 x -> 6 y'], ['a: 6 y -> 7 y'], []],
  ['a new file is gone', ['a: -> 6 y'], ['a: 6 y ->'], ['a gone']],
  ['a new file moved', ['a: -> 6 y'], ['a: 6 y ->', 'b: -> 6 y'], []],
  ['of two alike one moved', ['a: -> 6 y', 'b: -> 6 y'], ['a: 6 y ->', 'b: 6 y ->', 'c: -> 6 y'], ['b gone']],
  ['one that was taken away is back', ['a: 6 x ->'], ['a: -> 6 x'], ['a back']],
  ['another one has its name', ['a: 6 x ->'], ['a: -> 6 z'], []],
  ['a move is undone', ['a: 6 x ->', 'b: -> 6 x'], ['a: -> 6 x', 'b: 6 x ->'], ['a back', 'b gone']],
  ['a move went on', ['a: 6 x ->', 'b: -> 6 x'], ['b: 6 x ->', 'c: -> 6 x'], []],
  ['what it changed was taken away', ['a: 6 x -> 6 y'], ['a: 6 y ->'], []],
])('%s', (_name, side, beside, expected) => {
  const found = findUndone({ side: changes(...side), beside: changes(...beside) });
  expect(found.map(({ path, what }) => `${path} ${what}`)).toEqual(expected);
});
