// What is cleared away, and what stays for a look.
import { expect, test } from 'vitest';
import { sweepTask } from '../../../src/core/decide/sweep.ts';
import type { Event } from '../../../src/core/event.ts';
import { runMs, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play } from '../build.ts';

const a = taskId('a');
const CANCELLED: Event = { type: 'task.cancelled', task: a };
const cancel = (state: RunState): RunState =>
  play(bring(state, 'a', 'working'), [CANCELLED, facts.stopped(state, 'a')]);

test.each<[string, (state: RunState) => unknown, boolean]>([
  ['waits', () => null, false],
  ['works', (s) => bring(s, 'a', 'working'), false],
  ['is verified', (s) => bring(s, 'a', 'committed'), false],
  ['landed', (s) => bring(s, 'a', 'merged'), true],
  ['landed and is cleared away', (s) => play(bring(s, 'a', 'merged'), [facts.swept('a')]), false],
  ['was cancelled while it worked', cancel, true],
  ['was cancelled before it began', (s) => play(s, [CANCELLED]), false],
  [
    'failed',
    (s) =>
      play(bring(s, 'a', 'working'), [{ type: 'task.failed', task: a, cause: 'stopped', sentence: 'x' }]),
    false,
  ],
  ['starts anew', (s) => play(bring(s, 'a', 'verifying'), [{ type: 'task.restarted', task: a }]), true],
])('a task that %s', (_name, happen, expected) => {
  const state = buildState([buildTask('a')]);
  happen(state);
  const sweep = { kind: 'sweep-task', key: 'a/1/sweep-task', task: a, attempt: 1 };
  expect(sweepTask(state, find(state, 'a'), state.ms)).toEqual(expected ? [sweep] : []);
});

test('trouble with it is waited out', () => {
  const state = bring(buildState([buildTask('a')]), 'a', 'merged');
  play(state, [facts.trouble(state, 'a', 'sweep-task')]);
  const ts = find(state, 'a');
  const at = ts.trouble?.retryAt ?? runMs(0);
  expect(sweepTask(state, ts, runMs(at - 1))).toEqual([]);
  expect(sweepTask(state, ts, at)).toHaveLength(1);
});
