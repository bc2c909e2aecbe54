// What the landing proof makes of diaries and facts: which lines have to be there, which are lost, who was sent back.
import { expect, test } from 'vitest';
import type { Event } from '../../../src/core/event.ts';
import {
  compareLines,
  type Entry,
  editsLeft,
  editsOf,
  linesWanted,
} from '../../../src/testing/landing/diary.ts';
import { findEjections } from '../../../src/testing/landing/judge.ts';
import type { Edit, Part } from '../../../src/testing/landing/plot.ts';

const insert = (text: string, file = 'f'): Edit => ({ file, kind: 'insert', at: 0, text });
const done = (who: string, edit: Edit, gone: string | null = null): Entry => ({
  who,
  file: edit.file,
  kind: 'edit',
  edit,
  gone,
});
const reset = (who: string, file: string): Entry => ({ who, file, kind: 'reset' });

test('what was done to a file counts until its author takes it as it is on the target', () => {
  const diary = [
    done('a', insert('a0')),
    done('b', insert('b0')),
    done('a', insert('a1', 'g')),
    reset('a', 'f'),
  ];
  expect(editsOf(diary, 'a').map(({ edit }) => edit.text)).toEqual(['a1']);
  expect(editsOf(diary, 'b').map(({ edit }) => edit.text)).toEqual(['b0']);
  const part: Part = {
    task: 'a',
    character: 'good',
    edits: [insert('a0'), insert('a1', 'g')],
    unit: 'a',
    after: null,
    pace: 0,
  };
  expect(editsLeft(diary, part).map(({ text }) => text)).toEqual(['a0']);
});

test('a line that somebody removed is not looked for, whoever wrote it', () => {
  const edits = [
    done('a', insert('a0')),
    done('b', { ...insert('b0'), kind: 'replace' }, 'a0'),
    done('c', { ...insert('c0'), kind: 'delete' }, 'one'),
  ] as const;
  const all = edits.flatMap((entry) => editsOf([entry], entry.who));
  expect(linesWanted({ f: ['one', 'two'] }, all)).toEqual({ f: ['b0', 'two'] });
});

test('lines that are lost, back again or there twice are named', () => {
  const of = { file: 'f', wanted: ['a', 'b'] };
  expect(compareLines({ ...of, found: ['b', 'a'] })).toEqual([]);
  expect(compareLines({ ...of, found: ['b'] })).toEqual(['f lacks “a”']);
  expect(compareLines({ ...of, found: ['a', 'b', 'b'] })).toHaveLength(1);
  expect(compareLines({ ...of, found: ['a', 'b', 'gone'] })).toHaveLength(1);
});

const rejected = (task: string, commit: string): Event =>
  ({ type: 'candidate.rejected', task, commit, gates: [], excerpt: '' }) as unknown as Event;
const failed = (task: string, cause: string): Event =>
  ({
    type: 'attempt.failed',
    task,
    attempt: 1,
    cause,
    detail: '',
    then: { kind: 'give-up' },
  }) as unknown as Event;
const queued = (task: string): Event => ({ type: 'task.queued', task }) as unknown as Event;

test('who is sent back is sent back by the last candidate that was refused', () => {
  const events = [
    queued('a'),
    rejected('a', '1'),
    rejected('a', '2'),
    failed('b', 'gate-failed'),
    failed('a', 'gate-failed'),
    failed('a', 'gate-failed'),
    queued('a'),
    rejected('a', '3'),
    queued('a'),
    failed('a', 'gate-failed'),
    rejected('c', '4'),
    failed('c', 'conflict'),
  ];
  expect(findEjections(events)).toEqual([{ task: 'a', commit: '2' }]);
});
