// A patch for people: tones, comments beside their lines, and nothing that moves the cursor.
import { expect, test } from 'vitest';
import { type Comment, oid } from '../../../src/core/model.ts';
import { createDiffView } from '../../../src/surfaces/cli/diff-view.ts';
import { plainPaint } from '../../../src/surfaces/cli/paint.ts';

const PATCH = [
  'diff --git a/src/a.ts b/src/a.ts',
  '--- a/src/a.ts',
  '+++ b/src/a.ts',
  '@@ -1,3 +1,3 @@',
  ' one',
  '--- two',
  '+++ 2',
  ' three',
  '\\ No newline at end of file',
  'diff --git "a/b\\"c.ts" "b/b\\"c.ts"',
  '--- /dev/null',
  '+++ "b/b\\"c.ts"',
  '@@ -0,0 +1 @@',
  '+x',
];

function on(path: string, line: number, quote: string, to = line): Comment {
  return { head: oid('h'), path, line, to, quote, text: 'first\nsecond' };
}

function draw(comments: readonly Comment[], lines: readonly string[] = PATCH): readonly string[] {
  const view = createDiffView(comments, plainPaint);
  return [...lines.flatMap((line) => view.draw(line)), ...view.end()];
}

test('a patch without comments is as it was', () => {
  expect(draw([])).toEqual(PATCH);
});

test.each<[string, Comment, number]>([
  ['changed line', on('src/a.ts', 2, '++ 2'), 6],
  ['line beside it', on('src/a.ts', 3, 'three'), 7],
  ['last of several lines', on('src/a.ts', 1, 'one\n++ 2', 2), 6],
  ['file with a quoted name', on('b"c.ts', 1, 'x'), 13],
])('a comment stands below its %s', (_name, comment, at) => {
  const drawn = draw([comment]);
  expect(drawn[at]).toBe(PATCH[at]);
  expect(drawn.slice(at + 1, at + 3)).toEqual([expect.stringMatching(/^ {2}┃ .* {2}first$/), '  ┃ second']);
  expect(drawn).toHaveLength(PATCH.length + 2);
});

test.each([on('src/a.ts', 9, 'nine'), on('src/a.ts', 2, 'another line'), on('c.ts', 1, 'x')])(
  'a comment on what the patch does not show comes last: %j',
  (comment) => {
    expect(draw([comment]).slice(PATCH.length)).toEqual([
      '',
      'Comments on other lines:',
      `  ┃ ${comment.path}:${comment.line}  first`,
      '  ┃ second',
    ]);
  },
);

test('each line has its tone', () => {
  const view = createDiffView([], (tone, text) => `${tone}:${text.slice(0, 4)}`);
  expect(PATCH.slice(0, 9).flatMap(view.draw)).toEqual([
    'bold:diff',
    'bold:--- ',
    'bold:+++ ',
    'cyan:@@ -',
    ' one',
    'red:--- ',
    'green:+++ ',
    ' three',
    'dim:\\ No',
  ]);
});

test('escapes and line ends of other systems are taken out, tabs stay', () => {
  const [drawn] = draw([], ['@@ -0,0 +1 @@', '+\ta\u001b[2J\u001b]0;title\u0007b\u202ec\r']).slice(1);
  expect(drawn).toBe('+\tabc');
});
