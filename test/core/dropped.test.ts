// Sides of a conflict in what somebody made of them: who drops one is found out, who has put both together is not.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Disputed, findDropped, listAdded } from '../../src/core/dropped.ts';
import { readMarks } from '../../src/core/marks.ts';

const NOTHING: readonly string[] = [];

/** A conflict as git writes it; lines are parted by `|`. */
function mark(base: string, ours: string, theirs: string, size = 7): string {
  const part = (sign: string, lines: string): string[] => [
    sign.repeat(size),
    ...(lines === '' ? [] : lines.split('|')),
  ];
  return [...part('<', ours), ...part('|', base), ...part('=', theirs), '>'.repeat(size)].join('\n');
}

function drop(of: Partial<Disputed>): readonly string[] {
  const file = { base: '', ours: '', theirs: '', merged: null, result: null, elsewhere: NOTHING, ...of };
  return findDropped(file).map(({ side, what, line }) => `${side} ${what} ${line}`.trim());
}

const lines = (text: string): string => text.split('|').join('\n');

describe('in one place', () => {
  test.each<[string, string, string, string, string, string[]]>([
    ['both are kept', 'x', 'a', 'b', 'a|b', []],
    ['in the other order', 'x', 'a', 'b', 'b|a', []],
    ['one is taken', 'x', 'a', 'b', 'a', ['theirs added line b']],
    ['the other is taken', 'x', 'a', 'b', 'b', ['ours added line a']],
    ['neither is', 'x', 'a', 'b', 'x', ['ours removed line x', 'ours added line a', 'theirs added line b']],
    ['a value that only one can have', 'n = 1', 'n = 2', 'n = 3', 'n = 3', ['ours added line n = 2']],
    [
      'another value than both',
      'n = 1',
      'n = 2',
      'n = 3',
      'n = 5',
      ['ours added line n = 2', 'theirs added line n = 3'],
    ],
    ['both in one new line', 'f(a)', 'f(a, b)', 'f(a, c)', 'f(a, b, c)', []],
    ['both over several new lines', 'f(a)', 'f(a, b)', 'f(a, c)', 'f(|a,|b,|c,|)', []],
    ['a name changed, an argument added', 'f(a)', 'g(a)', 'f(a, c)', 'g(a, c)', []],
    ['the name as it was', 'f(a)', 'g(a)', 'f(a, c)', 'f(a, d, c)', ['ours added line g(a)']],
    ['one is part of the other', 't = 0', 't = a + b', 't = a', 't = a + b', ['theirs added line t = a']],
    ['a sign', 'a > b', 'a >= b', 'a > c', 'a > c + 0', ['ours added line a >= b']],
    ['a word taken out is back', 'f(a, b)', 'f(a)', 'f(a, b, c)', 'f(a, b, c, d)', ['ours added line f(a)']],
    ['one took a line out that the other changed', 'x', '', 'x y', '', ['theirs added line x y']],
    ['and it is left', 'x|z', 'z', 'x y|z', 'x y|z', []],
    ['a line that both added, once', 'x', 'a|b', 'a|c', 'a|b|c', []],
    ['more than both', 'x', 'a', 'b', 'a|glue(a)|b', []],
    ['white space', 'x', '  a', 'b', 'a|  b', []],
    ['brackets are no sign', 'x', '}', 'b', 'b', []],
    ['an order', 'a|b', 'b|a', 'a|b|c', 'a|b|c', ['ours order']],
    ['an indentation', '  a', 'a', '  a|c', '  a|c', ['ours order']],
    ['one holds the other', 'x', 'a', 'a|b', 'a|b', []],
  ])('%s', (_name, base, ours, theirs, result, expected) => {
    const merged = ['top', mark(base, ours, theirs), 'end'].join('\n');
    expect(drop({ merged, result: ['top', lines(result), 'end'].join('\n') })).toEqual(expected);
  });
});

describe('in several places', () => {
  const two = [mark('v: 1', 'v: 2', 'v: 3'), 'middle', mark('v: 1', 'v: 3', 'v: 2')].join('\n');
  const cases: readonly (readonly [string, string, number])[] = [
    ['what is there in one is not there in the other', 'v: 2\nmiddle\nv: 3', 2],
    ['both in each', 'v: 2\nv: 3\nmiddle\nv: 3\nv: 2', 0],
    ['what was between is gone: they are one place', 'v: 2\nv: 3\nv: 3\nv: 2', 0],
  ];
  test.each(cases)('%s', (_name, result, count) => {
    expect(drop({ merged: two, result })).toHaveLength(count);
  });

  test('what was moved to where no conflict was, or into another file, is there', () => {
    const merged = ['one', mark('x', 'a', 'b'), 'two', 'three'].join('\n');
    expect(drop({ merged, result: 'one\na\ntwo\nb\nthree' })).toEqual([]);
    const moved = listAdded({ before: 'other', after: 'other\nb' });
    expect(drop({ merged, result: 'one\na\ntwo\nthree', elsewhere: moved })).toEqual([]);
    const before = listAdded({ before: 'other\nb', after: 'other\nb' });
    expect(drop({ merged, result: 'one\na\ntwo\nthree', elsewhere: before })).toEqual([
      'theirs added line b',
    ]);
    expect(drop({ merged, result: null })).toEqual(['ours added line a', 'theirs added line b']);
  });
});

test.each<[string, Partial<Disputed>, string[]]>([
  ['deleted on one side, and is', { base: 'a', ours: null, theirs: 'a\nb' }, ['theirs added line b']],
  [
    'deleted on one side, and is not',
    { base: 'a', ours: null, theirs: 'a\nb', result: 'a\nb' },
    ['ours removed file'],
  ],
  [
    'deleted on the other, and is not',
    { base: 'a', ours: 'a\nb', theirs: null, result: 'b' },
    ['theirs removed file'],
  ],
  ['deleted, its lines put elsewhere', { base: 'a', ours: null, theirs: 'a\nb', elsewhere: ['b'] }, []],
  [
    'without lines, one is taken',
    { base: 'hash 0', ours: 'hash 1', theirs: 'hash 2', result: 'hash 1' },
    ['theirs added line hash 2'],
  ],
  [
    'without lines, made anew',
    { base: 'hash 0', ours: 'hash 1', theirs: 'hash 2', result: 'hash 3' },
    ['ours added line hash 1', 'theirs added line hash 2'],
  ],
  ['gone under this name on both sides', { base: 'a', ours: null, theirs: null }, []],
])('a file without marks: %s', (_name, file, expected) => {
  expect(drop(file)).toEqual(expected);
});

test('marks within marks, and what only looks like some, are text', () => {
  const inner = `${mark('p', 'q', 'r', 9)}\n=======\n`;
  const text = ['top', `<<<<<<< main\na\n||||||| base\n${inner}b\n>>>>>>> work`, '>>>>>>> end'].join('\n');
  const { clean, hunks } = readMarks(text);
  expect(clean).toEqual(['top', '>>>>>>> end']);
  expect(hunks).toMatchObject([{ at: 1, ours: ['a'], theirs: ['b'] }]);
  expect(hunks[0]?.base).toHaveLength(7);
});

test('whatever of both sides is in the result is not missed, and whatever is not, is', () => {
  const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{2,5}$/), { minLength: 6, maxLength: 30 });
  fc.assert(
    fc.property(words, fc.nat(), fc.nat(), fc.boolean(), (all, seed, gone, isKept) => {
      const size = Math.floor(all.length / 3);
      const [clean, ours, theirs] = [all.slice(0, size), all.slice(size, 2 * size), all.slice(2 * size)];
      const at = seed % (clean.length + 1);
      const put = (middle: readonly string[]): string =>
        [...clean.slice(0, at), ...middle, ...clean.slice(at)].join('\n');
      const both = seed % 2 === 0 ? [...ours, ...theirs] : [...theirs, ...ours];
      const lost = both[gone % both.length];
      const merged = put([mark('', ours.join('|'), theirs.join('|'))]);
      const found = findDropped({
        ...{ base: '', ours: '', theirs: '', elsewhere: NOTHING, merged },
        result: put(isKept ? both : both.filter((line) => line !== lost)),
      });
      expect(found.map(({ line }) => line)).toEqual(isKept ? [] : [lost]);
    }),
  );
});
