import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCodex } from '../../../../src/adapters/agent/session/codex.ts';
import type { News, Opening } from '../../../../src/adapters/agent/session/conversation.ts';
import { OPENING, openTalk, type Talk } from './fixtures/talk.ts';

const CODEX = createCodex({ program: '/bin/codex' });
const THREAD = {
  cwd: '/w',
  approvalPolicy: 'untrusted',
  approvalsReviewer: 'user',
  sandbox: 'danger-full-access',
};

/** The thread is open and the first turn asked for: the next request is number 4. */
function atFirstTurn(opening: Partial<Opening> = {}): Talk {
  const talk = openTalk(CODEX, opening);
  talk.begin();
  talk.take({ id: 1, result: {} });
  talk.take({ id: 2, result: { thread: { id: 't' } } });
  talk.sent();
  talk.news();
  return talk;
}

/** In the midst of the first turn, `u1`, with the prompt in the conversation. */
function inTurn(opening: Partial<Opening> = {}): Talk {
  const talk = atFirstTurn(opening);
  talk.take({ id: 3, result: { turn: { id: 'u1' } } });
  report(talk, 'turn/started', { turn: { id: 'u1' } });
  item(talk, 'started', { type: 'userMessage', clientId: 'weft-1' });
  return talk;
}

function report(talk: Talk, method: string, params: Readonly<Record<string, unknown>>): void {
  talk.take({ method, params: { threadId: 't', ...params } });
}

function item(talk: Talk, when: 'started' | 'completed', of: Readonly<Record<string, unknown>>): void {
  report(talk, `item/${when}`, { item: of });
}

function endTurn(talk: Talk, id: string, turn: Readonly<Record<string, unknown>>): void {
  report(talk, 'turn/completed', { turn: { id, items: [], error: null, ...turn } });
}

function textInput(text: string): readonly unknown[] {
  return [{ type: 'text', text, text_elements: [] }];
}

const DONE = { status: 'completed', items: [{ type: 'agentMessage', text: 'All done.' }] };
const OVER: News = { kind: 'turn-over', fault: null, text: 'All done.' };

describe('the beginning', () => {
  it('starts the app server', () => {
    expect(CODEX.launch(OPENING)).toEqual({ argv: ['/bin/codex', 'app-server'], env: {} });
  });

  it('opens a thread and gives it the prompt', () => {
    const talk = openTalk(CODEX, { model: 'm', effort: 'high' });
    talk.begin();
    expect(talk.sent()).toMatchObject([
      { id: 1, method: 'initialize', params: { clientInfo: { name: 'weft' } } },
    ]);
    talk.take({ id: 1, result: { userAgent: 'x' } });
    expect(talk.sent()).toEqual([
      { method: 'initialized' },
      { id: 2, method: 'thread/start', params: { ...THREAD, model: 'm' } },
    ]);
    talk.take({ id: 2, result: { thread: { id: 't' } } });
    expect(talk.news()).toEqual([{ kind: 'session', id: 't' }]);
    expect(talk.sent()).toEqual([
      {
        id: 3,
        method: 'turn/start',
        params: { threadId: 't', clientUserMessageId: 'weft-1', input: textInput('Do it.'), effort: 'high' },
      },
    ]);
  });

  it('goes on with a thread, in a mode, with tools', () => {
    const tools = { name: 'weft', command: 'node', args: ['x'], env: { A: 'b' } };
    const talk = openTalk(CODEX, { resume: 't', mode: 'workspace-write', tools });
    talk.begin();
    talk.take({ id: 1, result: {} });
    const server = { command: 'node', args: ['x'], env: { A: 'b' }, default_tools_approval_mode: 'approve' };
    const config = { 'mcp_servers.weft': { ...server, tool_timeout_sec: 86_400 } };
    const params = { ...THREAD, sandbox: 'workspace-write', config, threadId: 't', excludeTurns: true };
    expect(talk.sent().at(-1)).toEqual({ id: 2, method: 'thread/resume', params });
  });

  const failures: readonly [string, Partial<Opening>, readonly object[], News][] = [
    ['no handshake', {}, [refusal(1, 'odd')], { kind: 'turn-over', fault: 'protocol', text: 'odd' }],
    [
      'no thread',
      {},
      [{ id: 1, result: {} }, refusal(2, 'bad')],
      { kind: 'turn-over', fault: 'protocol', text: 'bad' },
    ],
    [
      'a thread without an id',
      {},
      [
        { id: 1, result: {} },
        { id: 2, result: { thread: 7 } },
      ],
      { kind: 'turn-over', fault: 'protocol', text: 'It opened a thread without an id.' },
    ],
    [
      'nothing to go on with',
      { resume: 'x' },
      [{ id: 1, result: {} }, refusal(2, 'no rollout found')],
      { kind: 'turn-over', fault: 'no-session', text: 'no rollout found' },
    ],
    [
      'no turn',
      {},
      [{ id: 1, result: {} }, { id: 2, result: { thread: { id: 't' } } }, refusal(3, 'Not logged in')],
      { kind: 'turn-over', fault: 'login', text: 'Not logged in' },
    ],
  ];
  for (const [name, opening, messages, expected] of failures) {
    it(`ends with ${name}`, () => {
      const talk = openTalk(CODEX, opening);
      talk.begin();
      for (const message of messages) talk.take({ ...message });
      expect(talk.news().at(-1)).toEqual(expected);
    });
  }
});

describe('what it reports', () => {
  const reports: readonly [string, string, Readonly<Record<string, unknown>>, readonly News[]][] = [
    [
      'a command',
      'item/started',
      { item: { type: 'commandExecution', command: 'make' } },
      [{ kind: 'doing', text: 'make' }],
    ],
    [
      'a change of files',
      'item/started',
      {
        item: {
          type: 'fileChange',
          id: 'c',
          changes: [{ path: '/w/a' }, { path: 'b', kind: { move_path: 'c' } }],
        },
      },
      [{ kind: 'doing', text: 'Changes /w/a, b, c', files: ['/w/a', 'b', 'c'] }],
    ],
    [
      'a tool',
      'item/started',
      { item: { type: 'mcpToolCall', server: 's', tool: 'look' } },
      [{ kind: 'doing', text: 's: look' }],
    ],
    ['a thought', 'item/started', { item: { type: 'reasoning' } }, []],
    [
      'words',
      'item/completed',
      { item: { type: 'agentMessage', text: 'Hm.' } },
      [{ kind: 'doing', text: 'Hm.' }],
    ],
    [
      'a command that failed',
      'item/completed',
      {
        item: {
          type: 'commandExecution',
          command: 'make',
          status: 'failed',
          exitCode: 2,
          aggregatedOutput: 'no',
        },
      },
      [{ kind: 'failed-call', text: 'make failed with exit code 2: no' }],
    ],
    [
      'a change that was refused',
      'item/completed',
      { item: { type: 'fileChange', status: 'declined', changes: [{ path: 'a' }] } },
      [{ kind: 'failed-call', text: 'Change of a refused' }],
    ],
    [
      'a tool that failed',
      'item/completed',
      {
        item: {
          type: 'mcpToolCall',
          server: 's',
          tool: 'look',
          status: 'failed',
          error: { message: 'dark' },
        },
      },
      [{ kind: 'failed-call', text: 's: look failed: dark' }],
    ],
    [
      'a tool that said it failed',
      'item/completed',
      {
        item: {
          type: 'mcpToolCall',
          server: 's',
          tool: 'look',
          status: 'failed',
          result: { content: [{ type: 'text', text: 'dark' }] },
        },
      },
      [{ kind: 'failed-call', text: 's: look failed: dark' }],
    ],
    [
      'a command that went well',
      'item/completed',
      { item: { type: 'commandExecution', status: 'completed' } },
      [],
    ],
    [
      'use of the model',
      'thread/tokenUsage/updated',
      { tokenUsage: { total: { inputTokens: 4000, cachedInputTokens: 2000, outputTokens: 200 } } },
      [{ kind: 'spent', spending: { input: 4000, output: 200, usd: null } }],
    ],
    [
      'use of the model by a helper',
      'thread/tokenUsage/updated',
      { threadId: 'other', tokenUsage: { total: { inputTokens: 1, outputTokens: 1 } } },
      [],
    ],
    [
      'that the model is asked again',
      'error',
      {
        willRetry: true,
        error: { message: 'Reconnecting... waiting for network', additionalDetails: 'refused' },
      },
      [{ kind: 'retries', text: 'Reconnecting... waiting for network refused' }],
    ],
    ['an error that ends the turn', 'error', { willRetry: false, error: { message: 'x' } }, []],
  ];
  for (const [name, method, params, expected] of reports) {
    it(`tells of ${name}`, () => {
      const talk = inTurn();
      report(talk, method, params);
      expect(talk.news()).toEqual(expected);
    });
  }

  const ends: readonly [string, Readonly<Record<string, unknown>>, readonly News[]][] = [
    ['done', DONE, [OVER]],
    ['401', failed('no', { httpConnectionFailed: { httpStatusCode: 401 } }), [over('login', 'no')]],
    ['logged out', failed('no', 'unauthorized'), [over('login', 'no')]],
    [
      'no key',
      failed('Missing environment variable: `K`', 'other'),
      [over('login', 'Missing environment variable: `K`')],
    ],
    ['overload', failed('busy', 'serverOverloaded'), [over('api-error', 'busy')]],
    ['a full context', failed('full', 'contextWindowExceeded'), [over('own-limit', 'full')]],
    [
      '429',
      failed('too many', { responseTooManyFailedAttempts: { httpStatusCode: 429 } }),
      [{ kind: 'limited', untilMs: null, text: 'too many' }, over('limit', 'too many')],
    ],
    ['no reason', { status: 'failed', error: 7 }, [over('api-error', 'It failed without a reason.')]],
    ['interrupted', { status: 'interrupted' }, [over('interrupted', 'It was interrupted.')]],
  ];
  for (const [name, turn, expected] of ends) {
    it(`tells of the end of a turn: ${name}`, () => {
      const talk = inTurn();
      endTurn(talk, 'u1', turn);
      expect(talk.news()).toEqual(expected);
    });
  }

  it('takes the last words where the end has none', () => {
    const talk = inTurn();
    item(talk, 'completed', { type: 'agentMessage', text: 'First.' });
    item(talk, 'completed', { type: 'agentMessage', text: 'Last.' });
    talk.news();
    endTurn(talk, 'u1', { status: 'completed' });
    expect(talk.news()).toEqual([over(null, 'Last.')]);
  });

  it('tells until when requests are refused', () => {
    const talk = inTurn();
    const rateLimits = {
      primary: { usedPercent: 100, resetsAt: 1_700_000 },
      secondary: { usedPercent: 20, resetsAt: 9e9 },
    };
    report(talk, 'account/rateLimits/updated', { rateLimits });
    report(talk, 'account/rateLimits/updated', { rateLimits: { primary: null } });
    endTurn(talk, 'u1', failed('used up', 'usageLimitExceeded'));
    expect(talk.news()[0]).toEqual({ kind: 'limited', untilMs: 1_700_000_000, text: 'used up' });
  });

  it('does not take the end of another turn for its own', () => {
    const talk = inTurn();
    endTurn(talk, 'u0', DONE);
    report(talk, 'turn/completed', { threadId: 'helper', turn: { id: 'u1', ...DONE } });
    expect(talk.news()).toEqual([]);
  });
});

describe('what is said', () => {
  it('steers the turn, and is heard when it is in the conversation', () => {
    const talk = inTurn();
    talk.say({ number: 4, text: 'Left.' });
    expect(talk.sent()).toEqual([
      {
        id: 4,
        method: 'turn/steer',
        params: {
          threadId: 't',
          clientUserMessageId: 'weft-2',
          input: textInput('Left.'),
          expectedTurnId: 'u1',
        },
      },
    ]);
    talk.take({ id: 4, result: { turnId: 'u1' } });
    expect(talk.news()).toEqual([]);
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-2' });
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-2' });
    expect(talk.news()).toEqual([{ kind: 'heard', number: 4 }]);
  });

  it('waits until there is a turn to steer', () => {
    const talk = atFirstTurn();
    talk.say({ number: 1, text: 'One.' });
    talk.say({ number: 2, text: 'Two.' });
    expect(talk.sent()).toEqual([]);
    talk.take({ id: 3, result: { turn: { id: 'u1' } } });
    expect(talk.sent()).toEqual([]);
    report(talk, 'turn/started', { turn: { id: 'u1' } });
    expect(talk.sent()).toMatchObject([
      { method: 'turn/steer', params: { input: textInput('One.\n\nTwo.') } },
    ]);
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-2' });
    expect(talk.news()).toEqual([
      { kind: 'heard', number: 1 },
      { kind: 'heard', number: 2 },
    ]);
  });

  it('starts a turn when none is under way', () => {
    const talk = inTurn();
    endTurn(talk, 'u1', DONE);
    talk.news();
    talk.say({ number: 1, text: 'More.' });
    expect(talk.sent()).toMatchObject([
      { id: 4, method: 'turn/start', params: { input: textInput('More.') } },
    ]);
    report(talk, 'turn/started', { turn: { id: 'u2' } });
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-2' });
    endTurn(talk, 'u2', DONE);
    expect(talk.news()).toEqual([{ kind: 'heard', number: 1 }, OVER]);
  });

  it('becomes a turn when the one under way was just over', () => {
    const talk = inTurn();
    talk.say({ number: 1, text: 'Late.' });
    talk.take({ id: 4, error: { code: -32_600, message: 'no active turn to steer' } });
    talk.say({ number: 2, text: 'Later.' });
    talk.sent();
    endTurn(talk, 'u1', DONE);
    expect(talk.sent()).toMatchObject([
      {
        method: 'turn/start',
        params: { clientUserMessageId: 'weft-3', input: textInput('Late.\n\nLater.') },
      },
    ]);
    expect(talk.news()).toEqual([]);
  });

  it('becomes a turn when it was taken but not heard', () => {
    const talk = inTurn();
    talk.say({ number: 1, text: 'Late.' });
    talk.sent();
    endTurn(talk, 'u1', DONE);
    expect(talk.sent()).toMatchObject([{ method: 'turn/start', params: { input: textInput('Late.') } }]);
    talk.take({ id: 4, error: { code: -32_600, message: 'no active turn to steer' } });
    report(talk, 'turn/started', { turn: { id: 'u2' } });
    item(talk, 'started', { type: 'userMessage', clientId: 'weft-3' });
    endTurn(talk, 'u2', DONE);
    expect(talk.sent()).toEqual([]);
    expect(talk.news()).toEqual([{ kind: 'heard', number: 1 }, OVER]);
  });

  it('is heard by a turn that it started and that is done, even where nothing says so', () => {
    const talk = atFirstTurn();
    report(talk, 'turn/started', { turn: { id: 'u1' } });
    endTurn(talk, 'u1', DONE);
    expect(talk.news()).toEqual([OVER]);
    talk.say({ number: 1, text: 'More.' });
    report(talk, 'turn/started', { turn: { id: 'u2' } });
    endTurn(talk, 'u2', DONE);
    expect(talk.news()).toEqual([{ kind: 'heard', number: 1 }, OVER]);
  });

  it('stays to be said when the turn failed', () => {
    const talk = inTurn();
    talk.say({ number: 1, text: 'One.' });
    talk.sent();
    endTurn(talk, 'u1', failed('busy', 'serverOverloaded'));
    expect(talk.sent()).toEqual([]);
    expect(talk.news()).toEqual([over('api-error', 'busy')]);
    talk.say({ number: 2, text: 'Two.' });
    expect(talk.sent()).toMatchObject([
      { method: 'turn/start', params: { input: textInput('One.\n\nTwo.') } },
    ]);
  });
});

describe('an interruption', () => {
  it('stops the turn and what it asked', () => {
    const talk = inTurn({ approvals: 'ask' });
    talk.take({ id: 0, method: 'item/commandExecution/requestApproval', params: { command: 'make' } });
    talk.news();
    talk.interrupt();
    expect(talk.sent()).toEqual([
      { id: 4, method: 'turn/interrupt', params: { threadId: 't', turnId: 'u1' } },
    ]);
    endTurn(talk, 'u1', { status: 'interrupted' });
    expect(talk.news()).toEqual([
      { kind: 'asks-no-more', id: '0' },
      over('interrupted', 'It was interrupted.'),
    ]);
  });

  it('waits for the turn to be there', () => {
    const talk = atFirstTurn();
    talk.interrupt();
    expect(talk.sent()).toEqual([]);
    report(talk, 'turn/started', { turn: { id: 'u1' } });
    expect(talk.sent()).toMatchObject([{ method: 'turn/interrupt' }]);
  });

  it('keeps the first turn from starting', () => {
    const talk = openTalk(CODEX);
    talk.begin();
    talk.interrupt();
    talk.take({ id: 1, result: {} });
    talk.sent();
    talk.take({ id: 2, result: { thread: { id: 't' } } });
    expect(talk.sent()).toEqual([]);
    expect(talk.news()).toEqual([{ kind: 'session', id: 't' }, over('interrupted', 'It was interrupted.')]);
  });

  it('goes on with what was said after it, and not with what was said before', () => {
    const said = (after: boolean): Talk => {
      const talk = inTurn();
      if (!after) talk.say({ number: 1, text: 'Left.' });
      talk.interrupt();
      if (after) talk.say({ number: 1, text: 'Left.' });
      talk.sent();
      endTurn(talk, 'u1', { status: 'interrupted' });
      return talk;
    };
    expect(said(true).sent()).toMatchObject([
      { method: 'turn/start', params: { input: textInput('Left.') } },
    ]);
    expect(said(false).sent()).toEqual([]);
  });

  it('means nothing when no turn is under way', () => {
    const talk = inTurn();
    endTurn(talk, 'u1', DONE);
    talk.interrupt();
    talk.say({ number: 1, text: 'More.' });
    expect(talk.sent()).toMatchObject([{ method: 'turn/start' }]);
    report(talk, 'turn/started', { turn: { id: 'u2' } });
    expect(talk.sent()).toEqual([]);
  });
});

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
      expect(talk.news()).toEqual([
        { kind: 'asks', ask: { id: '7', text: 'May it run this? make why', labels } },
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

function refusal(id: number, message: string): object {
  return { id, error: { code: -32_600, message } };
}

function failed(message: string, codexErrorInfo: unknown): Readonly<Record<string, unknown>> {
  return { status: 'failed', error: { message, codexErrorInfo, additionalDetails: null } };
}

function over(fault: Extract<News, { kind: 'turn-over' }>['fault'], text: string): News {
  return { kind: 'turn-over', fault, text };
}
