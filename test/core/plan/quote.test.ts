// Text from outside inside sentences: whole, short and harmless.
import { expect, test } from 'vitest';
import { escapeUnprintable, hasUnprintable, quote, quoteList } from '../../../src/core/plan/quote.ts';

test.each([
  ['a b', '"a b"'],
  ['say "x" \\ y', '"say \\"x\\" \\\\ y"'],
  ['x'.repeat(80), `"${'x'.repeat(80)}"`],
  ['x'.repeat(81), `"${'x'.repeat(80)}…"`],
  ['a\u001b[31m\n', '"a\\u001b[31m\\u000a"'],
  ['\u{e0001}', '"\\udb40\\udc01"'],
])('%j is shown as %s', (text, shown) => {
  expect(quote(text)).toBe(shown);
});

test.each([
  ['plain é 💥', false],
  ['tab\t', true],
  ['\u2028', true],
  ['\ud800', true],
])('%j: cannot all be printed: %s', (text, expected) => {
  expect(hasUnprintable(text)).toBe(expected);
  expect(hasUnprintable(escapeUnprintable(text))).toBe(false);
});

test.each([
  [[], ''],
  [['a'], '"a"'],
  [['a', 'b'], '"a" and "b"'],
  [['a', 'b', 'c'], '"a", "b" and "c"'],
  [['a', 'b', 'c', 'd'], '"a", "b", "c" and 1 more'],
])('a list of %j', (names, shown) => {
  expect(quoteList(names, 3)).toBe(shown);
});

test('a list has ten names', () => {
  expect(quoteList('abcdefghijk'.split(''))).toMatch(/"j" and 1 more$/);
});
