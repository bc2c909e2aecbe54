// The server around the dialects: limits, what it notes, errors that pass, dropped and abandoned connections, parallel talks.
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Conversation } from '../../../src/testing/model/conversation.ts';
import { asObject, asObjects, asText, type JsonObject } from '../../../src/testing/model/json.ts';
import { type ModelRequest, noteRequest } from '../../../src/testing/model/request-log.ts';
import { type Model, startModel } from '../../../src/testing/model/server.ts';
import { post } from './client.ts';

let model: Model;
let log: string[];
beforeEach(async () => {
  log = [];
  model = await startModel({ log: (line) => log.push(line) });
});
afterEach(() => model.close());

const messages = (): string => `${model.url}/v1/messages`;

function ask(script: string, more: JsonObject = {}): JsonObject {
  return { model: 'm', messages: [{ role: 'user', content: script }], ...more };
}

async function say(script: string): Promise<number | string> {
  const { status, body } = await post(messages(), ask(script));
  return status === 200 ? asText(asObjects(body['content'])[0]?.['text']) : status;
}

describe('the server', () => {
  it('lists models', async () => {
    const reply = await fetch(`${model.url}/v1/models?client=x`);
    expect(asObjects(asObject(await reply.json())['data']).map((each) => each['id'])).toEqual(['script']);
  });

  for (const [method, path] of [
    ['GET', '/v1/messages'],
    ['POST', '/v1/models'],
    ['POST', '/v1/messages/batches'],
    ['POST', '/v1beta/models/m:embedContent'],
    ['GET', '/'],
  ] as const) {
    it(`has no ${method} ${path}`, async () => {
      const reply = await fetch(model.url + path, { method });
      expect(reply.status).toBe(404);
      expect(await reply.json()).toEqual({
        error: { type: 'not_found', message: `There is no ${method} ${path}.` },
      });
    });
  }

  for (const [what, text] of [
    ['no JSON', '{"model":'],
    ['no object', '[]'],
    ['nothing', ''],
  ] as const) {
    it(`refuses a body that is ${what}`, async () => {
      const { status, body } = await post(messages(), text);
      expect(status).toBe(400);
      expect(body).toMatchObject({ error: { message: 'The body is no JSON object.' } });
      expect(model.requests).toEqual([]);
    });
  }

  it('answers a body that lacks everything', async () => {
    expect(
      (await post(messages(), '{"messages":[7,{"role":"user","content":[null]}],"tools":5}')).status,
    ).toBe(200);
  });

  it('refuses a body above the limit', async () => {
    const { status } = await post(messages(), 'x'.repeat(16 * 1024 * 1024 + 1));
    expect(status).toBe(413);
    expect(await say('@say still here')).toBe('still here');
  });

  it('refuses a script that is wrong', async () => {
    const { status, body } = await post(messages(), ask('@say a\n@sleep x'));
    expect(status).toBe(400);
    expect(asText(asObject(body['error'])['message'])).toContain('`@sleep x` is wrong');
  });

  it('notes what it was asked, without secrets', async () => {
    const body = ask(`@say a${'y'.repeat(70_000)}`, { tools: [{ name: 'Bash' }] });
    await post(messages(), body, { 'x-api-key': 'secret', authorization: 'Bearer secret', 'x-app': 'cli' });
    expect(model.requests).toEqual([
      {
        dialect: 'anthropic',
        path: '/v1/messages',
        model: 'm',
        tools: ['Bash'],
        bytes: JSON.stringify(body).length,
        userTexts: [`@say a${'y'.repeat(65_530)}`],
        headers: expect.objectContaining({ 'x-app': 'cli', 'x-api-key': '', authorization: '' }),
      },
    ]);
    expect(log).toEqual(['anthropic m: says something']);
  });

  it('keeps the newest thousand requests', () => {
    const requests: ModelRequest[] = [];
    for (let bytes = 0; bytes < 1002; bytes += 1) {
      const conversation: Conversation = { model: 'm', wants: 'whole', tools: [], messages: [] };
      noteRequest(requests, { dialect: 'chat', path: '/', bytes, headers: {}, conversation });
    }
    expect(requests.length).toBe(1000);
    expect(requests[0]?.bytes).toBe(2);
  });
});

describe('hurdles', () => {
  it('fails for ever without a number', async () => {
    for (let n = 0; n < 3; n += 1) expect(await say('@error 500\n@say a')).toBe(500);
  });

  it('fails as often as it says, each hurdle by itself', async () => {
    const script = '@error 529 x2\n@error 500 x1\n@say a';
    const seen: unknown[] = [];
    for (let n = 0; n < 5; n += 1) seen.push(await say(script));
    expect(seen).toEqual([529, 529, 500, 'a', 'a']);
  });

  it('counts by the script, whatever stands around it', async () => {
    expect(await say('first try\n@error 529 x1\n@say a')).toBe(529);
    expect(await say('second try\n@error 529 x1\n@say a')).toBe('a');
    expect(await say('@error 529 x1\n@say b')).toBe(529);
  });

  it('drops the connection, as often as it says', async () => {
    await expect(say('@drop x1\n@say a')).rejects.toThrow('fetch failed');
    expect(await say('@drop x1\n@say a')).toBe('a');
    expect(log).toEqual(['anthropic m: drops the connection', 'anthropic m: says something']);
  });

  it('waits, then goes on', async () => {
    expect(await say('@sleep 5\n@say awake')).toBe('awake');
  });

  it('stops waiting when the client has gone', async () => {
    const client = request(messages(), { method: 'POST' });
    client.on('error', () => undefined);
    client.end(JSON.stringify(ask('@sleep 600000\n@say late')));
    await expect.poll(() => model.requests.length).toBe(1);
    client.destroy();
    await expect.poll(() => log).toEqual(['a client has left']);
  });

  it('closes while a request waits', async () => {
    const waiting = say('@sleep 600000').catch((error: unknown) => String(error));
    await expect.poll(() => model.requests.length).toBe(1);
    await model.close();
    expect(await waiting).toContain('fetch failed');
  });
});

it('does not mix fifty conversations', async () => {
  const talk = async (n: number): Promise<readonly unknown[]> => {
    const history: unknown[] = [
      { role: 'user', content: `@say ${n}.0\n@error 529 x1\n@say ${n}.1\n@sleep ${n % 7}\n@say ${n}.2` },
    ];
    const heard: unknown[] = [];
    for (let at = 0; at < 5; at += 1) {
      const { status, body } = await post(messages(), { model: `m${n}`, messages: history });
      heard.push(status === 200 ? asObjects(body['content'])[0]?.['text'] : status);
      if (status === 200) history.push({ role: 'assistant', content: body['content'] });
    }
    return heard;
  };
  const numbers = Array.from({ length: 50 }, (_, n) => n);
  const heard = await Promise.all(numbers.map(talk));
  expect(heard).toEqual(numbers.map((n) => [`${n}.0`, 529, `${n}.1`, `${n}.2`, 'Done.']));
});
