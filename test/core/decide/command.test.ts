// What humans may ask for in each phase, and what they are told.
import { describe, expect, test } from 'vitest';
import { type Command, judgeCommand } from '../../../src/core/decide/command.ts';
import { type Phase, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, facts, play, question } from '../build.ts';

const a = taskId('a');
const KINDS = [
  'guide',
  'reject',
  'approve',
  'pause',
  'unpause',
  'stop',
  'restart',
  'cancel',
  'done',
] as const;
const PHASES: readonly Phase[] = [
  'waiting',
  'spawned',
  'working',
  'verifying',
  'committed',
  'queued',
  'merged',
  'failed',
  'cancelled',
];

function comeTo(phase: Phase): RunState {
  const state = buildState([buildTask('a'), buildTask('b', { after: ['a'] })], { integrate: 'human' });
  if (phase === 'failed') {
    bring(state, 'a', 'working');
    return play(state, [{ type: 'task.failed', task: a, cause: 'agent-crashed', sentence: 'It crashed.' }]);
  }
  if (phase === 'cancelled') return play(state, [{ type: 'task.cancelled', task: a }]);
  return bring(state, 'a', phase);
}

/** The facts by type and the sentence, or the refusal. */
function say(state: RunState, command: Command): string {
  const judged = judgeCommand(state, command);
  if (judged.ok) {
    const types = judged.value.events.map((event) => event.type).join(', ');
    return `${types === '' ? 'nothing' : types} | ${judged.value.sentence}`;
  }
  const { kind, sentence, hint } = judged.failure;
  return `${kind} ✗ ${sentence}${hint === undefined ? '' : ` (${hint})`}`;
}

function give(state: RunState, kind: (typeof KINDS)[number], task = 'a'): string {
  return say(
    state,
    kind === 'guide' || kind === 'reject' ? { kind, task, text: 'use tabs' } : ({ kind, task } as Command),
  );
}

describe('each command in each phase', () => {
  test('is accepted, or refused in a sentence', () => {
    const table = KINDS.map((kind) => {
      const rows = PHASES.map((phase) => `  ${phase}: ${give(comeTo(phase), kind)}`);
      return [kind, ...rows].join('\n');
    });
    expect(table.join('\n')).toMatchInlineSnapshot(`
      "guide
        waiting: guidance.given | a will be told.
        spawned: guidance.given | a will be told.
        working: guidance.given | a is told in its next attempt: this agent does not listen while it works.
        verifying: guidance.given | a will be told.
        committed: guidance.given | a will be told.
        queued: guidance.given | a will be told.
        merged: usage ✗ a is merged already.
        failed: usage ✗ a has failed already. (weft restart a starts it anew.)
        cancelled: usage ✗ a is cancelled already. (weft restart a starts it anew.)
      reject
        waiting: usage ✗ a is waiting: there is nothing finished to reject. (\`weft guide a "…"\` tells its agent something.)
        spawned: usage ✗ a is spawned: there is nothing finished to reject. (\`weft guide a "…"\` tells its agent something.)
        working: usage ✗ a is working: there is nothing finished to reject. (\`weft guide a "…"\` tells its agent something.)
        verifying: usage ✗ a is verifying: there is nothing finished to reject. (\`weft guide a "…"\` tells its agent something.)
        committed: guidance.given | a goes back to its agent with your words.
        queued: guidance.given | a goes back to its agent with your words.
        merged: usage ✗ a is merged already: it is too late to reject it. (\`git revert 4802fa1d4802\` takes it back. What comes instead of it needs a task of its own.)
        failed: usage ✗ a has failed already. (weft restart a starts it anew.)
        cancelled: usage ✗ a is cancelled already. (weft restart a starts it anew.)
      approve
        waiting: usage ✗ a is waiting: there is nothing verified to approve yet.
        spawned: usage ✗ a is spawned: there is nothing verified to approve yet.
        working: usage ✗ a is working: there is nothing verified to approve yet.
        verifying: usage ✗ a is verifying: there is nothing verified to approve yet.
        committed: task.approved | a is approved and will land.
        queued: task.approved | a is approved and will land.
        merged: usage ✗ a is merged already.
        failed: usage ✗ a has failed already. (weft restart a starts it anew.)
        cancelled: usage ✗ a is cancelled already. (weft restart a starts it anew.)
      pause
        waiting: task.paused | a takes no further step until \`weft resume a\`.
        spawned: task.paused | a takes no further step until \`weft resume a\`.
        working: task.paused | a takes no further step until \`weft resume a\`.
        verifying: task.paused | a takes no further step until \`weft resume a\`.
        committed: task.paused | a takes no further step until \`weft resume a\`.
        queued: task.paused | a takes no further step until \`weft resume a\`.
        merged: usage ✗ a is merged already.
        failed: usage ✗ a has failed already. (weft restart a starts it anew.)
        cancelled: usage ✗ a is cancelled already. (weft restart a starts it anew.)
      unpause
        waiting: nothing | a is not paused (is about to start).
        spawned: nothing | a is not paused (its worktree is being made).
        working: nothing | a is not paused (at work).
        verifying: nothing | a is not paused (its work is being looked at).
        committed: nothing | a is not paused (is verified and waits for \`weft approve a\`).
        queued: nothing | a is not paused (is next to land).
        merged: usage ✗ a is merged already.
        failed: usage ✗ a has failed already. (weft restart a starts it anew.)
        cancelled: usage ✗ a is cancelled already. (weft restart a starts it anew.)
      stop
        waiting: task.paused | a: it is paused; \`weft resume a\` goes on.
        spawned: task.paused | a: its agent is being stopped, its work is kept; \`weft resume a\` goes on.
        working: task.paused | a: its agent is being stopped, its work is kept; \`weft resume a\` goes on.
        verifying: task.paused | a: it is paused; \`weft resume a\` goes on.
        committed: task.paused | a: it is paused; \`weft resume a\` goes on.
        queued: task.paused | a: it is paused; \`weft resume a\` goes on.
        merged: usage ✗ a is merged already.
        failed: usage ✗ a has failed already. (weft restart a starts it anew.)
        cancelled: usage ✗ a is cancelled already. (weft restart a starts it anew.)
      restart
        waiting: task.restarted | a starts anew.
        spawned: task.restarted | a starts anew; what it had done is kept under a rescue ref.
        working: task.restarted | a starts anew; what it had done is kept under a rescue ref.
        verifying: task.restarted | a starts anew; what it had done is kept under a rescue ref.
        committed: task.restarted | a starts anew; what it had done is kept under a rescue ref.
        queued: task.restarted | a starts anew; what it had done is kept under a rescue ref.
        merged: usage ✗ a is merged already.
        failed: task.restarted | a starts anew; what it had done is kept under a rescue ref.
        cancelled: task.restarted | a starts anew.
      cancel
        waiting: task.cancelled | a is cancelled. 1 task depends on it.
        spawned: task.cancelled | a is cancelled. 1 task depends on it.
        working: task.cancelled | a is cancelled. 1 task depends on it.
        verifying: task.cancelled | a is cancelled. 1 task depends on it.
        committed: task.cancelled | a is cancelled. 1 task depends on it.
        queued: task.cancelled | a is cancelled. 1 task depends on it.
        merged: usage ✗ a is merged already.
        failed: usage ✗ a has failed already. (weft restart a starts it anew.)
        cancelled: usage ✗ a is cancelled already. (weft restart a starts it anew.)
      done
        waiting: usage ✗ a is waiting: there is no worktree of yours to take over.
        spawned: usage ✗ a is spawned: there is no worktree of yours to take over.
        working: usage ✗ a is working: there is no worktree of yours to take over.
        verifying: usage ✗ a is verifying: there is no worktree of yours to take over.
        committed: usage ✗ a is committed: there is no worktree of yours to take over.
        queued: usage ✗ a is queued: there is no worktree of yours to take over.
        merged: usage ✗ a is merged already.
        failed: usage ✗ a has failed already. (weft restart a starts it anew.)
        cancelled: usage ✗ a is cancelled already. (weft restart a starts it anew.)"
    `);
  });

  test('guidance for a human’s own task would be heard by nobody', () => {
    const state = buildState([buildTask('a', { type: 'manual' })]);
    expect(give(state, 'guide')).toBe("usage ✗ a is a human's to do: no agent would hear it.");
  });

  test.each(PHASES)('judging changes nothing: %s', (phase) => {
    const state = comeTo(phase);
    const before = JSON.stringify([...state.tasks.values()]);
    for (const kind of KINDS) give(state, kind);
    expect(JSON.stringify([...state.tasks.values()])).toBe(before);
  });
});

describe('what depends on more than the phase', () => {
  test('a landing under way cannot be called back', () => {
    const state = comeTo('queued');
    play(state, [facts.built('a'), facts.candidateVerified('a')]);
    for (const kind of ['restart', 'cancel', 'guide'] as const) {
      expect(give(state, kind)).toBe(
        'usage ✗ a is landing right now. (What comes after it needs a task of its own.)',
      );
    }
    play(state, [{ type: 'task.paused', task: a, agent: 'finish' }]);
    expect(give(state, 'cancel')).toBe('task.cancelled | a is cancelled. 1 task depends on it.');
  });

  test('pause and unpause say when there is nothing to do', () => {
    const state = comeTo('working');
    expect(give(state, 'unpause')).toBe('nothing | a is not paused (at work).');
    play(state, [{ type: 'task.paused', task: a, agent: 'finish' }]);
    expect(give(state, 'pause')).toBe('nothing | a is paused already.');
    expect(give(state, 'unpause')).toBe('task.unpaused | a goes on.');
  });

  test('approve says when it is approved already', () => {
    const state = play(comeTo('committed'), [{ type: 'task.approved', task: a }]);
    expect(give(state, 'approve')).toBe('nothing | a is approved already.');
  });

  test('done takes over a worktree that exists and is not being cleared away', () => {
    const state = comeTo('working');
    play(state, [facts.asked(state, 'a'), facts.exited(state, 'a')]);
    expect(give(state, 'done')).toBe('task.done | a: what is in its worktree is checked now.');
    play(state, [{ type: 'task.restarted', task: a }]);
    expect(give(state, 'done')).toMatch(/^usage ✗/);
  });

  test('done on a human’s own task waits for its dependencies', () => {
    const state = buildState([buildTask('a', { type: 'manual', after: ['b'] }), buildTask('b')]);
    expect(give(state, 'done')).toBe('blocked ✗ a still waits for other tasks. (weft explain a says which.)');
    bring(state, 'b', 'merged');
    expect(give(state, 'done')).toBe('task.done | a is done.');
  });
});

describe('the whole run', () => {
  test.each<[string, Command, string]>([
    ['drain', { kind: 'drain' }, 'run.stopping | No new task starts; what is at work is finished.'],
    ['pause', { kind: 'pause', task: null }, 'run.paused | No new task starts until `weft resume`.'],
    ['unpause', { kind: 'unpause', task: null }, 'run.unpaused | Tasks start again.'],
    [
      'stop',
      { kind: 'stop', task: null },
      'run.stopping | The agents are being stopped; `weft resume` goes on from here.',
    ],
    ['approve', { kind: 'approve', task: null }, 'nothing | Nothing waits for approval.'],
  ])('%s', (_name, command, expected) => {
    expect(say(comeTo('working'), command)).toBe(expected);
  });

  test('approve --all approves what is verified', () => {
    expect(say(comeTo('committed'), { kind: 'approve', task: null })).toBe('task.approved | Approved: a.');
  });
});

describe('names', () => {
  const state = buildState([buildTask('api'), buildTask('api-tests'), buildTask('docs')]);
  test.each([
    ['d', 'task.paused | docs takes'],
    ['api', 'task.paused | api takes'],
    ['ap', 'usage ✗ There is no task ap in run r1. (weft status lists the tasks.)'],
    ['x', 'usage ✗ There is no task x in run r1.'],
    ['', 'usage ✗ There is no task  in run r1.'],
  ])('%j', (name, expected) => {
    expect(say(state, { kind: 'pause', task: name })).toContain(expected);
  });
});

describe('answers', () => {
  const options = [
    { label: 'Tokens.', then: 'retry' },
    { label: 'I do it.', then: 'hold' },
    { label: 'Leave it.', then: 'give-up' },
  ] as const;
  const asking = (): RunState => {
    const state = comeTo('working');
    return play(state, [{ ...facts.asked(state, 'a'), question: question('a', 'Which?', options) } as never]);
  };
  const answer = (option: number | null, text = ''): Command => ({ kind: 'answer', task: 'a', option, text });

  test.each<[string, Command, string]>([
    ['by number', answer(1), 'question.answered | a goes on with your answer.'],
    ['by a text', answer(null, 'cookies'), 'question.answered | a goes on with your answer.'],
    ['hold', answer(2), 'question.answered | a is yours: work in /repo.weft/r1/a, then `weft done a`.'],
    ['give up', answer(3), 'question.answered | a is given up.'],
    [
      'a number too high',
      answer(4),
      'usage ✗ Question a/1 has no option 4. (1 Tokens. · 2 I do it. · 3 Leave it.)',
    ],
    ['a number too low', answer(0), 'usage ✗ Question a/1 has no option 0.'],
    ['nothing', answer(null, ' '), 'usage ✗ The answer is empty. (weft answer a 1, or a text of your own.)'],
    ['too much', answer(null, 'x'.repeat(65_537)), 'usage ✗ The answer is longer than 65536 characters.'],
  ])('%s', (_name, command, expected) => {
    expect(say(asking(), command)).toContain(expected);
  });

  test('the answer carries the label and what was added', () => {
    const judged = judgeCommand(asking(), answer(1, 'but short-lived'));
    expect(judged.ok && judged.value.events).toMatchObject([
      { id: 'a/1', text: 'Tokens. but short-lived', then: 'retry' },
    ]);
  });

  test.each<[string, string, object]>([
    ['a number with words', '2: until Monday', { text: 'I do it. until Monday', then: 'hold' }],
    ['a number in words', '3.', { text: 'Leave it.', then: 'give-up' }],
    ['words that begin with a number', '2 files are enough', { text: '2 files are enough', then: 'retry' }],
    ['a number of nothing', '4: more', { text: '4: more', then: 'retry' }],
    ['nought', '0: none', { text: '0: none', then: 'retry' }],
  ])('%s', (_name, text, expected) => {
    const judged = judgeCommand(asking(), answer(null, text));
    expect(judged.ok && judged.value.events).toMatchObject([expected]);
  });

  test.each<[string, Command, string]>([
    ['a number', answer(2), '2'],
    ['a number and words', answer(2, 'or so'), '2 or so'],
    ['a list', answer(null, '1: one'), '1: one'],
  ])('where there is nothing to choose from, %s is words', (_name, command, text) => {
    const judged = judgeCommand(open(), command);
    expect(judged.ok && judged.value.events).toMatchObject([{ text, then: 'retry' }]);
  });

  const guide: Command = { kind: 'guide', task: 'a', text: 'cookies' };
  const open = (from: 'agent' | 'weft' = 'agent', choices: typeof options | [] = []): RunState => {
    const state = comeTo('working');
    const asked = { ...question('a', 'Which?', choices), from };
    return play(state, [{ ...facts.asked(state, 'a'), question: asked } as never]);
  };

  test('guidance for one who asks is the answer', () => {
    for (const state of [open(), open('weft', options)])
      expect(say(state, guide)).toBe('question.answered | a gets your answer.');
  });

  test('guidance for an agent that waits for a choice is kept, and told after the answer', () => {
    const state = asking();
    const judged = judgeCommand(state, guide);
    expect(say(state, guide)).toBe(
      'guidance.given | a waits for your choice, and will be told after it: `weft answer a 1`, another number or your own words (1 Tokens. · 2 I do it. · 3 Leave it.).',
    );
    const later = play(state, judged.ok ? judged.value.events : []);
    expect(later.tasks.get('a' as never)).toMatchObject({ question: { id: 'a/1' }, guidance: ['cookies'] });
    expect(say(later, guide)).toBe('nothing | a will be told that already.');
    const answered = judgeCommand(later, answer(1));
    const last = play(later, answered.ok ? answered.value.events : []);
    expect(last.tasks.get('a' as never)).toMatchObject({
      question: null,
      guidance: ['cookies', 'Question: Which?\nAnswer: Tokens.'],
    });
  });

  test('there has to be a question', () => {
    expect(say(comeTo('working'), answer(1))).toBe(
      'usage ✗ a has no open question. (weft status lists the open ones.)',
    );
  });

  test.each([
    ['empty', ' \n', 'usage ✗ The guidance is empty.'],
    ['endless', 'x'.repeat(65_537), 'usage ✗ The guidance is longer than 65536 characters.'],
  ])('guidance that is %s is refused', (_name, text, expected) => {
    expect(say(comeTo('working'), { kind: 'guide', task: 'a', text })).toBe(expected);
  });
});
