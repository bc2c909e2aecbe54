// Room on the terminal.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToWidth, measureWidth, padToWidth, wrapWords } from '../../../src/surfaces/cli/width.ts';

describe('width', () => {
  const check = (text: string, width: number): void => {
    it(text, () => expect(measureWidth(text)).toBe(width));
  };
  check('plain', 5);
  check('日本', 4);
  check('e\u0301', 1);
  check('🎉', 2);
  check('✔ ●', 3);

  it('cuts with a mark and never exceeds the room', () => {
    expect(cutToWidth('abcdef', 4)).toBe('abc…');
    expect(cutToWidth('日本語', 4)).toBe('日…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, columns) => {
        expect(measureWidth(cutToWidth(text, columns))).toBeLessThanOrEqual(columns);
        expect(measureWidth(padToWidth(text, columns))).toBe(columns);
      }),
    );
  });

  it('wraps whole words', () => {
    expect(wrapWords('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrapWords('unbreakable', 4)).toEqual(['unbreakable']);
  });
});
