import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACP_PRESETS, createAcp } from '../../../../src/adapters/agent/session/acp.ts';
import type { Fault, News, Opening } from '../../../../src/adapters/agent/session/conversation.ts';
import { type Pump, startPump } from './fixtures/pump.ts';
import { OPENING, openTalk, type Talk } from './fixtures/talk.ts';

const ACP = createAcp({ command: 'agent', args: ['--acp'], env: { A: 'b' } });
const HANDSHAKE = { id: 1, result: { protocolVersion: 1, agentCapabilities: { loadSession: true } } };

/** In the midst of the first turn: its end is the answer to request 3. */
function inTurn(opening: Partial<Opening> = {}): Talk {
  const talk = openTalk(ACP, opening);
  talk.begin();
  talk.take(HANDSHAKE);
  talk.take({ id: 2, result: { sessionId: 's' } });
  talk.sent();
  talk.news();
  return talk;
}

function update(talk: Talk, fields: Readonly<Record<string, unknown>>): void {
  talk.take({ method: 'session/update', params: { sessionId: 's', update: fields } });
}

function say(talk: Talk, text: string): void {
  update(talk, { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
}

function prompt(id: number, text: string): object {
  return { id, method: 'session/prompt', params: { sessionId: 's', prompt: [{ type: 'text', text }] } };
}

function over(fault: Fault | null, text: string): News {
  return { kind: 'turn-over', fault, text };
}

const OPTIONS = [
  { optionId: 'y', name: 'Yes', kind: 'allow_once' },
  { optionId: 'a', name: 'Always', kind: 'allow_always' },
  { optionId: 'n', name: 'No', kind: 'reject_once' },
];

function selected(id: number | string, optionId: string): object {
  return { id, result: { outcome: { outcome: 'selected', optionId } } };
}

function cancelled(id: number | string): object {
  return { id, result: { outcome: { outcome: 'cancelled' } } };
}

function wish(
  id: number | string,
  toolCall: object,
  options: unknown = OPTIONS,
): Readonly<Record<string, unknown>> {
  return { id, method: 'session/request_permission', params: { sessionId: 's', toolCall, options } };
}

describe('the beginning', () => {
  it('starts the agent', () => {
    expect(ACP.launch(OPENING)).toEqual({ argv: ['agent', '--acp'], env: { A: 'b' } });
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
    [1, '', 'a'],
    [2, '', 'n'],
    [9, '', 'n'],
    [null, 'Rather not.', 'n'],
  ];
  for (const [choice, text, option] of replies) {
    it(`is asked of people: ${choice ?? text}`, () => {
      const talk = inTurn({ approvals: 'ask' });
      talk.take(wish(7, edit('a')));
      expect(talk.news().at(-1)).toEqual({
        kind: 'asks',
        ask: { id: '7', text: 'May it do this? Edit a', labels: ['Yes', 'Always', 'No'] },
      });
      talk.reply('7', { choice, text });
      talk.reply('7', { choice: 0, text: '' });
      expect(talk.sent()).toEqual([selected(7, option)]);
      talk.take({ id: 3, result: { stopReason: 'end_turn' } });
      expect(talk.sent()).toEqual(text === '' ? [] : [prompt(4, text)]);
    });
  }

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

describe('with a process', () => {
  const program = fileURLToPath(new URL('fixtures/acp-agent.mjs', import.meta.url));
  let folder: string;
  let pumps: Pump[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weft-acp-'));
    pumps = [];
  });
  afterEach(async () => {
    await Promise.all(pumps.map((pump) => pump.close()));
    await rm(folder, { recursive: true });
  });

  function start(prompt: string, opening: Partial<Opening> = {}): Pump {
    const agent = createAcp({ command: process.execPath, args: [program, join(folder, 'store')] });
    const pump = startPump(agent, { worktree: folder, prompt, guard: OPENING.guard, ...opening }, {});
    pumps.push(pump);
    return pump;
  }

  it('works in its mode, asks before it opens, and leaves', async () => {
    const pump = start('say On my way.\nedit a.txt\nsay All is done.', { mode: 'b' });
    expect(await pump.next('turn-over')).toEqual(over(null, 'All is done.'));
    expect(pump.news).toContainEqual({ kind: 'doing', text: 'Edit a.txt', files: ['a.txt'] });
    expect(pump.news).toContainEqual({ kind: 'spent', spending: { input: 10, output: 1, usd: null } });
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('yes');
    expect(pump.lines).toContain(`> ${JSON.stringify({ jsonrpc: '2.0', ...cancelled('early') })}`);
    expect(await pump.close()).toEqual({ code: 0, signal: null });
  });

  it('keeps it from a file, and tells it why', async () => {
    const pump = start('edit forbidden.txt\nsay Never said.');
    expect((await pump.next('failed-call')).text).toBe('Edit forbidden.txt forbidden.txt failed:');
    await pump.next('turn-over');
    expect(existsSync(join(folder, 'forbidden.txt'))).toBe(false);
    expect(await readFile(join(folder, 'store'), 'utf8')).toContain('"forbidden.txt is not yours."');
  });

  it('survives what makes no sense', async () => {
    const pump = start('garbage\nstrange');
    expect(await pump.next('turn-over')).toEqual(over(null, '-32601'));
  });

  it('answers a flood of wishes, each of them once', async () => {
    const pump = start('flood 50', { approvals: 'ask' });
    const { ask } = await pump.next('asks');
    pump.conversation.reply(ask.id, { choice: 1, text: '' });
    pump.conversation.interrupt();
    expect((await pump.next('turn-over')).fault).toBe('interrupted');
    expect(pump.news).toContainEqual({
      kind: 'doing',
      text: expect.stringMatching(/^always 1, cancelled \d+/),
    });
  });

  it('stops, hears what is said then, and goes on in another process', async () => {
    const first = start('hang');
    expect(await first.next('doing')).toEqual({ kind: 'doing', text: 'Hangs' });
    first.conversation.interrupt();
    expect((await first.next('turn-over')).fault).toBe('interrupted');
    first.conversation.say({ number: 1, text: 'say Heard.' });
    expect(await first.next('heard')).toEqual({ kind: 'heard', number: 1 });
    expect(await first.next('turn-over')).toEqual(over(null, 'Heard.'));
    const second = start('say Back.', { resume: 's' });
    expect(await second.next('turn-over')).toEqual(over(null, 'Back.'));
    expect(second.news).not.toContainEqual(expect.objectContaining({ text: 'Of old' }));
  });

  it('ends as the agent says', async () => {
    expect(await start('max_tokens').next('turn-over')).toMatchObject({ fault: 'own-limit' });
    expect(await start('refuse -32000 Who are you?').next('turn-over')).toEqual(
      over('login', 'Who are you?'),
    );
  });

  it('has nothing to go on with', async () => {
    expect((await start('say Back.', { resume: 'x' }).next('turn-over')).fault).toBe('no-session');
  });

  it('says nothing more when the agent dies in the midst of its turn', async () => {
    const pump = start('say Working.\ndie');
    await expect(pump.next('turn-over')).rejects.toThrow('no news');
    expect(await pump.close()).toEqual({ code: 7, signal: null });
  });
});

function refusal(id: number, code: number, message: string): object {
  return { id, error: { code, message } };
}
