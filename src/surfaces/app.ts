// What a surface may ask of weft. The surfaces are written against this page; compose.ts makes it real.
import type { Command } from '../core/decide/command.ts';
import type { StreamProgress } from '../core/documents/streams.ts';
import type { Event, Outcome, PolicyChange } from '../core/event.ts';
import type { Result } from '../core/failure.ts';
import type { MergeRow } from '../core/merge-table.ts';
import type { Oid, Plan, Policy } from '../core/model.ts';
import type { Diagnostic } from '../core/plan/diagnostic.ts';
import type { DryRun } from '../core/plan/dry-run.ts';
import type { PolicyFlags } from '../core/policy.ts';
import type { PromiseFinding } from '../core/promise.ts';
import type { ReviewView } from '../core/review-view.ts';
import type { MigrationRow, SourceSpec } from '../core/source.ts';
import type { RunView } from '../core/view.ts';
import type { ProbeDetails } from '../ports/agent.ts';

export type { MigrationRow, PolicyFlags };

/** A failure with the places it is about, already drawn as text (code frames). */
export interface Diagnosed {
  readonly diagnostics: readonly Diagnostic[];
  /** All diagnostics as text for people, without colours. */
  readonly text: string;
}

/** A checked plan with the policy it would run under. */
export interface Planned {
  readonly plan: Plan;
  readonly policy: Policy;
  readonly dryRun: DryRun;
  /** Sources that are looked at again while the run goes on. */
  readonly sources: readonly SourceSpec[];
  /** Tasks that are not to be begun yet, and why. */
  readonly withheld: readonly Event[];
  /** What to know about the sources, a sentence each. */
  readonly notes: readonly string[];
}

/** A source as somebody names it. */
export type SourceWish =
  | Exclude<SourceSpec, { readonly kind: 'track-file' | 'plan-folder' | 'plan-file' | 'ralphy' | 'takt' }>
  /** A track file. */
  | { readonly kind: 'file'; readonly path: string }
  /** A plan of another kind; null: where plans usually are. */
  | { readonly kind: 'plan'; readonly path: string | null };

/** A run that this process leads. */
export interface LedRun {
  readonly run: string;
  /** Settles when the run came to rest. */
  readonly outcome: Promise<Outcome>;
  /** Calls back with a fresh view after changes, at most every 100 ms; returns how to stop. */
  onView(show: (view: RunView) => void): () => void;
  /** First call: start nothing more and finish · second: stop the agents · third: leave at once, resumable. */
  interrupt(): void;
}

/** One preflight check. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly sentence: string;
  readonly hint?: string;
  /** What is known of an agent. */
  readonly agent?: ProbeDetails;
}

/** What `weft init` is asked for beside a configuration; without any of it there is a sample plan, too. */
export interface InitOptions {
  /** Recipes for just. */
  readonly just: boolean;
  /** A command and a plugin for Claude Code. */
  readonly claude: boolean;
  /** Settings that make weft behave as another way of working does. */
  readonly preset: 'tracks' | 'beads' | 'issues' | 'streams' | null;
  /** Version of weft. */
  readonly version: string;
}

/** What `weft init` did. */
export interface Initialised {
  /** Paths relative to the checkout. */
  readonly written: readonly string[];
  /** What to know of what was asked for beside, a sentence each. */
  readonly notes?: readonly string[];
  /** What to know about it, for people; null: nothing. */
  readonly note: string | null;
}

/** What to type next. */
export interface NextStep {
  readonly command: string;
  readonly reason: string;
}

/** One line of an attempt's output, of its errors, or of the set-up command before it. */
export interface LogLine {
  readonly stream: 'out' | 'err' | 'set-up';
  readonly text: string;
}

/** One run on disk. */
export interface RunEntry {
  readonly run: string;
  readonly startedAt: string;
  readonly state: 'running' | 'interrupted' | Outcome;
  readonly tasks: number;
}

/** One worktree weft made. */
export interface WorktreeEntry {
  readonly path: string;
  readonly branch: string | null;
  readonly run: string;
  readonly task: string;
  /** Why it must not be removed, or null. */
  readonly keep: string | null;
  /** What is in it and nowhere else, or null. */
  readonly holds: string | null;
}

/** What was removed and what was kept, with the reason. */
export interface Cleaned {
  readonly removed: readonly { readonly path: string; readonly rescue: string | null }[];
  readonly kept: readonly { readonly path: string; readonly reason: string }[];
}

/** What was dropped beside worktrees, in sentences, and what became of the worktrees. */
export interface Pruned extends Cleaned {
  readonly dropped: readonly string[];
}

/** Two commits; the change is what lies between them. */
export interface Range {
  readonly from: Oid;
  readonly to: Oid;
}

/** A pager of the user's, open on their terminal. */
export interface Pager {
  /** Resolves when the text is taken; false: the user has closed it. */
  write(text: string): Promise<boolean>;
  /** Resolves when the user has closed it. */
  close(): Promise<void>;
}

/** What somebody says of lines of a task's work. */
export interface LineComment {
  readonly task: string;
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly line: number;
  readonly to: number;
  readonly text: string;
}

/** Everything a surface can do with one repository. */
export interface App {
  /** Absolute path of the main checkout. */
  readonly repository: string;
  /** `.weft` in it. */
  readonly stateDir: string;

  /**
   * Loads tasks and configuration and checks them; creates nothing. Files are looked for in the folder the app was
   * opened in, then in the roots of the checkout and the repository. Failure kinds `usage`, `collision`.
   */
  plan(
    sources: readonly SourceWish[],
    flags: PolicyFlags,
  ): Promise<Result<Planned, Diagnosed & { readonly kind: 'usage' | 'collision' }>>;
  /**
   * Preflight; creates nothing. Without a policy it takes the configuration's, says what is wrong with that, and asks the
   * agents for their versions; with `tryAgents` it also gives each of them a turn.
   */
  check(policy: Policy | null, options?: { readonly tryAgents: boolean }): Promise<readonly Check[]>;
  /** Holds a run that is not going on to weft's promises, one finding each; changes nothing. */
  verify(run: string): Promise<Result<readonly PromiseFinding[]>>;
  /** Becomes the leader, creates the run and runs it in this process. `stay`: goes on waiting for humans when at rest. */
  start(planned: Planned, options: { readonly stay: boolean }): Promise<Result<LedRun>>;
  /** The latest run of exactly these sources that nobody leads and that is not finished; null: none, or one is a track file. */
  findUnfinished(sources: readonly SourceWish[]): Promise<string | null>;
  /** Same loop on an existing run; gives the policy fields that changed, and how it stood. */
  resume(
    run: string,
    flags: PolicyFlags,
    options: { readonly stay: boolean },
  ): Promise<
    Result<LedRun & { readonly changes: readonly PolicyChange[]; readonly before: Promise<RunView> }>
  >;

  /** Runs on disk, latest first. */
  runs(): Promise<readonly RunEntry[]>;
  /** Resolves `latest`, a full id or a unique beginning of one; failure `usage` names what there is. */
  findRun(name: string): Promise<Result<string>>;
  /** The run's picture: from the engine's view file, made anew from the journal when that is missing or old. */
  view(run: string): Promise<Result<RunView>>;
  /** The picture with how much agents at work have changed so far. */
  noteChanges(view: RunView): Promise<RunView>;
  /** Calls back with each new view until the run rests or the signal fires. Works with and without an engine. */
  followView(run: string, show: (view: RunView) => void, signal: AbortSignal): Promise<void>;
  /** Gives a command to the engine, or leaves it in the run's inbox for the next one. The sentence is for people. */
  command(
    run: string,
    command: Command,
  ): Promise<Result<{ readonly sentence: string; readonly by: 'engine' | 'inbox' }>>;
  /** Finished work that waits for a human's word, with the commands that wait for an engine thought of as done. */
  reviews(run: string): Promise<Result<readonly ReviewView[]>>;
  /** Finished work of a task. Failure `usage`: there is none. */
  review(run: string, task: string): Promise<Result<ReviewView>>;
  /** Keeps a comment for the task's agent. Failure `usage` says what is wrong with its place. */
  comment(run: string, comment: LineComment): ReturnType<App['command']>;
  /** Delivers a patch in portions of lines, the next when one is taken; ends when `show` gives false. */
  showChange(range: Range, show: (lines: readonly string[]) => Promise<boolean>): Promise<Result<void>>;
  /** Opens the pager that git would use here; null: none is wanted. */
  openPager(): Pager | null;
  /** Lets the user's difftool show a change; gives its exit code. */
  openDiffTool(range: Range): Promise<Result<number>>;
  /** The receipt as data and as Markdown, made from the journal; `write` also puts the files into the run's folder. */
  receipt(
    run: string,
    options: { readonly write: boolean },
  ): Promise<Result<{ readonly json: unknown; readonly markdown: string }>>;
  /** Output of a task's attempt (latest when null), line by line; `follow` goes on until the attempt ends or the signal fires. */
  logs(
    run: string,
    task: string,
    options: {
      readonly attempt: number | null;
      readonly follow: boolean;
      readonly lines: number;
      readonly signal: AbortSignal;
    },
    show: (line: LogLine) => void,
  ): Promise<Result<void>>;

  /**
   * Looks at the open pull requests that weft made, for these tasks or all, and merges those that may be; tells of each when
   * it is done with. With `dryRun` nothing changes. Failures: `usage`, `environment` (no forge, no token, not allowed to), `failed`.
   */
  merge(
    options: { readonly tasks: readonly string[]; readonly dryRun: boolean },
    show: (row: MergeRow) => void,
  ): Promise<Result<readonly MergeRow[]>>;

  worktrees(): Promise<readonly WorktreeEntry[]>;
  /**
   * Removes what weft made and nothing needs any more; `only` names a task or path. What holds work of its own stays; with
   * `force` that work is kept under a ref, which is named, and the worktree goes.
   */
  clean(
    only: string | null,
    options: { readonly dryRun: boolean; readonly force: boolean },
  ): Promise<Result<Cleaned>>;
  /** Drops leftovers: metadata of vanished worktrees, stale locks, and what belongs to runs that are gone; says what it did. */
  prune(options: { readonly dryRun: boolean }): Promise<Pruned>;
  /** Writes the sample configuration, track and task files, schemas and ignore entries; never overwrites what people wrote. */
  init(options?: InitOptions): Promise<Result<Initialised>>;
  /**
   * Makes issues of Beads of the tasks of plan folders, those named or the usual ones; tells of each when it is done with.
   * What an earlier call made is found again. With `dryRun` nothing changes. Failures: `usage`, `environment`.
   */
  migrate(
    options: { readonly paths: readonly string[]; readonly dryRun: boolean },
    show: (row: MigrationRow) => void,
  ): Promise<Result<readonly MigrationRow[]>>;
  /**
   * How far streams are: those of the Task Copilot database that is named or usual here, else the tracks of the latest run.
   * Failures: `usage`, `environment`.
   */
  streams(of: {
    readonly workspace: string | null;
    readonly db: string | null;
  }): Promise<Result<readonly StreamProgress[]>>;
  /** What to do first in a repository that had no run yet. */
  firstStep(): Promise<NextStep>;
  /** Who leads this repository now. */
  leader(): Promise<{ readonly pid: number } | null>;
  /** Resolves when the engine that led the run to where it rests has cleared up and left, after ten seconds in any case. */
  departed(run: string): Promise<void>;
}

/** Opens the repository that contains `cwd`. Failure `usage`/`environment` when there is none. */
export type OpenApp = (cwd: string) => Promise<Result<App>>;
