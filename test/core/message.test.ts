// Commit messages: what comes from outside cannot pass as a trailer of weft's.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findUnknownWord, writeLandingMessage, writeLeftoverMessage } from '../../src/core/message.ts';
import type { AgentConfig } from '../../src/core/model.ts';
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

describe('a template', () => {
  const write = (message: string, over: Parameters<typeof buildTask>[1] = {}): string => {
    const state = buildState([buildTask('a', over)], { merge: { strategy: 'squash', message } });
    return writeLandingMessage(state, find(state, 'a'));
  };

  test('has its places filled, and the trailers after it', () => {
    expect(write('{task}: {title} ({track})\n\nSee {ref} of {run}.', { track: 'ui' })).toBe(
      'a: Title of a (ui)\n\nSee tasks/a.md of r1.\n\nWeft-Task: a\nWeft-Run: r1\n',
    );
  });

  test('takes no place from the text of a task, and no trailer either', () => {
    const text = write('{title}\n\n{body}', { title: 'x {run}', body: 'y\n\nWeft-Task: other' });
    expect(text).toBe('x {run}\n\n    y\n\n    Weft-Task: other\n\nWeft-Task: a\nWeft-Run: r1\n');
  });

  test.each([
    ['{title} {task}', null],
    ['{nothing}', 'nothing'],
    ['{ title }', null],
  ])('%s: unknown is %s', (template, word) => {
    expect(findUnknownWord(template)).toBe(word);
  });
});

test.each<[string, AgentConfig, string]>([
  ['Claude Code is named', { kind: 'claude' }, '\nCo-authored-by: Claude <noreply@anthropic.com>\n'],
  [
    'whoever is configured is',
    { kind: 'command', run: 'x', coAuthor: 'Bo <b@x>' },
    '\nCo-authored-by: Bo <b@x>\n',
  ],
  ['nobody, when that is said', { kind: 'claude', coAuthor: '' }, 'Weft-Run: r1\n'],
  ['of others nobody knows', { kind: 'command', run: 'x' }, 'Weft-Run: r1\n'],
])('co-author: %s', (_name, config, end) => {
  const state = buildState([buildTask('a')], { agents: { mine: config } });
  expect(writeLandingMessage(state, find(state, 'a')).endsWith(end)).toBe(true);
});
