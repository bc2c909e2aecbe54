// What is hidden, and what is not.
import { describe, expect, it } from 'vitest';
import { createRedactor, hideSecretsOf } from '../../../../src/adapters/agent/session/secrets.ts';

const redact = createRedactor([
  'correct horse',
  'correct horse battery',
  'a"quote\nand more',
  'of several lines\r\nto\r\nbe hidden\r\n',
  'short',
  '',
]);

describe('a text', () => {
  const texts: readonly [name: string, text: string, expected: string][] = [
    ['without secrets', 'Nothing here, in short.', 'Nothing here, in short.'],
    ['with a value, twice', 'correct horse, correct horse', '[secret], [secret]'],
    ['with the longer of two', 'correct horse battery!', '[secret]!'],
    ['with a value as JSON writes it', '{"a":"a\\"quote\\nand more"}', '{"a":"[secret]"}'],
    ['with a value as it is', 'a"quote\nand more', '[secret]'],
    ['with some lines of a value', 'of several lines to\nbe hidden', '[secret] to\n[secret]'],
    ['with a key of Anthropic', `x sk-ant-api03-${'a'.repeat(20)} y`, 'x [secret] y'],
    ['with a token of GitHub', `ghp_${'A1'.repeat(18)}`, '[secret]'],
    ['with a fine-grained token of GitHub', `github_pat_${'A1_'.repeat(10)}`, '[secret]'],
    ['with a token of Slack', 'xoxb-1234567890-abc', '[secret]'],
    ['with a key of AWS', 'AKIAABCDEFGHIJKLMNOP', '[secret]'],
    ['with a key of Google', `AIza${'x'.repeat(35)}`, '[secret]'],
    [
      'with what only begins like a key',
      'sk-short task-force-of-very-many-people',
      'sk-short task-force-of-very-many-people',
    ],
  ];
  for (const [name, text, expected] of texts) {
    it(name, () => {
      expect(redact(text)).toBe(expected);
      expect(redact(redact(text))).toBe(expected);
    });
  }
});

it('secrets of an environment are those of variables that are named like one', () => {
  const hide = hideSecretsOf({ API_KEY: 'abcdefgh', HOME: '/home/somebody', GITHUB_TOKEN: undefined });
  expect(hide('abcdefgh in /home/somebody')).toBe('[secret] in /home/somebody');
});
