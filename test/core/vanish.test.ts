// Changes of two sides in what was made of both: nothing of either may be gone unseen.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findLost, findVanished } from '../../src/core/vanish.ts';

const text = (lines: string): string => lines.split(' ').join('\n');

test.each<[string, string, string, string, string, string[]]>([
  ['all is there', 'a b c', 'a x b c', 'a b c y', 'a x b c y', []],
  ['a line of ours is gone', 'a b', 'a x b', 'a b y', 'a b y', ['ours added line x']],
  ['a line of theirs is gone', 'a b', 'a x b', 'a b y', 'a x b', ['theirs added line y']],
  ['what ours took away is back', 'a b c', 'a c', 'a b c y', 'a b c y', ['ours removed line b']],
  ['both added the same, once is enough', 'a', 'a x', 'a x', 'a x', []],
  ['both took the same away', 'a b', 'a', 'a', 'a', []],
  ['a line changed by one side', 'a old c', 'a new c', 'a old c y', 'a new c y', []],
  [
    'a changed line as it was',
    'a old c',
    'a new c',
    'a old c y',
    'a old c y',
    ['ours removed line old', 'ours added line new'],
  ],
  ['one copy more of what is there', 'a a', 'a a a', 'a a y', 'a a y', ['ours added line a']],
  ['one adds a copy, one takes one away', 'a a', 'a a a', 'a', 'a a', []],
  ['what nobody touched is gone', 'a b', 'a x b', 'a b y', 'a x y', ['ours kept line b']],
  ['both added the same, twice is all right', 'a', 'a x', 'a x', 'a x x', []],
  [
    'what nobody added is there twice',
    'a b',
    'a b x',
    'a b y',
    'a b x a b y',
    ['ours doubled line a', 'ours doubled line b'],
  ],
  ['one added is there twice', 'a', 'a x', 'a y', 'a x x y', ['ours doubled line x']],
  [
    'brackets are no sign, but where the result is the other side',
    'a {',
    'a { { {',
    'a {',
    'a {',
    ['ours order '],
  ],
  ['an order', 'a b', 'b a', 'a b c', 'a b c', ['ours order ']],
])('%s', (_name, base, ours, theirs, result, expected) => {
  const found = findVanished({
    base: text(base),
    ours: text(ours),
    theirs: text(theirs),
    result: text(result),
  });
  expect(found.map(({ side, what, line }) => `${side} ${what} ${line}`)).toEqual(expected);
});

test('a file that one side made is owed as a whole, and one that is deleted owes nothing', () => {
  expect(findVanished({ base: null, ours: 'x\ny\n', theirs: null, result: null })).toHaveLength(2);
  expect(findVanished({ base: 'x\n', ours: null, theirs: 'x\n', result: null })).toEqual([]);
  expect(findVanished({ base: null, ours: 'x\ny\n', theirs: null, result: null }, 1)).toHaveLength(1);
});

test('changes of lines that the other side leaves alone are found missing, and only then', () => {
  const lines = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(lines, fc.nat(), fc.boolean(), (all, at, isKept) => {
      const base = all.slice(1);
      const place = at % (base.length + 1);
      const ours = [...base.slice(0, place), all[0] ?? '', ...base.slice(place)];
      const result = isKept ? ours : base;
      const found = findVanished({
        base: base.join('\n'),
        ours: ours.join('\n'),
        theirs: base.join('\n'),
        result: result.join('\n'),
      });
      expect(found).toHaveLength(isKept ? 0 : 1);
    }),
  );
});

test.each<[string, string, string, string, string, string[]]>([
  ['of two in conflict one may go', 'a b', 'x b', '<<<<<<< x ======= y >>>>>>> b', 'y b', []],
  ['whatever the length of the marks', 'a b', 'x b', '<<<<<<<< x ======== y >>>>>>>> b', 'y b', []],
  [
    'and in a conflict in another',
    'a b',
    'x b',
    '<<<<<<<< x ======== <<<<<<< x ======= y >>>>>>> x >>>>>>>> b',
    'y b',
    [],
  ],
  [
    'what was in nobody\u2019s way may not',
    'a b',
    'x b z',
    '<<<<<<< x ======= y >>>>>>> b z',
    'y b',
    ['added line z'],
  ],
  [
    'nor may what it took away come back',
    'a b c',
    'x b',
    '<<<<<<< x ======= y >>>>>>> b',
    'y b c',
    ['removed line c'],
  ],
  ['both kept', 'a b', 'x b z', '<<<<<<< x ======= y >>>>>>> b z', 'x y b z', []],
  ['without a conflict all is owed', 'a', 'a x', 'a x y', 'a y', ['added line x']],
])('resolved: %s', (_name, base, ours, merged, result, expected) => {
  const found = findLost({ base: text(base), ours: text(ours), merged: text(merged), result: text(result) });
  expect(found.map(({ what, line }) => `${what} ${line}`)).toEqual(expected);
});
