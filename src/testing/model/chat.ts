// OpenAI's Chat Completions: what most other agents can speak. Knows no script.
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
import { asObject, asObjects, asText, type JsonObject } from './json.ts';

/** OpenAI Chat Completions. */
export const CHAT: Dialect = { name: 'chat', read, write, stream, refuse };

function read(body: JsonObject): Conversation {
  return {
    model: asText(body['model']),
    wants: body['stream'] === true ? 'stream' : 'whole',
    tools: asObjects(body['tools']).map(
      (tool): OfferedTool => ({ name: asText(asObject(tool['function'])['name']), takes: 'object' }),
    ),
    messages: asObjects(body['messages']).map(readMessage),
  };
}

function readMessage(message: JsonObject): Message {
  if (message['role'] === 'user') return { by: 'user', texts: readTexts(message['content']) };
  return { by: message['role'] === 'assistant' ? 'model' : 'other', texts: [] };
}

function write(answer: Answer): JsonObject {
  const choice = { index: 0, message: describeMove(answer), finish_reason: nameEnd(answer) };
  return {
    ...describeCompletion(answer, 'chat.completion'),
    choices: [choice],
    usage: describeUsage(answer),
  };
}

function stream(answer: Answer): readonly StreamEvent[] {
  const chunk = describeCompletion(answer, 'chat.completion.chunk');
  return [
    { ...chunk, choices: [{ index: 0, delta: describeMove(answer), finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: nameEnd(answer) }] },
    { ...chunk, choices: [], usage: describeUsage(answer) },
    '[DONE]' as const,
  ].map((data) => ({ name: null, data }));
}

function describeCompletion({ id, model }: Answer, object: string): JsonObject {
  return { id: `chatcmpl-${id}`, object, created: 0, model };
}

function describeMove({ id, move }: Answer): JsonObject {
  if (move.kind === 'say') return { role: 'assistant', content: move.text };
  const { name, input } = move.call;
  const call = {
    index: 0,
    id: `call_${id}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  };
  return { role: 'assistant', content: null, tool_calls: [call] };
}

function nameEnd({ move }: Answer): string {
  return move.kind === 'say' ? 'stop' : 'tool_calls';
}

function describeUsage({ usage: { input, output } }: Answer): JsonObject {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function refuse({ status, sentence }: Refusal): ReturnType<Dialect['refuse']> {
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  return { headers: {}, body: { error: { message: sentence, type, code: null } } };
}
