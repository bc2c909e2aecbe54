// What is worth a line between two views, and the line itself.
import { describe, expect, it } from 'vitest';
import type { TaskView } from '../../../src/core/view.ts';
import { createChangeFinder } from '../../../src/surfaces/cli/changes.ts';
import { drawChange } from '../../../src/surfaces/cli/watcher.ts';
import { ASKING, viewRun, viewTask } from './fake-app.ts';
import { NOON } from './fake-io.ts';

/** The lines that a series of pictures of one task leads to, without the time of day. */
function tell(known: TaskView | null, ...series: readonly TaskView[]): readonly string[] {
  const find = createChangeFinder(known === null ? undefined : viewRun([known]));
  return series
    .flatMap((task) => find(viewRun([task])))
    .flatMap((change) => drawChange(change, NOON))
    .map((line) => line.slice(9));
}

const working = (attempts: number, changes: Partial<TaskView> = {}): TaskView =>
  viewTask('d', { phase: 'working', attempts, reason: 'at work', ...changes });
const gate = (attempt: number): Pick<TaskView, 'ended'> => ({
  ended: { attempt, cause: 'gate-failed', detail: '`npm test` ended with exit code 1.\nmore' },
});

describe('lines', () => {
  it('a task that just waits is no news, a later word of the same phase neither', () => {
    const waiting = viewTask('d', { reason: 'waits for a' });
    expect(tell(null, waiting, { ...waiting, reason: 'waits for b' })).toEqual([]);
    expect(tell(null, working(1), working(1, { reason: 'at work for 2 s' }))).toEqual(['d working at work']);
  });

  it('a retry says why and which attempt, whether or not the wait between was seen', () => {
    const expected = [
      'd working at work',
      'd attempt 1 ended (gate-failed: `npm test` ended with exit code 1): trying again',
      'd working attempt 2 at work',
    ];
    expect(tell(null, working(1), working(2, gate(1)))).toEqual(expected);
    const waiting = viewTask('d', { attempts: 1, reason: 'is about to start', ...gate(1) });
    expect(tell(null, working(1), waiting, working(2, gate(1)))).toEqual(expected);
  });

  it('an end that leads to a question or to failure is no retry', () => {
    const asks = viewTask('d', { attempts: 1, ...gate(1), question: ASKING.question as never });
    const failed = viewTask('d', { phase: 'failed', attempts: 1, reason: 'gate-failed: x', ...gate(1) });
    expect(tell(working(1), asks)).toEqual(['d waiting']);
    expect(tell(working(1), failed)).toEqual(['d failed gate-failed: x']);
  });

  it('an answer is told, and the same line not twice', () => {
    const asks = working(1, { question: ASKING.question as never });
    expect(tell(null, working(1), asks, working(1))).toEqual([
      'd working at work',
      'd working',
      'd working asks no more; at work',
    ]);
  });

  it('what was known before is no news', () => {
    expect(tell(working(2, gate(1)), working(2, gate(1)))).toEqual([]);
    expect(tell(working(2, gate(1)), viewTask('d', { phase: 'committed', attempts: 2 }))).toEqual([
      'd committed attempt 2',
    ]);
  });
});
