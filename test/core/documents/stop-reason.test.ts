// The words that dashboards and scripts read when something stopped; they must not change.
import { expect, test } from 'vitest';
import { causeOf, stopReasonOf, stopReasonOfRun } from '../../../src/core/documents/stop-reason.ts';
import type { Event, Outcome } from '../../../src/core/event.ts';
import type { Cause } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play } from '../build.ts';

const WORDS: Readonly<Record<Cause, string>> = {
  'start-failed': 'launch_failed worker',
  'setup-failed': 'launch_failed worker',
  'agent-missing': 'launch_failed worker',
  'agent-crashed': 'implement_parse_failed worker',
  'agent-killed': 'implement_parse_failed worker',
  'out-of-memory': 'implement_parse_failed worker',
  'agent-lost': 'stalled_timeout stall',
  'model-failed': 'worker_call_timeout worker',
  'limit-reached': 'worker_call_timeout budget',
  'login-missing': 'implement_blocked auth',
  'turn-limit': 'max_ticks_reached budget',
  'no-changes': 'insufficient_evidence verification',
  'outside-claim': 'ownership_violation guard',
  'worktree-odd': 'guard_violation guard',
  'gate-failed': 'verification_failed_max_retries verification',
  'gate-timeout': 'verification_failed_max_retries verification',
  conflict: 'parallel_file_collision guard',
  'no-result': 'plan_parse_failed worker',
  'plan-scope': 'plan_scope_violation guard',
  'changes-requested': 'review_loop_detected verification',
  'review-rejected': 'review_rejected verification',
  'review-loop': 'review_loop_detected verification',
  'time-budget': 'time_budget_exceeded budget',
  budget: 'time_budget_exceeded budget',
  'run-budget': 'time_budget_exceeded budget',
  'work-vanished': 'parallel_file_collision guard',
  asked: 'implement_blocked worker',
  stopped: 'stopped_by_user orchestrator',
  'ci-failed': 'verification_failed verification',
  'landing-blocked': 'implement_blocked orchestrator',
  'branch-moved': 'guard_violation guard',
  'target-rewritten': 'guard_violation guard',
  'internal-error': 'orchestrator_internal_error orchestrator',
};

test.each(Object.entries(WORDS))('%s is %s, and something helps', (cause, words) => {
  const { reason, family, fix } = stopReasonOf(cause as Cause);
  expect(`${reason} ${family}`).toBe(words);
  expect(fix).toMatch(/^.*\w.*\.$/);
});

test.each<[Outcome, string, string | null]>([
  ['complete', 'complete', null],
  ['failed', 'orchestrator_track_stopped', 'orchestrator'],
  ['blocked', 'orchestrator_track_stopped', 'orchestrator'],
  ['stopped', 'orchestrator_track_stopped', 'orchestrator'],
  ['timeout', 'orchestrator_timeout', 'budget'],
])('a run that is %s: %s, %s', (outcome, reason, family) => {
  expect(stopReasonOfRun(outcome)).toEqual({ reason, family });
});

const id = find(buildState([buildTask('a')]), 'a').task.id;
const PAUSED: Event = { type: 'task.paused', task: id, agent: 'finish' };

test.each<[string, (state: RunState) => unknown, Cause | null]>([
  ['waits for its turn', () => null, null],
  ['is paused', (state) => play(state, [PAUSED]), 'stopped'],
  ['is paused and still works', (state) => play(bring(state, 'a', 'working'), [PAUSED]), null],
  ['landed', (state) => bring(state, 'a', 'merged'), null],
  ['asks', (state) => play(bring(state, 'a', 'working'), [facts.asked(state, 'a')]), 'asked'],
  ['is cancelled', (state) => play(state, [{ type: 'task.cancelled', task: id }]), 'stopped'],
  [
    'failed',
    (state) => play(state, [{ type: 'task.failed', task: id, cause: 'agent-lost', sentence: 'x' }]),
    'agent-lost',
  ],
])('a task that %s', (_name, happen, expected) => {
  const state = buildState([buildTask('a')]);
  happen(state);
  expect(causeOf(find(state, 'a'))).toBe(expected);
});
