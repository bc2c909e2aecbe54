// `summary.json`: steps in short, collisions, and what to do next.
import { describe, expect, test } from 'vitest';
import { documentSummary } from '../../../src/core/documents/summary.ts';
import { bring, buildState, buildTask, play } from '../build.ts';
import { tellStory } from './story.ts';

const story = tellStory();
const now = story.ms;

describe('summary.json', () => {
  test('a launch failure is stopped, never pending, and the next action says what to do', () => {
    const { tracks, next_action, collisions, status } = documentSummary(story, now);
    expect(tracks.flatMap((track) => track.steps)).toMatchInlineSnapshot(`
      [
        {
          "index": 0,
          "run_id": "schema/2",
          "status": "complete",
          "task": "tasks/schema.md",
        },
        {
          "index": 1,
          "run_id": "seed/1",
          "status": "stopped",
          "stop_reason": "implement_blocked",
          "task": "tasks/seed.md",
        },
        {
          "index": 0,
          "run_id": "api/1",
          "status": "stopped",
          "stop_reason": "launch_failed",
          "task": "tasks/api.md",
        },
        {
          "index": 0,
          "status": "pending",
          "task": "tasks/docs.md",
        },
        {
          "index": 0,
          "run_id": "old/1",
          "status": "stopped",
          "stop_reason": "stopped_by_user",
          "task": "tasks/old.md",
        },
        {
          "index": 0,
          "status": "complete",
          "task": "tasks/sign.md",
        },
      ]
    `);
    expect({ next_action, collisions, status }).toMatchInlineSnapshot(`
      {
        "collisions": [],
        "next_action": {
          "command": "weft restart api",
          "kind": "fix_and_resume_run",
        },
        "status": "stopped",
      }
    `);
  });

  test('names who waits for a claim, with a path that is in both', () => {
    const state = buildState([buildTask('a', { owns: ['x/**'] }), buildTask('b', { owns: ['x/y.ts'] })]);
    bring(state, 'a', 'working');
    expect(documentSummary(state, state.ms).collisions).toEqual([
      { task: 'b', holder: 'a', forced: false, witness: 'x/y.ts' },
    ]);
  });

  test('under force nobody waits for a claim', () => {
    const tasks = [buildTask('a', { owns: ['x/**'] }), buildTask('b', { owns: ['x/y.ts'] })];
    const state = bring(buildState(tasks, { collisionPolicy: 'force' }), 'a', 'working');
    expect(documentSummary(state, state.ms).collisions).toEqual([]);
  });

  test('a run that goes on asks for nothing, one that was stopped to be resumed', () => {
    const state = buildState([buildTask('a')]);
    expect(documentSummary(state, state.ms).next_action).toEqual({ kind: 'none' });
    play(state, [{ type: 'run.rested', outcome: 'stopped' }]);
    const expected = { kind: 'resume_orchestrator', command: 'weft resume r1' };
    expect(documentSummary(state, state.ms).next_action).toEqual(expected);
  });

  test('a complete run asks for nothing', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'merged');
    play(state, [{ type: 'run.rested', outcome: 'complete' }]);
    expect(documentSummary(state, state.ms).next_action).toEqual({ kind: 'none' });
  });
});
