// The derived files, held to the field names that scripts of track-file users read.
import { describe, expect, test } from 'vitest';
import { documentHandoff } from '../../../src/core/documents/handoff.ts';
import { documentReceipt, renderReceipt } from '../../../src/core/documents/receipt.ts';
import { documentState } from '../../../src/core/documents/state.ts';
import { documentSummary } from '../../../src/core/documents/summary.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play } from '../build.ts';
import { tellStory } from './story.ts';

const story = tellStory();
const now = story.ms;
const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function land(state: RunState, ...ids: string[]): RunState {
  for (const id of ids) bring(state, id, 'merged', 1_000);
  return play(state, [{ type: 'run.rested', outcome: 'complete' }]);
}

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

  test('a complete run asks for nothing', () => {
    const state = land(buildState([buildTask('a')]), 'a');
    expect(documentSummary(state, state.ms).next_action).toEqual({ kind: 'none' });
  });
});

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

describe('receipt', () => {
  test('says of each task what is known', () => {
    const { tasks, claim_events, ...rest } = documentReceipt(story, now);
    expect(copy(rest)).toMatchInlineSnapshot(`
      {
        "completed_at": "2026-01-02T03:05:30.000Z",
        "duration_ms": 85000,
        "failures": [
          {
            "attempt": 1,
            "cause": "gate-failed",
            "detail": "one test failed",
            "final": false,
            "launch": false,
            "task_id": "schema",
          },
          {
            "attempt": 1,
            "cause": "agent-missing",
            "detail": "There is no program my-agent.",
            "final": true,
            "launch": true,
            "task_id": "api",
          },
        ],
        "orchestration_id": "r1",
        "outcome": "blocked",
        "schema_version": "1",
        "started_at": "2026-01-02T03:04:05.000Z",
        "status": "stopped",
        "summary": {
          "attempts": 5,
          "cost_usd": null,
          "files_changed": 3,
          "interventions_count": 1,
          "lines_added": 40,
          "lines_deleted": 4,
          "tasks_cancelled": 1,
          "tasks_completed": 2,
          "tasks_failed": 1,
          "tasks_pending": 1,
          "tasks_stopped": 3,
          "tasks_total": 6,
          "total_checkpoints": 1,
          "verification_ms": 3000,
          "work_ms": 133000,
        },
        "target": "main",
        "top_stop_reasons": [
          {
            "count": 1,
            "reason": "implement_blocked",
            "suggested_fix": "Answer it: \`weft answer seed "…"\`.",
            "tasks": [
              "seed",
            ],
          },
          {
            "count": 1,
            "reason": "launch_failed",
            "suggested_fix": "Install the agent or correct its command line, \`weft doctor\` tells; then \`weft restart api\`.",
            "tasks": [
              "api",
            ],
          },
          {
            "count": 1,
            "reason": "stopped_by_user",
            "suggested_fix": "\`weft resume old\` goes on; a cancelled task starts anew with \`weft restart old\`.",
            "tasks": [
              "old",
            ],
          },
        ],
      }
    `);
    expect(copy(tasks[0])).toMatchInlineSnapshot(`
      {
        "attempts": 2,
        "checkpoint_sha": "7d9c2bcb7d9c2bcb7d9c2bcb7d9c2bcb7d9c2bcb",
        "commits": [
          "f6236a98f6236a98f6236a98f6236a98f6236a98",
          "7d9c2bcb7d9c2bcb7d9c2bcb7d9c2bcb7d9c2bcb",
        ],
        "cost_usd": null,
        "duration_ms": 59000,
        "files_changed": 3,
        "history": [
          {
            "attempt": 1,
            "cause": "gate-failed",
            "detail": "one test failed",
            "duration_ms": 15000,
            "ended_at": "2026-01-02T03:04:40.000Z",
            "started_at": "2026-01-02T03:04:25.000Z",
            "survivors": [],
          },
          {
            "attempt": 2,
            "cause": null,
            "detail": "",
            "duration_ms": 20000,
            "ended_at": "2026-01-02T03:05:20.000Z",
            "started_at": "2026-01-02T03:05:00.000Z",
            "survivors": [],
          },
        ],
        "lines_added": 40,
        "lines_deleted": 4,
        "merge": {
          "at": "2026-01-02T03:05:24.000Z",
          "by": "weft",
          "commit": "7d9c2bcb7d9c2bcb7d9c2bcb7d9c2bcb7d9c2bcb",
          "detour": null,
          "ref": "main",
        },
        "milestones_completed": 1,
        "phase": "merged",
        "pr": null,
        "run_id": "schema/2",
        "status": "finished",
        "task_id": "schema",
        "task_path": "tasks/schema.md",
        "title": "Title of schema",
        "track": "db",
        "verification": {
          "elapsed_ms": 3000,
          "gates": [
            {
              "command": "npm test",
              "elapsed_ms": 3000,
              "exit": 0,
              "tier": 0,
            },
          ],
          "passed": true,
          "tree": "60a7ded360a7ded360a7ded360a7ded360a7ded3",
        },
      }
    `);
    expect(tasks.map(({ task_id, status, stop_reason }) => [task_id, status, stop_reason])).toEqual([
      ['schema', 'finished', undefined],
      ['seed', 'stopped', 'implement_blocked'],
      ['api', 'stopped', 'launch_failed'],
      ['docs', 'pending', undefined],
      ['old', 'stopped', 'stopped_by_user'],
      ['sign', 'finished', undefined],
    ]);
    expect(claim_events).toHaveLength(7);
  });

  test('reads well in a terminal', () => {
    expect(renderReceipt(documentReceipt(story, now))).toMatchInlineSnapshot(`
      "# Run r1: blocked

      1 of 6 landed on main, 1 done by hand, 1 failed, 1 waiting for you, 1 pending, 1 cancelled.
      1 min from 2026-01-02 03:04; 5 attempts, 3 files +40 -4, work 2 min, checks 3 s, 1 question.

      ## Tasks

      | Task   | Status             | Tries | Checks   | Files | Lines  | Time | Cost | Commit   |
      |--------|--------------------|-------|----------|-------|--------|------|------|----------|
      | schema | landed             | 2     | 1 passed | 3     | +40 -4 | 59 s | -    | 7d9c2bcb |
      | seed   | waiting: needs you | 1     | -        | -     | -      | 4 s  | -    | -        |
      | api    | failed             | 1     | -        | -     | -      | 48 s | -    | -        |
      | docs   | waiting            | 0     | -        | -     | -      | -    | -    | -        |
      | old    | cancelled          | 1     | -        | -     | -      | 48 s | -    | -        |
      | sign   | done by hand       | 0     | -        | -     | -      | -    | -    | -        |

      ## Checks

      | Task   | Command  | Result | Time |
      |--------|----------|--------|------|
      | schema | npm test | exit 0 | 3 s  |

      ## Not landed

      - **seed** needs an answer: Which currency?
        fix: Answer it: \`weft answer seed "…"\`.
      - **api** agent-missing: There is no program my-agent.
        fix: Install the agent or correct its command line, \`weft doctor\` tells; then \`weft restart api\`.
      - **docs** waits for api, which has failed: it cannot start unless \`weft restart api\` helps

      ## Failures

      - schema attempt 1 failed (gate-failed, tried again or asked): one test failed
      - api attempt 1 could not be launched (agent-missing): There is no program my-agent.

      ## Claims

      4 acquired, 3 released; each one is in receipt.json.
      "
    `);
  });

  test('of a run of nothing is short', () => {
    const state = play(buildState([]), [{ type: 'run.rested', outcome: 'complete' }]);
    expect(renderReceipt(documentReceipt(state, state.ms))).toMatchInlineSnapshot(`
      "# Run r1: complete

      0 of 0 landed on main.
      0 s from 2026-01-02 03:04; 0 attempts, 0 files +0 -0, work 0 s, checks 0 s.
      "
    `);
  });

  test('text from outside cannot break the table or draw on the screen', () => {
    const state = buildState([buildTask('a|b\u001b[31m\nc')]);
    play(state, [{ type: 'run.rested', outcome: 'stopped' }]);
    const text = renderReceipt(documentReceipt(state, state.ms));
    expect(text).not.toContain('\u001b');
    expect(text).toContain('a\\|b [31m c');
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    expect(new Set(rows.map((row) => row.replace(/\\\|/g, '').split('|').length)).size).toBe(1);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  });

  test('the verdict shown is the latest one', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'verifying');
    play(state, [facts.inspected(state, 'a'), facts.rejected(state, 'a', null)]);
    expect(documentReceipt(state, state.ms).tasks[0]?.verification).toMatchObject({
      passed: false,
      gates: [{ command: 'npm test', exit: null }],
    });
  });
});
