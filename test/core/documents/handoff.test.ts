// `complete.json` and `stop.json`: the last word of a run; a stop names its cause.
import { describe, expect, test } from 'vitest';
import { documentHandoff } from '../../../src/core/documents/handoff.ts';
import type { Event } from '../../../src/core/event.ts';
import { taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, play } from '../build.ts';
import { tellStory } from './story.ts';

const story = tellStory();
const now = story.ms;

function land(state: RunState, ...ids: string[]): RunState {
  for (const id of ids) bring(state, id, 'merged', 1_000);
  return play(state, [{ type: 'run.rested', outcome: 'complete' }]);
}

describe('handoffs', () => {
  test('stop.json names its cause', () => {
    expect(documentHandoff(story, now)).toMatchInlineSnapshot(`
      {
        "active_runs": {},
        "blocking_run_ids": [
          "seed/1",
        ],
        "elapsed_ms": 85000,
        "last_failed_track": {
          "cause": "agent-missing",
          "run_id": "api/1",
          "sentence": "agent-missing: There is no program my-agent.",
          "step_index": 0,
          "stop_reason": "launch_failed",
          "suggested_fix": "Install the agent or correct its command line, \`weft doctor\` tells; then \`weft restart api\`.",
          "task_id": "api",
          "track_id": "api",
        },
        "next": {
          "command": "weft answer seed "…"",
          "reason": "seed asks: Which currency?",
        },
        "orchestrator_dir": ".weft/runs/r1",
        "orchestrator_id": "r1",
        "outcome": "blocked",
        "repo_root": "/repo",
        "resume_command": "weft resume r1",
        "schema_version": 1,
        "status": "stopped",
        "steps": {
          "cancelled": 1,
          "completed": 2,
          "total": 6,
        },
        "stop_reason": "orchestrator_track_stopped",
        "stop_reason_family": "worker",
        "tracks": {
          "completed": 2,
          "total": 5,
        },
        "ts": "2026-01-02T03:05:30.000Z",
        "waiting": [
          {
            "reason": "needs an answer: Which currency?",
            "task_id": "seed",
          },
          {
            "reason": "waits for api, which has failed: it cannot start unless \`weft restart api\` helps",
            "task_id": "docs",
          },
        ],
      }
    `);
  });

  test('complete.json', () => {
    const state = land(
      buildState([buildTask('a', { track: 't' }), buildTask('b', { track: 't' })]),
      'a',
      'b',
    );
    expect(documentHandoff(state, state.ms)).toMatchInlineSnapshot(`
      {
        "active_runs": {},
        "elapsed_ms": 18000,
        "orchestrator_dir": ".weft/runs/r1",
        "orchestrator_id": "r1",
        "outcome": "complete",
        "repo_root": "/repo",
        "schema_version": 1,
        "status": "complete",
        "steps": {
          "cancelled": 0,
          "completed": 2,
          "total": 2,
        },
        "tracks": {
          "completed": 1,
          "total": 1,
        },
        "ts": "2026-01-02T03:04:23.000Z",
      }
    `);
  });

  test('a run that goes on is neither', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'working');
    const document = documentHandoff(state, state.ms);
    expect(document).toMatchObject({ status: 'running', active_runs: { a: 'a/1' } });
    expect(document.stop_reason).toBeUndefined();
  });

  test('the step named is the one that failed last; what waits comes after it', () => {
    const state = buildState([buildTask('a'), buildTask('b'), buildTask('c'), buildTask('d')]);
    const fail = (id: string): Event => {
      return { type: 'task.failed', task: taskId(id), cause: 'agent-lost', sentence: 'x' };
    };
    play(state, [fail('b')], 1_000);
    play(state, [fail('c')], 1_000);
    play(state, [fail('a')]);
    play(bring(state, 'd', 'working', 1_000), [facts.asked(state, 'd'), facts.exited(state, 'd')]);
    play(state, [{ type: 'run.rested', outcome: 'failed' }]);
    const { last_failed_track, stop_reason_family, waiting } = documentHandoff(state, state.ms);
    expect([last_failed_track?.task_id, stop_reason_family]).toEqual(['a', 'stall']);
    expect(waiting?.map(({ task_id }) => task_id)).toEqual(['d']);
  });

  test.each([
    ['failed', 'orchestrator_track_stopped'],
    ['stopped', 'orchestrator_track_stopped'],
    ['timeout', 'orchestrator_timeout'],
  ] as const)('outcome %s stops with %s', (outcome, reason) => {
    const state = play(buildState([buildTask('a')]), [{ type: 'run.rested', outcome }]);
    expect(documentHandoff(state, state.ms)).toMatchObject({
      status: 'stopped',
      stop_reason: reason,
      resume_command: 'weft resume r1',
    });
  });
});
