// How a conversation with Claude Code begins, what it reports means, and how its turns end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClaude } from '../../../../src/adapters/agent/session/claude.ts';
import type { Fault, News, Opening, Spending } from '../../../../src/adapters/agent/session/conversation.ts';
import { OPENING, openTalk, type Talk } from './fixtures/talk.ts';

const CLAUDE = createClaude({ program: '/bin/claude' });
const SESSION = OPENING.session;
const OWN = 'It stopped at a limit of its own.';

type Fields = Readonly<Record<string, unknown>>;

function inTurn(opening: Partial<Opening> = {}): Talk {
  const talk = openTalk(CLAUDE, opening);
  talk.begin();
  talk.sent();
  return talk;
}

function user(uuid: string, text: string): Fields {
  const message = { role: 'user', content: [{ type: 'text', text }] };
  return { type: 'user', uuid, session_id: SESSION, parent_tool_use_id: null, message };
}

function assistant(id: string, content: readonly Fields[], usage?: Fields): Fields {
  return { type: 'assistant', message: { id, content, ...(usage === undefined ? {} : { usage }) } };
}

function failure(call: string, content: unknown): Fields {
  const result = { type: 'tool_result', is_error: true, tool_use_id: call, content };
  return { type: 'user', message: { role: 'user', content: [result] } };
}

describe('the beginning', () => {
  const FIXED = [
    '-p',
    '--verbose',
    '--input-format',
    'stream-json',
    '--output-format',
    'stream-json',
    '--replay-user-messages',
    '--permission-prompt-tool',
    'stdio',
    '--permission-mode',
  ];
  const starts: readonly [string, Partial<Opening>, readonly string[]][] = [
    ['a new conversation under our id', {}, ['default', '--session-id', SESSION]],
    ['one that is gone on with', { resume: 'old' }, ['default', '--resume', 'old']],
    [
      'model, effort and mode',
      { model: 'm', effort: 'high', mode: 'plan' },
      ['plan', '--session-id', SESSION, '--model', 'm', '--effort', 'high'],
    ],
    [
      'limits',
      { maxTurns: 30, maxUsd: 2.5 },
      ['default', '--session-id', SESSION, '--max-turns', '30', '--max-budget-usd', '2.5'],
    ],
    [
      'tools',
      { tools: { name: 'weft', command: 'node', args: ['x'], env: { A: 'b' } } },
      [
        'default',
        '--session-id',
        SESSION,
        '--mcp-config',
        JSON.stringify({
          mcpServers: {
            weft: { type: 'stdio', command: 'node', args: ['x'], env: { A: `\${WEFT_TOOL_A}` } },
          },
        }),
        '--allowedTools',
        'mcp__weft',
      ],
    ],
  ];
  for (const [name, opening, rest] of starts) {
    it(`starts with ${name}`, () => {
      const { argv, env } = CLAUDE.launch({ ...OPENING, ...opening });
      expect(argv).toEqual(['/bin/claude', ...FIXED, ...rest]);
      expect(env).toEqual(opening.tools === undefined ? {} : { WEFT_TOOL_A: 'b' });
    });
  }

  it('has writes shown to it first, and gives the prompt', () => {
    const talk = openTalk(CLAUDE);
    talk.begin();
    const matcher = 'Write|Edit|MultiEdit|NotebookEdit';
    expect(talk.sent()).toEqual([
      {
        type: 'control_request',
        request_id: 'weft-1',
        request: {
          subtype: 'initialize',
          hooks: { PreToolUse: [{ matcher, hookCallbackIds: ['guard'] }] },
        },
      },
      user(SESSION, 'Do it.'),
    ]);
  });
});

describe('what is said', () => {
  it('has an id by its number, and is heard when it comes back', () => {
    const talk = inTurn();
    talk.say({ number: 1, text: 'One.' });
    talk.say({ number: 17, text: 'Seventeen.' });
    const ids = [1, 17].map((number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`);
    expect(talk.sent()).toEqual([user(ids[0] ?? '', 'One.'), user(ids[1] ?? '', 'Seventeen.')]);
    talk.take(user(ids[1] ?? '', 'Seventeen.'));
    talk.take(user('00000000-0000-4000-8000-000000000002', 'Somebody else’s.'));
    expect(talk.news()).toEqual([{ kind: 'heard', number: 17 }]);
  });

  it('is an interruption', () => {
    const talk = inTurn();
    talk.interrupt();
    expect(talk.sent()).toEqual([
      { type: 'control_request', request_id: 'weft-2', request: { subtype: 'interrupt' } },
    ]);
  });
});

describe('what it reports', () => {
  const reports: readonly [string, Fields, readonly News[]][] = [
    ['its session', { type: 'system', subtype: 'init', session_id: 's' }, [{ kind: 'session', id: 's' }]],
    ['a session without an id', { type: 'system', subtype: 'init', session_id: 7 }, []],
    ['words', assistant('m', [{ type: 'text', text: 'Hm.' }]), [{ kind: 'doing', text: 'Hm.' }]],
    ['a thought', assistant('m', [{ type: 'thinking', thinking: 'Hm.' }]), []],
    [
      'a command',
      assistant('m', [{ type: 'tool_use', id: 'c', name: 'Bash', input: { command: 'make' } }]),
      [{ kind: 'doing', text: 'Bash: make' }],
    ],
    [
      'a write',
      assistant('m', [{ type: 'tool_use', id: 'c', name: 'Edit', input: { file_path: '/w/a' } }]),
      [{ kind: 'doing', text: 'Edit: /w/a', files: ['/w/a'] }],
    ],
    [
      'a notebook',
      assistant('m', [{ type: 'tool_use', id: 'c', name: 'NotebookEdit', input: { notebook_path: 'n' } }]),
      [{ kind: 'doing', text: 'NotebookEdit: n', files: ['n'] }],
    ],
    [
      'a failure of something unknown',
      failure('c', [{ type: 'text', text: 'no' }, { type: 'image' }]),
      [{ kind: 'failed-call', text: 'A call failed: no\n' }],
    ],
    [
      'a call that went well',
      { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'c', content: 'ok' }] } },
      [{ kind: 'passed-call' }],
    ],
    [
      'another try after a status',
      { type: 'system', subtype: 'api_retry', attempt: 2, max_retries: 10, error_status: 529 },
      [{ kind: 'retries', text: 'The model is asked again (status 529), 2 of at most 10 times.' }],
    ],
    [
      'another try without one',
      { type: 'system', subtype: 'api_retry', attempt: 1, max_retries: 10, error_status: null },
      [{ kind: 'retries', text: 'The model is asked again (no answer), 1 of at most 10 times.' }],
    ],
    [
      'a limit',
      limit({ status: 'rejected', resetsAt: 4_000_000_000, rateLimitType: 'five_hour' }),
      [{ kind: 'limited', untilMs: 4_000_000_000_000, text: 'Its five_hour is used up.' }],
    ],
    [
      'a limit that ends nobody knows when',
      limit({ status: 'rejected' }),
      [{ kind: 'limited', untilMs: null, text: 'Its limit is used up.' }],
    ],
    ['a limit that is not reached', limit({ status: 'allowed_warning', resetsAt: 1 }), []],
    ['what weft does not know', { type: 'command_lifecycle', state: 'queued' }, []],
    ['a name that every object has', { type: 'constructor' }, []],
  ];
  for (const [name, message, expected] of reports) {
    it(name, () => {
      const talk = inTurn();
      talk.take(message);
      expect(talk.news()).toEqual(expected);
      expect(talk.sent()).toEqual([]);
    });
  }

  for (const status of [401, 403]) {
    it(`a model that refuses it twice: ${status}`, () => {
      const talk = inTurn();
      const retry = { type: 'system', subtype: 'api_retry', max_retries: 10, error_status: status };
      talk.take({ ...retry, attempt: 1 });
      expect(talk.news()).toMatchObject([{ kind: 'retries' }]);
      talk.take({ ...retry, attempt: 2 });
      const text = `Its model refuses it (status ${status}): it is not logged in, or its key is not taken.`;
      expect(talk.news().at(-1)).toEqual({ kind: 'turn-over', fault: 'login', text });
      expect(talk.sent()).toMatchObject([{ type: 'control_request', request: { subtype: 'interrupt' } }]);
    });
  }

  it('a call that failed, with what was called', () => {
    const talk = inTurn();
    talk.take(assistant('m', [{ type: 'tool_use', id: 'c', name: 'Bash', input: { command: 'make' } }]));
    talk.take(failure('c', 'Exit code 2'));
    expect(talk.news().at(-1)).toEqual({ kind: 'failed-call', text: 'Bash: make failed: Exit code 2' });
  });
});

function limit(info: Fields): Fields {
  return { type: 'rate_limit_event', rate_limit_info: info };
}

describe('the end of a turn', () => {
  const NOTE = '[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=tool_use';
  const SUCCESS = { type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed' };
  const ends: readonly [string, Fields, Fault | null, string][] = [
    ['done', { result: 'Done.' }, null, 'Done.'],
    ['done without a word', { result: '' }, null, 'success'],
    ['done, with calls that were refused', { result: 'Done.', permission_denials: [{}] }, null, 'Done.'],
    [
      'done, and it speaks of logging in',
      { result: 'Added the route /login, with “Invalid API key” and “No conversation found”.' },
      null,
      'Added the route /login, with “Invalid API key” and “No conversation found”.',
    ],
    [
      'done, and it speaks of a rate limit',
      { result: 'The rate limit works.' },
      null,
      'The rate limit works.',
    ],
    [
      'a failure of the model, called a success',
      failed(500, 'API Error: 500'),
      'api-error',
      'API Error: 500',
    ],
    ['an overloaded model', failed(529, 'API Error: 529'), 'api-error', 'API Error: 529'],
    ['a key that is refused', failed(401, 'API Error: 401'), 'login', 'API Error: 401'],
    ['an account that is refused', failed(403, 'API Error: 403'), 'login', 'API Error: 403'],
    [
      'no key',
      failed(null, 'Not logged in · Please run /login'),
      'login',
      'Not logged in · Please run /login',
    ],
    ['too many requests', failed(429, 'API Error: 429'), 'limit', 'API Error: 429'],
    [
      'a used-up subscription',
      failed(null, 'You hit your session limit'),
      'limit',
      'You hit your session limit',
    ],
    ['its own limit of turns', broken('error_max_turns', ['Too many.']), 'own-limit', `${OWN} Too many.`],
    ['its own budget', broken('error_max_budget_usd', []), 'own-limit', `${OWN} error_max_budget_usd`],
    [
      'an interruption',
      { ...broken('error_during_execution', []), terminal_reason: 'aborted_tools' },
      'interrupted',
      'It was interrupted.',
    ],
    [
      'an interruption, and a note to its makers',
      { ...broken('error_during_execution', [NOTE]), terminal_reason: 'aborted_tools' },
      'interrupted',
      'It was interrupted.',
    ],
    [
      'a note to its makers',
      broken('error_during_execution', [NOTE]),
      'api-error',
      'It broke off, and does not say why.',
    ],
    [
      'nothing to go on with',
      broken('error_during_execution', ['No conversation found with session ID: x']),
      'no-session',
      'No conversation found with session ID: x',
    ],
    ['anything else', broken('error_during_execution', ['a', 'b']), 'api-error', 'a b'],
    ['something new', { subtype: 'error_new' }, 'api-error', 'error_new'],
  ];
  for (const [name, message, fault, text] of ends) {
    it(name, () => {
      const talk = inTurn();
      talk.take({ ...SUCCESS, ...message });
      expect(talk.news()).toEqual([{ kind: 'turn-over', fault, text }]);
    });
  }

  function failed(status: number | null, result: string): Fields {
    return { is_error: true, api_error_status: status, result, terminal_reason: 'api_error' };
  }

  function broken(subtype: string, errors: readonly string[]): Fields {
    return { subtype, is_error: true, errors };
  }
});

describe('what it costs', () => {
  const usage = (input: number, output: number): Fields => ({
    input_tokens: input,
    cache_read_input_tokens: 10,
    cache_creation_input_tokens: 1,
    output_tokens: output,
  });
  const last = (talk: Talk): Spending | undefined =>
    talk
      .news()
      .flatMap((news) => (news.kind === 'spent' ? [news.spending] : []))
      .at(-1);

  it('is counted once for a message that is told in parts', () => {
    const talk = inTurn();
    talk.take(assistant('one', [{ type: 'text', text: 'a' }], usage(100, 1)));
    talk.take(assistant('one', [{ type: 'text', text: 'b' }], usage(100, 5)));
    talk.take(assistant('two', [], usage(200, 7)));
    expect(last(talk)).toEqual({ input: 322, output: 12, usd: null });
  });

  it('is what the end of a turn says, for the whole conversation', () => {
    const talk = inTurn();
    talk.take(assistant('one', [], usage(100, 1)));
    const modelUsage = {
      a: { inputTokens: 1000, cacheReadInputTokens: 30, cacheCreationInputTokens: 2, outputTokens: 50 },
      b: { inputTokens: 'many', outputTokens: 1 },
    };
    talk.take({ type: 'result', subtype: 'success', modelUsage, total_cost_usd: 0.5 });
    expect(last(talk)).toEqual({ input: 1032, output: 51, usd: 0.5 });
    talk.take(assistant('two', [], usage(100, 1)));
    expect(last(talk)).toEqual({ input: 1143, output: 52, usd: 0.5 });
  });
});

describe('hostile lines', () => {
  const LINES = [
    '',
    'not json',
    '[1,2]',
    'null',
    '{"type":{"toString":null,"valueOf":null}}',
    '{"type":"result","errors":[{"toString":null}],"subtype":{"toString":null}}',
    '{"type":"control_request","request_id":{"toString":null},"request":{"subtype":"can_use_tool"}}',
    '{"type":"control_request","request":{"subtype":"can_use_tool","tool_name":"AskUserQuestion","input":[]}}',
    '{"type":"control_request","request":null}',
    '{"type":"control_cancel_request"}',
    '{"type":"assistant","message":{"content":[null,7,{"type":"tool_use","name":{"toString":null}}]}}',
    `{"type":"user","message":{"content":[{"type":"tool_result","is_error":true,"content":${'['.repeat(50_000)}${']'.repeat(50_000)}}]}}`,
  ];
  it.each(LINES.map((line) => [line.slice(0, 80), line]))('%s', (_, line) => {
    expect(() => inTurn().hear(line)).not.toThrow();
  });

  it('never throw', () => {
    const type = fc.constantFrom(
      'system',
      'assistant',
      'user',
      'result',
      'control_request',
      'rate_limit_event',
    );
    const key = fc.constantFrom(
      'message',
      'content',
      'request',
      'subtype',
      'uuid',
      'usage',
      'id',
      'input',
      'errors',
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()))),
    );
    fc.assert(
      fc.property(type, fc.dictionary(key, value), (kind, fields) => {
        inTurn().hear(JSON.stringify({ ...fields, type: kind }));
      }),
      { numRuns: 300 },
    );
  });
});
