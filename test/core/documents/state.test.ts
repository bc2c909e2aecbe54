// `state.json`, held to the field names that scripts of track-file users read.
import { describe, expect, test } from 'vitest';
import { documentState } from '../../../src/core/documents/state.ts';
import { documentSummary } from '../../../src/core/documents/summary.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play } from '../build.ts';
import { tellStory } from './story.ts';

const story = tellStory();
const now = story.ms;

describe('state.json', () => {
  test('has the older field names', () => {
    const { tracks, claim_events, ...rest } = documentState(story, now);
    expect(rest).toMatchInlineSnapshot(`
      {
        "active_runs": {},
        "collision_policy": "serialize",
        "ended_at": "2026-01-02T03:05:30.000Z",
        "fast": false,
        "file_claims": {
          "db/seed/**": {
            "owns_normalized": [
              "db/seed/**",
            ],
            "owns_raw": [
              "db/seed/**",
            ],
            "run_id": "seed/1",
            "task_id": "seed",
            "track_id": "db",
          },
        },
        "max_ticks": null,
        "orchestrator_id": "r1",
        "outcome": "blocked",
        "policy": {
          "auto_resume": true,
          "collision_policy": "serialize",
          "fast": false,
          "integrate": "auto",
          "max_attempts": 10,
          "max_ticks": null,
          "ownership_required": false,
          "parallel": 3,
          "target": "main",
          "time_budget_minutes": null,
          "worktree": true,
        },
        "repo_path": "/repo",
        "schema_version": 1,
        "started_at": "2026-01-02T03:04:05.000Z",
        "status": "stopped",
        "time_budget_minutes": null,
        "updated_at": "2026-01-02T03:05:30.000Z",
      }
    `);
    expect(tracks.map(({ steps, ...track }) => [track, steps.length])).toMatchInlineSnapshot(`
      [
        [
          {
            "current_step": 1,
            "error": "seed: needs an answer: Which currency?",
            "id": "db",
            "name": "db",
            "status": "stopped",
          },
          2,
        ],
        [
          {
            "current_step": 0,
            "error": "api: agent-missing: There is no program my-agent.",
            "id": "api",
            "name": "api",
            "status": "failed",
          },
          1,
        ],
        [
          {
            "current_step": 0,
            "id": "docs",
            "name": "docs",
            "status": "pending",
          },
          1,
        ],
        [
          {
            "current_step": 1,
            "id": "old",
            "name": "old",
            "status": "complete",
          },
          1,
        ],
        [
          {
            "current_step": 1,
            "id": "sign",
            "name": "sign",
            "status": "complete",
          },
          1,
        ],
      ]
    `);
    expect(tracks[0]?.steps[1]).toMatchInlineSnapshot(`
      {
        "allowlist": [
          "db/seed/**",
        ],
        "attempts": 1,
        "branch": "weft/r1/seed/work",
        "depends_on": [
          "tasks/schema.md",
        ],
        "owns_normalized": [
          "db/seed/**",
        ],
        "owns_raw": [
          "db/seed/**",
        ],
        "phase": "waiting",
        "result": {
          "elapsed_ms": 4000,
          "status": "stopped",
          "stop_reason": "implement_blocked",
        },
        "run_dir": "attempts/seed/1",
        "run_id": "seed/1",
        "task_id": "seed",
        "task_path": "tasks/seed.md",
        "worktree": "/repo.weft/r1/seed",
      }
    `);
    expect(claim_events.slice(0, 2)).toMatchInlineSnapshot(`
      [
        {
          "action": "acquire",
          "claims": [
            "db/**",
          ],
          "owns_normalized": [
            "db/**",
          ],
          "owns_raw": [
            "db/**",
          ],
          "run_id": "schema/1",
          "task_id": "schema",
          "timestamp": "2026-01-02T03:04:15.000Z",
          "track_id": "db",
        },
        {
          "action": "acquire",
          "claims": [
            "src/api/**",
          ],
          "owns_normalized": [
            "src/api/**",
          ],
          "owns_raw": [
            "src/api/**",
          ],
          "run_id": "api/1",
          "task_id": "api",
          "timestamp": "2026-01-02T03:04:40.000Z",
          "track_id": "api",
        },
      ]
    `);
  });

  test('a task without a track is a track of its own, even one named like a track', () => {
    const state = buildState([
      buildTask('a', { track: 'b' }),
      buildTask('b'),
      buildTask('c', { track: 'b' }),
    ]);
    const { tracks } = documentState(state, state.ms);
    expect(tracks.map((track) => [track.id, track.steps.map((step) => step.task_id)])).toEqual([
      ['b', ['a', 'c']],
      ['b', ['b']],
    ]);
  });

  test('every acquire and release of a claim is there, in order, and says who still holds what', () => {
    const { claim_events, file_claims } = documentState(story, now);
    expect(claim_events.map((event) => `${event.action} ${event.run_id}`)).toEqual([
      'acquire schema/1',
      'acquire api/1',
      'acquire old/1',
      'release schema/2',
      'acquire seed/1',
      'release api/1',
      'release old/1',
    ]);
    expect(Object.keys(file_claims)).toEqual(['db/seed/**']);
  });

  test('a forced start names whom it passed', () => {
    const state = buildState([buildTask('a', { owns: ['x/**'] }), buildTask('b', { owns: ['x/y.ts'] })], {
      collisionPolicy: 'force',
    });
    bring(state, 'a', 'working');
    play(state, [{ ...facts.spawned(state, 'b'), forced: [find(state, 'a').task.id] } as never]);
    expect(documentState(state, state.ms).claim_events.at(-1)?.forced).toEqual(['a']);
    expect(documentSummary(state, state.ms).collisions).toEqual([{ task: 'b', holder: 'a', forced: true }]);
  });

  test.each<[string, (state: RunState) => void, string]>([
    ['nothing began', () => undefined, 'pending'],
    ['an agent works', (state) => bring(state, 'a', 'working'), 'running'],
    ['gates run', (state) => bring(state, 'a', 'verifying'), 'running'],
    ['one landed, the next one waits for its turn', (state) => bring(state, 'a', 'merged'), 'pending'],
    [
      'an agent asks and lives',
      (state) => play(bring(state, 'a', 'working'), [facts.asked(state, 'a')]),
      'stopped',
    ],
    [
      'its next step is paused',
      (state) => play(state, [{ type: 'task.paused', task: find(state, 'a').task.id, agent: 'finish' }]),
      'stopped',
    ],
    [
      'a step failed',
      (state) => {
        const task = find(state, 'a').task.id;
        play(state, [{ type: 'task.failed', task, cause: 'internal-error', sentence: 'x' }]);
      },
      'failed',
    ],
    ['all landed', (state) => bring(bring(state, 'a', 'merged'), 'b', 'merged'), 'complete'],
  ])('track status: %s', (_name, happen, expected) => {
    const state = buildState([buildTask('a', { track: 't' }), buildTask('b', { track: 't', after: ['a'] })]);
    happen(state);
    expect(documentState(state, state.ms).tracks[0]?.status).toBe(expected);
  });

  test('a track whose first step waits for another track is waiting', () => {
    const state = buildState([buildTask('a'), buildTask('b', { after: ['a'] })]);
    expect(documentState(state, state.ms).tracks.map((track) => track.status)).toEqual([
      'pending',
      'waiting',
    ]);
  });
});
