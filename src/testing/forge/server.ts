// Takes requests: finds their route, counts them, lets them go wrong, answers. Knows no topic of the interface.
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { asObject, type JsonObject, parseObject } from '../model/json.ts';
import { readBody } from '../model/request-body.ts';
import { type Address, describeQuota, findActor, readAddress, readToken, refuseOver } from './admission.ts';
import { type Ask, notFound, ok, type Reply, type Route, refuse, route } from './answer.ts';
import type { Fault } from './faults.ts';
import { readGitPath, refuseGit, serveGit } from './git-transport.ts';
import { answerOperation } from './graphql-answer.ts';
import { type Operation, readOperation } from './graphql-document.ts';
import { makeMutationRoot, makeQueryRoot } from './graphql-schema.ts';
import type { Hub } from './hub.ts';
import { type Call, noteCall } from './ledger.ts';
import type { Meter } from './limits.ts';
import { CHECK_ROUTES, LOGS_PATH, readLog } from './routes-check.ts';
import { GIT_ROUTES } from './routes-git.ts';
import { ISSUE_ROUTES } from './routes-issue.ts';
import { PULL_ROUTES } from './routes-pull.ts';
import { REPOSITORY_ROUTES } from './routes-repository.ts';
import { REVIEW_ROUTES } from './routes-review.ts';

/** What serving needs. */
export interface Counter {
  readonly hub: Hub;
  readonly meter: Meter;
  readonly calls: Call[];
  readonly sleep: (ms: number) => Promise<void>;
}

const ROUTES: readonly Route[] = [
  route('GET', '/meta', () => ok({ installed_version: '3.17.0', verifiable_password_authentication: false })),
  ...CHECK_ROUTES,
  ...GIT_ROUTES,
  ...REVIEW_ROUTES,
  ...PULL_ROUTES,
  ...ISSUE_ROUTES,
  ...REPOSITORY_ROUTES,
];

/** What becomes known of a call while it is served. */
interface Draft {
  kind: string;
  login: string | null;
  costly: boolean;
  early: boolean;
}

/** Serves one request to its end. */
export async function serve(
  counter: Counter,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const { hub } = counter;
  const address = readAddress(request);
  const method = request.method ?? 'GET';
  const at = hub.now();
  const fault = address.path.startsWith(LOGS_PATH) ? null : hub.faults.strike({ method, path: address.path });
  const draft: Draft = { kind: `${method} ${address.path}`, login: null, costly: false, early: false };
  const note = (status: number | null): void => {
    noteCall(counter.calls, { at, method, path: address.path, ...draft, status, fault: fault?.kind ?? null });
  };
  if (fault?.kind === 'slow') await counter.sleep(fault.delayMs);
  if (fault?.kind === 'drop-before') {
    note(null);
    request.socket.destroy();
    return;
  }
  const isLost = fault?.kind === 'drop-after' || fault?.kind === 'fail-after';
  const git = readGitPath(address.path, address.query);
  let status: number;
  if (fault?.kind === 'fail-before') {
    request.resume();
    status = send(response, failed(fault.status), {});
  } else if (git === null) {
    const answer = await answerCall(counter, { request, address, fault, draft });
    status = isLost
      ? 0
      : send(response, answer, { method, at: hub.now(), etag: request.headers['if-none-match'] });
  } else {
    const call = { request, response: isLost ? null : response, address, git, fault };
    status = await answerGit(counter, call, draft);
  }
  if (fault?.kind === 'drop-after') {
    note(null);
    request.socket.destroy();
    return;
  }
  if (fault?.kind === 'fail-after') status = send(response, failed(fault.status), {});
  note(status);
}

function failed(status: number = 502): Reply {
  return { status, body: { message: 'Server Error' } };
}

async function answerGit(
  { hub }: Counter,
  call: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse | null;
    readonly address: Address;
    readonly git: NonNullable<ReturnType<typeof readGitPath>>;
    readonly fault: Fault | null;
  },
  draft: Draft,
): Promise<number> {
  const { request, response, address, git } = call;
  const { tail, service, name } = git;
  draft.kind = tail === 'info/refs' ? `GIT refs for ${service}` : `GIT ${service}`;
  const turnAway = (status: number, message: string): number => {
    request.resume();
    const headers: Record<string, string> =
      status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {};
    return response === null ? status : send(response, { status, body: message, headers }, {});
  };
  const repo = hub.store.repositories.get(name);
  const token = readToken(request);
  const user = findActor(hub, token);
  draft.login = user?.login ?? null;
  const isUnknown = (token !== null && user === null) || call.fault?.kind === 'unauthorized';
  if (isUnknown) return turnAway(401, 'Invalid username or token.');
  if (repo === undefined) return turnAway(404, 'Repository not found.');
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack')
    return turnAway(403, 'No such service.');
  const ask = { repo, tail, service, query: address.search, user } as const;
  const refusal = refuseGit(ask);
  if (refusal !== null) return turnAway(refusal.status, refusal.message);
  return serveGit(hub, ask, { request, response });
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly address: Address;
  readonly fault: Fault | null;
  readonly draft: Draft;
}

/** Answers a call of the interface, with what its token has left. */
async function answerCall(counter: Counter, { request, address, fault, draft }: Incoming): Promise<Reply> {
  const { hub, meter } = counter;
  const method = request.method ?? 'GET';
  if (address.path.startsWith(LOGS_PATH)) {
    const log = readLog(hub, address.path.slice(LOGS_PATH.length));
    return log === null ? notFound() : { status: 200, body: log };
  }
  const token = readToken(request);
  const bytes = await readBody(request);
  const actor = fault?.kind === 'unauthorized' ? null : findActor(hub, token);
  if (actor === null) return refuse(401, token === null ? 'Requires authentication' : 'Bad credentials');
  draft.login = actor.login;
  const key = token ?? '';
  const body = bytes === null || bytes.length === 0 ? {} : parseObject(bytes.toString('utf8'));
  if (body === null) return refuse(400, 'Problems parsing JSON');
  const ask = { method, path: address.path, query: address.query, body, actor, site: address.site };
  const errand = findErrand(hub, ask);
  draft.kind = errand.kind;
  if (address.path === '/rate_limit') return ok(showRateLimit(meter, key));
  const end = meter.begin(key);
  try {
    const admission = meter.admit({ key, creating: errand.changes });
    draft.early = admission.kind === 'secondary' && admission.early;
    const refusal = refuseOver(meter, admission, actor);
    const reply = refusal ?? (await errand.run());
    const shown = withTag(reply, method);
    const tag = shown.headers?.['etag'];
    draft.costly = refusal === null && (tag === undefined || tag !== request.headers['if-none-match']);
    if (draft.costly) meter.charge(key);
    return { ...shown, headers: { ...describeQuota(meter, key), ...shown.headers } };
  } finally {
    end();
  }
}

function showRateLimit(meter: Meter, key: string): JsonObject {
  const { limit, used, resetAt } = meter.quota(key);
  const core = { limit, used, remaining: Math.max(0, limit - used), reset: Math.ceil(resetAt / 1000) };
  return { resources: { core, graphql: core }, rate: core };
}

interface Errand {
  readonly kind: string;
  /** Whether it changes something. */
  readonly changes: boolean;
  run(): Promise<Reply>;
}

function findErrand(hub: Hub, ask: Omit<Ask, 'params'>): Errand {
  if (ask.path === '/graphql') return findGraphErrand(hub, ask);
  const changes = ask.method !== 'GET' && ask.method !== 'HEAD';
  for (const each of ROUTES) {
    const match = each.method === ask.method ? each.pattern.exec(ask.path) : null;
    if (match === null) continue;
    const params: Record<string, string> = {};
    for (const [name, value] of Object.entries(match.groups ?? {})) params[name] = decodeURIComponent(value);
    return {
      kind: `${each.method} ${each.template}`,
      changes,
      run: () => each.handle(hub, { ...ask, params }),
    };
  }
  return { kind: `${ask.method} ${ask.path}`, changes, run: async () => notFound() };
}

function findGraphErrand(hub: Hub, ask: Omit<Ask, 'params'>): Errand {
  const { body, actor, site } = ask;
  const text = typeof body['query'] === 'string' ? body['query'] : '';
  const wanted = typeof body['operationName'] === 'string' ? body['operationName'] : null;
  let operation: Operation;
  try {
    operation = readOperation(text, asObject(body['variables']), wanted);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { message } = error;
    return { kind: 'GRAPHQL unreadable', changes: false, run: async () => ok({ errors: [{ message }] }) };
  }
  const changes = operation.kind === 'mutation';
  const view = { hub, site, actor };
  const root = changes ? makeMutationRoot(view) : makeQueryRoot(view);
  const names = operation.fields.map(({ name }) => name).join(' ');
  return { kind: `GRAPHQL ${names}`, changes, run: async () => ok(await answerOperation(operation, root)) };
}

/** Writes a body down and gives it a tag by which a client can ask whether it has changed. */
function withTag(reply: Reply, method: string): Reply {
  const { body } = reply;
  if (body === undefined || method !== 'GET' || reply.status !== 200) return reply;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const hash = createHash('sha256')
    .update(text)
    .update(reply.headers?.['link'] ?? '')
    .digest('hex');
  return {
    ...reply,
    headers: { ...reply.headers, etag: `W/"${hash}"`, 'cache-control': 'private, max-age=60, s-maxage=60' },
  };
}

function send(
  response: ServerResponse,
  reply: Reply,
  asked: { readonly method?: string; readonly at?: number; readonly etag?: string | undefined },
): number {
  const isKnown = asked.etag !== undefined && asked.etag === reply.headers?.['etag'];
  const status = isKnown ? 304 : reply.status;
  const { body } = reply;
  const text = body === undefined || isKnown ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const date = asked.at === undefined ? {} : { date: new Date(asked.at).toUTCString() };
  const length = status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, {
    'x-github-request-id': randomUUID(),
    ...(text === '' ? {} : { 'content-type': type }),
    ...length,
    ...date,
    ...reply.headers,
  });
  response.end(text);
  return status;
}
