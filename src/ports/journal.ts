// The durable list of facts of one run, and who may write it. Knows nothing of what the facts mean.
import type { Event, Recorded } from '../core/event.ts';
import type { Result } from '../core/failure.ts';
import type { Mark } from '../core/journal-codec.ts';
import type { RunMs } from '../core/model.ts';
import type { StateData } from '../core/state-codec.ts';

/** Proof that this process leads the repository; only the leader lock makes one. */
export interface Leadership {
  /** Rises with every take-over. */
  readonly epoch: number;
  /** Throws when another engine has taken over (a newer epoch exists on disk). */
  assertStillLeading(): void;
}

/** One fact that waits to be written. */
export interface Draft {
  readonly at: number;
  readonly ms: RunMs;
  readonly event: Event;
}

/** All facts of a run. */
export interface AllRecords {
  readonly records: readonly Recorded[];
  /** Bytes of a torn last record that were dropped; 0: none. */
  readonly tornBytes: number;
}

/** The way to the latest state: a snapshot and the facts after it, or all facts. */
export interface Opened extends AllRecords {
  /** The state before `records`, for one use; null: they are all there is. */
  readonly snapshot: StateData | null;
  /** The records after the snapshot; those before it were checked and not read. */
  readonly records: readonly Recorded[];
  /** The last record of all, or null. */
  readonly last: Mark | null;
}

/** Journal of one run, opened for writing by the leader. */
export interface JournalPort {
  /**
   * Appends the drafts as one write and one fdatasync; resolves when they are durable.
   * Rejects with a `JournalError`-like Failure in `cause` when the disk refuses; nothing acknowledged is lost then.
   */
  append(drafts: readonly Draft[]): Promise<readonly Recorded[]>;
  /**
   * Keeps the state after the last acknowledged record (as JSON) in place of the run's earlier snapshot. Rejects when the
   * disk refuses, when another engine leads and while an append is under way; the earlier one stays then.
   */
  saveSnapshot(state: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens journals. */
export interface JournalStore {
  /** Creates the run's folder and an empty journal, or opens the one there, dropping a torn tail. */
  open(
    runDir: string,
    leadership: Leadership,
  ): Promise<Result<{ readonly journal: JournalPort; readonly opened: Opened }>>;
  /**
   * Reads what leads to the latest state, without writing; a torn tail is left alone. A snapshot that is damaged, of another
   * version or not of this journal is as good as none. Rot in the middle, also before a snapshot, is a failure that names
   * the line.
   */
  readLatest(runDir: string): Promise<Result<Opened>>;
  /** Reads all facts, whatever snapshot there is; otherwise as `readLatest`. */
  read(runDir: string): Promise<Result<AllRecords>>;
}
