// What the facts of an attempt do to its task. Decides nothing: what follows a failure is in the fact.
import { noteForgeTrouble } from '../backoff.ts';
import { writeComments } from '../comment.ts';
import type { Event, StopReason } from '../event.ts';
import { unreachable } from '../failure.ts';
import { MAX_PARTS } from '../limits.ts';
import { type Cause, type RunMs, runMs } from '../model.ts';
import { noteOdds } from '../odds.ts';
import { hasReview } from '../role.ts';
import { guessAnew } from '../schedule-index.ts';
import { describeRunSpending, describeSpending, type Exhausted, isBudget } from '../spending.ts';
import type { AttemptState, RunState, TaskState } from '../state.ts';
import { evolveAnswer, noteRequest } from './answer.ts';
import { endQuestion, isAboutLive, keepGuidance, returnUnheard, summarize, uncharge } from './ending.ts';
import { noteMerged, noteToMerge, settleMerge } from './merge.ts';

type AttemptEvent = Extract<Event, { readonly attempt: number }>;

/** Applies one fact of an attempt. Facts of an attempt that is over change nothing. */
export function evolveAttempt(state: RunState, ts: TaskState, event: AttemptEvent, ms: RunMs): void {
  if (event.type === 'attempt.spawned') return spawn(state, ts, event, ms);
  if (event.type === 'effect.failed') return noteTrouble(state, ts, event, ms);
  const { attempt } = ts;
  if (attempt === null || attempt.n !== event.attempt) return;
  switch (event.type) {
    case 'attempt.started':
      if (ts.phase !== 'spawned') return;
      // who only reads does so in a checkout that is no part of the work
      if (attempt.role === 'implement') {
        attempt.base = event.base;
        attempt.worktree = event.worktree;
        attempt.heard = attempt.guidance.length;
      }
      attempt.identity = event.identity;
      attempt.steerable = event.steerable;
      attempt.startedAt = ms;
      ts.conversations[attempt.role] = { agent: attempt.agent, attempt: attempt.n };
      ts.phase = 'working';
      return;
    case 'attempt.start-failed':
      if (ts.phase === 'spawned') attempt.startFailure = { cause: event.cause, detail: event.detail };
      return;
    case 'attempt.exited':
      return exit(ts, attempt, event, ms);
    case 'attempt.timed-out':
    case 'attempt.overspent':
    case 'attempt.parked':
      attempt.stop ??= reasonOf(event);
      return;
    case 'question.withdrawn':
      return withdraw(ts, attempt, event.id, ms);
    case 'usage.noted':
      return noteUsage(state, ts, event);
    case 'parts.finished':
      ts.finished = [...new Set([...ts.finished, ...event.parts])].slice(0, MAX_PARTS);
      return;
    case 'attempt.stopped':
      return stop(state, ts, attempt, { event, ms });
    case 'attempt.inspected':
      return takeInspected(state, ts, { attempt, event });
    case 'attempt.verified':
      if (ts.phase !== 'verifying' || attempt.inspected?.tree !== event.tree) return;
      // told something while the gates ran: the verdict is about work that is not finished
      if (ts.guidance.length > 0) return;
      settleMerge(ts, attempt);
      return takeVerified(state, ts, { attempt, gates: event.gates, tree: event.tree, ms });
    case 'attempt.rejected':
      if (ts.phase !== 'verifying' || attempt.inspected?.tree !== event.tree) return;
      settleMerge(ts, attempt);
      attempt.rejected = { gates: event.gates, excerpt: event.excerpt };
      return;
    case 'attempt.planned':
    case 'attempt.reviewed':
    case 'attempt.unanswered':
      return evolveAnswer(ts, attempt, event, ms);
    case 'attempt.failed':
      return failAttempt(state, ts, { attempt, event, ms });
    case 'question.asked':
      // of an attempt that is being ended nobody wants to know any more
      if (ts.phase === 'working' && attempt.stop === null) ask(ts, attempt, event, ms);
      return;
    case 'guidance.delivered':
      attempt.guidance = [...attempt.guidance, ...ts.guidance.splice(0, event.count)];
      if (attempt.role === 'implement') attempt.heard = attempt.guidance.length;
      return;
    default:
      unreachable(event);
  }
}

function takeInspected(
  state: RunState,
  ts: TaskState,
  of: {
    readonly attempt: AttemptState;
    readonly event: Extract<Event, { readonly type: 'attempt.inspected' }>;
  },
): void {
  const { type: _type, task: _task, attempt: _attempt, ...inspected } = of.event;
  of.attempt.inspected = inspected;
  noteMerged(ts, inspected);
  if (ts.moved !== null) of.attempt.byHand = true;
  ts.moved = null;
  guessAnew(state, ts, of.event.files);
}

/** Verified work is done, or goes on to its review; what nobody changed, or a human took as it is, needs none. */
function takeVerified(
  state: RunState,
  ts: TaskState,
  of: Pick<NonNullable<AttemptState['verified']>, 'tree' | 'gates'> & {
    readonly attempt: AttemptState;
    readonly ms: RunMs;
  },
): void {
  const { attempt, tree, gates } = of;
  attempt.verified = { tree, gates };
  summarize(ts, attempt, { cause: null, detail: '' }, of.ms);
  ts.feedback = null;
  ts.unreviewed = hasReview(state) && !attempt.accepted && attempt.inspected?.fileCount !== 0;
  ts.phase = ts.unreviewed ? 'waiting' : 'committed';
  if (!ts.unreviewed) return;
  uncharge(ts, attempt);
  keepGuidance(ts, attempt);
}

function ask(
  ts: TaskState,
  attempt: AttemptState,
  { question, key }: Pick<Extract<Event, { readonly type: 'question.asked' }>, 'question' | 'key'>,
  ms: RunMs,
): void {
  // a new question in place of an open one: the wait so far counts all the same
  endQuestion(ts, attempt, ms);
  ts.question = question;
  ts.askedAt = ms;
  ts.questions += 1;
  attempt.askedText = key ?? question.text;
}

function spawn(
  state: RunState,
  ts: TaskState,
  event: Extract<Event, { readonly type: 'attempt.spawned' }>,
  ms: RunMs,
): void {
  ts.attempts = event.attempt;
  ts.charged += 1;
  ts.phase = 'spawned';
  ts.retryAt = null;
  ts.swept = null;
  ts.moved = null;
  const role = event.role ?? 'implement';
  const guidance = role === 'implement' ? takeComments(ts) : ts.guidance;
  ts.attempt = {
    n: event.attempt,
    role,
    agent: event.agent,
    branch: event.branch,
    stackedOn: event.stackedOn,
    restacked: null,
    spawnedAt: ms,
    startedAt: null,
    endedAt: null,
    base: ts.attempt?.base ?? null,
    worktree: ts.attempt?.worktree ?? null,
    identity: null,
    steerable: false,
    guidance,
    toldByPrompt: guidance.length,
    heard: ts.heard,
    startFailure: null,
    exit: null,
    fault: null,
    reason: null,
    stop: state.stopping === 'stop' ? 'run-stopped' : null,
    charged: true,
    waitedMs: 0,
    askedText: null,
    inspected: role === 'review' ? (ts.attempt?.inspected ?? null) : null,
    byHand: false,
    accepted: false,
    rejected: null,
    verified: role === 'review' ? (ts.attempt?.verified ?? null) : null,
    answer: null,
  };
  ts.guidance = [];
  ts.heard = 0;
}

/** Whatever sent the work back, its agent is told what was said of its lines. */
function takeComments(ts: TaskState): readonly string[] {
  if (ts.comments.length === 0) return ts.guidance;
  const guidance = [...ts.guidance, writeComments(ts.comments)];
  ts.comments = [];
  return guidance;
}

function exit(
  ts: TaskState,
  attempt: AttemptState,
  event: Extract<Event, { readonly type: 'attempt.exited' }>,
  ms: RunMs,
): void {
  if (ts.phase !== 'working') return;
  attempt.exit = event.exit;
  attempt.reason = event.reason;
  attempt.fault = event.fault ?? null;
  returnUnheard(ts, attempt, event.heard);
  attempt.endedAt = ms;
  // it used up its budget and was done with it: its work is looked at before anybody is asked for more
  if (isOverspent(attempt.stop) && event.exit.code === 0 && event.fault === null) attempt.stop = null;
  // an end that we asked for is over only when its whole tree is known to be gone
  if (attempt.stop !== null) return;
  dropAbout(ts, attempt, ms);
  if (ts.question?.from === 'agent') {
    ts.phase = 'waiting';
    uncharge(ts, attempt);
    keepGuidance(ts, attempt);
    summarize(ts, attempt, { cause: 'asked', detail: ts.question.text }, ms);
    return;
  }
  ts.phase = 'verifying';
}

function isOverspent(stop: StopReason | null): boolean {
  return stop === 'budget' || stop === 'run-budget';
}

/** Ends after which the next attempt is not told of a failure: the answer, or the list of changes, says it all. */
const BLAMELESS: ReadonlySet<Cause> = new Set([
  'asked',
  'changes-requested',
  'target-rewritten',
  'limit-reached',
  'login-missing',
  'agent-missing',
  'run-budget',
]);

/** Why an attempt is ended when that was decided. */
function reasonOf(
  event: Extract<AttemptEvent, { type: 'attempt.timed-out' | 'attempt.overspent' | 'attempt.parked' }>,
): StopReason {
  if (event.type === 'attempt.overspent') return event.budget === 'run' ? 'run-budget' : 'budget';
  return event.type === 'attempt.parked' ? 'asked' : 'time-budget';
}

function withdraw(ts: TaskState, attempt: AttemptState, id: string, ms: RunMs): void {
  if (ts.question?.id === id && (ts.question.from === 'agent' || isAboutLive(ts.question)))
    endQuestion(ts, attempt, ms);
}

/** Nobody has to say any more what is to become of an attempt that is over. */
function dropAbout(ts: TaskState, attempt: AttemptState, ms: RunMs): void {
  if (ts.question !== null && isAboutLive(ts.question)) endQuestion(ts, attempt, ms);
}

/** Several attempts may go on with one conversation, and each is told its sum: the largest counts. */
function noteUsage(
  { spent }: RunState,
  ts: TaskState,
  { session, input, output, usd }: Extract<Event, { readonly type: 'usage.noted' }>,
): void {
  const before = ts.spending[session] ?? { input: 0, output: 0, usd: null };
  const now = {
    input: Math.max(input, before.input),
    output: Math.max(output, before.output),
    usd: usd === null ? before.usd : Math.max(usd, before.usd ?? 0),
  };
  ts.spending[session] = now;
  spent.tokens += now.input + now.output - before.input - before.output;
  if (now.usd !== null) spent.usd = (spent.usd ?? 0) + now.usd - (before.usd ?? 0);
}

/** What becomes of a task whose attempt was ended on purpose. */
function stop(
  state: RunState,
  ts: TaskState,
  attempt: AttemptState,
  { event, ms }: { readonly event: Extract<Event, { readonly type: 'attempt.stopped' }>; readonly ms: RunMs },
): void {
  const reason = attempt.stop;
  if (reason === null) return;
  // an end that was seen said what it had heard
  if (attempt.exit === null) returnUnheard(ts, attempt, event.heard);
  attempt.endedAt ??= ms;
  // it was ended since it is all that is left: people still have to say what comes next
  if (reason !== 'asked') dropAbout(ts, attempt, ms);
  if (isBudget(reason)) {
    // what follows is a decision: the attempt is judged like any other failure
    attempt.startFailure = { cause: reason, detail: describeExhausted(state, ts, { reason, ms }) };
    return;
  }
  const cause: Cause = reason === 'asked' ? 'asked' : 'stopped';
  summarize(ts, attempt, { cause, detail: reason }, ms, event.survivors);
  attempt.stop = null;
  uncharge(ts, attempt);
  ts.phase = phaseAfterStop(ts, reason);
  keepGuidance(ts, attempt);
  if (reason === 'restarted') ts.wipe = true;
}

function describeExhausted(
  state: RunState,
  ts: TaskState,
  { reason, ms }: { readonly reason: Exhausted; readonly ms: RunMs },
): string {
  switch (reason) {
    case 'time-budget':
      return 'its time budget is used up';
    case 'budget':
      return `Its budget is used up: ${describeSpending(state, ts)}.`;
    case 'run-budget':
      return `The run's budget is used up: ${describeRunSpending(state, ms)}.`;
    default:
      return unreachable(reason);
  }
}

function phaseAfterStop(ts: TaskState, reason: StopReason): 'waiting' | 'cancelled' | 'failed' {
  if (reason !== 'cancelled') return 'waiting';
  // given up by a human while its agent lived
  return ts.failure === null ? 'cancelled' : 'failed';
}

function failAttempt(
  state: RunState,
  ts: TaskState,
  {
    attempt,
    event,
    ms,
  }: {
    readonly attempt: AttemptState;
    readonly event: Extract<Event, { readonly type: 'attempt.failed' }>;
    readonly ms: RunMs;
  },
): void {
  summarize(ts, attempt, event, ms);
  keepGuidance(ts, attempt);
  attempt.stop = null;
  attempt.endedAt ??= ms;
  if (ts.candidateRejected !== null) {
    ts.refusals += 1;
    noteOdds(state, 'refused');
  }
  noteToMerge(ts, attempt);
  // who conflicts with what landed first would be overtaken again and again if its wait began anew
  if (ts.conflict === null) ts.queuedAt = null;
  ts.candidate = null;
  if (ts.pull !== null) ts.pull.enqueued = false;
  ts.conflict = null;
  ts.aside = null;
  ts.candidateRejected = null;
  ts.rewritten = null;
  ts.approved = false;
  ts.feedback = BLAMELESS.has(event.cause) ? null : { cause: event.cause, detail: event.detail };
  if (BLAMELESS.has(event.cause)) uncharge(ts, attempt);
  noteRequest(ts, attempt);
  switch (event.then.kind) {
    case 'retry':
      ts.phase = 'waiting';
      ts.retryAt = event.then.at;
      return;
    case 'ask':
      ts.phase = 'waiting';
      ts.question = event.then.question;
      ts.askedAt = ms;
      ts.questions += 1;
      return;
    case 'give-up':
      ts.phase = 'failed';
      ts.failure = { cause: event.cause, sentence: event.detail };
      return;
    default:
      unreachable(event.then);
  }
}

/** Same trouble again waits longer each time; the decision when to stop trying is not made here. */
function noteTrouble(
  state: RunState,
  ts: TaskState,
  event: Extract<Event, { readonly type: 'effect.failed' }>,
  ms: RunMs,
): void {
  if (event.forge !== undefined)
    return noteForgeTrouble(state, { ...event.forge, sentence: event.detail }, ms);
  if (event.attempt !== ts.attempts) return;
  const { backoffMs, backoffCapMs } = state.policy.limits;
  const count = ts.trouble?.effect === event.effect ? ts.trouble.count + 1 : 1;
  const wait = Math.min(backoffMs * 2 ** (count - 1), backoffCapMs);
  ts.trouble = { effect: event.effect, count, retryAt: runMs(ms + wait), detail: event.detail };
}
