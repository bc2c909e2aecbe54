// What follows a failed attempt: again, ask, or give up.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failAttempt } from '../../../src/core/decide/judge.ts';
import type { AfterFailure } from '../../../src/core/event.ts';
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import { type Cause, type Policy, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, hash, play } from '../build.ts';

/** Fails the latest attempt for the cause, on a tree of its own; gives what follows. */
function fail(state: RunState, cause: Cause, tree = `tree ${find(state, 'a').attempts}`): AfterFailure {
  if (find(state, 'a').phase === 'waiting') bring(state, 'a', 'working');
  play(state, [facts.exited(state, 'a'), facts.inspected(state, 'a', { tree: hash(tree) })]);
  const event = failAttempt(state, find(state, 'a'), { cause, detail: `it was ${cause}` }, state.ms);
  play(state, [event]);
  if (event.type !== 'attempt.failed') throw new Error('no failure');
  return event.then;
}

/** What follows each failure in a row, until it is not tried again. */
function failOn(cause: Cause, policy: Partial<Policy> = {}): string[] {
  const state = buildState([buildTask('a', { owns: ['x/**'] })], policy);
  const seen: string[] = [];
  for (let tries = 0; tries < 30; tries += 1) {
    const then = fail(state, cause);
    seen.push(then.kind);
    if (then.kind !== 'retry') return seen;
  }
  throw new Error('it is tried for ever');
}

const retries = (count: number): string[] => Array.from({ length: count }, () => 'retry');

describe('by cause', () => {
  test.each<[Cause, string[]]>([
    ['start-failed', ['give-up']],
    ['setup-failed', [...retries(1), 'give-up']],
    ['agent-missing', ['give-up']],
    ['agent-crashed', [...retries(9), 'give-up']],
    ['agent-killed', [...retries(9), 'give-up']],
    ['out-of-memory', [...retries(1), 'ask']],
    ['agent-lost', [...retries(9), 'give-up']],
    ['turn-limit', [...retries(1), 'ask']],
    ['no-changes', [...retries(1), 'ask']],
    ['outside-claim', [...retries(1), 'give-up']],
    ['worktree-odd', [...retries(1), 'ask']],
    ['gate-failed', [...retries(9), 'ask']],
    ['gate-timeout', [...retries(1), 'ask']],
    ['conflict', ['ask']],
    ['time-budget', ['give-up']],
    ['landing-blocked', ['ask']],
    ['branch-moved', ['ask']],
    ['target-rewritten', ['ask']],
    ['internal-error', ['give-up']],
  ])('%s: %j', (cause, expected) => {
    expect(failOn(cause)).toEqual(expected);
  });

  test('the run’s own limit of attempts holds beside it, and ten in any case [F6]', () => {
    expect(failOn('gate-failed', { limits: { ...DEFAULT_LIMITS, attempts: 3 } })).toEqual([
      ...retries(2),
      'ask',
    ]);
    expect(failOn('gate-failed', { limits: { ...DEFAULT_LIMITS, attempts: 99 } })).toHaveLength(10);
  });

  test('files outside the claim: policy `ask` asks at once', () => {
    expect(failOn('outside-claim', { outside: 'ask' })).toEqual(['ask']);
  });

  test('what somebody asked is tried again at once, however often, and is not charged', () => {
    const state = buildState([buildTask('a')]);
    for (let times = 1; times <= 15; times += 1) {
      expect(fail(state, 'asked')).toEqual({ kind: 'retry', at: state.ms });
      expect(find(state, 'a').charged).toBe(0);
    }
  });
});

describe('rows of failures', () => {
  test('another cause in between begins a new row', () => {
    const state = buildState([buildTask('a')]);
    const kinds = (['no-changes', 'gate-failed', 'no-changes', 'no-changes'] as const).map(
      (cause) => fail(state, cause).kind,
    );
    expect(kinds).toEqual(['retry', 'retry', 'retry', 'ask']);
  });

  test('a stop in between does not', () => {
    const state = buildState([buildTask('a')]);
    fail(state, 'no-changes');
    bring(state, 'a', 'working');
    play(state, [{ type: 'task.paused', task: taskId('a'), agent: 'stop' }, facts.stopped(state, 'a')]);
    play(state, [{ type: 'task.unpaused', task: taskId('a') }]);
    expect(fail(state, 'no-changes').kind).toBe('ask');
  });

  test('an agent that was told and did nothing is not told again', () => {
    const state = buildState([buildTask('a')]);
    expect(fail(state, 'gate-failed', 'same').kind).toBe('retry');
    expect(fail(state, 'gate-failed', 'same').kind).toBe('ask');
  });

  test('a crash without getting on may be chance once, not twice [F6]', () => {
    const state = buildState([buildTask('a')]);
    const kinds = [1, 2, 3].map(() => fail(state, 'agent-crashed', 'same').kind);
    expect(kinds).toEqual(['retry', 'retry', 'give-up']);
  });
});

describe('waiting', () => {
  const waitsOf = (id: string): number[] => {
    const state = buildState([buildTask(id)]);
    return Array.from({ length: 9 }, (_, at) => {
      bring(state, id, 'verifying');
      play(state, [facts.inspected(state, id, { tree: hash(`tree ${at}`) })]);
      const event = failAttempt(state, find(state, id), { cause: 'agent-crashed', detail: 'x' }, state.ms);
      play(state, [event]);
      const then = event.type === 'attempt.failed' ? event.then : null;
      return then?.kind === 'retry' ? then.at - state.ms : -1;
    });
  };

  test('it doubles, between half and all of it, up to the cap [F6]', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,12}$/), (id) => {
        waitsOf(id).forEach((wait, at) => {
          const full = Math.min(1_000 * 2 ** at, 300_000);
          expect(wait).toBeGreaterThanOrEqual(full / 2);
          expect(wait).toBeLessThanOrEqual(full);
        });
      }),
      { numRuns: 50 },
    );
  });

  test('likes spread out, and the same one always waits the same', () => {
    const first = new Set(Array.from({ length: 40 }, (_, at) => waitsOf(`task-${at}`)[0]));
    expect(first.size).toBeGreaterThan(20);
    expect(waitsOf('task-1')).toEqual(waitsOf('task-1'));
  });

  test('an agent that has to act on what it is told starts at once', () => {
    const state = buildState([buildTask('a')]);
    expect(fail(state, 'gate-failed')).toEqual({ kind: 'retry', at: state.ms });
  });
});

describe('questions', () => {
  test.each<[Cause, string[]]>([
    ['conflict', ['retry', 'hold', 'give-up']],
    ['no-changes', ['accept', 'retry', 'give-up']],
    ['worktree-odd', ['retry', 'hold', 'give-up']],
    ['branch-moved', ['inspect', 'accept', 'hold', 'give-up']],
    ['target-rewritten', ['accept', 'hold', 'give-up']],
  ])('about %s offer %j', (cause, expected) => {
    const state = buildState([buildTask('a')]);
    let then = fail(state, cause);
    if (then.kind === 'retry') then = fail(state, cause);
    expect(then.kind === 'ask' ? then.question.options.map((option) => option.then) : []).toEqual(expected);
    expect(then.kind === 'ask' ? then.question : null).toMatchObject({ id: 'a/1', from: 'weft', cause });
  });

  test('work outside the claim can be taken as it is', () => {
    const state = buildState([buildTask('a', { owns: ['x/**'] })], { outside: 'ask' });
    const then = fail(state, 'outside-claim');
    expect(then.kind === 'ask' ? then.question.options[0]?.then : null).toBe('accept');
  });

  test('each question of a task has an id of its own', () => {
    const state = buildState([buildTask('a')]);
    fail(state, 'conflict');
    play(state, [{ type: 'question.answered', task: taskId('a'), id: 'a/1', text: 'go on', then: 'retry' }]);
    const then = fail(state, 'conflict');
    expect(then.kind === 'ask' ? then.question.id : null).toBe('a/2');
  });
});
