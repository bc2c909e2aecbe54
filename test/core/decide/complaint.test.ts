// What is said against an attempt: these words reach people and the next attempt.
import { expect, test } from 'vitest';
import { findRefusal, findTrouble } from '../../../src/core/decide/trouble.ts';
import type { Exit } from '../../../src/core/model.ts';
import type { AttemptState, RunState, TaskState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, gate, play } from '../build.ts';

const look = (state: RunState): [TaskState, AttemptState] => {
  const ts = find(state, 'a');
  return [ts, ts.attempt as AttemptState];
};
const inspect = (over: object = {}, exit: Exit = { code: 0, signal: null }): RunState => {
  const state = bring(buildState([buildTask('a', { owns: ['src/**', 'x'] })]), 'a', 'working');
  play(state, [facts.exited(state, 'a', exit)]);
  return play(state, [facts.inspected(state, 'a', over)]);
};
const files = (count: number): string[] => Array.from({ length: count }, (_, at) => `f${at}`);

test.each<[string, () => RunState, string | null]>([
  ['all is well', () => inspect(), null],
  [
    'a signal',
    () => inspect({}, { code: null, signal: 'SIGKILL' }),
    'out-of-memory: The agent was ended by SIGKILL, and not by weft: memory may have run out.',
  ],
  [
    'one line of others that is gone',
    () => inspect({ vanished: ['x: is gone: one'] }),
    'work-vanished: Merging, it left out some of what one side has: x: is gone: one',
  ],
  [
    'more of them, the first of which is in the headline',
    () => inspect({ vanished: ['x: is gone: one', 'x: is gone: two'] }),
    'work-vanished: Merging, it left out some of what one side has: x: is gone: one (and 1 more)\n- x: is gone: one\n- x: is gone: two',
  ],
  [
    'no exit code',
    () => inspect({}, { code: null, signal: null }),
    'agent-lost: The agent is gone without an exit code.',
  ],
  [
    'no program',
    () => inspect({}, { code: 127, signal: null }),
    "agent-missing: The agent's program could not be run (exit 127).",
  ],
  [
    'no right to run it',
    () => inspect({}, { code: 126, signal: null }),
    "agent-missing: The agent's program could not be run (exit 126).",
  ],
  [
    'a crash',
    () => inspect({}, { code: 3, signal: null }),
    'agent-crashed: The agent ended with exit code 3.',
  ],
  [
    'no changes',
    () => inspect({ fileCount: 0 }),
    'no-changes: It ended without changing anything and gave no reason.',
  ],
  ['an odd worktree', () => inspect({ odd: 'HEAD is elsewhere' }), 'worktree-odd: HEAD is elsewhere'],
  [
    'ten files outside',
    () => inspect({ outside: files(10) }),
    'outside-claim: It changed files outside its claim (src/**, x): f0, f1, f2, f3, f4, f5, f6, f7, f8, f9.',
  ],
  [
    'twelve files outside',
    () => inspect({ outside: files(12) }),
    'outside-claim: It changed files outside its claim (src/**, x): f0, f1, f2, f3, f4, f5, f6, f7, f8, f9 and 2 more.',
  ],
  [
    'guidance meanwhile',
    () => play(inspect(), [{ type: 'guidance.given', task: find(inspect(), 'a').task.id, text: 'x' }]),
    'asked: guidance came while it worked',
  ],
])('after work: %s', (_name, make, expected) => {
  const trouble = findTrouble(...look(make()));
  expect(trouble === null ? null : `${trouble.cause}: ${trouble.detail}`).toBe(expected);
});

test.each<[string, (number | null)[], string]>([
  ['one check of two failed', [0, 1], 'gate-failed: it is red'],
  ['one check of two took too long', [1, null], 'gate-timeout: it is red'],
])('%s', (_name, exits, expected) => {
  const state = inspect();
  const rejected = facts.rejected(state, 'a', 1, 'it is red');
  play(state, [{ ...rejected, gates: exits.map((exit) => gate('npm test', exit)) } as typeof rejected]);
  const trouble = findTrouble(...look(state));
  expect(`${trouble?.cause}: ${trouble?.detail}`).toBe(expected);
});

function reviewed(
  status: 'reject' | 'request_changes',
  changes: string[],
  before: string[][] = [],
): RunState {
  const state = buildState([buildTask('a')], { phases: { plan: false, review: true } });
  bring(state, 'a', 'verifying');
  play(state, [facts.inspected(state, 'a'), facts.verified(state, 'a')]);
  bring(state, 'a', 'verifying');
  find(state, 'a').requests.push(...before);
  return play(state, [facts.reviewed(state, 'a', status, changes)]);
}

test.each<[string, () => RunState, string]>([
  [
    'turned down',
    () => reviewed('reject', ['It is wrong.']),
    'review-rejected: The review turns the work down:\n- It is wrong.',
  ],
  [
    'changes',
    () => reviewed('request_changes', ['One.', 'Two.']),
    'changes-requested: The review asks for changes:\n- One.\n- Two.',
  ],
  [
    'the same again',
    () => reviewed('request_changes', ['two  b ', 'ONE.'], [['One.', 'Two b']]),
    'review-loop: The review asks for the same changes again:\n- two  b \n- ONE.',
  ],
  [
    'others than before',
    () => reviewed('request_changes', ['Three.'], [['One.', 'Two.']]),
    'changes-requested: The review asks for changes:\n- Three.',
  ],
  [
    'once too often',
    () => reviewed('request_changes', ['Three.'], [['One.'], ['Two.']]),
    'review-loop: The review asks for changes once more, after 2 rounds:\n- Three.',
  ],
])('after a review: %s', (_name, make, expected) => {
  const trouble = findRefusal(...look(make()));
  expect(`${trouble?.cause}: ${trouble?.detail}`).toBe(expected);
});

test('a plan that leaves the claim names it', () => {
  const state = buildState([buildTask('a', { owns: ['src/**', 'x'] })], {
    phases: { plan: true, review: false },
  });
  bring(state, 'a', 'verifying');
  play(state, [facts.planned(state, 'a', {}, ['y', 'z'])]);
  const trouble = findRefusal(...look(state));
  expect(trouble?.detail).toBe('The plan expects changes outside the claim (src/**, x): y, z.');
});
