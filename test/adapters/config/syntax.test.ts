// Mistakes in the form of a YAML or JSON text, each with its place and in plain words.
import { describe, expect, test } from 'vitest';
import { type Files, reportFiles } from '../source/scene.ts';

describe('mistakes in the form', () => {
  const at = (name: string, text: string, expected: string): void =>
    test(name, async () => expect(await reportFiles({ 'tracks.yaml': text })).toBe(expected));

  at(
    'a key twice',
    'tracks: 1\ntracks: 2\n',
    'tracks.yaml:2:1: The key "tracks" is written twice here.\n  2 | tracks: 2\n    | ~~~~~~\n  Fix: Keep one of the two.',
  );
  at(
    'a key twice in JSON',
    '{"tracks": 1,\n "tracks": 2}',
    'tracks.yaml:2:2: The key "tracks" is written twice here.\n  2 |  "tracks": 2}\n    |  ~~~~~~~~\n  Fix: Keep one of the two.',
  );
  at(
    'a tab',
    'tracks:\n\t- name: T\n',
    'tracks.yaml:2:1: This line is indented with a tab.\n  2 | \t- name: T\n    | ~\n  Fix: Use spaces: YAML does not allow tabs here.',
  );
  at(
    'a bare glob',
    'tracks:\n  - allowlist: [**/*.ts]\n',
    'tracks.yaml:2:17: A pattern that starts with * must be in quotes.\n  2 |   - allowlist: [**/*.ts]\n    |                 ~~~~~~~\n  Fix: Write "**/*.ts".',
  );
  at(
    'a bare star',
    'a: *\n',
    'tracks.yaml:1:4: A pattern that starts with * must be in quotes.\n  1 | a: *\n    |    ~\n  Fix: Write "*".',
  );
  at(
    'an unknown anchor',
    'a: *b\n',
    'tracks.yaml:1:4: There is no anchor "&b" in this file.\n  1 | a: *b\n    |    ~~\n  Fix: Write "*b" in quotes if it is a pattern.',
  );
  at(
    'an open bracket',
    'a: [1, 2\nb: 3\n',
    'tracks.yaml:2:1: A quote or bracket that was opened above is not closed before this line.\n  2 | b: 3\n    | ~\n  Fix: Close it, or indent this line further.',
  );
  at(
    'an open quote',
    'a: "x\n',
    'tracks.yaml:2:1: A quote or bracket is not closed.\n  2 | \n    | ~\n  Fix: Add the closing quote or bracket.',
  );
  at(
    'an odd line',
    'a:\n  b: 1\n c: 2\n',
    'tracks.yaml:3:2: This line does not fit the lines above it.\n  3 |  c: 2\n    |  ~\n  Fix: Indent it like its neighbours, with spaces.',
  );
  at(
    'a colon in text',
    'a: b: c\n',
    'tracks.yaml:1:5: A text with a colon and a space in it must be in quotes.\n  1 | a: b: c\n    |     ~\n  Fix: Put the whole text in quotes.',
  );
  at(
    'a text with @',
    'a: @x\n',
    'tracks.yaml:1:4: A text cannot start with @.\n  1 | a: @x\n    |    ~\n  Fix: Put the whole text in quotes.',
  );
  at(
    'text behind a quote',
    "a: 'it's'\n",
    "tracks.yaml:1:8: There is text behind a closing quote.\n  1 | a: 'it's'\n    |        ~\n  Fix: Put the whole text in other quotes.",
  );
  at(
    'a tag',
    'a: !x y\n',
    'tracks.yaml:1:4: Tags with ! have no meaning here.\n  1 | a: !x y\n    |    ~\n  Fix: Put the text in quotes.',
  );
  at(
    'a list as a key',
    '? [a]\n: b\n',
    'tracks.yaml:1:1: A key must be plain text.\n  1 | ? [a]\n    | ~\n  Fix: Write it as key: value.',
  );
  at(
    'a number as a key',
    '1: a\n',
    'tracks.yaml:1:1: The key "tracks" is missing.\n  1 | 1: a\n    | ~\n\ntracks.yaml:1:1: Unknown key "1".\n  1 | 1: a\n    | ~\n  Fix: Known here: tracks.',
  );
  at(
    'two documents',
    'a: 1\n---\nb: 2\n',
    'The file holds more than one YAML document.\n  Fix: Remove the lines --- between them.',
  );
  at(
    'an escape sequence',
    'a: \u001b[31m\n',
    'tracks.yaml:1:4: This character cannot be printed.\n  1 | a: \\u001b[31m\n    |    ~~~~~~\n  Fix: Remove it.',
  );
  at(
    '20,000 brackets',
    '['.repeat(20_000),
    `tracks.yaml:1:50: This is nested more deeply than 50 levels.\n  1 | ${'['.repeat(100)}…\n    | ${' '.repeat(49)}~\n  Fix: Make it flatter.`,
  );
  at(
    '20,000 brackets of JSON',
    `{"a": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    `tracks.yaml:1:55: This is nested more deeply than 50 levels.\n  1 | …${`{"a": ${'['.repeat(200)}`.slice(4, 104)}…\n    | ${' '.repeat(51)}~\n  Fix: Make it flatter.`,
  );

  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let at = 1; at < 10; at += 1) bomb.push(`a${at}: &a${at} [${`*a${at - 1}, `.repeat(10)}]`);
  at(
    'an alias bomb',
    bomb.join('\n'),
    `tracks.yaml:2:10: The aliases in this file contain themselves or multiply without bounds.\n  2 | ${bomb[1]}\n    |          ~~~\n  Fix: Write the values out instead of using * and &.`,
  );
  at(
    'an alias of itself',
    'a: &a [*a]\n',
    'tracks.yaml:1:8: The aliases in this file contain themselves or multiply without bounds.\n  1 | a: &a [*a]\n    |        ~~\n  Fix: Write the values out instead of using * and &.',
  );

  test.each([
    ['not there', {}, 'The track file "tracks.yaml" does not exist.'],
    ['a directory', { 'tracks.yaml': null }, 'The track file "tracks.yaml" is a directory.'],
    [
      'not UTF-8',
      { 'tracks.yaml': Buffer.from([0x61, 0xff]) },
      'The track file "tracks.yaml" is not UTF-8 text.',
    ],
    [
      'too large',
      { 'tracks.yaml': Buffer.alloc(8 * 1024 * 1024 + 1, 0x20) },
      'The track file "tracks.yaml" is larger than 8 MiB.',
    ],
  ])('%s', async (_, files: Files, expected) => {
    expect(await reportFiles(files)).toBe(expected);
  });
});
