// Merges that agents and people do, and how far what they left out still counts. Knows no task.
import type { Oid } from './model.ts';

/** A merge by an agent or a human. */
export interface Merging {
  /** The target that was taken in. */
  readonly ours: Oid;
  /** The work that it was taken into. */
  readonly theirs: Oid;
  /** Whose lines must not go where they conflict; those of the target that nothing was in the way of must never, but for none. */
  readonly sides: 'both' | 'ours' | 'neither' | 'none';
}

/** What a task is to merge since the queue refused it, or what it merged of itself. */
export interface ToMerge extends Merging {
  /** In which the queue found it to conflict. */
  readonly files: readonly string[];
  /** What is gone and a human took so. */
  readonly granted?: readonly string[];
}
