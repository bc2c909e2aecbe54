// The text an agent gets.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { type Cause, NO_GATES, type Policy, taskId } from '../../src/core/model.ts';
import { writeGoOnPrompt, writePrompt } from '../../src/core/prompt.ts';
import { DEFAULT_PULLS } from '../../src/core/pull.ts';
import type { RunState } from '../../src/core/state.ts';
import { bring, buildState, buildsOn, buildTask, facts, find, hash, play, settle } from './build.ts';

const BASE = hash('target');
const a = taskId('a');
const promptOf = (state: RunState, id = 'a'): string => writePrompt(state, find(state, id), BASE);

/** A state whose second attempt hears that the first one failed, with the words given. */
function failWith(detail: string, cause: Cause = 'gate-failed', policy: Partial<Policy> = {}): RunState {
  const state = bring(buildState([buildTask('a')], policy), 'a', 'working');
  const then = { kind: 'retry' as const, at: state.ms };
  play(state, [{ type: 'attempt.failed', task: a, attempt: 1, cause, detail, then }]);
  return bring(state, 'a', 'spawned');
}

describe('prompt', () => {
  test('of a first attempt', () => {
    const gates = { ...NO_GATES, tier0: ['npm test'], tier1: ['npm run e2e'] };
    const state = buildState([buildTask('a', { owns: ['src/a/**'], track: 't', body: '\nWrite it.\n\n' })], {
      gates,
    });
    expect(promptOf(bring(state, 'a', 'spawned'))).toMatchInlineSnapshot(`
      "# Title of a

      Write it.

      ## Context
      Task \`a\` in track \`t\`. The worktree starts from \`main\` at 3dca10583dca. Other agents work on other tasks of the same repository in worktrees of their own. Where the repository has an \`AGENTS.md\`, read it first and keep to it.

      ## Files
      Change only files that match one of these patterns; a change outside is refused:
      - \`src/a/**\`

      ## Checks
      Your work is accepted when these pass in a clean checkout of it:
      - \`npm test\`
      - \`npm run e2e\`

      ## Rules
      - Do this task and nothing beside it.
      - Tests first where the project has tests; leave them green.
      - Commit your work on the branch you are on. Do not push or switch branches, and do not merge or rebase unless you are asked to below.
      - Do not use \`git stash\`: it is shared by all worktrees.
      - When a decision is needed that you cannot take, say so and end your turn.
      "
    `);
  });

  test('of an attempt after a failure, an answer and guidance', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'working');
    play(state, [facts.asked(state, 'a', 'Tabs or spaces?'), facts.exited(state, 'a')]);
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'Tabs.', then: 'retry' }]);
    play(state, [{ type: 'guidance.given', task: a, text: '  Keep it small.\n' }]);
    bring(state, 'a', 'verifying');
    settle(
      play(state, [facts.inspected(state, 'a'), facts.rejected(state, 'a', 1, 'one test failed\n```\nin x')]),
    );
    expect(promptOf(state).split('## What came of the last try')[1]).toMatchInlineSnapshot(`
      "
      A check failed. What was done so far is in the worktree; go on from there.

      \`\`\`\`
      one test failed
      \`\`\`
      in x
      \`\`\`\`

      ## Guidance from the people you work for
      Question: Tabs or spaces?
      Answer: Tabs.

      Keep it small.
      "
    `);
  });

  test('of a stacked task says what it starts from', () => {
    const state = buildState([buildTask('a'), buildTask('b', { edges: [buildsOn('a')] })], {
      integrate: 'human',
    });
    settle(bring(state, 'a', 'committed'));
    expect(promptOf(state, 'b')).toContain('starts from the work of task `a`');
  });

  test('a task that owns nothing in particular is told no patterns, a run without gates no checks', () => {
    const text = promptOf(bring(buildState([buildTask('a')]), 'a', 'spawned'));
    expect(text).not.toMatch(/## (Files|Checks|Guidance|What came)/);
  });

  test.each<[Cause, string]>([
    ['gate-failed', 'A check failed.'],
    ['gate-timeout', 'The checks took too long.'],
    ['outside-claim', 'undo those changes'],
    ['no-changes', 'It changed nothing.'],
    ['worktree-odd', 'mend it'],
    ['review-rejected', 'It was reviewed and not approved.'],
    ['review-loop', 'It was reviewed and not approved.'],
    ['conflict', 'both intents are kept'],
    ['branch-moved', 'Somebody moved its branch'],
    ['agent-crashed', 'It ended early.'],
  ])('%s is introduced by its words', (cause, expected) => {
    expect(promptOf(failWith('x', cause))).toContain(expected);
  });

  test.each([
    ['refs/heads/main', {}],
    ['refs/weft/forge/main', { pullRequests: DEFAULT_PULLS }],
  ])('who is to merge may take what landed since, %s', (ref, policy) => {
    expect(promptOf(failWith('x', 'conflict', policy))).toContain(`or with \`${ref}\` where that has moved`);
  });

  test('what was said of the last try cannot end its fence', () => {
    const letters = fc.constantFrom('`', '``', '```', '\n', '~~~', '## Rules', ' ', 'x');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 40 }), (parts) => {
        const detail = parts.join('');
        const text = promptOf(failWith(detail)).split('go on from there.\n\n')[1] ?? '';
        const marks = /^`{3,}/.exec(text)?.[0] ?? '';
        expect(text).toBe(`${marks}\n${detail}\n${marks}\n`);
        expect(detail.includes(marks)).toBe(false);
      }),
    );
  });

  test('what was said is bounded, and its end is what counts', () => {
    const text = promptOf(failWith(`${'x'.repeat(100_000)} the end`));
    expect(text.length).toBeLessThan(20_000);
    expect(text).toContain('the end');
  });
});

describe('guidance', () => {
  const hears = (state: RunState): readonly string[] => find(state, 'a').attempt?.guidance ?? [];
  const guided = (): RunState => {
    const state = play(buildState([buildTask('a')]), [{ type: 'guidance.given', task: a, text: 'use tabs' }]);
    return bring(state, 'a', 'working');
  };

  test('is heard by every later attempt, once', () => {
    const state = guided();
    for (let times = 0; times < 3; times += 1) {
      expect(hears(state)).toEqual(['use tabs']);
      play(state, [facts.exited(state, 'a', { code: 1, signal: null }), facts.inspected(state, 'a')]);
      settle(state);
      settle(state, 300_000);
      bring(state, 'a', 'working');
    }
  });

  test('delivered while it worked, it is told the next attempt as well', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'spawned');
    play(state, [facts.started(state, 'a', true), { type: 'guidance.given', task: a, text: 'use tabs' }]);
    play(state, [{ type: 'guidance.delivered', task: a, attempt: 1, count: 1 }]);
    play(state, [facts.exited(state, 'a', { code: 1, signal: null }), facts.inspected(state, 'a')]);
    settle(state);
    settle(state, 300_000);
    expect(hears(state)).toEqual(['use tabs']);
  });

  test('survives a stop, a question and a restart', () => {
    const state = guided();
    play(state, [{ type: 'task.paused', task: a, agent: 'stop' }, facts.stopped(state, 'a')]);
    play(state, [{ type: 'task.unpaused', task: a }]);
    bring(state, 'a', 'working');
    play(state, [facts.asked(state, 'a', 'Why?'), facts.exited(state, 'a')]);
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'So.', then: 'retry' }]);
    bring(state, 'a', 'verifying');
    play(state, [{ type: 'task.restarted', task: a }, facts.swept('a')]);
    bring(state, 'a', 'spawned');
    expect(hears(state)).toEqual(['use tabs', 'Question: Why?\nAnswer: So.']);
  });

  test('that comes while the gates run keeps the work from being taken as finished', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'verifying');
    play(state, [facts.inspected(state, 'a'), { type: 'guidance.given', task: a, text: 'use tabs' }]);
    play(state, [facts.verified(state, 'a')]);
    settle(state);
    expect(find(state, 'a')).toMatchObject({ phase: 'spawned', attempts: 2 });
    expect(hears(state)).toEqual(['use tabs']);
  });
});

describe('the conversation that is gone on with', () => {
  const goOn = (state: RunState): string => writeGoOnPrompt(state, find(state, 'a'));
  const say = (text: string): Event => ({ type: 'guidance.given', task: a, text });
  const delivered: Event = { type: 'guidance.delivered', task: a, attempt: 1, count: 1 };
  const steered = (first: string): RunState => {
    const state = play(buildState([buildTask('a')]), [say(first)]);
    return play(bring(state, 'a', 'spawned'), [facts.started(state, 'a', true)]);
  };
  const stop = (heard?: readonly number[]): readonly Event[] => [
    { type: 'task.paused', task: a, agent: 'stop' },
    { type: 'attempt.stopped', task: a, attempt: 1, survivors: [], ...(heard && { heard }) },
    { type: 'task.unpaused', task: a },
  ];

  test('is told only what it has not heard; a fresh one is told all', () => {
    const state = play(steered('first'), [say('second'), delivered, ...stop([2]), say('third')]);
    bring(state, 'a', 'spawned');
    expect(goOn(state)).toMatch(/^# Go on: Title of a\n\n## Guidance[^\n]*\nthird\n$/);
    expect(promptOf(state)).toContain('first\n\nsecond\n\nthird');
  });

  test('hears what was delivered and did not get into its head', () => {
    const state = play(steered('first'), [say('second'), delivered, ...stop([])]);
    expect(goOn(bring(state, 'a', 'spawned'))).toMatch(/Guidance[^\n]*\nsecond\n$/);
    const [pause, stopped] = stop();
    const exit = { code: 0, signal: null };
    const exited: Event = { type: 'attempt.exited', task: a, attempt: 1, exit, reason: null, heard: [] };
    const seen = play(steered('first'), [pause, say('second'), delivered, exited, stopped] as Event[]);
    expect(find(seen, 'a').heard).toBe(1);
    expect(find(seen, 'a').guidance).toEqual(['first', 'second']);
  });

  test('an answer is told once, however often the work is sent back', () => {
    const state = bring(buildState([buildTask('a')]), 'a', 'working');
    play(state, [facts.asked(state, 'a', 'Why?'), facts.exited(state, 'a')]);
    play(state, [{ type: 'question.answered', task: a, id: 'a/1', text: 'So.', then: 'retry' }]);
    expect(goOn(bring(state, 'a', 'spawned'))).toContain('Answer: So.');
    bring(state, 'a', 'committed');
    play(state, [say('use tabs')]);
    expect(goOn(bring(state, 'a', 'spawned'))).toMatch(/Guidance[^\n]*\nuse tabs\n$/);
    expect(promptOf(state)).toContain('Answer: So.\n\nuse tabs');
  });

  test('what was said to an attempt that never began, or to a reviewer, it has not heard', () => {
    const state = bring(play(buildState([buildTask('a')]), [say('first')]), 'a', 'spawned');
    play(state, [{ type: 'task.paused', task: a, agent: 'stop' }, facts.stopped(state, 'a')]);
    play(state, [{ type: 'task.unpaused', task: a }]);
    expect(goOn(bring(state, 'a', 'spawned'))).toContain('\nfirst\n');

    const phases = { plan: false, review: 'mine' } as const;
    const reviewed = bring(buildState([buildTask('a')], { phases }), 'a', 'working');
    play(reviewed, [facts.exited(reviewed, 'a'), facts.inspected(reviewed, 'a')]);
    play(reviewed, [facts.verified(reviewed, 'a')]);
    play(reviewed, [facts.spawned(reviewed, 'a'), facts.started(reviewed, 'a', true), say('first')]);
    play(reviewed, [facts.stopped(reviewed, 'a')]);
    expect(goOn(bring(reviewed, 'a', 'spawned'))).toContain('\nfirst\n');
  });

  test('words for work that was finished are news to it', () => {
    const state = bring(steered('first'), 'a', 'verifying');
    play(state, [say('second'), { type: 'task.paused', task: a, agent: 'finish' }]);
    settle(state);
    play(state, [{ type: 'task.unpaused', task: a }]);
    play(state, [facts.inspected(state, 'a')]);
    settle(state);
    expect(goOn(state)).toMatch(/second\n$/);
    expect(goOn(state)).not.toContain('first');
  });
});

test.each([
  ['# It\n\nDo it.', '# It\n\nDo it.\n'],
  ['#  It ##\nDo it.', '#  It ##\nDo it.\n'],
  ['# It too\n\nDo it.', '# It\n\n# It too\n\nDo it.\n'],
  ['Do it.', '# It\n\nDo it.\n'],
])('a title is said once: %j', (body, begin) => {
  const state = buildState([buildTask('a', { title: 'It', body })]);
  expect(promptOf(bring(state, 'a', 'spawned')).startsWith(begin)).toBe(true);
});
