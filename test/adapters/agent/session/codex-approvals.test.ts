// What Codex asks before it acts, and that no line of it does harm.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inTurn, item, report, textInput } from './fixtures/codex-steps.ts';
import type { Talk } from './fixtures/talk.ts';

describe('what it asks leave for', () => {
  const command = {
    id: 7,
    method: 'item/commandExecution/requestApproval',
    params: { command: 'make', reason: 'why' },
  };
  const change = { id: 8, method: 'item/fileChange/requestApproval', params: { itemId: 'c' } };
  const rights = (write: readonly unknown[], entries: readonly unknown[] = []) => ({
    id: 9,
    method: 'item/permissions/requestApproval',
    params: { permissions: { network: null, fileSystem: { read: null, write, entries } } },
  });
  const call = (kind: string) => ({
    id: 10,
    method: 'mcpServer/elicitation/request',
    params: { message: 'May it?', _meta: { codex_approval_kind: kind } },
  });
  const noteChange = (talk: Talk, path: string): void => {
    item(talk, 'started', { type: 'fileChange', id: 'c', changes: [{ path, kind: { type: 'add' } }] });
    talk.news();
  };
  const given = { fileSystem: { read: null, write: ['/w/a'], entries: [] } };

  const alone: readonly [string, string, object, object][] = [
    ['a command', 'a', command, { decision: 'accept' }],
    ['a change', 'a', change, { decision: 'accept' }],
    ['a change out of bounds', 'forbidden', change, { decision: 'decline' }],
    ['rights', 'a', rights(['/w/a']), { permissions: given, scope: 'turn' }],
    ['rights out of bounds', 'a', rights(['/forbidden']), { permissions: {}, scope: 'turn' }],
    [
      'rights by pattern',
      'a',
      rights([], [{ access: 'write', path: { type: 'glob_pattern', pattern: '**' } }]),
      { permissions: {}, scope: 'turn' },
    ],
    ['a call of a tool', 'a', call('mcp_tool_call'), { action: 'accept', content: {}, _meta: null }],
    ['a form', 'a', call('form'), { action: 'decline', content: null, _meta: null }],
  ];
  for (const [name, path, message, result] of alone) {
    it(`is answered alone: ${name}`, () => {
      const talk = inTurn();
      noteChange(talk, path);
      talk.take({ ...message });
      expect(talk.sent().at(-1)).toMatchObject({ result });
      expect(talk.news()).toEqual([]);
    });
  }

  it('is refused with the reason first', () => {
    const talk = inTurn({ approvals: 'ask' });
    noteChange(talk, '/w/forbidden');
    talk.take(change);
    expect(talk.sent()).toEqual([
      {
        id: 4,
        method: 'turn/steer',
        params: { threadId: 't', expectedTurnId: 'u1', input: textInput('/w/forbidden is not yours.') },
      },
      { id: 8, result: { decision: 'decline' } },
    ]);
  });

  it('is refused when it is a change of nobody knows what', () => {
    const talk = inTurn();
    talk.take(change);
    expect(talk.sent().at(-1)).toEqual({ id: 8, result: { decision: 'decline' } });
  });

  it('is judged by the latest form of a change', () => {
    const talk = inTurn();
    noteChange(talk, 'a');
    report(talk, 'item/fileChange/patchUpdated', { itemId: 'c', changes: [{ path: 'forbidden' }] });
    talk.take(change);
    expect(talk.sent().at(-1)).toEqual({ id: 8, result: { decision: 'decline' } });
  });

  const replies: readonly [number | null, string, string][] = [
    [0, '', 'accept'],
    [1, '', 'acceptForSession'],
    [2, '', 'decline'],
    [null, 'Rather not.', 'decline'],
  ];
  for (const [choice, text, decision] of replies) {
    it(`is asked of people: ${choice ?? text}`, () => {
      const talk = inTurn({ approvals: 'ask' });
      talk.take(command);
      const labels = ['Allow it.', 'Allow it, and the like of it from now on.', 'Refuse it.'];
      const leave = '["item/commandExecution/requestApproval",{"command":"make"},null]';
      expect(talk.news()).toEqual([
        { kind: 'asks', ask: { id: '7', text: 'May it run this? make why', labels, leave } },
      ]);
      talk.reply('7', { choice, text });
      talk.reply('7', { choice: 0, text: '' });
      const sent = talk.sent();
      expect(sent.at(-1)).toEqual({ id: 7, result: { decision } });
      expect(sent).toHaveLength(text === '' ? 1 : 2);
    });
  }

  it('is not waited for any more', () => {
    const talk = inTurn({ approvals: 'ask' });
    talk.take(command);
    talk.news();
    report(talk, 'serverRequest/resolved', { requestId: 7 });
    report(talk, 'serverRequest/resolved', { requestId: 7 });
    expect(talk.news()).toEqual([{ kind: 'asks-no-more', id: '7' }]);
    talk.reply('7', { choice: 0, text: '' });
    expect(talk.sent()).toEqual([]);
  });

  it('is refused when too much is open', () => {
    const talk = inTurn({ approvals: 'ask' });
    for (let id = 0; id < 40; id += 1) talk.take({ ...command, id });
    expect(talk.news()).toHaveLength(32);
    expect(talk.sent().filter((message) => 'result' in message)).toHaveLength(8);
  });

  it('is a question with options', () => {
    const talk = inTurn();
    const options = [{ label: 'A' }, { label: 'B' }];
    const questions = [{ id: 'q', question: 'Which?', options }];
    talk.take({ id: 'r', method: 'item/tool/requestUserInput', params: { questions } });
    expect(talk.news()).toEqual([{ kind: 'asks', ask: { id: 'r', text: 'Which?', labels: ['A', 'B'] } }]);
    talk.reply('r', { choice: 1, text: 'since it is red' });
    expect(talk.sent()).toEqual([
      { id: 'r', result: { answers: { q: { answers: ['B', 'since it is red'] } } } },
    ]);
  });

  it('is several questions as one', () => {
    const talk = inTurn();
    const questions = [
      { id: 'p', question: 'Who?', options: [{ label: 'I' }] },
      { id: 'q', question: 'Where?' },
    ];
    talk.take({ id: 1, method: 'item/tool/requestUserInput', params: { questions } });
    expect(talk.news()).toEqual([
      { kind: 'asks', ask: { id: '1', text: 'Who? (I)\nWhere? ()', labels: [] } },
    ]);
    talk.reply('1', { choice: null, text: 'You, here.' });
    const answers = ['You, here.'];
    expect(talk.sent()).toEqual([{ id: 1, result: { answers: { p: { answers }, q: { answers } } } }]);
  });
});

it('takes any line without harm', () => {
  const methods = [
    'turn/started',
    'turn/completed',
    'item/started',
    'item/completed',
    'error',
    'account/rateLimits/updated',
    'thread/tokenUsage/updated',
    'serverRequest/resolved',
    'item/fileChange/requestApproval',
    'item/permissions/requestApproval',
    'item/tool/requestUserInput',
    'mcpServer/elicitation/request',
  ];
  const types = ['userMessage', 'agentMessage', 'commandExecution', 'fileChange', 'mcpToolCall'];
  const odd = fc.jsonValue();
  const oddItem = fc.record({
    type: fc.constantFrom(...types),
    status: fc.constantFrom('failed', 'x'),
    changes: odd,
    error: odd,
  });
  const params = fc.record(
    {
      threadId: fc.constant('t'),
      turn: fc.oneof(odd, fc.record({ id: odd, status: odd, error: odd, items: odd })),
      item: fc.oneof(odd, oddItem),
      error: odd,
      permissions: odd,
      questions: odd,
      tokenUsage: odd,
      rateLimits: fc.oneof(odd, fc.record({ primary: odd })),
      _meta: odd,
    },
    { requiredKeys: ['threadId'] },
  );
  const message = fc.record(
    { id: odd, method: fc.constantFrom(...methods), params: fc.oneof(params, odd), result: odd },
    { requiredKeys: ['method'] },
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
      const talk = inTurn();
      for (const each of messages) talk.take(each);
      expect(talk.sent().length).toBeLessThanOrEqual(2 * messages.length + 1);
    }),
  );
});
