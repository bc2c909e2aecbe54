// Asks a scripted model as agents do: over HTTP, in each dialect, and reads its streams. Asserts nothing.
import { asObject, type JsonObject } from '../../../src/testing/model/json.ts';

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
}

/** One event of a stream. */
export interface Received {
  readonly event: string | null;
  readonly data: JsonObject | '[DONE]';
}

/** Posts a document, or text as it is, and reads the answer as JSON. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: asObject(await response.json()) };
}

/** Posts a document and reads the answer as a stream of events. */
export async function postForStream(url: string, body: unknown): Promise<readonly Received[]> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const type = response.headers.get('content-type');
  if (type !== 'text/event-stream') throw new Error(`${response.status} ${type}: ${await response.text()}`);
  const blocks = (await response.text()).split('\n\n').filter((block) => block !== '');
  return blocks.map((block) => {
    const lines = new Map(
      block.split('\n').map((line): [string, string] => {
        const [, field = '', value = ''] = /^(\w+): (.*)$/.exec(line) ?? [];
        return [field, value];
      }),
    );
    const data = lines.get('data') ?? '';
    return { event: lines.get('event') ?? null, data: data === '[DONE]' ? data : asObject(JSON.parse(data)) };
  });
}
