// Remembers every call made to a forge, and what was made twice. Changes nothing.
import type { Fault } from './faults.ts';
import { fullName, listPulls, type Store } from './store.ts';

/** One call, git's included. */
export interface Call {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** Method and route, as in `POST /repos/:owner/:repo/pulls`; `GRAPHQL name` and `GIT service` are the others. */
  readonly kind: string;
  readonly login: string | null;
  /** Status that the client saw; null: the connection was dropped. */
  readonly status: number | null;
  readonly fault: Fault['kind'] | null;
  /** Whether it counted towards the hourly limit. */
  readonly costly: boolean;
  /** Whether its token had been told to wait longer. */
  readonly early: boolean;
}

const MAX_CALLS = 100_000;

/** Adds a call; the oldest is forgotten when there are more than 100,000. */
export function noteCall(calls: Call[], call: Call): void {
  calls.push(call);
  if (calls.length > MAX_CALLS) calls.shift();
}

/** Counts calls by kind. */
export function countKinds(calls: readonly Call[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { kind } of calls) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Says what was made more than once: pull requests of one branch, comments and reviews with the same words by one user. */
export function listDuplicates(store: Store): readonly string[] {
  const seen = new Map<string, number>();
  const see = (what: string): void => {
    seen.set(what, (seen.get(what) ?? 0) + 1);
  };
  for (const repo of store.repositories.values()) {
    const name = fullName(repo);
    for (const { pull } of listPulls(repo))
      see(`pull request of ${pull.headRef} into ${pull.baseRef} in ${name}`);
    for (const issue of repo.issues.values()) {
      const place = `on ${name}#${issue.number} by`;
      for (const { user, body } of issue.comments) see(`comment ${place} ${user.login}: ${body}`);
      for (const { user, body, path, line, inReplyTo } of issue.pull?.comments ?? []) {
        see(`comment ${place} ${user.login} at ${path}:${line} (${inReplyTo}): ${body}`);
      }
      for (const { user, body, state, sha } of issue.pull?.reviews ?? []) {
        see(`review ${place} ${user.login} of ${sha}: ${state} ${body}`);
      }
    }
  }
  return [...seen].filter(([, times]) => times > 1).map(([what, times]) => `${times} × ${what}`);
}
