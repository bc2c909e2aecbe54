// Where tasks come from, and what their homes are told of them, as plain data. Knows no tool and no format.
import type { Oid, Phase, RunId, TaskId } from './model.ts';

/** Names one source of a run; kept in the journal, so that a resume opens the same ones. Paths are relative to the repository. */
export type SourceSpec =
  | { readonly kind: 'track-file'; readonly path: string }
  | {
      readonly kind: 'beads';
      /** Only what is below this issue; null: all. */
      readonly epic: string | null;
      /** Only these issues; empty: all. */
      readonly issues: readonly string[];
      readonly labels: readonly string[];
    }
  | {
      readonly kind: 'github';
      /** Only these issues; empty: all that the rest selects. */
      readonly issues: readonly number[];
      readonly labels: readonly string[];
      readonly milestone: string | null;
      readonly assignee: string | null;
      /** In GitHub's own search language; null: none. */
      readonly query: string | null;
    }
  | {
      readonly kind: 'task-copilot';
      /** Null: the name of the repository's folder. */
      readonly workspace: string | null;
      /** Path of the database; null: the workspace's. */
      readonly db: string | null;
      /** Only this stream; null: all. */
      readonly stream: string | null;
      /** Path of the database that was found as the run began, when none was named: it stays with that. */
      readonly found?: string;
    }
  /** A folder or a file with a plan. */
  | { readonly kind: 'plan-folder' | 'plan-file' | 'ralphy' | 'takt'; readonly path: string };

/** Name under which it is noted that new tasks cannot be taken into the plan; no source is called so. */
export const PLAN_TROUBLE = 'plan';

/** Name under which it is noted that files for programs of others cannot be kept; no source is called so either. */
export const STATUS_FILES_TROUBLE = 'status files';

/** Likewise: people cannot be called. */
export const NOTICES_TROUBLE = 'notices';

/** Tells whether a trouble is one of a source, so that the source may lack something. */
export function isOfSource(name: string): boolean {
  return name !== PLAN_TROUBLE && name !== STATUS_FILES_TROUBLE && name !== NOTICES_TROUBLE;
}

/** Tells whether a source may have other tasks later. */
export function isWatched({ kind }: SourceSpec): boolean {
  return kind !== 'track-file';
}

/** Tells whether a run of the source may come to have more tasks: a selection by name never does. */
export function mayGrow(spec: SourceSpec): boolean {
  switch (spec.kind) {
    case 'beads':
    case 'github':
      return spec.issues.length === 0;
    case 'task-copilot':
      return spec.stream === null;
    default:
      return isWatched(spec);
  }
}

/** How a task stands at its source when it is not simply open there. */
export type Standing =
  /** Not to be begun now: somebody else's, put off, not approved. `why` is the end of "it waits: …", `taken by ada`. */
  | { readonly kind: 'held'; readonly why: string }
  /** Somebody finished it there: what depends on it may begin. */
  | { readonly kind: 'done' }
  /** It is not wanted any more; `why` as above. */
  | { readonly kind: 'dropped'; readonly why: string };

/** What its source is told of a task: all of it each time, so that one report can be lost or repeated. */
export interface TaskReport {
  readonly task: TaskId;
  readonly title: string;
  readonly run: RunId;
  readonly phase: Phase;
  /** Attempts begun so far. */
  readonly attempts: number;
  /** Name of the agent that works on it, or did. */
  readonly agent: string;
  readonly branch: string | null;
  /** Absolute path; null: there is none, or not any more. */
  readonly worktree: string | null;
  /** Process of the live attempt. */
  readonly pid: number | null;
  readonly pull: { readonly number: number; readonly url: string } | null;
  /** What a person has to decide; null: nothing. */
  readonly question: {
    readonly id: string;
    readonly text: string;
    readonly options: readonly string[];
  } | null;
  /** Why it failed, was given up or waits for people; null: it did not, or nobody said. */
  readonly reason: string | null;
  /** What landed, and where; null: nothing, or the task changed nothing. */
  readonly landed: { readonly commit: Oid; readonly ref: string } | null;
  /** Parts of the task that its agent says are finished, by their ids at the source. */
  readonly finished: readonly string[];
  /** The source took this end of it before: what it has of the task since then is what people made of it. */
  readonly isTold: boolean;
}

/** What became, or in a dry run would become, of one epic or task of a plan. */
export interface MigrationRow {
  readonly kind: 'epic' | 'task';
  /** Path of its folder or file, relative to the repository. */
  readonly file: string;
  readonly title: string;
  /** Id of the issue; null: there is none. */
  readonly issue: string | null;
  /** `linked`: it was there, and what was missing of its parent and dependencies was added. */
  readonly did: 'created' | 'linked' | 'found' | 'skipped';
  /** Why it was skipped; empty: it was not. */
  readonly why: string;
  /** Files of the tasks that it waits for. */
  readonly waitsFor: readonly string[];
}
