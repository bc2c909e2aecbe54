// Printed mistakes: place, line, squiggle, further places and the way to mend them.
import { expect, test } from 'vitest';
import { renderDiagnostic, renderDiagnostics } from '../../../src/core/plan/code-frame.ts';

const texts = new Map([
  ['t.yaml', 'tracks:\r\n\t- nmae: "x"\r\n'],
  ['long', `${'a'.repeat(500)}here${'b'.repeat(500)}`],
  ['bad', 'x: \u001b[31mred'],
]);
const at = (file: string, line: number, column: number, length: number) => ({
  position: { file, line, column, length },
});

test('with everything', () => {
  const diagnostic = {
    ...at('t.yaml', 2, 4, 4),
    sentence: 'Unknown key "nmae".',
    fix: 'Did you mean "name"?',
    related: [
      { ...at('t.yaml', 1, 1, 6), note: 'in this list' },
      { position: null, note: 'and elsewhere' },
    ],
  };
  expect(renderDiagnostic(diagnostic, texts)).toBe(
    [
      't.yaml:2:4: Unknown key "nmae".',
      '  2 | \t- nmae: "x"',
      '    | \t  ~~~~',
      '  t.yaml:1:1: in this list',
      '  and elsewhere',
      '  Fix: Did you mean "name"?',
    ].join('\n'),
  );
});

test('a long line is cut around the mark', () => {
  const [, line = '', mark = ''] = renderDiagnostic(
    { ...at('long', 1, 501, 4), sentence: 'No.' },
    texts,
  ).split('\n');
  expect(line).toHaveLength('  1 | '.length + 102);
  expect(line.slice(mark.indexOf('~'), mark.lastIndexOf('~') + 1)).toBe('here');
});

test.each([
  [1, `${'a'.repeat(100)}…`, 1],
  [52, `…${'a'.repeat(100)}…`, 52],
  [1_000, `…${'b'.repeat(55)}`, 52],
])('a mark at column %i', (column, shown, under) => {
  const [, line, mark] = renderDiagnostic({ ...at('long', 1, column, 1), sentence: 'No.' }, texts).split(
    '\n',
  );
  expect(line).toBe(`  1 | ${shown}`);
  expect(mark).toBe(`    | ${' '.repeat(under - 1)}~`);
});

test.each([
  [100, 'c'.repeat(100)],
  [101, `…${'c'.repeat(61)}`],
])('a line of %i characters', (length, shown) => {
  const source = new Map([['line', 'c'.repeat(length)]]);
  const [, line] = renderDiagnostic({ ...at('line', 1, 91, 1), sentence: 'No.' }, source).split('\n');
  expect(line).toBe(`  1 | ${shown}`);
});

test('mistakes come one after another', () => {
  expect(
    renderDiagnostics(
      [
        { position: null, sentence: 'No.' },
        { ...at('gone', 1, 1, 1), sentence: 'Nor this.' },
      ],
      texts,
    ),
  ).toBe('No.\n\ngone:1:1: Nor this.');
  expect(renderDiagnostic({ ...at('a\u001b', 1, 1, 1), sentence: 'No.' }, texts)).toBe('a\\u001b:1:1: No.');
});

test('nothing reaches the terminal as a command', () => {
  expect(renderDiagnostic({ ...at('bad', 1, 4, 99), sentence: 'No.' }, texts)).toBe(
    'bad:1:4: No.\n  1 | x: \\u001b[31mred\n    |    ~~~~~~~~~~~~~',
  );
});

test('without a text or a place', () => {
  expect(renderDiagnostic({ position: null, sentence: 'No.' }, texts)).toBe('No.');
  expect(renderDiagnostic({ ...at('gone', 3, 2, 1), sentence: 'No.' }, texts)).toBe('gone:3:2: No.');
  expect(renderDiagnostic({ ...at('t.yaml', 99, 2, 1), sentence: 'No.' }, texts)).toBe('t.yaml:99:2: No.');
});
