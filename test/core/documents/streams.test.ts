// The line formats of streams, for scripts and for people.
import { expect, test } from 'vitest';
import {
  formatStreamBars,
  formatStreamLines,
  type StreamProgress,
  streamsOfRun,
} from '../../../src/core/documents/streams.ts';
import { viewTask } from '../../surfaces/cli/fake-app.ts';

function stream(id: string, rest: Partial<StreamProgress> = {}): StreamProgress {
  return {
    id,
    name: id,
    state: 'waiting',
    completed: 0,
    inProgress: 0,
    pending: 0,
    blocked: 0,
    cancelled: 0,
    ...rest,
  };
}

const STREAMS: readonly StreamProgress[] = [
  stream('Stream-A', { name: 'Foundation', state: 'done', completed: 3 }),
  stream('Stream-B', {
    name: 'API  of\nall',
    state: 'working',
    completed: 2,
    inProgress: 1,
    pending: 4,
    blocked: 1,
    cancelled: 1,
  }),
  stream('Z', { state: 'done', cancelled: 2 }),
];

test('scripts read two formats, with cancelled tasks left out', () => {
  expect(formatStreamLines(STREAMS)).toEqual([
    'OVERALL 5 11 1 4 45',
    'STREAM Stream-A 3 3 100 0 0 0 Foundation',
    'STREAM Stream-B 2 8 25 1 4 1 API of all',
    'STREAM Z 0 0 100 0 0 0 Z',
  ]);
  expect(formatStreamLines([])).toEqual(['OVERALL 0 0 0 0 0']);
});

test('people read a bar a stream', () => {
  expect(formatStreamBars(STREAMS)).toEqual([
    'Stream-A  ████████████████████  100%  3/3  done     Foundation',
    'Stream-B  █████░░░░░░░░░░░░░░░   25%  2/8  working  1 in progress, 1 blocked, 1 cancelled · API of all',
    'Z         ████████████████████  100%  0/0  done     2 cancelled',
  ]);
  expect(formatStreamBars([])).toEqual([]);
});

test('100 percent is all of them, and a name stays one line', () => {
  const [, almost] = formatStreamLines([
    stream('a', { completed: 999, pending: 1, name: `\u001b[31m${'x'.repeat(200)}` }),
  ]);
  expect(almost).toMatch(/^STREAM a 999 1000 99 0 1 0 \\u001b\[31mx+…$/);
  expect(almost?.length).toBeLessThan(120);
});

test('tracks of a run are streams, and a task of no track is one', () => {
  const tasks = [
    viewTask('a', { track: 'the api', phase: 'merged' }),
    viewTask('b', { track: 'the api', phase: 'working', attempts: 1 }),
    viewTask('c', { track: 'the api' }),
    viewTask('d', { phase: 'failed', attempts: 3 }),
    viewTask('e', { phase: 'cancelled' }),
  ];
  expect(streamsOfRun({ tasks })).toEqual([
    stream('the-api', { name: 'the api', state: 'working', completed: 1, inProgress: 1, pending: 1 }),
    stream('d', { name: 'Title of d', state: 'blocked', blocked: 1 }),
    stream('e', { name: 'Title of e', state: 'done', cancelled: 1 }),
  ]);
});
