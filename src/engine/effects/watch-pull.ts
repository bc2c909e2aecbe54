// Watches a pull request until it stands otherwise than weft knows: what the forge says of it, and what people do to it.
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import { landedRefOf } from '../../core/names.ts';
import { judgePull, notePull, type PullNote, type PullRecord, type PullRemark } from '../../core/pull.ts';
import { isMeant } from '../../core/pull-standing.ts';
import { isOwnRemark } from '../../core/pull-text.ts';
import { type RunState, type TaskState, taskOf } from '../../core/state.ts';
import type { PullSeen } from '../../ports/forge.ts';
import { type EffectFailure, failureOf } from '../forge-failure.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { findTargetTip } from '../target.ts';
import type { Looking } from './adopt-push.ts';
import { findMove } from './find-move.ts';
import { asResult, forgeOf } from './forge-call.ts';
import { describeOther } from './landed-fact.ts';

type WatchPull = Extract<Effect, { kind: 'watch-pull' }>;

/** Performs `watch-pull`. */
export async function watchPull(effect: WatchPull, context: EffectContext): Performed {
  const { pulls, signal } = context;
  for (;;) {
    const number = taskOf(context.state, effect.task).pull?.number;
    if (pulls === null) throw new Error('Internal error: there is no forge to watch');
    // it was let go of a moment ago
    if (number === undefined) return ok([]);
    const seen = await pulls.next(number, signal);
    if (seen === undefined) return ok([]);
    if (!seen.ok) return fail(failureOf(seen.failure));
    const news = await findNews(context, taskOf(context.state, effect.task), seen.value);
    if (signal.aborted) return ok([]);
    if (!news.ok || news.value.length > 0) return news;
  }
}

/** What is new in how a pull request stands, as facts; none: all is known. */
export async function findNews(
  context: Looking,
  ts: TaskState,
  seen: PullSeen,
): Promise<Result<readonly Event[], EffectFailure>> {
  const { pull } = ts;
  if (pull === null) return ok([]);
  const note = readNote(seen);
  const noteOnly: Event = { type: 'pull.noted', task: ts.task.id, note, remarks: [] };
  const isHere = note.base === context.state.policy.target;
  // a merge is told until it is a landing
  if (note.state === 'merged' && isHere) return adoptMerge(context, ts, note);
  if (ts.phase === 'waiting' || ts.phase === 'failed')
    return ok(note.state === 'open' || note.state === pull.note?.state ? [] : [noteOnly]);
  const remarks = findRemarks(context, pull, seen);
  const noted: Event = { type: 'pull.noted', task: ts.task.id, note, remarks };
  const isSame = JSON.stringify(note) === JSON.stringify(pull.note) && remarks.length === 0;
  // that it was looked at, and that the forge answers again, is news too
  if (isSame) return ok(pull.isFresh && context.state.forgeTrouble === null ? [] : [noted]);
  if (note.state !== 'open' || !isMeant(pull, note.head)) return ok([noted]);
  // who moved its branch here is heard before it goes back to be worked on there
  const move = await findMove(context, ts);
  if (move !== null) return ok([move]);
  const verdict = judgePull(note, { head: note.head, isSettled: true });
  const hasFailed = verdict.kind === 'return' && verdict.cause === 'ci-failed';
  const excerpt = hasFailed ? await readLogs(context, seen) : ok('');
  if (!excerpt.ok) return excerpt;
  const conflict = note.isMergeable === false ? await findConflict(context, ts) : ok(null);
  if (!conflict.ok) return conflict;
  const more = conflict.value === null ? {} : { conflict: conflict.value };
  return ok([{ ...noted, ...(excerpt.value === '' ? {} : { excerpt: excerpt.value }), ...more }]);
}

/** What matters of it; whose last word was that changes are needed counts, whether or not reviews are required. */
function readNote(seen: PullSeen): PullNote {
  const last = new Map<string, string>();
  for (const { author, state, isTrusted } of seen.reviews)
    if (isTrusted && state !== 'commented' && state !== 'pending') last.set(author, state);
  const isRefused = [...last.values()].includes('changes-requested');
  return notePull({ ...seen, decision: isRefused ? 'changes-requested' : seen.decision });
}

/** That the pull request of a task is over, as facts, whether that is known or not; none: it is open, or there is none. */
export async function findEnd(
  context: Looking,
  ts: TaskState,
): Promise<Result<readonly Event[], EffectFailure>> {
  if (ts.pull === null) return ok([]);
  const { number } = ts.pull;
  const seen = (await forgeOf(context).observe([number])).get(number);
  if (seen === undefined) return fail({ kind: 'environment', sentence: `The forge shows no #${number}.` });
  if (!seen.ok) return asResult(seen);
  if (seen.value.state === 'open') return ok([]);
  const note = readNote(seen.value);
  if (note.state === 'merged' && note.base === context.state.policy.target)
    return adoptMerge(context, ts, note);
  return ok([{ type: 'pull.noted', task: ts.task.id, note, remarks: [] }]);
}

const MAX_BODY = 4_000;

/** What people who count have said and weft has not heard yet; a review that wants changes counts even without words. */
function findRemarks({ state }: Looking, pull: PullRecord, seen: PullSeen): readonly PullRemark[] {
  const listenTo = state.policy.pullRequests?.listenTo ?? [];
  const counts = (of: {
    readonly id: number;
    readonly author: string;
    readonly isTrusted: boolean;
    readonly body: string;
  }): boolean =>
    (of.isTrusted || listenTo.includes(of.author)) && !pull.seen.includes(of.id) && !isOwnRemark(of.body);
  const reviews = seen.reviews
    .filter((review) => review.state === 'changes-requested' && counts(review))
    // what is asked for on lines says it all
    .filter(({ body, author }) => body.trim() !== '' || !seen.comments.some((each) => each.author === author))
    .map(({ id, author, body }): PullRemark => ({ id, path: null, line: null, author, body }));
  const comments = seen.comments
    .filter(counts)
    .map(({ id, path, line, author, body }): PullRemark => ({ id, path, line, author, body }));
  const talk = seen.talk
    .filter((each) => counts(each) && each.body.trim() !== '')
    .map(({ id, author, body }): PullRemark => ({ id, path: null, line: null, author, body }));
  return [...reviews, ...comments, ...talk].map((remark) => ({
    ...remark,
    body: remark.body.slice(0, MAX_BODY),
  }));
}

const MAX_LOGS = 3;

/** What checks that failed have to say; what nobody can read any more goes without. */
async function readLogs(context: Looking, seen: PullSeen): Promise<Result<string, EffectFailure>> {
  const { parts, state } = context;
  const failed = notePull(seen).failing;
  const checks = seen.checks.filter(({ name, state: is }) => is === 'failure' && failed.includes(name));
  const maxBytes = Math.floor(
    state.policy.limits.excerptBytes / Math.max(1, Math.min(MAX_LOGS, checks.length)),
  );
  const parted: string[] = [];
  for (const { id, name, summary, url } of checks.slice(0, MAX_LOGS)) {
    const log = id === null ? null : await forgeOf(context).readLog({ check: id, maxBytes });
    if (log?.ok === false && log.failure.kind === 'rate-limited') return asResult(log);
    const text = log?.ok === true ? log.value.trim() : '';
    const head = [`Check ${name} failed.`, summary, url ?? ''].filter((each) => each !== '').join(' ');
    parted.push(text === '' ? head : `${head}\n${text}`);
  }
  return ok(parts.redact(parted.join('\n\n')));
}

/** Where it conflicts with the target; null: here it merges. */
async function findConflict(
  { parts, state }: Looking,
  ts: TaskState,
): Promise<Result<{ readonly base: Oid; readonly files: readonly string[] } | null, EffectFailure>> {
  const work = ts.attempt?.inspected;
  // what it stands on may be all that conflicts, and has to land first
  if (work == null || state.index.unlanded[ts.order] !== 0) return ok(null);
  const tip = await findTargetTip(parts, state.policy);
  if (!tip.ok) return tip;
  const base = tip.value.oid;
  const tried = await parts.git.tryMerge({ work, onto: { head: base, base } });
  if (!tried.ok) return tried;
  return ok(tried.value.length === 0 ? null : { base, files: tried.value.slice(0, 100) });
}

/** What was merged at the forge has landed, whoever did it. */
async function adoptMerge(
  context: Looking,
  ts: TaskState,
  note: PullNote,
): Promise<Result<readonly Event[], EffectFailure>> {
  const { parts, state } = context;
  const tip = await findTargetTip(parts, state.policy);
  if (!tip.ok) return tip;
  const isHere = note.merged !== null && (await parts.git.resolve(`${note.merged}^{commit}`)) !== null;
  const commit = isHere && note.merged !== null ? note.merged : tip.value.oid;
  const tree = await parts.git.treeOf(commit);
  const isOurs = ts.pull?.enqueued === true || (await isCandidate(context, ts, { commit, tree }));
  const isOther = ts.phase === 'queued' && !isOurs && tree !== ts.attempt?.verified?.tree;
  const detour = isOther ? describeOther(state.policy) : describeRest(state, ts);
  const of = { task: ts.task.id, commit, tree, base: commit, ref: state.policy.target, detour };
  return ok([{ type: 'task.landed', ...of, by: isOurs ? 'weft' : 'human' }]);
}

/** Tells whether what was merged is what weft was about to land. */
async function isCandidate(
  { parts }: Looking,
  { candidate }: TaskState,
  merged: { readonly commit: Oid; readonly tree: Oid },
): Promise<boolean> {
  if (candidate === null || candidate.empty) return false;
  if (merged.tree === candidate.tree) return true;
  return parts.git.isAncestor({ ancestor: candidate.commit, of: merged.commit });
}

/** Says what is not in it that was verified since; null: nothing. */
function describeRest(state: RunState, { task, attempt, pull, phase }: TaskState): string | null {
  // nobody has gone on with it, though it may have been put onto the target since
  if (phase === 'pr_created' || phase === 'queued') return null;
  const head = attempt?.inspected?.head;
  if (pull === null || head === undefined || isMeant(pull, head)) return null;
  return `#${pull.number} was merged while it was worked on: what was done since is kept under ${landedRefOf(state, task.id)}`;
}
