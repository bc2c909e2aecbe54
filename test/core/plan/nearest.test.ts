// Suggestions: near enough to be meant, or none.
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
