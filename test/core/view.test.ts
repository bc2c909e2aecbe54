// The picture that surfaces show, and the one best next command.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { taskId } from '../../src/core/model.ts';
import { addPending } from '../../src/core/pending.ts';
import type { RunState } from '../../src/core/state.ts';
import { nextCommand, viewRun } from '../../src/core/view.ts';
import { bring, buildState, buildTask, facts, hash, play, question, settle } from './build.ts';

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
            "activity": "implementing",
            "added": 0,
            "agent": "mine",
            "attempts": 1,
            "awaits": "answer",
            "branch": "weft/r1/a/work",
            "deleted": 0,
            "dependsOn": [],
            "doneBy": "agent",
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
              "cause": "asked",
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
            "doneBy": "agent",
            "endedAt": null,
            "files": 0,
            "id": "b",
            "owns": null,
            "paused": false,
            "phase": "waiting",
            "reason": "waits for a to be landed: it is working",
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

  test('what weft offers names the task, what an agent offers stays as it is', () => {
    const options = [{ label: 'I do it, then `weft done TASK`.', then: 'hold' as const }];
    const labels = (['weft', 'agent'] as const).map((from) => {
      const state = bring(buildState([buildTask('a')]), 'a', 'working');
      const asked = { ...question('a', 'Well?', options), from };
      play(state, [{ type: 'question.asked', task: a, attempt: 1, question: asked }]);
      return view(state).tasks[0]?.question?.options[0]?.label;
    });
    expect(labels).toEqual(['I do it, then `weft done a`.', 'I do it, then `weft done TASK`.']);
  });

  test('an attempt that ended without success is shown until the task lands, with the end of its output', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'verifying');
    const output = Array.from({ length: 40 }, (_, at) => `line ${at}`).join('\n');
    play(state, [facts.inspected(state, 'a'), facts.rejected(state, 'a', 1, `npm test failed\n${output}`)]);
    settle(state);
    const { ended } = view(state).tasks[0] ?? {};
    expect(ended).toMatchObject({ attempt: 1, cause: 'gate-failed' });
    const lines = ended?.detail.split('\n') ?? [];
    expect([lines.length, lines[0], lines[1], lines[2], lines.at(-1)]).toEqual([
      14,
      'npm test failed',
      '…',
      'line 28',
      'line 39',
    ]);
    expect(view(bring(state, 'a', 'merged')).tasks[0]?.ended).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ['one line', ' It crashed. \n', 'It crashed.'],
    ['a long line', 'x'.repeat(501), 'x'.repeat(500)],
    ['twelve lines below', `x${'\ny'.repeat(12)}`, `x${'\ny'.repeat(12)}`],
    ['thirteen lines below', `x${'\ny'.repeat(13)}`, `x\n…${'\ny'.repeat(12)}`],
    ['long lines below', `x\n${'y'.repeat(3_000)}`, `x\n${'y'.repeat(1_996)}`],
  ])('what came of an attempt, in short: %s', (_name, detail, expected) => {
    const state = bring(buildState([buildTask('a')]), 'a', 'working');
    const then = { kind: 'retry' as const, at: state.ms };
    play(state, [{ type: 'attempt.failed', task: a, attempt: 1, cause: 'agent-crashed', detail, then }]);
    expect(view(state).tasks[0]?.ended?.detail).toBe(expected);
  });

  test('who does a task, what is awaited of whom, and where it is kept', () => {
    const tasks = [buildTask('a', { run: 'make' }), buildTask('b', { type: 'manual' }), buildTask('c')];
    const state = bring(buildState(tasks, { integrate: 'human' }), 'c', 'committed');
    const said = (): readonly unknown[] =>
      view(state).tasks.map(({ doneBy, awaits }) => `${doneBy} ${awaits ?? '-'}`);
    expect(said()).toEqual(['command -', 'human work', 'agent approval']);
    for (const id of ['b', 'c']) play(state, [{ type: 'task.paused', task: taskId(id), agent: 'finish' }]);
    expect(said()).toEqual(['command -', 'human -', 'agent -']);
    bring(state, 'a', 'merged');
    play(state, [{ type: 'task.swept', task: a, rescue: null, kept: '/kept' }]);
    expect(view(state).tasks[0]?.worktree).toBe('/repo.weft/r1/a');
  });

  test('what a human did by hand has no commit', () => {
    const state = play(buildState([buildTask('a', { type: 'manual' })]), [{ type: 'task.done', task: a }]);
    const [task] = view(state).tasks;
    expect([task?.phase, task?.doneBy, task?.landed, task?.reason]).toEqual([
      'merged',
      'human',
      undefined,
      'was done by hand',
    ]);
  });

  test('survives JSON unchanged', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'verifying');
    expect(JSON.parse(JSON.stringify(view(state)))).toEqual(view(state));
  });
});

describe('next command', () => {
  const failed: Event = { type: 'task.failed', task: a, cause: 'agent-crashed', sentence: 'It crashed.' };
  const of = { head: hash('c'), path: 'a.ts', line: 1, to: 1, quote: '', text: 'x' };
  const commented: Event = { type: 'comment.given', task: a, comment: of };
  test.each<[string, (state: RunState) => unknown, string]>([
    [
      'an open question with options',
      (state) =>
        play(bring(state, 'a', 'working'), [
          facts.asked(state, 'a', 'Tabs?', [{ label: 'Yes.', then: 'retry' }]),
        ]),
      'weft answer a 1: a asks: Tabs?',
    ],
    [
      'an open question without',
      (state) => play(bring(state, 'a', 'working'), [facts.asked(state, 'a')]),
      'weft answer a "…": a asks: Which one?',
    ],
    [
      'verified work',
      (state) => bring(state, 'a', 'committed'),
      'weft approve a: a is verified and not landed yet',
    ],
    [
      'verified work of several tasks',
      (state) => bring(bring(state, 'a', 'committed'), 'b', 'committed'),
      'weft approve --all: 2 verified and not landed yet',
    ],
    [
      'approved work at rest',
      (state) =>
        play(bring(state, 'a', 'committed'), [
          { type: 'task.approved', task: a },
          { type: 'run.rested', outcome: 'stopped' },
        ]),
      'weft resume: the run is stopped',
    ],
    [
      'verified work that somebody commented on',
      (state) => play(bring(state, 'a', 'committed'), [commented]),
      'weft reject a: sends it back with 1 comment',
    ],
    [
      'verified work beside work that somebody commented on',
      (state) => play(bring(bring(state, 'a', 'committed'), 'b', 'committed'), [commented]),
      'weft approve b: b is verified and not landed yet',
    ],
    [
      'a paused task',
      (state) =>
        play(state, [
          { type: 'task.paused', task: a, agent: 'finish' },
          { type: 'run.rested', outcome: 'blocked' },
        ]),
      'weft resume a: a is paused',
    ],
    [
      'a paused task while nothing else moves',
      (state) => play(state, [{ type: 'task.paused', task: a, agent: 'finish' }]),
      'weft resume a: a is paused',
    ],
    [
      'a paused task while another one works',
      (state) => play(bring(state, 'b', 'working'), [{ type: 'task.paused', task: a, agent: 'finish' }]),
      'weft status --watch: the run is going on',
    ],
    [
      'a run that goes on',
      (state) => bring(state, 'a', 'working'),
      'weft status --watch: the run is going on',
    ],
    [
      'a failure',
      (state) => play(state, [failed, { type: 'run.rested', outcome: 'failed' }]),
      'weft restart a: a failed: agent-crashed: It crashed.',
    ],
    [
      'a complete run',
      (state) =>
        play(bring(bring(state, 'a', 'merged'), 'b', 'merged'), [
          { type: 'run.rested', outcome: 'complete' },
        ]),
      'weft receipt: everything landed',
    ],
    [
      'a complete run with a cancelled task',
      (state) =>
        play(bring(state, 'a', 'merged'), [
          { type: 'task.cancelled', task: taskId('b') },
          { type: 'run.rested', outcome: 'complete' },
        ]),
      'weft receipt: everything landed but 1 cancelled',
    ],
    [
      'a stopped run',
      (state) => play(state, [{ type: 'run.rested', outcome: 'stopped' }]),
      'weft resume: the run is stopped',
    ],
  ])('%s', (_name, happen, expected) => {
    const state = buildState([buildTask('a'), buildTask('b')], { integrate: 'human' });
    happen(state);
    const { command, reason } = nextCommand(view(state)) ?? {};
    expect(`${command}: ${reason}`).toBe(expected);
  });

  const rest = (state: RunState, outcome: 'blocked' | 'complete'): RunState =>
    play(state, [{ type: 'run.rested', outcome }]);

  test('a hybrid task is approved by name where the others land by themselves', () => {
    const state = bring(buildState([buildTask('a', { type: 'hybrid' })]), 'a', 'committed');
    expect(nextCommand(view(rest(state, 'blocked')))?.command).toBe('weft approve a');
  });

  test('a manual task is done by hand, once nothing is before it', () => {
    const state = buildState([buildTask('a', { type: 'manual', after: ['b'] }), buildTask('b')]);
    expect(nextCommand(view(state))?.command).toBe('weft status --watch');
    bring(state, 'b', 'merged');
    expect(nextCommand(view(rest(state, 'blocked')))).toEqual({
      command: 'weft done a',
      reason: 'when you have done a: it is yours to do',
    });
  });

  test('work that landed beside the target is to be merged', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'queued');
    play(state, [{ ...facts.landed('a'), ref: 'weft/integration', detour: 'x' } as Event]);
    const { command, reason } = nextCommand(view(rest(state, 'complete'))) ?? {};
    expect([command, reason]).toEqual([
      'git merge weft/integration',
      'in a clean checkout of main: main lacks what landed on weft/integration',
    ]);
  });

  test('an agent that says nothing is looked at, and so is what is kept back', () => {
    const going = view(bring(buildState([buildTask('a')]), 'a', 'working'));
    const quiet = { ...going, tasks: going.tasks.map((task) => ({ ...task, quietMs: 120_000 })) };
    expect(nextCommand(quiet)).toEqual({ command: 'weft explain a', reason: 'a has been quiet for 2 min' });
    const held = buildState([buildTask('a')]);
    play(held, [{ type: 'task.withheld', task: a, why: 'taken by bob' }]);
    expect(nextCommand(view(rest(held, 'blocked')))).toEqual({
      command: 'weft explain a',
      reason: 'a is not begun: taken by bob',
    });
  });

  test('commands that wait for an engine go first', () => {
    const state = bring(buildState([buildTask('a')], { integrate: 'human' }), 'a', 'committed');
    const pending = addPending(view(rest(state, 'blocked')), [{ kind: 'approve', task: 'a' }]);
    expect(nextCommand(pending)).toEqual({ command: 'weft resume', reason: '1 command waits for an engine' });
    expect(nextCommand({ ...pending, pending: 2 })?.reason).toBe('2 commands wait for an engine');
    expect(nextCommand({ ...pending, state: 'running' })?.command).toBe('weft status --watch');
  });

  test('a run that broke off goes on, and one whose work was taken away says so', () => {
    const state = rest(bring(buildState([buildTask('a')]), 'a', 'merged'), 'complete');
    const broken = { ...view(state), state: 'interrupted' as const };
    expect(nextCommand(broken)).toEqual({ command: 'weft resume', reason: 'it goes on where it was' });
    const gone = [{ task: a, commit: hash('x'), ref: 'main' }];
    const taken = viewRun(state, state.ms, { aside: null, gone });
    expect(taken.gone).toEqual(gone);
    expect(nextCommand(taken)?.reason).toBe('not all that landed is still there');
  });
});
