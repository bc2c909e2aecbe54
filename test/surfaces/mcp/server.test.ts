// The protocol: greetings, lists, calls side by side, cancellation, and everything a client may say wrong.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../../src/surfaces/mcp/server.ts';
import { createFakeClient, createFakeDesk, type FakeClient, readSaid } from './fake-desk.ts';

function createClient(): FakeClient {
  return createFakeClient(createFakeDesk());
}

describe('initialize', () => {
  const check = (asked: unknown, offered: string): void => {
    it(`${JSON.stringify(asked)} is answered with ${offered}`, async () => {
      const { result } = await createClient().ask('initialize', { protocolVersion: asked });
      expect(result).toEqual({
        protocolVersion: offered,
        capabilities: { tools: {} },
        serverInfo: { name: 'weft', version: '1.2.3' },
        instructions: 'Ask.',
      });
    });
  };
  check('2024-11-05', '2024-11-05');
  check('2025-03-26', '2025-03-26');
  check('2025-06-18', '2025-06-18');
  check('2025-11-25', '2025-11-25');
  check('2099-01-01', '2025-06-18');
  check(undefined, '2025-06-18');
});

it('lists the tools with a schema each', async () => {
  const { result } = await createClient().ask('tools/list');
  const tools = result?.['tools'] as readonly {
    readonly name: string;
    readonly description: string;
    readonly inputSchema: { readonly type: string; readonly required: readonly string[] };
    readonly annotations: object;
  }[];
  expect(tools.map(({ name, inputSchema }) => [name, inputSchema.required])).toEqual([
    ['get_task', []],
    ['report_progress', ['phase', 'note']],
    ['ask_guidance', ['question']],
    ['check_guidance', []],
    ['claim_files', ['globs', 'why']],
    ['submit', ['summary']],
  ]);
  for (const { inputSchema, description, annotations } of tools) {
    expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(description.length).toBeGreaterThan(80);
    expect(annotations).toMatchObject({ destructiveHint: false, openWorldHint: false });
  }
  const ask = tools.find(({ name }) => name === 'ask_guidance');
  expect(ask?.inputSchema).toMatchObject({
    properties: {
      question: { type: 'string', minLength: 1, maxLength: 4_000 },
      options: { type: 'array', maxItems: 9, items: { type: 'string', minLength: 1, maxLength: 200 } },
    },
  });
});

it('answers a ping', async () => {
  expect((await createClient().ask('ping')).result).toEqual({});
});

describe('what a client says wrong is answered and nothing else happens', () => {
  const check = (line: string, answer: object): void => {
    it(line, () => {
      const client = createClient();
      client.send(line);
      expect(client.received).toEqual([{ jsonrpc: '2.0', ...answer }]);
    });
  };
  const notAMessage = { code: -32_600, message: 'This is no JSON-RPC 2.0 message.' };
  check('{"jsonrpc":', { id: null, error: { code: -32_700, message: 'The line is not JSON.' } });
  check('[]', { id: null, error: notAMessage });
  check('null', { id: null, error: notAMessage });
  check('{"id":1,"method":"ping"}', { id: null, error: notAMessage });
  check('{"jsonrpc":"2.0","id":1}', {
    id: 1,
    error: { code: -32_600, message: 'The message has no method.' },
  });
  check('{"jsonrpc":"2.0","id":{},"method":"ping"}', {
    id: null,
    error: { code: -32_600, message: 'The id has to be a text or a number.' },
  });
  check('{"jsonrpc":"2.0","id":"a","method":"resources/list"}', {
    id: 'a',
    error: { code: -32_601, message: 'There is no method "resources/list".' },
  });
  check('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rm"}}', {
    id: 1,
    error: {
      code: -32_602,
      message:
        'There is no such tool. There are: get_task, report_progress, ask_guidance, check_guidance, claim_files, submit.',
    },
  });

  it('a line that is too long', () => {
    const client = createClient();
    client.server.take({ text: '{"jsonrpc"', truncated: true });
    expect(client.received).toMatchObject([{ id: null, error: { code: -32_700 } }]);
    expect(MAX_LINE_BYTES).toBe(1_048_576);
  });

  it('notifications, answers and empty lines get none', () => {
    const client = createClient();
    for (const line of [
      '',
      '  ',
      '{"jsonrpc":"2.0","method":"notifications/initialized"}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled"}',
      '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"submit","arguments":{"summary":"x"}}}',
      '{"jsonrpc":"2.0","id":7,"result":{}}',
      '{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"no"}}',
    ])
      client.send(line);
    expect(client.received).toEqual([]);
  });

  it('is whatever it is: every request gets exactly one answer', async () => {
    const words = fc.constantFrom('jsonrpc', 'id', 'method', 'params', 'name', 'arguments', 'requestId');
    const value = fc.oneof(
      fc.constantFrom('2.0', 1, 'ping', 'tools/call', 'initialize', 'get_task', 'submit', null),
      fc.json().map((text): unknown => JSON.parse(text)),
    );
    const anything = fc.dictionary(words, fc.oneof(value, fc.dictionary(words, value)));
    await fc.assert(
      fc.asyncProperty(anything, async (message) => {
        const client = createClient();
        client.send(JSON.stringify(message));
        await client.server.end();
        expect(client.received.length).toBeLessThanOrEqual(1);
        const { id } = message;
        const isRequest = typeof id === 'string' || typeof id === 'number';
        if (isRequest && message['jsonrpc'] === '2.0' && typeof message['method'] === 'string')
          expect(client.received).toMatchObject([{ id: JSON.parse(JSON.stringify(id)) }]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('calls', () => {
  const ASK = { name: 'ask_guidance', arguments: { question: 'Which?' } };

  it('run side by side', async () => {
    const desk = createFakeDesk();
    const client = createFakeClient(desk);
    const asked = desk.asked();
    const { answer } = client.start('tools/call', ASK);
    await asked;
    expect((await client.call('get_task')).text).toBe('Write the limiter.');
    desk.reply('a');
    expect(readSaid(await answer).text).toContain('answered');
  });

  it('that are cancelled end and are not answered', async () => {
    const desk = createFakeDesk();
    const client = createFakeClient(desk);
    const asked = desk.asked();
    const { id } = client.start('tools/call', ASK);
    await asked;
    client.notify('notifications/cancelled', { requestId: id, reason: 'changed my mind' });
    await client.server.end();
    expect(client.received.filter((message) => message.id === id)).toEqual([]);
    expect((await client.call('get_task')).isError).toBe(false);
  });

  it('that wait when the input ends are answered, and over', async () => {
    const desk = createFakeDesk();
    const client = createFakeClient(desk);
    const asked = desk.asked();
    const { answer } = client.start('tools/call', ASK);
    await asked;
    await client.server.end();
    expect(readSaid(await answer).text).toContain('"waiting"');
  });

  it('have ids of their own', async () => {
    const desk = createFakeDesk();
    const client = createFakeClient(desk);
    const { id } = client.start('tools/call', ASK);
    client.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: ASK }));
    expect(client.received).toMatchObject([{ id, error: { code: -32_600 } }]);
    await client.server.end();
  });

  it('are at most 32 at once', async () => {
    const client = createFakeClient(createFakeDesk({ readTask: () => new Promise(() => undefined) }));
    for (let n = 0; n < 32; n += 1) client.start('tools/call', { name: 'get_task' });
    expect(await client.call('get_task')).toMatchObject({ isError: true });
    expect(client.received).toHaveLength(1);
  });
});
