// What follows a failed attempt: again, ask, or give up. By cause, with limits, never for ever.
import { findBar, isAboutAgent } from '../bars.ts';
import type { AfterFailure, Event } from '../event.ts';
import { type Cause, type Option, type Question, type RunMs, runMs } from '../model.ts';
import { isInReview } from '../role.ts';
import { describeSpending, shareOfBudget } from '../spending.ts';
import type { RunState, TaskState } from '../state.ts';

interface Cure {
  /** Retries in a row for the same cause; the run's own limit holds beside it. */
  readonly retries: number;
  /** What follows when retrying does not help. */
  readonly then: 'ask' | 'give-up';
  /** Starts again without waiting: the agent has to act on what it is told. */
  readonly atOnce?: true;
}

const CURES: Readonly<Record<Cause, Cure>> = {
  // it was tried several times, or cannot get better by itself
  'start-failed': { retries: 0, then: 'give-up' },
  'setup-failed': { retries: 1, then: 'give-up' },
  'agent-missing': { retries: 0, then: 'give-up' },
  'agent-crashed': { retries: 9, then: 'give-up' },
  'agent-killed': { retries: 9, then: 'give-up' },
  // once more, with more room; beyond that it would use up its attempts on a machine that is too small
  'out-of-memory': { retries: 1, then: 'ask' },
  'agent-lost': { retries: 9, then: 'give-up' },
  'model-failed': { retries: 9, then: 'ask' },
  'limit-reached': { retries: 0, then: 'ask' },
  'login-missing': { retries: 0, then: 'ask' },
  'turn-limit': { retries: 1, then: 'ask', atOnce: true },
  'no-changes': { retries: 1, then: 'ask', atOnce: true },
  'outside-claim': { retries: 1, then: 'ask', atOnce: true },
  'worktree-odd': { retries: 1, then: 'ask', atOnce: true },
  'gate-failed': { retries: 9, then: 'ask', atOnce: true },
  'gate-timeout': { retries: 1, then: 'ask' },
  // by policy; otherwise a human is asked at once
  conflict: { retries: 2, then: 'ask', atOnce: true },
  'work-vanished': { retries: 1, then: 'ask', atOnce: true },
  'no-result': { retries: 2, then: 'ask' },
  'plan-scope': { retries: 2, then: 'ask', atOnce: true },
  'changes-requested': { retries: 2, then: 'ask', atOnce: true },
  'review-rejected': { retries: 0, then: 'ask' },
  'review-loop': { retries: 0, then: 'ask' },
  'time-budget': { retries: 0, then: 'give-up' },
  budget: { retries: 0, then: 'ask' },
  'run-budget': { retries: 0, then: 'ask' },
  asked: { retries: 9, then: 'ask', atOnce: true },
  stopped: { retries: 9, then: 'give-up', atOnce: true },
  'ci-failed': { retries: 9, then: 'ask', atOnce: true },
  'landing-blocked': { retries: 0, then: 'ask' },
  'branch-moved': { retries: 0, then: 'ask' },
  'target-rewritten': { retries: 0, then: 'ask' },
  'internal-error': { retries: 0, then: 'give-up' },
};

/** What went wrong with an attempt. */
export interface Trouble {
  readonly cause: Cause;
  /** One sentence, or the bounded output of what failed. */
  readonly detail: string;
  readonly files?: readonly string[];
}

/** Decides what follows and says it as a fact. */
export function failAttempt(state: RunState, ts: TaskState, trouble: Trouble, now: RunMs): Event {
  return {
    type: 'attempt.failed',
    task: ts.task.id,
    attempt: ts.attempts,
    cause: trouble.cause,
    detail: trouble.detail,
    then: decideAfter(state, ts, trouble, now),
  };
}

function decideAfter(state: RunState, ts: TaskState, trouble: Trouble, now: RunMs): AfterFailure {
  const { cause } = trouble;
  const agents = decideAboutAgent(state, ts, trouble, now);
  if (agents !== null) return agents;
  const after = decideAboutTask(state, ts, trouble, now);
  // more is asked for when there is more to do, not before
  const isSpent = shareOfBudget(state, ts) >= 1 && (after.kind === 'retry' || cause === 'turn-limit');
  return isSpent ? { kind: 'ask', question: askAbout(ts, overspent(state, ts)) } : after;
}

function overspent(state: RunState, ts: TaskState): Trouble {
  return { cause: 'budget', detail: `Its budget is used up: ${describeSpending(state, ts)}.` };
}

function decideAboutTask(state: RunState, ts: TaskState, trouble: Trouble, now: RunMs): AfterFailure {
  const { cause } = trouble;
  const cure = CURES[cause];
  // how many rounds of changes there may be was counted already
  if (cause === 'asked' || cause === 'changes-requested') return { kind: 'retry', at: now };
  const askAtOnce =
    (cause === 'outside-claim' && state.policy.outside === 'ask') ||
    (cause === 'conflict' && state.policy.merge.conflicts !== 'agent') ||
    // who merged it by hand is asked, and no agent sent after them
    (cause === 'work-vanished' && ts.attempt?.byHand === true);
  const mayRetry =
    !askAtOnce &&
    ts.charged < Math.min(state.policy.limits.attempts, 10) &&
    countInARow(ts, cause) < retriesFor(state, cause) &&
    !isStandingStill(ts, { cause, patience: cure.atOnce === true ? 1 : 2 });
  if (mayRetry) {
    return { kind: 'retry', at: cure.atOnce === true ? now : runMs(now + backoff(state, ts)) };
  }
  const giveUp = cure.then === 'give-up' || (cause === 'outside-claim' && state.policy.outside === 'fail');
  // verified work is not given up because nobody could review it
  return giveUp && !isInReview(ts) ? { kind: 'give-up' } : { kind: 'ask', question: askAbout(ts, trouble) };
}

/** How often checks of the forge may fail in a row is for each repository to say. */
function retriesFor({ policy }: RunState, cause: Cause): number {
  return cause === 'ci-failed' ? (policy.pullRequests?.ciRounds ?? 0) : CURES[cause].retries;
}

/** Refusals in a row after which a human is asked whether to wait on. */
const MAX_REFUSALS = 20;
/** Wait after a refusal that does not say until when; doubles. */
const REFUSED_MS = 60_000;
const REFUSED_CAP_MS = 3_600_000;
const LONGEST_MS = 8 * 24 * 3_600_000;

/** What follows when the agent is to blame: it is tried again when its time has come, or once a human has answered for it. */
function decideAboutAgent(
  state: RunState,
  ts: TaskState,
  { cause }: Trouble,
  now: RunMs,
): AfterFailure | null {
  const { attempt } = ts;
  if (attempt === null || !(cause === 'run-budget' || (isAboutAgent(cause) && ts.task.run === null)))
    return null;
  const bar = findBar(state, attempt.agent);
  // somebody is asked already, or its time is known: the next try waits for that
  if (bar !== null && bar.ts !== ts && bar.cause === cause && cause !== 'agent-missing')
    return { kind: 'retry', at: bar.until ?? now };
  if (cause !== 'limit-reached') return null;
  const before = countInARow(ts, cause);
  if (before >= MAX_REFUSALS) return null;
  const untilMs = attempt.fault?.untilMs ?? null;
  const wall = state.updatedAt + (now - state.ms);
  const stated = untilMs === null ? 0 : untilMs - wall;
  const wait = stated > 0 ? Math.min(stated, LONGEST_MS) : Math.min(REFUSED_MS * 2 ** before, REFUSED_CAP_MS);
  return { kind: 'retry', at: runMs(now + Math.ceil(wait)) };
}

/** Earlier attempts in a row that ended for the cause; those that did their part, or that were stopped, are passed over. */
function countInARow(ts: TaskState, cause: Cause): number {
  let count = 0;
  for (const past of earlier(ts)) {
    if (past.cause !== cause) break;
    count += 1;
  }
  return count;
}

/**
 * The same cause again with the same tree. Told what was wrong and nothing changed: telling it once more is no help. Ended
 * early without getting on: that may be chance once, not twice.
 */
function isStandingStill(ts: TaskState, of: { readonly cause: Cause; readonly patience: number }): boolean {
  const tree = ts.attempt?.inspected?.tree;
  const last = earlier(ts).slice(0, of.patience);
  return last.length === of.patience && last.every((past) => past.cause === of.cause && past.tree === tree);
}

function earlier(ts: TaskState): TaskState['history'] {
  return ts.history
    .filter((past) => past.n < ts.attempts && past.cause !== 'stopped' && past.cause !== null)
    .reverse();
}

/** Doubles with every charged attempt; between half and all of it, by a hash of task and attempt, so that likes spread out. */
function backoff(state: RunState, ts: TaskState): number {
  const { backoffMs, backoffCapMs } = state.policy.limits;
  const full = Math.min(backoffMs * 2 ** Math.max(0, ts.charged - 1), backoffCapMs);
  return Math.round(full * (0.5 + spread(`${ts.task.id}/${ts.attempts}`) / 2));
}

/** A number in [0, 1) that depends on the text alone (FNV-1a). */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

const GIVE_UP: Option = { label: 'Give this task up.', then: 'give-up' };
const AGAIN: Option = { label: 'Let the agent try again (add what it should know).', then: 'retry' };

/** The question a human gets when weft cannot go on by itself. */
function askAbout(ts: TaskState, trouble: Trouble): Question {
  return {
    id: `${ts.task.id}/${ts.questions + 1}`,
    task: ts.task.id,
    from: 'weft',
    cause: trouble.cause,
    text: trouble.detail,
    options: optionsFor(ts, trouble.cause),
    files: (trouble.files ?? []).slice(0, 100),
  };
}

const HOLD: Option = { label: 'I do it myself in the worktree, then `weft done TASK`.', then: 'hold' };
const ACCEPT: Option = { label: 'Take the work as it is.', then: 'accept' };
const GO_ON: Option = { label: 'Land it on the target as it is by then.', then: 'accept' };

function optionsFor(ts: TaskState, cause: Cause): readonly Option[] {
  if (cause === 'branch-moved') return optionsForMoved(ts);
  if (cause === 'target-rewritten') return [GO_ON, HOLD, GIVE_UP];
  if (isInReview(ts)) {
    const refused = cause === 'review-loop' || cause === 'review-rejected';
    return [refused ? AGAIN : { label: 'Let it be reviewed again.', then: 'retry' }, ACCEPT, HOLD, GIVE_UP];
  }
  if (ts.attempt?.role === 'plan') {
    const again: Option = { label: 'Let it be planned again (add what it should know).', then: 'retry' };
    return [again, { label: 'Do it without a plan.', then: 'accept' }, GIVE_UP];
  }
  switch (cause) {
    case 'landing-blocked':
      return [{ label: 'Try to land it again.', then: 'accept' }, HOLD, GIVE_UP];
    case 'conflict':
      return [{ label: 'Let the agent resolve the conflict.', then: 'retry' }, HOLD, GIVE_UP];
    case 'outside-claim':
      return [ACCEPT, AGAIN, GIVE_UP];
    case 'work-vanished':
      return [ACCEPT, AGAIN, HOLD, GIVE_UP];
    case 'login-missing':
      return [{ label: 'It is mended: try again.', then: 'retry' }, HOLD, GIVE_UP];
    case 'budget':
    case 'turn-limit':
      return [{ label: 'Let it go on, with as much again.', then: 'retry' }, HOLD, GIVE_UP];
    case 'run-budget':
      return [{ label: 'Let the run go on, with as much again.', then: 'retry' }, HOLD, GIVE_UP];
    case 'limit-reached':
      return [{ label: 'Try again.', then: 'retry' }, HOLD, GIVE_UP];
    case 'no-changes':
      return [{ label: 'Nothing had to be changed: take it.', then: 'accept' }, AGAIN, GIVE_UP];
    default:
      return [AGAIN, HOLD, GIVE_UP];
  }
}

/** What was verified can land from wherever it is kept; a branch that is gone cannot be looked at. */
function optionsForMoved(ts: TaskState): readonly Option[] {
  const anew: Option = {
    label: 'Take its branch as it is now: it is looked at and verified anew.',
    then: 'inspect',
  };
  const land: Option = { label: 'Land what was verified.', then: 'accept' };
  return ts.moved?.to === null ? [land, HOLD, GIVE_UP] : [anew, land, HOLD, GIVE_UP];
}
