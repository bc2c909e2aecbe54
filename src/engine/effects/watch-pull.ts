// Watches a pull request until it stands otherwise than weft knows: what the forge says of it, and what people do to it.
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import { forgeRefOf, rescueRefOf } from '../../core/names.ts';
import { judgePull, notePull, type PullNote, type PullRecord, type PullRemark } from '../../core/pull.ts';
import { isOwnRemark } from '../../core/pull-text.ts';
import { type TaskState, taskOf } from '../../core/state.ts';
import type { PullSeen } from '../../ports/forge.ts';
import { type EffectFailure, failureOf } from '../forge-failure.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { findTargetTip } from '../target.ts';
import { forgeOf } from './open-pull.ts';

type WatchPull = Extract<Effect, { kind: 'watch-pull' }>;

/** Performs `watch-pull`. */
export async function watchPull(effect: WatchPull, context: EffectContext): Performed {
  const { pulls, signal } = context;
  for (;;) {
    const number = taskOf(context.state, effect.task).pull?.number;
    if (number === undefined || pulls === null) throw new Error('Internal error: no pull request to watch');
    const seen = await pulls.next(number, signal);
    if (seen === undefined) return ok([]);
    if (!seen.ok) return fail(failureOf(seen.failure));
    const news = await findNews(context, taskOf(context.state, effect.task), seen.value);
    if (signal.aborted) return ok([]);
    if (!news.ok || news.value.length > 0) return news;
  }
}

/** What a look at a pull request needs. */
type Looking = Pick<EffectContext, 'parts' | 'state'>;

/** What is new in how a pull request stands, as facts; none: all is known. */
export async function findNews(
  context: Looking,
  ts: TaskState,
  seen: PullSeen,
): Promise<Result<readonly Event[], EffectFailure>> {
  const { pull } = ts;
  if (pull === null) return ok([]);
  const note = notePull(seen);
  const remarks = findRemarks(context, pull, seen);
  const known = pull.note;
  const isKnown = JSON.stringify(note) === JSON.stringify(known) && remarks.length === 0;
  // a merge is told until it is a landing
  if (note.state === 'merged') return adoptMerge(context, ts, note);
  if (isKnown) return ok([]);
  const noted: Event = { type: 'pull.noted', task: ts.task.id, note, remarks };
  if (note.state === 'open' && isStrange(pull, note.head)) {
    const moved = await adoptHead(context, ts, note.head);
    return moved.ok ? ok([noted, ...moved.value]) : moved;
  }
  const verdict = judgePull(note, { head: note.head, isSettled: true });
  const excerpt =
    verdict.kind === 'return' && verdict.cause === 'ci-failed' ? await readLogs(context, seen) : '';
  const conflict = note.isMergeable === false ? await findConflict(context, ts) : null;
  return ok([
    { ...noted, ...(excerpt === '' ? {} : { excerpt }), ...(conflict === null ? {} : { conflict }) },
  ]);
}

function isStrange(pull: PullRecord, head: Oid): boolean {
  return head !== pull.head && !pull.ours.includes(head) && head !== pull.note?.head;
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
  return [...reviews, ...comments].map((remark) => ({ ...remark, body: remark.body.slice(0, MAX_BODY) }));
}

const MAX_LOGS = 3;

async function readLogs(context: Looking, seen: PullSeen): Promise<string> {
  const { parts, state } = context;
  const failed = notePull(seen).failing;
  const checks = seen.checks.filter(({ name, state: is }) => is === 'failure' && failed.includes(name));
  const maxBytes = Math.floor(
    state.policy.limits.excerptBytes / Math.max(1, Math.min(MAX_LOGS, checks.length)),
  );
  const parted: string[] = [];
  for (const { id, name, summary, url } of checks.slice(0, MAX_LOGS)) {
    const log = id === null ? null : await forgeOf(context).readLog({ check: id, maxBytes });
    const text = log?.ok === true ? log.value.trim() : '';
    const head = [`Check ${name} failed.`, summary, url ?? ''].filter((each) => each !== '').join(' ');
    parted.push(text === '' ? head : `${head}\n${text}`);
  }
  return parts.redact(parted.join('\n\n'));
}

async function findConflict(
  { parts, state }: Looking,
  ts: TaskState,
): Promise<{ readonly base: Oid; readonly files: readonly string[] } | null> {
  const work = ts.attempt?.inspected;
  const tip = await findTargetTip(parts, state.policy);
  if (work == null || !tip.ok) return null;
  const base = tip.value.oid;
  const tried = await parts.git.tryMerge({ work, onto: { head: base, base } });
  if (!tried.ok || tried.value.length === 0) return null;
  return { base, files: tried.value.slice(0, 100) };
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
  const { target } = state.policy;
  const commit =
    note.merged !== null && (await parts.git.resolve(`${note.merged}^{commit}`)) !== null
      ? note.merged
      : tip.value.oid;
  const isOurs = commit === ts.candidate?.commit || ts.pull?.enqueued === true;
  return ok([
    {
      type: 'task.landed',
      task: ts.task.id,
      commit,
      tree: await parts.git.treeOf(commit),
      base: commit,
      ref: target,
      detour: null,
      by: isOurs ? 'weft' : 'human',
    },
  ]);
}

/** Somebody put other commits onto its branch: they are brought here, and what was verified is kept beside them. */
async function adoptHead(
  { parts, state }: Looking,
  ts: TaskState,
  head: Oid,
): Promise<Result<readonly Event[], EffectFailure>> {
  const { attempt } = ts;
  const from = attempt?.inspected?.head;
  if (attempt === null || from === undefined) return ok([]);
  const into = forgeRefOf(state, ts.task.id);
  const forge = forgeOf({ parts });
  const fetched = await forge.fetch({ branch: attempt.branch, into });
  if (!fetched.ok) return fail(failureOf(fetched.failure));
  const to = fetched.value;
  // it moved again in between: the next look shows where to
  if (to !== head) return ok([]);
  const ahead = await parts.git.isAncestor({ ancestor: from, of: to });
  if (!ahead) await parts.git.pin(`${rescueRefOf(state, ts.task.id)}/${from.slice(0, 12)}`, from);
  const moved = await parts.git.moveBranch({ branch: attempt.branch, from, to });
  if (!moved.ok) return moved;
  return ok(moved.value ? [{ type: 'branch.moved', task: ts.task.id, from, to, ahead }] : []);
}
