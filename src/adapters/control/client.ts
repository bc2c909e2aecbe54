// The other end of the control socket: one conversation with the leader. Knows nothing of leadership.
import { connect, type Socket } from 'node:net';
import { fail, type Result } from '../../core/failure.ts';
import type { Json } from '../../ports/control.ts';
import { errorCode } from '../journal/file-ops.ts';
import { splitLines } from '../process/line-splitter.ts';
import { decodeReply, encodeLine, MAX_LINE_BYTES, type Reply } from './wire.ts';

/** What a conversation is about. */
export interface Conversation {
  readonly path: string;
  readonly request: Json;
  /** Called for each reply; what it returns ends the conversation, undefined goes on. */
  readonly onReply: (reply: Reply) => Result<Json | null> | undefined;
  /** What it comes to when the leader hangs up. */
  readonly onHangUp: () => Result<Json | null>;
  /** What it comes to when the signal fires. */
  readonly onAbort: () => Result<Json | null>;
  readonly signal: AbortSignal;
}

/** Holds a conversation; `unreachable`: nobody listens on the path. */
export async function converse(of: Conversation): Promise<Result<Json | null> | 'unreachable'> {
  const line = encodeLine(of.request);
  if (line === null) {
    return fail({ kind: 'usage', sentence: `The request has more than ${MAX_LINE_BYTES} bytes.` });
  }
  if (of.signal.aborted) return of.onAbort();
  const socket = connect(of.path);
  let abort = (): void => {};
  try {
    return await new Promise((resolve) => {
      abort = () => resolve(of.onAbort());
      of.signal.addEventListener('abort', abort);
      hear(socket, (reply) => {
        const end = reply === null ? garbage() : of.onReply(reply);
        if (end !== undefined) resolve(end);
      });
      let connected = false;
      socket.on('connect', () => {
        connected = true;
        socket.write(line);
      });
      socket.on('error', (error) => {
        if (!connected) resolve(isUnreachable(error) ? 'unreachable' : brokenOff(error));
      });
      socket.on('close', () => resolve(of.onHangUp()));
    });
  } finally {
    of.signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/** Tells whether somebody listens on the path. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // A full queue or a closed door still has somebody behind it.
    socket.on('error', (error) => resolve(!isUnreachable(error)));
  });
}

function hear(socket: Socket, onReply: (reply: Reply | null) => void): void {
  const lines = splitLines({
    maxLineBytes: MAX_LINE_BYTES,
    onLine: ({ bytes, truncated }) => onReply(truncated ? null : decodeReply(bytes)),
  });
  socket.on('data', (chunk: Buffer) => lines.push(chunk));
}

function isUnreachable(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

function garbage(): Result<never> {
  return fail({ kind: 'environment', sentence: 'The engine answered something that is not a reply.' });
}

function brokenOff(error: Error): Result<never> {
  return fail({ kind: 'environment', sentence: `The engine cannot be reached: ${error.message}.` });
}
