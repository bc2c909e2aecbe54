// Who a request comes from, where it thinks the forge is, and what the limits say to it. Knows no routes.
import type { IncomingMessage } from 'node:http';
import { type Reply, refuse } from './answer.ts';
import type { Hub, Site } from './hub.ts';
import type { Admission, Meter } from './limits.ts';
import type { User } from './store.ts';

/** What a request is addressed to. */
export interface Address {
  /** Path without `/api/v3`; GraphQL is always `/graphql`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly search: string;
  readonly site: Site;
}

/** Reads the address of a request, which a proxy's client gives in full. */
export function readAddress(request: IncomingMessage): Address {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  const origin = `http://${url.host}`;
  const web = origin.replace('http://api.', 'http://');
  const isEnterprise = /^\/api\/(?:v3(?:\/|$)|graphql$)/.test(url.pathname);
  const path = isEnterprise ? url.pathname.replace(/^\/api(?:\/v3)?/, '') : url.pathname;
  return {
    path: path === '' ? '/' : path,
    query: url.searchParams,
    search: url.search.slice(1),
    site: { api: isEnterprise ? `${origin}/api/v3` : origin, web },
  };
}

/** Reads the token of a request, however it was sent; null: there is none. */
export function readToken(request: IncomingMessage): string | null {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(/\s+/, 2);
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return value;
    case 'basic': {
      const [name = '', ...rest] = Buffer.from(value, 'base64').toString().split(':');
      const secret = rest.join(':');
      return secret === '' || secret === 'x-oauth-basic' ? name : secret;
    }
    default:
      return null;
  }
}

/** Finds whose token it is; null: nobody's, or it has expired. */
export function findActor(hub: Hub, token: string | null): User | null {
  const known = token === null ? undefined : hub.store.tokens.get(token);
  if (known === undefined || known.expired) return null;
  return hub.store.users.get(known.login) ?? null;
}

/** The refusal that belongs to a decision of the limits; null: the call is admitted. */
export function refuseOver(meter: Meter, admission: Admission, actor: User): Reply | null {
  const { status } = meter.limits;
  switch (admission.kind) {
    case 'admitted':
      return null;
    case 'exhausted':
      return refuse(status, `API rate limit exceeded for user ID ${actor.id}.`);
    case 'secondary': {
      const message =
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
      const seconds = String(Math.ceil(admission.retryAfterMs / 1000));
      return { ...refuse(status, message), headers: { 'retry-after': seconds } };
    }
    default:
      throw new Error(`Internal error: unknown admission ${JSON.stringify(admission satisfies never)}`);
  }
}

/** Headers that say what a token has left. */
export function describeQuota(meter: Meter, key: string): Record<string, string> {
  const { limit, used, resetAt } = meter.quota(key);
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(Math.max(0, limit - used)),
    'x-ratelimit-used': String(used),
    'x-ratelimit-reset': String(Math.ceil(resetAt / 1000)),
    'x-ratelimit-resource': 'core',
  };
}
