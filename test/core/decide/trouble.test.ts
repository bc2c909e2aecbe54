// A task with a planner and a reviewer: who has the next attempt, and what follows each answer.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/core/event.ts';
import { NO_GATES, type Policy, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { viewRun } from '../../../src/core/view.ts';
import {
  bring,
  buildState,
  buildTask,
  decideAfter,
  facts,
  find,
  milestone,
  play,
  sayDecisions,
  settle,
} from '../build.ts';

const a = taskId('a');
const PHASES: Partial<Policy> = {
  phases: { plan: 'planner', review: 'critic' },
  agents: { mine: { kind: 'command' }, planner: { kind: 'command' }, critic: { kind: 'command', max: 1 } },
};
const begin = (policy: Partial<Policy> = {}): RunState =>
  buildState([buildTask('a', { owns: ['src/**'] })], { ...PHASES, ...policy });

/** Lets the attempt under way end well, and records what follows. */
function end(state: RunState, make: (state: RunState) => Event): RunState {
  settle(state);
  bring(state, 'a', 'verifying');
  play(state, [make(state)]);
  settle(state);
  return state;
}
const plan = (state: RunState): RunState => end(state, (now) => facts.planned(now, 'a'));
const work = (state: RunState): RunState => {
  end(state, (now) => facts.inspected(now, 'a'));
  play(state, [facts.verified(state, 'a')]);
  settle(state);
  return state;
};
const review = (
  state: RunState,
  status: 'approve' | 'request_changes' | 'reject',
  changes?: readonly string[],
): RunState => end(state, (now) => facts.reviewed(now, 'a', status, changes));
const attempt = (state: RunState): readonly unknown[] => {
  const { role, agent, n } = find(state, 'a').attempt ?? {};
  return [n, role, agent];
};
const explain = (state: RunState): unknown => {
  const [task] = viewRun(state, state.ms).tasks;
  return [task?.phase, task?.activity, task?.reason];
};

describe('the way of a task', () => {
  test('is planned, done, verified, reviewed, and only then queued', () => {
    const state = begin();
    settle(state);
    expect(attempt(state)).toEqual([1, 'plan', 'planner']);
    bring(state, 'a', 'working');
    expect(explain(state)).toEqual(['working', 'planning', 'planning']);
    plan(state);
    expect(attempt(state)).toEqual([2, 'implement', 'mine']);
    expect(find(state, 'a').plan?.milestones).toEqual([milestone()]);
    work(state);
    expect(attempt(state)).toEqual([3, 'review', 'critic']);
    bring(state, 'a', 'working');
    expect(explain(state)).toEqual(['working', 'reviewing', 'reviewing']);
    review(state, 'approve');
    expect(find(state, 'a')).toMatchObject({ phase: 'queued', unreviewed: false, charged: 1 });
    expect(find(state, 'a').history.map(({ role, cause }) => [role, cause])).toEqual([
      ['plan', null],
      ['implement', null],
      ['review', null],
    ]);
    expect(sayDecisions(state)).toEqual(['build-candidate a']);
  });

  test('is work alone when the run is to be fast', () => {
    const state = begin({ fast: true });
    settle(state);
    expect(attempt(state)).toEqual([1, 'implement', 'mine']);
    work(state);
    expect(find(state, 'a').phase).toBe('queued');
  });

  test('needs no review of nothing', () => {
    const state = plan(begin());
    bring(state, 'a', 'working');
    play(state, [facts.exited(state, 'a', { code: 0, signal: null }, 'it is so already')]);
    play(state, [facts.inspected(state, 'a', { files: [], fileCount: 0 })]);
    play(state, [facts.verified(state, 'a')]);
    expect(find(state, 'a').phase).toBe('committed');
  });

  test('waits for room with the agent that is next', () => {
    const tasks = [buildTask('a'), buildTask('b')];
    const state = buildState(tasks, { ...PHASES, phases: { plan: false, review: 'critic' } });
    settle(state);
    for (const id of ['a', 'b']) {
      bring(state, id, 'verifying');
      play(state, [facts.inspected(state, id), facts.verified(state, id)]);
    }
    settle(state);
    expect(find(state, 'a').attempt?.role).toBe('review');
    expect(find(state, 'b')).toMatchObject({ phase: 'waiting', attempts: 1 });
    expect(viewRun(state, state.ms).tasks[1]?.reason).toBe(
      'passed its gates, is to be reviewed and waits for room in agent critic (at most 1 at once)',
    );
  });

  test('with a risky plan has to pass the gates of tier 1', () => {
    const gates = { ...NO_GATES, tier0: ['fast'], tier1: ['slow'] };
    const tasks = [buildTask('a', { track: 't' }), buildTask('b', { track: 't', after: ['a'] })];
    const state = buildState(tasks, { ...PHASES, gates });
    end(state, (now) => facts.planned(now, 'a', { milestones: [milestone({ risk: 'high' })] }));
    expect(find(state, 'a').plan?.milestones[0]?.risk).toBe('high');
  });
});

describe('plans', () => {
  test('outside the claim go back to the planner, twice, then to a human who may do without', () => {
    const state = begin();
    for (let n = 1; n <= 3; n += 1) end(state, (now) => facts.planned(now, 'a', {}, ['README.md']));
    expect(find(state, 'a')).toMatchObject({
      attempts: 3,
      phase: 'waiting',
      question: { cause: 'plan-scope' },
    });
    expect(find(state, 'a').question?.options.map(({ then }) => then)).toEqual([
      'retry',
      'accept',
      'give-up',
    ]);
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'so', then: 'accept' }]);
    settle(state);
    expect(attempt(state)).toEqual([4, 'implement', 'mine']);
  });

  test('that cannot be read are asked for twice more', () => {
    const state = begin();
    for (let n = 1; n <= 3; n += 1) {
      end(state, (now) => facts.unanswered(now, 'a'));
      for (const effect of decideAfter(state, 1_000_000)) {
        if (effect.kind === 'record') play(state, [effect.event], 1_000_000);
      }
    }
    expect(find(state, 'a')).toMatchObject({ attempts: 3, question: { cause: 'no-result' } });
  });
});

describe('reviews', () => {
  const reviewing = (): RunState => work(plan(begin()));

  test('that ask for changes send it back, uncharged; the changes are told until it is approved', () => {
    const state = review(reviewing(), 'request_changes', ['Close the file.']);
    expect(attempt(state)).toEqual([4, 'implement', 'mine']);
    expect(find(state, 'a')).toMatchObject({ charged: 1, requests: [['Close the file.']], question: null });
    review(work(state), 'approve');
    expect(find(state, 'a')).toMatchObject({ phase: 'queued', requests: [], charged: 1 });
  });

  test.each([
    ['the same list again', [['Close the file.'], ['  close  the FILE.']]],
    ['more than two rounds', [['One.'], ['Two.'], ['Three.']]],
  ])('that go in circles become a question: %s', (_name, rounds) => {
    const state = reviewing();
    for (const [at, changes] of rounds.entries()) {
      review(state, 'request_changes', changes);
      if (at < rounds.length - 1) work(state);
    }
    const { question } = find(state, 'a');
    expect(question?.cause).toBe('review-loop');
    expect(question?.text).toContain(`- ${rounds.at(-1)?.[0]}`);
    expect(question?.options.map(({ then }) => then)).toEqual(['retry', 'accept', 'hold', 'give-up']);
  });

  test('that reject ask at once; a human may take the verified work as it is', () => {
    const state = review(reviewing(), 'reject', ['It is the wrong approach.']);
    expect(find(state, 'a').question?.cause).toBe('review-rejected');
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'so', then: 'accept' }]);
    expect(find(state, 'a')).toMatchObject({ phase: 'committed', unreviewed: false });
    settle(state);
    expect(find(state, 'a').phase).toBe('queued');
  });

  test('of another tree than the verified one count for nothing', () => {
    const state = reviewing();
    bring(state, 'a', 'verifying');
    const other = { ...facts.reviewed(state, 'a'), tree: find(state, 'a').attempt?.base } as Event;
    play(state, [other]);
    expect(find(state, 'a').phase).toBe('verifying');
    expect(sayDecisions(state)).toEqual(['inspect-attempt a']);
  });

  test('are ended by a hint: what they are about is not finished', () => {
    const state = bring(reviewing(), 'a', 'working');
    play(state, [{ type: 'guidance.given', task: a, text: 'use tabs' }]);
    expect(sayDecisions(state)).toEqual(['watch-attempt a', 'stop-attempt a']);
    play(state, [facts.stopped(state, 'a')]);
    settle(state);
    expect(attempt(state)).toEqual([4, 'implement', 'mine']);
    expect(find(state, 'a').attempt?.guidance).toEqual(['use tabs']);
  });

  test('by nobody are no reason to give verified work up', () => {
    const state = bring(reviewing(), 'a', 'working');
    play(state, [facts.exited(state, 'a', { code: 127, signal: null })]);
    settle(state);
    expect(find(state, 'a')).toMatchObject({ phase: 'waiting', question: { cause: 'agent-missing' } });
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'so', then: 'retry' }]);
    settle(state);
    expect(attempt(state)).toEqual([4, 'review', 'critic']);
  });
});
