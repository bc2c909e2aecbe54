// Facts that come too late: what an attempt says after its end changes nothing.
import { expect, test } from 'vitest';
import type { Event } from '../../../src/core/event.ts';
import type { Phase } from '../../../src/core/model.ts';
import { type RunState, serializeState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, gate, play } from '../build.ts';

type Make = (state: RunState) => Event;

/** Facts of attempts, with the phases in which they say something. */
const FACTS: readonly (readonly [string, readonly Phase[], Make])[] = [
  ['attempt.started', ['spawned'], (s) => facts.started(s, 'a')],
  ['attempt.exited', ['working'], (s) => facts.exited(s, 'a')],
  ['question.asked', ['working'], (s) => facts.asked(s, 'a')],
  ['attempt.verified', ['verifying'], (s) => facts.verified(s, 'a', [gate('late')])],
  ['attempt.rejected', ['verifying'], (s) => facts.rejected(s, 'a')],
  ['attempt.planned', [], (s) => facts.planned(s, 'a')],
  ['attempt.reviewed', [], (s) => facts.reviewed(s, 'a')],
  ['attempt.unanswered', ['verifying'], (s) => facts.unanswered(s, 'a')],
  ['candidate.built', ['queued'], () => facts.built('a')],
];
const PHASES: readonly Phase[] = [
  'waiting',
  'spawned',
  'working',
  'verifying',
  'committed',
  'queued',
  'merged',
];

test.each(FACTS)('%s', (_type, meant, make) => {
  for (const phase of PHASES.filter((each) => !meant.includes(each))) {
    const state = bring(buildState([buildTask('a')]), 'a', phase);
    const before = serializeState(state);
    play(state, [make(state)]);
    expect(serializeState(state), phase).toBe(before);
  }
});
