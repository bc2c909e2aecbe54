// The facts of a run, past tense. The journal is a list of them; nothing else changes the state.

import type { Merging } from './merging.ts';
import type {
  AgentFault,
  Cause,
  ChangedFile,
  Comment,
  Exit,
  GateResult,
  Identity,
  Oid,
  Option,
  Policy,
  Question,
  Review,
  Role,
  RunId,
  RunMs,
  Steering,
  Task,
  TaskId,
  WorkPlan,
} from './model.ts';
import type { ForgeTrouble, PullNote, PullRemark } from './pull.ts';
import type { SourceSpec } from './source.ts';

/** Version of the event shapes below; older records are brought forward by the up-casters of the journal's codec. */
export const EVENT_VERSION = 1;

/** What follows a failed attempt, decided once and kept. */
export type AfterFailure =
  | { readonly kind: 'retry'; readonly at: RunMs }
  | { readonly kind: 'ask'; readonly question: Question }
  | { readonly kind: 'give-up' };

/** Why a live attempt is to be ended. */
export type StopReason =
  | 'cancelled'
  | 'stopped'
  | 'restarted'
  | 'time-budget'
  | 'budget'
  | 'run-budget'
  | 'asked'
  | 'run-stopped';

/** It was found in the task's status file: which of the messages from there it is, from 1, and its words. Absent: it was not. */
interface Forwarded {
  readonly number: number;
  readonly text: string;
}

interface OfTask {
  readonly task: TaskId;
}
interface OfAttempt extends OfTask {
  readonly attempt: number;
}

/** One fact. */
export type Event =
  // the run
  | {
      readonly type: 'run.started';
      readonly run: RunId;
      readonly repository: string;
      readonly policy: Policy;
      readonly tasks: readonly Task[];
      readonly targetOid: Oid;
      /** Where the tasks are from; absent in older journals. */
      readonly sources?: readonly SourceSpec[];
    }
  | { readonly type: 'run.resumed'; readonly overrides: readonly PolicyChange[]; readonly policy: Policy }
  | { readonly type: 'run.paused' }
  | { readonly type: 'run.unpaused' }
  /** No new starts; live attempts are ended when `agents` says so. */
  | { readonly type: 'run.stopping'; readonly agents: 'finish' | 'stop' }
  /** Nothing can go on: all is final, or what is left waits for a human. */
  | { readonly type: 'run.rested'; readonly outcome: Outcome }
  /** What holds for the target at the forge, as an engine found it when it began. */
  | {
      readonly type: 'forge.met';
      readonly hasMergeQueue: boolean;
      /** It takes one pull request after the other; absent: weft may push there. */
      readonly isProtected?: boolean;
    }
  // its sources
  /** Tasks that the plan did not have come after the others; what nobody has begun may be something else by now. */
  | {
      readonly type: 'plan.changed';
      readonly added: readonly Task[];
      /** Whole, in place of the tasks with their ids. */
      readonly revised: readonly Task[];
    }
  /** It cannot be reached or told anything; null: it can again. */
  | { readonly type: 'source.noted'; readonly source: string; readonly trouble: string | null }
  // an attempt
  | (OfAttempt & {
      readonly type: 'attempt.spawned';
      readonly agent: string;
      /** Absent in older journals: `implement`. */
      readonly role?: Role;
      readonly branch: string;
      /** Verified commit of the dependency it is stacked on; null: the target's tip. */
      readonly stackedOn: { readonly task: TaskId; readonly commit: Oid } | null;
      /** Claims it holds although another holds them too (policy force). */
      readonly forced: readonly TaskId[];
    })
  | (OfAttempt & {
      readonly type: 'attempt.started';
      readonly base: Oid;
      readonly worktree: string;
      readonly identity: Identity;
      /** It reads guidance while it works. */
      readonly steerable: Steering;
    })
  | (OfAttempt & { readonly type: 'attempt.start-failed'; readonly cause: Cause; readonly detail: string })
  | (OfAttempt & {
      readonly type: 'attempt.exited';
      readonly exit: Exit;
      readonly reason: string | null;
      /** What it says went wrong; absent: it does not speak of that. */
      readonly fault?: AgentFault | null;
      /** Numbers of the messages that it had heard; absent: all that were delivered. */
      readonly heard?: readonly number[];
    })
  | (OfAttempt & { readonly type: 'attempt.timed-out' })
  /** A budget is used up: the task's of tokens or money, or the run's. */
  | (OfAttempt & {
      readonly type: 'attempt.overspent';
      /** Absent: the task's. */
      readonly budget?: 'run';
    })
  /** What a conversation of its agent has used of the model so far. */
  | (OfAttempt & {
      readonly type: 'usage.noted';
      readonly session: string;
      /** Tokens read and written. */
      readonly input: number;
      readonly output: number;
      /** US dollars; null: not said. */
      readonly usd: number | null;
    })
  /** Parts of the task that its agent says are finished, by ids of its source, beside those said before. */
  | (OfAttempt & { readonly type: 'parts.finished'; readonly parts: readonly string[] })
  /** Its agent waits for an answer while nothing else is left to do: it is ended, the answer will start a fresh attempt. */
  | (OfAttempt & { readonly type: 'attempt.parked' })
  | (OfAttempt & {
      readonly type: 'attempt.stopped';
      readonly survivors: readonly number[];
      /** As for `attempt.exited`, of one whose end nobody saw. */
      readonly heard?: readonly number[];
    })
  | (OfAttempt & {
      readonly type: 'attempt.inspected';
      readonly base: Oid;
      readonly head: Oid;
      readonly tree: Oid;
      /** At most 500; `fileCount` has the true number. */
      readonly files: readonly ChangedFile[];
      readonly fileCount: number;
      readonly added: number;
      readonly deleted: number;
      /** Changed files outside the claim, at most 100. */
      readonly outside: readonly string[];
      /** What is odd about the worktree, or null. */
      readonly odd: string | null;
      /** The agent had not committed everything. */
      readonly leftovers: boolean;
      /** Lines that are gone from what it merged, at most 20; absent: none. */
      readonly vanished?: readonly string[];
      /** Commits of the target that it took in, and its own work before it did; absent: none since it was last looked at. */
      readonly merged?: Merging;
    })
  | (OfAttempt & {
      readonly type: 'attempt.verified';
      readonly tree: Oid;
      readonly gates: readonly GateResult[];
    })
  | (OfAttempt & {
      readonly type: 'attempt.rejected';
      readonly tree: Oid;
      readonly gates: readonly GateResult[];
      readonly excerpt: string;
    })
  | (OfAttempt & {
      readonly type: 'attempt.planned';
      readonly plan: WorkPlan;
      /** Files it expects to change outside the claim, at most 100. */
      readonly outside: readonly string[];
    })
  /** What the reviewer says of exactly that tree. */
  | (OfAttempt & { readonly type: 'attempt.reviewed'; readonly tree: Oid; readonly review: Review })
  /** A planner or reviewer ended without an answer that can be read. */
  | (OfAttempt & { readonly type: 'attempt.unanswered'; readonly detail: string })
  | (OfAttempt & {
      readonly type: 'attempt.failed';
      readonly cause: Cause;
      readonly detail: string;
      readonly then: AfterFailure;
    })
  /** It may change these files as well: nobody else held them. In their one written form. */
  | (OfTask & { readonly type: 'claim.widened'; readonly patterns: readonly string[] })
  // questions and guidance
  | (OfAttempt & {
      readonly type: 'question.asked';
      readonly question: Question;
      /** Tells two questions in the same words apart; absent: the words do. */
      readonly key?: string;
    })
  /** Its agent does not wait for the answer any more. */
  | (OfAttempt & { readonly type: 'question.withdrawn'; readonly id: string })
  | (OfTask & {
      readonly type: 'question.answered';
      readonly id: string;
      readonly text: string;
      readonly then: Option['then'];
      readonly forwarded?: Forwarded;
    })
  | (OfTask & {
      readonly type: 'guidance.given';
      readonly text: string;
      /** The radar says it, of work in that task; absent: a human does. */
      readonly overlap?: TaskId;
      /** It says that what the attempt is built on is this commit now. */
      readonly restacked?: Oid;
      /** It says what was said at the forge, in the remarks with these ids. */
      readonly remarks?: readonly number[];
      readonly forwarded?: Forwarded;
    })
  /** Said of lines of the work; its agent is told with its next attempt. */
  | (OfTask & { readonly type: 'comment.given'; readonly comment: Comment })
  | (OfAttempt & { readonly type: 'guidance.delivered'; readonly count: number })
  // a human's commands on a task
  | (OfTask & { readonly type: 'task.approved' })
  | (OfTask & { readonly type: 'task.paused'; readonly agent: 'finish' | 'stop' })
  | (OfTask & { readonly type: 'task.unpaused' })
  | (OfTask & { readonly type: 'task.restarted' })
  | (OfTask & {
      readonly type: 'task.cancelled';
      /** What its source says of it; absent: a human said so here. */
      readonly why?: string;
    })
  | (OfTask & { readonly type: 'task.done' })
  // what its source says of it
  /** It is not to be begun now; null: it may be. */
  | (OfTask & { readonly type: 'task.withheld'; readonly why: string | null })
  /** Somebody else finished it. */
  | (OfTask & { readonly type: 'task.settled' })
  /** It was told that the task ended so, as `endOf` names it. */
  | (OfTask & { readonly type: 'task.told'; readonly end: string })
  // its pull request
  /** It is there, with this commit; remarks with these ids were answered. */
  | (OfTask & {
      readonly type: 'pull.opened';
      readonly number: number;
      readonly url: string;
      readonly head: Oid;
      readonly answered: readonly number[];
    })
  /** It stands otherwise than when it was last seen. */
  | (OfTask & {
      readonly type: 'pull.noted';
      readonly note: PullNote;
      readonly remarks: readonly PullRemark[];
      /** Output of failing checks; absent: none failed, or there is none. */
      readonly excerpt?: string;
      /** With what and where it conflicts; absent: it does not, or that is not known. */
      readonly conflict?: { readonly base: Oid; readonly files: readonly string[] };
    })
  /** It is called a draft: its work is being gone on with. */
  | (OfTask & { readonly type: 'pull.shelved' })
  /** It is in the forge's own merge queue. */
  | (OfTask & { readonly type: 'pull.enqueued'; readonly head: Oid })
  // landing
  | (OfTask & { readonly type: 'task.queued' })
  | (OfTask & {
      readonly type: 'candidate.built';
      readonly base: Oid;
      readonly commit: Oid;
      readonly tree: Oid;
      readonly empty: boolean;
      /** How it came about where git alone could not merge; absent: it could. */
      readonly note?: string;
      /** Whose candidate `base` is; absent: it is the target's tip. */
      readonly behind?: TaskId;
    })
  /** The batch is tried as it is, with this task as its last. */
  | (OfTask & { readonly type: 'batch.closed' })
  | (OfTask & {
      readonly type: 'candidate.conflicted';
      readonly base: Oid;
      readonly files: readonly string[];
      /** Lines that would be gone by what resolves it without anybody; absent: nothing does. */
      readonly vanished?: readonly string[];
      /** Whose candidate `base` is; absent: it is the target's tip. */
      readonly behind?: TaskId;
    })
  | (OfTask & {
      readonly type: 'candidate.verified';
      readonly commit: Oid;
      readonly tree: Oid;
      readonly gates: readonly GateResult[];
    })
  | (OfTask & {
      readonly type: 'candidate.rejected';
      readonly commit: Oid;
      readonly gates: readonly GateResult[];
      readonly excerpt: string;
    })
  /** Its branch is not where it was verified any more. */
  | (OfTask & {
      readonly type: 'branch.moved';
      readonly from: Oid;
      /** Null: it was deleted. */
      readonly to: Oid | null;
      /** It contains all that was verified. */
      readonly ahead: boolean;
      /** People moved it at the forge; absent: here, whoever did. */
      readonly atForge?: boolean;
    })
  /** The target was to take the task, and lacks what weft last knew it to hold. */
  | (OfTask & {
      readonly type: 'target.rewritten';
      readonly from: Oid;
      readonly to: Oid;
      /** Tasks that had landed on it and are not there any more, at most 100. */
      readonly gone: readonly TaskId[];
    })
  | (OfTask & { readonly type: 'landing.stale'; readonly actual: Oid })
  /** The tip it would land on lacks what it depends on, which landed beside the target. */
  | (OfTask & { readonly type: 'landing.held'; readonly on: TaskId; readonly ref: string })
  /** The tip has it now. */
  | (OfTask & { readonly type: 'landing.freed' })
  | (OfTask & {
      readonly type: 'task.landed';
      readonly commit: Oid;
      readonly tree: Oid;
      readonly base: Oid;
      /** Ref that took it: the target, or `weft/integration` when the user's checkout was in the way. */
      readonly ref: string;
      /** Why it did not go onto the target, or null. */
      readonly detour: string | null;
      readonly by: 'weft' | 'human';
    })
  /** Unfinished work of two tasks, or of one and what is on the target (null), does not merge; or in other files now. */
  | (OfTask & {
      readonly type: 'overlap.found';
      readonly other: TaskId | null;
      /** At most 100. */
      readonly files: readonly string[];
    })
  /** It does again. */
  | (OfTask & { readonly type: 'overlap.gone'; readonly other: TaskId | null })
  /** An effect could not be performed for reasons outside the task: disk, git, a bug. */
  | (OfAttempt & {
      readonly type: 'effect.failed';
      readonly effect: string;
      readonly detail: string;
      /** It was the forge, and how long that wants to be left alone, in ms; absent: it was not. */
      readonly forge?: { readonly kind: ForgeTrouble['kind']; readonly waitMs: number };
    })
  // the end of a task
  | (OfTask & { readonly type: 'task.failed'; readonly cause: Cause; readonly sentence: string })
  | (OfTask & {
      readonly type: 'task.swept';
      /** Ref under which unlanded work was kept, or null. */
      readonly rescue: string | null;
      /** The worktree was left in place, with the reason; null: it was removed. */
      readonly kept: string | null;
    });

/** One policy field that a resume changed. */
export interface PolicyChange {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** How a run came to rest. */
export type Outcome = 'complete' | 'failed' | 'blocked' | 'stopped' | 'timeout';

/** A fact with its place in the journal. */
export interface Recorded {
  readonly seq: number;
  readonly epoch: number;
  /** Wall time in ms since 1970, for display only. */
  readonly at: number;
  /** Run clock, for decisions. */
  readonly ms: RunMs;
  readonly event: Event;
}
