// What a scripted model was asked: the newest requests, without secrets. Knows no HTTP beyond headers.
import type { IncomingHttpHeaders } from 'node:http';
import type { Conversation, Dialect } from './conversation.ts';

/** What was asked of the model once. */
export interface ModelRequest {
  readonly dialect: Dialect['name'];
  /** Path without the query. */
  readonly path: string;
  readonly model: string;
  /** Names of the tools it offered. */
  readonly tools: readonly string[];
  /** Length of its body. */
  readonly bytes: number;
  /** Texts of the user's messages, in order, each cut to 64 Ki characters. */
  readonly userTexts: readonly string[];
  /** Its headers; of those that carry a secret, the value is left out. */
  readonly headers: Readonly<Record<string, string>>;
}

const MAX_REQUESTS = 1000;
const MAX_TEXT = 65_536;
const SECRETS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
  'x-goog-api-key',
]);

/** Notes a request at the end of the list and lets the oldest go when there are too many. */
export function noteRequest(
  requests: ModelRequest[],
  asked: {
    readonly dialect: Dialect['name'];
    readonly path: string;
    readonly bytes: number;
    readonly headers: IncomingHttpHeaders;
    readonly conversation: Conversation;
  },
): void {
  const { dialect, path, bytes, conversation } = asked;
  requests.push({
    dialect,
    path,
    model: conversation.model,
    tools: conversation.tools.map(({ name }) => name),
    bytes,
    userTexts: conversation.messages.flatMap(({ texts }) => texts.map((text) => text.slice(0, MAX_TEXT))),
    headers: Object.fromEntries(
      Object.entries(asked.headers).map(([name, value]) => [name, SECRETS.has(name) ? '' : String(value)]),
    ),
  });
  if (requests.length > MAX_REQUESTS) requests.shift();
}
