// Every move of the lifecycle's table, shown once.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/core/event.ts';
import { MOVES } from '../../../src/core/lifecycle.ts';
import { type Phase, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, hash, play } from '../build.ts';
import {
  answered,
  cancelled,
  done,
  failed,
  gaveUp,
  guided,
  moved,
  restarted,
  stopIt,
  verifying,
} from './words.ts';

const asking = (state: RunState): RunState => {
  verifying(state);
  return play(state, [facts.inspected(state, 'a'), failed(state, 'ask', 'no-changes')]);
};
/** With a planner and a reviewer. */
const phased = (state: RunState): RunState => {
  state.policy = { ...state.policy, phases: { plan: true, review: true } };
  return state;
};
const planning = (state: RunState): RunState => verifying(phased(state));
const unreviewed = (state: RunState): RunState => {
  play(verifying(state), [facts.inspected(state, 'a')]);
  state.policy = { ...state.policy, phases: { plan: false, review: true } };
  return state;
};
const unreviewedWork = (state: RunState): RunState => play(unreviewed(state), [facts.verified(state, 'a')]);
const reviewing = (state: RunState): RunState => bring(unreviewedWork(state), 'a', 'verifying');
const offered = (state: RunState): RunState =>
  play(bring(state, 'a', 'committed'), [facts.offered(state, 'a')]);
const stopping = (state: RunState, event: Event): RunState => play(state, [event]);

/** Brings a fresh task to `from`, then gives the last fact, which has to make the move. */
const TABLE: readonly (readonly [Phase, Phase, (state: RunState) => unknown, (state: RunState) => Event])[] =
  [
    ['waiting', 'spawned', () => 0, (state) => facts.spawned(state, 'a')],
    [
      'spawned',
      'waiting',
      (state) => bring(state, 'a', 'spawned'),
      () => ({ type: 'task.withheld', task: taskId('a'), why: 'taken by ada' }),
    ],
    ['waiting', 'merged', () => 0, () => ({ type: 'task.settled', task: taskId('a') })],
    ['spawned', 'working', (state) => bring(state, 'a', 'spawned'), (state) => facts.started(state, 'a')],
    ['working', 'verifying', (state) => bring(state, 'a', 'working'), (state) => facts.exited(state, 'a')],
    [
      'verifying',
      'committed',
      (state) => play(verifying(state), [facts.inspected(state, 'a')]),
      (state) => facts.verified(state, 'a'),
    ],
    ['verifying', 'waiting', planning, (state) => facts.planned(state, 'a')],
    ['verifying', 'waiting', unreviewed, (state) => facts.verified(state, 'a')],
    ['verifying', 'committed', reviewing, (state) => facts.reviewed(state, 'a')],
    [
      'waiting',
      'committed',
      (state) =>
        play(reviewing(state), [
          facts.reviewed(state, 'a', 'reject'),
          failed(state, 'ask', 'review-rejected'),
        ]),
      () => answered('accept'),
    ],
    ['committed', 'queued', (state) => bring(state, 'a', 'committed'), () => facts.queued('a')],
    ['queued', 'merged', (state) => bring(state, 'a', 'queued'), () => facts.landed('a')],
    ['committed', 'merged', (state) => bring(state, 'a', 'committed'), () => facts.landed('a')],
    ['waiting', 'merged', (state) => play(bring(state, 'a', 'queued'), [guided]), () => facts.landed('a')],
    [
      'spawned',
      'waiting',
      (state) => bring(state, 'a', 'spawned'),
      (state) => failed(state, 'retry', 'start-failed'),
    ],
    [
      'spawned',
      'waiting',
      (state) => stopping(bring(state, 'a', 'spawned'), stopIt),
      (state) => facts.stopped(state, 'a'),
    ],
    [
      'working',
      'waiting',
      (state) => play(bring(state, 'a', 'working'), [facts.asked(state, 'a')]),
      (state) => facts.exited(state, 'a'),
    ],
    [
      'working',
      'waiting',
      (state) => stopping(bring(state, 'a', 'working'), stopIt),
      (state) => facts.stopped(state, 'a'),
    ],
    [
      'working',
      'waiting',
      (state) => bring(unreviewedWork(state), 'a', 'working'),
      (state) => failed(state, 'ask', 'time-budget'),
    ],
    ['verifying', 'waiting', verifying, (state) => failed(state, 'retry')],
    ['verifying', 'waiting', verifying, () => restarted],
    ['committed', 'waiting', (state) => bring(state, 'a', 'committed'), () => guided],
    ['committed', 'waiting', (state) => bring(state, 'a', 'committed'), () => restarted],
    [
      'queued',
      'waiting',
      (state) => bring(state, 'a', 'queued'),
      (state) => failed(state, 'ask', 'conflict'),
    ],
    ['queued', 'waiting', (state) => bring(state, 'a', 'queued'), () => guided],
    ['queued', 'waiting', (state) => bring(state, 'a', 'queued'), () => restarted],
    ['waiting', 'verifying', asking, () => answered('accept')],
    ['waiting', 'verifying', asking, () => done],
    ['waiting', 'verifying', asking, () => answered('inspect')],
    ['queued', 'verifying', (state) => bring(state, 'a', 'queued'), () => moved('ahead')],
    ['waiting', 'failed', asking, () => answered('give-up')],
    ['waiting', 'failed', () => 0, () => gaveUp],
    [
      'spawned',
      'failed',
      (state) => bring(state, 'a', 'spawned'),
      (state) => failed(state, 'give-up', 'agent-missing'),
    ],
    ['spawned', 'failed', (state) => bring(state, 'a', 'spawned'), () => gaveUp],
    [
      'working',
      'failed',
      (state) => bring(state, 'a', 'working'),
      (state) => failed(state, 'give-up', 'time-budget'),
    ],
    [
      'working',
      'failed',
      (state) => play(bring(state, 'a', 'working'), [facts.asked(state, 'a'), answered('give-up')]),
      (state) => facts.stopped(state, 'a'),
    ],
    ['working', 'failed', (state) => bring(state, 'a', 'working'), () => gaveUp],
    ['verifying', 'failed', verifying, (state) => failed(state, 'give-up')],
    ['verifying', 'failed', verifying, () => gaveUp],
    [
      'queued',
      'failed',
      (state) => bring(state, 'a', 'queued'),
      (state) => failed(state, 'give-up', 'internal-error'),
    ],
    ['queued', 'failed', (state) => bring(state, 'a', 'queued'), () => gaveUp],
    ['waiting', 'cancelled', () => 0, () => cancelled],
    [
      'spawned',
      'cancelled',
      (state) => stopping(bring(state, 'a', 'spawned'), cancelled),
      (state) => facts.stopped(state, 'a'),
    ],
    [
      'working',
      'cancelled',
      (state) => stopping(bring(state, 'a', 'working'), cancelled),
      (state) => facts.stopped(state, 'a'),
    ],
    ['verifying', 'cancelled', verifying, () => cancelled],
    ['committed', 'cancelled', (state) => bring(state, 'a', 'committed'), () => cancelled],
    ['queued', 'cancelled', (state) => bring(state, 'a', 'queued'), () => cancelled],
    [
      'committed',
      'pr_created',
      (state) => bring(state, 'a', 'committed'),
      (state) => facts.offered(state, 'a'),
    ],
    ['pr_created', 'queued', offered, () => facts.queued('a')],
    [
      'pr_created',
      'queued',
      offered,
      (state) => ({
        type: 'pull.enqueued',
        task: taskId('a'),
        head: find(state, 'a').pull?.head ?? hash('x'),
      }),
    ],
    ['pr_created', 'merged', offered, () => facts.landed('a')],
    ['pr_created', 'waiting', offered, (state) => failed(state, 'retry', 'ci-failed')],
    ['pr_created', 'waiting', offered, () => guided],
    ['pr_created', 'waiting', offered, () => restarted],
    [
      'queued',
      'pr_created',
      (state) => play(offered(state), [facts.queued('a'), facts.built('a')]),
      (state) => facts.offered(state, 'a', { head: hash('a candidate') }),
    ],
    [
      'committed',
      'waiting',
      (state) => bring(state, 'a', 'committed'),
      (state) => failed(state, 'ask', 'branch-moved'),
    ],
    ['committed', 'verifying', (state) => bring(state, 'a', 'committed'), () => moved('ahead')],
    ['pr_created', 'verifying', offered, () => moved('ahead')],
    ['pr_created', 'failed', offered, (state) => failed(state, 'give-up', 'ci-failed')],
    ['pr_created', 'failed', offered, () => gaveUp],
    ['pr_created', 'cancelled', offered, () => cancelled],
    ['failed', 'merged', (state) => play(offered(state), [gaveUp]), () => facts.landed('a')],
    ['failed', 'waiting', (state) => play(state, [gaveUp]), () => restarted],
    ['cancelled', 'waiting', (state) => play(state, [cancelled]), () => restarted],
  ];

describe('moves', () => {
  const begin = (): RunState => buildState([buildTask('a', { owns: ['x/**'] })]);

  test.each(TABLE.map(([from, to, prepare, last]) => ({ from, to, prepare, last })))(
    '$from → $to',
    ({ from, to, prepare, last }) => {
      const state = begin();
      prepare(state);
      expect(find(state, 'a').phase).toBe(from);
      play(state, [last(state)], 70);
      const ts = find(state, 'a');
      expect(ts.phase).toBe(to);
      expect(ts.phaseAt).toBe(state.ms);
      expect(ts.endedAt).toBe(['merged', 'failed', 'cancelled'].includes(to) ? state.ms : null);
      expect(ts.holdsClaim).toBe(ts.endedAt === null && !ts.wipe && ts.withheld === null && ts.attempts > 0);
    },
  );

  test('the table above shows every move of the lifecycle', () => {
    const shown = TABLE.map(([from, to, prepare, last]) => {
      const state = begin();
      prepare(state);
      return `${from} ${to} ${last(state).type}`;
    });
    const manual = 'waiting merged task.done';
    const all = MOVES.flatMap((row) => row.on.map((on) => `${row.from} ${row.to} ${on}`));
    expect(new Set([...shown, manual])).toEqual(new Set(all));
  });

  test('a human’s own task is done by a word', () => {
    const state = play(buildState([buildTask('a', { type: 'manual' })]), [done]);
    expect(find(state, 'a')).toMatchObject({ phase: 'merged', landed: { by: 'human' }, swept: {} });
  });
});
