// What tasks and agents say must not move the cursor, set titles or turn text around.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText } from '../../../src/surfaces/cli/clean.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('cleaning text', () => {
  const check = (input: string, expected: string): void => {
    it(JSON.stringify(input), () => expect(cleanText(input)).toBe(expected));
  };
  check('plain – ümläut 日本 🎉', 'plain – ümläut 日本 🎉');
  check('two\nlines', 'two\nlines');
  check('dos\r\nlines\rmac', 'dos\nlines\nmac');
  check('a\tb', 'a  b');
  check('\u001b[31mred\u001b[0m', 'red');
  check('\u001b[2J\u001b[1;1Hgone', 'gone');
  check('\u001b]0;title\u0007text', 'text');
  check('\u001b]8;;https://x\u001b\\link\u001b]8;;\u001b\\', 'link');
  check('\u009b31mred', 'red');
  check('\u009d0;title\u009ctext', 'text');
  check('\u001bPdevice\u001b\\text', 'text');
  check('\u001b(0charset', 'charset');
  check('bell\u0007 back\u0008space del\u007f', 'bell backspace del');
  check('cancel \u202eevil\u202c \u2066iso\u2069', 'cancel evil iso');
  check('zero\u200bwidth\ufeff', 'zerowidth');
  check('half \ud800 pair', 'half  pair');

  it('leaves no control character and no direction mark, whatever comes', () => {
    const risky = fc.string({
      unit: fc.constantFrom(...'\u001b\u009b\u009d[]m;0Aé\u0007\\\u202e\u200b\n\r\t '),
    });
    fc.assert(
      fc.property(fc.oneof(risky, fc.string({ unit: 'binary' })), (text) => {
        expect(cleanText(text)).not.toMatch(UNSAFE);
        expect(cleanText(cleanText(text))).toBe(cleanText(text));
      }),
    );
  });

  it('makes one line of many', () => expect(cleanLine(' a\n\n b\u2028c\t')).toBe('a b c'));
});
