// What people are called for, as a table of how a run stands.
import { expect, test } from 'vitest';
import { noticesOf } from '../../src/core/notice.ts';
import type { RunView, TaskView } from '../../src/core/view.ts';

const TASK = {
  ...{ id: 'api', title: 'Write \u001b]0;it\u0007', phase: 'working', reason: 'at work', attempts: 2 },
  ...{ paused: false },
} as unknown as TaskView;

const QUESTION = {
  ...{ id: 'api/1', text: 'Which?\nSay.', askedAt: '2026-01-01T00:00:00.000Z' },
  options: [{ label: 'A', then: 'resume' }],
} as unknown as TaskView['question'];

function viewOf(run: Partial<RunView>, ...tasks: readonly Partial<TaskView>[]): RunView {
  return {
    ...{ run: 'r1', state: 'running', integrate: 'human', updatedAt: 'now', counts: { merged: 1 } },
    ...run,
    tasks: tasks.map((task) => ({ ...TASK, ...task })),
  } as RunView;
}

const asks: Partial<TaskView> = QUESTION === undefined ? {} : { question: QUESTION };
const pull: Partial<TaskView> = { phase: 'pr_created', pr: 7, prUrl: 'https://x/7' };

test.each<[string, RunView, readonly string[]]>([
  ['at work', viewOf({}, {}), []],
  ['a question', viewOf({}, asks), ['r1/api/stuck/2/api/1']],
  ['a failure', viewOf({}, { phase: 'failed' }), ['r1/api/failed/2']],
  ['work to approve', viewOf({}, { phase: 'committed', awaits: 'approval' }), ['r1/api/ready/2']],
  ['a pull request', viewOf({}, pull), ['r1/api/ready/2/7']],
  ['a pull request that lands by itself', viewOf({ integrate: 'auto' }, pull), []],
  ['a pull request that is paused', viewOf({}, { ...pull, paused: true }), []],
  ['all landed', viewOf({ state: 'complete' }, { phase: 'merged' }), ['r1//finished/complete/now']],
  [
    'some failed',
    viewOf({ state: 'failed' }, { phase: 'failed' }),
    ['r1/api/failed/2', 'r1//finished/failed/now'],
  ],
  ['out of time', viewOf({ state: 'timeout' }, {}), ['r1//finished/timeout/now']],
  ['waits for what was called for', viewOf({ state: 'blocked' }, asks), ['r1/api/stuck/2/api/1']],
  ['waits for something else', viewOf({ state: 'blocked' }, {}), ['r1//finished/blocked/now']],
  ['stopped by somebody', viewOf({ state: 'stopped' }, {}), []],
  ['killed', viewOf({ state: 'interrupted' }, {}), []],
])('%s', (_, view, ids) => {
  expect(noticesOf(view).map(({ id }) => id)).toEqual(ids);
});

test('only what is wanted', () => {
  expect(noticesOf(viewOf({ state: 'failed' }, { phase: 'failed' }), ['finished'])).toHaveLength(1);
});

test('one line each, that steers no terminal', () => {
  const [notice] = noticesOf(viewOf({}, { ...asks, ...pull }));
  expect(notice).toMatchObject({
    ...{ title: 'api is stuck: Write ]0;it', text: 'Which? Say. (1 A)', url: 'https://x/7' },
  });
});
