// How answers are put into words, and what people's words choose.
import { describe, expect, test } from 'vitest';
import { readAnswer, readChoice, writeAnswer } from '../../src/core/answer-text.ts';

describe('an answer', () => {
  test('is read out of its words, for its question alone', () => {
    expect(readAnswer(writeAnswer('Which?', 'This.\nReally.'), 'Which?')).toBe('This.\nReally.');
    expect(readAnswer(writeAnswer('Which?', 'This.'), 'Which')).toBe(null);
    expect(readAnswer('Something else.', 'Which?')).toBe(null);
  });
});

describe('what words choose', () => {
  const check = (words: string, expected: readonly [number, string] | null): void => {
    test(JSON.stringify(words), () => {
      const [option, text] = expected ?? [];
      expect(readChoice(words)).toEqual(expected === null ? null : { option, text });
    });
  };
  check('2', [2, '']);
  check(' 12 \n', [12, '']);
  check('2: for a week', [2, 'for a week']);
  check('2, but later', [2, 'but later']);
  check('2. For a week.', [2, 'For a week.']);
  check('2) so', [2, 'so']);
  check('2 - so', [2, 'so']);
  check('2 – so', [2, 'so']);
  check('2- so', [2, 'so']);
  check('2.', [2, '']);
  check('2 files are enough', null);
  check('2-3 files', null);
  check('2.5 seconds', null);
  check('2:30 is fine', null);
  check('2, 3 and 4', null);
  check('2nd', null);
  check('1234', null);
  check('the 2nd: it', null);
  check('1. One.\n2. Two.', null);
  check('', null);
});
