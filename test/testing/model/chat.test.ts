// OpenAI Chat Completions over HTTP.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asObject, asObjects, type JsonObject } from '../../../src/testing/model/json.ts';
import { type Model, startModel } from '../../../src/testing/model/server.ts';
import { post, postForStream } from './client.ts';

let model: Model;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model.close());

const TOOLS = ['write', 'bash'].map((name) => ({ type: 'function', function: { name, parameters: {} } }));
const url = (): string => `${model.url}/v1/chat/completions`;

function ask(messages: readonly unknown[], more: JsonObject = {}): JsonObject {
  return { model: 'chat-test', tools: TOOLS, messages, ...more };
}

function user(content: unknown): JsonObject {
  return { role: 'user', content };
}

describe('OpenAI Chat Completions', () => {
  it('answers as one document', async () => {
    const { status, body } = await post(url(), ask([user('@usage 7|3\n@say Hello.')]));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: 'chat-test',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    });
  });

  it('streams text', async () => {
    const events = await postForStream(url(), ask([user('@say Hello.')], { stream: true }));
    expect(events.every(({ event }) => event === null)).toBe(true);
    expect(events.map(({ data }) => data)).toMatchObject([
      { object: 'chat.completion.chunk', choices: [{ delta: { content: 'Hello.' }, finish_reason: null }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage: { total_tokens: 1050 } },
      '[DONE]',
    ]);
  });

  it('streams a call', async () => {
    const events = await postForStream(url(), ask([user('@write a|b')], { stream: true }));
    const call = {
      index: 0,
      type: 'function',
      function: { name: 'write', arguments: '{"filePath":"a","content":"b\\n"}' },
    };
    expect(events.slice(0, 2).map(({ data }) => data)).toMatchObject([
      { choices: [{ delta: { content: null, tool_calls: [call] } }] },
      { choices: [{ finish_reason: 'tool_calls' }] },
    ]);
  });

  it('plays a script to its end', async () => {
    const messages: unknown[] = [
      { role: 'system', content: '@say no' },
      user([{ type: 'text', text: '@write a|b\n@bash ls\n@say Made.' }]),
    ];
    const played: unknown[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const { body } = await post(url(), ask(messages));
      const message = asObject(asObjects(body['choices'])[0]?.['message']);
      const [call] = asObjects(message['tool_calls']);
      played.push(asObject(call?.['function'])['name'] ?? message['content']);
      messages.push(message, { role: 'tool', content: '@say no' });
    }
    expect(played).toEqual(['write', 'bash', 'Made.', 'Done.']);
  });

  it('fails as it is told', async () => {
    const { status, body } = await post(url(), ask([user('@error 503')]));
    expect(status).toBe(503);
    expect(body).toMatchObject({ error: { type: 'server_error', code: null } });
  });
});
