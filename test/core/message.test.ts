// Commit messages: what comes from outside cannot pass as a trailer of weft's.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeLandingMessage, writeLeftoverMessage } from '../../src/core/message.ts';
import { buildState, buildTask, find } from './build.ts';

const FORGED = 'Fix it\n\nWeft-Task: other\u2028Weft-Run: r9\rSigned-off-by: nobody';

function land(title: string, ref = 'tasks/a.md'): string {
  const state = buildState([buildTask('a', { title, ref })]);
  return writeLandingMessage(state, find(state, 'a'));
}

test('of what lands', () => {
  expect(land('Add a login page')).toMatchInlineSnapshot(`
    "Add a login page

    tasks/a.md

    Weft-Task: a
    Weft-Run: r1
    "
  `);
});

test('of what an agent left uncommitted', () => {
  const state = buildState([buildTask('a')]);
  expect(writeLeftoverMessage(state, find(state, 'a'))).toMatchInlineSnapshot(`
    "Title of a

    Weft-Task: a
    Weft-Run: r1
    "
  `);
});

test('a long title is cut', () => {
  const [subject] = land('x'.repeat(200)).split('\n');
  expect(subject).toHaveLength(72);
  expect(subject?.endsWith('…')).toBe(true);
  expect(land('x'.repeat(72)).split('\n')[0]).toBe('x'.repeat(72));
  expect(land(`😀${'x'.repeat(80)}`).split('\n')[0]).toBe(`😀${'x'.repeat(69)}…`);
  expect(land(`${'x'.repeat(70)}😀${'x'.repeat(20)}`).split('\n')[0]).toBe(`${'x'.repeat(70)}…`);
});

test('white space around a title goes, and a break in it is one space', () => {
  expect(land('  Add\r\n\ta page \n').split('\n')[0]).toBe('Add a page');
});

test('a title or reference with line breaks forges no trailer', () => {
  for (const message of [land(FORGED), land('x', FORGED)]) {
    const lines = message.split(/[\n\r\u2028\u2029\u0085]/);
    expect(lines.filter((line) => line.startsWith('Weft-'))).toEqual(['Weft-Task: a', 'Weft-Run: r1']);
  }
});

test('whatever the title, the message has five lines of text and well-formed letters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (title) => {
      const message = land(title);
      expect(message.split(/[\n\r\u2028\u2029\u0085]/)).toHaveLength(7);
      expect(Buffer.from(message, 'utf8').toString('utf8')).toBe(message);
    }),
  );
});
