// How an agent is stopped and what it asks before it acts, and that no line of it does harm.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACP,
  cancelled,
  HANDSHAKE,
  inTurn,
  OPTIONS,
  over,
  prompt,
  selected,
  update,
  wish,
} from './fixtures/acp-steps.ts';
import { openTalk, type Talk } from './fixtures/talk.ts';

describe('an interruption', () => {
  it('stops the turn and what it asked, and allows nothing more', () => {
    const talk = inTurn({ approvals: 'ask' });
    talk.take(wish('p', { title: 'Run' }));
    talk.news();
    talk.interrupt();
    expect(talk.sent()).toEqual([{ method: 'session/cancel', params: { sessionId: 's' } }, cancelled('p')]);
    expect(talk.news()).toEqual([{ kind: 'asks-no-more', id: 'p' }]);
    talk.take(wish('q', { title: 'Run' }));
    expect(talk.sent()).toEqual([cancelled('q')]);
    talk.take({ id: 3, error: { code: -32_603, message: 'aborted' } });
    expect(talk.news()).toEqual([over('interrupted', 'It was interrupted.')]);
  });

  it('goes on with what was said after it, and not with what was said before', () => {
    const said = (after: boolean): Talk => {
      const talk = inTurn();
      if (!after) talk.say({ number: 1, text: 'Left.' });
      talk.interrupt();
      if (after) talk.say({ number: 1, text: 'Left.' });
      talk.sent();
      talk.take({ id: 3, result: { stopReason: 'cancelled' } });
      return talk;
    };
    expect(said(true).sent()).toEqual([prompt(4, 'Left.')]);
    expect(said(false).sent()).toEqual([]);
  });

  it('keeps the first turn from starting, and means nothing when none is under way', () => {
    const talk = openTalk(ACP);
    talk.begin();
    talk.interrupt();
    talk.take(HANDSHAKE);
    talk.sent();
    talk.take({ id: 2, result: { sessionId: 's' } });
    talk.interrupt();
    expect(talk.sent()).toEqual([]);
    expect(talk.news()).toEqual([{ kind: 'session', id: 's' }, over('interrupted', 'It was interrupted.')]);
    talk.say({ number: 1, text: 'Now.' });
    expect(talk.sent()).toEqual([prompt(3, 'Do it.\n\nNow.')]);
  });
});

describe('what it asks leave for', () => {
  const edit = (path: string): object => ({
    toolCallId: 'c',
    title: 'Edit',
    kind: 'edit',
    locations: [{ path }],
  });

  const alone: readonly [string, object, unknown, object][] = [
    ['a command', { title: 'Run', kind: 'execute' }, OPTIONS, selected(7, 'y')],
    ['a change', edit('a'), OPTIONS, selected(7, 'y')],
    ['a change out of bounds', edit('forbidden'), OPTIONS, selected(7, 'n')],
    [
      'a change by its difference',
      { title: 'Edit', content: [{ type: 'diff', path: '/w/forbidden', newText: '' }] },
      OPTIONS,
      selected(7, 'n'),
    ],
    ['a look out of bounds', { kind: 'read', locations: [{ path: 'forbidden' }] }, OPTIONS, selected(7, 'y')],
    ['only for good', edit('a'), [OPTIONS[2], OPTIONS[1]], selected(7, 'a')],
    ['nothing to allow with', edit('a'), [OPTIONS[2]], cancelled(7)],
    ['nothing to refuse with', edit('forbidden'), [OPTIONS[0]], cancelled(7)],
    ['no options', edit('a'), 'odd', cancelled(7)],
  ];
  for (const [name, call, options, answer] of alone) {
    it(`is answered alone: ${name}`, () => {
      const talk = inTurn();
      talk.take(wish(7, call, options));
      expect(talk.sent()).toEqual([answer]);
      expect(talk.news().some(({ kind }) => kind === 'asks')).toBe(false);
    });
  }

  it('is judged by all that was said of the call', () => {
    const talk = inTurn();
    update(talk, { sessionUpdate: 'tool_call', ...edit('forbidden') });
    talk.take(wish(7, { toolCallId: 'c' }));
    expect(talk.sent()).toEqual([selected(7, 'n')]);
  });

  it('is refused, and the reason comes with the next prompt', () => {
    const talk = inTurn({ approvals: 'ask' });
    talk.take(wish(7, edit('forbidden')));
    talk.take(wish(8, edit('forbidden')));
    talk.say({ number: 1, text: 'Hurry.' });
    talk.sent();
    talk.take({ id: 3, result: { stopReason: 'cancelled' } });
    expect(talk.sent()).toEqual([prompt(4, 'forbidden is not yours.\n\nHurry.')]);
  });

  it('is explained so often, and no more', () => {
    const talk = inTurn();
    let prompts = 1;
    for (let id = 3; id < 30; id += 1) {
      talk.take(wish(`w${id}`, edit('forbidden')));
      talk.take({ id, result: { stopReason: 'end_turn' } });
      prompts += talk.sent().filter(({ method }) => method === 'session/prompt').length;
    }
    expect(prompts).toBe(6);
    expect(talk.news().filter(({ kind }) => kind === 'turn-over')).toEqual([over(null, '')]);
  });

  const replies: readonly [number | null, string, string][] = [
    [0, '', 'y'],
    [1, '', 'n'],
    [9, '', 'n'],
    [null, 'Rather not.', 'n'],
  ];
  for (const [choice, text, option] of replies) {
    it(`is asked of people: ${choice ?? text}`, () => {
      const talk = inTurn({ approvals: 'ask' });
      talk.take(wish(7, edit('a')));
      expect(talk.news().at(-1)).toEqual({
        kind: 'asks',
        ask: { id: '7', text: 'May it do this? Edit a', labels: ['Yes', 'No'] },
      });
      talk.reply('7', { choice, text });
      talk.reply('7', { choice: 0, text: '' });
      expect(talk.sent()).toEqual([selected(7, option)]);
      talk.take({ id: 3, result: { stopReason: 'end_turn' } });
      expect(talk.sent()).toEqual(text === '' ? [] : [prompt(4, text)]);
    });
  }

  it('is asked each time, unless it can only be allowed for good', () => {
    const talk = inTurn({ approvals: 'ask' });
    talk.take(wish(7, edit('a'), [OPTIONS[1], OPTIONS[2]]));
    expect(talk.news().at(-1)).toMatchObject({ ask: { labels: ['Always', 'No'] } });
  });

  it('is over with the turn', () => {
    const talk = inTurn({ approvals: 'ask' });
    talk.take(wish(7, edit('a')));
    talk.news();
    talk.take({ id: 3, result: { stopReason: 'end_turn' } });
    expect(talk.news()).toEqual([{ kind: 'asks-no-more', id: '7' }, over(null, '')]);
    talk.take(wish(8, edit('a')));
    expect(talk.sent()).toEqual([cancelled(7), cancelled(8)]);
  });
});

it('takes any line without harm', () => {
  const odd = fc.jsonValue();
  const kinds = ['tool_call', 'tool_call_update', 'agent_message_chunk', 'usage_update', 'plan'];
  const anyUpdate = fc.record({
    sessionUpdate: fc.constantFrom(...kinds),
    toolCallId: odd,
    title: odd,
    kind: odd,
    content: odd,
    locations: odd,
    cost: odd,
    status: fc.constantFrom('failed', 'completed'),
  });
  const params = fc.record({
    update: fc.oneof(anyUpdate, odd),
    toolCall: fc.oneof(anyUpdate, odd),
    options: odd,
  });
  const message = fc.record(
    {
      id: fc.oneof(odd, fc.integer({ min: 1, max: 5 })),
      method: fc.constantFrom('session/update', 'session/request_permission', 'fs/read_text_file', undefined),
      params: fc.oneof(params, odd),
      result: odd,
      error: fc.oneof(odd, fc.constant(undefined)),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 30 }),
      fc.constantFrom('auto', 'ask'),
      (messages, approvals) => {
        const talk = inTurn({ approvals });
        for (const each of messages) talk.take(each);
        expect(talk.sent().length).toBeLessThanOrEqual(2 * messages.length);
      },
    ),
  );
});
