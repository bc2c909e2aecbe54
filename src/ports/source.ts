// Where tasks come from and where progress is told. Gives definitions with positions; judges nothing (the compiler does).
import type { Result } from '../core/failure.ts';
import type { Diagnostic } from '../core/plan/diagnostic.ts';
import type { TaskDraft } from '../core/plan/draft.ts';
import type { SourceSpec, Standing, TaskReport } from '../core/source.ts';

/** What a source has now, all of it. */
export interface Loaded {
  /** Finished tasks may be left out: a dependency on something that is not here and in `standings` as done counts as met. */
  readonly drafts: readonly TaskDraft[];
  readonly diagnostics: readonly Diagnostic[];
  /** Texts of the files read, by the path used in positions, for code frames. */
  readonly texts: ReadonlyMap<string, string>;
  /** Tasks that are not simply open there, by id. */
  readonly standings?: ReadonlyMap<string, Standing>;
  /** How the source is to be named from now on, so that it is the same one again; absent: as it was. */
  readonly spec?: SourceSpec;
  /** What people should know, a sentence each: what was left out and why. */
  readonly notes?: readonly string[];
}

/** What came of a claim: it is ours, or somebody was faster. */
export type Claimed = { readonly kind: 'ours' } | { readonly kind: 'taken'; readonly by: string };

/** One source of tasks. Definition and intent are the source's; what happens is the journal's, and only told to it. */
export interface SourcePort {
  /** Name of the adapter: `beads`. */
  readonly name: string;
  load(): Promise<Loaded>;
  /** Calls `changed` whenever another `load` may find something else, and resolves after `signal`. Absent: it stays as it is. */
  readonly watch?: (changed: () => void, signal: AbortSignal) => Promise<void>;
  /** Takes a task for this run and makes sure that nobody else has it; again for what is ours: ours. Absent: nobody else takes any. */
  readonly claim?: (task: string) => Promise<Result<Claimed>>;
  /** Brings the source's record of tasks in line with reports; what is so already is left alone. Absent: it is told nothing. */
  readonly report?: (reports: readonly TaskReport[]) => Promise<Result<void>>;
  /** Time between two signs of life for what is under way, in ms, where claims without them expire. */
  readonly beatMs?: number;
  /** Says that these tasks are still under way. */
  readonly beat?: (tasks: readonly string[]) => Promise<Result<void>>;
  /** Variables that agents need to find the source from a worktree. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Lets go of what it holds open. */
  close?(): Promise<void>;
}
