// What to type for one task.
import { expect, test } from 'vitest';
import { nextOfTask } from '../../src/core/next-of-task.ts';
import { viewRun, viewTask } from '../surfaces/cli/fake-app.ts';

const QUIET = { quietMs: 60_000 };

test.each([
  ['interrupted', 'working', {}, 'weft resume'],
  ['interrupted', 'waiting', {}, undefined],
  ['interrupted', 'working', QUIET, 'weft resume'],
  ['running', 'working', {}, undefined],
  ['running', 'working', QUIET, 'weft logs a'],
  ['failed', 'failed', {}, 'weft restart a'],
  ['complete', 'merged', {}, undefined],
] as const)('in a run that is %s, of a task that is %s %o: %s', (state, phase, more, command) => {
  const task = viewTask('a', { phase, ...more });
  expect(nextOfTask(viewRun([task], { state }), task)?.command).toBe(command);
});
