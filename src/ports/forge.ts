// What weft asks of a forge. Every call may be repeated: each looks before it acts, and at what came of it. Knows no plan.
import type { Result } from '../core/failure.ts';
import type { Oid } from '../core/model.ts';
import type { Check, PullState, QueueState, ReviewDecision } from '../core/pull.ts';

export type { Check, CheckState, PullState } from '../core/pull.ts';

/** Why a forge did not do something. */
export type ForgeFailure = {
  readonly sentence: string;
  readonly hint?: string;
} & (
  | {
      /** Too much was asked for; nothing is sent before `waitMs` are over. */
      readonly kind: 'rate-limited';
      readonly waitMs: number;
    }
  | {
      /**
       * `unauthorized`: the token is missing, has expired or may not do that · `gone`: it is not there, or not to be seen ·
       * `refused`: the forge has a rule against it, in its own words · `environment`: network or forge are in trouble, and
       * whether it happened is not known.
       */
      readonly kind: 'unauthorized' | 'gone' | 'refused' | 'environment';
    }
);

/** A value, or why the forge gave none. */
export type Forged<T> = Result<T, ForgeFailure>;

/** How a pull request becomes commits of its base. */
export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** Who weft is to the forge, and what holds for a branch there. */
export interface ForgeStanding {
  readonly login: string;
  readonly mayPush: boolean;
  /** Pull requests may be merged into the branch by this user, where its rules are met. */
  readonly mayMerge: boolean;
  readonly methods: readonly MergeMethod[];
  readonly defaultBranch: string;
  /** Null: the forge does not have the branch. */
  readonly branch: {
    readonly isProtected: boolean;
    readonly requiredChecks: readonly string[];
    readonly hasMergeQueue: boolean;
  } | null;
}

/** The one pull request that a task is to have. */
export interface PullWish {
  /** `<!-- weft run=… task=… -->`, by which it is found again; kept in its body. */
  readonly marker: string;
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  /** Without the marker. */
  readonly body: string;
  readonly isDraft: boolean;
}

/** A pull request as it was found or made. */
export interface PullFound {
  readonly number: number;
  readonly url: string;
  readonly state: PullState;
  readonly head: Oid;
}

/** One review. */
export interface ForgeReview {
  readonly id: number;
  readonly author: string;
  /** Its author may write to the repository. */
  readonly isTrusted: boolean;
  readonly state: 'approved' | 'changes-requested' | 'commented' | 'dismissed' | 'pending';
  readonly body: string;
  readonly commit: Oid | null;
}

/** A comment on a line, in a thread that nobody has called resolved. */
export interface LineComment {
  readonly id: number;
  readonly path: string;
  /** Null: it is about the file, or the line is gone. */
  readonly line: number | null;
  readonly author: string;
  /** Its author may write to the repository. */
  readonly isTrusted: boolean;
  readonly body: string;
  readonly inReplyTo: number | null;
}

/** A comment below a pull request, on no line. */
export type TalkComment = Pick<LineComment, 'id' | 'author' | 'isTrusted' | 'body'>;

/** Where a pull request is in the forge's merge queue. */
export interface QueueEntry {
  readonly state: QueueState;
  /** From 1. */
  readonly position: number;
}

/** An open pull request as the list of all has it. */
export interface PullListed {
  readonly number: number;
  readonly body: string;
  readonly branch: string;
  readonly base: string;
  readonly head: Oid;
  /** When something about it changed last, by the forge's clock, in ms since 1970. */
  readonly changedAt: number;
}

/** All that is to be seen of one pull request. */
export interface PullSeen extends PullFound {
  readonly title: string;
  readonly body: string;
  readonly branch: string;
  readonly base: string;
  readonly isDraft: boolean;
  /** Null: the forge does not know yet. */
  readonly isMergeable: boolean | null;
  /** Commit on the base that it was merged as. */
  readonly merged: Oid | null;
  readonly checks: readonly Check[];
  /** What the reviews amount to; null: none is required. */
  readonly decision: ReviewDecision | null;
  readonly reviews: readonly ForgeReview[];
  /** At most 500. */
  readonly comments: readonly LineComment[];
  /** The latest 50. */
  readonly talk: readonly TalkComment[];
  readonly queue: QueueEntry | null;
  /** Why it last left the merge queue without landing, in the forge's word. */
  readonly dequeued: string | null;
}

/** What somebody says; `marker` finds it again when the answer was lost. */
export interface Remark {
  readonly number: number;
  readonly marker: string;
  readonly body: string;
}

/** A forge, for one repository. Nothing here waits longer than seconds for a limit. */
export interface ForgePort {
  /** `owner/name` on which host, for people. */
  readonly name: string;
  /** Tells who weft is there, and what holds for a branch (the default branch when null). */
  readStanding(branch: string | null): Promise<Forged<ForgeStanding>>;
  /**
   * Brings a branch of the forge into the repository, under a ref of weft's (`refs/weft/…`); gives its commit. Null: the
   * forge does not have the branch, and the ref is gone.
   */
  fetch(what: { readonly branch: string; readonly into: string }): Promise<Forged<Oid | null>>;
  /** Moves a branch of the forge from `expected` (null: it is not there) to a commit. `refused` when it stands elsewhere. */
  push(what: {
    readonly branch: string;
    readonly commit: Oid;
    readonly expected: Oid | null;
  }): Promise<Forged<void>>;
  /** Deletes a branch that stands at `expected`; one that is gone is all right. */
  deleteBranch(what: { readonly branch: string; readonly expected: Oid }): Promise<Forged<void>>;
  /** Finds the task's pull request, over or not, or opens it. What is found is not changed. */
  ensurePull(wish: PullWish): Promise<Forged<PullFound>>;
  /** Lists open pull requests whose branches are of this repository, not of forks: oldest first, at most 1,000. */
  listOpen(): Promise<Forged<readonly PullListed[]>>;
  /** Brings title, body (with the marker), base and draft of an open pull request to these; what is absent stays. */
  updatePull(what: {
    readonly number: number;
    readonly base?: string;
    readonly title?: string;
    readonly body?: string;
    readonly isDraft?: boolean;
  }): Promise<Forged<void>>;
  /** Looks at pull requests; costs little for those that are as they were. */
  observe(numbers: readonly number[]): Promise<ReadonlyMap<number, Forged<PullSeen>>>;
  /** Reads what matters of a check's log: at most `maxBytes`, up to the last error in it. Empty: it has none. */
  readLog(what: { readonly check: number; readonly maxBytes: number }): Promise<Forged<string>>;
  /** Answers in the thread of a comment on a line, once for each marker. */
  reply(remark: Remark & { readonly comment: number }): Promise<Forged<void>>;
  /** Comments below a pull request, once for each marker. */
  comment(remark: Remark): Promise<Forged<void>>;
  /** Merges the pull request if its head is `head`; merged already is all right. Gives the commit on the base. */
  merge(what: {
    readonly number: number;
    readonly head: Oid;
    readonly method: MergeMethod;
    readonly title: string;
    readonly message: string;
  }): Promise<Forged<Oid>>;
  /** Puts the pull request into the forge's merge queue if its head is `head`; in it or merged already is all right. */
  enqueue(what: { readonly number: number; readonly head: Oid }): Promise<Forged<void>>;
  /** Closes a pull request; over already is all right. */
  close(number: number): Promise<Forged<void>>;
}

/** The forge that a repository belongs to, as far as it could be opened. */
export interface FoundForge {
  /** `owner/name` on which host, for people. */
  readonly name: string;
  /** Where the token is from, for people; null: there is none. */
  readonly tokenFrom: string | null;
  readonly forge: Forged<ForgePort>;
}
