// A server on this machine that plays models for agent programs, by the script in what it is asked. Knows no agent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { unreachable } from '../../core/failure.ts';
import { ANTHROPIC } from './anthropic.ts';
import { CHAT } from './chat.ts';
import type { Answer, Conversation, Dialect, Refusal } from './conversation.ts';
import { GEMINI } from './gemini.ts';
import { type JsonObject, parseObject } from './json.ts';
import { MAX_BODY_BYTES, readBody } from './request-body.ts';
import { type ModelRequest, noteRequest } from './request-log.ts';
import { RESPONSES } from './responses.ts';
import { createTally, type Tally } from './tally.ts';
import { type Outcome, takeTurn } from './turn.ts';

/** A model that is listening. */
export interface Model {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** The newest 1,000 requests that a dialect could read, oldest first; the list changes as they come. */
  readonly requests: readonly ModelRequest[];
  /** Ends every request under way and stops listening. */
  close(): Promise<void>;
}

interface Route {
  readonly path: RegExp;
  readonly dialect: Dialect;
  /** How the number of tokens is called, where only that is asked for. */
  readonly counts: string | null;
}

const ROUTES: readonly Route[] = [
  { path: /\/v1\/messages$/, dialect: ANTHROPIC, counts: null },
  { path: /\/v1\/messages\/count_tokens$/, dialect: ANTHROPIC, counts: 'input_tokens' },
  { path: /\/responses$/, dialect: RESPONSES, counts: null },
  { path: /\/chat\/completions$/, dialect: CHAT, counts: null },
  { path: /\/models\/[^/:]+:(?:g|streamG)enerateContent$/, dialect: GEMINI, counts: null },
  { path: /\/models\/[^/:]+:countTokens$/, dialect: GEMINI, counts: 'totalTokens' },
];

const BYTES_A_TOKEN = 4;

interface Desk {
  readonly requests: ModelRequest[];
  readonly tally: Tally;
  readonly log: (line: string) => void;
}

/** Starts a model on 127.0.0.1; port 0 is any that is free. Rejects when the port is taken. */
export async function startModel(
  options: { readonly port?: number; readonly log?: (line: string) => void } = {},
): Promise<Model> {
  const desk: Desk = { requests: [], tally: createTally(), log: options.log ?? (() => undefined) };
  const server = createServer((request, response) => {
    serve(desk, request, response).catch((error: unknown) => {
      desk.log(response.destroyed ? 'a client has left' : `Internal error: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: desk.requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '' } = request;
  const [path = ''] = (request.url ?? '').split('?', 1);
  const body = await readBody(request);
  if (method === 'GET' && path.endsWith('/models')) return sendJson(response, 200, MODELS);
  const route = method === 'POST' ? ROUTES.find((each) => each.path.test(path)) : undefined;
  if (route === undefined) {
    desk.log(`${method} ${path}: not found`);
    return sendJson(response, 404, {
      error: { type: 'not_found', message: `There is no ${method} ${path}.` },
    });
  }
  const { dialect } = route;
  if (body === null) return refuse(response, dialect, refusal(413, `More than ${MAX_BODY_BYTES} bytes.`));
  const asked = parseObject(body.toString('utf8'));
  if (asked === null) return refuse(response, dialect, refusal(400, 'The body is no JSON object.'));
  const conversation = dialect.read(asked, path);
  noteRequest(desk.requests, {
    dialect: dialect.name,
    path,
    bytes: body.length,
    headers: request.headers,
    conversation,
  });
  if (route.counts !== null) {
    return sendJson(response, 200, { [route.counts]: Math.ceil(body.length / BYTES_A_TOKEN) });
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const outcome = await takeTurn(conversation, { tally: desk.tally, signal: gone.signal });
  desk.log(`${dialect.name} ${conversation.model}: ${describeOutcome(outcome)}`);
  send(response, { dialect, conversation, outcome });
}

const MODELS: JsonObject = {
  object: 'list',
  data: [
    { id: 'script', type: 'model', object: 'model', display_name: 'Script', created: 0, owned_by: 'weft' },
  ],
  has_more: false,
};

function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answer': {
      const { move } = outcome.answer;
      return move.kind === 'say' ? 'says something' : `calls ${move.call.name}`;
    }
    case 'refusal':
      return `${outcome.refusal.status}: ${outcome.refusal.sentence}`;
    case 'drop':
      return 'drops the connection';
    default:
      return unreachable(outcome);
  }
}

interface Sent {
  readonly dialect: Dialect;
  readonly conversation: Conversation;
  readonly outcome: Outcome;
}

function send(response: ServerResponse, { dialect, conversation, outcome }: Sent): void {
  switch (outcome.kind) {
    case 'answer':
      if (conversation.wants === 'stream') return sendStream(response, dialect, outcome.answer);
      return sendJson(response, 200, dialect.write(outcome.answer));
    case 'refusal':
      if (outcome.retryAfterSeconds !== null) {
        response.setHeader('retry-after', String(outcome.retryAfterSeconds));
      }
      return refuse(response, dialect, outcome.refusal);
    case 'drop':
      response.destroy();
      return;
    default:
      unreachable(outcome);
  }
}

function sendStream(response: ServerResponse, dialect: Dialect, answer: Answer): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const { name, data } of dialect.stream(answer)) {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    response.write(`${name === null ? '' : `event: ${name}\n`}data: ${text}\n\n`);
  }
  response.end();
}

function refusal(status: number, sentence: string): Refusal {
  return { status, sentence, resetAt: null };
}

function refuse(response: ServerResponse, dialect: Dialect, said: Refusal): void {
  const { headers, body } = dialect.refuse(said);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  sendJson(response, said.status, body);
}

function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
