// How an engine gets to know the forge: before a run begins, and whenever one goes on.
import { isForgeResting } from '../core/backoff.ts';
import type { Event } from '../core/event.ts';
import { fail, ok, type Result } from '../core/failure.ts';
import { isTerminal } from '../core/lifecycle.ts';
import type { Oid, Policy } from '../core/model.ts';
import { targetRefOf } from '../core/names.ts';
import { isLeftOpen } from '../core/pull-standing.ts';
import type { RunState } from '../core/state.ts';
import type { ForgePort, ForgeStanding } from '../ports/forge.ts';
import { findNews } from './effects/watch-pull.ts';
import { type EffectFailure, failureOf } from './forge-failure.ts';
import type { Parts, Tools } from './parts.ts';

/** Opens the forge that the policy wants work to go to; null: it wants none. */
export async function openForge(
  { findForge }: Pick<Tools, 'findForge'>,
  { pullRequests }: Policy,
): Promise<Result<ForgePort | null>> {
  if (pullRequests === undefined) return ok(null);
  const found = await findForge();
  if (found === null) {
    const hint =
      'Add it with `git remote add origin https://github.com/OWNER/NAME`, or leave pull requests off.';
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

/** That other rules hold for the target than weft knows, as a fact; or null. */
export function findRules(state: RunState, { mayPush, branch }: ForgeStanding): Event | null {
  const hasMergeQueue = branch?.hasMergeQueue === true;
  const isProtected = branch?.isProtected === true || !mayPush;
  if (hasMergeQueue === state.hasMergeQueue && isProtected === state.isProtected) return null;
  return { type: 'forge.met', hasMergeQueue, ...(isProtected ? { isProtected } : {}) };
}

/** What holds at the forge, and what became of pull requests while nobody looked, as facts; what cannot be told is told later. */
export async function meetForge(parts: Parts, state: RunState): Promise<readonly Event[]> {
  const { forge } = parts;
  if (forge === null || isForgeResting(state, state.ms)) return [];
  const open = [...state.tasks.values()].filter(
    (ts) =>
      isLeftOpen(ts) ||
      (ts.pull !== null &&
        (ts.phase === 'pr_created' || ts.phase === 'queued' || (ts.phase === 'waiting' && !ts.wipe))),
  );
  const standing = await forge.readStanding(state.policy.target);
  if (!standing.ok) return sayTrouble(state, failureOf(standing.failure));
  const met = findRules(state, standing.value);
  const events: Event[] = met === null ? [] : [met];
  const seen = await forge.observe(open.flatMap(({ pull }) => pull?.number ?? []));
  const context = { parts, state, signal: new AbortController().signal };
  for (const ts of open) {
    const found = seen.get(ts.pull?.number ?? 0);
    if (found === undefined) continue;
    const news = found.ok ? await findNews(context, ts, found.value) : fail(failureOf(found.failure));
    events.push(...(news.ok ? news.value : sayTrouble(state, news.failure)));
  }
  return events;
}

/** That the forge did not answer, as a fact; it is said of any task that is not over. */
function sayTrouble({ tasks }: RunState, { sentence, forge }: EffectFailure): readonly Event[] {
  const ts = [...tasks.values()].find(({ phase }) => !isTerminal(phase));
  if (ts === undefined || forge === undefined) return [];
  const of = { task: ts.task.id, attempt: ts.attempts, effect: 'watch-pull' };
  return [{ type: 'effect.failed', ...of, detail: sentence, forge }];
}
