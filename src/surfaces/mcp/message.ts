// Messages of JSON-RPC 2.0, one a line: read and made. Knows no method.

/** Names a request to whoever sent it. */
export type MessageId = string | number;

/** Fields of a message or of its parameters. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a line says. */
export type Message =
  | { readonly kind: 'request'; readonly id: MessageId; readonly method: string; readonly params: Fields }
  | { readonly kind: 'notice'; readonly method: string; readonly params: Fields }
  /** An answer, though nothing was asked. */
  | { readonly kind: 'answer' }
  | { readonly kind: 'wrong'; readonly reply: Reply };

/** The answer to a request. */
export type Reply = { readonly jsonrpc: '2.0'; readonly id: MessageId | null } & (
  | { readonly result: object }
  | { readonly error: { readonly code: number; readonly message: string } }
);

/** Error codes of JSON-RPC. */
export const CODES = {
  unreadable: -32_700,
  notAMessage: -32_600,
  noMethod: -32_601,
  wrongParams: -32_602,
} as const;

/** Reads a line. */
export function readMessage(line: string): Message {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'wrong', reply: refuse(null, CODES.unreadable, 'The line is not JSON.') };
  }
  if (!isFields(value) || value['jsonrpc'] !== '2.0')
    return { kind: 'wrong', reply: refuse(null, CODES.notAMessage, 'This is no JSON-RPC 2.0 message.') };
  const { id, method } = value;
  const isAsked = typeof id === 'string' || typeof id === 'number';
  if (typeof method !== 'string') {
    if (isAsked && ('result' in value || 'error' in value)) return { kind: 'answer' };
    const reply = refuse(isAsked ? id : null, CODES.notAMessage, 'The message has no method.');
    return { kind: 'wrong', reply };
  }
  const params = isFields(value['params']) ? value['params'] : {};
  if (isAsked) return { kind: 'request', id, method, params };
  if (id === undefined) return { kind: 'notice', method, params };
  const reply = refuse(null, CODES.notAMessage, 'The id has to be a text or a number.');
  return { kind: 'wrong', reply };
}

/** Makes the answer to a request that went well. */
export function answer(id: MessageId, result: object): Reply {
  return { jsonrpc: '2.0', id, result };
}

/** Makes the answer to a request that cannot be served. */
export function refuse(id: MessageId | null, code: number, message: string): Reply {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

/** Tells whether a value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
