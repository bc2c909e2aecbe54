// Commands that wait for an engine: read back, and shown.
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/core/decide/command.ts';
import type { Event } from '../../src/core/event.ts';
import { taskId } from '../../src/core/model.ts';
import { addPending, parseCommand } from '../../src/core/pending.ts';
import { type RunView, viewRun } from '../../src/core/view.ts';
import { bring, buildState, buildTask, facts, hash, play } from './build.ts';

function viewOf(): RunView {
  const state = buildState([buildTask('a'), buildTask('b'), buildTask('c')], { integrate: 'human' });
  bring(state, 'a', 'committed');
  bring(state, 'b', 'working');
  play(state, [facts.asked(state, 'b'), facts.exited(state, 'b')]);
  play(state, [{ type: 'run.rested', outcome: 'blocked' } satisfies Event]);
  return viewRun(state, state.ms);
}

test.each<[string, boolean]>([
  ['{"kind":"approve","task":null}', true],
  ['{"kind":"done","task":"a"}', true],
  ['{"kind":"done","task":null}', false],
  ['{"kind":"done"}', false],
  ['{"kind":"approve","task":"a"}', true],
  ['{"kind":"approve"}', false],
  ['{"kind":"pause","task":null}', true],
  ['{"kind":"unpause","task":"a"}', true],
  ['{"kind":"stop","task":7}', false],
  ['{"kind":"stop","task":null}', true],
  ['{"kind":"restart","task":"a"}', true],
  ['{"kind":"cancel","task":"a"}', true],
  ['{"kind":"explode","task":"a"}', false],
  ['{"kind":7,"task":"a"}', false],
  ['{"task":"a"}', false],
  ['null', false],
  ['{"kind":"answer","task":"a","option":1,"text":""}', true],
  ['{"kind":"answer","task":"a","option":1.5,"text":""}', false],
  ['{"kind":"answer","task":"a","option":null,"text":""}', true],
  ['{"kind":"answer","task":"a","text":""}', false],
  ['{"kind":"answer","task":"a","option":1}', false],
  ['{"kind":"guide","task":"a"}', false],
  ['{"kind":"guide","task":"a","text":"Go on."}', true],
  ['{"kind":"reject","task":"a","text":""}', true],
  ['{"kind":"reject","task":"a"}', false],
  [
    '{"kind":"comment","task":"a","comment":{"head":"c","path":"a.ts","line":1,"to":2,"quote":"","text":"x"}}',
    true,
  ],
  [
    '{"kind":"comment","task":"a","comment":{"head":"c","path":"a.ts","line":2,"to":1,"quote":"","text":"x"}}',
    false,
  ],
  ['{"kind":"comment","task":"a","comment":{"head":"c","path":"a.ts","line":1,"to":1,"quote":""}}', false],
  ['{"kind":"comment","task":"a","comment":null}', false],
  ['{"kind":"drain"}', true],
  ['{"kind":"dr', false],
  ['7', false],
])('%s is a command: %s', (text, expected) => {
  expect(parseCommand(text) !== null).toBe(expected);
});

describe('shown', () => {
  const show = (...commands: readonly Command[]): readonly unknown[] =>
    addPending(viewOf(), commands).tasks.map(({ id, reason, question, pending }) =>
      [id, reason, question !== undefined, pending?.join(' ') ?? ''].join(' | '),
    );

  test('nothing changes without any', () => {
    expect(addPending(viewOf(), [])).toEqual(viewOf());
  });

  test('at the tasks they are for', () => {
    expect(show({ kind: 'approve', task: 'a' }, { kind: 'pause', task: null })).toMatchInlineSnapshot(`
      [
        "a | approved; \`weft resume\` takes it up | false | approve",
        "b | needs an answer: Which one? | true | ",
        "c | is about to start | false | ",
      ]
    `);
    expect(addPending(viewOf(), [{ kind: 'pause', task: null }]).pending).toBe(1);
  });

  test('an approval of all, and an answer', () => {
    expect(
      show({ kind: 'approve', task: null }, { kind: 'answer', task: 'b', option: 1, text: '' }),
    ).toMatchInlineSnapshot(`
      [
        "a | approved; \`weft resume\` takes it up | false | approve",
        "b | answered; \`weft resume\` takes it up | false | answer",
        "c | is about to start | false | ",
      ]
    `);
  });

  test('an approval of all, but for what somebody commented on before', () => {
    const of = { head: hash('c'), path: 'a.ts', line: 1, to: 1, quote: '', text: 'x' };
    const comment: Command = { kind: 'comment', task: 'a', comment: of };
    const all: Command = { kind: 'approve', task: null };
    const [before] = addPending(viewOf(), [comment, all]).tasks;
    expect(before).toMatchObject({ awaits: 'approval', comments: 1, pending: ['comment'] });
    const [after] = addPending(viewOf(), [all, comment]).tasks;
    expect(after?.reason).toBe('approved; `weft resume` takes it up');
    const state = bring(buildState([buildTask('a')], { integrate: 'human' }), 'a', 'committed');
    play(state, [{ type: 'comment.given', task: taskId('a'), comment: of }]);
    const [known] = addPending(viewRun(state, state.ms), [all]).tasks;
    expect(known).toMatchObject({ awaits: 'approval', comments: 1 });
    expect(known?.pending).toBeUndefined();
  });

  test('by the beginning of an id', () => {
    const state = buildState([buildTask('api-auth'), buildTask('api-limit')], { integrate: 'human' });
    bring(state, 'api-auth', 'committed');
    const commands = ['api-a', 'api-'].map((task): Command => ({ kind: 'approve', task }));
    const { tasks } = addPending(viewRun(state, state.ms), commands);
    expect(tasks.map(({ pending }) => pending)).toEqual([['approve'], undefined]);
  });

  test.each<[Command['kind'], string]>([
    ['guide', 'guidance given'],
    ['unpause', 'let go on'],
    ['stop', 'to be stopped'],
    ['restart', 'to start anew'],
    ['cancel', 'to be cancelled'],
    ['done', 'said to be done'],
  ])('%s', (kind, words) => {
    const shown = addPending(viewOf(), [{ kind, task: 'c', text: '' } as Command]);
    expect(shown.tasks[2]?.reason).toBe(`${words}; \`weft resume\` takes it up`);
    expect(shown.tasks[1]).toEqual(viewOf().tasks[1]);
  });

  test('the last of several is what is said, and all are kept', () => {
    const shown = show({ kind: 'pause', task: 'b' }, { kind: 'cancel', task: 'b' }, { kind: 'drain' });
    expect(shown[1]).toBe('b | to be cancelled; `weft resume` takes it up | false | pause cancel');
    expect(addPending(viewOf(), [{ kind: 'unpause', task: 'b' }]).tasks[1]?.awaits).toBe('answer');
    expect(addPending(viewOf(), [{ kind: 'cancel', task: 'b' }]).tasks[1]?.awaits).toBeUndefined();
    expect(show({ kind: 'stop', task: null })).toEqual(show({ kind: 'pause', task: null }));
  });

  test('a question stays one while its task is only paused', () => {
    expect(show({ kind: 'pause', task: 'b' })[1]).toMatchInlineSnapshot(
      `"b | to be paused; \`weft resume\` takes it up | true | pause"`,
    );
  });
});
