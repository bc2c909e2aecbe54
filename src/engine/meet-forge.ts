// How an engine gets to know the forge: before a run begins, and whenever one goes on.
import type { Event } from '../core/event.ts';
import { fail, ok, type Result } from '../core/failure.ts';
import type { Oid, Policy } from '../core/model.ts';
import { targetRefOf } from '../core/names.ts';
import type { RunState } from '../core/state.ts';
import type { ForgePort } from '../ports/forge.ts';
import { findNews } from './effects/watch-pull.ts';
import type { Parts, Tools } from './parts.ts';

/** Opens the forge that the policy wants work to go to; null: it wants none. */
export async function openForge(
  { findForge }: Pick<Tools, 'findForge'>,
  { pullRequests }: Policy,
): Promise<Result<ForgePort | null>> {
  if (pullRequests === undefined) return ok(null);
  const found = await findForge();
  if (found === null) {
    const hint = 'Add the repository at GitHub as the remote `origin`, or leave pull requests off.';
    return fail({
      kind: 'usage',
      sentence: 'Work is to become pull requests, and no remote is at a forge.',
      hint,
    });
  }
  if (found.forge.ok) return found.forge;
  const { sentence, hint } = found.forge.failure;
  return fail({ kind: 'environment', sentence, ...(hint === undefined ? {} : { hint }) });
}

/** Looks whether work may go to the forge, and where its target is. */
export async function enterForge(forge: ForgePort, policy: Policy): Promise<Result<Oid>> {
  const { target } = policy;
  const standing = await forge.readStanding(target);
  if (!standing.ok) return fail({ kind: 'environment', sentence: standing.failure.sentence });
  const { mayPush, login, branch } = standing.value;
  if (!mayPush) {
    const hint = 'Use a token that may write contents and pull requests.';
    return fail({ kind: 'usage', sentence: `${forge.name} does not let ${login} push.`, hint });
  }
  const fetched = await forge.fetch({ branch: target, into: targetRefOf(policy) });
  if (!fetched.ok) return fail({ kind: 'environment', sentence: fetched.failure.sentence });
  if (branch !== null && fetched.value !== null) return ok(fetched.value);
  const sentence = `${forge.name} has no branch ${target} for pull requests to go to.`;
  return fail({ kind: 'usage', sentence, hint: `Push it: git push origin ${target}` });
}

/** What holds at the forge, and what became of pull requests while nobody looked, as facts; what cannot be told is told later. */
export async function meetForge(parts: Parts, state: RunState): Promise<readonly Event[]> {
  const { forge } = parts;
  if (forge === null) return [];
  const standing = await forge.readStanding(state.policy.target);
  if (!standing.ok) return [];
  const hasMergeQueue = standing.value.branch?.hasMergeQueue === true;
  const events: Event[] = hasMergeQueue === state.hasMergeQueue ? [] : [{ type: 'forge.met', hasMergeQueue }];
  const open = [...state.tasks.values()].filter(
    ({ phase, pull }) => pull !== null && (phase === 'pr_created' || phase === 'queued'),
  );
  const seen = await forge.observe(open.flatMap(({ pull }) => pull?.number ?? []));
  const context = { parts, state, signal: new AbortController().signal };
  for (const ts of open) {
    const found = seen.get(ts.pull?.number ?? 0);
    const news = found?.ok ? await findNews(context, ts, found.value) : null;
    if (news?.ok) events.push(...news.value);
  }
  return events;
}
