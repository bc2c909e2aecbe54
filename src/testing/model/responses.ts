// OpenAI's Responses: what Codex speaks. Knows no script.
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

/** OpenAI Responses. */
export const RESPONSES: Dialect = { name: 'responses', read, write, stream, refuse };

const CALLS: ReadonlySet<unknown> = new Set([
  'function_call',
  'custom_tool_call',
  'local_shell_call',
  'tool_search_call',
]);

function read(body: JsonObject): Conversation {
  const { input } = body;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : asObjects(input);
  return {
    model: asText(body['model']),
    wants: body['stream'] === true ? 'stream' : 'whole',
    tools: asObjects(body['tools']).map(readTool),
    messages: items.map(readItem),
  };
}

/** Tools of OpenAI's own have no name, only a type. */
function readTool(tool: JsonObject): OfferedTool {
  const name = asText(tool['name']) || asText(tool['type']);
  return { name, takes: tool['type'] === 'custom' ? 'text' : 'object' };
}

function readItem(item: JsonObject): Message {
  if (item['role'] === 'user') return { by: 'user', texts: readTexts(item['content']) };
  const isTurn = item['role'] === 'assistant' || CALLS.has(item['type']);
  return { by: isTurn ? 'model' : 'other', texts: [] };
}

function write(answer: Answer): JsonObject {
  const { input, output } = answer.usage;
  return {
    ...describeResponse(answer),
    status: 'completed',
    output: [describeItem(answer)],
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
    },
  };
}

function stream(answer: Answer): readonly StreamEvent[] {
  const item = describeItem(answer);
  const { move } = answer;
  const begun = { ...item, status: 'in_progress', ...(move.kind === 'say' ? { content: [] } : {}) };
  const place = { output_index: 0, content_index: 0, item_id: item['id'] };
  return [
    event('response.created', {
      response: { ...describeResponse(answer), status: 'in_progress', output: [] },
    }),
    event('response.output_item.added', { output_index: 0, item: begun }),
    ...(move.kind === 'say' ? [event('response.output_text.delta', { ...place, delta: move.text })] : []),
    event('response.output_item.done', { output_index: 0, item }),
    event('response.completed', { response: write(answer) }),
  ];
}

function event(type: string, data: JsonObject): StreamEvent {
  return { name: type, data: { type, ...data } };
}

function describeResponse({ id, model }: Answer): JsonObject {
  return { id: `resp_${id}`, object: 'response', created_at: 0, model };
}

function describeItem({ id, move }: Answer): JsonObject {
  const common = { id: `item_${id}`, status: 'completed' };
  if (move.kind === 'say') {
    const content = [{ type: 'output_text', text: move.text, annotations: [] }];
    return { ...common, type: 'message', role: 'assistant', content };
  }
  const { call } = move;
  const called = { ...common, call_id: `call_${id}` };
  if (call.takes === 'text') {
    return { ...called, type: 'custom_tool_call', name: call.name, input: call.input };
  }
  return { ...called, type: 'function_call', ...splitName(call.name), arguments: JSON.stringify(call.input) };
}

/** Codex wants a tool of an MCP server called by the server's namespace and the tool's own name. */
function splitName(name: string): JsonObject {
  const [, namespace, own] = /^(mcp__.+?)__(.+)$/.exec(name) ?? [];
  return namespace === undefined ? { name } : { namespace, name: own };
}

function refuse({ status, sentence, resetAt }: Refusal): ReturnType<Dialect['refuse']> {
  const kind = { type: status < 500 ? 'invalid_request_error' : 'server_error', code: null };
  const limit = { type: 'usage_limit_reached', code: null, resets_at: resetAt };
  return { headers: {}, body: { error: { ...(resetAt === null ? kind : limit), message: sentence } } };
}
