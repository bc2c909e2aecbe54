// What becomes of work whose pull request is open, by what is seen of it.
import { describe, expect, test } from 'vitest';
import { judgeCommand } from '../../../src/core/decide/command.ts';
import { decide, nextDeadline } from '../../../src/core/decide/decide.ts';
import { isIdle } from '../../../src/core/decide/rest.ts';
import type { Event } from '../../../src/core/event.ts';
import { explainTask } from '../../../src/core/explain.ts';
import { type Policy, runMs, taskId } from '../../../src/core/model.ts';
import { DEFAULT_PULLS, type PullNote } from '../../../src/core/pull.ts';
import type { RunState } from '../../../src/core/state.ts';
import { viewRun } from '../../../src/core/view.ts';
import {
  bring,
  buildState,
  buildsOn,
  buildTask,
  facts,
  find,
  hash,
  play,
  sayDecisions,
  settle,
} from '../build.ts';

const TASK = taskId('a');

function begin(over: Partial<Policy> = {}): RunState {
  const state = buildState([buildTask('a')], { pullRequests: DEFAULT_PULLS, ...over });
  return bring(state, 'a', 'committed');
}

function offered(over: Partial<Policy> = {}): RunState {
  const state = begin(over);
  return play(state, [facts.offered(state, 'a')]);
}

function noted(
  note: Partial<PullNote>,
  over: {
    readonly policy?: Partial<Policy>;
    readonly more?: Partial<Extract<Event, { type: 'pull.noted' }>>;
  } = {},
): RunState {
  const state = offered(over.policy);
  return play(state, [facts.noted(state, 'a', note, over.more)]);
}

describe('verified work', () => {
  test('becomes a pull request, whoever has to approve it', () => {
    for (const integrate of ['auto', 'human'] as const)
      expect(sayDecisions(begin({ integrate }))).toEqual(['open-pull a']);
  });

  test('in which nothing changed lands without one', () => {
    const state = buildState([buildTask('a')], { pullRequests: DEFAULT_PULLS });
    bring(state, 'a', 'verifying');
    play(state, [facts.inspected(state, 'a', { files: [], fileCount: 0 })]);
    const ts = find(state, 'a');
    if (ts.attempt !== null) ts.attempt.accepted = true;
    play(state, [facts.verified(state, 'a')]);
    expect(sayDecisions(state)).toEqual(['record task.queued a']);
  });
});

describe('a pull request', () => {
  const table: readonly (readonly [what: string, note: Partial<PullNote>, expected: string])[] = [
    ['whose checks passed', {}, 'record task.queued a'],
    ['whose checks have no result yet', { waiting: ['test'] }, 'watch-pull a'],
    ['one of whose checks failed', { failing: ['test'] }, 'record attempt.failed a'],
    ['one of whose checks failed while others run', { failing: ['test'], waiting: ['lint'] }, 'watch-pull a'],
    ['that nobody has approved', { decision: 'review-required' }, 'watch-pull a'],
    ['that was closed', { state: 'closed' }, 'record task.cancelled a'],
    ['that was merged', { state: 'merged' }, 'watch-pull a'],
    ['of which the forge does not know whether it merges', { isMergeable: null }, 'watch-pull a'],
    ['that conflicts there and merges here', { isMergeable: false }, 'record task.queued a'],
    ['that a review wants changed, who was heard', { decision: 'changes-requested' }, 'watch-pull a'],
  ];
  test.each(table)('%s', (_, note, expected) => {
    expect(sayDecisions(noted(note))).toEqual([expected]);
  });

  test('with a stranger’s commits has them brought here', () => {
    expect(sayDecisions(noted({ head: hash('strange') }))).toEqual(['watch-pull a', 'adopt-push a']);
  });

  test('goes to the merge queue of the forge where there is one', () => {
    const state = offered();
    play(state, [{ type: 'forge.met', hasMergeQueue: true }, facts.noted(state, 'a')]);
    expect(sayDecisions(state)).toEqual(['watch-pull a', 'enqueue-pull a']);
    const head = find(state, 'a').pull?.head ?? hash('x');
    play(state, [{ type: 'pull.enqueued', task: TASK, head }]);
    expect(sayDecisions(state)).toEqual(['watch-pull a']);
    expect(explainTask(state, find(state, 'a'), state.ms)).toBe(
      'its pull request #12 is in the merge queue of the forge',
    );
    play(state, [facts.noted(state, 'a', { dequeued: 'FAILED_CHECKS' })]);
    // the forge may be about to show that it landed
    expect(sayDecisions(state)).toEqual(['watch-pull a']);
    settle(state, DEFAULT_PULLS.settleMs);
    expect(find(state, 'a').feedback).toEqual({
      cause: 'ci-failed',
      detail: 'The merge queue of the forge let go of it: FAILED_CHECKS.',
    });
  });

  test('waits for a word where a human integrates, and nothing else is left to wait for', () => {
    const state = noted({}, { policy: { integrate: 'human' } });
    const effects = decide(state, state.ms);
    expect(effects.map(({ kind }) => kind)).toEqual(['watch-pull']);
    expect(effects.every((effect) => effect.kind !== 'record' && isIdle(state, effect, state.ms))).toBe(true);
    expect(explainTask(state, find(state, 'a'), state.ms)).toBe(
      'its pull request #12 can be merged (1 check passed): merge it, or `weft approve a`',
    );
    play(state, [{ type: 'task.approved', task: TASK }]);
    expect(sayDecisions(state)).toEqual(['record task.queued a']);
  });

  test('of work that was given up is watched while others go on, and holds nobody', () => {
    const state = noted({});
    play(state, [{ type: 'task.failed', task: TASK, cause: 'ci-failed', sentence: 'Red for good.' }]);
    const effects = decide(state, state.ms);
    expect(effects.map(({ kind }) => kind)).toEqual(['watch-pull']);
    expect(effects.every((effect) => effect.kind !== 'record' && isIdle(state, effect, state.ms))).toBe(true);
    play(state, [{ ...facts.landed('a'), by: 'human' } as Event]);
    expect(find(state, 'a')).toMatchObject({ phase: 'merged', failure: null });
    expect(sayDecisions(state)).toEqual(['sweep-task a']);
  });

  test('that checks may still show up on is not idle, and time ends that', () => {
    const state = noted({ reported: 0 });
    expect(sayDecisions(state)).toEqual(['watch-pull a']);
    expect(nextDeadline(state, state.ms)).toBe(state.ms + DEFAULT_PULLS.settleMs);
    expect(sayDecisions(state, DEFAULT_PULLS.settleMs)).toEqual(['record task.queued a']);
  });
});

describe('failing checks', () => {
  test('go to the agent with their output, as often as the policy says, then to a human', () => {
    const state = offered();
    for (let round = 1; round <= DEFAULT_PULLS.ciRounds + 1; round += 1) {
      play(state, [facts.noted(state, 'a', { failing: ['test'] }, { excerpt: `red ${round}` })]);
      settle(state);
      const ts = find(state, 'a');
      expect(ts.feedback?.detail).toBe(`On its pull request #12, test failed.\n\nred ${round}`);
      if (round > DEFAULT_PULLS.ciRounds) {
        expect(ts.question?.cause).toBe('ci-failed');
        return;
      }
      expect(ts.question).toBeNull();
      bring(state, 'a', 'verifying');
      const tree = hash(`tree ${round}`);
      play(state, [facts.inspected(state, 'a', { head: hash(`head ${round}`), tree })]);
      play(state, [facts.verified(state, 'a')]);
      play(state, [facts.offered(state, 'a')]);
    }
  });

  test('make the pull request a draft until the work is verified again', () => {
    const state = noted({ failing: ['test'] });
    settle(state);
    expect(sayDecisions(state)).toContain('shelve-pull a');
    play(state, [{ type: 'pull.shelved', task: TASK }]);
    expect(sayDecisions(state)).not.toContain('shelve-pull a');
    bring(state, 'a', 'verifying');
    play(state, [facts.inspected(state, 'a', { head: hash('new'), tree: hash('new tree') })]);
    play(state, [facts.verified(state, 'a')]);
    expect(sayDecisions(state)).toEqual(['open-pull a']);
  });
});

describe('remarks', () => {
  const remarks = [
    { id: 7, path: 'a.ts', line: 3, author: 'ann', body: 'Why?\nReally?' },
    { id: 8, path: null, line: null, author: 'bob', body: '' },
  ];

  test('go to the agent once, as what people want, and are answered when the work is back', () => {
    const state = noted({ decision: 'changes-requested' }, { more: { remarks } });
    settle(state);
    const ts = find(state, 'a');
    expect(ts.attempt?.guidance[0]).toContain(
      '- ann on a.ts:3:\n  Why?\n  Really?\n- bob on all of it:\n  Changes are',
    );
    expect(ts.pull?.told.map(({ id }) => id)).toEqual([7, 8]);
    expect(ts.charged).toBe(1);
    bring(state, 'a', 'verifying');
    play(state, [facts.inspected(state, 'a', { head: hash('new'), tree: hash('new tree') })]);
    play(state, [facts.verified(state, 'a'), facts.offered(state, 'a', { answered: [7, 8] })]);
    play(state, [facts.noted(state, 'a', { decision: 'changes-requested' }, { remarks })]);
    expect(ts.pull?.told).toEqual([]);
    expect(sayDecisions(state)).toEqual(['watch-pull a']);
  });
});

describe('a conflict', () => {
  const conflict = { base: hash('tip'), files: ['a.ts'] };

  test('is asked about, or goes to the agent first, by policy', () => {
    const ask = noted({ isMergeable: false }, { more: { conflict } });
    settle(ask);
    expect(find(ask, 'a').question?.cause).toBe('conflict');
    const merge = { strategy: 'squash', conflicts: 'agent' } as const;
    const agent = noted({ isMergeable: false }, { more: { conflict }, policy: { merge } });
    settle(agent);
    expect(find(agent, 'a').phase).toBe('spawned');
    expect(find(agent, 'a').toMerge).toMatchObject({ files: ['a.ts'] });
  });
});

describe('a conflict at the forge alone, where people integrate', () => {
  const policy: Partial<Policy> = { integrate: 'human', pullRequests: DEFAULT_PULLS };
  const explain = (state: RunState, id = 'a'): string => explainTask(state, find(state, id), state.ms);
  const approveAll = (state: RunState): readonly string[] => {
    const judged = judgeCommand(state, { kind: 'approve', task: null });
    return judged.ok ? judged.value.events.map((event) => ('task' in event ? event.task : '')) : [];
  };

  test('has the work put onto the target once; after that a word of theirs is asked for', () => {
    const state = noted({ isMergeable: false }, { policy });
    expect(sayDecisions(state)).toEqual(['record task.queued a']);
    play(state, [facts.queued('a'), facts.built('a')]);
    expect(explain(state)).toBe('its pull request is being put onto main, so that it can be merged there');
    const head = find(state, 'a').candidate?.commit ?? hash('x');
    play(state, [facts.offered(state, 'a', { head })]);
    expect(find(state, 'a')).toMatchObject({ phase: 'pr_created', candidate: null, approved: false });
    play(state, [facts.noted(state, 'a', { isMergeable: false })]);
    expect(sayDecisions(state)).toEqual(['watch-pull a']);
    expect(explain(state)).toBe(
      'its pull request #12 does not merge there as it is, and its work merges here: `weft approve a` lands it',
    );
    expect(viewRun(state, state.ms).tasks[0]?.awaits).toBe('approval');
    expect(approveAll(state)).toEqual(['a']);
  });

  test('takes what an engine put there that was killed over it for what it is', () => {
    const state = noted({ isMergeable: false }, { policy });
    play(state, [facts.queued('a'), facts.built('a')]);
    const head = find(state, 'a').candidate?.commit ?? hash('x');
    play(state, [{ type: 'landing.stale', task: TASK, actual: hash('moved') }]);
    play(state, [facts.built('a', { base: hash('moved'), commit: hash('another') })]);
    expect(find(state, 'a').candidate?.commit).toBe(hash('another'));
    play(state, [facts.offered(state, 'a', { head })]);
    expect(find(state, 'a')).toMatchObject({ phase: 'pr_created', candidate: null });
  });

  test('waits for what it stands on, and goes on with that', () => {
    const state = buildState([buildTask('b'), buildTask('a', { edges: [buildsOn('b')] })], policy);
    for (const id of ['b', 'a']) {
      bring(state, id, 'committed');
      play(state, [facts.offered(state, id)]);
      play(state, [facts.noted(state, id, { isMergeable: id === 'b' })]);
    }
    expect(sayDecisions(state).sort()).toEqual(['watch-pull a', 'watch-pull b']);
    expect(explain(state)).toBe(
      'its pull request #12 can be merged (until then it conflicts with main) once #12 of b has landed; `weft approve a` lands it then',
    );
    expect(approveAll(state)).toEqual(['b', 'a']);
    play(state, [{ ...facts.landed('b'), by: 'human' } as Event]);
    expect(sayDecisions(state)).toEqual(['record task.queued a']);
  });

  test('keeps others out of its batch, and it stays out of theirs', () => {
    const state = buildState(
      ['a', 'b', 'c'].map((id) => buildTask(id)),
      policy,
    );
    for (const id of ['a', 'b', 'c']) {
      bring(state, id, 'committed');
      play(state, [facts.offered(state, id)]);
      play(state, [facts.noted(state, id, { isMergeable: id !== 'b' })]);
    }
    const approve = (id: string): Event => ({ type: 'task.approved', task: taskId(id) });
    play(state, [approve('a'), facts.queued('a'), facts.queued('b'), approve('c'), facts.queued('c')]);
    play(state, [facts.built('a')]);
    expect(sayDecisions(state)).toContain('build-candidate c');
    play(state, [{ type: 'task.cancelled', task: TASK }]);
    play(state, [facts.built('b')]);
    expect(sayDecisions(state)).toEqual(['record batch.closed b']);
  });
});

describe('trouble with the forge', () => {
  const trouble = (state: RunState, waitMs: number): Event =>
    ({
      ...facts.trouble(state, 'a', 'open-pull', 'Too many requests.'),
      ...({ forge: { kind: 'rate-limited', waitMs } } as const),
    }) as Event;

  test('lets all that needs the forge rest for as long as it says, and nothing else', () => {
    const state = begin();
    play(state, [trouble(state, 60_000)]);
    expect(sayDecisions(state)).toEqual([]);
    expect(nextDeadline(state, state.ms)).toBe(state.ms + 60_000);
    expect(sayDecisions(state, 59_999)).toEqual([]);
    expect(sayDecisions(state, 60_000)).toEqual(['open-pull a']);
  });

  test('lasts longer each time, is nobody’s fault, and is over with the first answer', () => {
    const state = begin();
    let wait = 0;
    const waits = [1, 2, 3].map(() => {
      play(state, [trouble(state, 0)], wait);
      wait = (nextDeadline(state, state.ms) ?? runMs(0)) - state.ms;
      return wait;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000]);
    expect(find(state, 'a').trouble).toBeNull();
    play(state, [facts.offered(state, 'a')], wait);
    expect(state.forgeTrouble).toBeNull();
  });

  test('is not waited for by a run that is to end, unless it may be over in a moment', () => {
    const ends: Event = { type: 'run.stopping', agents: 'finish' };
    const limited = play(begin(), [ends]);
    play(limited, [trouble(limited, 3_600_000)]);
    expect(nextDeadline(limited, limited.ms)).toBeNull();
    const stumbling = play(begin(), [ends]);
    let wait = 0;
    const waits = [1, 2, 3, 4].map(() => {
      play(
        stumbling,
        [{ ...trouble(stumbling, 0), forge: { kind: 'environment', waitMs: 0 } } as Event],
        wait,
      );
      const next = nextDeadline(stumbling, stumbling.ms);
      wait = next === null ? 0 : next - stumbling.ms;
      return next === null ? null : wait;
    });
    expect(waits).toEqual([1_000, 2_000, 4_000, null]);
  });
});
