// What is shown of finished work: which change, which verdict, who is asked.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { type Policy, taskId } from '../../src/core/model.ts';
import { type ReviewView, viewReview, viewReviews } from '../../src/core/review-view.ts';
import type { RunState } from '../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, gate, hash, play, question } from './build.ts';

function build(policy: Partial<Policy> = {}): RunState {
  return buildState([buildTask('a'), buildTask('b')], { integrate: 'human', ...policy });
}

function show(state: RunState): ReviewView {
  const view = viewReview(state, find(state, 'a'), state.ms);
  if (view === null) throw new Error('nothing to show');
  return view;
}

test('there is nothing to show before work is finished', () => {
  for (const phase of ['waiting', 'working', 'verifying'] as const) {
    const state = bring(build(), 'a', phase);
    expect(viewReview(state, find(state, 'a'), state.ms)).toBeNull();
    expect(viewReviews(state, state.ms)).toEqual([]);
  }
});

test('verified work waits for approval, with the gates that passed on its tree', () => {
  const state = bring(build(), 'a', 'committed');
  expect(viewReviews(state, state.ms).map(({ task }) => task)).toEqual(['a']);
  expect(show(state)).toMatchObject({
    awaits: 'approval',
    change: { kind: 'work', from: hash('target'), to: hash('a head') },
    checks: { tree: hash('a tree'), passed: true, gates: [{ command: 'npm test' }] },
    fileCount: 1,
    comments: [],
  });
});

test('approved or paused work waits for nobody', () => {
  for (const type of ['task.approved', 'task.paused'] as const) {
    const state = bring(build(), 'a', 'committed');
    play(state, [{ type, task: taskId('a'), agent: 'finish' } as Event]);
    expect(viewReviews(state, state.ms)).toEqual([]);
    expect(show(state).awaits).toBeUndefined();
  }
});

test('queued work shows what would land, and the verdict on that once there is one', () => {
  const state = bring(build(), 'a', 'queued');
  expect(show(state).change.kind).toBe('work');
  play(state, [facts.built('a')]);
  expect(show(state)).toMatchObject({
    change: { kind: 'candidate', from: hash('target'), to: hash('a candidate') },
    head: hash('a head'),
    checks: { tree: hash('a tree') },
  });
  play(state, [facts.candidateVerified('a')]);
  expect(show(state).checks).toMatchObject({ tree: hash('a candidate tree'), gates: [{ elapsedMs: 3_000 }] });
});

test('work that overlaps other work says with which, and a gate that wavered is named', () => {
  const state = bring(build(), 'a', 'committed');
  const pair = { task: taskId('a'), other: taskId('b'), files: ['x.ts'] };
  play(state, [{ type: 'overlap.found', ...pair }]);
  find(state, 'a').flaky = ['npm test'];
  expect(show(state)).toMatchObject({ overlaps: [{ other: 'b', files: ['x.ts'] }], flaky: ['npm test'] });
});

test('a question of weft’s about work is among what waits, an agent’s is not', () => {
  for (const from of ['weft', 'agent'] as const) {
    const state = bring(build(), 'a', 'verifying');
    const asked = { ...question('a', 'Outside?'), from };
    play(state, [
      facts.inspected(state, 'a', { outside: ['b.ts'] }),
      {
        type: 'attempt.failed',
        task: taskId('a'),
        attempt: 1,
        cause: 'outside-claim',
        detail: '',
        then: { kind: 'ask', question: asked },
      },
    ]);
    const expected = { awaits: 'answer', question: 'Outside?', outside: ['b.ts'], checks: null };
    expect(viewReviews(state, state.ms)).toEqual(from === 'weft' ? [expect.objectContaining(expected)] : []);
  }
});

test('work that failed its gates says which', () => {
  const state = bring(build(), 'a', 'verifying');
  play(state, [facts.inspected(state, 'a'), facts.rejected(state, 'a')]);
  expect(show(state).checks).toMatchObject({ passed: false, gates: [gate('npm test', 1)] });
});

describe('a reviewer agent', () => {
  function reviewed(status: 'approve' | 'request_changes' | 'reject'): RunState {
    const state = bring(build({ phases: { plan: false, review: true } }), 'a', 'verifying');
    play(state, [facts.inspected(state, 'a')]);
    play(state, [facts.verified(state, 'a')]);
    play(state, [facts.spawned(state, 'a')]);
    play(state, [facts.started(state, 'a')]);
    play(state, [facts.exited(state, 'a')]);
    return play(state, [facts.reviewed(state, 'a', status)]);
  }

  test('that approved is named', () => {
    expect(show(reviewed('approve')).reviewer).toEqual({ attempt: 2, verdict: 'approved', findings: [] });
  });

  test('that turned it down says why', () => {
    const state = reviewed('reject');
    const then = { kind: 'ask', question: { ...question('a'), from: 'weft' } } as const;
    const failed = {
      type: 'attempt.failed',
      task: taskId('a'),
      attempt: 2,
      cause: 'review-rejected',
    } as const;
    play(state, [{ ...failed, detail: 'No.', then }]);
    expect(show(state)).toMatchObject({
      awaits: 'answer',
      reviewer: { attempt: 2, verdict: 'refused', findings: ['Mend it.'] },
    });
  });
});
