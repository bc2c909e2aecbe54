// Where tasks come from. Gives definitions with positions; judges nothing (the compiler does).
import type { Diagnostic } from '../core/plan/diagnostic.ts';
import type { TaskDraft } from '../core/plan/draft.ts';

/** What a source found. */
export interface Loaded {
  readonly drafts: readonly TaskDraft[];
  readonly diagnostics: readonly Diagnostic[];
  /** Texts of the files read, by the path used in positions, for code frames. */
  readonly texts: ReadonlyMap<string, string>;
}

/** One source of tasks. */
export interface SourcePort {
  readonly name: string;
  load(): Promise<Loaded>;
}
