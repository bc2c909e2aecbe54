// OpenAI Responses over HTTP: messages, functions, free text, namespaces and limits.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asObjects, type JsonObject } from '../../../src/testing/model/json.ts';
import { type Model, startModel } from '../../../src/testing/model/server.ts';
import { post, postForStream } from './client.ts';

let model: Model;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model.close());

const TOOLS = [
  { type: 'function', name: 'exec_command', parameters: {} },
  { type: 'custom', name: 'apply_patch', format: {} },
  { type: 'web_search' },
];
const url = (): string => `${model.url}/v1/responses`;

function user(text: string): JsonObject {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
}

function ask(input: unknown, more: JsonObject = {}): JsonObject {
  return { model: 'gpt-test', tools: TOOLS, input, ...more };
}

async function firstItem(text: string): Promise<JsonObject | undefined> {
  const { body } = await post(url(), ask([user(text)]));
  return asObjects(body['output'])[0];
}

describe('OpenAI Responses', () => {
  it('answers as one document', async () => {
    const { status, body } = await post(url(), ask([user('@usage 7|3\n@say Hello.')]));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'gpt-test',
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello.' }] }],
      usage: { input_tokens: 7, output_tokens: 3, total_tokens: 10 },
    });
  });

  for (const [directive, expected] of [
    [
      '@bash ls',
      { type: 'function_call', name: 'exec_command', arguments: '{"cmd":"ls","yield_time_ms":30000}' },
    ],
    ['@write a|b', { type: 'custom_tool_call', name: 'apply_patch', input: expect.stringContaining('+b\n') }],
    [
      '@tool mcp__weft__ask_human|{"q":1}',
      { type: 'function_call', namespace: 'mcp__weft', name: 'ask_human', arguments: '{"q":1}' },
    ],
    ['@tool view_image|{}', { type: 'function_call', name: 'view_image', arguments: '{}' }],
  ] as const) {
    it(`calls for ${directive}`, async () => {
      const item = await firstItem(directive);
      expect(item).toMatchObject({ ...expected, call_id: expect.stringMatching(/^call_/) });
      expect(item !== undefined && 'namespace' in item).toBe('namespace' in expected);
    });
  }

  it('streams text', async () => {
    const events = await postForStream(url(), ask([user('@say Hello.')], { stream: true }));
    expect(events.map(({ event }) => event)).toEqual([
      'response.created',
      'response.output_item.added',
      'response.output_text.delta',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map(({ data }) => data)).toMatchObject([
      { response: { status: 'in_progress', output: [] } },
      { item: { status: 'in_progress', content: [] } },
      { delta: 'Hello.' },
      { item: { status: 'completed', content: [{ text: 'Hello.' }] } },
      { type: 'response.completed', response: { status: 'completed', usage: { total_tokens: 1050 } } },
    ]);
  });

  it('streams a call', async () => {
    const events = await postForStream(url(), ask([user('@bash ls')], { stream: true }));
    expect(events.map(({ event }) => event)).not.toContain('response.output_text.delta');
    expect(events.at(-2)?.data).toMatchObject({ item: { type: 'function_call', name: 'exec_command' } });
  });

  it('plays a script to its end, whatever its turns were', async () => {
    const input: unknown[] = [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: '@say no' }] },
      user('<environment_context>'),
      user('@write a|b\n@bash ls\n@say Made.'),
    ];
    const played: unknown[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const { body } = await post(url(), ask(input));
      const [item] = asObjects(body['output']);
      played.push(item?.['name'] ?? asObjects(item?.['content'])[0]?.['text']);
      input.push({ type: 'reasoning' }, item, { type: 'function_call_output', output: '@say no' });
    }
    expect(played).toEqual(['apply_patch', 'exec_command', 'Made.', 'Done.']);
  });

  it('takes a plain text as input', async () => {
    const { body } = await post(url(), ask('@say Plain.'));
    expect(asObjects(asObjects(body['output'])[0]?.['content'])[0]?.['text']).toBe('Plain.');
  });

  for (const [script, status, error] of [
    ['@error 503', 503, { type: 'server_error', code: null }],
    ['@error 400', 400, { type: 'invalid_request_error', code: null }],
    ['@reset 1800000000\n@error 429', 429, { type: 'usage_limit_reached', resets_at: 1_800_000_000 }],
  ] as const) {
    it(`fails for ${JSON.stringify(script)}`, async () => {
      const reply = await post(url(), ask([user(script)], { stream: true }));
      expect(reply.status).toBe(status);
      expect(reply.body).toMatchObject({ error });
    });
  }

  it('counts a reset from now', async () => {
    const before = Math.ceil(Date.now() / 1000);
    const { body } = await post(url(), ask([user('@reset +1000\n@error 429')]));
    const { resets_at: at } = body['error'] as { readonly resets_at: number };
    expect(at).toBeGreaterThanOrEqual(before + 1000);
    expect(at).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 1000);
  });
});
