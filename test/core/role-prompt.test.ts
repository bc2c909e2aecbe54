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
  test('lists have a line for each entry, and parts that are missing leave no trace', () => {
    const state = buildState([buildTask('a', { owns: ['x', 'y'], body: '\n Do it. \n' })], {
      phases: { plan: true, review: true },
    });
    bring(state, 'a', 'verifying');
    const bare = milestone({ goal: 'One', doneChecks: ['c', 'd'] });
    const full = milestone({ goal: 'Two', filesExpected: ['f', 'g'] });
    play(state, [facts.planned(state, 'a', { milestones: [bare, full] })]);
    bring(state, 'a', 'verifying');
    const gates = [gate('npm test'), gate('npm run lint')];
    play(state, [facts.inspected(state, 'a'), facts.verified(state, 'a', gates)]);
    bring(state, 'a', 'spawned');
    const parts = reviewOf(state).split('\n\n');
    expect(parts.slice(2, 3).concat(parts.slice(4, 7))).toEqual([
      '## The task\nDo it.',
      '## Files\nThe task may change only files that match one of these patterns:\n- `x`\n- `y`',
      '## Plan\n1. One (low risk)\n   Done when:\n   - c\n   - d\n' +
        '2. Two (low risk)\n   Files: `f`, `g`\n   Done when:\n   - npm test',
      '## Checks that passed\n- `npm test`: exit 0, 2 s\n- `npm run lint`: exit 0, 2 s',
    ]);
  });

  test('a planner is told what to answer, and to keep its hands off', () => {
    const state = bring(begin(), 'a', 'spawned');
    const text = writePlanPrompt(state, find(state, 'a'), BASE);
    expect(text).toMatchInlineSnapshot(`
      "# Plan: Title of a

      Plan the task below; do not do it. Another agent does it after you and gets your plan. You are in a checkout of your own that is thrown away afterwards: look at what you need, nothing you change here is kept.

      ## The task
      Do a.

      ## Context
      Task \`a\`. The worktree starts from \`main\` at 3dca10583dca. Other agents work on other tasks of the same repository in worktrees of their own. Where the repository has an \`AGENTS.md\`, read it first and keep to it.

      ## Files
      The task may change only files that match one of these patterns:
      - \`src/**\`

      ## Checks
      Your work is accepted when these pass in a clean checkout of it:
      - \`npm test\`

      ## Your answer
      Write one JSON object to the file that \`$WEFT_RESULT_FILE\` names, or print it in a \`\`\`json block as the last thing you say. Milestones go in the order in which they are to be done, at least one; each needs at least one check that shows that it is done.

      \`\`\`json
      {
        "milestones": [
          {
            "goal": "what is true afterwards",
            "files_expected": ["path/of/a/file"],
            "done_checks": ["how to see that it is done"],
            "risk_level": "low, medium or high"
          }
        ],
        "do_not_touch": ["what has to stay as it is"]
      }
      \`\`\`
      "
    `);
  });

  test('a reviewer sees the plan, the checks and the change', () => {
    expect(reviewOf(verified())).toMatchInlineSnapshot(`
      "# Review: Title of a

      Review what another agent did for the task below; do not do it yourself. Its checks have passed. You are in a checkout of its work that is thrown away afterwards: look at what you need, nothing you change here is kept. Approve it unless it is wrong, incomplete or goes beyond the task; matters of taste are no reason.

      ## The task
      Do a.

      ## Context
      Task \`a\`. The worktree starts from \`main\` at 3dca10583dca. Other agents work on other tasks of the same repository in worktrees of their own. Where the repository has an \`AGENTS.md\`, read it first and keep to it.

      ## Files
      The task may change only files that match one of these patterns:
      - \`src/**\`

      ## Plan
      1. Sessions last (medium risk)
         Files: \`src/s.ts\`
         Done when:
         - npm test

      Do not touch: \`the cookie\`

      ## Checks that passed
      - \`npm test\`: exit 0, 2 s

      ## The change
      The same as \`git diff 3dca10583dca 009372670093\`.

      \`\`\`
      + const a = 1;
      \`\`\`

      ## Your answer
      Write one JSON object to the file that \`$WEFT_RESULT_FILE\` names, or print it in a \`\`\`json block as the last thing you say. \`request_changes\` sends it back with your list, \`reject\` says that it cannot be mended and asks a human; both need at least one entry in \`changes\`.

      \`\`\`json
      { "status": "approve, request_changes or reject", "changes": ["one thing to change, and where"] }
      \`\`\`
      "
    `);
  });

  test('a task that owns nothing in particular, in a run without checks, is told of neither', () => {
    const state = bring(
      buildState([buildTask('a')], { phases: { plan: true, review: true } }),
      'a',
      'verifying',
    );
    play(state, [facts.planned(state, 'a')]);
    bring(state, 'a', 'verifying');
    play(state, [facts.inspected(state, 'a'), facts.verified(state, 'a', [])]);
    bring(state, 'a', 'spawned');
    expect(reviewOf(state)).not.toMatch(/## (Files|Checks|What came|Guidance|Changes)/);
  });

  test('who was not understood is told so, from the end; what people said comes last', () => {
    const state = bring(begin(), 'a', 'verifying');
    const detail = `${'x'.repeat(5_000)} the end`;
    const then = { kind: 'retry' as const, at: state.ms };
    const { id } = find(state, 'a').task;
    play(state, [{ type: 'attempt.failed', task: id, attempt: 1, cause: 'no-result', detail, then }]);
    play(state, [{ type: 'guidance.given', task: id, text: 'Be brief.' }]);
    bring(state, 'a', 'spawned');
    const told = writePlanPrompt(state, find(state, 'a'), BASE).split('## What came of the last try\n')[1];
    expect(told).toBe(
      `Its answer was not taken.\n\n\`\`\`\n${detail.slice(-4_096)}\n\`\`\`\n\n## Guidance from the people you work for\nBe brief.\n`,
    );
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
