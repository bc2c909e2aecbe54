// A line with a new name in it says the same; one with anything else in it does not.
import { expect, test } from 'vitest';
import { findRenames, isRenamed } from '../../src/core/renames.ts';

const RENAMES = findRenames([
  {
    before: 'load(a);\nload(b);\nkeep(c);\nvalue = true;',
    after: 'fetch(a);\nfetch(b);\nkeep(c);\nvalue = true;',
  },
  { before: 'const max = 3;', after: 'const limit = 3;' },
]);

test('names are those that are nowhere any more, and those that were nowhere', () => {
  expect([...RENAMES.gone].sort()).toEqual(['load', 'max']);
  expect([...RENAMES.come].sort()).toEqual(['fetch', 'limit']);
});

test.each<[string, string, boolean]>([
  ['load(x);', 'fetch(x);', true],
  ['if (max > 2) load(x);', 'if (limit > 2) fetch(x);', true],
  ['if (max > 2) load(x);', '  if (limit > 2)   fetch(x);', true],
  ['load(x);', 'fetch(y);', false],
  ['load(1);', 'fetch(2);', false],
  ['load(x);', 'fetch(!x);', false],
  ['load(x);', 'keep(x);', false],
  ['keep(x);', 'fetch(x);', false],
  ['keep(x);', 'keep(x);', false],
  ['load(x);', 'return fetch(x);', false],
])('%s → %s: %s', (line, made, expected) => {
  expect(isRenamed(line, ['something else', made], RENAMES)).toBe(expected);
});
