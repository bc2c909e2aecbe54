// Words for a task in its status file: each counts once, whoever writes the file anew with them in it, and however late.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { canHear, isNews, readForwarded, takeForwarded } from '../../src/core/forwarded.ts';
import { taskId } from '../../src/core/model.ts';
import type { RunState } from '../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play, question } from './build.ts';

const a = taskId('a');

function working(): RunState {
  return bring(buildState([buildTask('a')]), 'a', 'working', 0);
}

function take(state: RunState, text: string): readonly Event[] {
  const events = takeForwarded(state, find(state, 'a'), text);
  play(state, events);
  return events;
}

describe('readForwarded', () => {
  test.each([
    ['use option A', 'use option A'],
    ['  two\r\nlines \n', 'two\nlines'],
    ['\u001b[31mred\u001b[0m \u202eevil', '[31mred[0m evil'],
    ['x'.repeat(40_000), 'x'.repeat(32_768)],
    ['', null],
    [' \n\t', null],
    [null, null],
    [undefined, null],
    [7, null],
    [{ text: 'x' }, null],
    [['x'], null],
  ])('%j', (value, expected) => expect(readForwarded(value)).toBe(expected));
});

describe('takeForwarded', () => {
  test('without a question the words are guidance', () => {
    const state = working();
    const forwarded = { number: 1, text: 'use tabs' };
    expect(take(state, 'use tabs')).toEqual([
      { type: 'guidance.given', task: a, text: 'use tabs', forwarded },
    ]);
    expect(find(state, 'a').guidance).toEqual(['use tabs']);
    expect(find(state, 'a').forwarded).toEqual({ count: 1, latest: ['use tabs'] });
  });

  test('with a question they are its answer, by a number or in words', () => {
    const options = [
      { label: 'Sliding', then: 'retry' },
      { label: 'I do it', then: 'hold' },
    ] as const;
    const asked: Event = {
      type: 'question.asked',
      task: a,
      attempt: 1,
      question: question('a', 'Which?', options),
    };
    const answer = (text: string): unknown => {
      const [event] = takeForwarded(play(working(), [asked]), find(play(working(), [asked]), 'a'), text);
      return event?.type === 'question.answered' ? [event.text, event.then, event.forwarded] : event?.type;
    };
    expect(answer('1')).toEqual(['Sliding', 'retry', { number: 1, text: '1' }]);
    expect(answer('2')).toEqual(['I do it', 'hold', { number: 1, text: '2' }]);
    expect(answer('use 15 minutes')).toEqual([
      'use 15 minutes',
      'retry',
      { number: 1, text: 'use 15 minutes' },
    ]);
    expect(answer('9')).toEqual(['9', 'retry', { number: 1, text: '9' }]);
  });

  test('an answer to a question that is gone by then is not counted: it is still to be taken', () => {
    const asked: Event = { type: 'question.asked', task: a, attempt: 1, question: question('a') };
    const state = play(working(), [asked]);
    const late = takeForwarded(state, find(state, 'a'), 'so');
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'other', then: 'retry' }, ...late]);
    expect(find(state, 'a').forwarded.count).toBe(0);
    expect(isNews(find(state, 'a'), { text: 'so', taken: 0 })).toBe(true);
  });

  test('a fact that is recorded twice counts once', () => {
    const state = working();
    const events = take(state, 'once');
    play(state, events);
    expect(find(state, 'a').guidance).toEqual(['once']);
    expect(find(state, 'a').forwarded.count).toBe(1);
  });

  test('what was said elsewhere too is taken out of the file all the same', () => {
    const state = play(working(), [{ type: 'guidance.given', task: a, text: 'twice' }]);
    expect(take(state, 'twice')).toHaveLength(1);
    expect(find(state, 'a').forwarded.count).toBe(1);
  });
});

describe('canHear', () => {
  const state = (make: (state: RunState) => unknown): boolean => {
    const made = working();
    make(made);
    return canHear(made, find(made, 'a'));
  };
  test('who works, asks or waits for approval', () => {
    expect(state(() => undefined)).toBe(true);
    expect(state((made) => bring(made, 'a', 'committed', 0))).toBe(true);
  });
  test('not who is done, or was given up', () => {
    expect(state((made) => bring(made, 'a', 'merged', 0))).toBe(false);
    expect(state((made) => play(made, [{ type: 'task.cancelled', task: a }, facts.stopped(made, 'a')]))).toBe(
      false,
    );
  });
});

describe('isNews', () => {
  const state = working();
  for (const text of ['one', 'two', 'three']) take(state, text);
  const ts = find(state, 'a');
  test.each([
    ['the same words, by who saw that they were taken', 'three', 3, true],
    ['the last message, by who read before it was taken', 'three', 2, false],
    ['an older one, by who read long ago', 'one', 0, false],
    ['an older one, by who read after it was taken', 'one', 1, true],
    ['other words, by who read long ago', 'four', 0, true],
    ['the last message, by who says nothing', 'three', null, false],
    ['other words, by who says nothing', 'four', null, true],
    ['the first words of a task', 'x', 0, true],
  ])('%s', (_who, text, taken, expected) => expect(isNews(ts, { text, taken })).toBe(expected));
  test('before anything was taken everything is', () =>
    expect(isNews(find(working(), 'a'), { text: 'x', taken: null })).toBe(true));
});

interface File {
  readonly taken: number;
  readonly message: string | null;
}

/** What may happen to a file, in any order: tools read it, and write back what they read, with or without a message. */
const deeds = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('read' as const), tool: fc.nat(2) }),
    fc.record({ kind: fc.constant('write' as const), tool: fc.nat(2) }),
    fc.record({ kind: fc.constant('say' as const), tool: fc.nat(2) }),
    fc.constant({ kind: 'look' as const, tool: 0 }),
    fc.constant({ kind: 'crash' as const, tool: 0 }),
  ),
  { maxLength: 40 },
);

test('law: what a look finds for the first time is taken, and nothing is taken twice', () => {
  fc.assert(
    fc.property(deeds, (all) => {
      const state = working();
      let file: File = { taken: 0, message: null };
      const seen: File[] = [file, file, file];
      const told: string[] = [];
      const found = new Set<string>();
      let said = 0;
      for (const { kind, tool } of all) {
        const known = seen[tool] ?? file;
        if (kind === 'read') seen[tool] = file;
        if (kind === 'write') file = known;
        if (kind === 'say') {
          said += 1;
          file = { ...known, message: `message ${said}` };
        }
        if (kind === 'look' || kind === 'crash') {
          const { message: text, taken } = file;
          if (text !== null) found.add(text);
          if (text !== null && isNews(find(state, 'a'), { text, taken })) {
            take(state, text);
            told.push(text);
          }
          // a crash comes between the fact and the file
          if (kind === 'look') file = { taken: find(state, 'a').forwarded.count, message: null };
        }
      }
      expect(told).toEqual([...new Set(told)]);
      expect(new Set(told)).toEqual(found);
    }),
    { numRuns: 500 },
  );
});
