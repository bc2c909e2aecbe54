// The picture that surfaces show, and the one best next command.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { taskId } from '../../src/core/model.ts';
import type { RunState } from '../../src/core/state.ts';
import { nextCommand, viewRun } from '../../src/core/view.ts';
import { bring, buildState, buildTask, facts, play } from './build.ts';

const a = taskId('a');
const view = (state: RunState): ReturnType<typeof viewRun> => viewRun(state, state.ms);

describe('view', () => {
  test('of a run in the middle', () => {
    const state = buildState([
      buildTask('a', { track: 't', owns: ['x/**'] }),
      buildTask('b', { after: ['a'] }),
    ]);
    bring(state, 'a', 'working', 1_000);
    play(state, [facts.asked(state, 'a', 'Tabs?', [{ label: 'Yes.', then: 'retry' }])], 5_000);
    expect(view(state)).toMatchInlineSnapshot(`
      {
        "counts": {
          "waiting": 1,
          "working": 1,
        },
        "integrate": "auto",
        "maxAgents": 4,
        "run": "r1",
        "schemaVersion": 1,
        "startedAt": "2026-01-02T03:04:05.000Z",
        "state": "running",
        "target": "main",
        "tasks": [
          {
            "added": 0,
            "agent": "mine",
            "attempts": 1,
            "branch": "weft/r1/a/work",
            "deleted": 0,
            "dependsOn": [],
            "endedAt": null,
            "files": 0,
            "id": "a",
            "owns": [
              "x/**",
            ],
            "paused": false,
            "phase": "working",
            "question": {
              "askedAt": "2026-01-02T03:04:12.000Z",
              "files": [],
              "from": "agent",
              "id": "a/1",
              "options": [
                {
                  "label": "Yes.",
                  "then": "retry",
                },
              ],
              "text": "Tabs?",
            },
            "reason": "needs an answer: Tabs?",
            "startedAt": "2026-01-02T03:04:06.000Z",
            "title": "Title of a",
            "track": "t",
            "worktree": "/repo.weft/r1/a",
          },
          {
            "added": 0,
            "agent": "mine",
            "attempts": 0,
            "branch": null,
            "deleted": 0,
            "dependsOn": [
              "a",
            ],
            "endedAt": null,
            "files": 0,
            "id": "b",
            "owns": null,
            "paused": false,
            "phase": "waiting",
            "reason": "waits for a to be landed: it is working for 5 s",
            "startedAt": null,
            "title": "Title of b",
            "track": null,
            "worktree": null,
          },
        ],
        "updatedAt": "2026-01-02T03:04:12.000Z",
      }
    `);
  });

  test('what landed has a commit and a ref; a removed worktree is not shown', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'merged', 1_000);
    expect(view(state).tasks[0]?.worktree).toBe('/repo.weft/r1/a');
    play(state, [facts.swept('a')]);
    const [task] = view(state).tasks;
    expect(task).toMatchObject({ phase: 'merged', worktree: null, landedOn: 'main', files: 1, added: 10 });
    expect(task?.landed).toMatch(/^[0-9a-f]{40}$/);
    expect(task?.endedAt).toBe('2026-01-02T03:04:14.000Z');
  });

  test('a final task shows no question', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'working');
    play(state, [facts.asked(state, 'a'), { type: 'task.failed', task: a, cause: 'asked', sentence: 'x' }]);
    expect(view(state).tasks[0]?.question).toBeUndefined();
  });

  test('survives JSON unchanged', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'verifying');
    expect(JSON.parse(JSON.stringify(view(state)))).toEqual(view(state));
  });
});

describe('next command', () => {
  const failed: Event = { type: 'task.failed', task: a, cause: 'agent-crashed', sentence: 'It crashed.' };
  test.each<[string, (state: RunState) => unknown, string | null]>([
    [
      'an open question with options',
      (state) =>
        play(bring(state, 'a', 'working'), [
          facts.asked(state, 'a', 'Tabs?', [{ label: 'Yes.', then: 'retry' }]),
        ]),
      'weft answer a 1',
    ],
    [
      'an open question without',
      (state) => play(bring(state, 'a', 'working'), [facts.asked(state, 'a')]),
      'weft answer a "…"',
    ],
    ['verified work', (state) => bring(state, 'a', 'committed'), 'weft approve --all'],
    ['a run that goes on', (state) => bring(state, 'a', 'working'), 'weft status --watch'],
    [
      'a failure',
      (state) => play(state, [failed, { type: 'run.rested', outcome: 'failed' }]),
      'weft restart a',
    ],
    [
      'a complete run',
      (state) => play(bring(state, 'a', 'merged'), [{ type: 'run.rested', outcome: 'complete' }]),
      'weft receipt',
    ],
    ['a stopped run', (state) => play(state, [{ type: 'run.rested', outcome: 'stopped' }]), 'weft resume'],
  ])('%s', (_name, happen, expected) => {
    const state = buildState([buildTask('a')], { integrate: 'human' });
    happen(state);
    expect(nextCommand(view(state))?.command ?? null).toBe(expected);
  });
});
