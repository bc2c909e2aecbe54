// How a conversation by the Agent Client Protocol begins, what its reports mean, and what is said in it.
import { describe, expect, it } from 'vitest';
import { ACP_PRESETS, createAcp } from '../../../../src/adapters/agent/session/acp.ts';
import type { News, Opening } from '../../../../src/adapters/agent/session/conversation.ts';
import { ACP, HANDSHAKE, inTurn, over, prompt, say, update } from './fixtures/acp-steps.ts';
import { OPENING, openTalk } from './fixtures/talk.ts';

describe('the beginning', () => {
  it('starts the agent', () => {
    expect(ACP.launch(OPENING)).toEqual({ argv: ['agent', '--acp'], env: {} });
    for (const preset of Object.values(ACP_PRESETS)) {
      expect(createAcp(preset).launch(OPENING).argv[0]).toBe(preset.command);
    }
  });

  it('opens a session with tools, and gives it the prompt', () => {
    const talk = openTalk(ACP, { tools: { name: 't', command: 'node', args: ['x'], env: { K: 'v' } } });
    talk.begin();
    expect(talk.sent()).toMatchObject([
      {
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: 1,
          clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
        },
      },
    ]);
    talk.take(HANDSHAKE);
    const mcpServers = [{ name: 't', command: 'node', args: ['x'], env: [{ name: 'K', value: 'v' }] }];
    expect(talk.sent()).toEqual([{ id: 2, method: 'session/new', params: { cwd: '/w', mcpServers } }]);
    talk.take({ id: 2, result: { sessionId: 's' } });
    expect(talk.sent()).toEqual([prompt(3, 'Do it.')]);
    expect(talk.news()).toEqual([{ kind: 'session', id: 's' }]);
  });

  const ways: readonly [string, unknown, string][] = [
    ['telling it all again', { loadSession: true }, 'session/load'],
    ['at once', { loadSession: true, sessionCapabilities: { resume: {} } }, 'session/resume'],
    ['not at all', { loadSession: false, sessionCapabilities: null }, 'session/new'],
    ['who knows', 7, 'session/new'],
  ];
  for (const [name, agentCapabilities, method] of ways) {
    it(`goes on with a session: ${name}`, () => {
      const talk = openTalk(ACP, { resume: 'r' });
      talk.begin();
      talk.sent();
      talk.take({ id: 1, result: { protocolVersion: 1, agentCapabilities } });
      expect(talk.sent()).toMatchObject([{ method }]);
    });
  }

  it('goes on by telling it all again where it cannot do what it says that it can', () => {
    const talk = openTalk(ACP, { resume: 'r' });
    talk.begin();
    const able = { loadSession: true, sessionCapabilities: { resume: {} } };
    talk.take({ id: 1, result: { protocolVersion: 1, agentCapabilities: able } });
    talk.sent();
    talk.take({ ...refusal(2, -32_601, 'no such method') });
    expect(talk.sent()).toMatchObject([{ id: 3, method: 'session/load', params: { sessionId: 'r' } }]);
    talk.take({ ...refusal(3, -32_601, 'no such method') });
    expect(talk.news()).toEqual([over('no-session', 'no such method')]);
  });

  it('does not take a session that tells nothing for the old one', () => {
    const talk = openTalk(ACP, { resume: 'r' });
    talk.begin();
    talk.take(HANDSHAKE);
    update(talk, { sessionUpdate: 'available_commands_update' });
    talk.take({ id: 2, result: {} });
    expect(talk.news()).toEqual([over('no-session', 'It has nothing of that session to tell.')]);
  });

  it('hears nothing of what is told again', () => {
    const talk = openTalk(ACP, { resume: 'r' });
    talk.begin();
    talk.take(HANDSHAKE);
    say(talk, 'Of old.');
    update(talk, { sessionUpdate: 'tool_call', toolCallId: 'c', title: 'Of old' });
    talk.take({ id: 2, result: {} });
    expect(talk.news()).toEqual([{ kind: 'session', id: 'r' }]);
    talk.take({ id: 3, result: { stopReason: 'end_turn' } });
    expect(talk.news()).toEqual([over(null, '')]);
  });

  const failures: readonly [string, Partial<Opening>, readonly object[], News][] = [
    [
      'another version',
      {},
      [{ id: 1, result: { protocolVersion: 2 } }],
      over('protocol', 'It speaks version 2 of the protocol, not 1.'),
    ],
    ['no session', {}, [HANDSHAKE, refusal(2, -32_603, 'broken')], over('protocol', 'broken')],
    ['nobody logged in', {}, [HANDSHAKE, refusal(2, -32_000, 'Who are you?')], over('login', 'Who are you?')],
    [
      'no session to go on with',
      { resume: 'r' },
      [HANDSHAKE, refusal(2, -32_002, 'gone')],
      over('no-session', 'gone'),
    ],
    [
      'a session without an id',
      {},
      [HANDSHAKE, { id: 2, result: {} }],
      over('protocol', 'It opened a session without an id.'),
    ],
    [
      'no such setting',
      { effort: 'high' },
      [HANDSHAKE, { id: 2, result: { sessionId: 's' } }],
      over('protocol', 'It has no setting for the effort.'),
    ],
    [
      'a setting refused',
      { mode: 'm' },
      [HANDSHAKE, { id: 2, result: { sessionId: 's', modes: {} } }, refusal(3, -32_602, 'no mode m')],
      over('protocol', 'no mode m'),
    ],
  ];
  for (const [name, opening, messages, expected] of failures) {
    it(`ends with ${name}`, () => {
      const talk = openTalk(ACP, opening);
      talk.begin();
      for (const message of messages) talk.take({ ...message });
      expect(talk.news()).toEqual([expected]);
    });
  }

  it('brings the session to what is wanted, step by step', () => {
    const wanted = { mode: 'autopilot', model: 'big', effort: 'high' };
    const talk = openTalk(ACP, wanted);
    talk.begin();
    talk.take(HANDSHAKE);
    talk.sent();
    const grouped = [{ group: 'g', options: [{ value: 'big' }] }];
    const configOptions = [
      {
        id: 'cm',
        category: 'mode',
        options: [{ value: 'https://x/modes#agent' }, { value: 'https://x/modes#autopilot' }],
      },
      { id: 'cb', category: 'model', options: grouped },
      { id: 'ce', category: 'thought_level', options: 7 },
    ];
    talk.take({ id: 2, result: { sessionId: 's', configOptions } });
    const option = (id: number, configId: string, value: string): object => ({
      id,
      method: 'session/set_config_option',
      params: { sessionId: 's', configId, value },
    });
    expect(talk.sent()).toEqual([option(3, 'cm', 'https://x/modes#autopilot')]);
    talk.take({ id: 3, result: {} });
    expect(talk.sent()).toEqual([option(4, 'cb', 'big')]);
    talk.take({ id: 4, result: {} });
    expect(talk.sent()).toEqual([option(5, 'ce', 'high')]);
    talk.take({ id: 5, result: {} });
    expect(talk.sent()).toEqual([prompt(6, 'Do it.')]);
  });

  it('knows older ways to set a mode and a model, and takes the mode of the agent where none is said', () => {
    const talk = openTalk(createAcp({ command: 'agent', args: [], mode: 'full' }), { model: 'big' });
    talk.begin();
    talk.take(HANDSHAKE);
    talk.sent();
    talk.take({ id: 2, result: { sessionId: 's', modes: {}, models: {} } });
    talk.take({ id: 3, result: {} });
    talk.take({ id: 4, result: {} });
    expect(talk.sent()).toEqual([
      { id: 3, method: 'session/set_mode', params: { sessionId: 's', modeId: 'full' } },
      { id: 4, method: 'session/set_model', params: { sessionId: 's', modelId: 'big' } },
      prompt(5, 'Do it.'),
    ]);
  });
});

describe('what it reports', () => {
  it('tells words as a whole when something else begins', () => {
    const talk = inTurn();
    say(talk, 'Let me ');
    say(talk, 'look.');
    expect(talk.news()).toEqual([]);
    update(talk, {
      sessionUpdate: 'tool_call',
      toolCallId: 'c',
      title: 'Read a',
      kind: 'read',
      locations: [{ path: 'a' }],
    });
    say(talk, 'All done.');
    talk.take({ id: 3, result: { stopReason: 'end_turn' } });
    expect(talk.news()).toEqual([
      { kind: 'doing', text: 'Let me look.' },
      { kind: 'doing', text: 'Read a', files: ['a'] },
      { kind: 'doing', text: 'All done.' },
      over(null, 'All done.'),
    ]);
  });

  it('tells of a tool call once, and again when more is known', () => {
    const talk = inTurn();
    const part = { sessionUpdate: 'tool_call_update', toolCallId: 'c' };
    update(talk, { ...part, sessionUpdate: 'tool_call', title: 'Edit' });
    update(talk, { ...part, status: 'in_progress' });
    update(talk, { ...part, content: [{ type: 'diff', path: '/w/b', newText: '' }, 7] });
    update(talk, {
      ...part,
      content: [{ type: 'content', content: { type: 'text', text: 'no room' } }],
      status: 'failed',
    });
    expect(talk.news()).toEqual([
      { kind: 'doing', text: 'Edit' },
      { kind: 'doing', text: 'Edit', files: ['/w/b'] },
      { kind: 'failed-call', text: 'Edit /w/b failed: no room' },
    ]);
  });

  it('adds up what it costs', () => {
    const talk = inTurn();
    update(talk, {
      sessionUpdate: 'usage_update',
      used: 5,
      size: 9,
      cost: { amount: 0.25, currency: 'USD' },
    });
    update(talk, { sessionUpdate: 'usage_update', used: 5, size: 9, cost: { amount: 3, currency: 'EUR' } });
    const usage = { inputTokens: 100, outputTokens: 7, cachedReadTokens: 20, cachedWriteTokens: null };
    talk.take({ id: 3, result: { stopReason: 'end_turn', usage } });
    expect(talk.news()).toEqual([
      { kind: 'spent', spending: { input: 0, output: 0, usd: 0.25 } },
      { kind: 'spent', spending: { input: 120, output: 7, usd: 0.25 } },
      over(null, ''),
    ]);
    const quota = { token_count: { input_tokens: 10, output_tokens: 1 } };
    talk.say({ number: 1, text: 'More.' });
    talk.take({ id: 4, result: { stopReason: 'end_turn', _meta: { quota } } });
    expect(talk.news()).toContainEqual({ kind: 'spent', spending: { input: 130, output: 8, usd: 0.25 } });
  });

  it('adds up the turns of who counts each by itself', () => {
    const talk = openTalk(ACP);
    talk.begin();
    const agentInfo = { name: '@agentclientprotocol/codex-acp' };
    talk.take({ id: 1, result: { protocolVersion: 1, agentInfo } });
    talk.take({ id: 2, result: { sessionId: 's' } });
    const usage = { inputTokens: 100, outputTokens: 7 };
    talk.take({ id: 3, result: { stopReason: 'end_turn', usage } });
    talk.say({ number: 1, text: 'More.' });
    talk.take({ id: 4, result: { stopReason: 'end_turn', usage } });
    expect(talk.news()).toContainEqual({ kind: 'spent', spending: { input: 200, output: 14, usd: null } });
  });

  const ends: readonly [string, Readonly<Record<string, unknown>>, readonly News[]][] = [
    ['cancelled', { result: { stopReason: 'cancelled' } }, [over('interrupted', 'It was interrupted.')]],
    [
      'max_tokens',
      { result: { stopReason: 'max_tokens' } },
      [over('own-limit', 'It reached its limit of tokens.')],
    ],
    [
      'max_turn_requests',
      { result: { stopReason: 'max_turn_requests' } },
      [over('own-limit', 'It reached its limit of requests in one turn.')],
    ],
    ['refusal', { result: { stopReason: 'refusal' } }, [over('api-error', 'The model refuses to go on.')]],
    ['unknown', { result: {} }, [over('protocol', 'It ended its turn for no known reason: undefined')]],
    ['an error', { error: { code: -32_603, message: 'Overloaded' } }, [over('api-error', 'Overloaded')]],
    [
      'no login',
      { error: { code: -32_000, message: 'Authentication required' } },
      [over('login', 'Authentication required')],
    ],
    [
      'a refused key',
      { error: { code: -32_603, message: 'API key not valid' } },
      [over('login', 'API key not valid')],
    ],
    [
      'a status in front of the words',
      { error: { code: -32_603, message: 'Internal error', data: { details: '401 Who are you?' } } },
      [over('login', 'Internal error: 401 Who are you?')],
    ],
    [
      'a limit',
      { error: { code: 429, message: 'Slow down' } },
      [{ kind: 'limited', untilMs: null, text: 'Slow down' }, over('limit', 'Slow down')],
    ],
    [
      'a limit in words',
      { error: { code: -32_603, message: 'You exceeded your current quota' } },
      [
        { kind: 'limited', untilMs: null, text: 'You exceeded your current quota' },
        over('limit', 'You exceeded your current quota'),
      ],
    ],
  ];
  for (const [name, answer, expected] of ends) {
    it(`tells of the end of a turn: ${name}`, () => {
      const talk = inTurn();
      talk.take({ id: 3, ...answer });
      expect(talk.news()).toEqual(expected);
    });
  }
});

describe('what is said', () => {
  it('waits for the end of the turn, and is one prompt then', () => {
    const talk = inTurn();
    talk.say({ number: 1, text: 'One.' });
    talk.say({ number: 2, text: 'Two.' });
    expect(talk.sent()).toEqual([]);
    expect(talk.news()).toEqual([]);
    talk.take({ id: 3, result: { stopReason: 'end_turn' } });
    expect(talk.sent()).toEqual([prompt(4, 'One.\n\nTwo.')]);
    expect(talk.news()).toEqual([
      { kind: 'heard', number: 1 },
      { kind: 'heard', number: 2 },
    ]);
    talk.take({ id: 4, result: { stopReason: 'end_turn' } });
    talk.news();
    talk.say({ number: 3, text: 'Three.' });
    expect(talk.sent()).toEqual([prompt(5, 'Three.')]);
    expect(talk.news()).toEqual([{ kind: 'heard', number: 3 }]);
  });

  it('stays to be said when the turn failed', () => {
    const talk = inTurn();
    talk.say({ number: 1, text: 'One.' });
    talk.take({ id: 3, error: { code: -32_603, message: 'Overloaded' } });
    expect(talk.sent()).toEqual([]);
    expect(talk.news()).toEqual([over('api-error', 'Overloaded')]);
    talk.say({ number: 2, text: 'Two.' });
    expect(talk.sent()).toEqual([prompt(4, 'One.\n\nTwo.')]);
  });
});

function refusal(id: number, code: number, message: string): object {
  return { id, error: { code, message } };
}
