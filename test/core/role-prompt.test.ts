// What a planner and a reviewer are told, and what of it reaches who does the task.
import { describe, expect, test } from 'vitest';
import { NO_GATES } from '../../src/core/model.ts';
import { writePrompt } from '../../src/core/prompt.ts';
import { writePlanPrompt, writeReviewPrompt } from '../../src/core/role-prompt.ts';
import type { RunState } from '../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, gate, hash, milestone, play } from './build.ts';

const BASE = hash('target');
const begin = (): RunState =>
  buildState([buildTask('a', { owns: ['src/**'] })], {
    gates: { ...NO_GATES, tier0: ['npm test'] },
    phases: { plan: true, review: true },
  });
const planned = (): RunState => {
  const state = bring(begin(), 'a', 'verifying');
  const milestones = [milestone({ goal: 'Sessions last', filesExpected: ['src/s.ts'], risk: 'medium' })];
  return play(state, [facts.planned(state, 'a', { milestones, doNotTouch: ['the cookie'] })]);
};
const verified = (): RunState => {
  const state = bring(planned(), 'a', 'verifying');
  play(state, [facts.inspected(state, 'a')]);
  play(state, [facts.verified(state, 'a', [gate('npm test')])]);
  return bring(state, 'a', 'spawned');
};
const reviewOf = (state: RunState, change = { text: '+ const a = 1;\n', cut: false }): string =>
  writeReviewPrompt(state, find(state, 'a'), { base: BASE, head: hash('head'), change });

describe('prompts of who reads', () => {
  test('a planner is told what to answer, and to keep its hands off', () => {
    const state = bring(begin(), 'a', 'spawned');
    const text = writePlanPrompt(state, find(state, 'a'), BASE);
    expect(text).toMatch(/^# Plan: Title of a\n\nPlan the task below; do not do it\./);
    for (const part of ['Do a.', '- `src/**`', '- `npm test`', '$WEFT_RESULT_FILE', '"done_checks"']) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('Commit your work');
  });

  test('a reviewer sees the plan, the checks and the change', () => {
    const text = reviewOf(verified());
    expect(text).toContain('1. Sessions last (medium risk)');
    expect(text).toContain('- `npm test`: exit 0, 2 s');
    expect(text).toContain('```\n+ const a = 1;\n```');
    expect(text).toContain('"status": "approve, request_changes or reject"');
  });

  test('a change that was cut says so, and cannot end its own fence', () => {
    const text = reviewOf(verified(), { text: '```\nhi\n```\n', cut: true });
    expect(text).toContain('Only its first 64 KiB are shown; `git diff');
    expect(text).toContain('````\n```\nhi\n```\n````');
  });
});

test('who does the task is told the plan, and later what the review asks for', () => {
  const state = bring(planned(), 'a', 'spawned');
  const text = writePrompt(state, find(state, 'a'), BASE);
  expect(text).toContain(
    '## Plan\n1. Sessions last (medium risk)\n   Files: `src/s.ts`\n   Done when:\n   - npm test',
  );
  expect(text).toContain('Do not touch: `the cookie`');
  const after = bring(verified(), 'a', 'verifying');
  play(after, [facts.reviewed(after, 'a', 'request_changes', ['Close the file.'])]);
  const then = { kind: 'retry' as const, at: after.ms };
  const { id } = find(after, 'a').task;
  play(after, [
    { type: 'attempt.failed', task: id, attempt: 3, cause: 'changes-requested', detail: 'x', then },
  ]);
  bring(after, 'a', 'spawned');
  expect(writePrompt(after, find(after, 'a'), BASE)).toContain(
    '## Changes that the review asks for\n- Close the file.',
  );
});
