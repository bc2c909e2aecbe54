// Comments on lines of work and its rejection: when they are taken, what they do, and what the agent is told.
import { describe, expect, test } from 'vitest';
import { SEE_COMMENTS, writeComments } from '../../src/core/comment.ts';
import { type Command, judgeCommand } from '../../src/core/decide/command.ts';
import type { AfterFailure, Event } from '../../src/core/event.ts';
import { type Comment, oid, type Policy, runMs, taskId } from '../../src/core/model.ts';
import type { RunState, TaskState } from '../../src/core/state.ts';
import { bring, buildState, buildTask, facts, find, play, question } from './build.ts';

const a = taskId('a');

function comeTo(
  phase: 'working' | 'committed' | 'queued' | 'merged',
  policy: Partial<Policy> = {},
): RunState {
  return bring(buildState([buildTask('a')], { integrate: 'human', ...policy }), 'a', phase);
}

function on(state: RunState, line: number, over: Partial<Comment> = {}): Command {
  const head = find(state, 'a').attempt?.inspected?.head ?? oid('none');
  const comment = { head, path: 'src/a.ts', line, to: line, quote: `line ${line}`, text: 'Why?', ...over };
  return { kind: 'comment', task: 'a', comment };
}

const reject = (text: string): Command => ({ kind: 'reject', task: 'a', text });

/** The sentence, after the facts were taken; a refusal changes nothing. */
function give(state: RunState, command: Command): string {
  const judged = judgeCommand(state, command);
  if (!judged.ok) return `✗ ${judged.failure.sentence} ${judged.failure.hint ?? ''}`.trim();
  play(state, judged.value.events);
  return judged.value.sentence;
}

function failed(state: RunState, then: AfterFailure = { kind: 'retry', at: runMs(0) }): Event {
  const attempt = find(state, 'a').attempts;
  return { type: 'attempt.failed', task: a, attempt, cause: 'gate-failed', detail: 'It failed.', then };
}

function respawn(state: RunState): TaskState {
  play(state, [facts.spawned(state, 'a')]);
  return find(state, 'a');
}

describe('comments', () => {
  test('wait for a rejection, and go with the next attempt, quoted', () => {
    const state = comeTo('committed');
    expect(give(state, on(state, 3))).toBe(
      'a: noted on src/a.ts:3. `weft reject a` sends it back with 1 comment.',
    );
    expect(give(state, on(state, 5, { to: 7, quote: '```\nx' }))).toContain('with 2 comments');
    expect(find(state, 'a').phase).toBe('committed');
    expect(give(state, reject(''))).toBe('a goes back to its agent with 2 comments.');
    expect(find(state, 'a')).toMatchObject({ phase: 'waiting', guidance: [SEE_COMMENTS] });
    const { attempt, comments } = respawn(state);
    expect(comments).toEqual([]);
    expect(attempt?.guidance[0]).toBe(SEE_COMMENTS);
    expect(attempt?.guidance[1]).toContain('`src/a.ts:5-7`\n\n````\n```\nx\n````\n\nWhy?');
    expect(attempt?.toldByPrompt).toBe(2);
  });

  test('go with the next attempt whatever sends the work back', () => {
    const state = comeTo('queued');
    give(state, on(state, 3));
    play(state, [failed(state)]);
    expect(respawn(state).attempt?.guidance).toEqual([expect.stringContaining('src/a.ts:3')]);
  });

  test('end with the landing', () => {
    const state = comeTo('queued');
    give(state, on(state, 3));
    bring(state, 'a', 'merged');
    expect(find(state, 'a').comments).toEqual([]);
  });

  test.each<[string, Parameters<typeof comeTo>[0], Partial<Comment>, string]>([
    ['without words', 'committed', { text: ' ' }, '✗ The comment is empty. weft comment a src/a.ts:3 "…"'],
    ['endless', 'committed', { text: 'x'.repeat(8_193) }, '✗ The comment is longer than 8192 characters.'],
    [
      'on other work',
      'committed',
      { head: oid('other') },
      '✗ The work of a has changed meanwhile. `weft review a` shows it as it is.',
    ],
    [
      'on work that is not finished',
      'working',
      {},
      '✗ a is working: there is no finished work of it to look at. `weft guide a "…"` tells its agent something.',
    ],
    [
      'on what has landed',
      'merged',
      {},
      '✗ a has landed: its agent is gone. What comes after it needs a task of its own.',
    ],
  ])('%s are refused', (_name, phase, over, expected) => {
    const state = comeTo(phase);
    expect(give(state, on(state, 3, over))).toBe(expected);
  });

  test('are kept once, and not without end', () => {
    const state = comeTo('committed');
    give(state, on(state, 1));
    expect(give(state, on(state, 1))).toBe('a has that comment already.');
    for (let line = 2; line <= 100; line += 1) give(state, on(state, line));
    expect(give(state, on(state, 101))).toBe(
      '✗ a has 100 comments already. `weft reject a` passes them on to its agent.',
    );
  });

  test('hold an approval of everything back, and are named by one of their task', () => {
    const state = comeTo('committed');
    give(state, on(state, 1));
    expect(give(state, { kind: 'approve', task: null })).toBe(
      'Nothing else waits for approval. Not approved, for the comments: a.',
    );
    expect(give(state, { kind: 'approve', task: 'a' })).toBe(
      'a is approved and will land. Its agent is not told of the 1 comment on it.',
    );
  });

  test('say where they are', () => {
    const comment = { head: oid('h'), path: 'a b.ts', line: 1, to: 1, quote: 'x', text: 'y' };
    expect(writeComments([comment])).toBe(
      'Comments on lines of your change, as it was when it was looked at:\n\n`a b.ts:1`\n\n```\nx\n```\n\ny',
    );
  });
});

describe('a rejection', () => {
  test.each(['committed', 'queued'] as const)('sends %s work back, at no cost in attempts', (phase) => {
    const state = comeTo(phase);
    expect(find(state, 'a').charged).toBe(1);
    expect(give(state, reject('Use tabs.'))).toBe('a goes back to its agent with your words.');
    expect(find(state, 'a')).toMatchObject({ phase: 'waiting', charged: 0, approved: false, queuedAt: null });
    expect(give(state, reject('Use tabs.'))).toBe('a will be told that already.');
    expect(respawn(state).attempt).toMatchObject({ role: 'implement', guidance: ['Use tabs.'] });
  });

  test('of paused work says what holds it', () => {
    const state = play(comeTo('committed'), [{ type: 'task.paused', task: a, agent: 'finish' }]);
    expect(give(state, reject('No.'))).toContain('It is paused: `weft resume a` lets it go on.');
  });

  test('answers a question of weft’s about the work', () => {
    const state = comeTo('queued');
    play(state, [failed(state, { kind: 'ask', question: { ...question('a'), from: 'weft' } })]);
    expect(give(state, reject('Drop it.'))).toBe('a goes back to its agent with your words.');
    expect(find(state, 'a')).toMatchObject({ question: null, phase: 'waiting' });
    expect(respawn(state).attempt?.guidance.join()).toContain('Drop it.');
  });

  test('spares work that waits for its review the review', () => {
    const state = bring(
      buildState([buildTask('a')], { phases: { plan: false, review: true } }),
      'a',
      'working',
    );
    play(state, [facts.exited(state, 'a'), facts.inspected(state, 'a'), facts.verified(state, 'a')]);
    expect(find(state, 'a')).toMatchObject({ phase: 'waiting', unreviewed: true });
    expect(give(state, reject('No.'))).toBe('a goes back to its agent with your words.');
    expect(find(state, 'a').unreviewed).toBe(false);
  });

  test('needs words or comments', () => {
    expect(give(comeTo('committed'), reject(' '))).toBe(
      '✗ It is not said what is wrong with a. weft reject a "…", or `weft comment a FILE:LINE "…"` before it.',
    );
  });

  test('of work that goes back anyway, or asks, points elsewhere', () => {
    const asking = comeTo('working');
    play(asking, [facts.asked(asking, 'a')]);
    expect(give(asking, reject('No.'))).toBe(
      '✗ a asks something: there is no finished work of it yet. weft answer a "…"',
    );
    const again = comeTo('working');
    play(again, [facts.exited(again, 'a'), failed(again)]);
    expect(give(again, reject('No.'))).toBe(
      '✗ a goes back to its agent anyway. `weft guide a "…"` tells its agent something.',
    );
  });

  test.each<[Policy['merge']['strategy'], RegExp]>([
    ['merge', /`git revert -m 1 [0-9a-f]{12}` takes it back\./],
    ['squash', /`git revert [0-9a-f]{12}` takes it back\./],
    ['rebase', /`git revert [0-9a-f]{12}`, and of its commits before that one, takes it back\./],
  ])('comes too late for what has landed: %s', (strategy, expected) => {
    const said = give(comeTo('merged', { merge: { strategy } }), reject('No.'));
    expect(said).toMatch(/^✗ a is merged already: it is too late to reject it\./);
    expect(said).toMatch(expected);
  });
});
