// The durable list of facts of one run, and who may write it. Knows nothing of what the facts mean.
import type { Event, Recorded } from '../core/event.ts';
import type { Result } from '../core/failure.ts';
import type { RunMs } from '../core/model.ts';

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

/** What opening a journal found. */
export interface Opened {
  readonly records: readonly Recorded[];
  /** Bytes of a torn last record that were dropped; 0: none. */
  readonly tornBytes: number;
}

/** Journal of one run, opened for writing by the leader. */
export interface JournalPort {
  /**
   * Appends the drafts as one write and one fdatasync; resolves when they are durable.
   * Rejects with a `JournalError`-like Failure in `cause` when the disk refuses; nothing acknowledged is lost then.
   */
  append(drafts: readonly Draft[]): Promise<readonly Recorded[]>;
  close(): Promise<void>;
}

/** Opens journals. */
export interface JournalStore {
  /** Creates the run's folder and an empty journal, or opens the one there, dropping a torn tail. */
  open(
    runDir: string,
    leadership: Leadership,
  ): Promise<Result<{ readonly journal: JournalPort; readonly opened: Opened }>>;
  /** Reads without writing; a torn tail is left alone. Rot in the middle is a failure that names the line. */
  read(runDir: string): Promise<Result<Opened>>;
}
