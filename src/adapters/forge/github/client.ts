// Calls GitHub's REST and GraphQL: at the gate's pace, with tags of what is known. The only file that knows Octokit.
import { Octokit } from '@octokit/core';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { z } from 'zod';
import type { ClockPort } from '../../../ports/clock.ts';
import type { Gate } from './gate.ts';
import { ForgeError, limited, readTrouble } from './trouble.ts';

/** What a client is made from. */
export interface ClientOptions {
  /** `https://api.github.com`, or `https://HOST/api/v3`. */
  readonly api: string;
  readonly token: string;
  readonly gate: Gate;
  readonly clock: ClockPort;
  /** Unit of the waits before a reading call is repeated (1, 4 of them); 1 s when absent. */
  readonly retryUnitMs?: number;
}

/** What a call found out. */
export interface Answer {
  readonly body: unknown;
  /** It is the same as last time. */
  readonly isKnown: boolean;
  /** There is another page behind it. */
  readonly hasMore: boolean;
}

/** What GraphQL answered; fields that could not be answered are null in `data`. */
export interface GraphAnswer {
  readonly data: Readonly<Record<string, unknown>>;
  readonly errors: readonly { readonly type: string; readonly message: string }[];
}

/** Calls of one token on one host. All throw `ForgeError`. */
export interface Client {
  /** Reads, and asks only whether it has changed where it was read before. */
  get(path: string): Promise<Answer>;
  /** Changes something; sent once. */
  send(method: 'POST' | 'PATCH' | 'PUT', path: string, body: object): Promise<unknown>;
  graph(document: string, variables: object): Promise<GraphAnswer>;
  /** Reads a text that may be long, as it comes. */
  stream(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** How much of what may be asked for is used, 0 to 1: whoever looks again and again looks less often then. */
  pressure(): number;
}

const REQUEST_MS = 30_000;
const RETRIES = 2;
/** Answers kept for the question whether they have changed. */
const MAX_KNOWN = 2_000;
/** How long to wait where a limit does not say. */
const FALLBACK_SECONDS = 60;
/** Clocks differ, and seconds are cut. */
const SLACK_MS = 1_000;

interface Known {
  readonly etag: string;
  readonly body: unknown;
  readonly hasMore: boolean;
}

/** Makes a client. */
export function createClient(options: ClientOptions): Client {
  const { gate } = options;
  const octokit = createOctokit(options);
  const graphUrl = `${options.api.replace(/\/api\/v3$/, '/api')}/graphql`;
  const known = new Map<string, Known>();
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw readTrouble(error, gate);
    }
  };
  const remember = (path: string, answer: Known): void => {
    known.delete(path);
    known.set(path, answer);
    const [oldest] = known.keys();
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  };
  return {
    get: (path) =>
      guard(async () => {
        const before = known.get(path);
        const headers = before === undefined ? {} : { 'if-none-match': before.etag };
        try {
          const { data, headers: given } = await octokit.request(`GET ${path}`, { headers });
          const hasMore = given.link?.includes('rel="next"') ?? false;
          if (given.etag !== undefined) remember(path, { etag: given.etag, body: data, hasMore });
          return { body: data as unknown, isKnown: false, hasMore };
        } catch (error) {
          if (before === undefined || statusOf(error) !== 304) throw error;
          remember(path, before);
          return { body: before.body, isKnown: true, hasMore: before.hasMore };
        }
      }),
    send: (method, path, body) =>
      guard(async () => (await octokit.request(`${method} ${path}`, { ...body, ...ONCE })).data as unknown),
    graph: (document, variables) =>
      guard(async () => {
        const once = isChange(document) ? ONCE : {};
        const { data } = await octokit.request(`POST ${graphUrl}`, { query: document, variables, ...once });
        const read = graphAnswer.safeParse(data);
        if (!read.success)
          throw new ForgeError({ kind: 'environment', sentence: 'GitHub answered what nobody can read.' });
        if (read.data.errors.some(({ type }) => type === 'RATE_LIMITED')) {
          if (gate.closedMs() === 0) gate.close(FALLBACK_SECONDS * 1000);
          throw limited(gate.closedMs());
        }
        return { data: read.data.data ?? {}, errors: read.data.errors };
      }),
    stream: (path) =>
      guard(async () => {
        const raw = { parseSuccessResponseBody: false };
        return (await octokit.request(`GET ${path}`, { request: raw })).data as AsyncIterable<Uint8Array>;
      }),
    pressure: () => gate.pressure(),
  };
}

const ONCE = { request: { retries: 0 } };

const graphAnswer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(z.object({ type: z.string().default(''), message: z.string() })).default([]),
});

/** A limiter that limits nothing: the gate does, by the clock that it is given. */
const UNPACED = {
  key: () => ({
    schedule: <A extends unknown[], T>(_: object, work: (...args: A) => Promise<T>, ...args: A): Promise<T> =>
      work(...args),
  }),
};

function createOctokit({ api, token, gate, clock, retryUnitMs }: ClientOptions): Octokit {
  const groups: object = {
    ...{ global: UNPACED, auth: UNPACED, write: UNPACED },
    ...{ search: UNPACED, notifications: UNPACED },
  };
  // the first plug-in is next to the wire: what another one repeats passes the gate again
  const Made = Octokit.plugin(paceBy(gate, clock), retry, throttling);
  const silent = (): void => undefined;
  return new Made({
    baseUrl: api,
    auth: token,
    userAgent: 'weft',
    log: { debug: silent, info: silent, warn: silent, error: silent },
    retry: {
      retries: RETRIES,
      retryAfterBaseValue: retryUnitMs ?? 1_000,
      doNotRetry: [400, 401, 403, 404, 405, 409, 410, 422, 429, 451],
    },
    throttle: {
      ...groups,
      fallbackSecondaryRateRetryAfter: FALLBACK_SECONDS,
      onSecondaryRateLimit: (seconds) => gate.close(seconds * 1000),
      // the gate has it from the headers, by the forge's clock
      onRateLimit: silent,
    },
    request: {
      fetch: (input: string, init: RequestInit) =>
        fetch(input, { ...init, signal: AbortSignal.timeout(REQUEST_MS) }),
    },
  });
}

function paceBy(gate: Gate, clock: ClockPort) {
  return (octokit: Octokit): object => {
    octokit.hook.wrap('request', (request, options) => {
      const query: unknown = options['query'];
      const looks = options.method === 'GET' || (typeof query === 'string' && !isChange(query));
      const kind = !looks ? 'create' : options.url.startsWith('/search/') ? 'search' : 'read';
      return gate.pass(kind, async () => {
        try {
          const answer = await request(options);
          gate.charge(1);
          noteLimits(answer.headers, { gate, clock });
          return answer;
        } catch (error) {
          const { status, response } = error as { status?: number; response?: { headers: Headings } };
          if (status !== 304 && response !== undefined) gate.charge(1);
          if (response !== undefined) noteLimits(response.headers, { gate, clock });
          throw error;
        }
      });
    });
    return {};
  };
}

type Headings = Readonly<Record<string, string | number | undefined>>;

/** Notes what is left, and closes the gate for as long as an answer asks for. */
function noteLimits(
  headers: Headings,
  { gate, clock }: { readonly gate: Gate; readonly clock: ClockPort },
): void {
  const asked = headers['retry-after'];
  if (asked !== undefined) gate.close((Number(asked) || FALLBACK_SECONDS) * 1000);
  const left = Number(headers['x-ratelimit-remaining'] ?? Number.NaN);
  const used = 1 - left / Number(headers['x-ratelimit-limit']);
  // searches have a small limit of their own, which says nothing of the rest
  if (used >= 0 && headers['x-ratelimit-resource'] !== 'search') gate.note(used);
  if (left !== 0) return;
  const now = Date.parse(String(headers['date'])) || clock.wallMs();
  gate.close(Math.max(0, Number(headers['x-ratelimit-reset']) * 1000 - now) + SLACK_MS);
}

function isChange(document: string): boolean {
  return document.startsWith('mutation');
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : null;
}
