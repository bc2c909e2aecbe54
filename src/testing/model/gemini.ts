// Google's generateContent: what Gemini's command line speaks. Knows no script.
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

/** Gemini; its streams are events, as `alt=sse` asks for. */
export const GEMINI: Dialect = { name: 'gemini', read, write, stream, refuse };

function read(body: JsonObject, path: string): Conversation {
  const [, model = '', verb] = /\/models\/([^/:]+):(\w+)$/.exec(path) ?? [];
  return {
    model,
    wants: verb === 'streamGenerateContent' ? 'stream' : 'whole',
    tools: asObjects(body['tools'])
      .flatMap((tool) => asObjects(tool['functionDeclarations']))
      .map((tool) => ({ name: asText(tool['name']), takes: 'object' })),
    messages: asObjects(body['contents']).map(readContent),
  };
}

/** Who says nothing of who speaks is the user. */
function readContent(content: JsonObject): Message {
  if (content['role'] === 'model') return { by: 'model', texts: [] };
  return { by: 'user', texts: readTexts(content['parts']) };
}

function write({ id, model, move, usage }: Answer): JsonObject {
  const part =
    move.kind === 'say'
      ? { text: move.text }
      : { functionCall: { id: `call_${id}`, name: move.call.name, args: move.call.input } };
  return {
    candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }],
    usageMetadata: {
      promptTokenCount: usage.input,
      candidatesTokenCount: usage.output,
      totalTokenCount: usage.input + usage.output,
    },
    modelVersion: model,
    responseId: id,
  };
}

function stream(answer: Answer): readonly StreamEvent[] {
  return [{ name: null, data: write(answer) }];
}

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

function refuse({ status, sentence }: Refusal): ReturnType<Dialect['refuse']> {
  const name = STATUSES[status] ?? 'INTERNAL';
  return { headers: {}, body: { error: { code: status, message: sentence, status: name } } };
}
