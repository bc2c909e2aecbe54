// Lands verified commits at the forge. Where its rules let weft push, the target moves by compare-and-swap to exactly the
// commit that was verified; where they do not, the pull requests are merged there, one after the other, guarded by their
// heads, and what came of it is compared with what was verified.
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { fail, ok, type Result } from '../../core/failure.ts';
import { writeLandingMessage } from '../../core/message.ts';
import type { Oid, Policy } from '../../core/model.ts';
import { type CandidateState, type TaskState, taskOf } from '../../core/state.ts';
import type { ForgePort, ForgeStanding, MergeMethod } from '../../ports/forge.ts';
import { type EffectFailure, failureOf } from '../forge-failure.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { findTargetTip } from '../target.ts';
import { sayLanded } from './landed-fact.ts';
import { asResult, offerCommit } from './open-pull.ts';

type LandCandidate = Extract<Effect, { kind: 'land-candidate' }>;

/** Lands the tasks of one effect. */
export async function landAtForge(
  effect: LandCandidate,
  context: EffectContext,
  forge: ForgePort,
): Performed {
  const tip = await findTargetTip(context.parts, context.state.policy);
  if (!tip.ok) return tip;
  // the answer to an earlier try may have been lost
  if (await holds(context, tip.value.oid, effect.commit)) return ok(landAll(effect, context));
  if (tip.value.oid !== effect.base) return stale(effect, tip.value.oid);
  const standing = await forge.readStanding(context.state.policy.target);
  if (!standing.ok) return fail(failureOf(standing.failure));
  const mayPush = standing.value.mayPush && standing.value.branch?.isProtected !== true;
  return mayPush
    ? pushAll(effect, context, forge)
    : mergeAll(effect, context, { forge, standing: standing.value });
}

function stale(effect: LandCandidate, actual: Oid): Performed {
  return Promise.resolve(ok([{ type: 'landing.stale', task: effect.task, actual }]));
}

async function holds({ parts }: EffectContext, tip: Oid, commit: Oid): Promise<boolean> {
  return tip === commit || parts.git.isAncestor({ ancestor: commit, of: tip });
}

function landAll({ tasks }: LandCandidate, context: EffectContext): readonly Event[] {
  const { target } = context.state.policy;
  return tasks.map((task) => sayLanded(context, task, { ref: target, detour: null }));
}

/** A pull request counts as merged once its base has its head: so that is what is about to land. */
async function pushAll(effect: LandCandidate, context: EffectContext, forge: ForgePort): Performed {
  const { state } = context;
  const { target, merge } = state.policy;
  for (const task of merge.strategy === 'merge' ? [] : effect.tasks) {
    const ts = taskOf(state, task);
    if (ts.pull === null || ts.candidate === null || ts.candidate.empty) continue;
    const offered = await offerCommit(context, ts, ts.candidate.commit);
    // somebody pushed to it a moment ago, which its watch shows
    if (!offered.ok && offered.failure.kind === 'refused') return stale(effect, effect.base);
    if (!offered.ok) return fail(failureOf(offered.failure));
  }
  const pushed = await forge.push({ branch: target, commit: effect.commit, expected: effect.base });
  if (pushed.ok) {
    await findTargetTip(context.parts, state.policy);
    return ok(landAll(effect, context));
  }
  if (pushed.failure.kind !== 'refused') return fail(failureOf(pushed.failure));
  const now = await findTargetTip(context.parts, state.policy);
  if (!now.ok) return now;
  if (await holds(context, now.value.oid, effect.commit)) return ok(landAll(effect, context));
  return now.value.oid === effect.base ? fail(failureOf(pushed.failure)) : stale(effect, now.value.oid);
}

/** Merges one after the other; the first that does not become what was verified ends it. */
async function mergeAll(
  effect: LandCandidate,
  context: EffectContext,
  of: { readonly forge: ForgePort; readonly standing: ForgeStanding },
): Performed {
  const events: Event[] = [];
  let base = effect.base;
  for (const task of effect.tasks) {
    const ts = taskOf(context.state, task);
    const { candidate } = ts;
    if (candidate === null) throw new Error('Internal error: nothing to land');
    if (candidate.empty || ts.pull === null) {
      events.push(sayLanded(context, task, { ref: context.state.policy.target, detour: null }));
      continue;
    }
    const merged = await mergeOne(context, { ...of, ts, base });
    if (!merged.ok) return events.length > 0 ? ok(events) : merged;
    events.push(...merged.value.events);
    if (merged.value.commit === null) break;
    base = merged.value.commit;
  }
  return ok(events);
}

interface Merged {
  readonly events: readonly Event[];
  /** Null: the others have to be built anew. */
  readonly commit: Oid | null;
}

async function mergeOne(
  context: EffectContext,
  of: {
    readonly forge: ForgePort;
    readonly standing: ForgeStanding;
    readonly ts: TaskState;
    readonly base: Oid;
  },
): Promise<Result<Merged, EffectFailure>> {
  const { forge, standing, ts, base } = of;
  const { parts, state } = context;
  const { pull, candidate } = ts;
  if (pull === null || candidate === null) throw new Error('Internal error: nothing to merge');
  const method = methodFor(state.policy, standing);
  if (method === null) {
    const sentence = `${forge.name} allows no way to merge.`;
    return fail({ kind: 'environment', sentence, hint: 'Allow one in the settings of the repository.' });
  }
  const [title = '', , ...rest] = writeLandingMessage(state, ts).trimEnd().split('\n');
  const head = pull.note?.head ?? pull.head;
  const wish = { number: pull.number, head, method, title, message: rest.join('\n') };
  const merged = await forge.merge(wish);
  if (!merged.ok)
    return merged.failure.kind === 'refused'
      ? bringUpToDate(context, { ts, sentence: merged.failure.sentence })
      : fail(failureOf(merged.failure));
  const tip = await findTargetTip(parts, state.policy);
  if (!tip.ok) return tip;
  const tree = await parts.git.treeOf(merged.value);
  const isSame = tree === candidate.tree;
  const landed: Event = {
    type: 'task.landed',
    ...{ task: ts.task.id, commit: merged.value, tree, base, ref: state.policy.target, by: 'weft' },
    detour: isSame ? null : describeOther(state.policy.target),
  };
  return ok({ events: [landed], commit: isSame ? merged.value : null });
}

function describeOther(target: string): string {
  return `somebody moved ${target} in the moment of the merge, so another tree landed than the one that was verified`;
}

/** What its rules do not let in as it is may be let in once it stands on the target: its checks run on that first. */
async function bringUpToDate(
  context: EffectContext,
  of: { readonly ts: TaskState; readonly sentence: string },
): Promise<Result<Merged, EffectFailure>> {
  const { ts, sentence } = of;
  const { pull, candidate } = ts;
  if (pull === null || candidate === null) throw new Error('Internal error: nothing to bring up to date');
  const head = pull.note?.head ?? pull.head;
  if (await standsOn(context, candidate, head)) return fail({ kind: 'environment', sentence });
  const offered = asResult(await offerCommit(context, ts, candidate.commit));
  if (!offered.ok) return offered;
  const { number, url } = pull;
  const opened: Event = {
    type: 'pull.opened',
    task: ts.task.id,
    number,
    url,
    head: candidate.commit,
    answered: [],
  };
  return ok({ events: [opened], commit: null });
}

/** Tells whether the forge refused exactly what would be offered to it. */
async function standsOn(
  { parts }: EffectContext,
  { base, tree }: CandidateState,
  head: Oid,
): Promise<boolean> {
  return (await parts.git.treeOf(head)) === tree && parts.git.isAncestor({ ancestor: base, of: head });
}

const METHODS: Readonly<Record<Policy['merge']['strategy'], MergeMethod>> = {
  merge: 'merge',
  squash: 'squash',
  rebase: 'rebase',
  'fast-forward': 'rebase',
};

/** The strategy as the forge has it, or another way that it allows. */
function methodFor({ merge }: Policy, { methods }: ForgeStanding): MergeMethod | null {
  const wanted = METHODS[merge.strategy];
  return methods.includes(wanted) ? wanted : (methods[0] ?? null);
}
