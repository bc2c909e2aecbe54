// What a human's commands do to a task. Whether a command may be given at all is judged in `decide/command.ts`.
import { ownWords, writeAnswer } from '../answer-text.ts';
import type { Event } from '../event.ts';
import { unreachable } from '../failure.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Question, RunMs } from '../model.ts';
import { hasVerifiedWork, isLive, isUntouched, type RunState, type TaskState } from '../state.ts';
import { passOver, recallReview } from './answer.ts';
import { endQuestion, inspectAnew, isAboutLive, keepGuidance, settleGuidance, uncharge } from './ending.ts';
import { dropPull, tellRemarks } from './pull.ts';

type CommandEvent = Extract<
  Event,
  {
    readonly type:
      | 'question.answered'
      | 'guidance.given'
      | 'comment.given'
      | 'task.approved'
      | 'task.paused'
      | 'task.unpaused'
      | 'task.restarted'
      | 'task.cancelled'
      | 'task.done'
      | 'task.withheld'
      | 'task.settled'
      | 'task.told';
  }
>;

/** Applies one human command. */
export function evolveCommand(state: RunState, ts: TaskState, event: CommandEvent, ms: RunMs): void {
  switch (event.type) {
    case 'question.answered':
      return answer(state, ts, event, ms);
    case 'guidance.given':
      if (!noteForwarded(ts, event.forwarded)) return;
      if (event.overlap !== undefined) ts.warnedOf.push(event.overlap);
      if (event.restacked !== undefined && ts.attempt !== null) ts.attempt.restacked = event.restacked;
      if (event.remarks !== undefined) tellRemarks(ts, event.remarks);
      return guide(ts, event.text);
    case 'comment.given':
      ts.comments.push(event.comment);
      return;
    case 'task.approved':
      ts.approved = true;
      return;
    case 'task.paused':
      ts.paused = true;
      if (event.agent === 'stop' && isLive(ts) && ts.attempt !== null) ts.attempt.stop ??= 'stopped';
      return;
    case 'task.unpaused':
      ts.paused = false;
      return;
    case 'task.restarted':
      return restart(ts);
    case 'task.cancelled':
      if (event.why !== undefined) ts.withheld = event.why;
      return cancel(ts);
    case 'task.done':
      return done(state, ts, ms);
    case 'task.withheld':
      return withhold(ts, event.why);
    case 'task.settled':
      return settle(state, ts, ms);
    case 'task.told':
      ts.told = event.end;
      return;
    default:
      unreachable(event);
  }
}

function answer(
  state: RunState,
  ts: TaskState,
  event: Extract<Event, { readonly type: 'question.answered' }>,
  ms: RunMs,
): void {
  const { question, attempt } = ts;
  if (question === null || question.id !== event.id || !noteForwarded(ts, event.forwarded)) return;
  endQuestion(ts, attempt, ms);
  switch (event.then) {
    case 'retry':
      ts.retryAt = null;
      if (isAboutLive(question)) return goOn(ts, question, event.text);
      ts.guidance.push(writeAnswer(question.text, event.text));
      if (question.from === 'weft') ts.requests = [];
      if (question.cause === 'budget') ts.allowances += 1;
      if (question.cause === 'run-budget') state.allowances += 1;
      // it lives but cannot hear: the answer goes into the prompt of a fresh attempt
      if (ts.phase === 'working' && attempt !== null && !attempt.steerable) attempt.stop ??= 'asked';
      return;
    case 'accept':
      acceptWork(ts);
      if (question.cause === 'target-rewritten') state.targetHolds = null;
      // it was on its way, and is to land as it was
      if (question.cause === 'branch-moved' || question.cause === 'target-rewritten') ts.approved = true;
      return;
    case 'inspect':
      if (attempt === null || ts.phase !== 'waiting') return;
      settleGuidance(ts, attempt);
      inspectAnew(ts, attempt);
      return;
    case 'hold':
      ts.paused = true;
      // two must not work in one worktree
      if (isLive(ts) && attempt !== null) attempt.stop ??= 'stopped';
      return;
    case 'give-up':
      ts.failure = { cause: question.cause, sentence: `given up by a human: ${question.text}` };
      if (isLive(ts) && attempt !== null) attempt.stop ??= 'cancelled';
      else ts.phase = 'failed';
      return;
    default:
      unreachable(event.then);
  }
}

/** The agent asked nothing: it hears what people say of their own, and not that they let it be. */
function goOn(ts: TaskState, { options }: Question, answer: string): void {
  const words = ownWords(
    answer,
    options.map(({ label }) => label),
  );
  if (words !== '') ts.guidance.push(words);
}

/** Verified work goes back: it did its part, what follows is a human's wish and no second try. */
function guide(ts: TaskState, text: string): void {
  ts.guidance.push(text);
  if (!hasVerifiedWork(ts)) return recallReview(ts);
  if (ts.attempt !== null) uncharge(ts, ts.attempt);
  returnToWork(ts);
}

/** Takes what the latest attempt left as it is: the gates still have to pass. */
function acceptWork(ts: TaskState): void {
  if (ts.attempt === null || ts.phase !== 'waiting') return;
  ts.attempt.accepted = true;
  ts.feedback = null;
  if (ts.attempt.role === 'plan') return passOver(ts, ts.attempt);
  settleGuidance(ts, ts.attempt);
  if (ts.attempt.role === 'review') return passOver(ts, ts.attempt);
  ts.attempt.rejected = null;
  ts.attempt.startFailure = null;
  ts.phase = 'verifying';
}

function returnToWork(ts: TaskState): void {
  if (ts.attempt !== null) keepGuidance(ts, ts.attempt);
  ts.phase = 'waiting';
  ts.unreviewed = false;
  ts.retryAt = null;
  ts.candidate = null;
  ts.conflict = null;
  // with a human's words it may go other ways: what was merged is settled, what was not is found again
  const merged = ts.attempt?.inspected?.merged;
  ts.toMerge = merged === undefined ? null : { ...merged, files: [], sides: 'none' };
  ts.aside = null;
  ts.candidateRejected = null;
  ts.moved = null;
  ts.rewritten = null;
  ts.queuedAt = null;
  ts.approved = false;
}

function restart(ts: TaskState): void {
  ts.withheld = null;
  ts.finished = [];
  // whatever became of it is over by this word
  if (isTerminal(ts.phase)) dropPull(ts);
  ts.failure = null;
  ts.question = null;
  ts.askedAt = null;
  ts.paused = false;
  ts.feedback = null;
  ts.plan = null;
  ts.unreviewed = false;
  ts.requests = [];
  ts.charged = 0;
  if (ts.attempt !== null) ts.attempt.charged = false;
  if (isLive(ts) && ts.attempt !== null) {
    ts.attempt.stop = 'restarted';
    return;
  }
  returnToWork(ts);
  ts.wipe = ts.attempts > 0;
}

function cancel(ts: TaskState): void {
  ts.question = null;
  ts.askedAt = null;
  ts.failure = null;
  ts.wipe = false;
  if (isLive(ts) && ts.attempt !== null) {
    ts.attempt.stop = 'cancelled';
    return;
  }
  ts.phase = 'cancelled';
}

/** What was begun and came to nothing is cleared away. */
function settle(state: RunState, ts: TaskState, ms: RunMs): void {
  if (ts.phase !== 'waiting') return;
  endQuestion(ts, ts.attempt, ms);
  ts.paused = false;
  ts.wipe = false;
  finishByHand(state, ts, ms);
  if (ts.attempts > 0) ts.swept = null;
}

function finishByHand(state: RunState, ts: TaskState, ms: RunMs): void {
  ts.phase = 'merged';
  ts.withheld = null;
  ts.swept = { rescue: null, kept: null };
  if (state.targetOid === null) return;
  const at = { commit: state.targetOid, tree: state.targetOid, ref: state.policy.target };
  ts.landed = { ...at, detour: null, by: 'human', at: ms };
}

/** Somebody may have been faster than an attempt that was about to begin: there is nothing of that yet. */
function withhold(ts: TaskState, why: string | null): void {
  if (ts.phase === 'spawned' && ts.attempts === 1 && ts.attempt !== null && why !== null) {
    uncharge(ts, ts.attempt);
    keepGuidance(ts, ts.attempt);
    ts.attempt = null;
    ts.attempts = 0;
    ts.phase = 'waiting';
  }
  if (isUntouched(ts)) ts.withheld = why;
}

/** A manual task is finished by a human's word; for others it means: look at what is in the worktree now. */
function done(state: RunState, ts: TaskState, ms: RunMs): void {
  if (ts.task.type === 'manual') return finishByHand(state, ts, ms);
  if (ts.attempt === null || ts.phase !== 'waiting' || ts.wipe) return;
  ts.paused = false;
  ts.question = null;
  ts.askedAt = null;
  // where the branch was does not matter to who looked at it
  ts.moved = null;
  settleGuidance(ts, ts.attempt);
  inspectAnew(ts, ts.attempt);
  ts.attempt.byHand = true;
}

/** Messages that are remembered of each task. */
const REMEMBERED = 20;

/** Counts a message out of its status file; false: it was taken before. */
function noteForwarded(
  ts: TaskState,
  forwarded: Extract<Event, { readonly type: 'guidance.given' }>['forwarded'],
): boolean {
  if (forwarded === undefined) return true;
  const { count, latest } = ts.forwarded;
  if (forwarded.number !== count + 1) return false;
  ts.forwarded = { count: count + 1, latest: [...latest, forwarded.text].slice(-REMEMBERED) };
  return true;
}
