// What the end of an attempt leaves behind: its line in the history, what it was told, whether it counts, and that it may
// have to be looked at again.
import type { Cause, Question, RunMs } from '../model.ts';
import type { AttemptState, TaskState } from '../state.ts';

/** Takes an attempt out of those that count towards the limit: it did its part, or nobody is to blame for its end. */
export function uncharge(ts: TaskState, attempt: AttemptState): void {
  if (!attempt.charged) return;
  attempt.charged = false;
  ts.charged -= 1;
}

/** The next attempt may be a fresh agent: all that the last one was told goes with it, and what of it was heard. */
export function keepGuidance(ts: TaskState, attempt: AttemptState): void {
  ts.heard += attempt.heard;
  ts.guidance = [...attempt.guidance, ...ts.guidance];
  attempt.guidance = [];
  attempt.heard = 0;
}

/**
 * What was delivered and never got into its head is said again: to the next one. `heard` are numbers of messages, which count
 * from 1, the prompt's own first; absent: it heard them all.
 */
export function returnUnheard(
  ts: TaskState,
  attempt: AttemptState,
  heard: readonly number[] | undefined,
): void {
  if (heard === undefined) return;
  // it may have been gone before weft saw that it had taken the last of them
  const late = Math.max(0, ...heard) - attempt.guidance.length;
  if (late > 0) {
    attempt.guidance = [...attempt.guidance, ...ts.guidance.splice(0, late)];
    if (attempt.role === 'implement') attempt.heard = attempt.guidance.length;
  }
  const isUnheard = (_: string, at: number): boolean => at >= attempt.toldByPrompt && !heard.includes(at + 1);
  const unheard = attempt.guidance.filter(isUnheard);
  if (unheard.length === 0) return;
  attempt.guidance = attempt.guidance.filter((text, at) => !isUnheard(text, at));
  attempt.heard = Math.min(attempt.heard, attempt.guidance.length);
  ts.guidance = [...unheard, ...ts.guidance];
}

/** What the attempt left is looked at and verified once more, as if its agent had just ended well. */
export function inspectAnew(ts: TaskState, attempt: AttemptState): void {
  attempt.role = 'implement';
  attempt.answer = null;
  attempt.exit = { code: 0, signal: null };
  attempt.fault = null;
  attempt.startFailure = null;
  attempt.inspected = null;
  attempt.accepted = false;
  attempt.rejected = null;
  attempt.verified = null;
  ts.unreviewed = false;
  ts.requests = [];
  ts.candidate = null;
  ts.candidateRejected = null;
  ts.conflict = null;
  ts.aside = null;
  ts.queuedAt = null;
  ts.approved = false;
  ts.phase = 'verifying';
}

/** No agent is to act on it now; should the work be refused, the next one is told. */
export function settleGuidance(ts: TaskState, attempt: AttemptState): void {
  attempt.heard += ts.heard;
  attempt.guidance = [...attempt.guidance, ...ts.guidance];
  ts.guidance = [];
  ts.heard = 0;
}

/** Nobody waits for an answer any more; the time it took is not the attempt's. */
export function endQuestion(ts: TaskState, attempt: AttemptState | null, ms: RunMs): void {
  if (attempt !== null && ts.askedAt !== null) attempt.waitedMs += ms - ts.askedAt;
  ts.question = null;
  ts.askedAt = null;
}

/** Tells whether weft asks about an attempt under way, which waits for nobody: with the attempt the question is over. */
export function isAboutLive({ from, cause }: Question): boolean {
  return from === 'weft' && cause === 'asked';
}

const MAX_HISTORY = 20;

/** Puts the attempt into the history of its task; `cause` null: it did what it was for. */
export function summarize(
  ts: TaskState,
  attempt: AttemptState,
  end: { readonly cause: Cause | null; readonly detail: string },
  ms: RunMs,
  survivors: readonly number[] = [],
): void {
  const last = ts.history.at(-1);
  // a landing that sent the task back changes the verdict on the same attempt
  if (last?.n === attempt.n) ts.history.pop();
  ts.history.push({
    n: attempt.n,
    role: attempt.role,
    cause: end.cause,
    detail: end.detail,
    tree: attempt.inspected?.tree ?? null,
    startedAt: attempt.startedAt ?? attempt.spawnedAt,
    endedAt: ms,
    survivors,
  });
  if (ts.history.length > MAX_HISTORY) ts.history.shift();
}
