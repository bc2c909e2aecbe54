// Lands verified commits at the forge. Where its rules let weft push, the target moves by compare-and-swap to exactly the
// commit that was verified; where they do not, the pull requests are merged there, one after the other, guarded by their
// heads, and what came of it is compared with what was verified.

import { needsApproval } from '../../core/decide/submit.ts';
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { fail, ok, type Result } from '../../core/failure.ts';
import { writeLandingMessage } from '../../core/message.ts';
import type { Oid, Policy, TaskId } from '../../core/model.ts';
import { judgePull, notePull, type PullNote, type PullRecord, type PullVerdict } from '../../core/pull.ts';
import { isMeant } from '../../core/pull-standing.ts';
import { type CandidateState, type TaskState, taskOf } from '../../core/state.ts';
import type { ForgePort, ForgeStanding, MergeMethod } from '../../ports/forge.ts';
import { type EffectFailure, failureOf } from '../forge-failure.ts';
import { findRules } from '../meet-forge.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { findTargetTip } from '../target.ts';
import { asResult } from './forge-call.ts';
import { describeOther, noteLanding } from './landed-fact.ts';
import { offerCommit } from './offer-commit.ts';
import { findEnd } from './watch-pull.ts';

type LandCandidate = Extract<Effect, { kind: 'land-candidate' }>;

/** Lands the tasks of one effect. */
export async function landAtForge(
  effect: LandCandidate,
  context: EffectContext,
  forge: ForgePort,
): Performed {
  const { parts, state } = context;
  const landAll = noteAll(effect, context);
  const tip = await findTargetTip(parts, state.policy);
  if (!tip.ok) return tip;
  const actual = tip.value.oid;
  // the answer to an earlier try may have been lost
  if (await holds(context, actual, effect.commit)) return ok(landAll());
  if (actual !== effect.base) return stale(effect, actual);
  const isAsked = effect.tasks.some((task) => needsApproval(state, taskOf(state, task)));
  if (isAsked) return effect.tasks.length > 1 ? stale(effect, actual) : offerAlone(effect, context, forge);
  const read = await forge.readStanding(state.policy.target);
  if (!read.ok) return fail(failureOf(read.failure));
  const standing = read.value;
  const rules = findRules(state, standing);
  // together they were tried by other rules
  if (rules !== null) return ok([rules, ...sayStale(effect, actual)]);
  if (!state.hasMergeQueue && !state.isProtected) return pushAll({ effect, context, forge, landAll });
  if (effect.tasks.length > 1) return stale(effect, actual);
  const ts = taskOf(state, effect.task);
  const { candidate, pull } = ts;
  if (candidate === null || pull === null) throw new Error('Internal error: nothing to merge');
  const of = { forge, ts, candidate, pull };
  const seen = (await forge.observe([pull.number])).get(pull.number);
  if (seen?.ok === false) return asResult(seen);
  // somebody gave it another base: it is not merged into that
  if (seen?.value.state === 'open' && seen.value.base !== state.policy.target)
    return ok([sayOpened(ts, pull, headOf(of))]);
  return state.hasMergeQueue ? enqueueOne(context, of) : mergeOne(context, { ...of, standing });
}

/** What lacks a person's word is put onto the target, so that people can merge it at the forge. */
async function offerAlone({ task }: LandCandidate, context: EffectContext, forge: ForgePort): Performed {
  const ts = taskOf(context.state, task);
  const { candidate, pull } = ts;
  if (candidate === null || pull === null) throw new Error('Internal error: nothing to offer');
  const end = await findEnd(context, ts);
  if (!end.ok || end.value.length > 0) return end;
  const of = { forge, ts, candidate, pull };
  const head = headOf(of);
  const verdict = await judgeNow(of, head);
  if (!verdict.ok) return verdict;
  const isRefused = verdict.value?.kind === 'return' && verdict.value.cause === 'conflict';
  // the forge may not have known yet what was merged there before
  if (!isRefused) return ok([sayOpened(ts, pull, head)]);
  const { target } = context.state.policy;
  const sentence = `#${pull.number} stands on ${target}, and ${forge.name} says that they conflict.`;
  if (await standsOn(context, candidate, head)) return fail({ kind: 'environment', sentence });
  const offered = await offerCommit(context, ts, candidate.commit);
  if (!offered.ok) return offered;
  return ok(offered.value ?? [sayOpened(ts, pull, candidate.commit)]);
}

/** Lands a task of whose work nothing is left: unless that is since its pull request was merged. */
export async function landNothing(effect: LandCandidate, context: EffectContext): Performed {
  const landAll = noteAll(effect, context);
  for (const task of effect.tasks) {
    const end = await findEnd(context, taskOf(context.state, task));
    if (!end.ok || end.value.length > 0) return end;
  }
  return ok(landAll());
}

function sayStale({ task }: { readonly task: TaskId }, actual: Oid): readonly Event[] {
  return [{ type: 'landing.stale', task, actual }];
}

function stale(effect: LandCandidate, actual: Oid): Performed {
  return Promise.resolve(ok(sayStale(effect, actual)));
}

async function holds({ parts }: EffectContext, tip: Oid, commit: Oid): Promise<boolean> {
  return tip === commit || parts.git.isAncestor({ ancestor: commit, of: tip });
}

function noteAll({ tasks }: LandCandidate, context: EffectContext): () => readonly Event[] {
  const sayLanded = noteLanding(context, tasks);
  const { target: ref } = context.state.policy;
  return () => sayLanded({ ref, detour: null });
}

/** A pull request counts as merged once its base has its head: so that is what is about to land. */
async function pushAll(of: {
  readonly effect: LandCandidate;
  readonly context: EffectContext;
  readonly forge: ForgePort;
  /** Says of what was about to land in the beginning that it did. */
  readonly landAll: () => readonly Event[];
}): Performed {
  const { effect, context, forge, landAll } = of;
  const { state } = context;
  const { target, merge } = state.policy;
  for (const task of merge.strategy === 'merge' ? [] : effect.tasks) {
    const ts = taskOf(state, task);
    const { pull, candidate } = ts;
    if (pull === null || candidate === null || candidate.empty) continue;
    if (pull.note?.head === candidate.commit) continue;
    const offered = await offerCommit(context, ts, candidate.commit);
    if (!offered.ok) return offered;
    if (offered.value !== null) return ok(offered.value);
    // should one of many fail, the others need not be put there again
    if (pull.note !== null) context.emit([sayOffered(ts.task.id, pull.note, candidate.commit)]);
  }
  const pushed = await forge.push({ branch: target, commit: effect.commit, expected: effect.base });
  if (!pushed.ok && pushed.failure.kind !== 'refused') return fail(failureOf(pushed.failure));
  const now = await findTargetTip(context.parts, state.policy);
  if (pushed.ok) return ok(landAll());
  if (!now.ok) return now;
  if (await holds(context, now.value.oid, effect.commit)) return ok(landAll());
  return now.value.oid === effect.base ? fail(failureOf(pushed.failure)) : stale(effect, now.value.oid);
}

/** Where its head is by now; nothing that was seen of it is about that. */
function sayOffered(task: TaskId, note: PullNote, head: Oid): Event {
  const seen = { ...note, head, failing: [], waiting: [], ignored: [], reported: 0, isMergeable: null };
  return { type: 'pull.noted', task, note: seen, remarks: [] };
}

/** A task and its pull request, about to be merged there. */
interface Merging {
  readonly forge: ForgePort;
  readonly ts: TaskState;
  readonly candidate: CandidateState;
  readonly pull: PullRecord;
}

/** Its head, as far as that is what was verified. */
function headOf({ pull }: Merging): Oid {
  const seen = pull.note?.head;
  return seen !== undefined && isMeant(pull, seen) ? seen : pull.head;
}

async function enqueueOne(context: EffectContext, of: Merging): Performed {
  const { forge, ts, pull } = of;
  const head = headOf(of);
  const done = await forge.enqueue({ number: pull.number, head });
  if (done.ok) return ok([{ type: 'pull.enqueued', task: ts.task.id, head }]);
  if (done.failure.kind !== 'refused') return asResult(done);
  return bringUpToDate(context, of, done.failure.sentence);
}

async function mergeOne(
  context: EffectContext,
  of: Merging & { readonly standing: ForgeStanding },
): Performed {
  const { forge, standing, ts, pull, candidate } = of;
  const { parts, state } = context;
  const method = methodFor(state.policy, standing, candidate);
  if (method === null) {
    const sentence = `${forge.name} allows no way to merge.`;
    return fail({ kind: 'environment', sentence, hint: 'Allow one in the settings of the repository.' });
  }
  // one commit, it becomes what was verified; commit by commit it may become something else
  if (method === 'rebase' && candidate.note !== null && headOf(of) !== candidate.commit)
    return offerAnew(context, of);
  const [title = '', ...rest] = writeLandingMessage(state, ts).trimEnd().split('\n');
  const message = rest.join('\n').trimStart();
  const wish = { number: pull.number, head: headOf(of), method, title, message };
  const merged = await forge.merge(wish);
  if (!merged.ok)
    return merged.failure.kind === 'refused'
      ? bringUpToDate(context, of, merged.failure.sentence)
      : asResult(merged);
  const tip = await findTargetTip(parts, state.policy);
  if (!tip.ok) return tip;
  const { target: ref } = state.policy;
  const tree = await parts.git.treeOf(merged.value);
  const detour = tree === candidate.tree ? null : describeOther(state.policy);
  const landed = { task: ts.task.id, commit: merged.value, tree, base: candidate.base, ref, detour };
  return ok([{ type: 'task.landed', ...landed, by: 'weft' }]);
}

/** Puts onto its branch what would land: its checks run on that first. */
async function offerAnew(context: EffectContext, { ts, pull, candidate }: Merging): Performed {
  const offered = await offerCommit(context, ts, candidate.commit);
  if (!offered.ok) return offered;
  return ok(offered.value ?? [sayOpened(ts, pull, candidate.commit)]);
}

/** What its rules do not let in as it is may be let in once it stands on the target: its checks run on that first. */
async function bringUpToDate(context: EffectContext, of: Merging, sentence: string): Performed {
  const { ts, candidate } = of;
  const end = await findEnd(context, ts);
  if (!end.ok) return end;
  // whatever became of it, it does not land by this
  if (end.value.length > 0) return ok([...end.value, ...sayStale({ task: ts.task.id }, candidate.base)]);
  const head = headOf(of);
  if (await standsOn(context, candidate, head)) return lookAgain(of, { head, sentence });
  return offerAnew(context, of);
}

function sayOpened({ task }: TaskState, { number, url }: PullRecord, head: Oid): Event {
  return { type: 'pull.opened', task: task.id, number, url, head, answered: [] };
}

/** Why it is refused may show by now, as a check that failed since; else nobody but people can say what is to be done. */
async function lookAgain(
  of: Merging,
  { head, sentence }: { readonly head: Oid; readonly sentence: string },
): Performed {
  const verdict = await judgeNow(of, head);
  if (!verdict.ok) return verdict;
  if (verdict.value === null || verdict.value.kind === 'merge')
    return fail({ kind: 'environment', sentence });
  return ok([sayOpened(of.ts, of.pull, head)]);
}

/** What follows from how it stands at the forge right now; null: it is not shown there. */
async function judgeNow(
  { forge, pull }: Merging,
  head: Oid,
): Promise<Result<PullVerdict | null, EffectFailure>> {
  const seen = (await forge.observe([pull.number])).get(pull.number);
  if (seen?.ok === false) return asResult(seen);
  return ok(seen === undefined ? null : judgePull(notePull(seen.value), { head, isSettled: true }));
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

/**
 * The strategy as the forge has it, or another way that it allows. What could not be replayed commit by commit here is not to
 * be replayed there.
 */
function methodFor(
  { merge }: Policy,
  { methods }: ForgeStanding,
  { note }: CandidateState,
): MergeMethod | null {
  const strategy = METHODS[merge.strategy];
  const wanted = strategy === 'rebase' && note !== null && methods.includes('squash') ? 'squash' : strategy;
  return methods.includes(wanted) ? wanted : (methods[0] ?? null);
}
