// Looks at what an attempt left: ends its strays, commits leftovers, reads the diff and what lies outside the claim. An
// attempt that only reads left an answer instead.
import { findOutside } from '../../core/claim/match.ts';
import type { Pattern } from '../../core/claim/pattern.ts';
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { ok, type Result } from '../../core/failure.ts';
import type { Merging } from '../../core/merging.ts';
import { writeLeftoverMessage } from '../../core/message.ts';
import { type Oid, taskId } from '../../core/model.ts';
import { rescueRefOf, sharedBranchOf, sharedRefOf } from '../../core/names.ts';
import { patternsOf } from '../../core/schedule-index.ts';
import { type AttemptState, type TaskState, taskOf } from '../../core/state.ts';
import type { Inspection } from '../../ports/git.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { reasonOf, worktreeOf } from '../places.ts';
import { knownTargetTip } from '../target.ts';
import { readAnswer } from './read-answer.ts';
import { endProcesses } from './stop-attempt.ts';

type InspectAttempt = Extract<Effect, { kind: 'inspect-attempt' }>;

const MAX_FILES = 500;
const MAX_OUTSIDE = 100;

/** Performs `inspect-attempt`. */
export async function inspectAttempt(effect: InspectAttempt, context: EffectContext): Performed {
  const { parts, state } = context;
  const ts = taskOf(state, effect.task);
  const { attempt } = ts;
  if (attempt !== null && attempt.role !== 'implement') return readAnswer(effect, context);
  if (attempt === null || attempt.base === null) throw new Error('Internal error: nothing to inspect');
  // a process that goes on writing would make what is inspected and what is verified two things
  await endProcesses(effect, context);
  const patterns = patternsOf(state, ts);
  const shared = state.policy.isolation === 'shared';
  const worktree = worktreeOf(parts.places, state.policy, effect.task);
  const there = await parts.git.ensureWorktree({
    path: worktree,
    branch: shared ? sharedBranchOf(state) : attempt.branch,
    base: attempt.base,
    reason: reasonOf(state, effect.task),
  });
  if (!there.ok) return there;
  if (shared) {
    const seen = await takeOwnFiles(context, ts, attempt.base);
    if (!seen.ok) return seen;
    const strays = await findStrays(context, ts, there.value.head);
    return strays.ok ? ok([describe(effect, ts, { ...seen.value, patterns, strays: strays.value })]) : strays;
  }
  const taken = await takeLeftovers(context, ts, worktree);
  if (!taken.ok) return taken;
  const meeting = await findMeeting(context, attempt);
  const base = await findChangeBase(context, { attempt, base: attempt.base, meeting });
  const found = await parts.git.inspect({ worktree, branch: attempt.branch, base });
  if (!found.ok) return found;
  const { head } = found.value;
  const isThere = head === base && head !== attempt.base;
  const seen = isThere && found.value.odd === null ? { ...found.value, odd: goneAhead(state) } : found.value;
  const merge = await lookAtMerge(context, ts, { attempt, head, meeting });
  if (!merge.ok) return merge;
  return ok([
    describe(effect, ts, { base, seen, leftovers: taken.value !== null, patterns, merge: merge.value }),
  ]);
}

/** A merge that it did, and what it left out. */
interface MergeSeen {
  readonly merged: Merging;
  readonly lost: readonly string[];
}

/** What it left out, merging what the queue had refused, or what it took in by itself. */
async function lookAtMerge(
  context: EffectContext,
  ts: TaskState,
  of: { readonly attempt: AttemptState; readonly head: Oid; readonly meeting: Meeting | null },
): Promise<Result<MergeSeen | null>> {
  const { git } = context.parts;
  const found = await findMerge(context, ts, of);
  // what a human sent back with other words is not asked about
  if (found === null || found.sides === 'none') return ok(null);
  const byHand = of.attempt.byHand || ts.moved !== null;
  const { theirs, ours } = found;
  // its own work from before is kept where it is not below the new one
  if (!(await git.isAncestor({ ancestor: theirs, of: of.head })))
    await git.pin(`${rescueRefOf(context.state, ts.task.id)}/${theirs.slice(0, 12)}`, theirs);
  if (!(await git.isAncestor({ ancestor: ours, of: of.head }))) return ok(null);
  // between sides in conflict people choose with open eyes
  const sides = byHand ? 'neither' : found.sides;
  const { toMerge } = ts;
  const files = toMerge?.theirs === theirs ? toMerge.files : [];
  const lost = await git.listLost({ ours, theirs, sides, files, result: of.head });
  if (!lost.ok) return lost;
  const asked = lost.value.filter((row) => toMerge?.granted?.includes(row) !== true);
  return ok({ merged: { ours, theirs, sides }, lost: asked });
}

/**
 * What is to be looked at: the merge that is not settled yet, else one that came later. The target in it is the newest that
 * the work contains: what landed later may have changed what landed before.
 */
async function findMerge(
  { parts }: EffectContext,
  { toMerge }: TaskState,
  { attempt, meeting }: { readonly attempt: AttemptState; readonly meeting: Meeting | null },
): Promise<Merging | null> {
  const { git } = parts;
  const from = toMerge?.ours ?? attempt.base;
  if (meeting === null || from === null) return toMerge;
  const newest = meeting.at;
  const before = await git.mergeBase(from, meeting.tip);
  const isNewer =
    before !== null && before !== newest && (await git.isAncestor({ ancestor: before, of: newest }));
  if (!isNewer) return toMerge;
  if (toMerge?.sides === 'both') return { ...toMerge, ours: newest };
  const theirs = await git.lastWithout({ branch: attempt.branch, commit: newest, since: before });
  if (theirs !== null) return { ours: newest, theirs, sides: 'both' };
  // what a human took was about what had landed by then
  if (toMerge !== null && toMerge.sides !== 'none')
    return { ...toMerge, ours: newest, sides: toMerge.sides === 'neither' ? 'ours' : toMerge.sides };
  // what it had not committed nobody knows: what landed has to be there all the same
  return { ours: newest, theirs: before, sides: 'neither' };
}

/** What an agent did not commit is its work too; where somebody moved the branch, what they committed is all that counts. */
async function takeLeftovers(
  { parts, state }: EffectContext,
  ts: TaskState,
  worktree: string,
): Promise<Result<Oid | null>> {
  if (ts.moved === null) {
    const message = writeLeftoverMessage(state, ts);
    return parts.git.commitLeftovers({ worktree, message, author: parts.author });
  }
  const followed = await parts.git.followBranch({ worktree, from: ts.moved.from });
  return followed.ok ? ok(null) : followed;
}

/** What an attempt did is on the target before anybody could check it. */
function goneAhead({ policy }: EffectContext['state']): string {
  return `Its commits are on ${policy.target} already, and weft did not put them there.`;
}

/** In a shared worktree a task's work is what lies in its claim; the branch there belongs to nobody. */
async function takeOwnFiles(
  context: EffectContext,
  ts: TaskState,
  base: Oid,
): Promise<Result<{ readonly base: Oid; readonly seen: Inspection; readonly leftovers: boolean }>> {
  const { parts, state } = context;
  const seen = await parts.git.commitPaths({
    worktree: worktreeOf(parts.places, state.policy, ts.task.id),
    base,
    patterns: ts.task.owns ?? [],
    message: writeLeftoverMessage(state, ts),
    author: parts.author,
    pin: sharedRefOf(state, ts.task.id),
  });
  return seen.ok ? ok({ base, seen: seen.value, leftovers: seen.value.files.length > 0 }) : seen;
}

/**
 * Files of a shared worktree that no task of the run claims, and that were not held against another task already. Who made
 * them is not known: they are asked about where they are seen first.
 */
async function findStrays(
  context: EffectContext,
  ts: TaskState,
  start: Oid,
): Promise<Result<readonly string[]>> {
  const { parts, state } = context;
  const pin = sharedRefOf(state, taskId(`.all ${ts.task.id}`));
  const all = await parts.git.commitPaths({
    worktree: worktreeOf(parts.places, state.policy, ts.task.id),
    base: start,
    patterns: ['**'],
    message: writeLeftoverMessage(state, ts),
    author: parts.author,
    pin,
  });
  if (!all.ok) return all;
  await parts.git.unpin(pin);
  const changed = all.value.files.map(({ path }) => path);
  const unowned = findOutside(
    [...state.tasks.values()].flatMap((other) => patternsOf(state, other)),
    changed,
  );
  const known = new Set(
    [...state.tasks.values()].flatMap((other) =>
      other === ts ? [] : (other.attempt?.inspected?.outside ?? []),
    ),
  );
  return ok(unowned.filter((path) => !known.has(path)));
}

/** Where a branch and the target meet. */
interface Meeting {
  /** Where the target is. */
  readonly tip: Oid;
  /** The newest commit of the target that the branch contains. */
  readonly at: Oid;
}

/** Null: there is no branch or no target, or nothing that both have. */
async function findMeeting(
  { parts, state }: EffectContext,
  { branch }: AttemptState,
): Promise<Meeting | null> {
  const [head, tip] = await Promise.all([
    parts.git.resolve(`refs/heads/${branch}`),
    knownTargetTip(parts, state.policy),
  ]);
  const at = head === null || tip === null ? null : await parts.git.mergeBase(head, tip);
  return tip === null || at === null ? null : { tip, at };
}

/** The change starts at the newest commit of the target that the branch contains: an agent may have merged the target in. */
async function findChangeBase(
  { parts: { git } }: EffectContext,
  of: { readonly attempt: AttemptState; readonly base: Oid; readonly meeting: Meeting | null },
): Promise<Oid> {
  const { attempt, base, meeting } = of;
  if (meeting === null) return base;
  if (await git.isAncestor({ ancestor: base, of: meeting.at })) return meeting.at;
  // what it stood on has landed as another commit: where the target was merged in since, it stands on that
  const isOlder = await git.isAncestor({ ancestor: meeting.at, of: base });
  return attempt.stackedOn === null && !isOlder ? meeting.at : base;
}

function describe(
  effect: InspectAttempt,
  ts: TaskState,
  of: {
    readonly base: Oid;
    readonly seen: Inspection;
    readonly leftovers: boolean;
    readonly patterns: readonly Pattern[];
    readonly strays?: readonly string[];
    readonly merge?: MergeSeen | null;
  },
): Event {
  const { head, tree, files, odd } = of.seen;
  const vanished = of.merge?.lost ?? [];
  const outside =
    ts.task.owns === null
      ? []
      : findOutside(
          of.patterns,
          files.map((file) => file.path),
        );
  return {
    type: 'attempt.inspected',
    task: effect.task,
    attempt: effect.attempt,
    base: of.base,
    head,
    tree,
    files: files.slice(0, MAX_FILES),
    fileCount: files.length,
    added: files.reduce((sum, file) => sum + file.added, 0),
    deleted: files.reduce((sum, file) => sum + file.deleted, 0),
    outside: [...outside, ...(of.strays ?? [])].slice(0, MAX_OUTSIDE),
    odd,
    leftovers: of.leftovers,
    ...(of.merge == null ? {} : { merged: of.merge.merged }),
    ...(vanished.length > 0 ? { vanished } : {}),
  };
}
