// Who leads a repository, and how other commands talk to the leader. Knows nothing of what the requests mean.
import type { Result } from '../core/failure.ts';
import type { Leadership } from './journal.ts';

/** JSON value that crosses the socket. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Answers one request; `push` sends further lines on the same connection until `closed` fires. */
export type Handler = (request: Json, connection: Connection) => Promise<Json>;

/** The connection a request came on. */
export interface Connection {
  push(message: Json): void;
  readonly closed: AbortSignal;
}

/** Leadership over one repository; ends with `close` or with the process. */
export interface Led {
  readonly leadership: Leadership;
  /** Takes requests from now on; requests that came earlier have waited. */
  serve(handler: Handler): void;
  close(): Promise<void>;
}

/** Who leads now. */
export interface Leader {
  readonly pid: number;
  readonly epoch: number;
  readonly startedAt: number;
}

/** Election by `control.sock` in the state folder, and the client side of it. */
export interface ControlPort {
  /** Becomes the leader; failure kind `leader` names the process that leads already. */
  lead(stateDir: string): Promise<Result<Led>>;
  /** Who leads, or null; never changes anything. */
  findLeader(stateDir: string): Promise<Leader | null>;
  /** One request to the leader, one answer; null when nobody leads. Fails after `timeoutMs`. */
  call(stateDir: string, request: Json, timeoutMs: number): Promise<Result<Json | null>>;
  /** A request whose connection stays open for pushed messages, until the signal fires or the leader goes (then it resolves). */
  follow(
    stateDir: string,
    request: Json,
    onMessage: (message: Json) => void,
    signal: AbortSignal,
  ): Promise<Result<void>>;
}
