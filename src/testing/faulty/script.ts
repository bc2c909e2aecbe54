// What is played in a scene: a plan, agents that act by what they find, and what is beyond the repository. Knows no engine.
import type { TaskReceipt } from '../../core/documents/receipt.ts';

/** What is beyond the repository of one copy. */
export interface Beyond {
  /** Folder of the repository whose `main` the work lands on. */
  readonly target: string;
  /** What engines need of it, beside the usual variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Refs that a run leaves in the repository, beside those that keep work. */
  readonly refs: readonly string[];
  /** Resolves when people have done what a run that rests waits for. */
  heed(): Promise<void>;
  /** Says in sentences what is wrong there after a run with these receipts. */
  judge(receipts: readonly TaskReceipt[]): Promise<readonly string[]>;
  /** Ends it; nothing of it runs any more. Rejects when it had a fault of its own. */
  close(): Promise<void>;
}

/** A script, of which scenes are built. */
export interface Script {
  readonly name: string;
  /** Tasks that land, each once; no others do. */
  readonly lands: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** Lines of sh after those that all agents share. */
  readonly agent: string;
  /** Opens what is beyond a fresh copy. */
  open(copy: { readonly dir: string; readonly repo: string }): Promise<Beyond>;
}
