// The leader's end of the control socket: bounded connections, requests answered in order. Knows nothing of leadership.

import { chmod, rename } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Connection, Handler, Json } from '../../ports/control.ts';
import { splitLines } from '../process/line-splitter.ts';
import { decodeLine, encodeLine, MAX_LINE_BYTES, type Reply } from './wire.ts';

/** A listening control socket. */
export interface ControlServer {
  /** Takes requests from now on; those that came earlier have waited. */
  serve(handler: Handler): void;
  /** Sends what is still to be sent, for a second at most, and hangs up. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 64;
/** Requests of one connection that wait; no more are read until some are answered. */
const MAX_PENDING = 64;
/** Bytes that wait for a slow reader before it is dropped. */
const MAX_QUEUED_BYTES = 4 * MAX_LINE_BYTES;
/** A connection that has not said anything by then is dropped. */
const FIRST_LINE_MS = 10_000;
const FAREWELL_MS = 1_000;

/**
 * Listens on a socket that only this user can open. It is bound under the name `draft` and then renamed, so that the
 * name is never without a listener while one replaces another, and closing this one never removes a later one.
 */
export async function openControlServer(place: {
  readonly path: string;
  readonly draft: string;
}): Promise<ControlServer> {
  const sockets = new Set<Socket>();
  let serve: (handler: Handler) => void = () => {};
  const handler = new Promise<Handler>((resolve) => {
    serve = resolve;
  });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    if (sockets.size >= MAX_CONNECTIONS) {
      hangUp(socket, 'Too many connections.');
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    attend(socket, handler);
  });
  await listenPrivately(server, place.draft);
  await chmod(place.draft, 0o600);
  await rename(place.draft, place.path);
  return { serve, close: () => closeServer(server, sockets) };
}

function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      // A failed accept (no more file descriptors) must not end the engine.
      server.on('error', () => {});
      resolve();
    });
    const before = process.umask(0o077);
    try {
      server.listen(path);
    } finally {
      process.umask(before);
    }
  });
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  for (const socket of sockets) socket.destroySoon();
  const farewell = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, FAREWELL_MS);
  await closed;
  clearTimeout(farewell);
}

/** Answers the requests of one connection, one after the other. */
function attend(socket: Socket, handler: Promise<Handler>): void {
  const gone = new AbortController();
  const connection: Connection = {
    push: (message) => send(socket, { push: message }),
    closed: gone.signal,
  };
  const silence = setTimeout(() => socket.destroy(), FIRST_LINE_MS).unref();
  let turn = Promise.resolve();
  let pending = 0;

  const answer = async (request: Json): Promise<void> => {
    const reply = await ask(await handler, request, connection);
    send(socket, reply);
    pending -= 1;
    socket.resume();
  };
  const lines = splitLines({
    maxLineBytes: MAX_LINE_BYTES,
    onLine: ({ bytes, truncated }) => {
      clearTimeout(silence);
      if (socket.writableEnded) return;
      const request = truncated ? undefined : decodeLine(bytes);
      if (request === undefined) {
        hangUp(socket, truncated ? `A line has more than ${MAX_LINE_BYTES} bytes.` : 'A line is not JSON.');
        return;
      }
      pending += 1;
      if (pending >= MAX_PENDING) socket.pause();
      turn = turn.then(() => answer(request));
    },
  });
  socket.on('data', (chunk: Buffer) => lines.push(chunk));
  socket.on('end', () => {
    gone.abort();
    void turn.then(() => socket.end());
  });
  socket.on('close', () => {
    clearTimeout(silence);
    gone.abort();
  });
}

async function ask(handler: Handler, request: Json, connection: Connection): Promise<Reply> {
  try {
    return { answer: await handler(request, connection) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function send(socket: Socket, reply: Reply): void {
  if (socket.destroyed || socket.writableEnded) return;
  const line = encodeLine(reply);
  if (line === null) hangUp(socket, `The answer has more than ${MAX_LINE_BYTES} bytes.`);
  else if (socket.writableLength + line.length > MAX_QUEUED_BYTES) socket.destroy();
  else socket.write(line);
}

function hangUp(socket: Socket, sentence: string): void {
  socket.write(`${JSON.stringify({ error: sentence })}\n`);
  socket.destroySoon();
}
