// Suggestions: near enough to be meant, or none.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findNearest, measureDistance } from '../../../src/core/plan/nearest.ts';

test.each([
  ['allowlst', 'allowlist'],
  ['Owns', 'owns'],
  ['own', 'owns'],
  ['dependsOn', 'depends_on'],
  ['stpes', 'steps'],
  ['xyz', null],
  ['', null],
])('%j means %j', (text, expected) => {
  expect(findNearest(text, ['allowlist', 'owns', 'depends_on', 'steps', 'name'])).toBe(expected);
});

test.each<[string, readonly string[], string | null]>([
  // a short word may have one mistake, a longer one three, none more
  ['abc', ['abd'], 'abd'],
  ['abc', ['ade'], null],
  ['abcdef', ['abcdxy'], 'abcdxy'],
  ['abcdef', ['abcxyz'], null],
  ['abcdefghi', ['abcdefxyz'], 'abcdefxyz'],
  ['abcdefghijkl', ['abcdefghwxyz'], null],
  // the nearest, and of equals the first
  ['steps', ['stepxx', 'stepx', 'stepy'], 'stepx'],
  ['steps', ['stepx', 'steps', 'STEPS'], 'steps'],
  ['x'.repeat(300), ['x'.repeat(201)], 'x'.repeat(201)],
])('%j among %j is %j', (text, candidates, expected) => {
  expect(findNearest(text, candidates)).toBe(expected);
});

test.each([
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['abc', 'ab', 1],
  ['abc', 'xabc', 1],
  ['kitten', 'sitting', 3],
  ['abc', 'xyz', 3],
])('%s to %s takes %i', (a, b, distance) => {
  expect(measureDistance(a, b, 10)).toBe(distance);
  expect(measureDistance(a, b, 2)).toBe(Math.min(2, distance));
});

/** The same count by its definition: the first letters match, or one of four mistakes was made there. */
function countByForce(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const ways = [
    countByForce(a.slice(1), b) + 1,
    countByForce(a, b.slice(1)) + 1,
    countByForce(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
  ];
  const isSwap = a.length > 1 && a[0] === b[1] && a[1] === b[0];
  return Math.min(...ways, isSwap ? countByForce(a.slice(2), b.slice(2)) + 1 : 99);
}

test('counts as the definition does', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 });
  fc.assert(
    fc.property(word, word, fc.nat(6), (a, b, limit) => {
      expect(measureDistance(a, b, limit)).toBe(Math.min(limit, countByForce(a, b)));
    }),
    { numRuns: 500 },
  );
});
