// Anthropic Messages over HTTP: whole answers, streams, tools, errors and counting.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/testing/model/json.ts';
import { type Model, startModel } from '../../../src/testing/model/server.ts';
import { post, postForStream } from './client.ts';

let model: Model;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model.close());

const TOOLS = [
  { name: 'Write', input_schema: {} },
  { name: 'Bash', input_schema: {} },
];
const url = (): string => `${model.url}/v1/messages?beta=true`;

function ask(messages: readonly unknown[], more: JsonObject = {}): JsonObject {
  return { model: 'claude-test', max_tokens: 100, tools: TOOLS, messages, ...more };
}

function user(text: string): JsonObject {
  return { role: 'user', content: [{ type: 'text', text }] };
}

const ID = (prefix: string): unknown => expect.stringMatching(new RegExp(`^${prefix}_[0-9a-f]{32}$`));

describe('Anthropic Messages', () => {
  it('answers as one document', async () => {
    const { status, body } = await post(url(), ask([user('@usage 7|3\n@say Hello.')]));
    expect(status).toBe(200);
    expect(body).toEqual({
      id: ID('msg'),
      type: 'message',
      role: 'assistant',
      model: 'claude-test',
      content: [{ type: 'text', text: 'Hello.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: 7,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 3,
      },
    });
  });

  it('calls a tool as one document', async () => {
    const { body } = await post(url(), ask([user('@bash ls')]));
    const input = { command: 'ls', description: 'Run a step' };
    expect(body['content']).toEqual([{ type: 'tool_use', id: ID('toolu'), name: 'Bash', input }]);
    expect(body['stop_reason']).toBe('tool_use');
  });

  it('streams text', async () => {
    const events = await postForStream(url(), ask([user('@usage 7|3\n@say Hello.')], { stream: true }));
    expect(events.every(({ event, data }) => data !== '[DONE]' && data['type'] === event)).toBe(true);
    expect(events.map(({ data }) => data)).toMatchObject([
      { type: 'message_start', message: { content: [], stop_reason: null, usage: { input_tokens: 7 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } },
      { type: 'message_stop' },
    ]);
  });

  it('streams a call', async () => {
    const events = await postForStream(url(), ask([user('@write a|b')], { stream: true }));
    expect(events.slice(1, 3).map(({ data }) => data)).toMatchObject([
      { content_block: { type: 'tool_use', id: ID('toolu'), name: 'Write', input: {} } },
      { delta: { type: 'input_json_delta', partial_json: '{"file_path":"a","content":"b\\n"}' } },
    ]);
    expect(events[4]?.data).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('plays a script to its end, and leaves out what tools have said', async () => {
    const messages: unknown[] = [user('# A task\n\n@write a|b\n@bash ls\n@say Made.\n\n## Rules')];
    const played: unknown[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const { body } = await post(url(), ask(messages));
      const [content] = body['content'] as readonly JsonObject[];
      played.push(content?.['name'] ?? content?.['text']);
      const result = { type: 'tool_result', tool_use_id: 'x', content: [{ type: 'text', text: '@say no' }] };
      messages.push({ role: 'assistant', content: body['content'] }, { role: 'user', content: [result] });
    }
    expect(played).toEqual(['Write', 'Bash', 'Made.', 'Done.']);
  });

  it('does not count what Claude Code makes it say', async () => {
    const messages = [
      user('@bash a\n@bash b\n@say Made.'),
      { role: 'assistant', content: [{ type: 'tool_use', id: 'x', name: 'Bash', input: {} }] },
      { role: 'assistant', content: [{ type: 'text', text: 'No response requested.' }] },
      user('go on'),
    ];
    const { body } = await post(url(), ask(messages));
    expect(body['content']).toMatchObject([{ type: 'tool_use', input: { command: 'b' } }]);
  });

  it('says Done. without a script, and takes a plain text as content', async () => {
    const { body } = await post(url(), ask([{ role: 'user', content: 'hello' }]));
    expect(body['content']).toEqual([{ type: 'text', text: 'Done.' }]);
  });

  it('says so when no tool fits', async () => {
    const { body } = await post(url(), ask([user('@bash ls')], { tools: [] }));
    expect(body['content']).toEqual([{ type: 'text', text: 'No tool is offered that could do @bash.' }]);
  });

  for (const [status, type] of [
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [529, 'overloaded_error'],
  ] as const) {
    it(`fails with ${status}`, async () => {
      const reply = await post(url(), ask([user(`@error ${status}`)], { stream: true }));
      expect(reply.status).toBe(status);
      const message = `The script says that this request fails with ${status}.`;
      expect(reply.body).toEqual({ type: 'error', error: { type, message } });
      expect(reply.headers.has('retry-after')).toBe(false);
      expect(reply.headers.has('anthropic-ratelimit-unified-reset')).toBe(false);
    });
  }

  it('says when to come back', async () => {
    const { headers } = await post(url(), ask([user('@reset 1800000000\n@error 429|12')]));
    expect(headers.get('retry-after')).toBe('12');
    expect(headers.get('anthropic-ratelimit-unified-status')).toBe('rejected');
    expect(headers.get('anthropic-ratelimit-unified-reset')).toBe('1800000000');
  });

  it('counts tokens without taking a turn', async () => {
    const body = ask([user('@error 500 x1\n@say counted')]);
    const counted = await post(`${model.url}/v1/messages/count_tokens?beta=true`, body);
    expect(counted.status).toBe(200);
    expect(counted.body).toEqual({ input_tokens: Math.ceil(JSON.stringify(body).length / 4) });
    expect((await post(url(), body)).status).toBe(500);
  });
});
