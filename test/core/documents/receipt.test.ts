// The receipt as data and as text.
import { describe, expect, test } from 'vitest';
import { documentReceipt, type ReceiptDocument, renderReceipt } from '../../../src/core/documents/receipt.ts';
import type { Event } from '../../../src/core/event.ts';
import { type Cause, runMs, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, gate, hash, milestone, play } from '../build.ts';
import { tellStory } from './story.ts';

const story = tellStory();
const now = story.ms;
const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

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
            "role": "implement",
            "started_at": "2026-01-02T03:04:25.000Z",
            "survivors": [],
          },
          {
            "attempt": 2,
            "cause": null,
            "detail": "",
            "duration_ms": 20000,
            "ended_at": "2026-01-02T03:05:20.000Z",
            "role": "implement",
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

test('landed work that the target lacks is counted apart, with what brings it there', () => {
  const state = buildState([buildTask('a'), buildTask('b'), buildTask('c')]);
  for (const id of ['a', 'b', 'c']) bring(state, id, 'merged');
  const commit = hash('c candidate');
  const text = renderReceipt(
    documentReceipt(state, state.ms, {
      aside: { ref: 'weft/integration', tasks: [taskId('b')] },
      gone: [{ task: taskId('c'), commit, ref: 'main' }],
    }),
  );
  expect(text).toContain('1 of 3 landed on main, 1 on weft/integration, 1 landed and taken away again.');
  const [, section] = /## Not on main\n\n([^#]*)/.exec(text) ?? [];
  expect(section?.trim()).toMatchInlineSnapshot(`
    "- b: on weft/integration
      fix: in a clean checkout of main: \`git merge weft/integration\`
    - c landed as 71cc5f9f, but main does not contain that commit any more"
  `);
});

describe('of one task', () => {
  const id = taskId('a');
  const then = { kind: 'retry' as const, at: runMs(0) };
  const failed = (attempt: number, cause: Cause): Event => {
    return { type: 'attempt.failed', task: id, attempt, cause, detail: 'x', then };
  };
  const over = (cause: Cause): Event => ({ type: 'task.failed', task: id, cause, sentence: 'It is over.' });
  const receiptOf = (state: RunState): ReceiptDocument => documentReceipt(state, state.ms);
  const verdictOf = (state: RunState): readonly unknown[] => {
    const [task] = receiptOf(state).tasks;
    return [task?.verification.passed, task?.verification.tree, task?.checkpoint_sha ?? null];
  };

  test('the verdict is on what landed, else on what would land, else on its own tree', () => {
    const state = buildState([buildTask('a')]);
    expect(verdictOf(state)).toEqual([null, null, null]);
    bring(state, 'a', 'verifying');
    play(state, [facts.inspected(state, 'a')]);
    expect(verdictOf(state)).toEqual([null, null, null]);
    play(state, [facts.verified(state, 'a')]);
    expect(verdictOf(state)).toEqual([true, hash('a tree'), hash('a head')]);
    bring(state, 'a', 'queued');
    play(state, [facts.built('a')]);
    const rejected = { commit: hash('a candidate'), tree: hash('a candidate tree'), excerpt: 'x' };
    play(state, [{ type: 'candidate.rejected', task: id, ...rejected, gates: [gate('npm test', 1, 7_000)] }]);
    expect(verdictOf(state)).toEqual([false, hash('a candidate tree'), hash('a head')]);
    expect(receiptOf(state).summary.verification_ms).toBe(7_000);
  });

  test.each<[string, readonly Cause[], Cause | null, string]>([
    ['none', [], null, ''],
    ['one that was tried again', ['agent-lost'], null, 'agent-lost 1'],
    ['an answer and a stop are none', ['asked', 'stopped', 'changes-requested'], null, ''],
    [
      'the last one ends it',
      ['setup-failed', 'gate-failed'],
      'gate-failed',
      'setup-failed 1 launch, gate-failed 2 final',
    ],
    ['what ended it was no attempt', ['asked'], 'start-failed', 'start-failed 1 launch final'],
  ])('failures: %s', (_name, causes, end, expected) => {
    const state = buildState([buildTask('a')]);
    causes.forEach((cause, at) => {
      bring(state, 'a', 'working');
      play(state, [failed(at + 1, cause)]);
    });
    if (end !== null) play(state, [over(end)]);
    const said = receiptOf(state).failures.map(({ cause, attempt, launch, final }) =>
      [cause, attempt, ...(launch ? ['launch'] : []), ...(final ? ['final'] : [])].join(' '),
    );
    expect(said.join(', ')).toBe(expected);
  });

  test('the part that people had in it', () => {
    const state = bring(buildState([buildTask('a'), buildTask('m', { type: 'manual' })]), 'a', 'working');
    const said = (): readonly unknown[] => receiptOf(state).tasks.map((task) => task.intervention?.reason);
    expect(said()).toEqual([undefined, undefined]);
    play(state, [facts.asked(state, 'a'), facts.exited(state, 'a')]);
    expect(said()[0]).toBe('one question, the last one is open');
    play(state, [{ type: 'question.answered', task: id, id: 'a/1', text: 'So.', then: 'retry' }]);
    play(bring(state, 'a', 'working'), [facts.asked(state, 'a'), facts.exited(state, 'a')]);
    play(state, [{ type: 'question.answered', task: id, id: 'a/1', text: 'So.', then: 'retry' }]);
    play(state, [{ type: 'task.done', task: taskId('m') }]);
    expect(said()).toEqual(['2 questions, answered', 'done by hand']);
  });

  test('one stop reason of several tasks is counted once, the most frequent first', () => {
    const state = buildState([buildTask('a'), buildTask('b'), buildTask('c')]);
    for (const [name, cause] of [
      ['a', 'gate-failed'],
      ['b', 'agent-lost'],
      ['c', 'agent-lost'],
    ] as const) {
      play(state, [{ type: 'task.failed', task: taskId(name), cause, sentence: 'x' }]);
    }
    const reasons = receiptOf(state).top_stop_reasons;
    expect(reasons.map(({ reason, count, tasks }) => [reason, count, tasks.join(' ')])).toEqual([
      ['stalled_timeout', 2, 'b c'],
      ['verification_failed_max_retries', 1, 'a'],
    ]);
    expect(reasons.map(({ suggested_fix: fix }) => /weft \w+ (\w+)/.exec(fix)?.[1])).toEqual(['TASK', 'a']);
  });

  test('a plan that was done counts its milestones', () => {
    const state = buildState([buildTask('a'), buildTask('b')], { phases: { plan: true, review: false } });
    bring(state, 'a', 'verifying');
    play(state, [facts.planned(state, 'a', { milestones: [milestone(), milestone()] })]);
    expect(receiptOf(state).tasks[0]?.milestones_completed).toBe(0);
    bring(state, 'a', 'merged');
    expect(receiptOf(state).tasks.map((task) => task.milestones_completed)).toEqual([2, 0]);
  });
});
