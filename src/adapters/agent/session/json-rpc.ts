// JSON-RPC 2.0 both ways over lines of text, with callbacks. Knows no method of any protocol, keeps no timers.
import { isRecord, parseObject } from '../agent-text.ts';
import type { Fields } from './fields.ts';

/** Names a request of the other side. */
export type RequestId = string | number;

/** Why a request was refused. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
}

/** What came of a request; a result that is no object counts as an empty one. */
export type Answer =
  | { readonly ok: true; readonly result: Fields }
  | { readonly ok: false; readonly error: RpcError };

/** Takes what the other side asks and reports. */
export interface Listener {
  /** True: it will be answered by `respond` or `refuse`; false: the method is not known here. */
  request(id: RequestId, method: string, params: Fields): boolean;
  notification(method: string, params: Fields): void;
}

/** One end of a connection. */
export interface Peer {
  /** Takes a line of the other side; one that is no message changes nothing. */
  hear(line: string): void;
  request(method: string, params: Fields, onAnswer: (answer: Answer) => void): void;
  notify(method: string, params?: Fields): void;
  respond(id: RequestId, result: Fields): void;
  refuse(id: RequestId, error: RpcError): void;
}

/** The other side knows no such method. */
export const METHOD_NOT_FOUND = -32_601;
const INTERNAL_ERROR = -32_603;
const MAX_PENDING = 256;
const MAX_ID_CHARS = 256;

/** Makes one end; `write` gives the other side a line. */
export function createPeer(write: (line: string) => void, listener: Listener): Peer {
  const pending = new Map<number, (answer: Answer) => void>();
  let last = 0;
  const send = (message: Fields): void => write(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const refuse = (id: RequestId, error: RpcError): void => send({ id, error });

  const answer = (message: Fields): void => {
    const { id, error, result } = message;
    const onAnswer = typeof id === 'number' ? pending.get(id) : undefined;
    if (typeof id !== 'number' || onAnswer === undefined) return;
    pending.delete(id);
    onAnswer(
      error === undefined || error === null
        ? { ok: true, result: isRecord(result) ? result : {} }
        : { ok: false, error: readError(error) },
    );
  };
  return {
    refuse,
    hear: (line) => {
      const message = parseObject(line);
      if (message === null) return;
      const { id, method } = message;
      if (typeof method !== 'string') return answer(message);
      const params = isRecord(message['params']) ? message['params'] : {};
      if (id === undefined || id === null) return listener.notification(method, params);
      if (!isRequestId(id) || listener.request(id, method, params)) return;
      refuse(id, { code: METHOD_NOT_FOUND, message: `There is no method ${method.slice(0, MAX_ID_CHARS)}.` });
    },
    request: (method, params, onAnswer) => {
      if (pending.size >= MAX_PENDING) {
        const message = 'Too many requests are without an answer.';
        return onAnswer({ ok: false, error: { code: INTERNAL_ERROR, message } });
      }
      last += 1;
      pending.set(last, onAnswer);
      send({ id: last, method, params });
    },
    notify: (method, params) => send(params === undefined ? { method } : { method, params }),
    respond: (id, result) => send({ id, result }),
  };
}

function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'number' ? Number.isFinite(id) : typeof id === 'string' && id.length <= MAX_ID_CHARS;
}

/** Some put what matters into the details. */
function readError(error: unknown): RpcError {
  const { code, message, data } = isRecord(error) ? error : {};
  const details = isRecord(data) ? data['details'] : data;
  const words = [message, details].filter((text) => typeof text === 'string' && text !== '');
  return {
    code: typeof code === 'number' ? code : INTERNAL_ERROR,
    message: words.length === 0 ? 'It gave no reason.' : words.join(': '),
  };
}
