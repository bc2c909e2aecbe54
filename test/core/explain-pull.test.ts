// Why a task is where it is, as far as its pull request is the reason.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { explainTask } from '../../src/core/explain.ts';
import { taskId } from '../../src/core/model.ts';
import { DEFAULT_PULLS } from '../../src/core/pull.ts';
import type { RunState } from '../../src/core/state.ts';
import { viewRun } from '../../src/core/view.ts';
import { bring, buildState, buildTask, facts, find, play } from './build.ts';

const a = taskId('a');

function explain(state: RunState): string {
  return explainTask(state, find(state, 'a'), state.ms);
}

function begin(): RunState {
  return buildState([buildTask('a')], { pullRequests: DEFAULT_PULLS });
}

describe('over, as its pull request shows', () => {
  const offered = (): RunState => {
    const state = begin();
    bring(state, 'a', 'committed');
    return play(state, [facts.offered(state, 'a')]);
  };
  const cancel: Event = { type: 'task.cancelled', task: a };

  test('who closed it cancelled the task, and it is still known when all is cleared away', () => {
    const closed = offered();
    play(closed, [facts.noted(closed, 'a', { state: 'closed' }), cancel]);
    const seen = [explain(closed)];
    play(closed, [facts.swept('a', 'refs/weft/rescue/r1/a')]);
    const cancelled = play(offered(), [cancel]);
    seen.push(explain(closed), explain(cancelled));
    play(cancelled, [facts.swept('a')]);
    const elsewhere = offered();
    play(elsewhere, [facts.noted(elsewhere, 'a', { state: 'merged', base: 'next' }), cancel]);
    expect([...seen, explain(cancelled), explain(elsewhere)]).toMatchInlineSnapshot(`
      [
        "its pull request #12 was closed",
        "its pull request #12 was closed; its work is kept at refs/weft/rescue/r1/a",
        "it was cancelled",
        "it was cancelled and its pull request #12 closed",
        "its pull request #12 was merged into next",
      ]
    `);
    expect(viewRun(closed, closed.ms).tasks).toMatchObject([{ pr: 12, prUrl: 'https://forge/pull/12' }]);
    // and what begins anew gets another one
    play(closed, [{ type: 'task.restarted', task: a }]);
    expect(find(closed, 'a')).toMatchObject({ pull: null, pulls: 1 });
  });

  test('whoever merged it did so at the forge', () => {
    const state = offered();
    play(state, [{ ...facts.landed('a'), by: 'human' } as Event]);
    expect(explain(state)).toBe('was merged at the forge as 4802fa1d on main');
  });
});

test('what could not be done is said in words, whatever it is called inside', () => {
  const state = bring(begin(), 'a', 'committed');
  play(state, [facts.trouble(state, 'a', 'open-pull', 'Refused.')]);
  expect(explain(state)).toBe(
    'its work could not be put into a pull request (Refused.); tried again within 1 s',
  );
  play(state, [facts.trouble(state, 'a', 'dance' as never, 'No music.')]);
  expect(explain(state)).toContain('something could not be done for it (No music.)');
});
