// Counts the calls that an engine sends over HTTP and strikes the one it was told. Knows no forge in particular.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Seen } from './point.ts';
import { close, die, type Operation, open, write } from './strike.ts';

type Call = Parameters<typeof fetch>;

const fetchReally = globalThis.fetch;

/** Sends a call, or does what has to go wrong in its place. */
async function send(...call: Call): Promise<Response> {
  const operation = open(describe(call));
  const struck = operation.mode === null ? null : await strike(operation, call);
  if (struck !== null) return struck;
  const answer = await fetchReally(...call);
  if (operation.mode === 'after') setImmediate(() => die(operation));
  close(operation);
  return answer;
}

const TIME_OUT_MS = 300;
const ON_ITS_WAY_MS = 6;

/** Null: it is not struck before its answer is there. */
async function strike(operation: Operation, call: Call): Promise<Response | null> {
  switch (operation.mode) {
    case 'before':
      return die(operation);
    case 'orphan':
      setTimeout(() => die(operation), operation.n % ON_ITS_WAY_MS);
      return fetchReally(...call);
    case 'torn':
      await fetchReally(...call);
      return die(operation);
    case 'lost':
      await fetchReally(...call);
      write(operation);
      throw new TypeError('fetch failed: struck');
    case 'exit128':
      write(operation);
      return Response.json({ message: 'struck' }, { status: 502 });
    case 'hang':
      write(operation);
      await sleep(TIME_OUT_MS);
      throw new DOMException('struck', 'TimeoutError');
    default:
      return null;
  }
}

/** What a call is for: calls of one kind differ in numbers, names and commits alone. */
function describe([input, init]: Call): Pick<Seen, 'lane' | 'kind' | 'to'> {
  const { pathname: to } = new URL(String(input));
  const method = init?.method ?? 'GET';
  if (to.endsWith('/graphql')) return describeGraph(String(init?.body), to);
  const route = to.replace(/\/(?:weft%2F[^/]*|[0-9a-f]{40}|\d+)(?=\/|$)/g, '/…');
  return { lane: method === 'GET' ? 'questions' : 'calls', kind: `${method} ${route}`, to };
}

/** By its first field. */
function describeGraph(body: string, to: string): Pick<Seen, 'lane' | 'kind' | 'to'> {
  const { query } = JSON.parse(body) as { readonly query: string };
  const field = /\{\s*(?:\w+:\s*)?(\w+)/.exec(query)?.[1];
  return { lane: query.startsWith('mutation') ? 'calls' : 'questions', kind: `graphql ${field}`, to };
}

Object.assign(globalThis, { fetch: send });
