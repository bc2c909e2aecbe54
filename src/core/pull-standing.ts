// How the pull request of a task stands, as far as facts and time tell. Decides nothing.
import type { RunMs } from './model.ts';
import { judgePull, type PullVerdict } from './pull.ts';
import type { RunState, TaskState } from './state.ts';

/** When checks that have not shown up are not waited for any longer; null: that is not waited for. */
export function settleTimeOf({ policy }: RunState, { phase, pull }: TaskState): RunMs | null {
  if (phase !== 'pr_created' || pull?.note == null || pull.note.reported > 0) return null;
  return (pull.at + (policy.pullRequests?.settleMs ?? 0)) as RunMs;
}

/** How a pull request stands that has been looked at; null: it has not. */
export function verdictOf({ policy }: RunState, { pull }: TaskState, now: RunMs): PullVerdict | null {
  if (pull?.note == null) return null;
  // what was put there to land was judged with it
  const head = pull.ours.includes(pull.note.head) ? pull.note.head : pull.head;
  const settledAt = pull.at + (policy.pullRequests?.settleMs ?? 0);
  return judgePull(pull.note, { head, isSettled: now >= settledAt });
}

/** Tells whether the pull request is to be called a draft: its work is being gone on with. */
export function isToBeShelved({ phase, pull, wipe }: TaskState): boolean {
  if (pull === null || pull.isDraft || wipe || (pull.note !== null && pull.note.state !== 'open'))
    return false;
  return phase === 'waiting' || phase === 'spawned' || phase === 'working';
}
