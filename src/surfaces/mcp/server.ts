// A server of the Model Context Protocol: requests in, answers out, calls side by side. Knows neither streams nor what tools do.
import { answer, CODES, type Fields, isFields, type MessageId, readMessage, refuse } from './message.ts';
import type { Tool } from './tool.ts';

/** Longest line that is accepted, in bytes. */
export const MAX_LINE_BYTES: number = 1024 * 1024;

const MAX_CALLS = 32;

/** Versions that are spoken, all alike as far as tools go; a client that wants another one is offered the first. */
const VERSIONS: readonly string[] = ['2025-06-18', '2025-11-25', '2025-03-26', '2024-11-05'];

/** Takes what a client says. */
export interface Server {
  take(line: { readonly text: string; readonly truncated: boolean }): void;
  /** Ends what waits; resolves when all calls are over. */
  end(): Promise<void>;
}

/** What a server is made of. */
export interface ServerParts {
  readonly tools: readonly Tool[];
  readonly instructions: string;
  readonly version: string;
  /** Gives the client one message. */
  readonly send: (message: object) => void;
}

/** A call under way. */
interface Running {
  readonly abort: AbortController;
  readonly over: Promise<void>;
  /** Turns false when the client takes its request back: it must not be answered then. */
  isWanted: boolean;
}

/** Creates a server. */
export function createServer(parts: ServerParts): Server {
  const running = new Map<MessageId, Running>();
  return {
    take: ({ text, truncated }) => {
      if (truncated) {
        parts.send(refuse(null, CODES.unreadable, `The line is longer than ${MAX_LINE_BYTES} bytes.`));
        return;
      }
      if (text.trim() === '') return;
      const message = readMessage(text);
      if (message.kind === 'request') serve(parts, running, message);
      else if (message.kind === 'wrong') parts.send(message.reply);
      else if (message.kind === 'notice' && message.method === 'notifications/cancelled')
        cancel(running.get(message.params['requestId'] as MessageId));
    },
    end: async () => {
      const calls = [...running.values()];
      for (const { abort } of calls) abort.abort();
      await Promise.all(calls.map(({ over }) => over));
    },
  };
}

interface Request {
  readonly id: MessageId;
  readonly method: string;
  readonly params: Fields;
}

function serve(parts: ServerParts, running: Map<MessageId, Running>, request: Request): void {
  const { id, method, params } = request;
  switch (method) {
    case 'initialize':
      parts.send(answer(id, greet(parts, params)));
      return;
    case 'ping':
      parts.send(answer(id, {}));
      return;
    case 'tools/list':
      parts.send(answer(id, { tools: parts.tools.map(drawTool) }));
      return;
    case 'tools/call':
      startCall(parts, running, request);
      return;
    default:
      parts.send(refuse(id, CODES.noMethod, `There is no method ${JSON.stringify(method.slice(0, 100))}.`));
  }
}

function greet({ instructions, version }: ServerParts, params: Fields): object {
  return {
    protocolVersion: VERSIONS.find((known) => known === params['protocolVersion']) ?? VERSIONS[0],
    capabilities: { tools: {} },
    serverInfo: { name: 'weft', version },
    instructions,
  };
}

function drawTool({ name, description, inputSchema, readOnly }: Tool): object {
  // said aloud, because clients ask people about each call of a tool that might destroy something
  const annotations = { readOnlyHint: readOnly, destructiveHint: false, openWorldHint: false };
  return { name, description, inputSchema, annotations };
}

function startCall(parts: ServerParts, running: Map<MessageId, Running>, { id, params }: Request): void {
  const tool = parts.tools.find(({ name }) => name === params['name']);
  if (tool === undefined) {
    const names = parts.tools.map(({ name }) => name).join(', ');
    parts.send(refuse(id, CODES.wrongParams, `There is no such tool. There are: ${names}.`));
    return;
  }
  if (running.has(id)) {
    parts.send(refuse(id, CODES.notAMessage, 'A call with this id is under way.'));
    return;
  }
  if (running.size >= MAX_CALLS) {
    parts.send(answer(id, drawResult('Too many calls at once: wait until one is over.', { isError: true })));
    return;
  }
  const abort = new AbortController();
  const over = performCall(parts, tool, { params, signal: abort.signal }).then((result) => {
    const isWanted = running.get(id)?.isWanted === true;
    running.delete(id);
    if (isWanted) parts.send(answer(id, result));
  });
  running.set(id, { abort, over, isWanted: true });
}

function cancel(call: Running | undefined): void {
  if (call === undefined) return;
  call.isWanted = false;
  call.abort.abort();
}

/** The result of a call; never rejects. */
async function performCall(
  { send }: ServerParts,
  tool: Tool,
  { params, signal }: { readonly params: Fields; readonly signal: AbortSignal },
): Promise<object> {
  try {
    const said = await tool.call(params['arguments'], { signal, progress: createProgress(send, params) });
    return said.ok ? drawResult(said.value) : drawResult(said.failure, { isError: true });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return drawResult(`weft could not do this: ${words}`, { isError: true });
  }
}

/** Signs of life, for a client that wants them. */
function createProgress(send: ServerParts['send'], params: Fields): (sentence: string) => void {
  const meta = params['_meta'];
  const progressToken = isFields(meta) ? meta['progressToken'] : undefined;
  if (typeof progressToken !== 'string' && typeof progressToken !== 'number') return () => undefined;
  let progress = 0;
  return (message) => {
    progress += 1;
    const of = { progressToken, progress, message };
    send({ jsonrpc: '2.0', method: 'notifications/progress', params: of });
  };
}

function drawResult(text: string, more: { readonly isError?: true } = {}): object {
  return { content: [{ type: 'text', text }], ...more };
}
