// Anthropic's Messages: what Claude Code speaks. Knows no script.
import type { OfferedTool } from './choose-tool.ts';
import {
  type Answer,
  type Conversation,
  type Dialect,
  type Message,
  type Refusal,
  readTexts,
  type StreamEvent,
} from './conversation.ts';
import { asObjects, asText, type JsonObject } from './json.ts';

/** Anthropic Messages. */
export const ANTHROPIC: Dialect = { name: 'anthropic', read, write, stream, refuse };

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function read(body: JsonObject): Conversation {
  return {
    model: asText(body['model']),
    wants: body['stream'] === true ? 'stream' : 'whole',
    tools: asObjects(body['tools']).map(
      (tool): OfferedTool => ({ name: asText(tool['name']), takes: 'object' }),
    ),
    messages: asObjects(body['messages']).map(readMessage),
  };
}

/** Claude Code puts it into the model's mouth when it goes on with a session that was cut off. */
const NOT_SAID = 'No response requested.';

/** Results of tools are parts of the user's messages too, but their text lies deeper. */
function readMessage(message: JsonObject): Message {
  const texts = readTexts(message['content']);
  if (message['role'] === 'user') return { by: 'user', texts };
  const isTurn = message['role'] === 'assistant' && texts[0] !== NOT_SAID;
  return { by: isTurn ? 'model' : 'other', texts: [] };
}

function write(answer: Answer): JsonObject {
  const { content, stopReason } = describeMove(answer);
  return {
    ...describeMessage(answer),
    content: [content],
    stop_reason: stopReason,
    usage: describeUsage(answer, answer.usage.output),
  };
}

function stream(answer: Answer): readonly StreamEvent[] {
  const { opening, delta, stopReason } = describeMove(answer);
  // the first event counts what was read, the last one what was written
  const message = { ...describeMessage(answer), content: [], usage: describeUsage(answer, 1) };
  return [
    event('message_start', { message }),
    event('content_block_start', { index: 0, content_block: opening }),
    event('content_block_delta', { index: 0, delta }),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: answer.usage.output },
    }),
    event('message_stop', {}),
  ];
}

function event(type: string, data: JsonObject): StreamEvent {
  return { name: type, data: { type, ...data } };
}

function describeMessage({ id, model }: Answer): JsonObject {
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    stop_reason: null,
    stop_sequence: null,
  };
}

function describeUsage({ usage }: Answer, output: number): JsonObject {
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: output,
  };
}

interface Described {
  readonly content: JsonObject;
  /** The content before its delta has come. */
  readonly opening: JsonObject;
  readonly delta: JsonObject;
  readonly stopReason: string;
}

function describeMove({ id, move }: Answer): Described {
  if (move.kind === 'say') {
    const { text } = move;
    return {
      content: { type: 'text', text },
      opening: { type: 'text', text: '' },
      delta: { type: 'text_delta', text },
      stopReason: 'end_turn',
    };
  }
  const use = { type: 'tool_use', id: `toolu_${id}`, name: move.call.name };
  const { input } = move.call;
  return {
    content: { ...use, input },
    opening: { ...use, input: {} },
    delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
    stopReason: 'tool_use',
  };
}

function refuse({ status, sentence, resetAt }: Refusal): ReturnType<Dialect['refuse']> {
  const type = ERROR_TYPES[status] ?? 'api_error';
  const limit = {
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-representative-claim': 'five_hour',
    'anthropic-ratelimit-unified-reset': String(resetAt),
  };
  return {
    headers: resetAt === null ? {} : limit,
    body: { type: 'error', error: { type, message: sentence } },
  };
}
