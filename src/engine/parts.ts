// Everything the engine is given: ports, places and the state it owns. No decisions, no behaviour.
import type { ClaimOptions } from '../core/claim/pattern.ts';
import type { Result } from '../core/failure.ts';
import type { Review, RunId, WorkPlan } from '../core/model.ts';
import type { SourceSpec } from '../core/source.ts';
import type { AgentPort, AgentStatus, AnswerPlaces, SessionReport } from '../ports/agent.ts';
import type { ClockPort } from '../ports/clock.ts';
import type { ControlPort } from '../ports/control.ts';
import type { FilesPort } from '../ports/files.ts';
import type { ForgePort, FoundForge } from '../ports/forge.ts';
import type { GitPort, Person } from '../ports/git.ts';
import type { JournalPort, JournalStore } from '../ports/journal.ts';
import type { NotifyPort } from '../ports/notify.ts';
import type { ProcessPort } from '../ports/process.ts';
import type { SharedFilesPort } from '../ports/shared-files.ts';
import type { SourcePort } from '../ports/source.ts';

/** Where a run keeps what it makes. Absolute paths. */
export interface Places {
  readonly repository: string;
  /** `.weft` of the repository. */
  readonly stateDir: string;
  /** `.weft/runs/<run>`. */
  readonly runDir: string;
  readonly run: RunId;
  /** Folder for what weft makes beside its state. */
  readonly root: string;
  /** Folder of the run in it: its worktrees, unless they are elsewhere, and its checkouts. */
  readonly worktrees: string;
}

/** What belongs to a repository, whatever run is looked at. */
export interface Tools {
  readonly repository: string;
  /** `.weft` of the repository. */
  readonly stateDir: string;
  /** For people: `2.39.5`. */
  readonly gitVersion: string;
  readonly clock: ClockPort;
  readonly git: GitPort;
  readonly process: ProcessPort;
  readonly files: FilesPort;
  /** Files that programs of others read; null: none are kept for them. */
  readonly shared: SharedFilesPort | null;
  /** Reaches people who do not look; null: nobody is called. */
  readonly notify: NotifyPort | null;
  readonly control: ControlPort;
  readonly journals: JournalStore;
  readonly agents: ReadonlyMap<string, AgentPort>;
  /** A few random letters and digits for names. */
  readonly chance: () => string;
  /** Delivers the lines of a growing file; resolves after `signal` or, when the rest is delivered, `ended`. */
  readonly followLines: (
    path: string,
    of: {
      readonly fromOffset: number;
      readonly onLine: (line: string) => void;
      readonly signal: AbortSignal;
      readonly ended: AbortSignal;
    },
  ) => Promise<void>;
  /** Offset at which the last `lines` lines begin, looking at `maxBytes` at most. */
  readonly findTail: (
    path: string,
    of: { readonly lines: number; readonly maxBytes: number },
  ) => Promise<number>;
  /** Author of commits that weft makes on behalf of agents. */
  readonly author: Person;
  /** What an agent said in its status file, or null. */
  readonly readStatus: (path: string) => Promise<AgentStatus | null>;
  /** Hides what must not be written down. */
  readonly redact: (text: string) => string;
  /** What the host of a session says of it, in an attempt's folder; null: nothing that can be read, or it is not hosted. */
  readonly readSession: (dir: string) => Promise<SessionReport | null>;
  /** What shows that somebody acts for an attempt. */
  readonly tokenOf: (of: { readonly run: string; readonly task: string; readonly attempt: number }) => string;
  /** What a planner answered; a failure says why it cannot be read. */
  readonly readPlan: (places: AnswerPlaces) => Promise<Result<WorkPlan>>;
  /** What a reviewer answered; a failure says why it cannot be read. */
  readonly readReview: (places: AnswerPlaces) => Promise<Result<Review>>;
  /** Opens a source of tasks; the run is who claims there. */
  readonly openSource: (spec: SourceSpec, run: string) => Promise<Result<SourcePort>>;
  /** How claims are read in this repository. */
  readonly claims: ClaimOptions;
  /** Finds the forge that the repository belongs to; null: none that weft knows. */
  readonly findForge: () => Promise<FoundForge | null>;
  /** The allowlisted environment plus what is named and set. */
  readonly environment: (wish: {
    readonly pass: readonly string[];
    readonly set: Readonly<Record<string, string>>;
  }) => Readonly<Record<string, string>>;
}

/** The outside world of one engine: what it needs of the repository's tools, and its run's own journal and places. */
export interface Parts
  extends Pick<
    Tools,
    | 'clock'
    | 'git'
    | 'process'
    | 'files'
    | 'shared'
    | 'notify'
    | 'agents'
    | 'author'
    | 'readStatus'
    | 'redact'
    | 'readSession'
    | 'tokenOf'
    | 'readPlan'
    | 'readReview'
    | 'environment'
    | 'claims'
  > {
  readonly journal: JournalPort;
  /** Where its tasks are from, in the order in which they were named. */
  readonly sources: readonly SourcePort[];
  /** Where work becomes pull requests; null: it lands here. */
  readonly forge: ForgePort | null;
  readonly places: Places;
  /** Clears away what earlier runs left where a worktree is to be; failure `usage`: that is not over yet. */
  readonly makeRoom: (of: {
    readonly run: string;
    readonly path: string;
    readonly branch: string;
  }) => Promise<Result<void>>;
  /** Epoch of the leadership under which this engine writes. */
  readonly epoch: number;
}
