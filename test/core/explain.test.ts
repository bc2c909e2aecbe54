// Why a task is where it is: every sentence once.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { ago, explainTask } from '../../src/core/explain.ts';
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import { type Phase, type Policy, runMs, type Task, taskId } from '../../src/core/model.ts';
import type { RunState } from '../../src/core/state.ts';
import { bring, buildState, buildsOn, buildTask, facts, find, play, settle } from './build.ts';

const a = taskId('a');
const MINUTE = 60_000;
const pauseIt: Event = { type: 'task.paused', task: a, agent: 'finish' };

function explain(state: RunState, id = 'a', later = 0): string {
  return explainTask(state, find(state, id), runMs(state.ms + later));
}
const begin = (over: Partial<Task> = {}, policy: Partial<Policy> = {}, ...more: Task[]): RunState =>
  buildState([buildTask('a', over), ...more], policy);

describe('waiting', () => {
  test('for its turn', () => {
    expect(explain(begin())).toMatchInlineSnapshot(`"is about to start"`);
  });

  test('for another task, and how that one stands', () => {
    const state = begin({}, { integrate: 'human' }, buildTask('b', { after: ['a'] }));
    const seen = [explain(state, 'b')];
    bring(state, 'a', 'working');
    seen.push(explain(state, 'b', 3 * MINUTE));
    play(state, [facts.asked(state, 'a'), facts.exited(state, 'a')]);
    seen.push(explain(state, 'b'));
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'x', then: 'hold' }]);
    seen.push(explain(state, 'b'));
    play(state, [{ type: 'task.unpaused', task: a }]);
    seen.push(explain(state, 'b'));
    bring(state, 'a', 'committed');
    seen.push(explain(state, 'b', MINUTE));
    play(state, [{ type: 'task.cancelled', task: a }]);
    seen.push(explain(state, 'b'));
    expect(seen).toMatchInlineSnapshot(`
      [
        "waits for a to be landed: it has not started",
        "waits for a to be landed: it is working",
        "waits for a to be landed: it needs an answer (\`weft answer a\`)",
        "waits for a to be landed: it is paused (\`weft resume a\`)",
        "waits for a to be landed: it is to be tried again",
        "waits for a to be landed: it is committed and waits for \`weft approve a\`",
        "waits for a, which is cancelled: it cannot start unless \`weft restart a\` helps",
      ]
    `);
  });

  test('for another task that waits itself, and what is at the root of it', () => {
    const below = buildTask('b', { after: ['a'] });
    const state = begin({}, {}, below, buildTask('c', { after: ['b'] }), buildTask('d', { after: ['c'] }));
    const seen = [explain(state, 'c')];
    play(state, [{ type: 'task.withheld', task: a, why: 'taken by bob' }]);
    seen.push(explain(state, 'c'), explain(state, 'd'));
    play(state, [{ type: 'task.withheld', task: a, why: null }]);
    play(state, [{ type: 'task.cancelled', task: a }]);
    seen.push(explain(state, 'c'), explain(state, 'd'));
    expect(seen).toMatchInlineSnapshot(`
      [
        "waits for b to be landed: it has not started",
        "waits for b to be landed, and that for a: it is not begun here (taken by bob)",
        "waits for c to be landed, and that for a: it is not begun here (taken by bob)",
        "waits for b to be landed, and that for a, which is cancelled: \`weft restart a\` may help both",
        "waits for c to be landed, and that for a, which is cancelled: \`weft restart a\` may help both",
      ]
    `);
  });

  test('for a task of a human’s', () => {
    const state = begin({ type: 'manual' }, {}, buildTask('b', { after: ['a'] }));
    expect([explain(state), explain(state, 'b')]).toMatchInlineSnapshot(`
      [
        "is yours to do; say \`weft done a\` when it is done",
        "waits for a to be landed: it is for a human to do (\`weft done a\`)",
      ]
    `);
  });

  test('for a claim, a lane, a slot', () => {
    const tasks = [
      buildTask('b', { owns: ['src/**'] }),
      buildTask('c', { track: 't' }),
      buildTask('g', { track: 't' }),
      buildTask('d', { agent: 'few' }),
      buildTask('e', { agent: 'few' }),
      buildTask('f'),
    ];
    const policy = {
      maxPerTrack: 1,
      maxAgents: 3,
      integrate: 'human' as const,
      agents: { mine: { kind: 'command' }, few: { kind: 'command', max: 1 } },
    };
    const state = begin({ owns: ['src/a.ts'] }, policy, ...tasks);
    settle(bring(state, 'a', 'working'));
    const seen = ['b', 'c', 'g', 'e', 'f'].map((id) => explain(state, id, 2 * MINUTE));
    bring(state, 'a', 'committed');
    seen.push(explain(state, 'b', 61 * MINUTE));
    expect(seen).toMatchInlineSnapshot(`
      [
        "waits for a: src/a.ts is in both claims; it is working",
        "its worktree is being made",
        "waits for room in track t (at most 1 at once)",
        "waits for room in agent few (at most 1 at once)",
        "waits for a free slot: 3 of 3 are taken (a, c, d)",
        "waits for a: src/a.ts is in both claims; it is committed; \`weft approve a\` lands it",
      ]
    `);
  });

  test('for a time, a human, the run', () => {
    const state = bring(begin(), 'a', 'verifying');
    settle(play(state, [facts.exited(state, 'a'), facts.inspected(state, 'a'), facts.rejected(state, 'a')]));
    play(state, [
      { type: 'attempt.start-failed', task: a, attempt: 2, cause: 'setup-failed', detail: 'npm ci failed' },
    ]);
    settle(state);
    const seen = [explain(state)];
    play(state, [{ type: 'run.paused' }]);
    seen.push(explain(state, 'a', MINUTE));
    play(state, [{ type: 'run.stopping', agents: 'finish' }]);
    seen.push(explain(state, 'a', MINUTE));
    const stopped = begin();
    play(stopped, [
      { type: 'run.stopping', agents: 'stop' },
      { type: 'run.rested', outcome: 'stopped' },
    ]);
    seen.push(explain(stopped));
    play(state, [{ type: 'task.restarted', task: a }]);
    seen.push(explain(state));
    play(state, [pauseIt]);
    seen.push(explain(state));
    expect(seen).toMatchInlineSnapshot(`
      [
        "is tried again within 2 s (attempt 2 ended: setup-failed)",
        "the run is paused; \`weft resume\` goes on",
        "the run is being stopped",
        "the run was stopped; \`weft resume\` goes on",
        "its old worktree is being cleared away",
        "is paused; \`weft resume a\` goes on",
      ]
    `);
  });

  test('for an answer', () => {
    const state = bring(begin(), 'a', 'working');
    play(state, [facts.asked(state, 'a', `Which of them?\n${'x'.repeat(500)}`), facts.exited(state, 'a')]);
    expect(explain(state)).toMatchInlineSnapshot(`"needs an answer: Which of them?"`);
  });

  test('at rest no time passes, and none is told', () => {
    const tasks = [buildTask('b', { after: ['a'] }), buildTask('c', { owns: ['x'] })];
    const state = begin({ owns: ['x'] }, { integrate: 'human' }, ...tasks);
    bring(state, 'a', 'committed');
    play(state, [{ type: 'run.rested', outcome: 'blocked' }]);
    expect([explain(state, 'b', MINUTE), explain(state, 'c', MINUTE)]).toMatchInlineSnapshot(`
      [
        "waits for a to be landed: it is committed and waits for \`weft approve a\`",
        "waits for a: x is in both claims; it is committed; \`weft approve a\` lands it",
      ]
    `);
  });

  test('a forced run waits for no claim', () => {
    const state = begin({ owns: ['x'] }, { collisionPolicy: 'force' }, buildTask('b', { owns: ['x'] }));
    expect(explain(bring(state, 'a', 'working'), 'b')).toBe('is about to start');
  });
});

describe('at work', () => {
  test('spawned and working', () => {
    const state = bring(begin(), 'a', 'spawned');
    const seen = [explain(state)];
    play(state, [facts.trouble(state, 'a', 'start-attempt', 'no space left\non the device')]);
    seen.push(explain(state));
    bring(state, 'a', 'working');
    seen.push(explain(state, 'a', 12 * MINUTE));
    play(state, [facts.asked(state, 'a', 'Tabs?')]);
    seen.push(explain(state));
    play(state, [{ type: 'task.cancelled', task: a }]);
    seen.push(explain(state));
    expect(seen).toMatchInlineSnapshot(`
      [
        "its worktree is being made",
        "its agent could not be started (no space left); tried again within 1 s",
        "at work",
        "needs an answer: Tabs?",
        "its agent is being stopped",
      ]
    `);
  });

  test('who plans, who reviews, and who is being stopped', () => {
    const state = begin({}, { phases: { plan: true, review: true } });
    const seen: string[] = [];
    const at = (phase: Phase): void => {
      seen.push(explain(bring(state, 'a', phase), 'a', MINUTE));
    };
    for (const phase of ['spawned', 'working', 'verifying'] as const) at(phase);
    play(state, [facts.planned(state, 'a')]);
    bring(state, 'a', 'verifying');
    play(state, [facts.inspected(state, 'a'), facts.verified(state, 'a')]);
    for (const phase of ['waiting', 'spawned', 'working', 'verifying'] as const) at(phase);
    expect(seen).toEqual([
      'planning is about to begin',
      'planning',
      'its plan is being read',
      'passed its gates, is to be reviewed and is about to start',
      'reviewing is about to begin',
      'reviewing',
      'its review is being read',
    ]);
    for (const phase of ['spawned', 'working'] as const) {
      const stopped = play(bring(begin(), 'a', phase), [{ type: 'task.paused', task: a, agent: 'stop' }]);
      expect(explain(stopped)).toBe('its agent is being stopped');
    }
  });

  test('a claim in the way says since when, a long question is cut', () => {
    const owns = ['x'];
    const state = bring(begin({ owns }, {}, buildTask('b', { owns })), 'a', 'working');
    expect(explain(state, 'b', 5 * MINUTE)).toBe('waits for a: x is in both claims; it is working');
    for (const [asked, shown] of [
      [' x'.padEnd(161, 'y'), 'x'.padEnd(160, 'y')],
      ['x'.padEnd(161, 'y'), `${'x'.padEnd(159, 'y')}…`],
    ] as const) {
      const asking = play(bring(begin(), 'a', 'working'), [facts.asked(state, 'a', asked)]);
      expect(explain(asking)).toBe(`needs an answer: ${shown}`);
    }
  });

  test('behind other starts and other gates', () => {
    const state = begin({}, { limits: { ...DEFAULT_LIMITS, gateSlots: 1 } }, buildTask('b'), buildTask('c'));
    for (const id of ['a', 'b', 'c']) bring(state, id, 'spawned', 1);
    const seen = ['a', 'b', 'c'].map((id) => explain(state, id));
    for (const id of ['b', 'a']) {
      bring(state, id, 'verifying', 1);
      play(state, [facts.inspected(state, id)]);
    }
    seen.push(explain(state, 'b'), explain(state, 'a'), explain(state, 'c'));
    expect(seen).toMatchInlineSnapshot(`
      [
        "its worktree is being made",
        "its worktree is made after another one",
        "its worktree is made after 2 others",
        "its gates are running on exactly its tree",
        "waits for its gates (at most 1 at once): 1 came before it",
        "its worktree is being made",
      ]
    `);
  });

  test('with a time budget', () => {
    const state = bring(begin({}, { budget: { minutes: 90, tokens: null, usd: null } }), 'a', 'working');
    expect(explain(state, 'a', 75 * MINUTE)).toMatchInlineSnapshot(
      `"at work (at most 90 min); its time ends within 15 min"`,
    );
  });

  test('verifying and verified', () => {
    const state = bring(begin({}, { integrate: 'human' }), 'a', 'verifying');
    const seen = [explain(state)];
    play(state, [facts.inspected(state, 'a')]);
    seen.push(explain(state));
    play(state, [facts.trouble(state, 'a', 'verify-attempt')]);
    seen.push(explain(state));
    play(state, [pauseIt]);
    seen.push(explain(state));
    play(state, [{ type: 'task.unpaused', task: a }]);
    bring(state, 'a', 'committed');
    seen.push(explain(state));
    play(state, [{ type: 'task.approved', task: a }]);
    seen.push(explain(state));
    play(state, [pauseIt]);
    seen.push(explain(state));
    expect(seen).toMatchInlineSnapshot(`
      [
        "its work is being looked at",
        "its gates are running on exactly its tree",
        "its gates could not be run (the disk is full); tried again within 1 s",
        "is paused; \`weft resume a\` goes on",
        "is verified and waits for \`weft approve a\`",
        "is verified and goes into the queue",
        "is paused; \`weft resume a\` goes on",
      ]
    `);
  });
});

describe('landing', () => {
  test('in the queue', () => {
    const edges = [buildsOn('a')];
    const state = begin({}, {}, buildTask('b', { edges }), buildTask('c', { priority: 4 }));
    bring(state, 'a', 'committed');
    bring(bring(state, 'b', 'queued'), 'c', 'queued');
    const seen = [explain(state, 'b')];
    bring(state, 'a', 'queued');
    seen.push(explain(state, 'a'), explain(state, 'c'));
    play(state, [facts.built('a')]);
    seen.push(explain(state, 'a'));
    play(state, [{ type: 'batch.closed', task: a }]);
    seen.push(explain(state, 'a'));
    play(state, [facts.trouble(state, 'a', 'verify-candidate')]);
    seen.push(explain(state, 'a'));
    play(state, [facts.candidateVerified('a')]);
    seen.push(explain(state, 'a'));
    play(state, [pauseIt]);
    seen.push(explain(state, 'a'));
    play(state, [{ type: 'task.failed', task: a, cause: 'internal-error', sentence: 'x' }]);
    seen.push(explain(state, 'b'));
    expect(seen).toMatchInlineSnapshot(`
      [
        "is in the queue and waits for a to land first",
        "is next to land",
        "is in the queue behind a",
        "the tree that would land is being built",
        "its gates are running on the tree that would land",
        "the gates could not be run on the tree that would land (the disk is full); tried again within 1 s",
        "is landing",
        "is paused; \`weft resume a\` goes on",
        "is in the queue behind a, which has failed: it cannot land unless \`weft restart a\` helps",
      ]
    `);
  });

  test('landed', () => {
    const state = bring(begin(), 'a', 'merged');
    const detour = begin();
    bring(detour, 'a', 'queued');
    play(detour, [
      {
        ...facts.landed('a'),
        ref: 'weft/integration',
        detour: 'main is checked out with changes',
        by: 'human',
      } as Event,
    ]);
    const manual = play(begin({ type: 'manual' }), [{ type: 'task.done', task: a }]);
    expect([explain(state), explain(detour), explain(manual)]).toMatchInlineSnapshot(`
      [
        "landed as 4802fa1d on main",
        "landed by a human as 4802fa1d on weft/integration (main is checked out with changes)",
        "was done by hand",
      ]
    `);
  });

  test('where it is from, by somebody else', () => {
    const state = begin();
    play(state, [{ type: 'task.settled', task: a }]);
    expect(explain(state)).toBe('is done, as its source says');
  });

  test('failed and cancelled', () => {
    const sentence = 'It conflicts.\nmore';
    const failed = play(begin(), [{ type: 'task.failed', task: a, cause: 'conflict', sentence }]);
    const cancelled = play(begin(), [{ type: 'task.cancelled', task: a }]);
    const rescued = play(bring(begin(), 'a', 'verifying'), [
      { type: 'task.cancelled', task: a },
      facts.swept('a', 'refs/weft/rescue/r1/a'),
    ]);
    expect([explain(failed), explain(cancelled), explain(rescued)]).toMatchInlineSnapshot(`
      [
        "conflict: It conflicts.",
        "it was cancelled",
        "it was cancelled; its work is kept at refs/weft/rescue/r1/a",
      ]
    `);
  });
});

test.each([
  [0, '0 s'],
  [-5, '0 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [59 * MINUTE, '59 min'],
  [60 * MINUTE, '1 h 0 min'],
  [1_501 * MINUTE, '25 h 1 min'],
])('%d ms is %s', (ms, expected) => {
  expect(ago(ms)).toBe(expected);
});
