// What follows from how a pull request stands: failing, pending, absent, mixed, optional and missing checks are different cases.
import { describe, expect, it } from 'vitest';
import { oid } from '../../src/core/model.ts';
import { type Check, type CheckState, judgePull, notePull, type PullSight } from '../../src/core/pull.ts';
import { SIGHT } from './build.ts';

const HEAD = SIGHT.head;

function check(state: CheckState, name: string = state, isRequired = false): Check {
  return { name, isRequired, state, id: null, url: null, summary: '' };
}

function required(state: CheckState, name: string = state): Check {
  return check(state, name, true);
}

function judge(more: Partial<PullSight>, isSettled = true): string {
  const verdict = judgePull(notePull({ ...SIGHT, ...more }), { head: HEAD, isSettled });
  switch (verdict.kind) {
    case 'over':
      return `over: ${verdict.state}`;
    case 'moved':
      return 'moved';
    case 'return':
      return `return, ${verdict.cause}: ${verdict.sentence}`;
    case 'wait':
      return `wait for ${verdict.on}: ${verdict.sentence}`;
    case 'merge':
      return `merge: ${verdict.sentence}`;
  }
}

describe('checks', () => {
  const table: readonly (readonly [what: string, checks: readonly Check[], expected: string])[] = [
    ['none', [], 'merge: it has no checks'],
    ['one that passed', [check('success')], 'merge: 1 check passed'],
    ['neutral and skipped ones', [check('neutral'), check('skipped')], 'merge: 2 checks passed'],
    ['one that failed', [check('failure', 'lint')], 'return, ci-failed: lint failed'],
    ['one that has not ended', [check('pending', 'test')], 'wait for checks: waits for test'],
    [
      'one that failed beside one that has not ended',
      [check('failure', 'lint'), check('pending', 'test')],
      'wait for checks: waits for test; lint failed already',
    ],
    [
      'one that failed beside one that passed',
      [check('failure', 'lint'), check('success', 'test')],
      'return, ci-failed: lint failed',
    ],
    ['a required one that nobody reports', [required('absent', 'build')], 'wait for checks: waits for build'],
    [
      'an optional one that failed beside a required one that passed',
      [required('success', 'build'), check('failure', 'lint')],
      'merge: 1 check passed; lint failed, and nobody requires it',
    ],
    [
      'an optional one that has not ended beside a required one that passed',
      [required('success', 'build'), check('pending', 'lint')],
      'merge: 1 check passed',
    ],
    [
      'a required one that was skipped',
      [required('skipped', 'build'), check('failure', 'lint')],
      'merge: 1 check passed; lint failed, and nobody requires it',
    ],
    [
      'five that failed',
      ['a', 'b', 'c', 'd', 'e'].map((name) => check('failure', name)),
      'return, ci-failed: a, b, c and 2 more failed',
    ],
  ];
  it.each(table)('%s', (_, checks, expected) => {
    expect(judge({ checks })).toBe(expected);
  });

  it('none, as long as some may still show up', () => {
    expect(judge({}, false)).toBe('wait for checks: waits whether checks show up');
    expect(judge({ checks: [check('success')] }, false)).toBe('merge: 1 check passed');
  });
});

describe('a pull request', () => {
  const failed = [check('failure', 'lint')];
  const table: readonly (readonly [what: string, sight: Partial<PullSight>, expected: string])[] = [
    ['merged', { state: 'merged', checks: failed }, 'over: merged'],
    ['closed', { state: 'closed', checks: failed }, 'over: closed'],
    ['with other commits', { head: oid('b'.repeat(40)), checks: failed }, 'moved'],
    [
      'that a review wants changed',
      { decision: 'changes-requested', checks: failed },
      'return, changes-requested: its review asks for changes',
    ],
    ['that conflicts', { isMergeable: false }, 'return, conflict: it conflicts with main'],
    ['that conflicts and fails', { isMergeable: false, checks: failed }, 'return, ci-failed: lint failed'],
    [
      'of which the forge does not know yet whether it merges',
      { isMergeable: null },
      'wait for forge: waits until the forge knows whether it merges',
    ],
    [
      'that nobody has approved',
      { decision: 'review-required', checks: [check('success')] },
      'wait for review: waits for an approving review',
    ],
    ['that is approved', { decision: 'approved' }, 'merge: it has no checks'],
  ];
  it.each(table)('%s', (_, sight, expected) => {
    expect(judge(sight)).toBe(expected);
  });
});

describe('a note', () => {
  it('names twenty checks at most', () => {
    const checks = Array.from({ length: 30 }, (_, at) => check('failure', `c${at}`));
    expect(notePull({ ...SIGHT, checks }).failing).toHaveLength(20);
  });
});
