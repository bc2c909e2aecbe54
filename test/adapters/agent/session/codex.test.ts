// How a conversation with Codex begins, and what its reports mean.
import { describe, expect, it } from 'vitest';
import type { News, Opening } from '../../../../src/adapters/agent/session/conversation.ts';
import {
  CODEX,
  DONE,
  endTurn,
  failed,
  inTurn,
  item,
  OVER,
  over,
  report,
  textInput,
} from './fixtures/codex-steps.ts';
import { OPENING, openTalk } from './fixtures/talk.ts';

const THREAD = {
  cwd: '/w',
  approvalPolicy: 'untrusted',
  approvalsReviewer: 'user',
  sandbox: 'danger-full-access',
};

describe('a model that does not answer', () => {
  const RETRY = { error: { message: 'Reconnecting... 2/5' }, willRetry: true };

  it('is no wonder without a login', () => {
    const talk = inTurn();
    talk.sent();
    report(talk, 'error', RETRY);
    report(talk, 'error', RETRY);
    expect(talk.sent()).toEqual([{ id: 4, method: 'account/read', params: { refreshToken: false } }]);
    talk.news();
    talk.take({ id: 4, result: { account: null, requiresOpenaiAuth: true } });
    expect(talk.news()).toEqual([{ kind: 'turn-over', fault: 'login', text: 'It is not logged in.' }]);
    expect(talk.sent()).toMatchObject([{ method: 'turn/interrupt' }]);
  });

  const others: readonly object[] = [
    { result: { account: { type: 'apiKey' }, requiresOpenaiAuth: true } },
    { result: { account: null, requiresOpenaiAuth: false } },
    { result: {} },
    { error: { code: -32_601, message: 'unknown' } },
  ];
  for (const answer of others) {
    it(`is waited for: ${JSON.stringify(answer)}`, () => {
      const talk = inTurn();
      report(talk, 'error', RETRY);
      talk.news();
      talk.sent();
      talk.take({ id: 4, ...answer });
      expect([talk.news(), talk.sent()]).toEqual([[], []]);
    });
  }
});

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

  it('names the file of a prompt that is longer than Codex takes', () => {
    const inputOf = (prompt: string): unknown => {
      const talk = openTalk(CODEX, { prompt });
      talk.begin();
      talk.take({ id: 1, result: {} });
      talk.take({ id: 2, result: { thread: { id: 't' } } });
      return talk.sent().at(-1)?.['params'];
    };
    const most = 'x'.repeat(1_000_000);
    expect(inputOf(most)).toMatchObject({ input: textInput(most) });
    const text = 'Your task is in the file /s/prompt.md. Read all of it before you begin.';
    expect(inputOf(`${most}x`)).toMatchObject({ input: textInput(text) });
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
      [{ kind: 'passed-call' }],
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

function refusal(id: number, message: string): object {
  return { id, error: { code: -32_600, message } };
}
