// Gemini's generateContent over HTTP.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asObject, asObjects, type JsonObject } from '../../../src/testing/model/json.ts';
import { type Model, startModel } from '../../../src/testing/model/server.ts';
import { post, postForStream } from './client.ts';

let model: Model;
beforeAll(async () => {
  model = await startModel();
});
afterAll(() => model.close());

const TOOLS = [{ functionDeclarations: [{ name: 'write_file' }, { name: 'run_shell_command' }] }];
const url = (verb: string): string => `${model.url}/v1beta/models/gemini-test:${verb}`;

function ask(contents: readonly unknown[]): JsonObject {
  return { tools: TOOLS, contents };
}

function user(text: string): JsonObject {
  return { role: 'user', parts: [{ text }] };
}

describe('Gemini', () => {
  it('answers as one document', async () => {
    const { status, body } = await post(url('generateContent'), ask([user('@usage 7|3\n@say Hello.')]));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      candidates: [{ content: { role: 'model', parts: [{ text: 'Hello.' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 },
      modelVersion: 'gemini-test',
    });
  });

  it('streams a call', async () => {
    const events = await postForStream(`${url('streamGenerateContent')}?alt=sse`, ask([user('@bash ls')]));
    const args = { command: 'ls', description: 'Run a step', is_background: false };
    expect(events.map(({ data }) => data)).toMatchObject([
      { candidates: [{ content: { parts: [{ functionCall: { name: 'run_shell_command', args } }] } }] },
    ]);
  });

  it('plays a script to its end', async () => {
    const contents: unknown[] = [user('@write a|b\n@bash ls\n@say Made.')];
    const played: unknown[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const { body } = await post(url('generateContent'), ask(contents));
      const content = asObject(asObjects(body['candidates'])[0]?.['content']);
      const [part] = asObjects(content['parts']);
      played.push(asObject(part?.['functionCall'])['name'] ?? part?.['text']);
      const response = { name: 'x', response: { output: '@say no' } };
      contents.push(content, { role: 'user', parts: [{ functionResponse: response }] });
    }
    expect(played).toEqual(['write_file', 'run_shell_command', 'Made.', 'Done.']);
  });

  for (const [status, name] of [
    [429, 'RESOURCE_EXHAUSTED'],
    [503, 'UNAVAILABLE'],
    [500, 'INTERNAL'],
  ] as const) {
    it(`fails with ${status}`, async () => {
      const { body, ...reply } = await post(url('generateContent'), ask([user(`@error ${status}`)]));
      expect(reply.status).toBe(status);
      expect(body).toMatchObject({ error: { code: status, status: name } });
    });
  }

  it('counts tokens', async () => {
    const { body } = await post(url('countTokens'), { contents: [] });
    expect(body).toEqual({ totalTokens: 4 });
  });
});
