// How the pull request of a task stands, as far as facts and time tell. Decides nothing.
import type { Oid, RunMs } from './model.ts';
import { judgePull, type PullNote, type PullRecord, type PullVerdict } from './pull.ts';
import type { RunState, TaskState } from './state.ts';

/** When something is not waited for any longer that the forge may show late; null: nothing is. */
export function settleTimeOf({ policy }: RunState, ts: TaskState): RunMs | null {
  const { phase, pull } = ts;
  if ((phase !== 'pr_created' && phase !== 'queued') || pull?.note == null) return null;
  const isAwaited =
    isOld(ts, pull.note.head) || (phase === 'pr_created' ? pull.note.reported === 0 : isOut(pull));
  return isAwaited ? ((pull.at + (policy.pullRequests?.settleMs ?? 0)) as RunMs) : null;
}

/** How a pull request stands that has been looked at; null: it has not. */
export function verdictOf({ policy }: RunState, ts: TaskState, now: RunMs): PullVerdict | null {
  const { pull } = ts;
  if (pull?.note == null) return null;
  const { note } = pull;
  if (note.base !== policy.target) return judgeElsewhere(policy.target, note);
  const isSettled = now >= pull.at + (policy.pullRequests?.settleMs ?? 0);
  if (note.state === 'open' && isOld(ts, note.head) && !isSettled)
    return { kind: 'wait', on: 'forge', sentence: 'waits until the forge shows what was put there last' };
  // what was put there to land was judged with it
  return judgePull(note, { head: isMeant(pull, note.head) ? note.head : pull.head, isSettled });
}

/** Somebody gave it another base: what is merged there has not landed, and nothing lands by it before it is changed back. */
function judgeElsewhere(target: string, { state, base }: PullNote): PullVerdict {
  if (state !== 'open') return { kind: 'over', state: 'closed' };
  const sentence = `goes to ${base} now, and not to ${target}: change that back, or close it`;
  return { kind: 'wait', on: 'review', sentence };
}

/** Tells whether nobody but people can say what becomes of a task whose pull request is open. */
export function isAsking({ phase, pull, question, wipe }: TaskState): boolean {
  if (phase !== 'waiting' || pull === null || wipe) return false;
  return question !== null || pull.note?.state === 'closed';
}

/** Tells whether somebody may still merge what was given up. */
export function isLeftOpen({ phase, pull }: TaskState): boolean {
  return phase === 'failed' && pull !== null && (pull.note === null || pull.note.state === 'open');
}

/** Tells whether a commit is what a pull request is to have now: what is to be looked at, or what was to land of that. */
export function isMeant({ head, ours }: PullRecord, commit: Oid): boolean {
  return commit === head || ours.includes(commit);
}

/** Tells whether a pull request that was put into the merge queue of the forge is not seen in it. */
export function isOut({ enqueued, note }: PullRecord): boolean {
  return enqueued && note !== null && note.state === 'open' && note.queue === null;
}

/** Tells whether weft put a commit there once and means another one now. */
function isOld({ pull, offered }: TaskState, commit: Oid): boolean {
  return pull !== null && !isMeant(pull, commit) && offered.includes(commit);
}

/** Tells whether the pull request is to be called a draft: its work is being gone on with. */
export function isToBeShelved({ phase, pull, wipe }: TaskState): boolean {
  if (pull === null || pull.isDraft || wipe || (pull.note !== null && pull.note.state !== 'open'))
    return false;
  return phase === 'waiting' || phase === 'spawned' || phase === 'working';
}
