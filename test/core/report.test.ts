// What sources are told of a task in each of its phases.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { taskId } from '../../src/core/model.ts';
import { reportOf } from '../../src/core/report.ts';
import type { TaskReport } from '../../src/core/source.ts';
import { createState, type RunState } from '../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, hash, play } from './build.ts';

const A = taskId('a');
const WORKTREE = '/repo.weft/r1/a';

function run(...make: ((state: RunState) => unknown)[]): RunState {
  const state = buildState([buildTask('a')], { integrate: 'human' });
  for (const each of make) each(state);
  return state;
}

const to =
  (phase: Parameters<typeof bring>[2]) =>
  (state: RunState): RunState =>
    bring(state, 'a', phase);
const say =
  (...events: readonly Event[]) =>
  (state: RunState): RunState =>
    play(state, events);
const ask = (state: RunState): RunState =>
  play(state, [
    facts.asked(state, 'a', 'Which one?', [
      { label: 'This', then: 'retry' },
      { label: 'That', then: 'retry' },
    ]),
  ]);
const stopped = (state: RunState): RunState => play(state, [facts.stopped(state, 'a')]);
const offered = (state: RunState): RunState => play(state, [facts.offered(state, 'a')]);
const cancelled = say({ type: 'task.cancelled', task: A });
const failed = say({ type: 'task.failed', task: A, cause: 'agent-crashed', sentence: 'It crashed twice.' });
const swept = say(facts.swept('a'));

test.each<[string, RunState, Partial<TaskReport> | null]>([
  ['nobody has begun it', run(), null],
  ['it is withheld', run(say({ type: 'task.withheld', task: A, why: 'taken by ada' })), null],
  [
    'somebody was faster than its first attempt',
    run(to('spawned'), say({ type: 'task.withheld', task: A, why: 'taken by ada' })),
    null,
  ],
  ['somebody else finished it', run(say({ type: 'task.settled', task: A })), null],
  ['a human cancelled it before it began', run(cancelled), null],
  ['a human did it', run(say({ type: 'task.done', task: A })), null],
  [
    'its first attempt begins',
    run(to('spawned')),
    { phase: 'spawned', attempts: 1, agent: 'mine', branch: 'weft/r1/a/work', worktree: null, pid: null },
  ],
  ['an agent works', run(to('working')), { phase: 'working', worktree: WORKTREE, pid: 42, question: null }],
  ['it is looked at', run(to('verifying')), { phase: 'verifying', worktree: WORKTREE, pid: null }],
  ['it waits for approval', run(to('committed')), { phase: 'committed', reason: null }],
  [
    'it asks',
    run(to('working'), ask),
    {
      phase: 'working',
      question: { id: 'a/1', text: 'Which one?', options: ['This', 'That'] },
      reason: 'Which one?',
    },
  ],
  [
    'its work is a pull request',
    run(to('committed'), offered),
    { phase: 'pr_created', pull: { number: 12, url: 'https://forge/pull/12' } },
  ],
  [
    'it landed',
    run(to('merged')),
    { phase: 'merged', landed: { commit: hash('a candidate'), ref: 'main' }, worktree: WORKTREE },
  ],
  ['it landed and was cleared away', run(to('merged'), swept), { phase: 'merged', worktree: null }],
  ['it failed', run(failed), null],
  [
    'it failed after it began',
    run(to('committed'), failed),
    { phase: 'failed', reason: 'It crashed twice.', landed: null },
  ],
  [
    'a human cancels it while it is at work: it is over when the agent is',
    run(to('working'), cancelled),
    { phase: 'working', pid: 42 },
  ],
  [
    'a human cancelled it after it began',
    run(to('working'), cancelled, stopped),
    { phase: 'cancelled', reason: null },
  ],
  [
    'its source said that it is not wanted: it knows',
    run(to('working'), say({ type: 'task.cancelled', task: A, why: 'closed as not planned' }), stopped),
    null,
  ],
  [
    'it is started anew: what was there is being cleared away',
    run(to('committed'), say({ type: 'task.restarted', task: A })),
    { phase: 'waiting', worktree: null, pid: null, landed: null },
  ],
  [
    'it is started anew after its source had dropped it',
    run(
      to('working'),
      say({ type: 'task.cancelled', task: A, why: 'closed' }),
      stopped,
      say({ type: 'task.restarted', task: A }),
    ),
    { phase: 'waiting' },
  ],
])('%s', (_name, state, expected) => {
  const report = reportOf(state, find(state, 'a'));
  if (expected === null) expect(report).toBeNull();
  else expect(report).toMatchObject({ task: 'a', title: 'Title of a', run: 'r1', finished: [], ...expected });
});

test('an end that the journal has as told is told as such, and the next one is not', () => {
  const told = (end: string): ((state: RunState) => unknown) => say({ type: 'task.told', task: A, end });
  const isTold = (...make: Parameters<typeof run>): boolean | undefined => {
    const state = run(...make);
    return reportOf(state, find(state, 'a'))?.isTold;
  };
  const ended = [to('committed'), failed] as const;
  expect(isTold(...ended)).toBe(false);
  expect(isTold(...ended, told('failed/1'))).toBe(true);
  expect(isTold(...ended, told('cancelled/1'))).toBe(false);
  const anew = [...ended, told('failed/1'), say({ type: 'task.restarted', task: A }), swept] as const;
  expect(isTold(...anew, to('committed'))).toBe(false);
  expect(isTold(...anew, to('committed'), failed)).toBe(false);
});

describe('limits', () => {
  test('long texts are cut', () => {
    const long = 'x'.repeat(9_000);
    const state = run(to('working'), (s) => play(s, [facts.asked(s, 'a', long)]));
    const report = reportOf(state, find(state, 'a'));
    expect(report?.question?.text).toHaveLength(2_000);
    expect(report?.reason).toHaveLength(2_000);
  });

  test('what changed nothing did not land anywhere', () => {
    const state = run(to('queued'));
    play(state, [
      facts.built('a', { empty: true, commit: hash('target') }),
      { ...(facts.landed('a') as Extract<Event, { type: 'task.landed' }>), commit: hash('target') },
    ]);
    expect(reportOf(state, find(state, 'a'))).toMatchObject({ phase: 'merged', landed: null });
  });

  test('there is nothing to tell without a run', () => {
    const state = run(to('working'));
    expect(reportOf({ ...state, run: createState().run }, find(state, 'a'))).toBeNull();
  });
});
