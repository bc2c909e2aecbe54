// What is known of a pull request, and what follows from it for the work in it: the same for every forge. Asks nothing.
import type { Oid, RunMs } from './model.ts';

/** Whether a pull request is over, and how. */
export type PullState = 'open' | 'closed' | 'merged';

/** How a check stands; `absent`: it is required and nobody has reported it. */
export type CheckState = 'success' | 'failure' | 'pending' | 'neutral' | 'skipped' | 'absent';

/** One check of a commit; of several reports with one name the worst counts. */
export interface Check {
  readonly name: string;
  readonly isRequired: boolean;
  readonly state: CheckState;
  /** What its log is read by; null: it has none. */
  readonly id: number | null;
  readonly url: string | null;
  /** What it says of itself in a line; empty: nothing. */
  readonly summary: string;
}

/** What reviews amount to. */
export type ReviewDecision = 'approved' | 'changes-requested' | 'review-required';

/** How it stands in the forge's merge queue. */
export type QueueState = 'queued' | 'awaiting-checks' | 'mergeable' | 'unmergeable' | 'locked';

/** What matters of a pull request as it was last seen; small enough for the journal. */
export interface PullNote {
  readonly state: PullState;
  readonly head: Oid;
  readonly base: string;
  readonly isDraft: boolean;
  /** Null: the forge does not know yet. */
  readonly isMergeable: boolean | null;
  /** Names of checks that count and failed, that count and have no result yet, and that failed and do not count; 20 each. */
  readonly failing: readonly string[];
  readonly waiting: readonly string[];
  readonly ignored: readonly string[];
  /** Checks that count and are there, whatever their result. */
  readonly reported: number;
  /** Null: none is required. */
  readonly decision: ReviewDecision | null;
  /** Null: it is not in the merge queue. */
  readonly queue: QueueState | null;
  /** Why it last left the merge queue without landing, in the forge's word. */
  readonly dequeued: string | null;
  /** Commit on the base that it was merged as. */
  readonly merged: Oid | null;
}

/** What a note is made of. */
export interface PullSight extends Omit<PullNote, 'failing' | 'waiting' | 'ignored' | 'reported' | 'queue'> {
  readonly checks: readonly Check[];
  readonly queue: { readonly state: QueueState } | null;
}

const MAX_NAMED = 20;

/** Takes down what matters. Where some checks are required, only those count; else all do. */
export function notePull(seen: PullSight): PullNote {
  const { state, head, base, isDraft, isMergeable, decision, queue, dequeued, merged, checks } = seen;
  const hasRequired = checks.some(({ isRequired }) => isRequired);
  const counted = hasRequired ? checks.filter(({ isRequired }) => isRequired) : checks;
  const others = hasRequired ? checks.filter(({ isRequired }) => !isRequired) : [];
  return {
    ...{ state, head, base, isDraft, isMergeable },
    failing: nameAll(counted, ['failure']),
    waiting: nameAll(counted, ['pending', 'absent']),
    ignored: nameAll(others, ['failure']),
    reported: counted.filter((check) => check.state !== 'absent').length,
    ...{ decision, queue: queue?.state ?? null, dequeued, merged },
  };
}

function nameAll(checks: readonly Check[], states: readonly CheckState[]): readonly string[] {
  return checks
    .filter(({ state }) => states.includes(state))
    .map(({ name }) => name)
    .slice(0, MAX_NAMED);
}

/** What follows from how a pull request stands. */
export type PullVerdict =
  | { readonly kind: 'over'; readonly state: 'closed' | 'merged' }
  /** Somebody has put other commits there than those that were judged. */
  | { readonly kind: 'moved' }
  /** It goes back to who wrote it. */
  | {
      readonly kind: 'return';
      readonly cause: 'ci-failed' | 'conflict' | 'changes-requested';
      readonly sentence: string;
    }
  | { readonly kind: 'wait'; readonly on: 'checks' | 'review' | 'forge'; readonly sentence: string }
  | { readonly kind: 'merge'; readonly sentence: string };

/** Judges a pull request. `head` is the commit that is meant; `isSettled`: checks had time to show up. */
export function judgePull(
  note: PullNote,
  of: { readonly head: Oid; readonly isSettled: boolean },
): PullVerdict {
  if (note.state !== 'open') return { kind: 'over', state: note.state };
  if (note.head !== of.head) return { kind: 'moved' };
  const { failing, waiting, decision } = note;
  if (decision === 'changes-requested')
    return { kind: 'return', cause: 'changes-requested', sentence: 'its review asks for changes' };
  // what else fails is wanted too: it all goes back at once
  if (failing.length > 0 && waiting.length === 0)
    return { kind: 'return', cause: 'ci-failed', sentence: `${listNames(failing)} failed` };
  if (note.isMergeable === false)
    return { kind: 'return', cause: 'conflict', sentence: `it conflicts with ${note.base}` };
  if (waiting.length > 0) {
    const failed = failing.length === 0 ? '' : `; ${listNames(failing)} failed already`;
    return { kind: 'wait', on: 'checks', sentence: `waits for ${listNames(waiting)}${failed}` };
  }
  if (note.reported === 0 && !of.isSettled)
    return { kind: 'wait', on: 'checks', sentence: 'waits whether checks show up' };
  if (note.isMergeable === null)
    return { kind: 'wait', on: 'forge', sentence: 'waits until the forge knows whether it merges' };
  if (note.isDraft)
    return { kind: 'wait', on: 'review', sentence: 'waits, since somebody called it a draft' };
  if (decision === 'review-required')
    return { kind: 'wait', on: 'review', sentence: 'waits for an approving review' };
  return { kind: 'merge', sentence: describeChecks(note) };
}

function describeChecks({ reported, ignored }: PullNote): string {
  if (reported === 0) return 'it has no checks';
  const passed = `${reported} ${reported === 1 ? 'check' : 'checks'} passed`;
  return ignored.length === 0 ? passed : `${passed}; ${listNames(ignored)} failed, and nobody requires it`;
}

const FEW = 3;

function listNames(names: readonly string[]): string {
  const more = names.length > FEW ? ` and ${names.length - FEW} more` : '';
  return `${names.slice(0, FEW).join(', ')}${more}`;
}

/** What people said at the forge of lines of the work, or of all of it. */
export interface PullRemark {
  /** Unique among the remarks of its pull request. */
  readonly id: number;
  /** Null: it is about the whole. */
  readonly path: string | null;
  readonly line: number | null;
  readonly author: string;
  /** At most 4,000 characters. */
  readonly body: string;
}

/** The pull request of a task, as far as weft knows. */
export interface PullRecord {
  readonly number: number;
  readonly url: string;
  /** What weft put there to be looked at, and when it did that, or put it into the merge queue. */
  head: Oid;
  at: RunMs;
  /** Other commits that weft may have put there since: those that were to land. The latest 20, and what is there. */
  ours: Oid[];
  /** It is called a draft since its work is being gone on with. */
  isDraft: boolean;
  note: PullNote | null;
  /** It was looked at since the engine began. */
  isFresh: boolean;
  /** Output of the checks that failed on `head`; null: nothing failed, or nothing was to be had. */
  excerpt: string | null;
  /** Remarks that nobody has acted on yet, and those that its agent was given and that are to be answered. */
  pending: PullRemark[];
  told: PullRemark[];
  /** Ids of the latest 1,000 remarks that were seen. */
  seen: number[];
  /** It is in the forge's own merge queue. */
  enqueued: boolean;
}

/** How work becomes pull requests. */
export interface PullPolicy {
  /** Rounds of failing checks after which a human is asked. */
  readonly ciRounds: number;
  /** Whose remarks count beside those of people who may write to the repository. */
  readonly listenTo: readonly string[];
  /** Time that checks have to show up after a commit came to the forge. */
  readonly settleMs: number;
  /** Pause between two looks at the forge. */
  readonly pollMs: number;
  /** Template of the text of a pull request, with places like `{title}`; absent: weft's own. */
  readonly body?: string;
}

/** Pull requests as they are unless the configuration says otherwise. */
export const DEFAULT_PULLS: PullPolicy = {
  ciRounds: 3,
  listenTo: [],
  settleMs: 60_000,
  pollMs: 10_000,
};

/** Trouble with the forge; all that needs it rests until `retryAt`. */
export interface ForgeTrouble {
  readonly kind: 'rate-limited' | 'unauthorized' | 'gone' | 'environment';
  readonly sentence: string;
  readonly failures: number;
  readonly retryAt: RunMs;
}
