// Requests and answers of the REST interface, and how routes find what they are about. Knows no topic.
import type { JsonObject } from '../model/json.ts';
import type { Hub, Site } from './hub.ts';
import type { Outcome } from './pull-life.ts';
import type { Json } from './shapes.ts';
import { asPull, type Issue, type PullIssue, permissionOf, type Repository, type User } from './store.ts';

/** One request, after its token was believed. */
export interface Ask {
  readonly method: string;
  /** Path within the interface, without `/api/v3`. */
  readonly path: string;
  /** What the placeholders of the route stand for, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  readonly actor: User;
  readonly site: Site;
}

/** An answer; a body of undefined is none, a text is sent as it is, the rest as JSON. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route of the interface. */
export interface Route {
  readonly method: string;
  /** Path with placeholders: `:name` for one segment, `:name*` for the rest. */
  readonly template: string;
  readonly pattern: RegExp;
  handle(hub: Hub, ask: Ask): Promise<Reply>;
}

type Answered = Reply | Promise<Reply>;

/** Makes a route. */
export function route(method: string, template: string, handle: (hub: Hub, ask: Ask) => Answered): Route {
  const source = template
    .replace(/\./g, '\\.')
    .replace(/:(\w+)(\*?)/g, (_, name: string, rest: string) =>
      rest === '' ? `(?<${name}>[^/]+)` : `(?<${name}>.*)`,
    );
  return {
    method,
    template,
    pattern: new RegExp(`^${source}/?$`),
    handle: async (hub, ask) => handle(hub, ask),
  };
}

/** What a route below a repository gets. */
export interface RepoAsk extends Ask {
  readonly repo: Repository;
}

/** Makes a route below `/repos/:owner/:repo`; changes are made one after the other, and by those who may. */
export function repoRoute(
  method: string,
  template: string,
  handle: (hub: Hub, ask: RepoAsk) => Answered,
  options: { readonly readersMay?: boolean } = {},
): Route {
  return route(method, `/repos/:owner/:repo${template}`, (hub, ask) => {
    const repo = hub.store.repositories.get(`${ask.params['owner']}/${ask.params['repo']}`);
    const permission = repo === undefined ? null : permissionOf(repo, ask.actor);
    if (repo === undefined || permission === null) return notFound();
    if (method === 'GET') return handle(hub, { ...ask, repo });
    if (permission === 'read' && options.readersMay !== true) {
      return refuse(403, 'Resource not accessible by personal access token');
    }
    return hub.inTurn(repo, async () => handle(hub, { ...ask, repo }));
  });
}

/** What a route below an issue gets. */
export interface IssueAsk extends RepoAsk {
  readonly issue: Issue;
}

/** Makes a route below `/repos/:owner/:repo/issues/:number`, where pull requests are found too. */
export function issueRoute(
  method: string,
  template: string,
  handle: (hub: Hub, ask: IssueAsk) => Answered,
  options: { readonly readersMay?: boolean } = {},
): Route {
  const find = (hub: Hub, ask: RepoAsk): Answered => {
    const issue = ask.repo.issues.get(Number(ask.params['number']));
    return issue === undefined ? notFound() : handle(hub, { ...ask, issue });
  };
  return repoRoute(method, `/issues/:number${template}`, find, options);
}

/** What a route below a pull request gets. */
export interface PullAsk extends RepoAsk {
  readonly issue: PullIssue;
}

/** Makes a route below `/repos/:owner/:repo/pulls/:number`. */
export function pullRoute(
  method: string,
  template: string,
  handle: (hub: Hub, ask: PullAsk) => Answered,
  options: { readonly readersMay?: boolean } = {},
): Route {
  const find = (hub: Hub, ask: RepoAsk): Answered => {
    const issue = asPull(ask.repo.issues.get(Number(ask.params['number'])));
    return issue === null ? notFound() : handle(hub, { ...ask, issue });
  };
  return repoRoute(method, `/pulls/:number${template}`, find, options);
}

/** An answer that all is well. */
export function ok(body: unknown): Reply {
  return { status: 200, body };
}

/** An answer that something was made. */
export function created(body: unknown): Reply {
  return { status: 201, body };
}

/** An answer without words. */
export function done(): Reply {
  return { status: 204 };
}

/** A refusal. */
export function refuse(status: number, message: string, errors?: readonly unknown[]): Reply {
  const body = { message, documentation_url: 'https://docs.github.com/rest', status: String(status) };
  return { status, body: errors === undefined ? body : { ...body, errors } };
}

/** The answer for what is not there or not to be seen. */
export function notFound(): Reply {
  return refuse(404, 'Not Found');
}

/** The refusal of input with a wrong or missing field. */
export function invalid(error: Json): Reply {
  return refuse(422, 'Validation Failed', [error]);
}

/** The answer for what may have been refused. */
export async function answerWith<T>(
  outcome: Outcome<T>,
  show: (value: T) => Reply | Promise<Reply>,
): Promise<Reply> {
  return outcome.ok ? show(outcome.value) : refuse(outcome.status, outcome.message, outcome.errors);
}

const MAX_PAGE = 100;
const DEFAULT_PAGE = 30;

/** One page of a list as the query wants it, with links to the others; `wrap` makes the body. */
export async function paginate<T>(
  ask: Ask,
  items: readonly T[],
  show: (item: T) => unknown,
  wrap: (shown: readonly unknown[]) => unknown = (shown) => shown,
): Promise<Reply> {
  const size = Math.min(MAX_PAGE, readCount(ask.query.get('per_page'), DEFAULT_PAGE));
  const page = readCount(ask.query.get('page'), 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const shown = await Promise.all(items.slice((page - 1) * size, page * size).map(show));
  const link = (to: number, rel: string): string => {
    const query = new URLSearchParams(ask.query);
    query.set('page', String(to));
    return `<${ask.site.api}${ask.path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  const headers: Record<string, string> = links.length === 0 ? {} : { link: links.join(', ') };
  return { status: 200, body: wrap(shown), headers };
}

function readCount(text: string | null, otherwise: number): number {
  const count = Number(text);
  return Number.isInteger(count) && count > 0 ? count : otherwise;
}

/** Text of a member, or null when it is none. */
export function textOrNull(body: JsonObject, name: string): string | null {
  const value = body[name];
  return typeof value === 'string' ? value : null;
}

/** Texts of a list; null: there is no list. */
export function textsOrNull(body: JsonObject, name: string): readonly string[] | null {
  const value = body[name];
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : null;
}
